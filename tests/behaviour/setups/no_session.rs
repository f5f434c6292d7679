//! `--no-session`: op-cred-helper, the line with `op read`, and all who have no MFA: the long-lived key, as it is.

use std::fs;

use serde_json::json;

use super::run_together;
use crate::support::setups::*;
use crate::support::terminal::*;
use crate::support::*;

const HELPER: &str = "[alice]
region = us-east-1
credential_process = PROGRAM --no-session --vault Private --item console-alice --access-key-field AWS.aws_access_key_id --secret-key-field AWS.aws_secret_access_key
";

const READ: &str = "[default]
region = ap-northeast-1
output = json
credential_process = PROGRAM --no-session --vault Private --item AWS
";

const BARE_LABELS: [&str; 4] = [
    "--access-key-field",
    "aws_access_key_id",
    "--secret-key-field",
    "aws_secret_access_key",
];

/// Expects the key for one call, and that nothing has changed in 1Password.
fn expect_static_keys(sandbox: &Sandbox, args: &[&str], call: &str) {
    let before = sandbox.read("standin/vault.json");
    assert_eq!(sandbox.run(args), printed(STATIC_KEYS), "{args:?}");
    assert_eq!(sandbox.calls(), [call]);
    assert_eq!(sandbox.read("standin/vault.json"), before);
    sandbox.forget_calls();
}

fn words(config: &str, profile: &str) -> Vec<String> {
    arguments(config, profile)
}

#[test]
fn op_cred_helper_static_keys_in_a_section() {
    let sandbox = Sandbox::new();
    login_item(&sandbox);
    let args = words(HELPER, "alice");
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let call = "op item get console-alice --format json --vault Private";
    expect_static_keys(&sandbox, &args, call);
}

#[test]
fn op_cred_helper_static_keys_by_id_and_by_bare_labels() {
    let sandbox = Sandbox::new();
    login_item(&sandbox);
    let id = "q3fz5kcv2wjd4hx7mnbtya6rse";
    for item in [id, "console-alice"] {
        let args = [&["--no-session", "--item", item], &BARE_LABELS[..]].concat();
        let call = format!("op item get {item} --format json");
        expect_static_keys(&sandbox, &args, &call);
    }
}

#[test]
fn op_read_line_static_keys() {
    let sandbox = Sandbox::new();
    plugin_item(&sandbox);
    let args = words(READ, "default");
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let call = "op item get AWS --format json --vault Private";
    expect_static_keys(&sandbox, &args, call);
}

#[test]
fn a_cached_session_is_neither_served_nor_touched() {
    let sandbox = Sandbox::new();
    sandbox.set_cache(&base64(&session_json(FAR_FUTURE)));
    expect_static_keys(&sandbox, &["--no-session"], GET);
}

#[test]
fn static_keys_need_no_aws_cli() {
    let sandbox = Sandbox::new();
    fs::remove_file(sandbox.path("bin/aws")).expect("the stand-in");
    expect_static_keys(&sandbox, &["--no-session"], GET);
}

#[test]
fn a_field_that_is_missing_is_named() {
    let sandbox = Sandbox::new();
    login_item(&sandbox);
    let item = ["--no-session", "--item", "console-alice"];
    let of_item =
        "of 1Password item 'console-alice': it isn't there; add it, or name another field with";
    let cases: [(&[&str], String); 3] = [
        (
            &[],
            format!("cannot read field 'Access Key ID' {of_item} --access-key-field"),
        ),
        (
            &BARE_LABELS[..2],
            format!("cannot read field 'Secret Access Key' {of_item} --secret-key-field"),
        ),
        (
            &["--access-key-field", "Other.aws_access_key_id"],
            format!("cannot read field 'Other.aws_access_key_id' {of_item} --access-key-field"),
        ),
    ];
    for (flags, line) in cases {
        let args = [&item[..], flags].concat();
        assert_eq!(sandbox.run(&args), failed(&line));
        assert_eq!(sandbox.calls(), ["op item get console-alice --format json"]);
        sandbox.forget_calls();
    }
}

#[test]
fn a_field_that_is_there_twice_is_told_apart_by_its_section() {
    let sandbox = Sandbox::new();
    login_item(&sandbox);
    sandbox.change_item(|item| {
        let section = json!({ "id": "Section_old", "label": "Old" });
        let old = json!({ "id": "old", "label": "aws_access_key_id", "type": "STRING", "value": "AKIAI44QH8DHBEXAMPLE", "section": section });
        item["fields"].as_array_mut().expect("fields").push(old);
    });
    let args = [
        &["--no-session", "--item", "console-alice"],
        &BARE_LABELS[..],
    ]
    .concat();
    let line = "cannot read field 'aws_access_key_id' of 1Password item 'console-alice': 2 fields match (section 'AWS', \
                id aws_access_key_id; section 'Old', id old); choose one as SECTION.FIELD or by id with --access-key-field";
    assert_eq!(sandbox.run(&args), failed(line));
    sandbox.forget_calls();
    let args = words(HELPER, "alice");
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let call = "op item get console-alice --format json --vault Private";
    expect_static_keys(&sandbox, &args, call);
}

#[test]
fn an_item_that_is_not_there_is_said() {
    let sandbox = Sandbox::new();
    let line = "cannot read 1Password item 'Nobody': `op item get` said: \"Nobody\" isn't an item. Specify the item with its \
                UUID, name, or domain; pass --item with the item's name or id, as `op item list` shows it, or make it: `get-1password-creds setup --import --item Nobody --no-session`";
    assert_eq!(
        sandbox.run(&["--no-session", "--item", "Nobody"]),
        failed(line)
    );
}

#[test]
fn six_runs_side_by_side_prompt_once() {
    let sandbox = Sandbox::new();
    sandbox.moods(&json!({ "op": { "authorisation": "app", "prompt_delay": 0.3 } }));
    let script = format!("for i in 1 2 3 4 5 6; do '{PROGRAM}' --no-session & done; wait");
    let program = ["/bin/sh", "-c", &script];
    let outcome = finish(&mut tool(&sandbox, &[], &[], &program));
    assert_eq!(outcome, printed(&STATIC_KEYS.repeat(6)));
    assert_eq!(sandbox.events("prompt").len(), 1);
    assert_eq!(sandbox.calls(), [GET]);
}

/// What one kind of run leaves for those that wait must not mislead the other kind.
#[test]
fn runs_with_and_without_a_session_side_by_side_get_each_their_own() {
    let sandbox = Sandbox::new();
    sandbox.moods(&json!({ "op": { "delay": { "item get": 0.2 } } }));
    let args = [&["--no-session"][..], &[], &["--no-session"], &[]];
    let commands = args.iter().map(|args| sandbox.command(args)).collect();
    let outcomes = run_together(commands);
    let (keys, session) = (printed(STATIC_KEYS), printed(&sandbox.minted(1)));
    assert_eq!(
        outcomes.iter().collect::<Vec<_>>(),
        [&keys, &session, &keys, &session]
    );
    assert_eq!(sandbox.count_minted(), 1);
}
