//! `status` and `clear`: what they print, what they call, what they leave in the item.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::*;

const ITEM: &str = "item     AWS Access Key (q3fz5kcv2wjd4hx7mnbtya6rse)\n";
const VAULT: &str = "vault    Private (gshlsjsajnawtnjynzgwmiebge)\n";
const CLEAR: &str = "op item edit q3fz5kcv2wjd4hx7mnbtya6rse --vault gshlsjsajnawtnjynzgwmiebge --format json -- 'session_cache[password]=…'";

/// What `status` prints below item and vault, and its exit status.
fn status(sandbox: &Sandbox, args: &[&str]) -> (Option<i32>, String) {
    let mut command = sandbox.command(&[&["status"], args].concat());
    let outcome = outcome(&command.env("TZ", "JST-9").output().expect("a run"));
    assert_eq!(outcome.stderr, "");
    let rest = outcome.stdout.strip_prefix(&format!("{ITEM}{VAULT}"));
    (outcome.status, rest.expect("item and vault").to_owned())
}

fn with_origin(expiration: &str, key_id: &str) -> Value {
    let mut json = session_json(expiration);
    json["MintedFrom"] = minted_from(key_id, "arn:aws:iam::123456789012:mfa/alice");
    json
}

#[test]
fn status_shows_a_session_that_would_be_served() {
    let sandbox = Sandbox::new();
    let cache = with_origin(FAR_FUTURE, "AKIAIOSFODNN7EXAMPLE");
    sandbox.set_cache(&base64(&cache));
    let before = sandbox.item();
    let (code, text) = status(&sandbox, &[]);
    let (shown, left) = text.split_once(", in ").expect("the time that is left");
    assert_eq!(code, Some(0));
    assert_eq!(
        shown,
        "key id   …MPLE\nminted   2025-12-16 10:00:00 +09:00, from key id …MPLE\n\
         expires  3000-01-01 08:59:59 +09:00"
    );
    assert!(left.ends_with(" min\nserved   yes\n"), "{left}");
    assert_eq!(sandbox.calls(), [GET]);
    assert_eq!(sandbox.item(), before);
    assert_eq!(sandbox.left_behind(), ["HASH.authorised"]);
}

#[test]
fn status_tells_the_time_in_utc_where_there_is_no_other() {
    let sandbox = Sandbox::new();
    sandbox.set_cache(&base64(&with_origin(FAR_FUTURE, "AKIAIOSFODNN7EXAMPLE")));
    let mut command = sandbox.command(&["status"]);
    let outcome = outcome(&command.env("TZ", "UTC0").output().expect("a run"));
    assert!(
        outcome
            .stdout
            .contains("\nminted   2025-12-16 01:00:00 UTC, "),
        "{}",
        outcome.stdout
    );
}

#[test]
fn status_says_why_a_session_would_not_be_served() {
    let past = "2020-01-01T00:00:00Z";
    let soon = in_seconds(20);
    let foreign = base64(&with_origin(FAR_FUTURE, "AKIAI44QH8DHBEXAMPLE"));
    let cases = [
        (String::new(), "no session is stored yet", "none"),
        (
            "rubbish".to_owned(),
            "the cache field holds no readable session",
            "unreadable",
        ),
        (
            foreign,
            "it is from another key or device than the item's",
            "foreign",
        ),
        (base64(&session_json(past)), "it has expired", "expired"),
        (
            base64(&session_json(&soon)),
            "it has less than --margin left",
            "ending",
        ),
    ];
    for (cache, objection, state) in cases {
        let sandbox = Sandbox::new();
        sandbox.set_cache(&cache);
        let (code, text) = status(&sandbox, &[]);
        assert_eq!(code, Some(1), "{state}");
        let last = text.lines().next_back();
        let expected = format!("served   no: {objection}; the next run gets a new one");
        assert_eq!(last, Some(expected.as_str()));
        let outcome = sandbox.run(&["status", "--json"]);
        let json: Value = serde_json::from_str(&outcome.stdout).expect("JSON");
        assert_eq!((outcome.status, &json["state"]), (Some(1), &json!(state)));
    }
}

