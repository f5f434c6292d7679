//! `--keep`: a process keeps a session in memory, for the runs of one terminal session and for some minutes.

mod keepers;
mod killed;
mod shell;

use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::sys::socket::{Backlog, listen};
use nix::unistd::{geteuid, getpgid, getsid};
use serde_json::json;

use crate::support::runs::*;
use crate::support::*;
use keepers::*;
use shell::Shell;

const KEEP: [&str; 2] = ["--keep", "5m"];

/// A terminal with a keeper.
fn kept(sandbox: &Sandbox) -> (Shell<'_>, Keeper) {
    let mut shell = Shell::open(sandbox);
    assert_eq!(shell.run(&KEEP), session());
    (shell, keeper(sandbox))
}

/// Expects that nothing is kept: the next run asks `op`, and keeps its answer.
fn expect_a_miss(sandbox: &Sandbox, shell: &mut Shell, old: &Keeper) {
    sandbox.forget_calls();
    assert_eq!(shell.run(&KEEP), session());
    assert_eq!(sandbox.calls(), [GET]);
    assert_ne!(keeper(sandbox).pid, old.pid);
}

#[test]
fn a_session_that_is_kept_costs_no_call_of_op() {
    let sandbox = warm();
    let (mut shell, first) = kept(&sandbox);
    for _ in 0..5 {
        assert_eq!(shell.run(&KEEP), session());
    }
    assert_eq!(sandbox.calls(), [GET]);
    assert_eq!(keeper(&sandbox), first);
    assert_eq!(ends_of_names(&sandbox), ["authorised", "k"]);
}

#[test]
fn at_a_terminal_too_what_is_kept_costs_no_call_of_op() {
    let sandbox = warm();
    let (mut shell, _) = kept(&sandbox);
    let outcome = shell.run_script("RUN --keep 5m >/dev/tty");
    assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(0), ""));
    let caution = "get-1password-creds: printed the session in plain text";
    assert!(outcome.stderr.starts_with(caution), "{outcome:?}");
    assert_eq!(sandbox.calls(), [GET]);
}

#[test]
fn a_run_that_aws_has_started_gets_nothing_that_is_kept() {
    let sandbox = warm();
    let (mut shell, _) = kept(&sandbox);
    sandbox.write_text(
        "cwd/guard",
        "GET_1PASSWORD_CREDS_RUNNING=$$; export GET_1PASSWORD_CREDS_RUNNING",
    );
    let outcome = shell.run_script(". ./guard; RUN --keep 5m");
    let line = "cannot run inside itself: the `aws` that was asked for a session asks for credentials; is it a wrapper?";
    assert_eq!(outcome, failed(line));
}

#[test]
fn a_session_that_was_just_minted_is_kept() {
    let sandbox = Sandbox::new();
    let mut shell = Shell::open(&sandbox);
    let first = shell.run(&KEEP);
    assert_eq!(first, printed(&sandbox.minted(1)));
    assert_eq!(shell.run(&KEEP), first);
    assert_eq!(sandbox.calls(), COLD);
}

#[test]
fn sixty_four_at_once_get_what_is_kept() {
    let sandbox = warm();
    let (mut shell, _) = kept(&sandbox);
    let script = "for i in 1 2 3 4 5 6 7 8; do for j in 1 2 3 4 5 6 7 8; do RUN --keep 5m & done; done; wait";
    assert_eq!(
        shell.run_script(script),
        printed(&sample_session(FAR_FUTURE).repeat(64))
    );
    assert_eq!(sandbox.calls(), [GET]);
}

#[test]
fn sixty_four_at_once_share_the_first_answer_and_leave_one_keeper() {
    let sandbox = warm();
    slow_op(&sandbox, 0.3);
    let mut shell = Shell::open(&sandbox);
    let script = "for i in 1 2 3 4 5 6 7 8; do for j in 1 2 3 4 5 6 7 8; do RUN --keep 5m & done; done; wait";
    assert_eq!(
        shell.run_script(script),
        printed(&sample_session(FAR_FUTURE).repeat(64))
    );
    assert_eq!(sandbox.calls(), [GET]);
    assert_eq!(ends_of_names(&sandbox), ["authorised", "k"]);
}

