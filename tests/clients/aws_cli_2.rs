//! Version 2 of the AWS CLI, where it is the `aws` on PATH; no package index has it.

use crate::aws_cli::ask;
use crate::machine::{Machine, program};
use crate::support::*;
use crate::{COLD, NOWHERE, ROLE, USER, WARM};

fn machine() -> Machine {
    let machine = Machine::with_aws(&program("aws"));
    let version = machine.run(machine.sandbox.path("bin/aws"), &["--version"]);
    assert!(version.stdout.starts_with("aws-cli/2."), "{version:?}");
    machine
}

#[test]
#[ignore = "needs version 2 of the AWS CLI"]
fn user_and_role_share_a_session() {
    let machine = machine();
    assert_eq!(ask(&machine, "default"), printed(&format!("{USER}\n")));
    assert_eq!(ask(&machine, "role"), printed(&format!("{ROLE}\n")));
    let (user, role) = (["GetCallerIdentity"], ["AssumeRole", "GetCallerIdentity"]);
    assert_eq!(machine.costs(), [&COLD[..], &user, &WARM, &role].concat());
}

#[test]
#[ignore = "needs version 2 of the AWS CLI"]
fn an_expired_session_is_replaced() {
    let machine = machine();
    machine.hand_out(-1);
    assert_eq!(ask(&machine, "default"), printed(&format!("{USER}\n")));
    assert_eq!(
        machine.costs(),
        [&COLD[..], &["GetCallerIdentity"]].concat()
    );
}

#[test]
#[ignore = "needs version 2 of the AWS CLI"]
fn a_failure_is_told_in_our_words() {
    let machine = machine();
    let complaint = machine.complaint();
    machine.configure(NOWHERE);
    let Outcome {
        status,
        stdout,
        stderr,
    } = ask(&machine, "default");
    assert!(stderr.contains(&complaint), "{stderr}");
    assert_ne!((status, stdout.as_str()), (Some(0), ""));
}
