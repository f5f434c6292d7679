//! The pipes of a child: writes what it is to read and reads what it writes until it is gone, all at once, bounded in
//! size and in time.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{Child, ChildStdin};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::child::{Answer, Input};
use super::signals;
use crate::clock::Clock;
use crate::credentials::Secret;
use crate::terminal;

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

/// Writes the input and reads until the child has exited and nothing is left in its pipes. If that takes long, `waiting` is
/// told at the terminal.
pub fn exchange(
    child: &mut Child,
    input: &Input,
    waiting: Option<&'static str>,
    clock: &Clock,
) -> io::Result<Ending> {
    let silence = Instant::now() + terminal::SILENCE;
    let mut stdin = Sink::new(child.stdin.take(), input)?;
    let mut stdout = Stream::new(child.stdout.take().map(OwnedFd::from));
    let mut stderr = Stream::new(child.stderr.take().map(OwnedFd::from));
    let mut pause = Duration::from_micros(20);
    loop {
        let exited = child.try_wait()?;
        let wait = if exited.is_some() {
            Duration::ZERO
        } else if stdin.pipe.is_some() || stdout.pipe.is_some() || stderr.pipe.is_some() {
            LOOK_AFTER
        } else {
            // A child that has closed its pipes is as good as gone; poll counts in milliseconds, too long for this.
            pause = (pause * 2).min(LOOK_AFTER);
            thread::sleep(pause.min(clock.left()));
            Duration::ZERO
        };
        let streams = [&mut stdout, &mut stderr];
        let Some(read) = use_ready(&mut stdin, streams, wait.min(clock.left()))? else {
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
            None if Instant::now() >= silence => waiting.into_iter().for_each(terminal::tell_once),
            _ => {}
        }
    }
}

/// Our end of the child's stdin until all is written, and what is still to be written.
struct Sink<'a> {
    pipe: Option<File>,
    rest: &'a [u8],
}

impl<'a> Sink<'a> {
    /// Writes what fits, and closes a pipe that needs no more. The pipe doesn't block, however small it is: a user with
    /// many pipes gets them of one page.
    fn new(pipe: Option<ChildStdin>, input: &'a Input) -> io::Result<Self> {
        let rest = match input {
            Input::Text(text) => text.as_bytes(),
            Input::Terminal | Input::OnlyTerminal => &[],
        };
        let pipe = pipe.map(OwnedFd::from).map(File::from);
        if let Some(pipe) = &pipe {
            fcntl(pipe, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        }
        let mut sink = Self { pipe, rest };
        sink.write()?;
        Ok(sink)
    }

    /// Writes once. A child that ends without reading says why on stderr.
    fn write(&mut self) -> io::Result<()> {
        let Some(pipe) = &mut self.pipe else {
            return Ok(());
        };
        match pipe.write(self.rest) {
            Ok(count) => self.rest = self.rest.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => self.rest = &[],
            Err(error)
                if [ErrorKind::WouldBlock, ErrorKind::Interrupted].contains(&error.kind()) => {}
            Err(error) => return Err(error),
        }
        if self.rest.is_empty() {
            self.pipe = None;
        }
        Ok(())
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

    /// Returns what was kept, without a line whose beginning was dropped: half a secret can't be told from other words.
    fn kept(mut self) -> Vec<u8> {
        if self.is_cut {
            let rest = self.bytes.iter().take_while(|byte| **byte != b'\n');
            self.bytes.drain(..rest.count());
        }
        self.bytes
    }
}

/// Waits up to `wait`, writes to the sink and reads from each stream that is ready; returns how many streams were, or
/// nothing if a signal came in.
fn use_ready(
    sink: &mut Sink,
    [stdout, stderr]: [&mut Stream; 2],
    wait: Duration,
) -> io::Result<Option<usize>> {
    let [has_signal, takes_more, ready @ ..] = wait_for(
        [
            (signals::pipe(), PollFlags::POLLIN),
            (sink.pipe.as_ref().map(AsFd::as_fd), PollFlags::POLLOUT),
            (stdout.pipe.as_ref().map(AsFd::as_fd), PollFlags::POLLIN),
            (stderr.pipe.as_ref().map(AsFd::as_fd), PollFlags::POLLIN),
        ],
        wait,
    )?;
    if has_signal {
        return Ok(None);
    }
    if takes_more {
        sink.write()?;
    }
    let mut read = 0;
    for (stream, is_ready) in [stdout, stderr].into_iter().zip(ready) {
        if is_ready {
            stream.read()?;
            read += 1;
        }
    }
    Ok(Some(read))
}

/// Waits until one of these is ready; returns which are.
fn wait_for(ends: [(Option<BorrowedFd>, PollFlags); 4], wait: Duration) -> io::Result<[bool; 4]> {
    let mut polled: Vec<PollFd> = ends
        .iter()
        .filter_map(|(end, event)| end.map(|end| PollFd::new(end, *event)))
        .collect();
    match poll(
        &mut polled,
        PollTimeout::try_from(wait).unwrap_or(PollTimeout::MAX),
    ) {
        Ok(_) | Err(Errno::EINTR) => {}
        Err(error) => return Err(error.into()),
    }
    let mut ready = polled.iter().map(|end| end.any() == Some(true));
    Ok(ends.map(|(end, _)| end.is_some() && ready.next().unwrap_or_default()))
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
