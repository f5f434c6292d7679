//! The set-ups that people switch from: each configuration with its one line changed, on the item that they have.
//!
//! A test is named after what it replaces: the program op-aws-credential-process, the script op-cred-helper, a line with
//! `op read`, 1Password's AWS plugin, a line with `aws login`.

mod aws_login;
mod duration;
mod no_session;
mod op_aws_credential_process;
mod profile;
mod wsl;

use std::process::{Command, Stdio};

use crate::support::setups::*;
use crate::support::terminal::*;
use crate::support::*;

/// How the log shows the reading of the item of op-aws-credential-process.
const GET_KEYS: &str = "op item get alice-aws --format json --vault Private";
const GET_SERIAL: &str = "aws configure get mfa_serial --profile base";

const PROMPT: &str = "One-time password for arn:aws:iam::123456789012:mfa/alice: ";

/// The call of STS with more options.
fn sts_with(options: &str) -> String {
    STS.replace("--output", &format!("{options} --output"))
}

/// Runs the `credential_process` of a profile at a terminal.
fn run_profile(sandbox: &Sandbox, config: &str, profile: &str, script: Script) -> Outcome {
    configure(sandbox, config);
    let args = arguments(config, profile);
    let args = args.iter().map(String::as_str);
    let program: Vec<&str> = [PROGRAM].into_iter().chain(args).collect();
    finish(&mut tool(sandbox, &[], script, &program))
}

/// Runs so many commands at once.
fn run_together(mut commands: Vec<Command>) -> Vec<Outcome> {
    let start = |command: &mut Command| {
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        piped.spawn().expect("a program that starts")
    };
    let runs: Vec<_> = commands.iter_mut().map(start).collect();
    let end = |run: std::process::Child| outcome(&run.wait_with_output().expect("a child"));
    runs.into_iter().map(end).collect()
}
