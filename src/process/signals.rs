//! The signals that end a run, and the child that it waits for.
//!
//! While no child runs, a signal has its default effect. While a child runs, the signal is recorded, and a pipe that is
//! polled together with the child's pipes becomes readable.

use std::fs::File;
use std::io::{self, PipeReader, PipeWriter, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};

use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXFSZ};
use signal_hook::{flag, low_level};

/// The handlers of this process, set when the first child is started; `None` if there was no descriptor for the pipe.
static WATCH: OnceLock<Option<Watch>> = OnceLock::new();

/// The signals that were ignored when the program started.
static IGNORED: LazyLock<Vec<i32>> = LazyLock::new(ignored);

struct Watch {
    is_idle: Arc<AtomicBool>,
    received: Arc<AtomicUsize>,
    pipe: PipeReader,
    /// Where all signals are ignored, no handler keeps the pipe open, and without this end it would always be readable.
    _writer: PipeWriter,
}

impl Watch {
    fn new() -> io::Result<Self> {
        let (pipe, writer) = io::pipe()?;
        let (is_idle, received) = (
            Arc::new(AtomicBool::new(true)),
            Arc::new(AtomicUsize::new(0)),
        );
        // A signal that the caller ignores stays ignored, for the child as well: Ctrl-C doesn't end a script's `aws … &`.
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

/// Catches two signals without any effect. Unlike an ignored signal, a caught one has its default effect again in the
/// programs that are started.
pub fn catch() {
    // If the caller ignores it, each wait for a child fails.
    let mut caught = vec![SIGCHLD];
    // A file that reaches its size limit is an error with a message, not a silent end.
    caught.extend(Some(SIGXFSZ).filter(|signal| !IGNORED.contains(signal)));
    for signal in caught {
        // It fails only for signals that don't exist.
        _ = flag::register(signal, Arc::default());
    }
}

/// Only records the signals that end a process from now on, including those that the caller ignores.
pub fn record() -> Arc<AtomicBool> {
    let is_received = Arc::new(AtomicBool::new(false));
    for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
        // It fails only for signals that don't exist.
        _ = flag::register(signal, Arc::clone(&is_received));
    }
    is_received
}

/// Lists the signals that are ignored, as Linux shows them. On other systems no safe call returns them, and none counts as
/// ignored.
fn ignored() -> Vec<i32> {
    // With room for all of it: many small reads would slow each run down.
    let mut status = Vec::with_capacity(8 << 10);
    if let Ok(file) = File::open("/proc/self/status") {
        // What was read before an error is used.
        _ = file.take(u64::MAX).read_to_end(&mut status);
    }
    let status = String::from_utf8_lossy(&status);
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    (1..=64)
        .filter(|signal| mask.unwrap_or_default() >> (signal - 1) & 1 == 1)
        .collect()
}

/// Holds back the signals that come in from now on.
pub fn hold() {
    WATCH.get_or_init(|| Watch::new().ok());
    set_idle(false);
}

/// Returns the pipe that becomes readable when a signal comes in.
pub fn pipe() -> Option<BorrowedFd<'static>> {
    watch().map(|watch| watch.pipe.as_fd())
}

/// Gives signals their default effect again, except one that was held back.
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
