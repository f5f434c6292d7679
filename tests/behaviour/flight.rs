//! Single-flight: runs of one terminal session that ask the same question at the same time share one answer.

use std::fs;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::support::runs::*;
use crate::support::terminal::*;
use crate::support::*;

/// Starts `count` runs, and lets the leader go on once all others have connected.
fn together(sandbox: &Sandbox, count: usize, mishap: Value) -> Vec<Outcome> {
    hold_op(sandbox, mishap);
    let runs = start(sandbox, count, &[]);
    wait_for_followers(sandbox, count - 1);
    go_on(sandbox);
    ends(runs)
}

#[test]
fn departure_9_cold_runs_share_one_session_for_three_calls_of_op() {
    let sandbox = Sandbox::new();
    let outcomes = together(&sandbox, 16, json!({ "call": "item get" }));
    expect_all(&outcomes, &printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), COLD);
    assert_eq!(sandbox.left_behind(), ["HASH.authorised", "stored"]);
}

#[test]
fn departure_9_warm_runs_share_one_call() {
    let sandbox = warm();
    let outcomes = together(&sandbox, 16, json!({ "call": "item get" }));
    expect_all(&outcomes, &session());
    assert_eq!(sandbox.calls(), [GET]);
}

#[test]
fn departure_9_runs_share_a_session_that_could_not_be_stored() {
    let sandbox = Sandbox::new();
    let text = "[ERROR] 2026/08/14 04:07:09 Couldn't update the item.\n";
    let mishap = json!({ "call": "item edit", "stderr": text, "exit": 1 });
    let outcomes = together(&sandbox, 16, mishap);
    expect_all(&outcomes, &printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), COLD);
}

#[test]
fn departure_9_a_refusal_is_shared() {
    let sandbox = Sandbox::new();
    let text = "[ERROR] 2026/08/14 04:07:09 authorization prompt dismissed, please try again\n";
    let mishap = json!({ "call": "item get", "stderr": text, "exit": 1 });
    let outcomes = together(&sandbox, 8, mishap);
    let line = "cannot read 1Password item 'AWS Access Key': `op item get` said: authorization prompt dismissed, \
                please try again; run it again and approve the 1Password prompt";
    expect_all(&outcomes, &failed(line));
    assert_eq!(sandbox.calls(), [GET]);
    // The refusal isn't kept: the next run asks again.
    sandbox.moods(&json!({}));
    assert_eq!(sandbox.run(&[]), printed(&sandbox.minted(1)));
}

#[test]
fn departure_9_a_call_that_ran_out_of_time_is_shared() {
    let sandbox = Sandbox::new();
    sandbox.mishap("op", &json!({ "call": "item get", "hang": true }));
    let outcomes = ends(start(&sandbox, 4, &["--timeout", "2s"]));
    let line = "cannot read 1Password item 'AWS Access Key': `op item get` was not done when the 2 s of --timeout were \
                over; was 1Password's prompt approved?";
    expect_all(&outcomes, &failed(line));
    assert_eq!(sandbox.calls(), [GET]);
}

#[test]
fn departure_9_a_failure_that_says_nothing_of_the_next_try_is_not_shared() {
    let sandbox = Sandbox::new();
    let mishap = json!({ "call": "item get", "signal": 9, "times": 1 });
    let outcomes = together(&sandbox, 4, mishap);
    let failure = "cannot read 1Password item 'AWS Access Key': `op item get` failed (signal: 9 (SIGKILL)) and gave no reason";
    let (failures, rest): (Vec<_>, Vec<_>) = outcomes
        .into_iter()
        .partition(|outcome| *outcome == failed(failure));
    assert_eq!((failures.len(), rest.len()), (1, 3));
    expect_all(&rest, &printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), [&[GET][..], &COLD].concat());
}

#[test]
fn departure_9_a_failure_that_repeats_is_shared_after_the_second_try() {
    let sandbox = Sandbox::new();
    let mishap = json!({ "call": "item get", "signal": 9, "delay": 0.3 });
    let outcomes = together(&sandbox, 8, mishap);
    let failure = "cannot read 1Password item 'AWS Access Key': `op item get` failed (signal: 9 (SIGKILL)) and gave no reason";
    expect_all(&outcomes, &failed(failure));
    assert_eq!(sandbox.calls(), [GET, GET]);
}

