//! boto3, and with it everything that is made with botocore.

use crate::machine::{Machine, clients};
use crate::support::*;
use crate::{COLD, IDENTITY, NOWHERE, ROLE, ROLE_IDENTITY, USER, WARM};

/// Asks so many times, with one client, who the caller of a profile is.
pub fn ask(machine: &Machine, profile: &str, times: usize) -> Outcome {
    let script = fixture("clients/identity.py");
    let (script, times) = (script.to_str().expect("a path"), times.to_string());
    machine.run(
        clients().join("python/bin/python3"),
        &[script, profile, &times],
    )
}

#[test]
#[ignore = "needs scripts/clients"]
fn the_user_is_the_caller() {
    let machine = Machine::new();
    assert_eq!(ask(&machine, "default", 1), printed(&format!("{USER}\n")));
    machine.expect_costs(&[&COLD, &IDENTITY]);
}

#[test]
#[ignore = "needs scripts/clients"]
fn a_role_is_assumed_with_the_session() {
    let machine = Machine::new();
    assert_eq!(ask(&machine, "role", 1), printed(&format!("{ROLE}\n")));
    machine.expect_costs(&[&COLD, &ROLE_IDENTITY]);
}

#[test]
#[ignore = "needs scripts/clients"]
fn an_expired_session_is_replaced() {
    let machine = Machine::new();
    machine.hand_out(-1);
    assert_eq!(ask(&machine, "default", 1), printed(&format!("{USER}\n")));
    machine.expect_costs(&[&COLD, &IDENTITY]);
}

#[test]
#[ignore = "needs scripts/clients"]
fn a_failure_is_told_in_our_words() {
    let machine = Machine::new();
    let complaint = machine.complaint();
    machine.configure(NOWHERE);
    let expected = Outcome {
        status: Some(1),
        stdout: String::new(),
        stderr: format!("Error when retrieving credentials from custom-process: {complaint}\n\n"),
    };
    assert_eq!(ask(&machine, "default", 1), expected);
    assert_eq!(machine.costs(), WARM);
}

#[test]
#[ignore = "needs scripts/clients"]
fn a_long_lived_session_is_fetched_once_for_five_calls() {
    let machine = Machine::new();
    machine.hand_out(960);
    assert_eq!(
        ask(&machine, "default", 5),
        printed(&format!("{USER}\n").repeat(5))
    );
    machine.expect_costs(&[&WARM, &["GetCallerIdentity"; 5]]);
}

/// botocore wants new credentials a quarter of an hour before the old ones end, and asks again at every call.
#[test]
#[ignore = "needs scripts/clients"]
fn in_a_sessions_last_quarter_of_an_hour_every_call_runs_the_program() {
    let machine = Machine::new();
    machine.hand_out(840);
    assert_eq!(
        ask(&machine, "default", 5),
        printed(&format!("{USER}\n").repeat(5))
    );
    let call = ["op item get", "GetCallerIdentity"];
    machine.expect_costs(&[&WARM, &call.repeat(5)]);
}

#[test]
#[ignore = "needs scripts/clients"]
fn a_margin_of_more_than_a_quarter_of_an_hour_spares_those_runs() {
    let machine = Machine::new();
    machine.configure("--margin 16m");
    machine.hand_out(840);
    assert_eq!(
        ask(&machine, "default", 5),
        printed(&format!("{USER}\n").repeat(5))
    );
    machine.expect_costs(&[&COLD, &["GetCallerIdentity"; 5]]);
}