#[test]
fn status_knows_nothing_of_the_origin_of_the_scripts_session() {
    let sandbox = Sandbox::new();
    sandbox.set_cache(&base64(&session_json("2020-01-01T00:00:00Z")));
    let (_, text) = status(&sandbox, &[]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "key id   …MPLE");
    assert!(
        lines[1].starts_with("expires  2020-01-01 09:00:00 +09:00, "),
        "{text}"
    );
    assert!(lines[1].ends_with(" min ago"), "{text}");
}

#[test]
fn status_shows_no_secret() {
    let sandbox = Sandbox::new();
    sandbox.run(&[]);
    let session = sandbox.read("standin/ledger.json")["sessions"][0].clone();
    let (text, json) = (sandbox.run(&["status"]), sandbox.run(&["status", "--json"]));
    for name in ["access_key_id", "secret_access_key", "session_token"] {
        let secret = session[name].as_str().expect("a text");
        assert!(
            !text.stdout.contains(secret) && !json.stdout.contains(secret),
            "{name}"
        );
    }
    assert!(
        !json.stdout.contains("AKIAIOSFODNN7EXAMPLE"),
        "{}",
        json.stdout
    );
}

/// The rows of the table of keys: key, types.
fn schema() -> Vec<(String, Vec<String>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/commands.md");
    let readme = fs::read_to_string(path).expect("the document");
    let (_, table) = readme
        .split_once("| key | type |")
        .expect("a table of keys");
    let rows = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let cells = |row: &str| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let types = cells[1].split(" or ").map(str::to_owned).collect();
        (cells[0].trim_matches('`').to_owned(), types)
    };
    rows.map(cells).collect()
}

#[test]
fn status_in_json_follows_the_schema_of_the_readme() {
    let sandbox = Sandbox::new();
    let caches = [
        String::new(),
        base64(&session_json(FAR_FUTURE)),
        base64(&with_origin(FAR_FUTURE, "AKIAIOSFODNN7EXAMPLE")),
    ];
    for cache in caches {
        sandbox.set_cache(&cache);
        let outcome = sandbox.run(&["status", "--json"]);
        let json: Value = serde_json::from_str(&outcome.stdout).expect("JSON");
        let mut keys: Vec<_> = json.as_object().expect("an object").keys().collect();
        let schema = schema();
        let mut documented: Vec<_> = schema.iter().map(|(key, _)| key).collect();
        keys.sort();
        documented.sort();
        assert_eq!(keys, documented);
        for (key, types) in schema {
            let own = match &json[&key] {
                Value::Null => "null",
                Value::Bool(_) => "boolean",
                Value::Number(_) => "number",
                _ => "string",
            };
            assert!(types.contains(&own.to_owned()), "{key}: {own}");
        }
    }
}

#[test]
fn status_in_json_says_when_and_from_what() {
    let sandbox = Sandbox::new();
    sandbox.set_cache(&base64(&with_origin(FAR_FUTURE, "AKIAIOSFODNN7EXAMPLE")));
    let outcome = sandbox.run(&["status", "--json"]);
    let mut json: Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    assert!(json["seconds_left"].take().as_i64() > Some(43200));
    assert_eq!(
        json,
        json!({
            "profile": null, "item_id": "q3fz5kcv2wjd4hx7mnbtya6rse", "item": "AWS Access Key",
            "vault_id": "gshlsjsajnawtnjynzgwmiebge", "vault": "Private",
            "state": "fresh", "unstored_at": null, "kept_until": null, "served": true, "key_id_end": "MPLE",
            "expires_at": FAR_FUTURE, "seconds_left": null,
            "minted_at": "2025-12-16T01:00:00Z", "minted_from_key_id_end": "MPLE",
        })
    );
}

