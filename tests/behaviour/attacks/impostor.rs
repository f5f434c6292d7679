//! Somebody listens where a leader should, and has the lock.

use std::env;
use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use super::files::FlightFiles;
use super::{NOBODY, give_away, is_root, session, warm};
use crate::support::*;

/// Names the socket of an impostor in another process.
const SOCKET: &str = "IMPOSTOR_SOCKET";

fn impostors_session() -> String {
    sample_session(FAR_FUTURE).replace("EXAMPLE", "IMPOSTR")
}

/// A whole answer, as a leader gives it.
fn answer() -> Vec<u8> {
    format!("+{}\0", impostors_session()).into_bytes()
}

fn read_question(stream: &mut UnixStream) {
    stream.read_to_end(&mut Vec::new()).expect("a question");
}

/// Shows that the impostors of these tests speak as a leader does.
#[test]
fn who_is_of_this_user_and_session_is_believed() {
    let sandbox = warm();
    let impostor = FlightFiles::find(&sandbox, &[]).lead(|mut stream| {
        read_question(&mut stream);
        stream.write_all(&answer()).expect("a follower");
    });
    assert_eq!(sandbox.run(&[]), printed(&impostors_session()));
    impostor.join().expect("an impostor");
    assert_eq!(sandbox.calls().len(), 0);
}

#[test]
fn who_is_of_another_user_is_not_believed() {
    if !is_root("an impostor of another user") {
        return;
    }
    let sandbox = warm();
    let files = FlightFiles::find(&sandbox, &[]);
    let _held = files.hold();
    let Some(impostor) = Impostor::start(&sandbox) else {
        eprintln!("skipped, since nobody can't run this test");
        return;
    };
    fs::rename(&impostor.socket, &files.socket).expect("a socket");
    assert_eq!(sandbox.run(&[]), session());
    assert_eq!(sandbox.calls(), [GET]);
}

/// An impostor in a process of another user, which plays [`impostor_in_another_process`].
struct Impostor {
    process: Child,
    socket: PathBuf,
}

impl Impostor {
    fn start(sandbox: &Sandbox) -> Option<Self> {
        let open = sandbox.path("open");
        fs::create_dir(&open).expect("a folder");
        give_away(&open);
        fs::set_permissions(sandbox.path(""), Permissions::from_mode(0o755)).expect("a mode");
        let socket = open.join("socket");
        let mut program = Command::new(env::current_exe().expect("this test"));
        program
            .uid(NOBODY)
            .args([
                "--exact",
                "attacks::impostor::impostor_in_another_process",
                "--ignored",
            ])
            .env(SOCKET, &socket)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut process = program.spawn().ok()?;
        while !socket.exists() {
            if process.try_wait().expect("an impostor").is_some() {
                return None;
            }
            sleep(Duration::from_millis(5));
        }
        Some(Self { process, socket })
    }
}

impl Drop for Impostor {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

#[test]
#[ignore = "other tests start it"]
fn impostor_in_another_process() {
    let Some(socket) = env::var_os(SOCKET) else {
        return;
    };
    let listener = sockets::bind(socket).expect("a socket");
    while let Ok((mut stream, _)) = listener.accept() {
        // A follower that has seen who this is says nothing.
        _ = stream.read_to_end(&mut Vec::new());
        _ = stream.write_all(&answer());
    }
}

#[test]
fn what_is_no_whole_answer_is_not_printed() {
    let whole = answer();
    let half = &whole[..whole.len() / 2];
    let not_ended = &whole[..whole.len() - 1];
    let not_a_text = [b"+\xff".as_slice(), &whole[1..]].concat();
    let answers: [&[u8]; 8] = [
        b"",
        b"+",
        b"\0",
        b"rubbish",
        b"?\0",
        half,
        not_ended,
        &not_a_text,
    ];
    for answer in answers {
        let sandbox = warm();
        let answer = answer.to_vec();
        let impostor = FlightFiles::find(&sandbox, &[]).lead(move |mut stream| {
            read_question(&mut stream);
            stream.write_all(&answer).expect("a follower");
        });
        assert_eq!(sandbox.run(&[]), session());
        impostor.join().expect("an impostor");
        assert_eq!(sandbox.calls(), [GET]);
    }
}

#[test]
fn who_hangs_up_before_the_question_is_replaced() {
    let sandbox = warm();
    let impostor = FlightFiles::find(&sandbox, &[]).lead(drop);
    assert_eq!(sandbox.run(&[]), session());
    impostor.join().expect("an impostor");
    assert_eq!(sandbox.calls(), [GET]);
}
