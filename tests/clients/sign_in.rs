//! `aws-login` with a real version 2 of the AWS CLI, which signs in to the stand-in for AWS Sign-In.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::USER;
use crate::aws_cli::ask;
use crate::machine::{Machine, clients};
use crate::support::runs::{ends, spawn};
use crate::support::*;

const EXPORT: &str = "CreateOAuth2Token refresh_token";
const SIGN_IN: &str = "CreateOAuth2Token authorization_code";
const WHO: &str = "GetCallerIdentity";

/// How often runs refresh side by side.
const ROUNDS: usize = 3;

/// A machine with a profile to sign in to, and a browser that asks nobody.
fn machine() -> Machine {
    let machine = Machine::new();
    let program = machine.sandbox.path("bin/get-1password-creds");
    let common = format!(
        "region = eu-central-1\nendpoint_url = {}\n",
        machine.endpoint()
    );
    let line = format!(
        "credential_process = {} aws-login --profile signin\n",
        program.display()
    );
    let config = format!("[default]\n{common}{line}\n[profile signin]\n{common}");
    machine.sandbox.write_text("home/.aws/config", &config);
    let python = clients().join("python/bin/python");
    let get = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1])";
    machine.sandbox.script(
        "browser",
        &format!("exec {} -c '{get}' \"$1\"", python.display()),
    );
    machine
}

/// Runs the program as the AWS CLI would, at no terminal.
fn run(machine: &Machine) -> Outcome {
    outcome(&command(machine).output().expect("a run"))
}

/// Signs in where the credentials are valid for a minute only; returns the outcome, too.
fn with_short_sign_in() -> (Machine, Outcome) {
    let machine = machine();
    machine
        .sandbox
        .moods(&json!({ "sts": { "sign_in_life": 60 } }));
    let first = run(&machine);
    machine.sandbox.forget_calls();
    (machine, first)
}

fn command(machine: &Machine) -> Command {
    command_in(machine, true)
}

/// The program, in a terminal session of its own or in that of the tests.
fn command_in(machine: &Machine, is_own: bool) -> Command {
    let args = [
        PROGRAM,
        "aws-login",
        "--profile",
        "signin",
        "--timeout",
        "10m",
    ];
    let mut command = if is_own {
        machine.client(example("session"), &args)
    } else {
        machine.client(PROGRAM, &args[1..])
    };
    let browser = format!("{} %s &", machine.sandbox.path("browser").display());
    command.env("BROWSER", browser);
    command
}

/// Runs the program, and expects the session of this number. Its expiration is left out: the AWS CLI computes it itself.
fn expect_minted(machine: &Machine, number: usize) {
    let outcome = run(machine);
    let expected = printed(&machine.sandbox.minted(number));
    let rest = |outcome: &Outcome| {
        let lines = outcome.stdout.lines();
        let lines = lines.filter(|line| !line.contains("\"Expiration\": "));
        lines.collect::<Vec<_>>().join("\n")
    };
    assert_eq!(rest(&outcome), rest(&expected));
    assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(0), ""));
}

/// Lets credentials live for a minute only, so that each export fetches new ones, and lets that fail.
fn fail(machine: &Machine, code: &str, status: u16, message: &str) {
    let fail = json!({ "action": EXPORT, "code": code, "status": status, "message": message });
    machine
        .sandbox
        .moods(&json!({ "sts": { "sign_in_life": 60, "fail": [fail] } }));
}

#[test]
#[ignore = "needs version 2 of the AWS CLI"]
fn the_browser_opens_once_and_a_client_then_works() {
    let machine = machine();
    expect_minted(&machine, 1);
    expect_minted(&machine, 1);
    assert_eq!(ask(&machine, "default"), printed(&format!("{USER}\n")));
    assert_eq!(machine.sandbox.events("browser").len(), 1);
    assert_eq!(machine.costs(), [SIGN_IN, WHO]);
}

