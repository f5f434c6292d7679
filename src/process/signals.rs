//! A signal that ends a run also ends the child that it waits for.
//!
//! While no child runs, the signal acts as ever. While one runs, it is noted, and a pipe that is polled beside the
//! child's own becomes readable.

use std::io::{self, PipeReader};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

/// The process has one set of handlers; without file descriptors for the pipe, it has none.
static WATCH: LazyLock<Option<Watch>> = LazyLock::new(|| Watch::new().ok());

struct Watch {
    is_idle: Arc<AtomicBool>,
    received: Arc<AtomicUsize>,
    pipe: PipeReader,
}

impl Watch {
    fn new() -> io::Result<Self> {
        let (pipe, writer) = io::pipe()?;
        let (is_idle, received) = (
            Arc::new(AtomicBool::new(true)),
            Arc::new(AtomicUsize::new(0)),
        );
        for signal in [SIGINT, SIGTERM] {
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
        })
    }
}

/// Holds signals back from now on.
pub fn hold() {
    set_idle(false);
}

/// Becomes readable when a signal has come in.
pub fn pipe() -> Option<BorrowedFd<'static>> {
    WATCH.as_ref().map(|watch| watch.pipe.as_fd())
}

/// Lets signals act as ever, beginning with one that was held back.
pub fn release() {
    set_idle(true);
    let received = WATCH
        .as_ref()
        .map_or(0, |watch| watch.received.load(Ordering::SeqCst));
    if let Some(signal) = i32::try_from(received).ok().filter(|signal| *signal != 0) {
        // It fails only for signals that don't exist.
        _ = low_level::emulate_default_handler(signal);
    }
}

fn set_idle(is_idle: bool) {
    if let Some(watch) = WATCH.as_ref() {
        watch.is_idle.store(is_idle, Ordering::SeqCst);
    }
}
