//! The set-ups that people switch from, with their one line changed, under the AWS CLI.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use serde_json::json;

use crate::machine::{Machine, program};
use crate::support::setups::*;
use crate::support::terminal::*;
use crate::support::*;
use crate::{IDENTITY, ROLE, ROLE_IDENTITY, USER, WARM, aws_cli, awsume};

const PROMPT: &str = "One-time password for arn:aws:iam::123456789012:mfa/alice: ";

/// What a session costs where the code is typed; the real `aws` that the program calls writes no log.
const TYPED: [&str; 3] = ["op item get", "GetSessionToken", "op item edit"];

const WSL: &str = r"[profile example]
region = ap-northeast-1
mfa_serial = arn:aws:iam::123456789012:mfa/alice
credential_process = PROGRAM --op-vault Private --op-item alice-aws --op-cli-path WINDOWS/Program\ Files/1Password\ CLI/op.exe --profile example
";

/// In ~/.aws/credentials, and with quotes, as the original has it.
const HELPER: &str = r#"[alice]
region = us-east-1
credential_process = "PROGRAM" --no-session --vault "Private" --item "console-alice" --access-key-field "AWS.aws_access_key_id" --secret-key-field "AWS.aws_secret_access_key"
"#;

const READ: &str = "[default]
region = ap-northeast-1
output = json
credential_process = PROGRAM --no-session --vault Private --item AWS
";

const SIGN_IN: &str = "[default]
credential_process = PROGRAM aws-login --aws STANDIN --profile signin
region = ap-northeast-1

[profile signin]
region = ap-northeast-1
";

/// Writes `~/.aws/config`, with the stand-in for STS in each profile, and in a default one, which `aws` reads for the
/// program. There is no region but what the configuration says.
fn set_up(machine: &Machine, config: &str) {
    let default = if config.contains("[default]") {
        ""
    } else {
        "[default]\n"
    };
    let endpoint = format!("]\nendpoint_url = {}\n", machine.endpoint());
    let config = format!("{default}{config}").replace("]\n", &endpoint);
    configure(&machine.sandbox, &config);
}

/// Asks at a terminal who the caller of a profile is, and types the code if it is asked for.
fn ask_at_terminal(machine: &Machine, profile: &str, script: Script) -> Outcome {
    let aws = machine.sandbox.path("bin/aws").display().to_string();
    let question = "sts get-caller-identity --query Arn --output text --profile";
    let words = question.split(' ').chain([profile]);
    let call: Vec<&str> = [aws.as_str()].into_iter().chain(words).collect();
    let mut command = tool(&machine.sandbox, &[], script, &call);
    finish(as_client(machine, &mut command))
}

/// Gives a command what the machine gives its clients.
fn as_client<'a>(machine: &Machine, command: &'a mut Command) -> &'a mut Command {
    let client = machine.client(program("true"), &[]);
    let variables = client
        .get_envs()
        .filter_map(|(name, value)| Some((name, value?)));
    command.envs(variables)
}

#[test]
#[ignore = "needs scripts/clients"]
fn op_aws_credential_process_base_profile_and_cross_account_role() {
    let machine = Machine::new();
    key_item(&machine.sandbox);
    set_up(&machine, &format!("{BASE}{CROSS_ACCOUNT}"));
    let code = code(&machine.sandbox);
    let line = format!("{code}\n");
    let base = ask_at_terminal(&machine, "base", &[(PROMPT, line.as_bytes())]);
    assert_eq!(base, printed(&format!("{USER}\n")));
    assert_eq!(transcript(&machine.sandbox), format!("{PROMPT}{code}\r\n"));
    let cross_account = ask_at_terminal(&machine, "cross-account", &[]);
    assert_eq!(cross_account, printed(&format!("{ROLE}\n")));
    assert_eq!(transcript(&machine.sandbox), "");
    machine.expect_costs(&[&TYPED, &IDENTITY, &WARM, &ROLE_IDENTITY]);
}

