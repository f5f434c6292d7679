//! A leader that keeps its followers waiting, on purpose.

use std::io::{Read, Write};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use nix::sys::socket::{Backlog, listen};

use super::files::FlightFiles;
use super::{session, warm};
use crate::support::runs::*;
use crate::support::*;

/// More than an answer needs, and less than would trouble a machine.
const MUCH: usize = 64 << 20;

const ONE_SECOND: [&str; 2] = ["--timeout", "1s"];

/// Expects the line of a run whose time is up, and that it waited for somebody.
fn assert_late(outcome: &Outcome) {
    let pid = std::process::id();
    let line = format!(
        "cannot share the answer of the run that asks the same (pid {pid}): it was not done within the 1 s of --timeout; \
         approve 1Password's prompt, or end that run if it is stopped"
    );
    assert_eq!(*outcome, failed(&line));
}

#[test]
fn who_never_comes_to_an_end_keeps_nobody_past_the_deadline() {
    let sandbox = warm();
    let impostor = FlightFiles::find(&sandbox, &ONE_SECOND).lead(|mut stream| {
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(5) {
            if stream.write_all(b"+").is_err() {
                return "left alone";
            }
            sleep(Duration::from_millis(50));
        }
        "listened to"
    });
    assert_late(&sandbox.run(&ONE_SECOND));
    assert_eq!(impostor.join().expect("an impostor"), "left alone");
}

#[test]
fn who_says_too_much_is_cut_short() {
    let sandbox = warm();
    let impostor = FlightFiles::find(&sandbox, &[]).lead(|mut stream| {
        let block = vec![b'+'; 1 << 16];
        let blocks = 0..MUCH / block.len();
        blocks
            .take_while(|_| stream.write_all(&block).is_ok())
            .count()
            * block.len()
    });
    assert_eq!(sandbox.run(&[]), session());
    assert!(impostor.join().expect("an impostor") < MUCH);
}

#[test]
fn who_says_rubbish_again_and_again_is_not_asked_all_the_time() {
    let sandbox = warm();
    let files = FlightFiles::find(&sandbox, &ONE_SECOND);
    let _held = files.hold();
    let listener = sockets::bind(&files.socket).expect("a socket");
    let run = spawn(&mut sandbox.command(&ONE_SECOND));
    let asked = thread::spawn(move || {
        let asked = listener.incoming().take_while(|stream| {
            let mut stream = stream.as_ref().expect("a follower");
            let mut question = Vec::new();
            stream.read_to_end(&mut question).expect("a question");
            _ = stream.write_all(b"rubbish");
            question != b"end"
        });
        asked.count()
    });
    assert_late(&ends(vec![run])[0]);
    let mut stream = sockets::connect(&files.socket).expect("the thread");
    stream.write_all(b"end").expect("the thread");
    drop(stream);
    let asked = asked.join().expect("a thread");
    assert!(asked < 1000, "{asked}");
}

/// On Linux, who connects where there is no room waits for ever unless it says how long.
#[test]
fn who_has_no_room_for_another_keeps_nobody_past_the_deadline() {
    let sandbox = warm();
    let files = FlightFiles::find(&sandbox, &ONE_SECOND);
    let _held = files.hold();
    let listener = sockets::bind(&files.socket).expect("a socket");
    listen(&listener, Backlog::new(0).expect("a backlog")).expect("a socket");
    let runs = start(&sandbox, 4, &ONE_SECOND);
    for outcome in ends(runs) {
        assert_eq!(outcome.status, Some(1));
        assert!(
            outcome.stderr.contains("within the 1 s of --timeout"),
            "{outcome:?}"
        );
    }
    assert_eq!(sandbox.calls().len(), 0);
}
