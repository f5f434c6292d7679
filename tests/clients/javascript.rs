//! The AWS SDK for JavaScript, version 3, by its three ways to a `credential_process`.

use crate::machine::{Machine, clients, program};
use crate::support::*;
use crate::{COLD, IDENTITY, NOWHERE, ROLE, ROLE_IDENTITY, USER, WARM};

/// Asks, by the default chain, `fromIni` or `fromProcess`, who the caller of a profile is.
pub fn ask(machine: &Machine, way: &str, profile: &str) -> Outcome {
    let script = fixture("clients/identity.js");
    let args = [script.to_str().expect("a path"), way, profile];
    let mut node = machine.client(program("node"), &args);
    node.env("NODE_PATH", clients().join("javascript/node_modules"));
    // The SDK warns of versions of Node.js that it will leave behind.
    node.env("NODE_NO_WARNINGS", "1");
    outcome(&node.output().expect("Node.js"))
}

#[test]
#[ignore = "needs scripts/clients and Node.js"]
fn the_user_is_the_caller_by_each_way() {
    for way in ["chain", "fromIni", "fromProcess"] {
        let machine = Machine::new();
        assert_eq!(ask(&machine, way, "default"), printed(&format!("{USER}\n")));
        machine.expect_costs(&[&COLD, &IDENTITY]);
    }
}

#[test]
#[ignore = "needs scripts/clients and Node.js"]
fn a_role_is_assumed_with_the_session() {
    for way in ["chain", "fromIni"] {
        let machine = Machine::new();
        assert_eq!(ask(&machine, way, "role"), printed(&format!("{ROLE}\n")));
        machine.expect_costs(&[&COLD, &ROLE_IDENTITY]);
    }
}

#[test]
#[ignore = "needs scripts/clients and Node.js"]
fn an_expired_session_is_replaced() {
    let machine = Machine::new();
    machine.hand_out(-1);
    assert_eq!(
        ask(&machine, "chain", "default"),
        printed(&format!("{USER}\n"))
    );
    machine.expect_costs(&[&COLD, &IDENTITY]);
}

#[test]
#[ignore = "needs scripts/clients and Node.js"]
fn a_failure_is_told_in_our_words() {
    let machine = Machine::new();
    let complaint = machine.complaint();
    machine.configure(NOWHERE);
    let line = machine.sandbox.path("bin/get-1password-creds");
    let stderr = format!(
        "Command failed: {} {NOWHERE}\n{complaint}\n\n",
        line.display()
    );
    for way in ["fromIni", "fromProcess"] {
        let expected = Outcome {
            status: Some(1),
            stdout: String::new(),
            stderr: stderr.clone(),
        };
        assert_eq!(ask(&machine, way, "default"), expected);
    }
    machine.expect_costs(&[&WARM, &WARM]);
}

#[test]
#[ignore = "needs scripts/clients and Node.js"]
fn the_default_chain_tries_twice_and_keeps_the_reason_to_itself() {
    let machine = Machine::new();
    machine.configure(NOWHERE);
    let stderr = "Could not load credentials from any providers\n".to_owned();
    let expected = Outcome {
        status: Some(1),
        stdout: String::new(),
        stderr,
    };
    assert_eq!(ask(&machine, "chain", "default"), expected);
    machine.expect_costs(&[&WARM, &WARM]);
}
