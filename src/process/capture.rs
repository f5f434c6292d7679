//! Reads what a child writes until it is gone: both pipes at once, bounded in size and in time.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::process::Child;
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::{Answer, signals};
use crate::clock::Clock;
use crate::credentials::Secret;

/// More than this on stdout is no answer that we could have asked for.
pub const MOST_OF_STDOUT: usize = 8 << 20;

/// What is kept of stderr: its end, where the reason stands.
const MOST_OF_STDERR: usize = 64 << 10;

/// How long to wait for output before looking whether the child is gone; op's daemon may hold its pipes open.
const LOOK_AFTER: Duration = Duration::from_millis(50);

/// How a call came to its end.
pub enum Ending {
    Exited(Answer),
    Interrupted,
    OutOfTime,
    TooMuch,
}

/// Reads until the child has exited and nothing is left in its pipes.
pub fn read(child: &mut Child, clock: &Clock) -> io::Result<Ending> {
    let mut stdout = Stream::new(child.stdout.take().map(OwnedFd::from));
    let mut stderr = Stream::new(child.stderr.take().map(OwnedFd::from));
    let mut pause = Duration::from_micros(20);
    loop {
        let exited = child.try_wait()?;
        let wait = if exited.is_some() {
            Duration::ZERO
        } else if stdout.pipe.is_some() || stderr.pipe.is_some() {
            LOOK_AFTER
        } else {
            // A child that has closed both pipes is as good as gone; poll counts in milliseconds, too long for this.
            pause = (pause * 2).min(LOOK_AFTER);
            thread::sleep(pause.min(clock.left()));
            Duration::ZERO
        };
        let Some(read) = read_ready([&mut stdout, &mut stderr], wait.min(clock.left()))? else {
            return Ok(Ending::Interrupted);
        };
        stderr.keep_the_end(MOST_OF_STDERR);
        if stdout.bytes.len() > MOST_OF_STDOUT {
            return Ok(Ending::TooMuch);
        }
        match exited {
            Some(status) if read == 0 => {
                let (stdout, stderr) = (Secret::new(stdout.bytes), Secret::new(stderr.kept()));
                return Ok(Ending::Exited(Answer {
                    status,
                    stdout,
                    stderr,
                }));
            }
            None if clock.left().is_zero() => return Ok(Ending::OutOfTime),
            _ => {}
        }
    }
}

/// Our end of one of the child's pipes until it is at its end, and what came out of it.
struct Stream {
    pipe: Option<File>,
    bytes: Vec<u8>,
    is_cut: bool,
}

impl Stream {
    fn new(pipe: Option<OwnedFd>) -> Self {
        Self {
            pipe: pipe.map(File::from),
            bytes: Vec::new(),
            is_cut: false,
        }
    }

    /// Reads once from a pipe that is ready.
    fn read(&mut self) -> io::Result<()> {
        let mut chunk = [0; 16 << 10];
        let count = self
            .pipe
            .as_mut()
            .map_or(Ok(0), |pipe| pipe.read(&mut chunk))?;
        self.bytes
            .extend_from_slice(chunk.get(..count).unwrap_or_default());
        if count == 0 {
            self.pipe = None;
        }
        Ok(())
    }

    /// Drops the beginning of what is too much.
    fn keep_the_end(&mut self, most: usize) {
        let excess = self.bytes.len().saturating_sub(most);
        self.bytes.drain(..excess);
        self.is_cut |= excess > 0;
    }

    /// Hands out what was kept, without a line whose beginning was dropped: half a secret can't be told from other words.
    fn kept(mut self) -> Vec<u8> {
        if self.is_cut {
            let rest = self.bytes.iter().take_while(|byte| **byte != b'\n');
            self.bytes.drain(..rest.count());
        }
        self.bytes
    }
}

/// Waits up to `wait` and reads from each stream that is ready; says how many were, or nothing if a signal came in.
fn read_ready(streams: [&mut Stream; 2], wait: Duration) -> io::Result<Option<usize>> {
    let open: Vec<&mut Stream> = streams
        .into_iter()
        .filter(|stream| stream.pipe.is_some())
        .collect();
    let pipes = open
        .iter()
        .filter_map(|stream| stream.pipe.as_ref())
        .map(AsFd::as_fd);
    let mut polled: Vec<PollFd> = pipes
        .chain(signals::pipe())
        .map(|pipe| PollFd::new(pipe, PollFlags::POLLIN))
        .collect();
    let timeout = PollTimeout::try_from(wait).unwrap_or(PollTimeout::MAX);
    match poll(&mut polled, timeout) {
        Ok(_) | Err(Errno::EINTR) => {}
        Err(error) => return Err(error.into()),
    }
    let mut ready = polled
        .iter()
        .map(|fd| fd.any() == Some(true))
        .collect::<Vec<_>>()
        .into_iter();
    let mut read = 0;
    for (stream, _) in open
        .into_iter()
        .zip(ready.by_ref())
        .filter(|(_, is_ready)| *is_ready)
    {
        stream.read()?;
        read += 1;
    }
    let has_signal = ready.next().unwrap_or_default();
    Ok((!has_signal).then_some(read))
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::properties;

    fn kept(chunks: &[Vec<u8>], most: usize) -> Vec<u8> {
        let mut stream = Stream::new(None);
        for chunk in chunks {
            stream.bytes.extend(chunk);
            stream.keep_the_end(most);
        }
        stream.kept()
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test starts a program")]
    fn what_a_child_has_left_in_its_pipe_is_read_to_the_end() {
        let mut command = Command::new("head");
        command
            .args(["-c", "40000", "/dev/zero"])
            .stdout(Stdio::piped());
        let mut child = command.spawn().expect("a child");
        child.wait().expect("its end");
        let ending = read(&mut child, &Clock::start(Duration::MAX));
        let Ok(Ending::Exited(answer)) = ending else {
            panic!("it has ended")
        };
        assert_eq!(answer.stdout.expose().len(), 40000);
    }

    #[test]
    fn a_secret_that_was_cut_is_dropped_to_the_end_of_its_line() {
        let chunks = [b"x\nmy pass".to_vec(), b" phrase\nend".to_vec()];
        assert_eq!(kept(&chunks, 20), b"x\nmy pass phrase\nend");
        for most in 5..19 {
            assert_eq!(kept(&chunks, most), b"\nend", "{most}");
        }
    }

    proptest! {
        #![proptest_config(properties::config())]

        #[test]
        fn what_is_kept_is_the_end_from_a_whole_line_on(
            chunks in vec(vec(select(&b"\n ab"[..]), 0..20), 0..9), most in 1..60_usize,
        ) {
            let all = chunks.concat();
            let kept = kept(&chunks, most);
            prop_assert!(kept.len() <= most && all.ends_with(&kept));
            prop_assert!(all.len() > most || kept == all);
            prop_assert!(kept == all || kept.is_empty() || kept.starts_with(b"\n"));
        }
    }
}
