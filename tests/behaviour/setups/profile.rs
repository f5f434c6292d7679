//! `--profile`: the MFA serial and the region of the AWS config, and what is said where they are missing.

use serde_json::{Value, json};

use super::{GET_KEYS, GET_SERIAL};
use crate::support::setups::*;
use crate::support::terminal::*;
use crate::support::*;

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
fn a_config_that_is_read_too_slowly_is_said() {
    let sandbox = sandbox(BASE);
    sandbox.mishap("aws", &json!({ "call": "configure get", "hang": true }));
    let line = "cannot read 'mfa_serial' of profile 'base' in the AWS config: `aws configure get` was not done when the 1 s of \
                --timeout were over; is the disk of the config file slow?";
    let outcome = sandbox.run(&args(&["--profile", "base", "--timeout", "1s"]));
    assert_eq!(outcome, failed(line));
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

/// What the call of STS was made with.
fn connection(sandbox: &Sandbox) -> Value {
    let connections = sandbox.events("connection");
    assert_eq!(connections.len(), 1);
    let names = [
        "region",
        "endpoint_url",
        "ca_bundle",
        "use_fips_endpoint",
        "use_dualstack_endpoint",
    ];
    json!(names.map(|name| connections[0][name].clone()))
}

#[test]
fn sts_is_asked_as_the_profile_says() {
    let more = "endpoint_url = https://prod.example\nca_bundle = /prod.pem\nuse_fips_endpoint = true\nuse_dualstack_endpoint = true\n";
    let default = "[default]\nregion = eu-central-1\nendpoint_url = http://127.0.0.1:4566\nca_bundle = /local.pem\n";
    let sandbox = sandbox(&format!("{BASE}{more}{default}"));
    let outcome = sandbox.run(&args(&["--profile", "base"]));
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), [GET_KEYS, GET_SERIAL, OTP, STS, EDIT]);
    assert_eq!(
        connection(&sandbox),
        json!([
            "ap-northeast-1",
            "https://prod.example",
            "/prod.pem",
            "true",
            "true"
        ])
    );
}

#[test]
fn the_clock_of_sts_is_asked_for_as_the_profile_says() {
    let sandbox = sandbox(&format!("{BASE}endpoint_url = https://prod.example\n"));
    sandbox.run(&args(&["doctor", "--profile", "base"]));
    let expected = json!(["ap-northeast-1", "https://prod.example", null, null, null]);
    assert_eq!(connection(&sandbox), expected);
}

#[test]
fn what_is_said_of_the_default_profile_is_not_taken_for_another() {
    let default = "[default]\nregion = eu-central-1\nendpoint_url = http://127.0.0.1:4566\nca_bundle = /local.pem\n";
    let sandbox = sandbox(&format!("{BASE}{default}"));
    let outcome = sandbox.run(&args(&["--profile", "base"]));
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    let expected = json!(["ap-northeast-1", null, null, null, null]);
    assert_eq!(connection(&sandbox), expected);
}

#[test]
fn keys_and_a_role_of_the_profile_are_not_used() {
    let keys =
        "aws_access_key_id = AKIAI44QH8DHBEXAMPLE\naws_secret_access_key = x\nrole_arn = x\n";
    let sandbox = sandbox(&format!("{BASE}{keys}"));
    let outcome = sandbox.run(&args(&["--profile", "base"]));
    assert_eq!(outcome, printed(&sandbox.minted(1)));
}

#[test]
fn a_region_in_the_environment_is_stronger_than_the_profiles() {
    for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
        let sandbox = sandbox(BASE);
        let mut command = sandbox.command(&args(&["--profile", "base"]));
        let output = command.env(name, "eu-central-1").output();
        let outcome = outcome(&output.expect("a program that starts"));
        assert_eq!(outcome, printed(&sandbox.minted(1)));
        assert_eq!(connection(&sandbox)[0], "eu-central-1");
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
        assert_eq!(sandbox.calls(), [GET_KEYS, GET_SERIAL, OTP, STS, EDIT]);
        assert_eq!(connection(&sandbox)[0], Value::Null);
    }
    let sandbox = sandbox(&format!("{serial}endpoint_url = http://127.0.0.1:1\n"));
    let line = "cannot get a session from STS: You must specify a region. You can also configure your region by running \
                \"aws configure\"; set a region in ~/.aws/config";
    assert_eq!(sandbox.run(&args(&["--profile", "base"])), failed(line));
}

