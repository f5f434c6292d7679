//! op-aws-credential-process: two keys in the item, the MFA serial in the AWS config, and the code typed.

use super::{GET_KEYS, GET_SERIAL, PROMPT, run_profile};
use crate::support::setups::*;
use crate::support::terminal::*;
use crate::support::*;

fn cold_calls() -> [String; 4] {
    [GET_KEYS, GET_SERIAL, STS, EDIT].map(str::to_owned)
}

/// Runs the profile `base` of a configuration twice: the code is typed once.
fn expect_one_code(config: &str) {
    let sandbox = Sandbox::new();
    key_item(&sandbox);
    let code = code(&sandbox);
    let line = format!("{code}\n");
    let script: Script = &[(PROMPT, line.as_bytes())];
    let outcome = run_profile(&sandbox, config, "profile base", script);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), cold_calls());
    assert_eq!(transcript(&sandbox), format!("{PROMPT}{code}\r\n"));
    sandbox.forget_calls();
    let again = run_profile(&sandbox, config, "profile base", &[]);
    assert_eq!(again, outcome);
    assert_eq!(sandbox.calls(), [GET_KEYS]);
    assert_eq!(transcript(&sandbox), "");
}

#[test]
fn op_aws_credential_process_base_profile() {
    expect_one_code(BASE);
}

#[test]
fn op_aws_credential_process_cross_account_role() {
    expect_one_code(&format!("{BASE}{CROSS_ACCOUNT}"));
}

#[test]
fn op_aws_credential_process_base_profile_with_a_one_time_password_in_the_item() {
    let sandbox = Sandbox::new();
    key_item_with_one_time_password(&sandbox);
    let outcome = run_profile(&sandbox, BASE, "profile base", &[]);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    let [get, serial, sts, edit] = cold_calls();
    let calls = [get, serial, OTP.to_owned(), sts, edit];
    assert_eq!(sandbox.calls(), calls);
    assert_eq!(transcript(&sandbox), "");
}

/// Without `--profile` the program doesn't know which one it runs for.
#[test]
fn op_aws_credential_process_base_profile_without_its_name_in_the_line() {
    let sandbox = Sandbox::new();
    key_item(&sandbox);
    let config = BASE.replace(" --profile base", "");
    let line = "cannot find an MFA serial: neither field 'mfa serial' of 1Password item 'alice-aws' nor mfa_serial of \
                profile 'default' in the AWS config is set; set one, or pass --mfa-serial";
    let outcome = run_profile(&sandbox, &config, "profile base", &[]);
    assert_eq!(outcome, failed(line));
    assert_eq!(sandbox.calls(), [GET_KEYS, "aws configure get mfa_serial"]);
    assert_eq!(transcript(&sandbox), "");
}

#[test]
fn both_styles_of_flags_give_the_same() {
    let place = |sandbox: &Sandbox| sandbox.path("bin/op").display().to_string();
    let styles: [[&str; 5]; 2] = [
        [
            "--op-vault",
            "--op-item",
            "--op-access-key-id-field",
            "--op-secret-access-key-field",
            "--op-cli-path",
        ],
        [
            "--vault",
            "--item",
            "--access-key-field",
            "--secret-key-field",
            "--op",
        ],
    ];
    let [theirs, ours] = styles.map(|[vault, item, key_id, secret, op]| {
        let sandbox = Sandbox::new();
        key_item_with_one_time_password(&sandbox);
        configure(&sandbox, BASE);
        for (label, other) in [("Access key ID", "user"), ("Secret access key", "pass")] {
            sandbox.change_field(label, |field| field["label"] = other.into());
        }
        let op_path = place(&sandbox);
        let values = ["Private", "alice-aws", "user", "pass", &op_path];
        let flags = [vault, item, key_id, secret, op].into_iter().zip(values);
        let args: Vec<&str> = flags.flat_map(|(flag, value)| [flag, value]).collect();
        let args = [&args[..], &["--profile", "base", "--duration", "12h"]].concat();
        assert_eq!(sandbox.run(&args), printed(&sandbox.minted(1)));
        sandbox.calls()
    });
    assert_eq!(theirs, ours);
    assert_eq!(theirs.len(), 5, "{theirs:?}");
}

#[test]
fn the_help_names_each_flag_once_and_says_the_alias() {
    let sandbox = Sandbox::new();
    let help = sandbox.run(&["--help"]).stdout;
    let aliases = [
        ("--item <ITEM>", "--op-item"),
        ("--vault <VAULT>", "--op-vault"),
        ("--access-key-field <FIELD>", "--op-access-key-id-field"),
        ("--secret-key-field <FIELD>", "--op-secret-access-key-field"),
        ("--op <PATH>", "--op-cli-path"),
    ];
    let (options, other_names) = help
        .split_once("Other names that are accepted:")
        .expect("other names");
    for (flag, alias) in aliases {
        let is_option = |line: &&str| line.trim_start().starts_with(flag);
        assert_eq!(options.lines().filter(is_option).count(), 1, "{flag}");
        assert!(!options.contains(alias), "{alias}");
        let mut names = other_names.split([',', ' ', '\n']);
        assert!(names.any(|name| name == alias), "{alias}");
    }
}

#[test]
fn one_password_aws_plugin_item_with_nothing_but_its_name() {
    let sandbox = Sandbox::new();
    plugin_item(&sandbox);
    let outcome = sandbox.run(&["--item", "AWS"]);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    let get = "op item get AWS --format json";
    assert_eq!(sandbox.calls(), [get, OTP, STS, EDIT]);
    sandbox.forget_calls();
    assert_eq!(sandbox.run(&["--item", "AWS"]), outcome);
    assert_eq!(sandbox.calls(), [get]);
}
