//! `setup --import`: what a person at a terminal sees and answers, and what is then in 1Password and on the disk.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use serde_json::{Value, json};

use crate::support::terminal::*;
use crate::support::*;

const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const DEVICE: &str = "arn:aws:iam::123456789012:mfa/alice";

const CREDENTIALS: &str = "# mine\n[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n\
    aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n\n[other]\naws_access_key_id = x\n";
const CLEANED: &str = "# mine\n[default]\n\n[other]\naws_access_key_id = x\n";
const CONFIG: &str = "[default]\nregion = eu-central-1\n";

const ASK_ID: &str = "Access key id, such as AKIAIOSFODNN7EXAMPLE (isn't shown): ";
const ASK_SECRET: &str = "Its secret access key (isn't shown): ";
const ASK_SEED: &str = "Secret of the one-time password (isn't shown; Enter: type each code): ";
const ABOUT_SEED: &str = "If your authenticator app doesn't show its secret again, add a second MFA\n\
    device in IAM, give its secret here, and take its ARN below.\n";
const ASK_REGION: &str = "Region of profile 'default', such as eu-central-1 (Enter: none): ";
const ASK_SERIAL: &str = "ARN of the MFA device: ";
const ASK_REMOVAL: &str = "Take these lines out? [y/N]: ";

const SEED_TYPED: (&str, &[u8]) = (ASK_SEED, b"gezd gnbv gy3t qojq gezd gnbv gy3t qojq\n");

const ACCOUNT: &str = "account  my.1password.com\n";

/// What is said of a key in a file, and of its user.
const KEY: &str =
    "account  my.1password.com\nkey      AKIAIOSFODNN7EXAMPLE, of profile 'default'\n";
const USER: &str = "user     arn:aws:iam::123456789012:user/alice\n";
const DEVICE_LINE: &str = "device   arn:aws:iam::123456789012:mfa/alice\n";
const MADE: &str =
    "making   item 'AWS Access Key'\nmade     item 'AWS Access Key' in vault 'Private'\n";
const SESSION: &str = "session  of arn:aws:iam::123456789012:user/alice, until …\n";
const WRITTEN: &str = "\nAdding to HOME/.aws/config:\n\n[default]\ncredential_process = PROGRAM\n\nDone.\n\n\
    The AWS CLI and boto3 ask again on every call in a session's last 15 minutes.\n\
    If that is too slow for you, add --margin 16m at the end of the line.\n";
const REMOVAL: &str = "\nThe key of profile 'default' is still on the disk; AWS clients prefer it:\n\
    HOME/.aws/credentials\n  line 3: aws_access_key_id = …\n  line 4: aws_secret_access_key = …\nTake these lines out? [y/N]: ";
const ROTATE: &str = "\nThe key was on the disk, so make another one, put it into the item instead, and\n\
    delete the old one:\n\naws iam create-access-key\naws iam delete-access-key --access-key-id AKIAIOSFODNN7EXAMPLE\n";

/// A sandbox without an item.
fn empty() -> Sandbox {
    let sandbox = Sandbox::new();
    let vault = json!({ "id": "gshlsjsajnawtnjynzgwmiebge", "name": "Private" });
    sandbox.write(
        "standin/vault.json",
        &json!({ "vaults": [vault], "items": [] }),
    );
    sandbox.write_text("home/.aws/config", CONFIG);
    sandbox
}

/// The same, with the user's key on the disk.
fn with_key() -> Sandbox {
    let sandbox = empty();
    sandbox.write_text("home/.aws/credentials", CREDENTIALS);
    sandbox
}

/// Runs `setup --import` for a person, whose terminal has all of it; returns the status and what appeared, with names for
/// what differs from run to run.
fn import(sandbox: &Sandbox, args: &[&str], script: Script) -> (Option<i32>, String) {
    let program = [&[PROGRAM, "setup", "--import"], args].concat();
    run_at_terminal(sandbox, script, &program)
}

fn run_at_terminal(sandbox: &Sandbox, script: Script, program: &[&str]) -> (Option<i32>, String) {
    let options = ["--stdin", "--stdout", "--stderr"];
    let outcome = finish(&mut tool(sandbox, &options, script, program));
    let home = sandbox.path("home").display().to_string();
    let shown = transcript(sandbox).replace("\r\n", "\n");
    let shown = shown.replace(&home, "HOME").replace(PROGRAM, "PROGRAM");
    (outcome.status, with_no_time(&shown))
}

/// Expects success, and a terminal that begins with this text.
fn expect_success(status: Option<i32>, shown: &str, start: &str) {
    assert_eq!(status, Some(0));
    assert!(shown.starts_with(start), "{shown}");
}

/// Leaves out when a session ends.
fn with_no_time(shown: &str) -> String {
    let lines = shown
        .split('\n')
        .map(|line| match line.split_once(", until ") {
            Some((session, _)) if line.starts_with("session ") => format!("{session}, until …"),
            _ => line.to_owned(),
        });
    lines.collect::<Vec<_>>().join("\n")
}

fn text(sandbox: &Sandbox, name: &str) -> String {
    fs::read_to_string(sandbox.path(name)).unwrap_or_default()
}

fn items(sandbox: &Sandbox) -> Vec<Value> {
    let vault = sandbox.read("standin/vault.json");
    vault["items"].as_array().expect("items").clone()
}

/// Type, label and value of each field of the one item.
fn made(sandbox: &Sandbox) -> Vec<[String; 3]> {
    let items = items(sandbox);
    assert_eq!(items.len(), 1);
    let part = |field: &Value, name: &str| field[name].as_str().unwrap_or_default().to_owned();
    let parts =
        fields(&items[0]).map(|field| ["type", "label", "value"].map(|name| part(field, name)));
    parts.collect()
}

/// Expects that a run ends with this line and has changed nothing.
fn assert_refused(sandbox: &Sandbox, (status, shown): (Option<i32>, String), expected: &str) {
    assert_eq!(shown, expected);
    assert_eq!(status, Some(1));
    assert_eq!(text(sandbox, "home/.aws/config"), CONFIG);
    let changes = ["item create", "item edit"];
    let calls = sandbox.calls();
    let made = calls
        .iter()
        .find(|call| changes.iter().any(|change| call.contains(change)));
    assert_eq!(made, None);
}

fn refusal(line: &str) -> String {
    format!("get-1password-creds: {line}\n")
}

