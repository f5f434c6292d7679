//! Terraform with its state in S3.

use std::fs;

use crate::keep::{at_terminal, op_calls};
use crate::machine::{Machine, program};
use crate::support::*;
use crate::{COLD, NOWHERE, WARM};

/// Runs `terraform init`, with a profile for the backend, and, if that goes well, `terraform apply`.
pub fn ask(machine: &Machine, profile: &str) -> Outcome {
    let folder = machine.sandbox.path(&format!("cwd/{profile}"));
    fs::create_dir_all(&folder).expect("a folder");
    fs::copy(fixture("clients/terraform/main.tf"), folder.join("main.tf")).expect("a copy");
    let run = |args: &[&str]| {
        let mut terraform = machine.client(program("terraform"), args);
        terraform
            .args(["-input=false", "-no-color"])
            .current_dir(&folder);
        terraform.env("CHECKPOINT_DISABLE", "1");
        // Its client for AssumeRole passes over `endpoint_url` and AWS_ENDPOINT_URL.
        terraform.env("AWS_ENDPOINT_URL_STS", machine.endpoint());
        outcome(&terraform.output().expect("Terraform"))
    };
    let init = run(&["init", &format!("-backend-config=profile={profile}")]);
    if init.status == Some(0) {
        run(&["apply", "-auto-approve"])
    } else {
        init
    }
}

/// Leaves out what Terraform asks of S3, and how often it asks who it is.
fn costs(machine: &Machine) -> Vec<String> {
    let mut costs = machine.costs();
    costs.retain(|cost| !cost.starts_with("s3 ") && cost != "GetCallerIdentity");
    costs
}

fn assert_applied(machine: &Machine, applied: &Outcome) {
    assert_eq!((applied.status, applied.stderr.as_str()), (Some(0), ""));
    let stored = "s3 PUT /states/terraform.tfstate".to_owned();
    assert!(machine.costs().contains(&stored), "{:?}", machine.costs());
}

#[test]
#[ignore = "needs scripts/clients and Terraform"]
fn a_state_is_stored_with_the_session() {
    let machine = Machine::new();
    assert_applied(&machine, &ask(&machine, "default"));
    assert_eq!(costs(&machine), [&COLD[..], &WARM].concat());
}

#[test]
#[ignore = "needs scripts/clients and Terraform"]
fn a_state_is_stored_with_a_role() {
    let machine = Machine::new();
    assert_applied(&machine, &ask(&machine, "role"));
    let role = ["AssumeRole"];
    assert_eq!(costs(&machine), [&COLD[..], &role, &WARM, &role].concat());
}

#[test]
#[ignore = "needs scripts/clients and Terraform"]
fn an_expired_session_is_replaced() {
    let machine = Machine::new();
    machine.hand_out(-1);
    assert_applied(&machine, &ask(&machine, "default"));
    assert_eq!(costs(&machine), [&COLD[..], &WARM].concat());
}

#[test]
#[ignore = "needs scripts/clients and Terraform"]
fn a_failure_is_told_in_our_words() {
    let machine = Machine::new();
    let complaint = machine.complaint();
    machine.configure(NOWHERE);
    let outcome = ask(&machine, "default");
    assert_eq!(outcome.status, Some(1));
    let first = outcome.stderr.lines().next();
    assert_eq!(first, Some(complaint.as_str()), "{}", outcome.stderr);
    assert_eq!(costs(&machine), WARM);
}

/// Each remote state is read with credentials of its own, as by a provider with an alias. One after the other: of many
/// connections that begin at once, the server of the stand-in leaves one waiting for the end of another at times.
#[test]
#[ignore = "needs scripts/clients and Terraform"]
fn twenty_backends_cost_one_call_of_op_with_keep() {
    let machine = Machine::new();
    machine.hand_out(3600);
    assert_eq!(ask(&machine, "default").status, Some(0));
    machine.configure("--keep 5m");
    machine.sandbox.forget_calls();
    let folder = machine.sandbox.path("cwd/states");
    fs::create_dir_all(&folder).expect("a folder");
    let states = fixture("clients/terraform/states.tf");
    fs::copy(states, folder.join("states.tf")).expect("a copy");
    let terraform = program("terraform");
    let script = format!(
        "cd states && export CHECKPOINT_DISABLE=1 && terraform() {{ '{}' \"$@\" -no-color; }} && \
         terraform init >init && terraform apply -input=false -auto-approve -parallelism=1 >apply && terraform output -json greetings",
        terraform.display()
    );
    let expected = printed(&format!("[{}]\n", ["\"hello\""; 20].join(",")));
    assert_eq!(at_terminal(&machine, &script), expected);
    assert_eq!(op_calls(&machine), WARM);
}
