//! An item is ours if it holds what `setup` puts there, and nothing else; all others are left as they are.

use serde_json::{Value, json};

use super::*;

const REFUSAL: &str = "; name an item that `get-1password-creds setup --cache-item NAME` made";

/// Lets each command meet an item with this in it, and expects that each refuses it and leaves it alone.
fn expect_refused(change: impl Fn(&mut Value), objection: &str) {
    let sandbox = sandbox();
    change_cache_item(&sandbox, change);
    let line =
        format!("cannot keep a session in 1Password item 'AWS Session': {objection}{REFUSAL}");
    for command in [&[][..], &["status"], &["status", "--json"], &["clear"]] {
        sandbox.forget_calls();
        assert_eq!(
            run_untouched(&sandbox, command),
            failed(&line),
            "{command:?}"
        );
        assert_eq!(sandbox.calls(), [first_read(command)], "{command:?}");
    }
    assert_eq!(
        past_checks(run_untouched(&sandbox, &["setup"])),
        failed(&line)
    );
    let doctor = run_untouched(&sandbox, &["doctor"]);
    assert_eq!((doctor.status, doctor.stderr.as_str()), (Some(1), ""));
    assert!(
        doctor.stdout.contains(&format!("failed   {line}\n")),
        "{}",
        doctor.stdout
    );
}

#[test]
fn a_login_with_a_passkey_is_refused() {
    let login = |item: &mut Value| {
        item["category"] = json!("LOGIN");
        item["passkey"] = json!({ "rpId": "example.com" });
    };
    expect_refused(login, "it isn't a secure note");
}

#[test]
fn a_login_with_a_password_is_refused() {
    let login = |item: &mut Value| {
        item["category"] = json!("LOGIN");
        let password = json!({ "id": "password", "type": "CONCEALED", "purpose": "PASSWORD", "label": "password", "value": "x" });
        add_field(item, password);
    };
    expect_refused(login, "it isn't a secure note");
}

#[test]
fn a_file_is_refused() {
    let file = |item: &mut Value| {
        item["files"] = json!([{ "id": "b7fz2kd5xmw3", "name": "notes.txt", "size": 12 }]);
    };
    expect_refused(file, "it has 'files', too");
}

#[test]
fn a_web_address_is_refused() {
    let address = |item: &mut Value| item["urls"] = json!([{ "href": "https://example.com" }]);
    expect_refused(address, "it has 'urls', too");
}

#[test]
fn another_field_with_a_value_is_refused() {
    for kind in ["STRING", "CONCEALED", "OTP"] {
        let value = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        let field = |item: &mut Value| {
            add_field(
                item,
                json!({ "id": "own", "type": kind, "label": "wifi", "value": value }),
            );
        };
        expect_refused(field, "it has another field, 'wifi'");
    }
}

#[test]
fn another_note_is_refused() {
    let objection = "its note isn't the one that `setup` writes";
    for note in [
        json!("my bank's phone number"),
        json!(format!("{NOTE} And mine.")),
        Value::Null,
    ] {
        let change = |item: &mut Value| field_mut(item, "notesPlain")["value"] = note.clone();
        expect_refused(change, objection);
    }
    let none = |item: &mut Value| item["fields"] = json!([]);
    expect_refused(none, objection);
}

#[test]
fn what_is_no_text_is_a_value_too() {
    for value in [json!(7), json!(["x"]), json!({ "x": 1 })] {
        let field = |item: &mut Value| {
            add_field(
                item,
                json!({ "id": "own", "type": "STRING", "label": "wifi", "value": value }),
            );
        };
        expect_refused(field, "it has another field, 'wifi'");
    }
}

#[test]
fn what_is_empty_is_nothing() {
    let sandbox = sandbox();
    keep(&sandbox, FAR_FUTURE, &json!({}));
    let mut item = cache_item(&sandbox);
    for name in ["files", "urls", "sections", "tags"] {
        item[name] = json!([]);
    }
    item["additional_information"] = json!("x");
    item["passkey"] = json!({});
    add_field(
        &mut item,
        json!({ "id": "one", "label": "one", "value": "" }),
    );
    add_field(
        &mut item,
        json!({ "id": "two", "label": "two", "value": null }),
    );
    let answer = json!({ "call": "item get", "stdout": item.to_string() });
    sandbox.mishap("op", &answer);
    assert_eq!(run(&sandbox, &[]), printed(&sample_session(FAR_FUTURE)));
}

#[test]
fn a_second_note_is_refused() {
    let second = |item: &mut Value| {
        let note = json!({ "id": "notesPlain", "type": "STRING", "label": "mine", "value": "x" });
        add_field(item, note);
    };
    expect_refused(second, "it has another field, 'mine'");
}

#[test]
fn a_part_that_nobody_knows_is_refused() {
    let part = |item: &mut Value| item["urls"] = json!({ "main": "https://example.com" });
    expect_refused(part, "it has 'urls', too");
}