#[test]
fn status_without_sessions_is_refused() {
    let sandbox = Sandbox::new();
    let line = "cannot show a session: --no-session stores none";
    assert_eq!(sandbox.run(&["status", "--no-session"]), failed(line));
    assert_eq!(sandbox.calls(), [""; 0]);
}

#[test]
fn the_options_of_a_config_line_are_good_for_every_command() {
    let sandbox = Sandbox::new();
    let op = sandbox.path("bin/op");
    let op = op.to_str().expect("a path");
    let args = [
        "--vault",
        "Private",
        "--margin",
        "16m",
        "--op",
        op,
        "--timeout",
        "20s",
    ];
    sandbox.set_cache(&base64(&session_json(&in_seconds(900))));
    let get = "op item get 'AWS Access Key' --format json --vault Private";
    for args in [
        [&["status"], &args[..]].concat(),
        [&args[..], &["status"]].concat(),
    ] {
        let outcome = sandbox.run(&args);
        assert!(
            outcome.stdout.ends_with("the next run gets a new one\n"),
            "{}",
            outcome.stdout
        );
        assert_eq!(sandbox.calls(), [get]);
        sandbox.forget_calls();
    }
}

#[test]
fn clear_empties_the_cache_field_and_nothing_else() {
    let sandbox = Sandbox::new();
    let mut before = sandbox.item();
    sandbox.set_cache(&base64(&session_json(FAR_FUTURE)));
    let text = "cleared field 'session_cache' of 1Password item 'AWS Access Key'; the next run gets a new session\n";
    assert_eq!(sandbox.run(&["clear"]), printed(text));
    assert_eq!(sandbox.calls(), [GET_PAST_CACHE, CLEAR]);
    let mut after = sandbox.item();
    for item in [&mut before, &mut after] {
        item["version"].take();
        item["updated_at"].take();
    }
    assert_eq!(after, before);
    sandbox.forget_calls();
    assert_eq!(sandbox.run(&[]), printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), COLD);
}

#[test]
fn clear_sees_a_session_that_the_cache_of_op_does_not_know_yet() {
    let sandbox = Sandbox::new();
    sandbox.moods(&json!({ "op": { "stale_reads": 9 } }));
    assert_eq!(sandbox.run(&[]), printed(&sandbox.minted(1)));
    sandbox.forget_calls();
    let text = "cleared field 'session_cache' of 1Password item 'AWS Access Key'; the next run gets a new session\n";
    assert_eq!(sandbox.run(&["clear"]), printed(text));
    assert_eq!(sandbox.calls(), [GET_PAST_CACHE, CLEAR]);
}

#[test]
fn clear_is_content_with_nothing_to_clear() {
    let sandbox = Sandbox::new();
    let text =
        "nothing to clear: field 'session_cache' of 1Password item 'AWS Access Key' is empty\n";
    assert_eq!(sandbox.run(&["clear"]), printed(text));
    assert_eq!(sandbox.calls(), [GET_PAST_CACHE]);
}

/// Adds a filled cache field in a section.
fn add_cache(sandbox: &Sandbox, id: &str, section: &Value) {
    sandbox.change_item(|item| {
        let fields = item["fields"].as_array_mut().expect("fields");
        fields.push(json!({ "id": id, "type": "CONCEALED", "label": "session_cache", "value": "x", "section": section }));
    });
}

#[test]
fn clear_empties_every_field_that_a_section_tells_apart() {
    let sandbox = Sandbox::new();
    for name in ["A.B", "C"] {
        add_cache(
            &sandbox,
            name,
            &json!({ "id": format!("Section_{name}"), "label": name }),
        );
    }
    let text = "cleared field 'session_cache' of 1Password item 'AWS Access Key', 2 times; the next run gets a new session\n";
    assert_eq!(sandbox.run(&["clear"]), printed(text));
    let calls = sandbox.calls();
    assert_eq!(calls.len(), 2);
    assert!(
        calls[1].contains(r"'A\.B.session_cache[password]=…' 'C.session_cache[password]=…'"),
        "{}",
        calls[1]
    );
    assert!(
        fields(&sandbox.item())
            .all(|field| field["label"] != "session_cache" || field["value"].is_null())
    );
}

