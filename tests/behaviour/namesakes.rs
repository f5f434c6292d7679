//! Fields that `op item edit` can't tell apart, as it takes labels alone: a cache field that goes by its id may have a
//! namesake, which is the user's.

use serde_json::{Value, json};

use crate::support::*;

const CACHE_ID: &str = "xq5r2tvnlo6wbejd4ky3chzmga";

/// What a user keeps under the label of the cache field, and the cache field itself, with or without a session.
fn sandbox(places: [Value; 2], session: &Value) -> Sandbox {
    let sandbox = Sandbox::new();
    let [own, cache] = places;
    sandbox.change_item(|item| {
        item["sections"] = json!([
            { "id": "one", "label": "AWS" }, { "id": "two", "label": "AWS" }, { "id": "add more" }
        ]);
        let fields = item["fields"].as_array_mut().expect("fields");
        fields.retain(|field| field["label"] != "session_cache");
        let mut own_field =
            json!({ "id": "own", "type": "CONCEALED", "label": "pin", "value": "my pin" });
        let mut cache_field =
            json!({ "id": CACHE_ID, "type": "CONCEALED", "label": "pin", "value": session });
        for (field, section) in [(&mut own_field, own), (&mut cache_field, cache)] {
            if !section.is_null() {
                field["section"] = section;
            }
        }
        fields.extend([own_field, cache_field]);
    });
    sandbox
}

/// Expects one line before a code is used up.
fn expect_refused(sandbox: &Sandbox, args: &[&str], name: &str) {
    let line = format!(
        "cannot keep a session in field '{name}' of 1Password item 'AWS Access Key': `op` can't tell it from another field that is called 'pin'; rename one, or name another field with --cache-field"
    );
    let before = sandbox.item();
    let outcome = sandbox.run(args);
    assert_eq!(outcome, failed(&line), "{args:?}");
    assert!(sandbox.item() == before, "{args:?} changed the item");
    let get = if args.first() == Some(&"clear") {
        GET_PAST_CACHE
    } else {
        GET
    };
    assert_eq!(sandbox.calls(), [get], "{args:?}");
    sandbox.forget_calls();
}

#[test]
fn a_field_with_a_namesake_is_not_written_by_its_id() {
    for places in [
        [Value::Null, Value::Null],
        [json!({ "id": "add more" }), json!({ "id": "add more" })],
        [json!({ "id": "one" }), Value::Null],
        [json!({ "id": "one" }), json!({ "id": "two" })],
    ] {
        let expired = base64(&session_json("2025-12-16T01:00:00Z"));
        for session in [Value::Null, json!(expired)] {
            let sandbox = sandbox(places.clone(), &session);
            expect_refused(&sandbox, &["--cache-field", CACHE_ID], CACHE_ID);
            let clear = ["clear", "--cache-field", CACHE_ID];
            expect_refused(&sandbox, &clear, CACHE_ID);
        }
    }
}

#[test]
fn a_section_with_a_namesake_is_not_written_by_its_id() {
    let places = [json!({ "id": "one" }), json!({ "id": "two" })];
    let expired = base64(&session_json("2025-12-16T01:00:00Z"));
    let sandbox = sandbox(places, &json!(expired));
    for command in [&[][..], &["clear"]] {
        let args = [command, &["--cache-field", "two.pin"]].concat();
        expect_refused(&sandbox, &args, "two.pin");
    }
}

#[test]
fn a_field_that_its_section_tells_apart_is_written_by_its_id() {
    for own in [Value::Null, json!({ "id": "add more" })] {
        let sandbox = sandbox([own, json!({ "id": "two" })], &Value::Null);
        let args = ["--cache-field", CACHE_ID];
        let outcome = sandbox.run(&args);
        assert_eq!(outcome, printed(&sandbox.minted(1)));
        assert_eq!(sandbox.run(&args), outcome);
        let item = sandbox.item();
        let own = fields(&item).find(|field| field["id"] == "own");
        assert_eq!(own.expect("the user's field")["value"], "my pin");
    }
}