#[test]
fn a_key_on_the_disk_moves_into_a_new_item() {
    let sandbox = with_key();
    let script = [SEED_TYPED, (ASK_REMOVAL, b"y\n")];
    let (status, shown) = import(&sandbox, &[], &script);
    let expected = format!(
        "{KEY}{USER}{ABOUT_SEED}{ASK_SEED}\n{DEVICE_LINE}{MADE}{SESSION}{WRITTEN}{REMOVAL}y\n\
         removed  2 lines from HOME/.aws/credentials\n{ROTATE}"
    );
    assert_eq!((status, shown), (Some(0), expected));
    assert_eq!(text(&sandbox, "home/.aws/credentials"), CLEANED);
    let config = format!("{CONFIG}credential_process = {PROGRAM}\n");
    assert_eq!(text(&sandbox, "home/.aws/config"), config);
    let item = items(&sandbox).remove(0);
    assert_eq!(
        (&item["title"], &item["category"]),
        (&json!("AWS Access Key"), &json!("API_CREDENTIAL"))
    );
    let fields = made(&sandbox);
    let expected = [
        ["STRING", "Access Key ID", KEY_ID],
        ["CONCEALED", "Secret Access Key", SECRET],
        ["STRING", "mfa serial", DEVICE],
        [
            "OTP",
            "one-time password",
            &format!("otpauth://totp/AWS:alice?secret={SEED}&issuer=AWS"),
        ],
    ];
    assert_eq!(fields[..4], expected);
    assert_eq!(fields[4][..2], ["CONCEALED", "session_cache"]);
    let id = item["id"].as_str().expect("an id");
    let by_ids = format!("{id} --vault gshlsjsajnawtnjynzgwmiebge");
    let calls = [
        "op --version",
        "op account list --format json",
        "aws configure get aws_access_key_id",
        "aws configure get aws_secret_access_key",
        "op item get 'AWS Access Key' --format json --cache=false",
        "aws sts get-caller-identity --output json",
        "aws iam list-mfa-devices --output json",
        "op item create - --format json",
        &format!("op item get {by_ids} --format json --cache=false"),
        &format!("op item get {id} --format json --vault gshlsjsajnawtnjynzgwmiebge"),
        &format!("op item get {by_ids} --otp --format human-readable"),
        STS,
        &format!("op item edit {by_ids} --format json -- 'session_cache[password]=…'"),
        "aws sts get-caller-identity --output json",
    ];
    assert_eq!(sandbox.calls(), calls);
    // Then the line works, without another code.
    assert_eq!(sandbox.run(&[]), printed(&sandbox.minted(1)));
}

#[test]
fn a_key_that_no_file_has_is_typed_unseen() {
    let sandbox = empty();
    let (id, secret) = (format!("{KEY_ID}\n"), format!("{SECRET}\n"));
    let script = [
        (ASK_ID, id.as_bytes()),
        (ASK_SECRET, secret.as_bytes()),
        SEED_TYPED,
    ];
    let (status, shown) = import(&sandbox, &[], &script);
    let expected = format!(
        "{ACCOUNT}{ASK_ID}\nkey      {KEY_ID}, as typed\n{ASK_SECRET}\n{USER}{ABOUT_SEED}{ASK_SEED}\n{DEVICE_LINE}{MADE}{SESSION}{WRITTEN}"
    );
    assert_eq!((status, shown), (Some(0), expected));
    assert_eq!(
        made(&sandbox)[1],
        ["CONCEALED", "Secret Access Key", SECRET]
    );
}

#[test]
fn a_person_who_types_late_is_waited_for() {
    let sandbox = empty();
    let (id, secret) = (format!("{KEY_ID}\n"), format!("{SECRET}\n"));
    let script = [
        ("It is time.", id.as_bytes()),
        (ASK_SECRET, secret.as_bytes()),
        SEED_TYPED,
    ];
    let later = "(/bin/sleep 1; echo 'It is time.' >/dev/tty) & exec \"$0\" setup --import";
    let (status, shown) = run_at_terminal(&sandbox, &script, &["/bin/sh", "-c", later, PROGRAM]);
    let start = format!("{ACCOUNT}{ASK_ID}It is time.\n\nkey      {KEY_ID}, as typed\n");
    expect_success(status, &shown, &start);
}

#[test]
fn typed_answers_that_are_no_key_are_asked_for_again() {
    let sandbox = empty();
    let (id, secret) = (format!("{KEY_ID}\n"), format!("{SECRET}\n"));
    let script: Script = &[
        (ASK_ID, b"\n"),
        (ASK_ID, b"alice\n"),
        (ASK_ID, b"ASIAIOSFODNN7EXAMPLE\n"),
        (ASK_ID, secret.as_bytes()),
        (ASK_ID, id.as_bytes()),
        (ASK_SECRET, b"\n"),
        (ASK_SECRET, id.as_bytes()),
        (ASK_SECRET, b"short\n"),
        (ASK_SECRET, b"\x04"),
    ];
    let shown = import(&sandbox, &[], script);
    let expected = format!(
        "{ACCOUNT}{ASK_ID}\nthere is no access key id\n\
         {ASK_ID}\nthe access key id must be AKIA with capital letters and digits behind it\n\
         {ASK_ID}\nthe access key id is that of a session; use the long-lived one, which begins with AKIA\n\
         {ASK_ID}\nthe access key id is a secret; are the two swapped?\n\
         {ASK_ID}\nkey      {KEY_ID}, as typed\n\
         {ASK_SECRET}\nthere is no secret access key\n\
         {ASK_SECRET}\nthe secret access key is an id; are the two swapped?\n\
         {ASK_SECRET}\nthe secret access key must be 40 letters, digits, + and /\n\
         {ASK_SECRET}\n\n{}",
        refusal("cannot read the answer: none was typed")
    );
    assert_refused(&sandbox, shown, &expected);
}