#[test]
fn a_leader_that_is_interrupted_leaves_nothing_behind() {
    for sent in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        let sandbox = Sandbox::new();
        let leader = stuck(&sandbox);
        assert_eq!(end(vec![leader], sent), [Some(sent)]);
        assert_eq!(sandbox.left_behind(), [""; 0]);
        sandbox.assert_children_gone();
    }
}

/// That it was interrupted says nothing of the next try, as often as it happens.
#[test]
#[cfg(target_os = "linux")]
fn that_two_leaders_were_interrupted_is_no_answer() {
    let sandbox = warm();
    hold_op(&sandbox, json!({ "call": "item get" }));
    let mut runs = start(&sandbox, 3, &[]);
    for count in 1..=2 {
        wait_for_calls(&sandbox, count);
        wait_for_followers(&sandbox, 3 - count);
        let has_children = |run: &Child| {
            let pid = run.id();
            let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
            children.is_ok_and(|children| !children.is_empty())
        };
        let leader = runs.iter().position(has_children).expect("a leader");
        end(vec![runs.remove(leader)], Signal::SIGTERM);
    }
    wait_for_calls(&sandbox, 3);
    go_on(&sandbox);
    assert_eq!(ends(runs), [session()]);
    assert_eq!(sandbox.calls(), [GET, GET, GET]);
}

#[test]
fn departure_11_runs_share_an_old_session_where_a_refresh_fails() {
    let sandbox = Sandbox::new();
    let expiration = in_seconds(25);
    sandbox.set_cache(&base64(&session_json(&expiration)));
    let refusal = "\nAn error occurred (Throttling) when calling the GetSessionToken operation: Rate exceeded\n";
    sandbox.moods(&json!({
        "aws": { "mishaps": [{ "call": "sts get-session-token", "until": "go", "stderr": refusal, "exit": 255 }] },
    }));
    let runs = start(&sandbox, 6, &[]);
    wait_for_followers(&sandbox, 5);
    go_on(&sandbox);
    let outcomes = ends(runs);
    expect_all(&outcomes, &printed(&sample_session(&expiration)));
    assert_eq!(sandbox.calls(), COLD[..3]);
}

#[test]
fn departure_9_a_leader_that_is_killed_is_replaced() {
    for (program, call) in STEPS {
        let sandbox = Sandbox::new();
        sandbox.set_period(3);
        let leader = run_up_to(&sandbox, program, call);
        let followers = start(&sandbox, 3, &[]);
        wait_for_followers(&sandbox, 3);
        end(vec![leader], Signal::SIGKILL);
        go_on(&sandbox);
        let outcomes = ends(followers);
        // The leader may have used a code up, or stored its session after all.
        let possible: Vec<_> = (1..=sandbox.count_minted())
            .map(|count| printed(&sandbox.minted(count)))
            .collect();
        assert!(possible.contains(&outcomes[0]), "{call}: {outcomes:?}");
        expect_all(&outcomes, &outcomes[0]);
    }
}

/// Starts a leader, whose first call of `op` waits for [`go_on`].
fn stuck(sandbox: &Sandbox) -> Child {
    hold_op(sandbox, json!({ "call": "item get", "times": 1 }));
    let leader = start(sandbox, 1, &[]).remove(0);
    wait_for_calls(sandbox, 1);
    leader
}

#[test]
fn a_follower_names_the_leader_when_its_time_is_up() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&["--timeout", "2s"]);
    // Stopped, so it can't answer at its own deadline.
    hold_op(&sandbox, json!({ "call": "item get" }));
    let leader = spawn(&mut command);
    wait_for_calls(&sandbox, 1);
    signal(&leader, Signal::SIGSTOP);
    let line = format!(
        "cannot share the answer of the run that asks the same (pid {}): it was not done within the 2 s of --timeout; \
         approve 1Password's prompt, or end that run if it is stopped",
        leader.id()
    );
    assert_eq!(sandbox.run(&["--timeout", "2s"]), failed(&line));
    assert_eq!(sandbox.calls(), [GET]);
    end(vec![leader], Signal::SIGKILL);
    go_on(&sandbox);
}

