//! What runs with different questions or in different terminal sessions share: the gate before `op`, the lock of an item,
//! and the private folder.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, SystemTime};

use nix::sys::signal::Signal;
use serde_json::json;

use crate::support::runs::*;
use crate::support::terminal::*;
use crate::support::*;

/// Starts `count` runs, each with its own question.
fn ask(sandbox: &Sandbox, count: u32) -> Vec<Child> {
    let questions = (1..=count).map(|seconds| format!("{seconds}s"));
    questions
        .map(|margin| spawn(&mut sandbox.command(&["--margin", &margin])))
        .collect()
}

#[test]
fn departure_9_different_questions_in_one_terminal_prompt_once() {
    let sandbox = warm();
    sandbox.moods(&json!({ "op": { "authorisation": "app", "prompt_delay": 0.5 } }));
    let script = format!("for i in 1 2 3 4; do '{PROGRAM}' --margin ${{i}}s & done; wait");
    for prompts in 1..=2 {
        let outcome = finish(&mut tool(&sandbox, &[], &[], &["/bin/sh", "-c", &script]));
        assert_eq!(outcome, printed(&sample_session(FAR_FUTURE).repeat(4)));
        assert_eq!(sandbox.events("prompt").len(), prompts);
    }
}

#[test]
fn the_first_call_of_op_goes_alone_and_the_others_side_by_side() {
    let sandbox = warm();
    sandbox.moods(&json!({ "op": { "mishaps": [
        { "call": "item get", "delay": 0.5, "times": 1 },
        { "call": "item get", "until": "go" },
    ] } }));
    let runs = ask(&sandbox, 4);
    wait_for_calls(&sandbox, 4);
    let second = sandbox.events("begin")[1]["time"].as_f64();
    assert!(sandbox.events("end")[0]["time"].as_f64() <= second);
    go_on(&sandbox);
    expect_all(&ends(runs), &session());
}

#[test]
fn a_lock_holds_the_pid_only_where_the_runs_that_wait_name_it() {
    let sandbox = Sandbox::new();
    hold_op(&sandbox, json!({ "call": "item get", "times": 1 }));
    let run = spawn(&mut sandbox.command(&[]));
    wait_for_calls(&sandbox, 1);
    let held = sandbox.left_behind_names().into_iter().filter_map(|name| {
        let (_, end) = name.split_once('.')?;
        let text = fs::read_to_string(sandbox.own_folder().join(&name)).ok()?;
        Some((end.to_owned(), text.trim_end().to_owned()))
    });
    let mut held: Vec<(String, String)> = held.collect();
    held.sort();
    let text = |text: &str| text.to_owned();
    let expected = [
        (text("f"), String::new()),
        (text("gate"), run.id().to_string()),
    ];
    assert_eq!(held, expected);
    go_on(&sandbox);
    assert_eq!(ends(vec![run]), [printed(&sandbox.minted(1))]);
}

#[test]
fn a_failed_call_opens_no_gate() {
    let sandbox = Sandbox::new();
    let text = "[ERROR] 2026/08/14 04:07:09 authorization prompt dismissed, please try again\n";
    sandbox.mishap(
        "op",
        &json!({ "call": "item get", "stderr": text, "exit": 1 }),
    );
    sandbox.run(&[]);
    assert_eq!(sandbox.left_behind(), [""; 0]);
}

#[test]
fn the_gate_closes_after_some_minutes_and_by_a_clock_that_was_ahead() {
    let sandbox = warm();
    sandbox.run(&[]);
    let mark = sandbox.own_folder().join(&sandbox.left_behind_names()[0]);
    let ago = SystemTime::now() - Duration::from_secs(9 * 60 + 1);
    let ahead = SystemTime::now() + Duration::from_secs(9 * 3600);
    for (time, is_alone) in [(ago, true), (ahead, true), (SystemTime::now(), false)] {
        let file = fs::File::options().write(true).open(&mark).expect("a mark");
        file.set_modified(time).expect("a time");
        sandbox.forget_calls();
        let mishap = json!({ "call": "item get", "hang": true, "times": 1 });
        _ = fs::remove_file(sandbox.path("standin/mishap-op-0"));
        sandbox.mishap("op", &mishap);
        let stuck = start(&sandbox, 1, &[]);
        wait_for_calls(&sandbox, 1);
        let other = sandbox.run(&["--timeout", "1s"]);
        let late = "cannot read 1Password item 'AWS Access Key': another call of `op` in this terminal session was not \
                    done within the 1 s of --timeout; approve 1Password's prompt, or end that run if it is stopped";
        let expected = if is_alone { failed(late) } else { session() };
        assert_eq!(other, expected);
        end(stuck, Signal::SIGTERM);
    }
}

