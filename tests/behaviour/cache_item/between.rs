//! What somebody else does to the vault between two calls of a run: nothing of theirs is destroyed.

use serde_json::{Value, json};

use super::*;

const REFUSAL: &str = "; name an item that `get-1password-creds setup --cache-item NAME` made";
const MINT: (&str, &str) = ("aws", "sts get-session-token");
const EDIT: (&str, &str) = ("op", "item edit");

/// Changes the item in a way that op's cache doesn't know of: only `--cache=false` shows it.
fn change_unseen(sandbox: &Sandbox, change: impl FnOnce(&mut Value)) {
    let stale = json!({ ID: { "left": 99, "item": cache_item(sandbox) } });
    change_cache_item(sandbox, change);
    sandbox.moods(&json!({ "op": { "stale_reads": 99 } }));
    sandbox.write("standin/stale.json", &stale);
}

/// Expects that a run prints its session, and leaves alone what it sees for the first time before it writes.
fn expect_unstored(sandbox: &Sandbox, args: &[&str]) {
    let outcome = run_untouched(sandbox, args);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), COLD_CALLS[..6]);
}

#[test]
fn a_conflict_in_the_vault_is_tried_again() {
    let sandbox = sandbox();
    sandbox.mishap(
        "op",
        &json!({ "call": "item edit", "times": 3, "stderr": CONFLICT, "exit": 1 }),
    );
    assert_eq!(run(&sandbox, &[]), printed(&sandbox.minted(1)));
    let attempts = [GET_CACHE_AGAIN, REPLACE].repeat(3);
    assert_eq!(sandbox.calls(), [&COLD_CALLS[..], &attempts].concat());
    assert_ne!(kept(&sandbox), Value::Null);
}

#[test]
fn a_conflict_at_each_attempt_leaves_the_vault_as_it_is() {
    let sandbox = sandbox();
    let conflict = json!({ "call": "item edit", "stderr": CONFLICT, "exit": 1 });
    sandbox.mishap("op", &conflict);
    assert_eq!(run_untouched(&sandbox, &[]), printed(&sandbox.minted(1)));
    let attempts = [GET_CACHE_AGAIN, REPLACE].repeat(3);
    assert_eq!(sandbox.calls(), [&COLD_CALLS[..], &attempts].concat());
}

#[test]
fn what_the_conflict_was_about_is_not_destroyed() {
    let sandbox = sandbox();
    let run = run_up_to(&sandbox, EDIT, json!({ "stderr": CONFLICT, "exit": 1 }));
    change_cache_item(&sandbox, |item| add_field(item, own_field()));
    let before = sandbox.read("standin/vault.json");
    // From the second attempt on it would work.
    sandbox.moods(&json!({}));
    assert_eq!(finish(&sandbox, run), printed(&sandbox.minted(1)));
    assert_eq!(sandbox.read("standin/vault.json"), before);
    assert_eq!(
        sandbox.calls(),
        [&COLD_CALLS[..], &[GET_CACHE_AGAIN]].concat()
    );
}

#[test]
fn a_tag_that_the_conflict_was_about_stays() {
    let sandbox = sandbox();
    let run = run_up_to(&sandbox, EDIT, json!({ "stderr": CONFLICT, "exit": 1 }));
    change_cache_item(&sandbox, |item| item["tags"] = json!(["mine"]));
    sandbox.moods(&json!({}));
    assert_eq!(finish(&sandbox, run), printed(&sandbox.minted(1)));
    assert_eq!(cache_item(&sandbox)["tags"], json!(["mine"]));
    assert_ne!(kept(&sandbox), Value::Null);
}

#[test]
fn what_op_did_not_know_yet_when_it_was_read_is_not_destroyed() {
    let sandbox = sandbox();
    change_unseen(&sandbox, |item| add_field(item, own_field()));
    expect_unstored(&sandbox, &[]);
}