#[test]
fn the_leader_and_one_follower_tell_the_terminal_what_they_wait_for() {
    let sandbox = warm();
    slow_op(&sandbox, 8.0);
    let script = format!(
        "'{PROGRAM}' & echo $! >pid; while [ ! -S \"$0\"/*.s ]; do :; done; for i in 1 2 3; do '{PROGRAM}' & done; wait"
    );
    let notes = [
        "get-1password-creds: waiting for 1Password: approve its prompt",
        "get-1password-creds: waiting for the run with pid PID, which asks the same",
    ];
    assert_eq!(notes_of_four(&sandbox, &script), notes);
    assert_eq!(sandbox.calls(), [GET]);
}

#[test]
fn a_short_wait_is_none_to_tell() {
    let sandbox = warm();
    slow_op(&sandbox, 0.5);
    let script = format!("echo $$ >pid; for i in 1 2 3 4; do '{PROGRAM}' & done; wait");
    assert_eq!(notes_of_four(&sandbox, &script), [""; 0]);
    assert_eq!(sandbox.calls(), [GET]);
}

#[test]
fn another_terminal_session_gets_its_own_answer() {
    let sandbox = warm();
    let leader = stuck(&sandbox);
    let mut other = sandbox.command_in_own_session(&[]);
    assert_eq!(outcome(&other.output().expect("a run")), session());
    assert_eq!(sandbox.calls(), [GET, GET]);
    end(vec![leader], Signal::SIGTERM);
}