#[test]
fn a_keeper_has_nothing_of_its_caller() {
    let sandbox = warm();
    let (_shell, keeper) = kept(&sandbox);
    let read = |name: &str| fs::read_to_string(keeper.proc(name)).expect(name);
    assert_eq!(
        read("cmdline"),
        "get-1password-creds\0keeps-a-session-in-memory\0"
    );
    assert_eq!(read("comm"), "1p-creds --keep\n");
    assert_eq!(read("environ"), "");
    assert_eq!(
        fs::read_link(keeper.proc("cwd"))
            .expect("a folder")
            .to_str(),
        Some("/")
    );
    let limits = read("limits");
    let core = limits.lines().find(|line| line.starts_with("Max core"));
    let core: Vec<&str> = core.expect("a limit").split_whitespace().collect();
    assert_eq!(core[4], "0");
    let status = read("status");
    let number = |name: &str| -> u64 {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let word = line.expect(name).split_whitespace().next().expect(name);
        word.parse().expect(name)
    };
    assert_eq!(number("Threads:"), 1);
    assert!(number("RssAnon:") < 1024, "{status}");
    assert_eq!(getpgid(Some(keeper.pid)), Ok(keeper.pid));
    let folder = sandbox.own_folder();
    let open = || {
        let open = fs::read_dir(keeper.proc("fd")).expect("descriptors");
        let open = open.flatten().filter_map(|entry| {
            let number = entry.file_name().into_string().expect("a number");
            // A descriptor that is closed meanwhile has no target.
            let target = fs::read_link(entry.path()).ok()?;
            let target = target.to_str().expect("UTF-8");
            Some(match number.as_str() {
                "0" | "1" | "2" => format!("{number} {target}"),
                _ => target.split(':').next().unwrap_or_default().to_owned(),
            })
        });
        let mut open: Vec<String> = open.collect();
        open.sort();
        open
    };
    let folder = folder.to_str().expect("UTF-8");
    let expected = [
        folder,
        "0 /dev/null",
        "1 /dev/null",
        "2 /dev/null",
        "socket",
    ];
    // The connection by which the test found the keeper may still be open.
    wait_for(|| open() == expected);
}

#[test]
fn nobody_can_look_into_a_keeper() {
    let sandbox = warm();
    // Root can read every process, so the keeper runs as another user.
    let (as_user, uid) = match geteuid().as_raw() {
        0 => ("/usr/bin/setpriv --reuid 65534 --clear-groups", 65534),
        own => ("", own),
    };
    sandbox.copy_program(PROGRAM.as_ref(), "bin/program");
    sandbox.copy_program(&example("op"), "bin/op");
    for path in ["", "run", "standin"] {
        let mode = Permissions::from_mode(0o777);
        fs::set_permissions(sandbox.path(path), mode).expect("a mode");
    }
    let mut shell = Shell::open(&sandbox);
    assert_eq!(
        shell.run_script(&format!("{as_user} program --keep 5m")),
        session()
    );
    let folder = sandbox.path(&format!("run/get-1password-creds-{uid}"));
    let keeper = Keeper::in_folder(&folder).expect("a keeper");
    let status = fs::read_to_string(keeper.proc("status")).expect("a process");
    assert!(status.contains(&format!("Uid:\t{uid}\t")), "{status}");
    // The files in /proc of a process that can't be dumped belong to root.
    let owner = fs::metadata(keeper.proc("stat")).expect("a process").uid();
    assert_eq!(owner, 0);
    for name in ["environ", "maps", "mem"] {
        let path = keeper.proc(name);
        let look = shell.run_script(&format!("{as_user} /bin/head -c 1 {}", path.display()));
        assert!(look.stderr.contains("Permission denied"), "{look:?}");
    }
}

#[test]
fn a_client_that_reads_stdout_and_stderr_to_their_end_is_not_held() {
    let sandbox = warm();
    let mut shell = Shell::open(&sandbox);
    let begin = Instant::now();
    let script = "x=$(RUN --keep 9m 2>&1); echo \"$x\"; RUN --keep 9m 2>&1 | /bin/cat";
    let twice = printed(&sample_session(FAR_FUTURE).repeat(2));
    assert_eq!(shell.run_script(script), twice);
    assert!(begin.elapsed() < Duration::from_secs(20));
    assert_eq!(sandbox.calls(), [GET]);
}