#[test]
fn a_field_that_is_for_something_else_is_refused() {
    let seed = |item: &mut Value| field_mut(item, "session_cache")["type"] = json!("OTP");
    expect_refused(seed, "--cache-field 'session_cache' isn't for a session");
    let sandbox = sandbox();
    for name in ["notesPlain", "Notes Plain"] {
        let line = format!(
            "cannot keep a session in 1Password item 'AWS Session': --cache-field '{name}' isn't for a session{REFUSAL}"
        );
        let args = ["--cache-field", name];
        assert_eq!(run_untouched(&sandbox, &args), failed(&line));
    }
}

#[test]
fn the_item_of_the_key_is_refused() {
    let sandbox = sandbox();
    let before = sandbox.read("standin/vault.json");
    let line = format!(
        "cannot keep a session in 1Password item 'AWS Access Key': it isn't a secure note{REFUSAL}"
    );
    let outcome = sandbox.run(&["--item", KEY, "--cache-item", "AWS Access Key"]);
    assert_eq!(outcome, failed(&line));
    assert_eq!(sandbox.read("standin/vault.json"), before);
}

#[test]
fn what_the_user_may_change_stays() {
    let sandbox = sandbox();
    change_cache_item(&sandbox, |item| {
        item["tags"] = json!(["aws", "do not touch"]);
        item["favorite"] = json!(true);
        item["sections"] = json!([{ "id": "add more" }]);
        field_mut(item, "session_cache")["section"] = json!({ "id": "add more" });
        add_field(
            item,
            json!({ "id": "empty", "type": "STRING", "label": "empty" }),
        );
    });
    let before = cache_item(&sandbox);
    assert_eq!(run(&sandbox, &[]), printed(&sandbox.minted(1)));
    let after = cache_item(&sandbox);
    for name in ["title", "tags", "favorite", "sections", "vault", "category"] {
        assert_eq!(after[name], before[name], "{name}");
    }
    let shown = |item: &Value| -> Vec<Value> {
        let fields = fields(item).cloned().map(|mut field| {
            field.as_object_mut().expect("a field").remove("value");
            field
        });
        fields.collect()
    };
    assert_eq!(shown(&after), shown(&before));
}

#[test]
fn a_cache_field_in_plain_becomes_concealed() {
    let sandbox = sandbox();
    change_cache_item(&sandbox, |item| {
        field_mut(item, "session_cache")["type"] = json!("STRING");
    });
    run(&sandbox, &[]);
    let mut item = cache_item(&sandbox);
    assert_eq!(field_mut(&mut item, "session_cache")["type"], "CONCEALED");
}

#[test]
fn a_cache_field_that_is_gone_is_made_again() {
    let sandbox = sandbox();
    change_cache_item(&sandbox, |item| {
        let fields = item["fields"].as_array_mut().expect("fields");
        fields.retain(|field| field["label"] != "session_cache");
    });
    let outcome = run(&sandbox, &[]);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(run(&sandbox, &[]), outcome);
    let mut item = cache_item(&sandbox);
    assert_eq!(field_mut(&mut item, "session_cache")["type"], "CONCEALED");
    assert_eq!(fields(&item).count(), 2);
}

#[test]
fn of_a_doubled_cache_field_one_is_kept() {
    let sandbox = sandbox();
    keep(&sandbox, "2025-12-16T01:00:00Z", &json!({}));
    change_cache_item(&sandbox, |item| {
        let mut second = field_mut(item, "session_cache").clone();
        second["id"] = json!("second");
        add_field(item, second);
    });
    let outcome = run(&sandbox, &[]);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    let item = cache_item(&sandbox);
    let full = fields(&item)
        .filter(|field| field["label"] == "session_cache" && field.get("value").is_some());
    assert_eq!(full.count(), 1);
    assert_eq!(run(&sandbox, &[]), outcome);
}

#[test]
fn another_field_can_be_named() {
    let sandbox = sandbox();
    change_cache_item(&sandbox, |item| {
        field_mut(item, "session_cache")["label"] = json!("session");
    });
    let outcome = run(&sandbox, &["--cache-field", "session"]);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    let line = format!(
        "cannot keep a session in 1Password item 'AWS Session': it has another field, 'session'{REFUSAL}"
    );
    assert_eq!(run_untouched(&sandbox, &[]), failed(&line));
}

#[test]
fn a_large_item_is_stored() {
    let sandbox = sandbox();
    change_cache_item(&sandbox, |item| {
        item["title"] = json!("a".repeat(9_999));
        item["tags"] = json!(vec!["t".repeat(999); 40]);
        item["sections"] = json!([{ "id": "long", "label": "s".repeat(50_000) }]);
        let label = "l".repeat(20_000);
        add_field(item, json!({ "id": "e", "type": "STRING", "label": label }));
    });
    let before = cache_item(&sandbox);
    assert!(before.to_string().len() > 100_000);
    let named = ["--item", KEY, "--cache-item", ID];
    let outcome = sandbox.run(&named);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(sandbox.run(&named), outcome);
    let after = cache_item(&sandbox);
    for name in ["title", "tags", "sections"] {
        assert_eq!(after[name], before[name], "{name}");
    }
    assert_eq!(after["fields"][2], before["fields"][2]);
}