#[test]
#[ignore = "needs version 2 of the AWS CLI"]
fn credentials_that_end_are_fetched_without_a_browser() {
    let (machine, _) = with_short_sign_in();
    let count = machine.sandbox.count_minted();
    expect_minted(&machine, count + 1);
    assert_eq!(machine.costs(), [EXPORT]);
}

/// Lets the credentials of the sign-in come to their end.
fn let_end(machine: &Machine) {
    let path = cache_file(machine);
    let text = std::fs::read_to_string(&path).expect("a cache file");
    let mut cache: Value = serde_json::from_str(&text).expect("JSON");
    cache["accessToken"]["expiresAt"] = json!("2001-01-01T00:00:00Z");
    std::fs::write(path, cache.to_string()).expect("a file that can be written");
}

/// Finds where the AWS CLI keeps the one sign-in.
fn cache_file(machine: &Machine) -> PathBuf {
    let cache = machine.sandbox.path("home/.aws/login/cache");
    let mut files = std::fs::read_dir(cache).expect("a cache");
    files.next().expect("a file").expect("a file").path()
}

/// In terminal sessions of their own, each refreshes and rewrites the cache file in place, where the others read it.
#[test]
#[ignore = "needs version 2 of the AWS CLI"]
fn eight_runs_that_refresh_at_once_all_get_credentials() {
    for used in ["accepted", "refused"] {
        let machine = machine();
        let mood = json!({ "used_refresh_token": used });
        machine.sandbox.moods(&json!({ "sts": mood }));
        run(&machine);
        for in_own_session in [true, false] {
            for _ in 0..ROUNDS {
                let_end(&machine);
                let start = |_| spawn(&mut command_in(&machine, in_own_session));
                for outcome in ends((0..8).map(start).collect()) {
                    assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(0), ""));
                }
            }
        }
        assert_eq!(machine.sandbox.events("browser").len(), 1);
    }
}

#[test]
#[ignore = "needs version 2 of the AWS CLI"]
fn a_sign_in_that_no_longer_holds_opens_the_browser() {
    let grant = "The provided authorization grant is invalid, expired, revoked, or malformed";
    for (code, status, message) in [
        ("AccessDeniedException", 403, "TOKEN_EXPIRED"),
        ("AccessDeniedException", 403, "USER_CREDENTIALS_CHANGED"),
        ("ValidationException", 400, grant),
    ] {
        let (machine, first) = with_short_sign_in();
        assert_eq!((first.status, first.stderr.as_str()), (Some(0), ""));
        fail(&machine, code, status, message);
        let outcome = run(&machine);
        let costs = machine.costs();
        assert_eq!(
            machine.sandbox.events("browser").len(),
            1,
            "{costs:?}, {outcome:?}"
        );
    }
}

#[test]
#[ignore = "needs version 2 of the AWS CLI"]
fn trouble_of_the_service_opens_no_browser() {
    for (code, status, message) in [
        ("InternalServerException", 500, "Internal Server Error"),
        ("AccessDeniedException", 403, "INSUFFICIENT_PERMISSIONS"),
    ] {
        let (machine, _) = with_short_sign_in();
        fail(&machine, code, status, message);
        let outcome = run(&machine);
        let line = "get-1password-creds: cannot export the credentials of profile 'signin': `aws configure export-credentials` said: ";
        assert!(outcome.stderr.starts_with(line), "{outcome:?}");
        assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(1), ""));
        assert_eq!(machine.sandbox.events("browser").len(), 0);
    }
}

#[test]
#[ignore = "needs version 2 of the AWS CLI"]
fn a_cache_file_that_is_torn_opens_the_browser() {
    let machine = machine();
    run(&machine);
    std::fs::write(cache_file(&machine), "").expect("a file that can be written");
    machine.sandbox.forget_calls();
    expect_minted(&machine, 2);
    assert_eq!(machine.costs(), [SIGN_IN]);
}