#[test]
fn nothing_is_kept_without_a_terminal() {
    let sandbox = warm();
    for _ in 0..2 {
        let mut run = sandbox.command_in_own_session(&KEEP);
        assert_eq!(outcome(&run.output().expect("a run")), session());
    }
    assert_eq!(sandbox.calls(), [GET, GET]);
    assert_eq!(ends_of_names(&sandbox), ["authorised"; 2]);
}

#[test]
fn nothing_is_kept_unless_the_option_says_so() {
    let sandbox = warm();
    let mut shell = Shell::open(&sandbox);
    for args in [&[][..], &["--no-session", "--keep", "5m"]] {
        assert_eq!(shell.run(args).status, Some(0));
        assert_eq!(ends_of_names(&sandbox), ["authorised"]);
    }
    for args in [&["status"][..], &["doctor"], &["setup"]] {
        shell.run(&[args, &KEEP[..]].concat());
        assert_eq!(ends_of_names(&sandbox), ["authorised"], "{args:?}");
    }
}

#[test]
fn a_failure_is_not_kept() {
    let sandbox = warm();
    let text = "[ERROR] 2026/08/14 04:07:09 authorization prompt dismissed, please try again\n";
    let mishap = json!({ "call": "item get", "stderr": text, "exit": 1, "times": 1 });
    sandbox.mishap("op", &mishap);
    let mut shell = Shell::open(&sandbox);
    assert_eq!(shell.run(&KEEP).status, Some(1));
    assert_eq!(ends_of_names(&sandbox), [""; 0]);
    assert_eq!(shell.run(&KEEP), session());
}

#[test]
fn a_life_is_absolute() {
    let sandbox = warm();
    let mut shell = Shell::open(&sandbox);
    let begin = Instant::now();
    let keep = ["--keep", "3s"];
    assert_eq!(shell.run(&keep), session());
    let keeper = keeper(&sandbox);
    // Neither questions nor open connections prolong it.
    let stream = sockets::connect(&keeper.socket).expect("a keeper");
    while keeper.lives() {
        assert!(begin.elapsed() < Duration::from_secs(10), "it never ends");
        shell.run(&keep);
    }
    assert!(begin.elapsed() > Duration::from_secs(1));
    drop(stream);
    assert!(sandbox.calls().len() <= 2);
}

#[test]
fn a_life_ends_with_the_margin_of_the_session() {
    let sandbox = Sandbox::new();
    sandbox.set_cache(&base64(&session_json(&in_seconds(63))));
    let mut shell = Shell::open(&sandbox);
    let args = ["--keep", "5m", "--margin", "60s"];
    assert_eq!(shell.run(&args).status, Some(0));
    wait_for(|| !ends_of_names(&sandbox).contains(&"k".to_owned()));
    let minted = shell.run(&args);
    assert_eq!(minted, printed(&sandbox.minted(1)));
}

#[test]
fn signals_end_it_and_its_socket() {
    for signal in [Signal::SIGHUP, Signal::SIGTERM, Signal::SIGINT] {
        let sandbox = warm();
        let (mut shell, keeper) = kept(&sandbox);
        kill(keeper.pid, signal).expect("a keeper");
        keeper.expect_gone();
        expect_a_miss(&sandbox, &mut shell, &keeper);
    }
}

#[test]
fn a_signal_that_the_caller_ignores_ends_it_all_the_same() {
    let sandbox = warm();
    let mut shell = Shell::open(&sandbox);
    let script = "trap '' HUP TERM INT; RUN --keep 5m";
    assert_eq!(shell.run_script(script), session());
    let keeper = keeper(&sandbox);
    kill(keeper.pid, Signal::SIGHUP).expect("a keeper");
    keeper.expect_gone();
}

#[test]
fn it_ends_with_the_terminal_session() {
    let sandbox = warm();
    let (shell, keeper) = kept(&sandbox);
    shell.close();
    keeper.expect_gone();
}