#[test]
fn a_file_with_no_whole_key_is_refused() {
    let aim = "cannot import the key of profile 'default'";
    let files = [
        (
            SECRET,
            KEY_ID,
            "the access key id is a secret; are the two swapped?",
        ),
        (KEY_ID, "", "there is no secret access key"),
        ("", SECRET, "there is no access key id"),
        (
            "ASIAIOSFODNN7EXAMPLE",
            SECRET,
            "the access key id is that of a session; use the long-lived one, which begins with AKIA",
        ),
    ];
    for (id, secret, why) in files {
        let sandbox = empty();
        let lines = [("aws_access_key_id", id), ("aws_secret_access_key", secret)];
        let lines = lines.into_iter().filter(|(_, value)| !value.is_empty());
        let lines: Vec<String> = lines
            .map(|(name, value)| format!("{name} = {value}\n"))
            .collect();
        sandbox.write_text(
            "home/.aws/credentials",
            &format!("[default]\n{}", lines.concat()),
        );
        let shown = import(&sandbox, &[], &[]);
        assert_refused(
            &sandbox,
            shown,
            &format!("{ACCOUNT}{}", refusal(&format!("{aim}: {why}"))),
        );
    }
}

#[test]
fn a_wrong_secret_is_found_before_anything_is_made() {
    let sandbox = with_key();
    let wrong = CREDENTIALS.replace("wJalr", "WJALR");
    sandbox.write_text("home/.aws/credentials", &wrong);
    let shown = import(&sandbox, &[], &[]);
    let line = "cannot use this access key: SignatureDoesNotMatch: The request signature we calculated does not match the \
                signature you provided. Check your AWS Secret Access Key and signing method. Consult the service \
                documentation for details; check the secret access key";
    assert_refused(&sandbox, shown, &format!("{KEY}{}", refusal(line)));
    assert_eq!(text(&sandbox, "home/.aws/credentials"), wrong);
}

/// What IAM says to a user who may not ask.
const DENIED: &str = "\nAn error occurred (AccessDenied) when calling the ListMFADevices operation: User: alice is not \
    authorized to perform: iam:ListMFADevices\n";

#[test]
fn a_user_who_may_not_ask_iam_types_the_arn() {
    let sandbox = with_key();
    sandbox.mishap(
        "aws",
        &json!({ "call": "iam list-mfa-devices", "stderr": DENIED, "exit": 255 }),
    );
    let arn = format!("{DEVICE}\n");
    let script = [
        SEED_TYPED,
        (ASK_SERIAL, b"alice\n"),
        (ASK_SERIAL, arn.as_bytes()),
        (ASK_REMOVAL, b"y\n"),
    ];
    let (status, shown) = import(&sandbox, &[], &script);
    let question = format!(
        "AWS doesn't say which MFA device the user has: `aws iam list-mfa-devices` said: AccessDenied: User: alice is not \
         authorized to perform: iam:ListMFADevices\n\
         The console shows its ARN: IAM, Users, the user, Security credentials.\n{ASK_SERIAL}"
    );
    let fault =
        "expected an ARN such as arn:aws:iam::123456789012:mfa/name, or the number of a device";
    let expected = format!(
        "{KEY}{USER}{ABOUT_SEED}{ASK_SEED}\n{question}alice\n{fault}\n{question}{DEVICE}\n{DEVICE_LINE}{MADE}"
    );
    expect_success(status, &shown, &expected);
    assert_eq!(made(&sandbox)[2], ["STRING", "mfa serial", DEVICE]);
}

#[test]
fn of_several_devices_one_is_chosen() {
    let sandbox = with_key();
    let other = "arn:aws:iam::123456789012:mfa/old";
    let devices = [
        other,
        "arn:aws:iam::123456789012:u2f/user/alice/key-AAAA",
        DEVICE,
    ];
    sandbox.moods(&json!({ "aws": { "mfa_devices": devices } }));
    let ask = "Which one? [1-2]: ";
    let script = [
        SEED_TYPED,
        (ask, b"0\n"),
        (ask, b"3\n"),
        (ask, b"2\n"),
        (ASK_REMOVAL, b"y\n"),
    ];
    let (status, shown) = import(&sandbox, &[], &script);
    let question = format!("The user has 2 MFA devices:\n  1  {other}\n  2  {DEVICE}\n{ask}");
    let fault = "there is no such number";
    let expected = format!(
        "{KEY}{USER}{ABOUT_SEED}{ASK_SEED}\n{question}0\n{fault}\n{question}3\n{fault}\n{question}2\n{DEVICE_LINE}{MADE}"
    );
    expect_success(status, &shown, &expected);
    assert_eq!(made(&sandbox)[2], ["STRING", "mfa serial", DEVICE]);
}

#[test]
fn a_user_without_a_device_that_makes_codes_is_told_to_add_one() {
    let sandbox = with_key();
    let devices = ["arn:aws:iam::123456789012:u2f/user/alice/key-AAAA"];
    sandbox.moods(&json!({ "aws": { "mfa_devices": devices } }));
    let shown = import(&sandbox, &[], &[SEED_TYPED]);
    let line = "cannot find an MFA device: the user has none that makes one-time passwords; add an authenticator app in the \
                console (IAM, Users, the user, Security credentials), then run this again";
    let expected = format!("{KEY}{USER}{ABOUT_SEED}{ASK_SEED}\n{}", refusal(line));
    assert_refused(&sandbox, shown, &expected);
}

#[test]
fn a_secret_that_makes_no_codes_for_aws_is_asked_for_again() {
    let sandbox = with_key();
    let uri = format!("otpauth://totp/AWS:bob?secret={SEED}&issuer=AWS&algorithm=SHA256\n");
    let good = uri.replace("SHA256", "SHA1");
    let script = [
        (ASK_SEED, &b"123456\n"[..]),
        (ASK_SEED, uri.as_bytes()),
        (ASK_SEED, good.as_bytes()),
        (ASK_REMOVAL, b"y\n"),
    ];
    let (status, shown) = import(&sandbox, &[], &script);
    let expected = format!(
        "{KEY}{USER}{ABOUT_SEED}{ASK_SEED}\n\
         expected at least 16 letters and digits from 2 to 7, or an address that begins with otpauth://\n\
         {ABOUT_SEED}{ASK_SEED}\nAWS's codes are made with SHA1\n{ABOUT_SEED}{ASK_SEED}\n{DEVICE_LINE}{MADE}{SESSION}"
    );
    expect_success(status, &shown, &expected);
}