#[test]
fn another_account_has_another_gate() {
    let sandbox = warm();
    let mishap = json!({ "call": "item get", "hang": true, "times": 1 });
    sandbox.mishap("op", &mishap);
    let stuck = start(&sandbox, 1, &[]);
    wait_for_calls(&sandbox, 1);
    let args = ["--account", "my.1password.com", "--timeout", "5s"];
    assert_eq!(sandbox.run(&args), session());
    end(stuck, Signal::SIGTERM);
}

#[test]
fn marks_of_earlier_terminals_are_removed() {
    let sandbox = warm();
    sandbox.run(&[]);
    let old = sandbox.own_folder().join("0123456789abcdef.authorised");
    let file = fs::File::create(&old).expect("a mark");
    file.set_modified(SystemTime::UNIX_EPOCH).expect("a time");
    let mut other = sandbox.command_in_own_session(&[]);
    other.output().expect("a run");
    assert!(!old.exists());
    assert_eq!(sandbox.left_behind(), ["HASH.authorised"; 2]);
}

#[test]
fn departure_9_terminals_share_one_code_and_each_reads_the_session() {
    let sandbox = Sandbox::new();
    hold_op(&sandbox, json!({ "call": "item get --otp" }));
    let mut commands: Vec<_> = (0..6)
        .map(|_| sandbox.command_in_own_session(&[]))
        .collect();
    let runs = commands.iter_mut().map(spawn).collect();
    // All have read the item, and one of them is at its code.
    wait_for(|| sandbox.events("end").len() == 6 && sandbox.calls().len() == 7);
    go_on(&sandbox);
    expect_all(&ends(runs), &printed(&sandbox.minted(1)));
    let calls = sandbox.calls();
    let count = |call: &str| calls.iter().filter(|other| *other == call).count();
    assert_eq!([GET, OTP, STS, EDIT, GET_AGAIN].map(count), [6, 1, 1, 1, 5]);
    assert_eq!(
        sandbox.left_behind(),
        [vec!["HASH.authorised"; 6], vec!["stored"]].concat()
    );
}

#[test]
fn an_item_that_was_read_before_another_run_stored_a_session_is_read_again() {
    let sandbox = Sandbox::new();
    hold_op(&sandbox, json!({ "call": "item get" }));
    let mut command = sandbox.command_in_own_session(&[]);
    let run = spawn(&mut command);
    wait_for_calls(&sandbox, 1);
    // A run in another terminal has stored a session and ended.
    wait_for(|| sandbox.own_folder().exists());
    fs::write(sandbox.own_folder().join("stored"), "").expect("a mark");
    go_on(&sandbox);
    assert_eq!(ends(vec![run]), [printed(&sandbox.minted(1))]);
    assert_eq!(sandbox.calls(), [GET, GET_AGAIN, OTP, STS, EDIT]);
}

/// `op` asks again after 10 minutes without a call.
#[test]
fn for_nine_minutes_after_a_call_others_go_side_by_side() {
    let sandbox = warm();
    sandbox.run(&[]);
    sandbox.forget_calls();
    let names = sandbox.left_behind_names();
    let mark = names.iter().find(|name| name.ends_with(".authorised"));
    let mark = sandbox.own_folder().join(mark.expect("a mark"));
    let mark = fs::File::options().write(true).open(mark).expect("a mark");
    let earlier = SystemTime::now() - Duration::from_secs(8 * 60);
    mark.set_modified(earlier).expect("a time");
    hold_op(&sandbox, json!({ "call": "item get" }));
    let runs = ask(&sandbox, 3);
    wait_for_calls(&sandbox, 3);
    go_on(&sandbox);
    expect_all(&ends(runs), &session());
}

