//! Clients in one terminal, on top of `--keep`: the first one costs a call of `op`, the others none.

use crate::machine::{Machine, program};
use crate::support::*;
use crate::{ROLE, USER, WARM};

/// Asks who the caller is.
const AWS_CLI: &str = "aws sts get-caller-identity --query Arn --output text";

/// The same of a role, by awsume in a shell of its own.
const AWSUME: &str = "(. awsume role && aws sts get-caller-identity --query Arn --output text)";

fn machine() -> Machine {
    let machine = Machine::new();
    machine.configure("--keep 5m");
    machine
}

/// Runs a script at a new terminal, and drops awsume's remark on how long the credentials live.
pub fn at_terminal(machine: &Machine, script: &str) -> Outcome {
    let bash = program("bash");
    let bash = bash.to_str().expect("a path");
    let outcome = machine.run(example("terminal"), &["--", bash, "-c", script]);
    let is_remark = |line: &&str| !line.contains("] Role credentials will expire ");
    let stderr = outcome.stderr.split_inclusive('\n').filter(is_remark);
    let stderr = stderr.collect();
    Outcome { stderr, ..outcome }
}

fn boto3(profile: &str) -> String {
    let script = fixture("clients/identity.py");
    format!("python3 {} {profile}", script.display())
}

/// Leaves out what is asked of AWS.
pub fn op_calls(machine: &Machine) -> Vec<String> {
    let mut costs = machine.costs();
    costs.retain(|cost| cost.starts_with("op "));
    costs
}

#[test]
#[ignore = "needs scripts/clients"]
fn many_calls_of_the_aws_cli_cost_one_of_op() {
    let machine = machine();
    machine.hand_out(3600);
    let script = format!("for call in 1 2 3 4 5; do {AWS_CLI}; done");
    let expected = printed(&format!("{USER}\n").repeat(5));
    assert_eq!(at_terminal(&machine, &script), expected);
    let costs = [&WARM[..], &["GetCallerIdentity"; 5]].concat();
    assert_eq!(machine.costs(), costs);
}

#[test]
#[ignore = "needs scripts/clients"]
fn processes_of_boto3_share_what_is_kept() {
    let machine = machine();
    machine.hand_out(3600);
    let script = format!("{}; {}", boto3("default"), boto3("role"));
    let expected = printed(&format!("{USER}\n{ROLE}\n"));
    assert_eq!(at_terminal(&machine, &script), expected);
    let call = "GetCallerIdentity";
    assert_eq!(machine.costs(), [WARM[0], call, "AssumeRole", call]);
}

#[test]
#[ignore = "needs scripts/clients"]
fn awsume_takes_what_is_kept() {
    let machine = machine();
    machine.hand_out(3600);
    let script = format!("{AWSUME}; rm -r ~/.awsume; {AWSUME}");
    let expected = printed(&format!("{ROLE}\n").repeat(2));
    assert_eq!(at_terminal(&machine, &script), expected);
    let call = ["AssumeRole", "GetCallerIdentity"];
    assert_eq!(machine.costs(), [&WARM[..], &call.repeat(2)].concat());
}

#[test]
#[ignore = "needs scripts/clients"]
fn the_aws_cli_and_boto3_share_what_one_of_them_has_got() {
    let machine = machine();
    machine.hand_out(3600);
    let script = format!("{AWS_CLI}; {}; {AWS_CLI}", boto3("default"));
    let expected = printed(&format!("{USER}\n").repeat(3));
    assert_eq!(at_terminal(&machine, &script), expected);
    assert_eq!(op_calls(&machine), WARM);
}

/// Who waits for the end of both would wait for the keeper, were they its own, too.
#[test]
#[ignore = "needs scripts/clients"]
fn a_client_that_reads_stdout_and_stderr_to_their_end_is_not_held() {
    let machine = machine();
    machine.hand_out(3600);
    let script = format!("said=$({AWS_CLI} 2>&1); echo \"$said\"; {AWS_CLI} 2>&1 | cat");
    let expected = printed(&format!("{USER}\n").repeat(2));
    assert_eq!(at_terminal(&machine, &script), expected);
    assert_eq!(op_calls(&machine), WARM);
}