#[test]
fn without_a_secret_the_code_is_typed() {
    let sandbox = with_key();
    let code = code(&sandbox);
    let line = format!("{code}\n");
    let ask = format!("One-time password for {DEVICE}: ");
    let script = [
        (ASK_SEED, &b"\n"[..]),
        (&ask, line.as_bytes()),
        (ASK_REMOVAL, b"y\n"),
    ];
    let (status, shown) = import(&sandbox, &[], &script);
    let expected = format!(
        "{KEY}{USER}{ABOUT_SEED}{ASK_SEED}\ncode     typed at each new session, until the item has a one-time password\n\
         {DEVICE_LINE}{MADE}{ask}{code}\n{SESSION}"
    );
    expect_success(status, &shown, &expected);
    assert_eq!(made(&sandbox)[3][..2], ["CONCEALED", "session_cache"]);
}

/// What is said where the device is known already.
fn about_seed_of_known_device() -> String {
    ABOUT_SEED.replace(
        "give its secret here, and take its ARN below.",
        "and run this again with its secret and --mfa-serial ARN.",
    )
}

#[test]
fn a_serial_in_the_profile_is_taken() {
    let sandbox = with_key();
    sandbox.write_text(
        "home/.aws/config",
        &format!("{CONFIG}mfa_serial = {DEVICE}\n"),
    );
    let (status, shown) = import(&sandbox, &[], &[SEED_TYPED, (ASK_REMOVAL, b"\n")]);
    let about = about_seed_of_known_device();
    let expected = format!("{KEY}{USER}{about}{ASK_SEED}\n{DEVICE_LINE}{MADE}{SESSION}");
    expect_success(status, &shown, &expected);
    assert!(!sandbox.calls().iter().any(|call| call.contains("aws iam")));
}

#[test]
fn a_serial_in_the_profile_that_is_none_is_refused() {
    let sandbox = with_key();
    let config = format!("{CONFIG}mfa_serial = alice\n");
    sandbox.write_text("home/.aws/config", &config);
    let (status, shown) = import(&sandbox, &[], &[]);
    let line = "cannot use mfa_serial of profile 'default': expected an ARN such as arn:aws:iam::123456789012:mfa/name, or the \
                number of a device";
    let expected = format!("{KEY}{USER}{}", refusal(line));
    assert_eq!((status, shown), (Some(1), expected));
    assert_eq!(items(&sandbox), [Value::Null; 0]);
}

#[test]
fn answers_of_aws_that_say_nothing_are_told() {
    let answer = |call: &str, answer: &str| {
        let sandbox = with_key();
        sandbox.mishap("aws", &json!({ "call": call, "stdout": answer, "exit": 0 }));
        let (_, shown) = import(&sandbox, &[], &[SEED_TYPED, (ASK_SERIAL, b"\x04")]);
        assert_eq!(items(&sandbox), [Value::Null; 0]);
        shown
    };
    for (text, missing) in [("{}", "no 'Arn'"), ("", "no JSON")] {
        let line = format!(
            "cannot use this access key: {missing} in the answer of `aws sts get-caller-identity`"
        );
        let expected = format!("{KEY}{}", refusal(&line));
        assert_eq!(answer("sts get-caller-identity", text), expected);
    }
    let line = "AWS doesn't say which MFA device the user has: no 'MFADevices' in the answer of `aws iam list-mfa-devices`\n";
    let shown = answer("iam list-mfa-devices", "{}");
    let end = refusal("cannot read the answer: none was typed");
    assert!(shown.contains(line) && shown.ends_with(&end), "{shown}");
}

#[test]
fn a_service_account_needs_no_account_here_and_is_named() {
    let sandbox = with_key();
    let program = [PROGRAM, "setup", "--import"];
    let options = ["--stdin", "--stdout", "--stderr"];
    let mut command = tool(&sandbox, &options, &[], &program);
    command.env("OP_SERVICE_ACCOUNT_TOKEN", "ops_x");
    assert_eq!(finish(&mut command).status, Some(1));
    let shown = transcript(&sandbox).replace("\r\n", "\n");
    let line = "cannot read 1Password item 'AWS Access Key': `op item get` said: a vault query must be provided when this \
                command is called by a service account. Please specify one either through the --vault flag or through piped \
                input; pass --vault: a service account needs it";
    let key = KEY.replace("my.1password.com", "by OP_SERVICE_ACCOUNT_TOKEN");
    assert_eq!(shown, format!("{key}{}", refusal(line)));
}

#[test]
fn a_config_that_cannot_be_changed_is_refused_before_anything_is_made() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "standin/vault.json",
        &json!({ "vaults": [sandbox.item()["vault"]], "items": [] }),
    );
    sandbox.write_text("home/.aws/config", CONFIG);
    let other = sandbox.path("home/.aws/other");
    fs::hard_link(sandbox.path("home/.aws/config"), other).expect("a link");
    let line = "cannot change profile 'default' in HOME/.aws/config: the file has a second name (a hard link), which would \
                keep the old text; change the file yourself";
    assert_refused(
        &sandbox,
        import(&sandbox, &[], &[]),
        &format!("{ACCOUNT}{}", refusal(line)),
    );
}

#[test]
fn an_item_of_that_name_is_left_alone() {
    let there = "cannot make 1Password item 'AWS Access Key' in vault 'Private': it exists already";
    let sandbox = Sandbox::new();
    sandbox.write_text("home/.aws/config", CONFIG);
    let before = items(&sandbox);
    let line = format!(
        "{there}; use it with `get-1password-creds setup --write`, or name another with --item"
    );
    assert_refused(
        &sandbox,
        import(&sandbox, &[], &[]),
        &format!("{ACCOUNT}{}", refusal(&line)),
    );
    let other = CREDENTIALS.replace(KEY_ID, "AKIAI44QH8DHBEXAMPLE");
    sandbox.write_text("home/.aws/credentials", &other);
    let line =
        format!("{there}, with another key than profile 'default'; name another with --item");
    let key = KEY.replace(KEY_ID, "AKIAI44QH8DHBEXAMPLE");
    assert_refused(
        &sandbox,
        import(&sandbox, &[], &[]),
        &format!("{key}{}", refusal(&line)),
    );
    assert_eq!(items(&sandbox), before);
}