#[test]
fn runs_that_refresh_two_items_do_not_wait_for_each_other() {
    let sandbox = Sandbox::new();
    sandbox.set_period(3_155_760_000);
    let mut vault = sandbox.read("standin/vault.json");
    let mut other = sandbox.item();
    other["id"] = json!("zzzz5kcv2wjd4hx7mnbtya6rse");
    other["title"] = json!("Other");
    vault["items"].as_array_mut().expect("items").push(other);
    sandbox.write("standin/vault.json", &vault);
    sandbox.mishap(
        "op",
        &json!({ "call": "item edit", "hang": true, "times": 1 }),
    );
    let stuck = start(&sandbox, 1, &["--item", "Other", "--timeout", "30s"]);
    wait_for_calls(&sandbox, 4);
    let expiration = in_seconds(25);
    sandbox.set_cache(&base64(&session_json(&expiration)));
    sandbox.forget_calls();
    // A run waits 5 seconds for the session of the machine that used the code, and the other one 10 for its write.
    let outcome = sandbox.run(&["--timeout", "9s"]);
    assert_eq!(outcome, printed(&sample_session(&expiration)));
    assert_eq!(sandbox.calls(), [GET, OTP, STS, GET_AGAIN, GET_AGAIN]);
    end(stuck, Signal::SIGTERM);
}

#[test]
fn a_run_that_waits_for_a_refresh_elsewhere_serves_the_old_session_in_the_end() {
    for (expiration, is_served) in [
        (in_seconds(25), true),
        ("2025-12-16T01:00:00Z".to_owned(), false),
    ] {
        let sandbox = Sandbox::new();
        sandbox.set_cache(&base64(&session_json(&expiration)));
        sandbox.mishap(
            "aws",
            &json!({ "call": "sts get-session-token", "hang": true }),
        );
        let stuck = spawn(&mut sandbox.command_in_own_session(&["--timeout", "20s"]));
        wait_for_calls(&sandbox, 3);
        let line = "cannot refresh the session: another run that refreshes it was not done within the 1 s of --timeout; \
                    approve 1Password's prompt, or end that run if it is stopped";
        let expected = if is_served {
            printed(&sample_session(&expiration))
        } else {
            failed(line)
        };
        assert_eq!(sandbox.run(&["--timeout", "1s"]), expected);
        end(vec![stuck], Signal::SIGTERM);
    }
}

#[test]
fn of_the_runs_that_wait_for_the_first_call_of_op_one_tells_the_terminal() {
    let sandbox = warm();
    let mishap = json!({ "call": "item get", "delay": 8, "times": 1 });
    sandbox.mishap("op", &mishap);
    let script = format!(
        "'{PROGRAM}' & echo $! >pid; until [ -e \"$0\"/*.gate ]; do :; done; \
         for i in 1 2 3; do '{PROGRAM}' --margin ${{i}}s & done; wait"
    );
    let notes = [
        "get-1password-creds: waiting for 1Password: approve its prompt",
        "get-1password-creds: waiting for the run with pid PID, which calls `op`",
    ];
    assert_eq!(notes_of_four(&sandbox, &script), notes);
}

/// In the background and without a terminal no line is shown.
#[test]
fn a_run_that_waits_for_a_refresh_elsewhere_tells_its_own_terminal() {
    let sandbox = Sandbox::new();
    let mishap = json!({ "call": "sts get-session-token", "delay": 8 });
    sandbox.mishap("aws", &mishap);
    let refresh = spawn(&mut sandbox.command_in_own_session(&[]));
    wait_for_calls(&sandbox, 3);
    let line = format!(
        "get-1password-creds: waiting for the run with pid {}, which gets a session\r\n",
        refresh.id()
    );
    let places = [
        ("1", None, line.as_str()),
        ("2", None, &line),
        ("3", Some("--background"), ""),
        ("4", Some("--none"), ""),
    ];
    let runs = places.map(|(name, option, _)| {
        let mut command = Command::new(example("terminal"));
        sandbox.enter(&mut command);
        let transcript = sandbox.path(name);
        command.args(option).arg("--transcript").arg(transcript);
        spawn(command.args(["--", PROGRAM]))
    });
    let outcomes = ends(runs.into_iter().chain([refresh]).collect());
    expect_all(&outcomes, &printed(&sandbox.minted(1)));
    for (name, _, told) in places {
        let transcript = fs::read_to_string(sandbox.path(name)).unwrap_or_default();
        assert_eq!(transcript, told, "{name}");
    }
}