#[test]
fn a_session_of_another_key_that_was_stored_since_is_not_destroyed() {
    for owner in [
        json!({ "Item": OTHER_KEY, "Field": "Access Key ID" }),
        json!({ "Item": KEY, "Field": "bob.Access Key ID" }),
    ] {
        let sandbox = sandbox();
        change_unseen(&sandbox, |_| {});
        keep(&sandbox, FAR_FUTURE, &json!({ "Owner": owner }));
        expect_unstored(&sandbox, &[]);
    }
}

#[test]
fn a_text_that_was_saved_in_the_field_since_is_not_destroyed() {
    let sandbox = sandbox();
    change_cache_item(&sandbox, |item| {
        field_mut(item, "session_cache")["label"] = json!("aws");
    });
    change_unseen(&sandbox, |item| {
        field_mut(item, "aws")["value"] = json!("my password");
    });
    expect_unstored(&sandbox, &["--cache-field", "aws"]);
}

#[test]
fn clear_does_not_empty_a_text_that_the_cache_of_op_does_not_know_yet() {
    let sandbox = sandbox();
    keep(&sandbox, FAR_FUTURE, &json!({}));
    change_cache_item(&sandbox, |item| {
        field_mut(item, "session_cache")["label"] = json!("aws");
    });
    change_unseen(&sandbox, |item| {
        field_mut(item, "aws")["value"] = json!("my password");
    });
    let line = "cannot keep a session in field 'aws' of 1Password item 'AWS Session': it holds a value that isn't a session; name another field with --cache-field";
    let outcome = run_untouched(&sandbox, &["clear", "--cache-field", "aws"]);
    assert_eq!(outcome, failed(line));
    assert_eq!(sandbox.calls(), [GET_CACHE_TO_CLEAR]);
}

#[test]
fn an_item_that_was_moved_meanwhile_is_left_alone() {
    let sandbox = sandbox();
    let shared = json!({ "id": "h4qk7zvxd2mrw5tbnc6yfgoa3e", "name": "Shared" });
    let mut vault = sandbox.read("standin/vault.json");
    let vaults = vault["vaults"].as_array_mut().expect("vaults");
    vaults.push(shared.clone());
    sandbox.write("standin/vault.json", &vault);
    let run = run_up_to(&sandbox, MINT, json!({}));
    change_cache_item(&sandbox, |item| item["vault"] = shared);
    let before = sandbox.read("standin/vault.json");
    assert_eq!(finish(&sandbox, run), printed(&sandbox.minted(1)));
    assert_eq!(sandbox.read("standin/vault.json"), before);
}

#[test]
fn an_item_that_was_archived_meanwhile_is_not_made_again() {
    let sandbox = sandbox();
    let run = run_up_to(&sandbox, MINT, json!({}));
    let mut vault = sandbox.read("standin/vault.json");
    vault["items"].as_array_mut().expect("items").pop();
    sandbox.write("standin/vault.json", &vault);
    assert_eq!(finish(&sandbox, run), printed(&sandbox.minted(1)));
    assert_eq!(sandbox.read("standin/vault.json"), vault);
}

#[test]
fn an_item_that_was_renamed_meanwhile_is_written_under_its_new_name() {
    let sandbox = sandbox();
    let run = run_up_to(&sandbox, MINT, json!({}));
    change_cache_item(&sandbox, |item| item["title"] = json!("Mine"));
    assert_eq!(finish(&sandbox, run), printed(&sandbox.minted(1)));
    assert_eq!(cache_item(&sandbox)["title"], "Mine");
    assert_ne!(kept(&sandbox), Value::Null);
}

#[test]
fn what_became_another_item_during_the_refresh_is_refused() {
    let sandbox = sandbox();
    let refused = json!({ "stderr": CODE_REFUSED, "exit": 255 });
    let run = run_up_to(&sandbox, MINT, refused);
    change_cache_item(&sandbox, |item| {
        item["files"] = json!([{ "id": "b7fz2kd5xmw3" }]);
    });
    let before = sandbox.read("standin/vault.json");
    let line = format!(
        "cannot keep a session in 1Password item 'AWS Session': it has 'files', too{REFUSAL}"
    );
    assert_eq!(finish(&sandbox, run), failed(&line));
    assert_eq!(sandbox.read("standin/vault.json"), before);
}