#[test]
fn it_ends_when_the_terminal_hangs_up() {
    let sandbox = warm();
    let (shell, keeper) = kept(&sandbox);
    shell.hang_up();
    keeper.expect_gone();
}

#[test]
fn it_ends_without_its_socket() {
    let sandbox = warm();
    let (mut shell, keeper) = kept(&sandbox);
    fs::remove_file(&keeper.socket).expect("a socket");
    keeper.expect_gone();
    expect_a_miss(&sandbox, &mut shell, &keeper);
}

#[test]
fn another_socket_under_its_name_ends_it_and_is_refused() {
    let sandbox = warm();
    let (mut shell, keeper) = kept(&sandbox);
    fs::remove_file(&keeper.socket).expect("a socket");
    // It is in another terminal session, and gives a whole answer.
    let impostor = sockets::bind(&keeper.socket).expect("a socket");
    thread::spawn(move || {
        for mut stream in impostor.incoming().flatten() {
            _ = stream.read_to_end(&mut Vec::new());
            // A run that refuses it has closed the connection.
            _ = stream.write_all(b"+an impostor's\0");
        }
    });
    assert_eq!(shell.run(&KEEP), session());
    assert_eq!(sandbox.calls(), [GET, GET]);
    wait_for(|| !keeper.lives());
}

#[test]
fn whatever_lies_in_place_of_its_socket_is_a_miss() {
    let sandbox = warm();
    let mut shell = Shell::open(&sandbox);
    let other = ["--keep", "4m"];
    assert_eq!(shell.run(&other), session());
    let (other, folder) = (keeper(&sandbox), sandbox.own_folder());
    assert_eq!(shell.run(&KEEP), session());
    let names = sandbox.left_behind_names().into_iter();
    let mut names = names.filter(|name| name.strip_suffix(".k").is_some() && *name != other.name());
    let socket = folder.join(names.next().expect("a socket"));
    for put in [
        "echo x >SOCKET",
        "/usr/bin/mkfifo SOCKET",
        "/bin/ln -s /dev/tty SOCKET",
        "/bin/ln -s /nowhere SOCKET",
        "/bin/ln -s OTHER SOCKET",
        "/bin/mkdir SOCKET",
    ] {
        sandbox.forget_calls();
        let put = put
            .replace("SOCKET", &socket.display().to_string())
            .replace("OTHER", other.name());
        fs::remove_file(&socket).expect("a file");
        let both = shell.run_script(&format!("{put} && RUN --keep 5m"));
        assert_eq!(
            (both, sandbox.calls()),
            (session(), vec![GET.to_owned()]),
            "{put}"
        );
    }
    assert!(other.lives());
    // With a folder in its place nothing is kept, and the run prints the session all the same.
    sandbox.forget_calls();
    assert_eq!(
        (shell.run(&KEEP), sandbox.calls()),
        (session(), vec![GET.to_owned()])
    );
    assert_eq!(sandbox.run(&["clear"]).status, Some(0));
    other.expect_gone();
}

#[test]
fn clear_ends_all_of_this_user() {
    let sandbox = warm();
    let (_first, one) = kept(&sandbox);
    let mut second = Shell::open(&sandbox);
    assert_eq!(second.run(&["--keep", "9m"]), session());
    assert_eq!(
        ends_of_names(&sandbox)
            .iter()
            .filter(|end| *end == "k")
            .count(),
        2
    );
    let cleared = sandbox.run(&["clear"]);
    let lines = "cleared field 'session_cache' of 1Password item 'AWS Access Key'; the next run gets a new session\n\
                 sessions ended in memory: 2\n";
    assert_eq!(cleared, printed(lines));
    one.expect_gone();
    let marks = ["authorised", "authorised", "authorised", "cleared"];
    assert_eq!(ends_of_names(&sandbox), marks);
    assert_eq!(second.run(&["--keep", "9m"]), printed(&sandbox.minted(1)));
}