#[test]
fn a_run_that_waits_for_another_item_or_sign_in_tells_what_for() {
    let make = ["setup", "--cache-item", "New"];
    let sign_in = ["aws-login", "--profile", "signin"];
    let waits = [
        ("op", "item create", make, "makes the item"),
        ("aws", "login", sign_in, "signs in"),
    ];
    let wait = |(program, call, args, does): (&str, _, [_; 3], _)| {
        let sandbox = Sandbox::new();
        sandbox.write_text(
            "home/.aws/config",
            "[profile signin]\nregion = ap-northeast-1\n",
        );
        let mishap = json!({ "call": call, "delay": 8, "times": 1 });
        let mut moods = json!({ "op": {}, "aws": { "version": 2 } });
        moods[program]["mishaps"] = json!([mishap]);
        sandbox.moods(&moods);
        let other = spawn(&mut sandbox.command_in_own_session(&args));
        wait_for(|| sandbox.calls().iter().any(|made| made.contains(call)));
        let program = [&[PROGRAM], &args[..]].concat();
        let outcome = finish(&mut tool(&sandbox, &[], &[], &program));
        assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(0), ""));
        let pid = other.id();
        let line =
            format!("get-1password-creds: waiting for the run with pid {pid}, which {does}\r\n");
        assert_eq!(transcript(&sandbox), line);
        assert_eq!(ends(vec![other])[0].status, Some(0));
    };
    thread::scope(|scope| waits.map(|case| scope.spawn(move || wait(case))).map(drop));
}

#[test]
fn a_run_that_dies_leaves_no_lock() {
    let sandbox = Sandbox::new();
    sandbox.set_period(2);
    sandbox.mishap(
        "op",
        &json!({ "call": "item edit", "hang": true, "times": 1 }),
    );
    let stuck = start(&sandbox, 1, &[]);
    wait_for_calls(&sandbox, 4);
    end(stuck, Signal::SIGKILL);
    assert_eq!(sandbox.run(&[]), printed(&sandbox.minted(2)));
    assert_eq!(sandbox.left_behind(), ["HASH.authorised", "stored"]);
}

/// Whatever is in the folder's place, nothing outside is touched, and the answer is right.
#[test]
fn what_others_put_in_the_folders_place_is_left_alone() {
    type Prepare = fn(&Sandbox);
    let cases: [(&str, Prepare); 4] = [
        ("open to others", |sandbox| sandbox.occupy("run")),
        ("a link", |sandbox| {
            fs::create_dir(sandbox.path("elsewhere")).expect("a folder");
            fs::set_permissions(sandbox.path("elsewhere"), Permissions::from_mode(0o700))
                .expect("a mode");
            symlink(sandbox.path("elsewhere"), sandbox.own_folder()).expect("a link");
        }),
        ("a file", |sandbox| {
            fs::write(sandbox.own_folder(), "x").expect("a file");
        }),
        ("no place", |sandbox| {
            fs::remove_dir(sandbox.path("run")).expect("a folder");
        }),
    ];
    for (what, prepare) in cases {
        let sandbox = Sandbox::new();
        prepare(&sandbox);
        assert_eq!(sandbox.run(&[]), printed(&sandbox.minted(1)), "{what}");
        let count = |folder: &str| fs::read_dir(sandbox.path(folder)).map_or(0, Iterator::count);
        assert_eq!(count("elsewhere"), 0, "{what}");
        // The next place is used.
        assert_eq!(count("tmp"), 1, "{what}");
    }
}

#[test]
fn a_long_path_of_the_folder_is_as_good_as_a_short_one() {
    let sandbox = warm();
    slow_op(&sandbox, 2.0);
    let long = sandbox.path(&"long/".repeat(40));
    fs::create_dir_all(&long).expect("a folder");
    let mut commands: Vec<_> = (0..4).map(|_| sandbox.command(&[])).collect();
    let runs = commands
        .iter_mut()
        .map(|command| spawn(command.env("XDG_RUNTIME_DIR", &long)));
    expect_all(&ends(runs.collect()), &session());
    assert_eq!(sandbox.calls(), [GET]);
}
