//! An item that its pipe can't hold: a user who has many pipes gets small ones from Linux.

use std::env;
use std::fs;
use std::io::{self, pipe};
use std::process::{Child, Command, ExitStatus, Stdio};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::Signal;
use serde_json::json;

use super::runs::{end, outcome_of, spawn, wait_for};
use super::*;

/// Names the folder that [`many_pipes`] makes when it has them.
const READY: &str = "MANY_PIPES_READY";

/// Has more pipes than a user may have of full size, if nobody has changed `fs.pipe-user-pages-soft`, until its stdin ends.
#[test]
#[ignore = "other tests start it"]
fn many_pipes() {
    let Some(ready) = env::var_os(READY) else {
        return;
    };
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).expect("a limit");
    let pipes: Vec<_> = (0..1100).map_while(|_| pipe().ok()).collect();
    // A file would take a descriptor, of which there may be no more.
    fs::create_dir(ready).expect("a folder");
    io::copy(&mut io::stdin(), &mut io::sink()).expect("an end");
    drop(pipes);
}

/// A process that plays [`many_pipes`], since they may be all that a process can have.
struct ManyPipes(Child);

impl ManyPipes {
    fn start(sandbox: &Sandbox) -> Self {
        let ready = sandbox.path("many-pipes");
        let mut program = Command::new(env::current_exe().expect("this test"));
        program
            .args(["--exact", "cache_item::pipes::many_pipes", "--ignored"])
            .env(READY, &ready)
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        let process = Self(program.spawn().expect("this test"));
        wait_for(|| ready.exists());
        process
    }
}

impl Drop for ManyPipes {
    fn drop(&mut self) {
        // This closes its stdin first.
        _ = self.0.wait();
    }
}

/// A sandbox whose item for the session has more in it than a small pipe holds.
fn large_item() -> Sandbox {
    let sandbox = sandbox();
    change_cache_item(&sandbox, |item| {
        item["tags"] = json!(vec!["x".repeat(99); 400]);
    });
    sandbox
}

/// Runs without the privilege of pipes of full size; nothing where that isn't allowed.
fn start(sandbox: &Sandbox, args: &[&str]) -> Option<Child> {
    let unshare = |program: &str| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", program]);
        command
    };
    let probe = unshare("true").stderr(Stdio::null()).status();
    probe.ok().filter(ExitStatus::success)?;
    let mut command = unshare(PROGRAM);
    let path = env::var("PATH").expect("a PATH");
    sandbox.enter(&mut command);
    command
        .env("PATH", format!("{}:{path}", sandbox.path("bin").display()))
        .args([args, &OPTION].concat());
    Some(spawn(&mut command))
}

#[test]
fn an_item_that_the_pipe_cannot_hold_is_written_as_op_reads_it() {
    let sandbox = large_item();
    let _pipes = ManyPipes::start(&sandbox);
    let late = format!("/bin/sleep 0.2\nexec {} \"$@\"", example("op").display());
    sandbox.script("bin/op", &late);
    let Some(run) = start(&sandbox, &[]) else {
        return;
    };
    assert_eq!(outcome_of(run), printed(&sandbox.minted(1)));
    assert_eq!(
        cache_item(&sandbox)["tags"],
        json!(vec!["x".repeat(99); 400])
    );
    assert!(kept(&sandbox).is_object());
}

#[test]
fn an_item_that_op_does_not_read_is_given_up_when_the_time_is_over() {
    let sandbox = large_item();
    let _pipes = ManyPipes::start(&sandbox);
    sandbox.mishap("op", &json!({ "call": "item edit", "hang": true }));
    let Some(run) = start(&sandbox, &["--timeout", "2s"]) else {
        return;
    };
    assert_eq!(outcome_of(run), printed(&sandbox.minted(1)));
    sandbox.assert_children_gone();
}

#[test]
fn a_signal_ends_a_run_that_writes_what_nobody_reads() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let sandbox = large_item();
        let _pipes = ManyPipes::start(&sandbox);
        sandbox.mishap("op", &json!({ "call": "item edit", "hang": true }));
        let Some(run) = start(&sandbox, &[]) else {
            return;
        };
        wait_for(|| sandbox.calls().iter().any(|call| call == REPLACE));
        assert_eq!(end(vec![run], signal), [Some(signal)]);
        sandbox.assert_children_gone();
    }
}
