//! A signal that ends a run also ends the child that it waits for.
//!
//! While no child runs, the signal acts as ever. While one runs, it is noted, and a pipe that is polled beside the
//! child's own becomes readable.

use std::fs::File;
use std::io::{self, PipeReader, PipeWriter, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};

use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXFSZ};
use signal_hook::{flag, low_level};

/// The process has one set of handlers, once a child was started; without file descriptors for the pipe, it has none.
static WATCH: OnceLock<Option<Watch>> = OnceLock::new();

/// The signals that were ignored when the program started.
static IGNORED: LazyLock<Vec<i32>> = LazyLock::new(ignored);

struct Watch {
    is_idle: Arc<AtomicBool>,
    received: Arc<AtomicUsize>,
    pipe: PipeReader,
    /// Where all signals are ignored, nobody else keeps the pipe open, and it would always be ready.
    _writer: PipeWriter,
}

impl Watch {
    fn new() -> io::Result<Self> {
        let (pipe, writer) = io::pipe()?;
        let (is_idle, received) = (
            Arc::new(AtomicBool::new(true)),
            Arc::new(AtomicUsize::new(0)),
        );
        // What the caller ignores stays ignored, for the child as well: a script's `aws … &` lives through Ctrl-C.
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM]
            .into_iter()
            .filter(|signal| !IGNORED.contains(signal))
        {
            flag::register_conditional_default(signal, Arc::clone(&is_idle))?;
            flag::register_usize(
                signal,
                Arc::clone(&received),
                usize::try_from(signal).unwrap_or_default(),
            )?;
            low_level::pipe::register(signal, writer.try_clone()?)?;
        }
        Ok(Self {
            is_idle,
            received,
            pipe,
            _writer: writer,
        })
    }
}

/// Catches two signals and does nothing about them, from the start of the program on. Other programs get the default
/// back, as a caught signal does when a program is started.
pub fn catch() {
    // An ancestor that ignores it would make each wait for a child fail.
    let mut caught = vec![SIGCHLD];
    // A file that may not grow is an error to tell, not a reason to die without a word.
    caught.extend(Some(SIGXFSZ).filter(|signal| !IGNORED.contains(signal)));
    for signal in caught {
        // It fails only for signals that don't exist.
        _ = flag::register(signal, Arc::default());
    }
}

/// From now on the signals that end a process are only noted, those that the caller ignores, too.
pub fn note() -> Arc<AtomicBool> {
    let noted = Arc::new(AtomicBool::new(false));
    for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
        // It fails only for signals that don't exist.
        _ = flag::register(signal, Arc::clone(&noted));
    }
    noted
}

/// Lists the signals that are ignored. Linux says so; elsewhere none counts as ignored, since there is no safe call that
/// asks.
fn ignored() -> Vec<i32> {
    // With room for all: many small reads would take their time on each call.
    let mut status = Vec::with_capacity(8 << 10);
    if let Ok(file) = File::open("/proc/self/status") {
        // What was read by then is good.
        _ = file.take(u64::MAX).read_to_end(&mut status);
    }
    let status = String::from_utf8_lossy(&status);
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    (1..=64)
        .filter(|signal| mask.unwrap_or_default() >> (signal - 1) & 1 == 1)
        .collect()
}

/// Holds signals back from now on.
pub fn hold() {
    WATCH.get_or_init(|| Watch::new().ok());
    set_idle(false);
}

/// Becomes readable when a signal has come in.
pub fn pipe() -> Option<BorrowedFd<'static>> {
    watch().map(|watch| watch.pipe.as_fd())
}

/// Lets signals act as ever, but for one that was held back.
pub fn release() {
    set_idle(true);
}

/// Returns the signal that was held back, if there was one.
pub fn received() -> Option<i32> {
    let received = watch()?.received.load(Ordering::SeqCst);
    i32::try_from(received).ok().filter(|signal| *signal != 0)
}

/// Ends the process by the signal that was held back, if there was one.
pub fn act() {
    if let Some(signal) = received() {
        // It fails only for signals that don't exist.
        _ = low_level::emulate_default_handler(signal);
    }
}

fn set_idle(is_idle: bool) {
    if let Some(watch) = watch() {
        watch.is_idle.store(is_idle, Ordering::SeqCst);
    }
}

fn watch() -> Option<&'static Watch> {
    WATCH.get().and_then(Option::as_ref)
}