#[test]
fn an_item_that_op_made_otherwise_is_not_used() {
    let sandbox = with_key();
    sandbox.moods(&json!({ "op": { "new_otp": "concealed" } }));
    let (status, shown) = import(&sandbox, &[], &[SEED_TYPED]);
    let line = "cannot use 1Password item 'AWS Access Key' in vault 'Private': `op` didn't make it as requested: \
                field 'one-time password' is of the type CONCEALED, not OTP; it isn't used: delete it in the 1Password app, \
                and update the 1Password CLI";
    let making = "making   item 'AWS Access Key'\n";
    let expected = format!(
        "{KEY}{USER}{ABOUT_SEED}{ASK_SEED}\n{DEVICE_LINE}{making}{}",
        refusal(line)
    );
    assert_eq!((status, shown), (Some(1), expected));
    assert_eq!(text(&sandbox, "home/.aws/config"), CONFIG);
    assert_eq!(text(&sandbox, "home/.aws/credentials"), CREDENTIALS);
    assert_eq!(sandbox.count_minted(), 0);
    // Nor by the next run.
    let (status, shown) = import(&sandbox, &[], &[]);
    let line = "cannot use 1Password item 'AWS Access Key' in vault 'Private': field 'one-time password' is of the type \
                CONCEALED, which makes no codes; make it a one-time password in the 1Password app";
    assert_eq!(
        (status, shown),
        (Some(1), format!("{KEY}{}", refusal(line)))
    );
}

#[test]
fn a_session_that_fails_leaves_the_item_and_the_next_run_goes_on() {
    let sandbox = with_key();
    let wrong = "arn:aws:iam::123456789012:mfa/bob";
    let (status, shown) = import(&sandbox, &["--mfa-serial", wrong], &[SEED_TYPED]);
    let line = "cannot get a session from STS: AccessDenied: MultiFactorAuthentication failed, unable to validate MFA code. \
                Please verify your MFA serial number is valid and associated with this user; check the MFA serial: it must be \
                a device of the key's user; the item stays as it is: correct this, then continue with \
                `get-1password-creds setup --import`";
    let expected = format!(
        "{KEY}{USER}{}{ASK_SEED}\ndevice   {wrong}\n{MADE}{}",
        about_seed_of_known_device(),
        refusal(line)
    );
    assert_eq!((status, shown), (Some(1), expected));
    assert_eq!(text(&sandbox, "home/.aws/config"), CONFIG);
    assert_eq!(text(&sandbox, "home/.aws/credentials"), CREDENTIALS);
    sandbox.change_field("mfa serial", |field| field["value"] = json!(DEVICE));
    let (status, shown) = import(&sandbox, &[], &[(ASK_REMOVAL, b"y\n")]);
    let found = "found    item 'AWS Access Key' in vault 'Private', with this key\n";
    let removed = "removed  2 lines from HOME/.aws/credentials\n";
    let expected = format!("{KEY}{found}{USER}{SESSION}{WRITTEN}{REMOVAL}y\n{removed}{ROTATE}");
    assert_eq!((status, shown), (Some(0), expected));
    assert_eq!(items(&sandbox).len(), 1);
}

#[test]
fn a_session_that_fails_with_a_typed_key_goes_on_by_setup_write() {
    let sandbox = empty();
    let answer = json!({ "call": "sts get-session-token", "exit": 255, "stderr": "\nCould not connect to the endpoint URL: \"x\"\n" });
    sandbox.mishap("aws", &answer);
    let (id, secret) = (format!("{KEY_ID}\n"), format!("{SECRET}\n"));
    let script = [
        (ASK_ID, id.as_bytes()),
        (ASK_SECRET, secret.as_bytes()),
        SEED_TYPED,
    ];
    let (status, shown) = import(&sandbox, &[], &script);
    let line = "cannot get a session from STS: Could not connect to the endpoint URL: \"x\"; check the network, the proxy and \
                the region; the item stays as it is: correct this, then continue with `get-1password-creds setup --write`\n";
    assert_eq!(status, Some(1));
    assert!(shown.ends_with(line), "{shown}");
    sandbox.moods(&json!({}));
    assert_eq!(sandbox.run(&["setup", "--write"]).status, Some(0));
}

/// Runs the program below a shell that lives through Ctrl-C, and says then whether the terminal shows what is typed.
const SHELL: &str = "exec 2>/dev/null; trap : INT QUIT; \"$@\"; echo \"status $?\"; \
    case \"$(/bin/stty -a </dev/tty)\" in *' -echo '*) echo hidden;; *) echo shown;; esac";

#[test]
fn a_signal_at_each_question_leaves_the_terminal_as_it_was() {
    let arn = format!("{DEVICE}\n");
    let (id, secret) = (format!("{KEY_ID}\n"), format!("{SECRET}\n"));
    let script = [
        (ASK_ID, id.as_bytes()),
        (ASK_SECRET, secret.as_bytes()),
        SEED_TYPED,
        (ASK_SERIAL, arn.as_bytes()),
        (ASK_REGION, b"eu-central-1\n"),
    ];
    for (key, status) in [(b"\x03", "status 130"), (b"\x1c", "status 131")] {
        for count in 0..script.len() {
            let sandbox = empty();
            sandbox.write_text("home/.aws/config", "");
            sandbox.mishap(
                "aws",
                &json!({ "call": "iam list-mfa-devices", "stderr": DENIED, "exit": 255 }),
            );
            let mut played = script[..=count].to_vec();
            played[count].1 = key;
            let program = ["/bin/sh", "-c", SHELL, "sh", PROGRAM, "setup", "--import"];
            let (_, shown) = run_at_terminal(&sandbox, &played, &program);
            let (_, end) = shown.rsplit_once(played[count].0).expect("the question");
            let end: Vec<&str> = end
                .lines()
                .map(|line| line.trim_start_matches("^C").trim_start_matches("^\\"))
                .filter(|line| !line.is_empty())
                .collect();
            assert_eq!(end, [status, "shown"], "{shown}");
            assert_eq!(items(&sandbox), [Value::Null; 0]);
            assert_eq!(text(&sandbox, "home/.aws/config"), "");
        }
    }
}

