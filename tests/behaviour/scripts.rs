//! `scripts/`: what a script needs it looks for first, and when it is interrupted nothing is left.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::runs::wait_for;
use crate::support::terminal::*;
use crate::support::*;

fn script(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("scripts")
        .join(name);
    path.to_str().expect("a path").to_owned()
}

/// A machine with all that is needed, of which nothing does any work.
fn machine() -> Sandbox {
    let sandbox = Sandbox::new();
    let cargo = "echo \"$*\" >>$HOME/cargo; [ \"$1\" != --version ] || echo 'cargo 1.89.0 (abc 2025-01-01)'";
    sandbox.script("bin/cargo", cargo);
    sandbox.script("bin/cc", "exit 0");
    sandbox.script("bin/python3", "case $2 in *version_info*) echo 3 10;; esac");
    sandbox
}

/// Puts a command on such a machine.
fn enter(sandbox: &Sandbox, command: &mut Command) {
    let path = format!("{}:/usr/bin:/bin", sandbox.path("bin").display());
    command.env("PATH", path);
    command.env("CARGO_TARGET_DIR", sandbox.path("target"));
}

fn run(sandbox: &Sandbox, name: &str, change: impl FnOnce(&mut Command)) -> Outcome {
    let mut command = Command::new(script(name));
    sandbox.enter(&mut command);
    enter(sandbox, &mut command);
    change(&mut command);
    outcome(&command.output().expect("a script"))
}

#[test]
fn each_script_explains_itself() {
    for name in ["check", "clients", "demo", "picture"] {
        for option in ["--help", "-h"] {
            let outcome = run(&machine(), name, |script| _ = script.arg(option));
            assert_eq!(
                (outcome.status, outcome.stderr.as_str()),
                (Some(0), ""),
                "{name}"
            );
            assert!(
                outcome.stdout.contains(&format!("\nUsage: scripts/{name}")),
                "{outcome:?}"
            );
            assert!(!outcome.stdout.contains("set -euo"), "{outcome:?}");
        }
    }
}

#[test]
fn what_is_missing_is_named_in_one_line_before_anything_is_built() {
    let fetch = "case $1 in --version) echo 'cargo 1.89.0';; fetch) echo 'error: failed' >&2; echo '  cannot resolve host' >&2; exit 101;; esac";
    let missing = [
        ("cargo", "exit 127", "Rust 1.89 or later: https://rustup.rs"),
        (
            "cargo",
            "echo cargo 1.88.1",
            "Rust 1.89 or later: https://rustup.rs",
        ),
        (
            "cc",
            "exit 1",
            "a C compiler that links: 'cc' (Debian: gcc and libc6-dev; macOS: xcode-select --install)",
        ),
        (
            "cargo",
            fetch,
            "the network, to fetch what Cargo.lock pins: cannot resolve host",
        ),
        ("python3", "exit 127", "Python 3.10 or later as 'python3'"),
        (
            "python3",
            "case $2 in *version_info*) echo 3 9;; esac",
            "Python 3.10 or later as 'python3'",
        ),
        (
            "python3",
            "case $2 in *version_info*) echo 3 11;; *venv*) exit 1;; esac",
            "Python's venv (Debian: python3-venv)",
        ),
    ];
    for name in ["check", "demo"] {
        for (program, text, line) in missing {
            let sandbox = machine();
            sandbox.script(&format!("bin/{program}"), text);
            let outcome = run(&sandbox, name, |_| ());
            let expected = Outcome {
                status: Some(1),
                stderr: format!("{name}: needs {line}\n"),
                ..printed("")
            };
            assert_eq!(outcome, expected);
        }
    }
}

#[test]
fn what_would_lead_cargo_and_clients_astray_is_named_in_one_line() {
    for name in ["check", "demo"] {
        let set = run(&machine(), name, |script| {
            script.env("CARGO_BUILD_TARGET", "x86_64-unknown-linux-musl");
        });
        let line = "needs CARGO_BUILD_TARGET unset: it moves what cargo builds";
        assert_eq!(
            (set.status, set.stderr),
            (Some(1), format!("{name}: {line}\n"))
        );

        let sandbox = machine();
        let scripts = sandbox.path("a b/scripts");
        fs::create_dir_all(&scripts).expect("a folder");
        for file in [name, "begin"] {
            fs::copy(script(file), scripts.join(file)).expect("a copy");
        }
        let mut command = Command::new("/bin/bash");
        sandbox.enter(&mut command);
        enter(&sandbox, &mut command);
        let output = command.arg(scripts.join(name)).output();
        let outcome = outcome(&output.expect("a script"));
        let place = sandbox.path("a b");
        let place = place.display();
        let line =
            format!("{name}: needs a checkout in a path without spaces; this is '{place}'\n");
        assert_eq!((outcome.status, outcome.stderr), (Some(1), line));
    }
}

