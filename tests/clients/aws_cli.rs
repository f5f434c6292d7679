//! The AWS CLI.

use crate::machine::{Machine, clients};
use crate::support::*;
use crate::{COLD, IDENTITY, NOWHERE, ROLE, ROLE_IDENTITY, USER, WARM};

/// Asks who the caller of a profile is.
pub fn ask(machine: &Machine, profile: &str) -> Outcome {
    let question = [
        "sts",
        "get-caller-identity",
        "--query",
        "Arn",
        "--output",
        "text",
    ];
    let profile = ["--profile", profile];
    let profile = if profile[1] == "default" {
        &[]
    } else {
        &profile[..]
    };
    machine.run(
        machine.sandbox.path("bin/aws"),
        &[&question[..], profile].concat(),
    )
}

#[test]
#[ignore = "needs scripts/clients"]
fn the_user_is_the_caller() {
    let machine = Machine::new();
    assert_eq!(ask(&machine, "default"), printed(&format!("{USER}\n")));
    machine.expect_costs(&[&COLD, &IDENTITY]);
}

#[test]
#[ignore = "needs scripts/clients"]
fn a_role_is_assumed_with_the_session() {
    let machine = Machine::new();
    assert_eq!(ask(&machine, "role"), printed(&format!("{ROLE}\n")));
    machine.expect_costs(&[&COLD, &ROLE_IDENTITY]);
}

#[test]
#[ignore = "needs scripts/clients"]
fn a_role_in_the_clis_own_cache_costs_one_call() {
    let machine = Machine::new();
    ask(&machine, "role");
    machine.sandbox.forget_calls();
    assert_eq!(ask(&machine, "role"), printed(&format!("{ROLE}\n")));
    machine.expect_costs(&[&WARM, &IDENTITY]);
}

#[test]
#[ignore = "needs scripts/clients"]
fn an_expired_session_is_replaced() {
    let machine = Machine::new();
    machine.hand_out(-1);
    assert_eq!(ask(&machine, "default"), printed(&format!("{USER}\n")));
    machine.expect_costs(&[&COLD, &IDENTITY]);
}

#[test]
#[ignore = "needs scripts/clients"]
fn a_failure_is_told_in_our_words() {
    let machine = Machine::new();
    let complaint = machine.complaint();
    machine.configure(NOWHERE);
    for profile in ["default", "role"] {
        let outcome = ask(&machine, profile);
        assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(255), ""));
        let said = outcome.stderr.trim();
        // So begin the errors of version 2, since 2.34.
        let said = said.strip_prefix("aws: [ERROR]: ").unwrap_or(said);
        let expected =
            format!("Error when retrieving credentials from custom-process: {complaint}");
        assert_eq!(said, expected);
    }
    machine.expect_costs(&[&WARM, &WARM]);
}

/// Does what each version of the CLI does with its database, on the one that the program gives it.
fn insert_a_record(machine: &Machine) -> String {
    let script = "import sqlite3, sys, glob
[path] = glob.glob(sys.argv[1] + '/*/history.db')
connection = sqlite3.connect(path, isolation_level=None)
connection.execute('CREATE TABLE IF NOT EXISTS records (id TEXT, payload TEXT)')
for statement in ['PRAGMA journal_mode=WAL', 'INSERT INTO records VALUES (1, 2)']:
    try:
        connection.execute(statement)
    except sqlite3.OperationalError as error:
        print(error)
print(glob.glob(path + '*') == [path])
";
    let python = clients().join("python/bin/python");
    let run = machine.sandbox.path("run").display().to_string();
    machine.run(python, &["-c", script, &run]).stdout
}

#[test]
#[ignore = "needs scripts/clients"]
fn the_history_of_the_cli_stays_off_for_the_program() {
    let machine = Machine::new();
    let path = "home/.aws/config";
    let config = std::fs::read_to_string(machine.sandbox.path(path)).expect("a config");
    let config = config.replacen("[default]\n", "[default]\ncli_history = enabled\n", 1);
    machine.sandbox.write_text(path, &config);
    let null = || std::fs::metadata("/dev/null").map(|meta| meta.permissions());
    let before = null().expect("/dev/null");
    assert_eq!(
        machine.sandbox.run(&[]),
        printed(&machine.sandbox.minted(1))
    );
    assert!(!machine.sandbox.path("home/.aws/cli/history").exists());
    assert_eq!(
        insert_a_record(&machine),
        "attempt to write a readonly database\ncannot modify records because it is a view\nTrue\n"
    );
    assert_eq!(null().expect("/dev/null"), before);
    // Called by the user, the CLI keeps its history as the user wants.
    ask(&machine, "default");
    assert!(
        machine
            .sandbox
            .path("home/.aws/cli/history/history.db")
            .exists()
    );
}
