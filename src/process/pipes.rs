//! Writes what a child is to read and reads what it writes until it has exited, all at once, bounded in size and in time.

mod sink;
mod stream;

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::process::{Child, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::child::{Answer, Input};
use super::signals;
use crate::clock::Clock;
use crate::credentials::Secret;
use crate::terminal;
use sink::Sink;
use stream::Stream;

/// How much a child may write on stdout, in bytes; no answer is as long.
pub const MOST_OF_STDOUT: usize = 8 << 20;

/// How much of stderr is kept, in bytes: its end, where the reason of a failure is.
const MOST_OF_STDERR: usize = 64 << 10;

/// How long to wait for output before checking whether the child has exited; op's daemon may hold its pipes open.
const LOOK_AFTER: Duration = Duration::from_millis(50);

/// How long to wait for the exit of a child that has closed its pipes before checking again, at first.
const FIRST_PAUSE: Duration = Duration::from_micros(40);

/// How a call ended.
pub enum Ending {
    Exited(Answer),
    Interrupted,
    OutOfTime,
    TooMuch,
}

/// Writes the input and reads until the child has exited and nothing is left in its pipes. If that takes longer than a
/// silence, `waiting` is shown at the terminal.
pub fn exchange(
    child: &mut Child,
    input: &Input,
    waiting: Option<&'static str>,
    clock: &Clock,
) -> io::Result<Ending> {
    let silence = Instant::now() + terminal::SILENCE;
    let mut pipes = Pipes::take(child, input)?;
    let mut pause = FIRST_PAUSE;
    loop {
        let exited = child.try_wait()?;
        let mut wait = Duration::ZERO;
        if exited.is_none() && pipes.are_open() {
            wait = LOOK_AFTER.min(clock.left());
        } else if exited.is_none() {
            // The child is about to exit. The poll below can't wait for so little: it counts in milliseconds.
            sleep(pause.min(clock.left()));
            pause = (pause * 2).min(LOOK_AFTER);
        }
        let Some(count) = pipes.use_ready(wait)? else {
            return Ok(Ending::Interrupted);
        };
        match exited {
            _ if pipes.stdout.len() > MOST_OF_STDOUT => return Ok(Ending::TooMuch),
            Some(status) if count == 0 => return Ok(Ending::Exited(pipes.into_answer(status))),
            None if clock.left().is_zero() => return Ok(Ending::OutOfTime),
            None if Instant::now() >= silence => waiting.into_iter().for_each(terminal::show_once),
            _ => {}
        }
    }
}

/// The parent's ends of a child's pipes.
struct Pipes<'a> {
    stdin: Sink<'a>,
    stdout: Stream,
    stderr: Stream,
}

impl<'a> Pipes<'a> {
    fn take(child: &mut Child, input: &'a Input) -> io::Result<Self> {
        Ok(Self {
            stdin: Sink::new(child.stdin.take(), input)?,
            stdout: Stream::new(child.stdout.take().map(OwnedFd::from)),
            stderr: Stream::new(child.stderr.take().map(OwnedFd::from)),
        })
    }

    fn are_open(&self) -> bool {
        let pipes = [self.stdin.pipe(), self.stdout.pipe(), self.stderr.pipe()];
        pipes.iter().any(Option::is_some)
    }

    /// Waits up to `wait`, then writes to stdin and reads from stdout and stderr where they are ready. Returns how many
    /// were read; `None` if a signal came in.
    fn use_ready(&mut self, wait: Duration) -> io::Result<Option<usize>> {
        let ends = [
            (signals::pipe(), PollFlags::POLLIN),
            (self.stdin.pipe(), PollFlags::POLLOUT),
            (self.stdout.pipe(), PollFlags::POLLIN),
            (self.stderr.pipe(), PollFlags::POLLIN),
        ];
        let [has_signal, takes_more, ready @ ..] = wait_for(ends, wait)?;
        if has_signal {
            return Ok(None);
        }
        if takes_more {
            self.stdin.write()?;
        }
        let mut count = 0;
        let streams = [&mut self.stdout, &mut self.stderr];
        for (stream, _) in streams.into_iter().zip(ready).filter(|(_, ready)| *ready) {
            stream.read()?;
            count += 1;
        }
        self.stderr.keep_end(MOST_OF_STDERR);
        Ok(Some(count))
    }

    fn into_answer(self, status: ExitStatus) -> Answer {
        Answer {
            status,
            stdout: Secret::new(self.stdout.into_bytes()),
            stderr: Secret::new(self.stderr.into_bytes()),
        }
    }
}

/// Waits until one of these descriptors is ready; returns for each whether it is.
fn wait_for(ends: [(Option<BorrowedFd>, PollFlags); 4], wait: Duration) -> io::Result<[bool; 4]> {
    let mut polled: Vec<PollFd> = ends
        .iter()
        .filter_map(|(end, event)| end.map(|end| PollFd::new(end, *event)))
        .collect();
    let wait = PollTimeout::try_from(wait).unwrap_or(PollTimeout::MAX);
    match poll(&mut polled, wait) {
        Ok(_) | Err(Errno::EINTR) => {}
        Err(error) => return Err(error.into()),
    }
    let mut ready = polled.iter().map(|end| end.any() == Some(true));
    Ok(ends.map(|(end, _)| end.is_some() && ready.next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test starts a program")]
    fn what_a_child_has_left_in_its_pipe_is_read_to_the_end() {
        let mut command = Command::new("head");
        command
            .args(["-c", "40000", "/dev/zero"])
            .stdout(Stdio::piped());
        let mut child = command.spawn().expect("a child");
        child.wait().expect("its end");
        let ending = exchange(
            &mut child,
            &Input::Terminal,
            None,
            &Clock::start(Duration::MAX),
        );
        let Ok(Ending::Exited(answer)) = ending else {
            panic!("it has ended")
        };
        assert_eq!(answer.stdout.expose().len(), 40000);
    }

    /// Gives a program of the machine more than any pipe holds.
    #[expect(clippy::disallowed_methods, reason = "the test starts a program")]
    fn feed(program: &str, args: &[&str], timeout: Duration) -> (Ending, String) {
        let text = "0123456789".repeat(100_000);
        let mut command = Command::new(program);
        command.args(args);
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.expect("a child");
        let ending = exchange(
            &mut child,
            &Input::Text(&text),
            None,
            &Clock::start(timeout),
        );
        _ = child.kill();
        _ = child.wait();
        (ending.expect("an end"), text)
    }

    #[test]
    fn a_long_text_is_written_while_the_answer_is_read() {
        let (ending, text) = feed("cat", &[], Duration::MAX);
        let Ending::Exited(answer) = ending else {
            panic!("it has ended")
        };
        assert!(answer.stdout.expose() == text.as_bytes(), "not the text");
    }

    #[test]
    fn a_text_that_nobody_reads_is_given_up_when_the_time_is_over() {
        let (ending, _) = feed("sleep", &["60"], Duration::from_millis(50));
        assert!(matches!(ending, Ending::OutOfTime));
    }

    #[test]
    fn a_child_that_ends_without_reading_is_heard() {
        for args in [&["-c", "echo no"][..], &["-c", "exec <&-; echo no"]] {
            let (ending, _) = feed("sh", args, Duration::MAX);
            let Ending::Exited(answer) = ending else {
                panic!("it has ended")
            };
            assert_eq!(answer.stdout.expose(), b"no\n");
        }
    }
}