#[test]
#[ignore = "needs scripts/clients"]
fn op_aws_credential_process_cross_account_role_first() {
    let machine = Machine::new();
    key_item(&machine.sandbox);
    set_up(&machine, &format!("{BASE}{CROSS_ACCOUNT}"));
    let line = format!("{}\n", code(&machine.sandbox));
    let outcome = ask_at_terminal(&machine, "cross-account", &[(PROMPT, line.as_bytes())]);
    assert_eq!(outcome, printed(&format!("{ROLE}\n")));
    machine.expect_costs(&[&TYPED, &ROLE_IDENTITY]);
}

#[test]
#[ignore = "needs scripts/clients"]
fn op_aws_credential_process_with_a_one_time_password_in_the_item() {
    let machine = Machine::new();
    key_item_with_one_time_password(&machine.sandbox);
    set_up(&machine, &format!("{BASE}{CROSS_ACCOUNT}"));
    let role = printed(&format!("{ROLE}\n"));
    assert_eq!(aws_cli::ask(&machine, "cross-account"), role);
    assert_eq!(awsume::ask(&machine, "cross-account"), role);
}

#[test]
#[ignore = "needs scripts/clients"]
fn op_aws_credential_process_on_wsl_with_a_space_in_the_path() {
    let machine = Machine::new();
    key_item(&machine.sandbox);
    let windows = machine.sandbox.path("c");
    let place = windows.join("Program Files/1Password CLI");
    fs::create_dir_all(&place).expect("a folder");
    symlink(example("op"), place.join("op.exe")).expect("a link");
    fs::remove_file(machine.sandbox.path("bin/op")).expect("the stand-in");
    machine.sandbox.moods(&json!({ "op": { "stdin": "wsl" } }));
    set_up(
        &machine,
        &WSL.replace("WINDOWS", &windows.display().to_string()),
    );
    let line = format!("{}\n", code(&machine.sandbox));
    let outcome = ask_at_terminal(&machine, "example", &[(PROMPT, line.as_bytes())]);
    assert_eq!(outcome, printed(&format!("{USER}\n")));
    machine.expect_costs(&[&TYPED, &IDENTITY]);
}

#[test]
#[ignore = "needs scripts/clients"]
fn op_cred_helper_static_keys_in_a_section() {
    let machine = Machine::new();
    login_item(&machine.sandbox);
    set_up(&machine, "[profile alice]\nregion = us-east-1\n");
    let helper = HELPER.replace("PROGRAM", PROGRAM);
    machine.sandbox.write_text("home/.aws/credentials", &helper);
    let outcome = aws_cli::ask(&machine, "alice");
    assert_eq!(outcome, printed(&format!("{USER}\n")));
    machine.expect_costs(&[&WARM, &IDENTITY]);
}

#[test]
#[ignore = "needs scripts/clients"]
fn op_read_line_static_keys() {
    let machine = Machine::new();
    plugin_item(&machine.sandbox);
    set_up(&machine, READ);
    let user = printed(&format!("{USER}\n"));
    assert_eq!(aws_cli::ask(&machine, "default"), user);
    assert_eq!(awsume::ask(&machine, "default"), user);
    let each = ["op item get", "GetCallerIdentity"];
    assert_eq!(machine.costs(), each.repeat(2));
}

/// The AWS CLI that signs in is the stand-in: no package index has version 2.
#[test]
#[ignore = "needs scripts/clients"]
fn aws_login_by_itself() {
    let machine = Machine::new();
    machine.sandbox.moods(&json!({ "aws": { "version": 2 } }));
    let standin = example("aws").display().to_string();
    set_up(&machine, &SIGN_IN.replace("STANDIN", &standin));
    let user = printed(&format!("{USER}\n"));
    let first = ask_at_terminal(&machine, "default", &[]);
    assert_eq!(first, user);
    let shown = transcript(&machine.sandbox);
    assert!(
        shown.starts_with("Attempting to open your default browser. "),
        "{shown}"
    );
    assert_eq!(aws_cli::ask(&machine, "default"), user);
    assert_eq!(awsume::ask(&machine, "default"), user);
    assert_eq!(machine.sandbox.events("browser").len(), 1);
    // They live for 15 minutes, which botocore takes for too little: it asks again before it uses them.
    let (export, who) = ("aws configure export-credentials", "GetCallerIdentity");
    let first = ["aws login --profile", export, export, who];
    let (warm, awsume) = ([export, export, who], [export, who]);
    machine.expect_costs(&[&first, &warm, &awsume]);
}