/// The older ones fail where they can't open the database of their history.
#[test]
fn a_history_stays_off_in_old_and_new_versions_of_the_aws_cli() {
    for version in ["1.44.37", "1.44.38", "2.9.19", "2.33.20", "2.33.21"] {
        let sandbox = sandbox(&format!("{BASE}cli_history = enabled\n"));
        let moods = json!({ "aws": { "version": version } });
        sandbox.moods(&moods);
        let outcome = sandbox.run(&args(&["--profile", "base"]));
        assert_eq!(outcome, printed(&sandbox.minted(1)), "{version}");
        assert_eq!(sandbox.events("history"), [Value::Null; 0]);
        // The next session finds the database there.
        sandbox.set_cache("");
        sandbox.write_text("standin/clock", "30");
        let outcome = sandbox.run(&args(&["--profile", "base"]));
        assert_eq!(outcome, printed(&sandbox.minted(2)), "{version}");
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
        assert_eq!(sandbox.calls(), [GET_KEYS, OTP, STS, EDIT]);
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
fn a_profile_that_is_not_there_is_said_before_a_code_is_used() {
    let sandbox = Sandbox::new();
    let line = "cannot read 'region' of profile 'base' in the AWS config: The config profile (base) could not be found; \
                name a profile that is in ~/.aws/config";
    assert_eq!(sandbox.run(&["--profile", "base"]), failed(line));
    assert_eq!(
        sandbox.calls(),
        [GET, "aws configure get region --profile base"]
    );
}

/// It sets `AWS_CONFIG_FILE`, say: `aws` knows the profile, and we don't see it.
#[test]
fn a_wrapper_may_read_other_files() {
    let sandbox = Sandbox::new();
    sandbox.write_text("other", BASE);
    let (aws, other) = (sandbox.path("bin/aws"), sandbox.path("other"));
    let wrapped = format!(
        "AWS_CONFIG_FILE={} exec {} \"$@\"",
        other.display(),
        aws.display()
    );
    sandbox.script("aws", &wrapped);
    let path = sandbox.path("aws").display().to_string();
    let outcome = sandbox.run(&["--profile", "base", "--aws", &path]);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(connection(&sandbox)[0], "ap-northeast-1");
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

/// From a shell, from Python, from the loader; each before the answer.
#[test]
fn warnings_are_no_failures() {
    for warning in [
        "/bin/sh: warning: setlocale: LC_ALL: cannot change locale (xx_XX.UTF-8)\n",
        "/usr/lib/python3/dist-packages/botocore/x.py:1: DeprecationWarning: 'cgi' is deprecated\n  import cgi\n",
        "ERROR: ld.so: object '/x.so' from LD_PRELOAD cannot be preloaded (cannot open shared object file): ignored.\n",
        "Warning: Unable to record CLI history. Check file permissions for /\n\nlocale: Cannot set LC_CTYPE to default locale\n",
    ] {
        let mishap = json!({ "call": "configure get", "stderr": warning, "goes_on": true });
        let set = sandbox(BASE);
        set.mishap("aws", &mishap);
        let outcome = set.run(&args(&["--profile", "base"]));
        assert_eq!(outcome, printed(&set.minted(1)));
        let not_set = sandbox("[profile base]\n");
        not_set.mishap("aws", &mishap);
        let outcome = not_set.run(&args(&["--profile", "base"]));
        assert_eq!(outcome, failed(NO_SERIAL));
    }
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
    assert_eq!(sandbox.calls(), [GET_KEYS, GET_SERIAL]);
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