#[test]
fn ctrl_c_at_the_last_question_leaves_what_was_said() {
    let sandbox = with_key();
    let script = [SEED_TYPED, (ASK_REMOVAL, b"\x03")];
    let (status, shown) = import(&sandbox, &[], &script);
    let expected = format!(
        "{KEY}{USER}{ABOUT_SEED}{ASK_SEED}\n{DEVICE_LINE}{MADE}{SESSION}{WRITTEN}{REMOVAL}^C"
    );
    assert_eq!((status, shown), (Some(128 + 2), expected));
    assert_eq!(text(&sandbox, "home/.aws/credentials"), CREDENTIALS);
    // The next run has only this left to do.
    let (status, shown) = import(&sandbox, &[], &[(ASK_REMOVAL, b"yes\n")]);
    let found = "found    item 'AWS Access Key' in vault 'Private', with this key\n";
    let nothing = "\nNothing to change: [default] has the line already.\n";
    let removed = "removed  2 lines from HOME/.aws/credentials\n";
    let expected = format!("{KEY}{found}{USER}{SESSION}{nothing}{REMOVAL}yes\n{removed}{ROTATE}");
    assert_eq!((status, shown), (Some(0), expected));
    assert_eq!(text(&sandbox, "home/.aws/credentials"), CLEANED);
}

#[test]
fn lines_that_are_kept_are_said_with_what_that_means() {
    for answer in ["\n", "n\n", "maybe\nNo\n"] {
        let sandbox = with_key();
        let (first, rest) = answer.split_once('\n').expect("a line");
        let first = format!("{first}\n");
        let mut script = vec![SEED_TYPED, (ASK_REMOVAL, first.as_bytes())];
        script.extend((!rest.is_empty()).then_some((ASK_REMOVAL, rest.as_bytes())));
        let (status, shown) = import(&sandbox, &[], &script);
        let kept = "kept     2 lines in HOME/.aws/credentials: AWS clients use this key, without MFA, until you remove them\n";
        assert_eq!(status, Some(0));
        assert!(shown.ends_with(&format!("{kept}{ROTATE}")), "{shown}");
        assert_eq!(shown.contains("expected y or n"), !rest.is_empty());
        assert_eq!(text(&sandbox, "home/.aws/credentials"), CREDENTIALS);
    }
}