#[test]
fn other_arguments_and_variables_are_another_question() {
    let changes = [
        ("", ""),
        ("OP_ACCOUNT", "other"),
        ("OP_SERVICE_ACCOUNT_TOKEN", "x"),
        ("OP_SESSION_x", "x"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_ENDPOINT_URL", "x"),
        ("AWS_PROFILE", "x"),
        ("HOME", "/nowhere"),
        ("PATH", "BIN:/nowhere"),
        ("https_proxy", "http://x"),
        ("XDG_CONFIG_HOME", "/nowhere"),
        ("WSL_INTEROP", "/run/WSL/8_interop"),
    ];
    for (name, value) in changes {
        let sandbox = warm();
        // Past the gate, which would hold the other call back.
        sandbox.run(&[]);
        sandbox.forget_calls();
        let leader = stuck(&sandbox);
        let mut other = sandbox.command(&[]);
        if name.is_empty() {
            other.args(["--margin", "31s"]);
        } else {
            let bin = sandbox.path("bin");
            other.env(name, value.replace("BIN", bin.to_str().expect("UTF-8")));
        }
        // It may get a session or, with such an account, an error; it has made its own call.
        let outcomes = ends(vec![spawn(&mut other)]);
        assert_eq!(sandbox.calls().len(), 2, "{name}: {outcomes:?}");
        end(vec![leader], Signal::SIGTERM);
    }
}

/// Expects that the second run takes the answer that the first one waits for.
fn expect_one_call(sandbox: &Sandbox, leader: Child, follower: Child) {
    wait_for_followers(sandbox, 1);
    go_on(sandbox);
    expect_all(&ends(vec![leader, follower]), &session());
    assert_eq!(sandbox.calls(), [GET]);
}

#[test]
fn the_order_of_the_variables_is_no_part_of_the_question() {
    let sandbox = warm();
    hold_op(&sandbox, json!({ "call": "item get" }));
    let run = |orders: &[&str]| {
        let mut command = Command::new("/usr/bin/env");
        sandbox.enter(&mut command);
        spawn(command.args(orders).arg(PROGRAM))
    };
    let leader = run(&["OP_A=1", "OP_B=2"]);
    wait_for_calls(&sandbox, 1);
    let follower = run(&["OP_B=2", "OP_A=1"]);
    expect_one_call(&sandbox, leader, follower);
}

#[test]
fn what_the_aws_cli_sets_for_its_children_is_no_part_of_the_question() {
    let sandbox = warm();
    let leader = stuck(&sandbox);
    let mut command = sandbox.command(&[]);
    let follower = spawn(command.env("AWS_DATA_PATH", "x"));
    expect_one_call(&sandbox, leader, follower);
}

#[test]
fn a_relative_path_makes_the_current_directory_part_of_the_question() {
    let sandbox = warm();
    let run = |directory: &str| {
        let mut command = sandbox.command(&[]);
        command.env("AWS_CONFIG_FILE", "config");
        spawn(command.current_dir(sandbox.path(directory)))
    };
    // Past the gate, which would hold the other call back.
    ends(vec![run("cwd")]);
    sandbox.forget_calls();
    hold_op(&sandbox, json!({ "call": "item get" }));
    let mut runs = vec![run("cwd"), run("cwd")];
    wait_for_followers(&sandbox, 1);
    runs.push(run("home"));
    wait_for_calls(&sandbox, 2);
    go_on(&sandbox);
    let outcomes = ends(runs);
    expect_all(&outcomes, &session());
    assert_eq!(sandbox.calls(), [GET, GET]);
}

#[test]
fn runs_in_two_directories_share_where_every_path_is_absolute() {
    let sandbox = warm();
    let run = |directory: &str| {
        let mut command = sandbox.command(&[]);
        command.env("AWS_CONFIG_FILE", sandbox.path("config"));
        command.env("OP_ACCOUNT", "my");
        spawn(command.current_dir(sandbox.path(directory)))
    };
    hold_op(&sandbox, json!({ "call": "item get" }));
    let runs = vec![run("cwd"), run("home")];
    wait_for_followers(&sandbox, 1);
    go_on(&sandbox);
    expect_all(&ends(runs), &session());
    assert_eq!(sandbox.calls(), [GET]);
}

/// Waits until a leader listens; returns the path of its socket.
fn socket(sandbox: &Sandbox) -> PathBuf {
    let find = || {
        let names = sandbox.left_behind_names();
        let name = names
            .into_iter()
            .find(|name| name.split('.').nth(1) == Some("s"));
        name.map(|name| sandbox.own_folder().join(name))
    };
    wait_for(|| find().is_some());
    find().expect("a socket")
}

/// Connects as a follower does; a socket that was just made may not listen yet.
fn connect(path: &Path) -> UnixStream {
    let mut stream = None;
    wait_for(|| {
        stream = sockets::connect(path).ok();
        stream.is_some()
    });
    stream.expect("a leader")
}

#[test]
fn a_leader_answers_who_asks_the_same_and_nobody_else() {
    let sandbox = warm();
    hold_op(&sandbox, json!({ "call": "item get" }));
    let leader = spawn(&mut sandbox.command(&["--margin", "1s"]));
    let path = socket(&sandbox);
    let ask = |question: &str| {
        let mut stream = connect(&path);
        stream.write_all(question.as_bytes()).expect("a leader");
        stream.shutdown(Shutdown::Write).expect("a leader");
        stream
    };
    let version = env!("CARGO_PKG_VERSION");
    let questions = [
        format!("{version}\0--margin\x001s"),
        format!("{version}\0--margin\x002s"),
        format!("{version}\0--margin\x001s\0"),
        format!("{version}\0--margin"),
        format!("{version}x\0--margin\x001s"),
        String::new(),
    ];
    let streams: Vec<UnixStream> = questions.iter().map(|question| ask(question)).collect();
    go_on(&sandbox);
    let answers = streams.into_iter().map(|mut stream| {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an end");
        answer
    });
    let session = sample_session(FAR_FUTURE);
    let expected = [&format!("+{session}\0"), "", "", "", "", ""];
    assert_eq!(answers.collect::<Vec<_>>(), expected);
    expect_all(&ends(vec![leader]), &printed(&session));
}

#[test]
fn a_leader_answers_nobody_in_another_terminal_session() {
    let sandbox = warm();
    hold_op(&sandbox, json!({ "call": "item get" }));
    let leader = spawn(&mut sandbox.command_in_own_session(&[]));
    let mut stream = connect(&socket(&sandbox));
    let question = env!("CARGO_PKG_VERSION").as_bytes();
    stream.write_all(question).expect("a leader");
    stream.shutdown(Shutdown::Write).expect("a leader");
    go_on(&sandbox);
    let mut answer = String::new();
    // A socket that is closed with unread data may reset the connection.
    _ = stream.read_to_string(&mut answer);
    assert_eq!(answer, "");
    expect_all(&ends(vec![leader]), &session());
}

#[test]
fn a_follower_that_was_stopped_prints_an_answer_that_came_in_time() {
    let sandbox = warm();
    hold_op(&sandbox, json!({ "call": "item get" }));
    let run = || spawn(&mut sandbox.command(&["--timeout", "3s"]));
    let leader = run();
    wait_for_calls(&sandbox, 1);
    let follower = run();
    wait_for_followers(&sandbox, 1);
    signal(&follower, Signal::SIGSTOP);
    go_on(&sandbox);
    expect_all(&ends(vec![leader]), &session());
    sleep(Duration::from_secs(4));
    signal(&follower, Signal::SIGCONT);
    expect_all(&ends(vec![follower]), &session());
    assert_eq!(sandbox.calls(), [GET]);
}

#[test]
fn a_follower_takes_nothing_from_another_terminal_session() {
    let sandbox = warm();
    hold_op(&sandbox, json!({ "call": "item get" }));
    let script = format!("'{PROGRAM}'; while [ ! -e go ]; do :; done; '{PROGRAM}'");
    let mut command = Command::new(example("session"));
    sandbox.enter(&mut command);
    let runs = spawn(command.args(["/bin/sh", "-c", &script]));
    let path = socket(&sandbox);
    go_on(&sandbox);
    wait_for(|| !path.exists());
    // The leader removes the file before it releases the lock: the next run wouldn't find a file that is opened sooner.
    let lock = path.with_extension("f");
    wait_for(|| !lock.exists());
    // The next leader is this process, which has both the lock and the socket.
    let lock = fs::File::create(lock).expect("a file");
    lock.try_lock().expect("a lock");
    let listener = sockets::bind(&path).expect("a socket");
    fs::write(sandbox.path("cwd/go"), "").expect("a file");
    let (mut stream, _) = listener.accept().expect("a follower");
    // The follower may have closed the connection already.
    _ = stream.write_all(b"+another session\0");
    drop(stream);
    let twice = sample_session(FAR_FUTURE).repeat(2);
    expect_all(&ends(vec![runs]), &printed(&twice));
}

#[test]
fn clients_that_say_nothing_hold_nobody_up() {
    let sandbox = warm();
    hold_op(&sandbox, json!({ "call": "item get" }));
    let leader = start(&sandbox, 1, &[]);
    let path = socket(&sandbox);
    let mut first = connect(&path);
    first
        .write_all(env!("CARGO_PKG_VERSION").as_bytes())
        .expect("a leader");
    first.shutdown(Shutdown::Write).expect("a leader");
    let silent: Vec<UnixStream> = (0..100).map(|_| connect(&path)).collect();
    let followers = start(&sandbox, 2, &[]);
    wait_for_followers(&sandbox, 103);
    go_on(&sandbox);
    let session = sample_session(FAR_FUTURE);
    let mut answer = String::new();
    first.read_to_string(&mut answer).expect("an end");
    assert_eq!(answer, format!("+{session}\0"));
    // A run that begins now finds no socket, rather than one on which no leader answers.
    assert!(!path.exists());
    let outcomes = ends(leader.into_iter().chain(followers).collect());
    expect_all(&outcomes, &printed(&session));
    assert_eq!(sandbox.calls(), [GET]);
    drop(silent);
}

#[test]
fn a_socket_that_a_dead_run_left_is_replaced() {
    let sandbox = warm();
    let leader = stuck(&sandbox);
    let path = socket(&sandbox);
    end(vec![leader], Signal::SIGKILL);
    go_on(&sandbox);
    assert!(path.exists());
    assert_eq!(sandbox.run(&[]), session());
    assert_eq!(sandbox.left_behind(), ["HASH.authorised"]);
}

#[test]
fn nobody_waits_for_a_socket_without_a_lock() {
    let sandbox = warm();
    let leader = stuck(&sandbox);
    let path = socket(&sandbox);
    end(vec![leader], Signal::SIGKILL);
    go_on(&sandbox);
    fs::remove_file(&path).expect("a socket");
    // A process of this terminal session that never answers.
    let _listener = sockets::bind(&path).expect("a socket");
    assert_eq!(sandbox.run(&[]), session());
}

#[test]
fn a_run_without_a_private_folder_goes_alone() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&[]);
    for folder in ["tmp", "run"] {
        sandbox.occupy(folder);
    }
    command.env("XDG_RUNTIME_DIR", sandbox.path("nowhere"));
    assert_eq!(
        ends(vec![spawn(&mut command)]),
        [printed(&sandbox.minted(1))]
    );
    assert_eq!(sandbox.calls(), COLD);
}
