//! `--cache-item`: the session in an item of its own, which is read alone, written as a whole and never harmed.

#![cfg(test)]
#![allow(clippy::disallowed_methods, reason = "tests start the program")]

#[path = "cache_item/flow.rs"]
mod flow;
#[path = "cache_item/owner.rs"]
mod owner;
#[path = "cache_item/pipes.rs"]
mod pipes;
#[path = "cache_item/setup.rs"]
mod setup;
#[path = "cache_item/shape.rs"]
mod shape;
mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use support::*;

const OPTION: [&str; 2] = ["--cache-item", "AWS Session"];

/// The item as `setup` makes it, with ids of its own.
const ID: &str = "vdm7gkx2cu4hqs3nzb5yfaot6l";
const NOTE: &str = "The AWS session that get-1password-creds keeps for --cache-item. It writes this item as a whole: add nothing to it.";

const GET_CACHE: &str = "op item get 'AWS Session' --format json";
const GET_CACHE_AGAIN: &str = "op item get vdm7gkx2cu4hqs3nzb5yfaot6l --vault gshlsjsajnawtnjynzgwmiebge --format json --cache=false";
const VERSION: &str = "op --version";
const REPLACE: &str =
    "op item edit vdm7gkx2cu4hqs3nzb5yfaot6l --vault gshlsjsajnawtnjynzgwmiebge --format json";
const COLD_CALLS: [&str; 7] = [GET_CACHE, VERSION, GET, OTP, STS, GET_CACHE_AGAIN, REPLACE];

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

/// Puts a session into the item, of the key that no options name, with some other parts of the record.
fn keep(sandbox: &Sandbox, expiration: &str, record: &Value) {
    let mut session = session_json(expiration);
    session["MintedFrom"] = minted_from(
        "AKIAIOSFODNN7EXAMPLE",
        "arn:aws:iam::123456789012:mfa/alice",
    );
    session["MintedFrom"]["Owner"] = json!({ "Vault": [""], "Item": ["AWS Access Key", "q3fz5kcv2wjd4hx7mnbtya6rse"], "Field": ["Access Key ID"] });
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
    let before = sandbox.read("standin/vault.json");
    let outcome = run(sandbox, args);
    assert_eq!(sandbox.read("standin/vault.json"), before, "{args:?}");
    outcome
}