#[test]
fn line_ends_mode_and_link_of_the_credentials_file_stay() {
    let sandbox = empty();
    fs::create_dir(sandbox.path("home/dotfiles")).expect("a folder");
    let real = "home/dotfiles/credentials";
    sandbox.write_text(real, &CREDENTIALS.replace('\n', "\r\n"));
    fs::set_permissions(sandbox.path(real), fs::Permissions::from_mode(0o640)).expect("a mode");
    let link = sandbox.path("home/.aws/credentials");
    symlink("../dotfiles/credentials", &link).expect("a link");
    // A run that was killed has left it; no process has this number.
    let left = "home/dotfiles/credentials.get-1password-creds.2147483647";
    sandbox.write_text(left, CREDENTIALS);
    let (status, shown) = import(&sandbox, &[], &[SEED_TYPED, (ASK_REMOVAL, b"y\n")]);
    assert_eq!(status, Some(0), "{shown}");
    assert_eq!(text(&sandbox, real), CLEANED.replace('\n', "\r\n"));
    let mode = fs::metadata(sandbox.path(real))
        .expect("a file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o7777, 0o640);
    assert_eq!(
        fs::read_link(&link).expect("a link"),
        Path::new("../dotfiles/credentials")
    );
    let names = fs::read_dir(sandbox.path("home/dotfiles")).expect("a folder");
    assert_eq!(names.count(), 1);
}

#[test]
fn of_two_runs_that_take_keys_out_one_goes_first() {
    let sandbox = with_key();
    let path = sandbox.path("home/.aws/credentials");
    let other = fs::File::open(&path).expect("a file");
    other.try_lock().expect("a lock");
    let (status, shown) = import(&sandbox, &[], &[SEED_TYPED, (ASK_REMOVAL, b"y\n")]);
    let line = "cannot take the key out of HOME/.aws/credentials: another run is changing it; run it again";
    assert!(shown.ends_with(&refusal(line)), "{shown}");
    assert_eq!(status, Some(1));
    assert_eq!(text(&sandbox, "home/.aws/credentials"), CREDENTIALS);
}

#[test]
fn a_line_that_cannot_be_written_leaves_an_item_to_go_on_with() {
    let sandbox = with_key();
    let other = fs::File::open(sandbox.path("home/.aws/config")).expect("a file");
    other.try_lock().expect("a lock");
    let (status, shown) = import(&sandbox, &[], &[SEED_TYPED]);
    let line = "cannot write HOME/.aws/config: another run is changing it; run it again; the item stays as it is: correct this, \
                then continue with `get-1password-creds setup --import`";
    assert!(shown.ends_with(&refusal(line)), "{shown}");
    assert_eq!(status, Some(1));
    // Explicitly: a child that another test starts at this moment has a copy of the descriptor.
    other.unlock().expect("a lock");
    let (status, shown) = import(&sandbox, &[], &[(ASK_REMOVAL, b"y\n")]);
    assert_eq!(status, Some(0), "{shown}");
}

#[test]
fn a_key_in_the_config_file_is_taken_out_of_it() {
    let sandbox = empty();
    let lines = CREDENTIALS.lines().filter(|line| line.contains("aws_"));
    let key: Vec<String> = lines.take(2).map(|line| format!("{line}\n")).collect();
    let key = key.concat();
    sandbox.write_text("home/.aws/config", &format!("{CONFIG}{key}output = json\n"));
    let (status, shown) = import(&sandbox, &[], &[SEED_TYPED, (ASK_REMOVAL, b"y\n")]);
    let config = format!("{CONFIG}output = json\ncredential_process = {PROGRAM}\n");
    assert_eq!(
        (status, text(&sandbox, "home/.aws/config")),
        (Some(0), config),
        "{shown}"
    );
}

#[test]
fn another_profile_gets_the_line_and_the_region() {
    let sandbox = empty();
    let credentials = CREDENTIALS.replace("[default]", "[work]");
    sandbox.write_text("home/.aws/credentials", &credentials);
    let ask = "Region of profile 'work' [eu-central-1]: ";
    let script = [
        SEED_TYPED,
        (ask, &b"EU\n"[..]),
        (ask, b"\n"),
        (ASK_REMOVAL, b"y\n"),
    ];
    let (status, shown) = import(&sandbox, &["work"], &script);
    assert_eq!(status, Some(0), "{shown}");
    assert!(
        shown.contains(&format!(
            "{ask}EU\na region looks like eu-central-1\n{ask}\n"
        )),
        "{shown}"
    );
    assert!(
        shown.contains("region   eu-central-1, in profile 'work' of HOME/.aws/config\n"),
        "{shown}"
    );
    let end = ROTATE
        .replace("key\n", "key --profile work\n")
        .replace("EXAMPLE\n", "EXAMPLE --profile work\n");
    assert!(shown.ends_with(&end), "{shown}");
    let config = format!(
        "{CONFIG}[profile work]\nregion = eu-central-1\ncredential_process = {PROGRAM} --profile work\n"
    );
    assert_eq!(text(&sandbox, "home/.aws/config"), config);
    assert_eq!(
        text(&sandbox, "home/.aws/credentials"),
        CLEANED.replace("[default]", "[work]")
    );
}

#[test]
fn a_profile_that_is_not_there_yet_is_made() {
    let sandbox = empty();
    let (id, secret) = (format!("{KEY_ID}\n"), format!("{SECRET}\n"));
    let ask = "Region of profile 'new' [eu-central-1]: ";
    let script = [
        (ASK_ID, id.as_bytes()),
        (ASK_SECRET, secret.as_bytes()),
        SEED_TYPED,
        (ask, b"us-west-2\n"),
    ];
    let (status, shown) = import(&sandbox, &["new"], &script);
    let config = format!(
        "{CONFIG}[profile new]\nregion = us-west-2\ncredential_process = {PROGRAM} --profile new\n"
    );
    assert_eq!(
        (status, text(&sandbox, "home/.aws/config")),
        (Some(0), config),
        "{shown}"
    );
    // The calls of AWS that could know the region went to it.
    let regions = sandbox
        .events("connection")
        .into_iter()
        .map(|call| call["region"].clone());
    let regions: Vec<Value> = regions.collect();
    let (before, then) = (json!("eu-central-1"), json!("us-west-2"));
    assert_eq!(regions, [before.clone(), before, then.clone(), then]);
}

#[test]
fn options_answer_the_questions() {
    let sandbox = with_key();
    let mut vault = sandbox.read("standin/vault.json");
    vault["vaults"]
        .as_array_mut()
        .expect("vaults")
        .push(json!({ "id": "workworkworkworkworkworkwo", "name": "Work" }));
    sandbox.write("standin/vault.json", &vault);
    let args = [
        "default",
        "--item",
        "My Key",
        "--vault",
        "Work",
        "--mfa-serial",
        DEVICE,
        "--profile",
        "new",
        "--write",
    ];
    let (status, shown) = import(&sandbox, &args, &[SEED_TYPED, ("[eu-central-1]: ", b"\n")]);
    assert_eq!(status, Some(0), "{shown}");
    assert!(
        shown.contains("kept     the key in profile 'default'\n"),
        "{shown}"
    );
    let item = items(&sandbox).remove(0);
    assert_eq!(
        (&item["title"], &item["vault"]["name"]),
        (&json!("My Key"), &json!("Work"))
    );
    let id = item["id"].as_str().expect("an id");
    let line = format!("credential_process = {PROGRAM} --item {id} --vault Work --profile new\n");
    let config = format!("{CONFIG}[profile new]\nregion = eu-central-1\n{line}");
    assert_eq!(text(&sandbox, "home/.aws/config"), config);
    assert_eq!(text(&sandbox, "home/.aws/credentials"), CREDENTIALS);
}

#[test]
fn with_yes_only_what_has_no_safe_default_is_asked() {
    let sandbox = with_key();
    sandbox.write_text("home/.aws/config", "");
    let code = format!("{}\n", code(&sandbox));
    let ask = format!("One-time password for {DEVICE}: ");
    let script = [(ask.as_str(), code.as_bytes()), (ASK_REMOVAL, b"y\n")];
    let (status, shown) = import(&sandbox, &["--yes"], &script);
    assert_eq!(status, Some(0), "{shown}");
    assert!(
        shown.contains("code     typed at each new session"),
        "{shown}"
    );
    assert!(!shown.contains("Region of"), "{shown}");
    assert_eq!(text(&sandbox, "home/.aws/credentials"), CLEANED);
}

#[test]
fn with_a_cache_item_both_items_are_made() {
    let sandbox = with_key();
    let script = [SEED_TYPED, (ASK_REMOVAL, b"y\n")];
    let (status, shown) = import(&sandbox, &["--cache-item", "Cache"], &script);
    assert_eq!(status, Some(0), "{shown}");
    let made = format!("{MADE}made     item 'Cache' in vault 'Private'\n{SESSION}");
    assert!(shown.contains(&made), "{shown}");
    let items = items(&sandbox);
    let titles: Vec<&Value> = items.iter().map(|item| &item["title"]).collect();
    assert_eq!(titles, ["AWS Access Key", "Cache"]);
    let labels: Vec<&Value> = fields(&items[0]).map(|field| &field["label"]).collect();
    assert_eq!(
        labels,
        [
            "Access Key ID",
            "Secret Access Key",
            "mfa serial",
            "one-time password"
        ]
    );
    let id = items[0]["id"].as_str().expect("an id");
    let line = format!("credential_process = {PROGRAM} --item {id} --cache-item Cache\n");
    assert_eq!(
        text(&sandbox, "home/.aws/config"),
        format!("{CONFIG}{line}")
    );
    let args = ["--item", id, "--cache-item", "Cache"];
    assert_eq!(sandbox.run(&args), printed(&sandbox.minted(1)));
}

#[test]
fn what_would_fail_later_is_refused_first() {
    let refused = |args: &[&str], prepare: &dyn Fn(&Sandbox), line: &str| {
        let sandbox = empty();
        prepare(&sandbox);
        let config = text(&sandbox, "home/.aws/config");
        let (status, shown) = import(&sandbox, args, &[]);
        let shown = shown.strip_prefix(ACCOUNT).unwrap_or(&shown);
        assert_eq!((status, shown), (Some(1), refusal(line).as_str()));
        assert_eq!(text(&sandbox, "home/.aws/config"), config);
    };
    let nothing = |_: &Sandbox| {};
    refused(
        &["--op", "/nowhere/op"],
        &nothing,
        "cannot run '/nowhere/op': there is no such program; check --op",
    );
    refused(
        &["--aws", "/nowhere/aws"],
        &nothing,
        "cannot run '/nowhere/aws': there is no such program; check --aws",
    );
    let no_account = |sandbox: &Sandbox| {
        let vault = json!({ "vaults": [], "items": [], "accounts": [] });
        sandbox.write("standin/vault.json", &vault);
    };
    refused(
        &[],
        &no_account,
        "cannot make 1Password item 'AWS Access Key': `op` knows no account; turn on 'Integrate with 1Password CLI' in the \
         app's Developer settings, or add an account with `op account add`",
    );
    let old = |sandbox: &Sandbox| sandbox.moods(&json!({ "op": { "version": "2.26.1" } }));
    refused(
        &[],
        &old,
        "cannot make 1Password item 'AWS Access Key': `op` 2.26.1 is too old for setup --import; update it to 2.27 or later",
    );
    let config =
        |text: &'static str| move |sandbox: &Sandbox| sandbox.write_text("home/.aws/config", text);
    refused(
        &[],
        &config("[default]\ncredential_process = /other\n"),
        "cannot change profile 'default': it has another credential_process; take it out, or name another profile with \
         --profile",
    );
    refused(
        &["work"],
        &config("[profile work]\nrole_arn = arn:aws:iam::210987654321:role/admin\n"),
        "cannot change profile 'work': it has role_arn, which goes before credential_process; name another profile with \
         --profile",
    );
    refused(
        &["my work"],
        &nothing,
        "cannot write a line for ~/.aws/config: the value of --profile has white space, or a character that is \
         special in a shell; pass another name, or an id",
    );
    refused(
        &["--vault", "Nobody"],
        &nothing,
        "cannot read 1Password item 'AWS Access Key': `op item get` said: \"Nobody\" isn't a vault in this account. Specify \
         the vault with its ID or name; pass --vault with the vault's name or id, as `op vault list` shows it",
    );
}

#[test]
fn a_program_in_a_folder_with_a_space_is_refused() {
    let sandbox = with_key();
    fs::create_dir(sandbox.path("a b")).expect("a folder");
    sandbox.copy_program(Path::new(PROGRAM), "a b/get-1password-creds");
    let program = sandbox.path("a b/get-1password-creds");
    let program = [program.to_str().expect("a path"), "setup", "--import"];
    let shown = run_at_terminal(&sandbox, &[], &program);
    let line = "cannot write a line for ~/.aws/config: the path of this program has white space, or a character that is \
                special in a shell; move the program";
    assert_refused(&sandbox, shown, &refusal(line));
}

#[test]
fn without_a_terminal_or_in_the_background_nothing_is_begun() {
    let lines = [
        ("--none", "there is no terminal; run it at a terminal"),
        (
            "--background",
            "the command runs in the background; bring it to the foreground, or run it at a terminal",
        ),
    ];
    for (option, why) in lines {
        let sandbox = with_key();
        let program = [PROGRAM, "setup", "--import"];
        let outcome = finish(&mut tool(&sandbox, &[option], &[], &program));
        assert_eq!(outcome, failed(&format!("cannot import a key: {why}")));
        assert_eq!(sandbox.calls(), [""; 0]);
    }
}

#[test]
fn options_that_do_not_go_together_are_refused() {
    let usage = |args: &[&str]| {
        let outcome = Sandbox::new().run(&[&["setup"], args].concat());
        assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(2), ""));
        outcome.stderr.lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(
        usage(&["--import", "--no-session"]),
        "error: --import tries a session, and --no-session wants none"
    );
    assert_eq!(
        usage(&["--yes"]),
        "error: the following required arguments were not provided:"
    );
}