#[test]
fn check_looks_for_what_formats_and_lints() {
    for command in ["fmt", "clippy"] {
        let sandbox = machine();
        let cargo = format!("case $1 in --version) echo cargo 1.89.0;; {command}) exit 101;; esac");
        sandbox.script("bin/cargo", &cargo);
        let outcome = run(&sandbox, "check", |_| ());
        let line = "check: needs rustfmt and clippy (rustup component add rustfmt clippy)\n";
        assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(1), line));
    }
}

/// A Python that is good enough, and makes an environment whose pip is content.
fn python() -> String {
    let pip =
        "mkdir -p python/bin; printf '#!/bin/sh\\n' >python/bin/pip; chmod 755 python/bin/pip";
    format!("case $2 in *version_info*) echo 3 10;; venv) {pip};; esac")
}

#[test]
fn ctrl_c_ends_a_script_that_leaves_nothing() {
    for (name, fetch) in [
        ("check", ""),
        ("check", "fetch) exit;;"),
        ("demo", ""),
        ("demo", "fetch) exit;;"),
    ] {
        let sandbox = machine();
        // A test that goes on in a session that no Ctrl-C reaches, and a cargo that takes Ctrl-C for an end like others.
        let cargo = format!(
            "case $1 in --version) echo 'cargo 1.89.0'; exit;; {fetch} esac\n\
             case $2 in --version) exit;; esac\n\
             trap 'exit 0' INT; echo $TMPDIR >$HOME/folder\n\
             HOME=$TMPDIR/home setsid sleep 1000 >/dev/null 2>&1 & echo $! >$HOME/pid\n\
             echo ready >/dev/tty; while :; do sleep 0.1; done"
        );
        sandbox.script("bin/cargo", &cargo);
        sandbox.script("bin/node", "exit 1");
        sandbox.script("bin/python3", &python());
        let script = [script(name)];
        let program = [script[0].as_str()];
        let mut command = tool(&sandbox, &[], &[("ready", b"\x03")], &program);
        enter(&sandbox, &mut command);
        let outcome = finish(&mut command);
        assert_eq!(outcome.status, Some(130), "{outcome:?}");
        assert_eq!(outcome.stderr, format!("\n{name}: interrupted\n"));
        assert!(!outcome.stdout.contains("passed"), "{outcome:?}");
        let said = |file: &str| fs::read_to_string(sandbox.path(file)).expect(file);
        assert!(!Path::new(said("home/folder").trim()).exists());
        let process = format!("/proc/{}/cmdline", said("home/pid").trim());
        // It was killed, which takes a moment.
        wait_for(|| fs::read(&process).unwrap_or_default().is_empty());
    }
}

#[test]
fn ctrl_c_ends_the_installation_of_clients() {
    let sandbox = machine();
    let python = "trap 'exit 130' INT; case $2 in *version_info*) echo 3 10;; venv)\n\
                  echo $TMPDIR >$HOME/folder; mktemp -d\n\
                  echo ready >/dev/tty; while :; do sleep 0.1; done;; esac";
    sandbox.script("bin/python3", python);
    let script = [script("clients")];
    let mut command = tool(&sandbox, &[], &[("ready", b"\x03")], &[&script[0]]);
    enter(&sandbox, &mut command);
    let outcome = finish(&mut command);
    let status = (outcome.status, outcome.stderr.as_str());
    assert_eq!(status, (Some(130), ""), "{outcome:?}");
    let folder = fs::read_to_string(sandbox.path("home/folder")).expect("a folder");
    assert!(!Path::new(folder.trim()).exists());
    assert!(Path::new(folder.trim()).starts_with(sandbox.path("target")));
}

#[test]
fn ctrl_c_ends_a_command_of_the_demo() {
    let sandbox = machine();
    fs::create_dir_all(sandbox.path("target/debug/examples")).expect("a folder");
    fs::create_dir_all(sandbox.path("target/release")).expect("a folder");
    let sts = "echo http://sts >$STANDIN_DIR/sts-url; cat >/dev/null";
    sandbox.script("target/debug/examples/sts", sts);
    let place = sandbox.path("folder");
    let program = format!(
        "trap 'exit 130' INT; echo $TMPDIR >{}; echo ready >/dev/tty; while :; do sleep 0.1; done",
        place.display()
    );
    sandbox.script("target/release/get-1password-creds", &program);
    sandbox.script("bin/node", "exit 1");
    sandbox.script("bin/python3", &python());
    let script = [script("demo")];
    let mut command = tool(&sandbox, &[], &[("ready", b"\x03")], &[&script[0]]);
    enter(&sandbox, &mut command);
    let outcome = finish(&mut command);
    let status = (outcome.status, outcome.stderr.as_str());
    assert_eq!(status, (Some(130), "\ndemo: interrupted\n"), "{outcome:?}");
    let folder = fs::read_to_string(place).expect("a folder");
    assert!(!Path::new(folder.trim()).exists());
}