#[test]
fn clear_leaves_what_op_cannot_tell_apart() {
    let sandbox = Sandbox::new();
    sandbox.set_cache("x");
    add_cache(&sandbox, "loose", &json!({ "id": "add more" }));
    add_cache(
        &sandbox,
        "kept apart",
        &json!({ "id": "Section_C", "label": "C" }),
    );
    let line = "cannot clear 1Password item 'AWS Access Key': several fields match 'session_cache', and `op` can't tell them apart \
                (section 'add more', id w5yd4rlqhbbcjqe2sxnu3cbhty; section 'add more', id loose); empty them in the 1Password app";
    assert_eq!(sandbox.run(&["clear"]), failed(line));
    let item = sandbox.item();
    let full = fields(&item)
        .filter(|field| field["label"] == "session_cache" && !field["value"].is_null());
    let full: Vec<_> = full.map(|field| &field["id"]).collect();
    assert_eq!(full, ["w5yd4rlqhbbcjqe2sxnu3cbhty", "loose"]);
}

#[test]
fn clear_leaves_a_field_without_a_section_label_beside_one_with_it() {
    let sandbox = Sandbox::new();
    sandbox.set_cache("x");
    add_cache(&sandbox, "C", &json!({ "id": "Section_C", "label": "C" }));
    let line = "cannot clear 1Password item 'AWS Access Key': several fields match 'session_cache', and `op` can't tell them apart \
                (section 'add more', id w5yd4rlqhbbcjqe2sxnu3cbhty); empty them in the 1Password app";
    assert_eq!(sandbox.run(&["clear"]), failed(line));
    let call = CLEAR.replace("session_cache", "C.session_cache");
    assert_eq!(sandbox.calls(), [GET_PAST_CACHE, &call]);
}

#[test]
fn clear_tries_again_after_a_conflict() {
    let sandbox = Sandbox::new();
    sandbox.set_cache("x");
    let stderr = "[ERROR] 2026/08/14 04:07:09 (409) Conflict: Internal server conflict\n";
    sandbox.mishap(
        "op",
        &json!({ "call": "item edit", "times": 1, "stderr": stderr, "exit": 4 }),
    );
    assert_eq!(sandbox.run(&["clear"]).status, Some(0));
    assert_eq!(sandbox.calls(), [GET_PAST_CACHE, CLEAR, CLEAR]);
}

#[test]
fn clear_does_not_believe_an_edit_that_changed_nothing() {
    let sandbox = Sandbox::new();
    sandbox.set_cache("x");
    sandbox.moods(&json!({ "op": { "edit_lies": "silent" } }));
    let line =
        "cannot clear 1Password item 'AWS Access Key': `op item edit` left the field as it was";
    assert_eq!(sandbox.run(&["clear"]), failed(line));
}

#[test]
fn what_a_terminal_would_obey_in_a_name_is_not_shown() {
    let sandbox = Sandbox::new();
    let mut vault = sandbox.read("standin/vault.json");
    let name = json!("Pri\u{202e}va\u{1b}te\u{2028}");
    vault["vaults"][0]["name"] = name.clone();
    vault["items"][0]["vault"]["name"] = name;
    sandbox.write("standin/vault.json", &vault);
    let status = sandbox.run(&["status"]).stdout;
    let line = "vault    Pri va te  (gshlsjsajnawtnjynzgwmiebge)\n";
    assert!(status.contains(line), "{status}");
    let doctor = sandbox.run(&["doctor"]).stdout;
    let line = "ok       item: 'AWS Access Key' in vault 'Pri va te '\n";
    assert!(doctor.contains(line), "{doctor}");
}