#[test]
fn secrets_are_on_the_stdin_of_op_and_in_the_environment_of_aws_alone() {
    let sandbox = empty();
    let (id, secret) = (format!("{KEY_ID}\n"), format!("{SECRET}\n"));
    let script = [
        (ASK_ID, id.as_bytes()),
        (ASK_SECRET, secret.as_bytes()),
        SEED_TYPED,
    ];
    let (status, shown) = import(&sandbox, &["--cache-item", "Cache"], &script);
    assert_eq!(status, Some(0), "{shown}");
    let is_clean = |text: &str| {
        let bare = text.replace(' ', "").to_uppercase();
        !text.contains(SECRET) && !bare.contains(SEED)
    };
    assert!(is_clean(&transcript(&sandbox)));
    for call in sandbox.events("begin") {
        assert!(is_clean(&call["argv"].to_string()), "{call}");
        let names = call["environment"].as_array().expect("names").iter();
        let aws: Vec<&Value> = names
            .filter(|name| {
                name.as_str()
                    .is_some_and(|name| name.starts_with("AWS_SECRET"))
            })
            .collect();
        let is_signed = call["program"] == "aws" && call["argv"][0] != "configure";
        assert_eq!(aws.len(), usize::from(is_signed), "{call}");
    }
    let inputs = sandbox.events("input").into_iter();
    let given: Vec<Value> = inputs
        .filter(|input| !is_clean(&input["text"].to_string()))
        .collect();
    assert_eq!(given.len(), 1);
    assert_eq!(given[0]["program"], "op");
    for folder in ["home", "tmp", "run", "cwd"] {
        for file in files(&sandbox.path(folder)) {
            let bytes = fs::read(&file).unwrap_or_default();
            assert!(
                is_clean(&String::from_utf8_lossy(&bytes)),
                "{}",
                file.display()
            );
        }
    }
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

#[test]
fn both_documents_show_what_a_person_sees() {
    let sandbox = with_key();
    let (_, shown) = import(&sandbox, &[], &[SEED_TYPED, (ASK_REMOVAL, b"y\n")]);
    let shown: Vec<&str> = shown.lines().map(str::trim_end).collect();
    for name in ["docs/setup.md", "docs/ja/setup.md"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        let readme = fs::read_to_string(path).expect(name);
        let (_, block) = readme
            .split_once("$ get-1password-creds setup --import\n")
            .expect("a block");
        let block = block
            .split("```")
            .next()
            .expect("a block")
            .replace("/Users/you/.cargo/bin/get-1password-creds", "PROGRAM")
            .replace("/Users/you", "HOME");
        let block = with_no_time(&block);
        assert_eq!(block.lines().collect::<Vec<_>>(), shown, "{name}");
    }
}

#[test]
fn questions_fit_a_terminal_of_80_columns() {
    let questions = [
        ASK_ID, ASK_SECRET, ASK_SEED, ABOUT_SEED, ASK_REGION, ASK_SERIAL, REMOVAL, ROTATE,
    ];
    for line in questions.iter().flat_map(|question| question.lines()) {
        assert!(line.chars().count() <= 80, "{line}");
    }
}
