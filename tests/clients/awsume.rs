//! awsume, sourced in a shell as its alias does.

use crate::machine::{Machine, program};
use crate::support::*;
use crate::{COLD, IDENTITY, NOWHERE, ROLE, ROLE_IDENTITY, USER, WARM};

const WHO: &str = "aws sts get-caller-identity --query Arn --output text";

/// Runs a script in a shell, and drops awsume's remark on how long the credentials live.
fn shell(machine: &Machine, script: &str) -> Outcome {
    let outcome = machine.run(program("bash"), &["-c", script]);
    let is_remark = |line: &&str| !line.contains("] Role credentials will expire ");
    let stderr = outcome
        .stderr
        .split_inclusive('\n')
        .filter(is_remark)
        .collect();
    Outcome { stderr, ..outcome }
}

/// Switches to a profile and asks who the caller is.
pub fn ask(machine: &Machine, profile: &str) -> Outcome {
    shell(machine, &format!(". awsume {profile} && {WHO}"))
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
fn the_default_profile_is_the_user() {
    let machine = Machine::new();
    assert_eq!(ask(&machine, "default"), printed(&format!("{USER}\n")));
    machine.expect_costs(&[&COLD, &IDENTITY]);
}

#[test]
#[ignore = "needs scripts/clients"]
fn a_role_that_demands_mfa_asks_for_no_code() {
    let machine = Machine::new();
    assert_eq!(ask(&machine, "mfa-role"), printed(&format!("{ROLE}\n")));
    machine.expect_costs(&[&COLD, &ROLE_IDENTITY]);
}

#[test]
#[ignore = "needs scripts/clients"]
fn an_expired_session_is_replaced() {
    let machine = Machine::new();
    machine.hand_out(-1);
    assert_eq!(ask(&machine, "default"), printed(&format!("{USER}\n")));
    machine.expect_costs(&[&COLD, &IDENTITY]);
}

/// The shell holds the keys and the token of the role; a new session must be asked for without them.
#[test]
#[ignore = "needs scripts/clients"]
fn a_session_is_minted_in_a_shell_that_has_a_role_already() {
    let machine = Machine::new();
    machine.sandbox.write(
        "standin/emptied.json",
        &machine.sandbox.read("standin/vault.json"),
    );
    // A code works once: half a minute passes.
    let empty =
        "cp $STANDIN_DIR/emptied.json $STANDIN_DIR/vault.json && echo 30 >$STANDIN_DIR/clock";
    let script =
        format!(". awsume role && {empty} && . awsume role && {WHO} && . awsume default && {WHO}");
    assert_eq!(
        shell(&machine, &script),
        printed(&format!("{ROLE}\n{USER}\n"))
    );
    let (role, user) = (["AssumeRole"], ["GetCallerIdentity"]);
    let costs = [&COLD[..], &role, &COLD, &role, &user, &WARM, &user].concat();
    assert_eq!(machine.costs(), costs);
}

#[test]
#[ignore = "needs scripts/clients"]
fn unsetting_leaves_no_variable_behind() {
    let machine = Machine::new();
    let script = "env | grep ^AWS | sort >before; . awsume role && . awsume -u; env | grep ^AWS | sort | diff before -";
    assert_eq!(shell(&machine, script), printed(""));
}

#[test]
#[ignore = "needs scripts/clients"]
fn listing_and_completing_profiles_cost_nothing() {
    let machine = Machine::new();
    let listed = shell(&machine, ". awsume -l");
    assert!(listed.stdout.contains("mfa-role"), "{listed:?}");
    let completed = shell(&machine, "awsume-autocomplete");
    assert_eq!(completed, printed("default\nrole\nmfa-role\n"));
    assert_eq!(machine.costs(), [""; 0]);
}

#[test]
#[ignore = "needs scripts/clients"]
fn nothing_of_a_session_stays_on_disk() {
    let machine = Machine::new();
    shell(&machine, ". awsume role");
    let minted =
        machine.sandbox.read("standin/ledger.json")["sessions"][0]["secret_access_key"].clone();
    let search = format!("grep -r {minted} \"$HOME\" \"$TMPDIR\" .");
    let nothing_found = Outcome {
        status: Some(1),
        ..printed("")
    };
    assert_eq!(shell(&machine, &search), nothing_found);
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
        stderr: format!("Awsume error: credential_process error: {complaint}\n\n"),
    };
    assert_eq!(ask(&machine, "role"), expected);
    assert_eq!(machine.costs(), WARM);
}