/// Plays a keeper whose queue is full while its socket is under its name. A real keeper looks for its socket when a client
/// connects, and again only half a second later.
#[test]
fn clear_takes_the_socket_away_before_it_connects() {
    let sandbox = warm();
    let (_shell, keeper) = kept(&sandbox);
    let socket = keeper.socket.with_file_name("x.1.y.k");
    let listener = sockets::bind(&socket).expect("a socket");
    listen(&listener, Backlog::new(0).expect("a number")).expect("a socket");
    let first = sockets::connect(&socket).expect("a socket");
    let clear = spawn(&mut sandbox.command(&["clear"]));
    wait_for(|| !socket.exists());
    drop(first);
    listener.set_nonblocking(true).expect("a socket");
    let mut clients = 0;
    wait_for(|| {
        clients += usize::from(listener.accept().is_ok());
        clients == 2
    });
    let lines = "cleared field 'session_cache' of 1Password item 'AWS Access Key'; the next run gets a new session\n\
                 sessions ended in memory: 2\n";
    assert_eq!(ends(vec![clear]), [printed(lines)]);
    keeper.expect_gone();
    assert_eq!(
        ends_of_names(&sandbox),
        ["authorised", "authorised", "cleared"]
    );
}

#[test]
fn clear_ends_them_where_the_item_cannot_be_read() {
    let sandbox = warm();
    let (_shell, keeper) = kept(&sandbox);
    assert_eq!(sandbox.run(&["clear", "--item", "Nobody"]).status, Some(1));
    keeper.expect_gone();
}

#[test]
fn what_was_read_before_clear_is_not_kept_after_it() {
    let sandbox = warm();
    let mut shell = Shell::open(&sandbox);
    let read = sandbox.item().to_string();
    let slow = json!({ "call": "item get", "times": 1, "stdout": read, "exit": 0 });
    hold_op(&sandbox, slow);
    let run = shell.start("RUN --keep 5m");
    wait_for_calls(&sandbox, 1);
    assert_eq!(sandbox.run(&["clear"]).status, Some(0));
    go_on(&sandbox);
    assert_eq!(shell.finish(&run), session());
    assert_eq!(Keeper::find(&sandbox), None);
    // The session that the next run mints is kept.
    let minted = shell.run(&KEEP);
    assert_eq!(minted, printed(&sandbox.minted(1)));
    keeper(&sandbox);
}

#[test]
fn clear_ends_one_that_begins_while_it_is_at_work() {
    let sandbox = warm();
    let mut shell = Shell::open(&sandbox);
    hold_op(&sandbox, json!({ "call": "item edit" }));
    let clear = spawn(&mut sandbox.command(&["clear"]));
    wait_for_calls(&sandbox, 2);
    assert_eq!(shell.run(&KEEP), session());
    let keeper = keeper(&sandbox);
    go_on(&sandbox);
    let lines = "cleared field 'session_cache' of 1Password item 'AWS Access Key'; the next run gets a new session\n\
                 sessions ended in memory: 1\n";
    assert_eq!(ends(vec![clear]), [printed(lines)]);
    keeper.expect_gone();
    assert_eq!(shell.run(&KEEP), printed(&sandbox.minted(1)));
}

#[test]
fn a_refresh_ends_them() {
    let sandbox = warm();
    let (mut shell, keeper) = kept(&sandbox);
    sandbox.set_cache("");
    assert_eq!(sandbox.run(&[]), printed(&sandbox.minted(1)));
    keeper.expect_gone();
    assert_eq!(shell.run(&KEEP), printed(&sandbox.minted(1)));
}

#[test]
fn other_arguments_variables_and_terminals_get_nothing_of_it() {
    let sandbox = warm();
    let (mut shell, first) = kept(&sandbox);
    let expect_a_call = |shell: &mut Shell, script: &str| {
        sandbox.forget_calls();
        shell.run_script(script);
        let calls = sandbox.calls();
        assert!(
            calls.iter().any(|call| call.starts_with("op item get")),
            "{script}: {calls:?}"
        );
    };
    for script in [
        "RUN",
        "RUN --keep 4m",
        "RUN --keep 5m --margin 31s",
        "OP_ACCOUNT=other RUN --keep 5m",
        "AWS_ENDPOINT_URL=x RUN --keep 5m",
        "https_proxy=x RUN --keep 5m",
        "HOME=/nowhere RUN --keep 5m",
    ] {
        expect_a_call(&mut shell, script);
    }
    let mut other = Shell::open(&sandbox);
    expect_a_call(&mut other, "RUN --keep 5m");
    // The first keeper still answers.
    sandbox.forget_calls();
    assert_eq!(shell.run(&KEEP), session());
    assert_eq!((sandbox.calls(), first.lives()), (vec![], true));
}

