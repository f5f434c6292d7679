//! `--profile`: the MFA serial and the region of the AWS config, and what is said where they are missing.

use serde_json::json;

use crate::support::setups::*;
use crate::support::terminal::*;
use crate::support::*;
use crate::{GET_KEYS, GET_REGION, GET_SERIAL, sts_with};

const ITEM: [&str; 4] = ["--vault", "Private", "--item", "alice-aws"];
const BASE: &str =
    "[profile base]\nregion = ap-northeast-1\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n";
const NO_SERIAL: &str = "cannot find an MFA serial: neither field 'mfa serial' of 1Password item 'alice-aws' nor mfa_serial of \
                         profile 'base' in the AWS config is set; set one, or pass --mfa-serial";

fn sandbox(config: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    key_item_with_one_time_password(&sandbox);
    configure(&sandbox, config);
    sandbox
}

fn args<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&ITEM[..], more].concat()
}

/// Runs with an item that has no serial, and expects the line and the calls.
fn expect_line(config: &str, profile: &str, line: &str, calls: &[&str]) {
    let sandbox = sandbox(config);
    assert_eq!(sandbox.run(&args(&["--profile", profile])), failed(line));
    assert_eq!(sandbox.calls(), calls);
}

#[test]
fn the_serial_of_the_default_profile_is_looked_up_unasked_and_its_region_is_not() {
    let config = BASE.replace("profile base", "default");
    let sandbox = sandbox(&config);
    let outcome = sandbox.run(&args(&[]));
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    let serial = "aws configure get mfa_serial";
    assert_eq!(sandbox.calls(), [GET_KEYS, serial, OTP, STS, EDIT]);
}

#[test]
fn the_default_profile_can_be_named() {
    let config = BASE.replace("profile base", "default");
    let sandbox = sandbox(&config);
    let outcome = sandbox.run(&args(&["--profile", "default"]));
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    let serial = "aws configure get mfa_serial --profile default";
    assert_eq!(sandbox.calls(), [GET_KEYS, serial, OTP, STS, EDIT]);
}

#[test]
fn a_region_in_the_environment_is_stronger_than_the_profiles() {
    for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
        let sandbox = sandbox(BASE);
        let mut command = sandbox.command(&args(&["--profile", "base"]));
        let output = command.env(name, "eu-central-1").output();
        let outcome = outcome(&output.expect("a program that starts"));
        assert_eq!(outcome, printed(&sandbox.minted(1)));
        assert_eq!(sandbox.calls(), [GET_KEYS, GET_SERIAL, OTP, STS, EDIT]);
    }
}

#[test]
fn a_profile_without_a_region_is_left_to_aws() {
    let serial = "[profile base]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n";
    // With it, the real one says on stderr that it can't record.
    let history = format!("{serial}cli_history = enabled\n");
    for config in [serial, &history] {
        let sandbox = sandbox(config);
        let outcome = sandbox.run(&args(&["--profile", "base"]));
        assert_eq!(outcome, printed(&sandbox.minted(1)));
        let calls = [GET_KEYS, GET_SERIAL, GET_REGION, OTP, STS, EDIT];
        assert_eq!(sandbox.calls(), calls);
    }
}

#[test]
fn the_items_serial_goes_before_the_configs_and_the_flags_before_both() {
    let config = BASE.replace("mfa/alice", "mfa/nobody");
    let serial = "arn:aws:iam::123456789012:mfa/alice";
    let (in_item, sandbox_with_flag) = (sandbox(&config), sandbox(&config));
    in_item.change_item(|item| {
        let field =
            json!({ "id": "serial", "label": "mfa serial", "type": "STRING", "value": serial });
        item["fields"].as_array_mut().expect("fields").push(field);
    });
    let flag = ["--profile", "base", "--mfa-serial", serial];
    for (sandbox, more) in [(in_item, &flag[..2]), (sandbox_with_flag, &flag)] {
        let outcome = sandbox.run(&args(more));
        assert_eq!(outcome, printed(&sandbox.minted(1)));
        let sts = sts_with("--region ap-northeast-1");
        assert_eq!(sandbox.calls(), [GET_KEYS, GET_REGION, OTP, &sts, EDIT]);
    }
}

#[test]
fn the_callers_profile_is_not_taken_for_ours() {
    let sandbox = sandbox(&format!("{BASE}[profile other]\n"));
    let mut command = sandbox.command(&args(&["--profile", "base"]));
    command
        .env("AWS_PROFILE", "other")
        .env("AWS_DEFAULT_PROFILE", "other");
    let outcome = outcome(&command.output().expect("a program that starts"));
    assert_eq!(outcome, printed(&sandbox.minted(1)));
}

#[test]
fn a_profile_that_is_not_there_is_said() {
    let line = "cannot read 'mfa_serial' of profile 'base' in the AWS config: The config profile (base) could not be \
                found; name a profile that is in ~/.aws/config";
    expect_line("", "base", line, &[GET_KEYS, GET_SERIAL]);
}

#[test]
fn a_profile_that_is_not_there_is_said_where_only_its_region_is_wanted() {
    let sandbox = Sandbox::new();
    let line = "cannot read 'region' of profile 'base' in the AWS config: The config profile (base) could not be found; \
                name a profile that is in ~/.aws/config";
    assert_eq!(sandbox.run(&["--profile", "base"]), failed(line));
    assert_eq!(sandbox.calls(), [GET, GET_REGION]);
}

#[test]
fn a_serial_that_is_found_nowhere_is_said() {
    let config = "[profile base]\nregion = ap-northeast-1\n";
    expect_line(config, "base", NO_SERIAL, &[GET_KEYS, GET_SERIAL]);
    let history = format!("{config}cli_history = enabled\n");
    expect_line(&history, "base", NO_SERIAL, &[GET_KEYS, GET_SERIAL]);
    let empty = format!("{config}mfa_serial =\n");
    expect_line(&empty, "base", NO_SERIAL, &[GET_KEYS, GET_SERIAL]);
}

#[test]
fn a_serial_that_is_none_is_said() {
    let config = BASE.replace("arn:aws:iam::123456789012:mfa/alice", "file:///etc/passwd");
    let line = "cannot use mfa_serial of profile 'base' in the AWS config: expected an ARN such as \
                arn:aws:iam::123456789012:mfa/name, or the number of a device";
    expect_line(&config, "base", line, &[GET_KEYS, GET_SERIAL]);
}

#[test]
fn no_terminal_for_the_code_is_said() {
    let sandbox = sandbox(BASE);
    key_item(&sandbox);
    let program = [&[PROGRAM], &ITEM[..], &["--profile", "base"]].concat();
    let outcome = finish(&mut tool(&sandbox, &["--none"], &[], &program));
    let line = "cannot ask for the one-time password of 'arn:aws:iam::123456789012:mfa/alice': there is no terminal; \
                add a one-time password to the item";
    assert_eq!(outcome, failed(line));
    assert_eq!(sandbox.calls(), [GET_KEYS, GET_SERIAL, GET_REGION]);
}

#[test]
fn a_cached_session_asks_the_config_nothing() {
    let sandbox = sandbox("");
    sandbox.run(&args(&[
        "--mfa-serial",
        "arn:aws:iam::123456789012:mfa/alice",
    ]));
    sandbox.forget_calls();
    let outcome = sandbox.run(&args(&["--profile", "nowhere"]));
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), [GET_KEYS]);
}