/// The config of a machine with a line for each of two items, and a role on top of one.
const LINES: &str = "[default]\ncredential_process = PROGRAM --margin 16m --vault Private\n\
    [profile other]\ncredential_process = PROGRAM --item Nobody --profile region\n[profile region]\nregion = eu-central-1\n\
    [profile role]\nsource_profile = other\n[profile login]\ncredential_process = PROGRAM aws-login --profile signin\n\
    [profile bad]\ncredential_process = PROGRAM --no-such-option\n";

const IN_VAULT: &str = "op item get 'AWS Access Key' --format json --vault Private";

#[test]
fn the_line_of_the_default_profile_is_what_is_asked_about() {
    let sandbox = Sandbox::new();
    setups::configure(&sandbox, LINES);
    sandbox.set_cache(&base64(&session_json(&in_seconds(900))));
    let outcome = sandbox.run(&["status"]);
    let line = "line     of profile 'default': --vault Private --margin 16m\n";
    assert!(
        outcome.stdout.starts_with(&format!("{line}{ITEM}{VAULT}")),
        "{}",
        outcome.stdout
    );
    assert_eq!(
        (outcome.status, sandbox.calls()),
        (Some(1), vec![IN_VAULT.to_owned()])
    );
    let json: Value =
        serde_json::from_str(&sandbox.run(&["status", "--json"]).stdout).expect("JSON");
    assert_eq!(
        (&json["profile"], &json["state"]),
        (&json!("default"), &json!("ending"))
    );
    // What is given wins, the default of an option, too.
    for args in [["status", "--margin", "30s"], ["--margin", "30s", "status"]] {
        assert_eq!(sandbox.run(&args).status, Some(0), "{args:?}");
    }
    sandbox.forget_calls();
    let text = "by the line of profile 'default': --vault Private --margin 16m\n\
                cleared field 'session_cache' of 1Password item 'AWS Access Key'; the next run gets a new session\n";
    assert_eq!(sandbox.run(&["clear"]), printed(text));
    assert_eq!(
        sandbox.calls()[0],
        IN_VAULT.replace("--vault", "--cache=false --vault")
    );
}

#[test]
fn an_item_that_is_given_leaves_the_line_out() {
    let sandbox = Sandbox::new();
    setups::configure(&sandbox, LINES);
    let args = ["status", "--item", "AWS Access Key", "--profile", "other"];
    assert_eq!(status(&sandbox, &args[1..]).0, Some(1));
    assert_eq!(sandbox.calls(), [GET]);
}

#[test]
fn a_profile_stands_for_the_options_of_its_line() {
    let sandbox = Sandbox::new();
    setups::configure(&sandbox, LINES);
    for profile in ["other", "role"] {
        for command in ["status", "clear"] {
            let outcome = sandbox.run(&[command, "--profile", profile]);
            let start = "get-1password-creds: cannot read 1Password item 'Nobody': ";
            assert!(outcome.stderr.starts_with(start), "{outcome:?}");
        }
    }
}

#[test]
fn a_line_that_stands_for_no_session_is_said() {
    let sandbox = Sandbox::new();
    setups::configure(&sandbox, LINES);
    let config = sandbox.path("home/.aws/config");
    let none = |profile: &str| {
        format!(
            "cannot find the options of profile '{profile}': no credential_process in {} runs this program there; name another profile, or the item with --item",
            config.display()
        )
    };
    for (profile, line) in [
        ("region", none("region")),
        ("nowhere", none("nowhere")),
        ("login", "cannot use the credential_process line of profile 'login': it is for aws-login, which keeps no session in 1Password".to_owned()),
        ("bad", "cannot read the credential_process line of profile 'bad': unexpected argument '--no-such-option' found".to_owned()),
    ] {
        for command in ["status", "clear"] {
            assert_eq!(sandbox.run(&[command, "--profile", profile]), failed(&line));
        }
    }
    assert_eq!(sandbox.calls(), [""; 0]);
}
