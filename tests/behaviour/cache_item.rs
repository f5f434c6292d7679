//! `--cache-item`: the session in an item of its own, which is read alone, written as a whole and never harmed.

mod between;
mod flow;
mod owner;
mod pipes;
mod setup;
mod shape;

use std::process::Child;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::*;

/// The options of a user's first `setup`, and those that its line has.
const NAMES: [&str; 2] = ["--cache-item", "AWS Session"];
const OPTION: [&str; 4] = ["--item", KEY, "--cache-item", "AWS Session"];

/// The id of the item of the key, and that of another one.
const KEY: &str = "q3fz5kcv2wjd4hx7mnbtya6rse";
const OTHER_KEY: &str = "w6c2nxvz4hqkd7ryt3bmfga5oe";

/// The item as `setup` makes it, with ids of its own.
const ID: &str = "vdm7gkx2cu4hqs3nzb5yfaot6l";
const NOTE: &str = "The AWS session that get-1password-creds keeps for --cache-item. It writes this item as a whole: add nothing to it.";

const GET_CACHE: &str = "op item get 'AWS Session' --format json";
const GET_CACHE_AGAIN: &str = "op item get vdm7gkx2cu4hqs3nzb5yfaot6l --vault gshlsjsajnawtnjynzgwmiebge --format json --cache=false";
const GET_CACHE_TO_CLEAR: &str = "op item get 'AWS Session' --format json --cache=false";
const VERSION: &str = "op --version";
const REPLACE: &str =
    "op item edit vdm7gkx2cu4hqs3nzb5yfaot6l --vault gshlsjsajnawtnjynzgwmiebge --format json";
const GET_KEY: &str = "op item get q3fz5kcv2wjd4hx7mnbtya6rse --format json";
const COLD_CALLS: [&str; 7] = [
    GET_CACHE,
    VERSION,
    GET_KEY,
    OTP,
    STS,
    GET_CACHE_AGAIN,
    REPLACE,
];

/// How the vault says that somebody else has just changed it.
const CONFLICT: &str = "[ERROR] 2026/08/14 04:07:09 unable to process line 1: DB: (409) (Conflict), Internal server conflict.\n";

const CLEARED: &str = "cleared field 'session_cache' of 1Password item 'AWS Session'; the next run gets a new session\n";

/// The read of the dedicated item by this command: `clear` looks past op's cache.
fn first_read(command: &[&str]) -> &'static str {
    if command.first() == Some(&"clear") {
        GET_CACHE_TO_CLEAR
    } else {
        GET_CACHE
    }
}

/// A sandbox with an item for the session beside the sample item.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    let vault = sandbox.item()["vault"].clone();
    add_item(
        &sandbox,
        json!({
            "id": ID, "title": "AWS Session", "version": 1, "vault": vault, "category": "SECURE_NOTE",
            "fields": [
                { "id": "notesPlain", "type": "STRING", "purpose": "NOTES", "label": "notesPlain", "value": NOTE },
                { "id": "xq5r2tvnlo6wbejd4ky3chzmga", "type": "CONCEALED", "label": "session_cache" },
            ],
        }),
    );
    sandbox
}

fn add_item(sandbox: &Sandbox, item: Value) {
    let mut vault = sandbox.read("standin/vault.json");
    vault["items"].as_array_mut().expect("items").push(item);
    sandbox.write("standin/vault.json", &vault);
}

/// The item for the session as it is in the vault; it is the last one.
fn cache_item(sandbox: &Sandbox) -> Value {
    let vault = sandbox.read("standin/vault.json");
    let items = vault["items"].as_array().expect("items");
    items.last().expect("an item").clone()
}

fn change_cache_item(sandbox: &Sandbox, change: impl FnOnce(&mut Value)) {
    let mut vault = sandbox.read("standin/vault.json");
    let items = vault["items"].as_array_mut().expect("items");
    change(items.last_mut().expect("an item"));
    sandbox.write("standin/vault.json", &vault);
}

/// Puts a session of the key into the item, with some other parts of the record.
fn keep(sandbox: &Sandbox, expiration: &str, record: &Value) {
    let mut session = session_json(expiration);
    session["MintedFrom"] = minted_from(
        "AKIAIOSFODNN7EXAMPLE",
        "arn:aws:iam::123456789012:mfa/alice",
    );
    session["MintedFrom"]["Owner"] = json!({ "Item": KEY, "Field": "Access Key ID" });
    for (name, value) in record.as_object().into_iter().flatten() {
        session["MintedFrom"][name] = value.clone();
    }
    change_cache_item(sandbox, |item| {
        field_mut(item, "session_cache")["value"] = json!(base64(&session));
    });
}

/// The session in the item, as JSON; null if there is none.
fn kept(sandbox: &Sandbox) -> Value {
    let item = cache_item(sandbox);
    let field = fields(&item).find(|field| field["label"] == "session_cache");
    let text = field.and_then(|field| field["value"].as_str());
    text.map_or(Value::Null, |text| {
        serde_json::from_slice(&STANDARD.decode(text).expect("base64")).expect("JSON")
    })
}

/// Runs with the option and others.
fn run(sandbox: &Sandbox, args: &[&str]) -> Outcome {
    sandbox.run(&[args, &OPTION].concat())
}

/// Runs with the option, and expects that nothing in the vault changes.
fn run_untouched(sandbox: &Sandbox, args: &[&str]) -> Outcome {
    untouched(sandbox, &[args, &OPTION].concat())
}

/// The same with these options alone.
fn untouched(sandbox: &Sandbox, args: &[&str]) -> Outcome {
    let before = sandbox.read("standin/vault.json");
    let outcome = sandbox.run(args);
    let is_same = sandbox.read("standin/vault.json") == before;
    assert!(is_same, "{args:?} changed the vault");
    outcome
}

/// Starts a run that waits in this call until [`runs::go_on`], and comes back once it does.
fn run_up_to(sandbox: &Sandbox, (program, call): (&str, &str), ending: Value) -> Child {
    let mut mishap = ending;
    mishap["call"] = json!(call);
    mishap["until"] = json!("go");
    sandbox.mishap(program, &mishap);
    let run = runs::spawn(&mut sandbox.command(&OPTION));
    let begin = format!("{program} {call}");
    let calls = || sandbox.calls().into_iter();
    runs::wait_for(|| calls().any(|line| line.starts_with(&begin)));
    run
}

/// Lets a run go on, and waits for its end.
fn finish(sandbox: &Sandbox, run: Child) -> Outcome {
    runs::go_on(sandbox);
    runs::outcome_of(run)
}

fn add_field(item: &mut Value, field: Value) {
    let fields = item["fields"].as_array_mut().expect("fields");
    fields.push(field);
}

/// What a user may add to any item in the app.
fn own_field() -> Value {
    json!({ "id": "own", "type": "STRING", "label": "wifi", "value": "x" })
}

/// Leaves out what `setup` says of the key's item, which is in order.
fn past_checks(outcome: Outcome) -> Outcome {
    let is_ok = outcome.stdout.lines().all(|line| line.starts_with("ok  "));
    assert!(is_ok, "{}", outcome.stdout);
    Outcome {
        stdout: String::new(),
        ..outcome
    }
}