/// The question of a run with [`KEEP`].
fn question() -> Vec<u8> {
    format!("{}\0--keep\x005m", env!("CARGO_PKG_VERSION")).into_bytes()
}

/// Asks a keeper, and returns what it sends until it closes the connection.
fn ask(socket: &Path, question: &[u8]) -> Vec<u8> {
    let mut stream = sockets::connect(socket).expect("a keeper");
    // The keeper may have closed the connection already.
    _ = stream.write_all(question);
    _ = stream.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    _ = stream.read_to_end(&mut answer);
    answer
}

#[test]
fn the_right_question_from_another_terminal_session_gets_nothing() {
    let sandbox = warm();
    let (mut shell, keeper) = kept(&sandbox);
    // The session of this test is 0 where its leader is in another pid namespace.
    assert_ne!(getsid(None), getsid(Some(keeper.pid)));
    assert_eq!(ask(&keeper.socket, &question()), b"");
    assert_eq!(shell.run(&KEEP), session());
    assert_eq!(sandbox.calls(), [GET]);
}

/// Plays a client in the terminal session of a keeper, for the tests that start this one.
#[test]
#[ignore = "for the tests that start it"]
fn client() {
    let keeper = Keeper::at(std::env::var_os("KEEPER_SOCKET").expect("a socket").into());
    let silent: Vec<_> = (0..200)
        .map(|_| sockets::connect(&keeper.socket).expect("a keeper"))
        .collect();
    let right = question();
    assert!(ask(&keeper.socket, &right).starts_with(b"+{"));
    let long = vec![b'x'; 1 << 20];
    for wrong in [
        &[][..],
        &right[1..],
        &right[..right.len() - 1],
        &[&right[..], b"\0"].concat(),
        &long,
    ] {
        assert_eq!(ask(&keeper.socket, wrong), b"");
    }
    // Half a question, without an end.
    let mut half = sockets::connect(&keeper.socket).expect("a keeper");
    half.write_all(&right[..4]).expect("a keeper");
    assert!(ask(&keeper.socket, &right).starts_with(b"+{"));
    let mut answer = Vec::new();
    half.read_to_end(&mut answer).expect("an end");
    assert_eq!(answer, b"");
    drop(silent);
}

#[test]
fn clients_that_say_nothing_or_ask_otherwise_change_nothing() {
    let sandbox = warm();
    let (mut shell, keeper) = kept(&sandbox);
    let test = std::env::current_exe().expect("this test");
    let script = format!(
        "KEEPER_SOCKET='{}' '{}' --exact keep::client --ignored; RUN --keep 5m",
        keeper.socket.display(),
        test.display()
    );
    let outcome = shell.run_script(&script);
    assert!(outcome.stdout.contains("1 passed"), "{outcome:?}");
    assert!(outcome.stdout.ends_with(&sample_session(FAR_FUTURE)));
    assert_eq!(sandbox.calls(), [GET]);
    assert!(keeper.lives());
}

#[test]
fn another_pid_namespace_gets_nothing() {
    let sandbox = warm();
    let (mut shell, keeper) = kept(&sandbox);
    let unshare = "/usr/bin/unshare --pid --fork";
    if shell.run_script(&format!("{unshare} /bin/true")) != printed("") {
        eprintln!("skipped, since no pid namespace can be made");
        return;
    }
    sandbox.forget_calls();
    assert_eq!(
        shell.run_script(&format!("{unshare} RUN --keep 5m")),
        session()
    );
    assert_eq!(sandbox.calls(), [GET]);
    // Nor does a client there that asks without a check.
    let test = std::env::current_exe().expect("this test");
    let script = format!(
        "KEEPER_SOCKET='{}' {unshare} '{}' --exact keep::stranger --ignored",
        keeper.socket.display(),
        test.display()
    );
    let outcome = shell.run_script(&script);
    assert!(outcome.stdout.contains("1 passed"), "{outcome:?}");
    assert!(keeper.lives());
}

