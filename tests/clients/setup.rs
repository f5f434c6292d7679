//! `setup` and `doctor` with the real AWS CLI: what it makes of the line that was added, what `--debug` says of STS.

use std::fs;

use serde_json::json;

use crate::aws_cli::ask;
use crate::machine::Machine;
use crate::support::*;
use crate::{COLD, USER, WARM};

/// A config with comments, odd spaces and other profiles, and no line of ours.
fn config(machine: &Machine) -> String {
    let common = format!(
        "region = eu-central-1\nendpoint_url = {}",
        machine.endpoint()
    );
    format!(
        "# mine\n\n[profile other]  \nregion=us-east-1\n; credential_process = /old\ns3 =\n    max_concurrent_requests = 20\n\n\
         [default]\n{common}\n# the end of it\n\n[profile last]\n{common}\n"
    )
}

/// The lines of the config without ours, and the number of ours.
fn others(machine: &Machine) -> (String, usize) {
    let text = fs::read_to_string(machine.sandbox.path("home/.aws/config")).expect("a config");
    let (ours, others): (Vec<&str>, Vec<&str>) = text
        .split_inclusive('\n')
        .partition(|line| line.starts_with("credential_process"));
    (others.concat(), ours.len())
}

#[test]
#[ignore = "needs scripts/clients"]
fn setup_adds_one_line_and_a_client_then_works() {
    for profile in ["default", "last"] {
        let machine = Machine::new();
        let program = machine.sandbox.path("bin/get-1password-creds");
        let before = config(&machine);
        machine.sandbox.write_text("home/.aws/config", &before);
        let args = ["setup", "--write", "--profile", profile];
        let outcome = machine.run(&program, &args);
        assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(0), ""));
        assert_eq!(others(&machine), (before, 1));

        machine.sandbox.forget_calls();
        assert_eq!(ask(&machine, profile), printed(&format!("{USER}\n")));
        assert_eq!(
            machine.costs(),
            [&COLD[..], &["GetCallerIdentity"]].concat()
        );

        let written = fs::read(machine.sandbox.path("home/.aws/config")).expect("a config");
        let outcome = machine.run(&program, &args);
        assert!(
            outcome.stdout.contains("\nNothing to change: "),
            "{}",
            outcome.stdout
        );
        let after = fs::read(machine.sandbox.path("home/.aws/config")).expect("a config");
        assert_eq!(after, written);
    }
}

#[test]
#[ignore = "needs scripts/clients"]
fn setup_makes_a_profile() {
    let machine = Machine::new();
    let before = config(&machine);
    machine.sandbox.write_text("home/.aws/config", &before);
    let program = machine.sandbox.path("bin/get-1password-creds");
    let outcome = machine.run(&program, &["setup", "--write", "--profile", "new"]);
    assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(0), ""));
    let line = format!(
        "[profile new]\ncredential_process = {} --profile new\n",
        program.display()
    );
    let after = fs::read_to_string(machine.sandbox.path("home/.aws/config")).expect("a config");
    assert_eq!(after, before + &line);
}

#[test]
#[ignore = "needs scripts/clients"]
fn doctor_reads_the_clock_of_sts() {
    let machine = Machine::new();
    let program = machine.sandbox.path("bin/get-1password-creds");
    let config = fs::read_to_string(machine.sandbox.path("home/.aws/config")).expect("a config");
    let config = config.replace("\nmfa_serial = arn:aws:iam::123456789012:mfa/alice", "");
    machine.sandbox.write_text("home/.aws/config", &config);
    let outcome = machine.run(&program, &["doctor"]);
    assert!(
        outcome
            .stdout
            .contains("\nok       clock: agrees with STS\n"),
        "{}",
        outcome.stdout
    );
    assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(0), ""));
    assert!(!outcome.stdout.contains("DEBUG"), "{}", outcome.stdout);
    let costs = [
        "op item get",
        "GetCallerIdentity: MissingAuthenticationToken",
    ];
    let asked = machine.costs();
    assert!(
        costs.iter().all(|cost| asked.iter().any(|own| own == cost)),
        "{asked:?}"
    );

    machine
        .sandbox
        .moods(&json!({ "sts": { "date_offset": 600 } }));
    let outcome = machine.run(&program, &["doctor"]);
    let failed: Vec<&str> = outcome
        .stdout
        .lines()
        .filter(|line| line.starts_with("failed"))
        .collect();
    assert_eq!(failed.len(), 1, "{}", outcome.stdout);
    assert!(failed[0].contains("behind STS's"), "{}", failed[0]);
    assert_eq!(outcome.status, Some(1));
}

#[test]
#[ignore = "needs scripts/clients"]
fn setup_makes_an_item_for_the_session_and_a_client_then_works() {
    let machine = Machine::new();
    machine
        .sandbox
        .write_text("home/.aws/config", &config(&machine));
    let program = machine.sandbox.path("bin/get-1password-creds");
    let args = ["setup", "--write", "--cache-item", "AWS Session"];
    let outcome = machine.run(&program, &args);
    assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(0), ""));
    let key_item = machine.sandbox.item();

    machine.sandbox.forget_calls();
    assert_eq!(ask(&machine, "default"), printed(&format!("{USER}\n")));
    let cold = [
        "op item get",
        "op --version",
        "op item get",
        "op item get --otp",
        "GetSessionToken",
        "op item get",
        "op item edit",
        "GetCallerIdentity",
    ];
    assert_eq!(machine.costs(), cold);
    machine.sandbox.forget_calls();
    assert_eq!(ask(&machine, "default"), printed(&format!("{USER}\n")));
    assert_eq!(
        machine.costs(),
        [&WARM[..], &["GetCallerIdentity"]].concat()
    );
    assert_eq!(machine.sandbox.item(), key_item);
}

#[test]
#[ignore = "needs scripts/clients"]
fn doctor_shows_a_session_to_sts() {
    let machine = Machine::new();
    let program = machine.sandbox.path("bin/get-1password-creds");
    let outcome = machine.run(&program, &["doctor", "--live"]);
    let line = format!(
        "ok       live: STS takes a session, for a one-time password that can't be used again, for {USER}\n"
    );
    assert!(outcome.stdout.contains(&line), "{}", outcome.stdout);
    let costs = machine.costs();
    let [.., session, caller] = costs.as_slice() else {
        panic!("two requests: {costs:?}")
    };
    assert_eq!([session, caller], ["GetSessionToken", "GetCallerIdentity"]);
}