/// Asks the right question, for the test that starts this one in another pid namespace.
#[test]
#[ignore = "for the test that starts it"]
fn stranger() {
    let socket = std::env::var_os("KEEPER_SOCKET").expect("a socket");
    assert_eq!(ask(socket.as_ref(), &question()), b"");
}

#[test]
fn another_user_gets_nothing() {
    if !geteuid().is_root() {
        eprintln!("skipped, since this isn't root");
        return;
    }
    let sandbox = warm();
    let (mut shell, keeper) = kept(&sandbox);
    // The other user may enter every folder except the private one.
    let test = std::env::current_exe().expect("this test");
    sandbox.copy_program(&test, "test");
    for path in ["", "run", "cwd"] {
        let mode = Permissions::from_mode(0o777);
        fs::set_permissions(sandbox.path(path), mode).expect("a mode");
    }
    // The other user has a descriptor of that.
    let script = format!(
        "KEEPER_SOCKET=/dev/fd/9/{} /usr/bin/setpriv --reuid 65534 --clear-groups '{}' --exact keep::client --ignored 9<'{}'",
        keeper.name(),
        sandbox.path("test").display(),
        sandbox.own_folder().display()
    );
    let outcome = shell.run_script(&script);
    assert!(outcome.stdout.contains("PermissionDenied"), "{outcome:?}");
    assert!(keeper.lives());
}

#[test]
fn one_that_is_stopped_is_a_miss() {
    let sandbox = warm();
    let (mut shell, keeper) = kept(&sandbox);
    kill(keeper.pid, Signal::SIGSTOP).expect("a keeper");
    expect_a_miss(&sandbox, &mut shell, &keeper);
    kill(keeper.pid, Signal::SIGCONT).expect("a keeper");
    wait_for(|| !keeper.lives());
    sandbox.forget_calls();
    assert_eq!(shell.run(&KEEP), session());
    assert_eq!(sandbox.calls(), [""; 0]);
}

#[test]
fn one_that_is_killed_is_a_miss() {
    let sandbox = warm();
    let (mut shell, keeper) = kept(&sandbox);
    kill(keeper.pid, Signal::SIGKILL).expect("a keeper");
    wait_for(|| !keeper.lives());
    expect_a_miss(&sandbox, &mut shell, &keeper);
}

#[test]
fn kills_at_random_moments_are_misses() {
    killed::keepers(10);
}

#[test]
fn a_run_that_is_killed_at_a_random_moment_does_no_harm() {
    killed::runs(10);
}

#[test]
fn a_program_that_cannot_be_started_again_keeps_nothing() {
    let sandbox = warm();
    sandbox.copy_program(PROGRAM.as_ref(), "bin/program");
    let mut shell = Shell::open(&sandbox);
    hold_op(&sandbox, json!({ "call": "item get" }));
    let runs = shell.start("program --keep 5m");
    wait_for_calls(&sandbox, 1);
    fs::remove_file(sandbox.path("bin/program")).expect("a program");
    go_on(&sandbox);
    assert_eq!(shell.finish(&runs), session());
    assert_eq!(ends_of_names(&sandbox), ["authorised"]);
}

#[test]
fn the_argument_of_a_keeper_is_no_command() {
    let sandbox = Sandbox::new();
    let outcome = sandbox.run(&["keeps-a-session-in-memory"]);
    assert_eq!(outcome.status, Some(2));
    // With a socket as its stdin it is a keeper, which refuses a task that isn't whole.
    for text in ["", "x 99999999999 0\n", "x.k 99999999999 0\n+half"] {
        let (mut ours, theirs) = UnixStream::pair().expect("a pair");
        ours.write_all(text.as_bytes()).expect("a text");
        ours.shutdown(Shutdown::Write).expect("a text");
        let mut run = sandbox.command(&["keeps-a-session-in-memory"]);
        run.stdin(std::os::fd::OwnedFd::from(theirs));
        let outcome = crate::support::outcome(&run.output().expect("a run"));
        assert_eq!(
            outcome,
            Outcome {
                status: Some(1),
                ..printed("")
            }
        );
    }
}

#[test]
fn status_and_doctor_say_what_is_kept_and_leave_it_alone() {
    let sandbox = warm();
    let (mut shell, keeper) = kept(&sandbox);
    let mut other = Shell::open(&sandbox);
    let last_line = |outcome: Outcome| outcome.stdout.lines().last().unwrap_or_default().to_owned();
    let without_time = |line: &str| {
        let (before, after) = line.split_once("for ").expect("a time");
        let (time, after) = after.split_once(" more").expect("a time");
        assert!(time.starts_with("4 min ") || time == "5 min 0 s", "{line}");
        format!("{before}for … more{after}")
    };
    let line = last_line(shell.run(&["status"]));
    assert_eq!(
        without_time(&line),
        "kept     in memory for … more (this terminal)"
    );
    // The same with the options of the line; nothing is said about other terminals and items.
    let line = last_line(shell.run(&["status", "--keep", "5m"]));
    assert_eq!(
        without_time(&line),
        "kept     in memory for … more (this terminal)"
    );
    assert_eq!(last_line(other.run(&["status"])), "served   yes");
    assert_eq!(
        last_line(shell.run(&["status", "--account", "my.1password.com"])),
        "served   yes"
    );
    let json = shell.run(&["status", "--json"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert!(
        json["kept_until"].as_str() < Some(&in_seconds(301)),
        "{json}"
    );
    for (shell, terminal) in [(&mut shell, "this"), (&mut other, "another")] {
        let line = last_line(shell.run(&["doctor"]));
        assert_eq!(
            without_time(&line),
            format!(
                "ok       a session is kept in memory for … more ({terminal} terminal) by process {}, and is printed there \
                 without 1Password, even while that is locked; `clear` ends it",
                keeper.pid
            )
        );
    }
    assert!(keeper.lives());
    kill(keeper.pid, Signal::SIGKILL).expect("a keeper");
    wait_for(|| !keeper.lives());
    assert_eq!(last_line(shell.run(&["status"])), "served   yes");
}

#[test]
fn what_is_kept_in_this_terminal_is_listed_first() {
    let sandbox = warm();
    let (mut shell, _) = kept(&sandbox);
    let mut other = Shell::open(&sandbox);
    assert_eq!(other.run(&KEEP), session());
    for shell in [&mut shell, &mut other] {
        let report = shell.run(&["doctor"]).stdout;
        let kept = report
            .lines()
            .filter(|line| line.contains("kept in memory"));
        let terminals = kept.filter_map(|line| line.split(['(', ')']).nth(1));
        assert_eq!(
            terminals.collect::<Vec<_>>(),
            ["this terminal", "another terminal"]
        );
    }
}

#[test]
fn setup_writes_the_option_into_the_line() {
    let sandbox = Sandbox::new();
    let outcome = sandbox.run(&["setup", "--keep", "300s"]);
    let line = format!("credential_process = {PROGRAM} --keep 5m\n");
    assert!(outcome.stdout.contains(&line), "{outcome:?}");
}

#[test]
fn dead_sockets_do_not_pile_up() {
    let sandbox = warm();
    let mut shell = Shell::open(&sandbox);
    for margin in ["31s", "32s", "33s"] {
        shell.run(&["--keep", "2s", "--margin", margin]);
        let keeper = keeper(&sandbox);
        kill(keeper.pid, Signal::SIGKILL).expect("a keeper");
        wait_for(|| !keeper.lives());
        if margin == "33s" {
            // A `clear` that is killed leaves such a name.
            let ending = keeper.socket.with_extension("k.ending");
            fs::rename(&keeper.socket, ending).expect("a socket");
        }
    }
    sleep(Duration::from_millis(2100));
    assert_eq!(shell.run(&KEEP), session());
    assert_eq!(ends_of_names(&sandbox), ["authorised", "k"]);
}
