//! The default command, run against the stand-ins: what it prints, what it calls, what it leaves in the item.

use serde_json::{Value, json};

use crate::support::*;

/// The expiration of a session that lives on, in the forms that STS and the CLI's versions give it.
const FORMS_OF_EXPIRATION: [&str; 5] = [
    "2999-12-31T23:59:59Z",
    "2999-12-31T23:59:59+00:00",
    "2999-12-31T23:59:59.123Z",
    "2999-12-31T23:59:59.123456+00:00",
    "3000-01-01T08:59:59+09:00",
];

/// Runs once and expects that the cache was no use.
fn expect_new_session(sandbox: &Sandbox, args: &[&str]) {
    let outcome = sandbox.run(args);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), COLD);
}

#[test]
fn a_cached_session_costs_one_call() {
    let sandbox = warm();
    assert_eq!(sandbox.run(&[]), printed(&sample_session(FAR_FUTURE)));
    assert_eq!(sandbox.calls(), [GET]);
}

#[test]
fn without_a_cached_session_one_is_minted_and_stored() {
    let sandbox = Sandbox::new();
    let outcome = sandbox.run(&[]);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), COLD);
    sandbox.forget_calls();
    assert_eq!(sandbox.run(&[]), outcome);
    assert_eq!(sandbox.calls(), [GET]);
}

#[test]
fn the_cache_is_what_sts_answered_and_what_it_was_minted_from() {
    let sandbox = Sandbox::new();
    sandbox.run(&[]);
    let mut cached = sandbox.cached();
    let minted_at = cached["MintedFrom"]["Time"].take();
    let session = &sandbox.read("standin/ledger.json")["sessions"][0];
    assert_eq!(
        cached,
        json!({
            "Credentials": {
                "AccessKeyId": session["access_key_id"],
                "SecretAccessKey": session["secret_access_key"],
                "SessionToken": session["session_token"],
                "Expiration": session["expiration"],
            },
            "MintedFrom": {
                "AccessKeyId": "AKIAIOSFODNN7EXAMPLE",
                "SerialNumber": "arn:aws:iam::123456789012:mfa/alice",
                "Time": null,
            },
        })
    );
    let (earliest, latest) = (in_seconds(-60), in_seconds(1));
    let minted_at = minted_at.as_str().expect("a time");
    assert!(
        (earliest.as_str()..=latest.as_str()).contains(&minted_at),
        "{minted_at}"
    );
}

#[test]
fn the_cache_field_is_concealed_and_the_rest_of_the_item_stays() {
    let sandbox = Sandbox::new();
    sandbox.change_field("session_cache", |field| field["type"] = json!("STRING"));
    let before = sandbox.item();
    sandbox.run(&[]);
    let mut after = sandbox.item();
    let cache = field_mut(&mut after, "session_cache");
    assert_eq!(cache["type"], "CONCEALED");
    *cache = fields(&before)
        .find(|field| field["label"] == "session_cache")
        .cloned()
        .expect("a field");
    assert_eq!(after["fields"], before["fields"]);
    assert_eq!(after["sections"], before["sections"]);
}

#[test]
fn a_session_within_the_margin_is_replaced() {
    let sandbox = Sandbox::new();
    sandbox.set_cache(&base64(&session_json(&in_seconds(25))));
    expect_new_session(&sandbox, &[]);
}

#[test]
fn a_session_just_outside_the_margin_is_served() {
    let sandbox = Sandbox::new();
    let expiration = in_seconds(90);
    sandbox.set_cache(&base64(&session_json(&expiration)));
    assert_eq!(sandbox.run(&[]), printed(&sample_session(&expiration)));
    assert_eq!(sandbox.calls(), [GET]);
}

#[test]
fn the_margin_can_be_set() {
    let sandbox = Sandbox::new();
    sandbox.set_cache(&base64(&session_json(&in_seconds(900))));
    expect_new_session(&sandbox, &["--margin", "16m"]);
}

#[test]
fn an_expired_session_is_replaced() {
    let sandbox = Sandbox::new();
    sandbox.set_cache(&base64(&session_json("2025-12-16T01:00:00Z")));
    expect_new_session(&sandbox, &[]);
}

#[test]
fn an_unreadable_cache_is_a_miss() {
    let json = |text: &str| base64(&serde_json::from_str(text).expect("JSON"));
    let incomplete = |part: &str| {
        let mut session = session_json(FAR_FUTURE);
        session["Credentials"][part] = Value::Null;
        base64(&session)
    };
    let unreadable = [
        " ".to_owned(),
        "not base64".to_owned(),
        "[use 'op item get x --reveal' to reveal]".to_owned(),
        base64(&session_json(FAR_FUTURE)).split_at(40).0.to_owned(),
        json("[]"),
        json(r#"{"Credentials": {}}"#),
        incomplete("AccessKeyId"),
        incomplete("SecretAccessKey"),
        incomplete("SessionToken"),
        incomplete("Expiration"),
        base64(&session_json("2999-12-31T23:59:59")),
        base64(&session_json("soon")),
        base64(&session_json("9999-12-31T23:59:59-23:59")),
    ];
    for text in unreadable {
        let sandbox = Sandbox::new();
        sandbox.set_cache(&text);
        expect_new_session(&sandbox, &[]);
    }
}

#[test]
fn a_missing_cache_field_is_made() {
    let sandbox = Sandbox::new();
    sandbox.change_item(|item| {
        let fields = item["fields"].as_array_mut().expect("fields");
        fields.retain(|field| field["label"] != "session_cache");
    });
    let outcome = sandbox.run(&[]);
    assert_eq!(sandbox.calls(), COLD);
    assert_eq!(sandbox.run(&[]), outcome);
    let item = sandbox.item();
    let field = fields(&item).last().expect("a field");
    assert_eq!(
        (&field["type"], &field["section"]),
        (&json!("CONCEALED"), &Value::Null)
    );
}

#[test]
fn departure_2_a_failed_cache_write_costs_nothing() {
    for mishap in [
        json!({ "call": "item edit", "stderr": "[ERROR] 2026/08/14 04:07:09 (401) Unauthorized: You aren't authorized to perform this action.\n", "exit": 4 }),
        json!({ "call": "item edit", "signal": 9 }),
        json!({ "call": "item edit", "exit": 0 }),
        json!({ "call": "item edit", "stdout": "{}", "exit": 0 }),
    ] {
        let sandbox = Sandbox::new();
        sandbox.mishap("op", &mishap);
        expect_new_session(&sandbox, &[]);
    }
}

#[test]
fn departure_3_the_expiration_is_printed_in_utc_with_a_z() {
    for expiration in FORMS_OF_EXPIRATION {
        let sandbox = Sandbox::new();
        sandbox.set_cache(&base64(&session_json(expiration)));
        assert_eq!(
            sandbox.run(&[]),
            printed(&sample_session(FAR_FUTURE)),
            "{expiration}"
        );
    }
    for style in ["z", "offset", "fraction"] {
        let sandbox = Sandbox::new();
        sandbox.moods(&json!({ "aws": { "expiration": style } }));
        expect_new_session(&sandbox, &[]);
    }
}

#[test]
fn departure_4_wrapped_base64_is_read() {
    let text = base64(&session_json(FAR_FUTURE));
    let wrapped: Vec<String> = text
        .as_bytes()
        .chunks(76)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    for separator in ["\n", "\r\n", " "] {
        let sandbox = Sandbox::new();
        sandbox.set_cache(&wrapped.join(separator));
        assert_eq!(sandbox.run(&[]), printed(&sample_session(FAR_FUTURE)));
        assert_eq!(sandbox.calls(), [GET]);
    }
}

#[test]
fn departure_5_a_field_is_found_by_label_id_or_loosely() {
    let plugin_labels = [
        ("Access Key ID", "access key id"),
        ("Secret Access Key", "secretaccesskey"),
    ];
    let sandbox = Sandbox::new();
    for (label, other) in plugin_labels {
        sandbox.change_field(label, |field| field["label"] = json!(other));
    }
    expect_new_session(
        &sandbox,
        &["--mfa-serial-field", "d6zlqxjv6i4dwlmv3fdmpcyo2u"],
    );
}

#[test]
fn departure_5_an_exact_label_beats_a_loose_one() {
    let sandbox = Sandbox::new();
    add_field(&sandbox, "access key id", "AKIAI44QH8DHBEXAMPLE");
    expect_new_session(&sandbox, &[]);
}

#[test]
fn departure_5_a_section_narrows_a_label_down() {
    let sandbox = Sandbox::new();
    add_field(&sandbox, "Access Key ID", "AKIAI44QH8DHBEXAMPLE");
    expect_new_session(&sandbox, &["--access-key-field", "add more.Access Key ID"]);
}

#[test]
fn departure_5_a_dot_in_a_label_is_no_section() {
    let sandbox = Sandbox::new();
    sandbox.change_field("mfa serial", |field| {
        field["label"] = json!("mfa.serial v1.0");
    });
    expect_new_session(&sandbox, &["--mfa-serial-field", "mfa.serial v1.0"]);
}

#[test]
fn departure_5_of_a_doubled_cache_the_newest_is_served() {
    let sandbox = Sandbox::new();
    sandbox.set_cache(&base64(&session_json(&in_seconds(600))));
    add_field(
        &sandbox,
        "session_cache",
        &base64(&session_json(FAR_FUTURE)),
    );
    add_field(&sandbox, "session_cache", "garbled");
    assert_eq!(sandbox.run(&[]), printed(&sample_session(FAR_FUTURE)));
    assert_eq!(sandbox.calls(), [GET]);
}

#[test]
fn departure_5_a_doubled_cache_is_written_where_a_section_tells_it_apart() {
    let sandbox = Sandbox::new();
    add_field(&sandbox, "session_cache", "");
    let outcome = sandbox.run(&[]);
    assert_eq!(
        sandbox.calls()[3],
        EDIT.replace("session_cache", "AWS.session_cache")
    );
    assert_eq!(sandbox.run(&[]), outcome);
}

#[test]
fn departure_6_a_labelled_section_is_named() {
    let sandbox = Sandbox::new();
    sandbox.change_field("session_cache", |field| {
        field["section"] = json!({ "id": "Section_x", "label": "AWS v1.0 = \\o/" });
    });
    let before = fields(&sandbox.item()).count();
    let outcome = sandbox.run(&[]);
    assert_eq!(
        sandbox.calls()[3],
        EDIT.replace("session_cache", r"AWS v1\.0 \= \\o/.session_cache")
    );
    assert_eq!(sandbox.run(&[]), outcome);
    assert_eq!(fields(&sandbox.item()).count(), before);
}

#[test]
fn departure_6_a_new_cache_field_goes_into_the_section_that_was_asked_for() {
    let sandbox = Sandbox::new();
    sandbox.run(&["--cache-field", "Notes.aws session"]);
    assert_eq!(
        sandbox.calls()[3],
        EDIT.replace("session_cache", "Notes.aws session")
    );
}

#[test]
fn departure_7_a_session_of_another_key_or_device_is_no_session() {
    for (key, serial) in [
        (
            "AKIAI44QH8DHBEXAMPLE",
            "arn:aws:iam::123456789012:mfa/alice",
        ),
        ("AKIAIOSFODNN7EXAMPLE", "arn:aws:iam::123456789012:mfa/bob"),
    ] {
        let sandbox = Sandbox::new();
        let mut session = session_json(FAR_FUTURE);
        session["MintedFrom"] = minted_from(key, serial);
        sandbox.set_cache(&base64(&session));
        expect_new_session(&sandbox, &[]);
    }
}

#[test]
fn departure_7_a_session_of_another_key_is_not_even_served_when_the_refresh_fails() {
    let sandbox = Sandbox::new();
    let mut session = session_json(FAR_FUTURE);
    session["MintedFrom"] = minted_from(
        "AKIAI44QH8DHBEXAMPLE",
        "arn:aws:iam::123456789012:mfa/alice",
    );
    sandbox.set_cache(&base64(&session));
    sandbox.mishap(
        "aws",
        &json!({ "call": "sts get-session-token", "exit": 255 }),
    );
    let line = "cannot get a session from STS: `aws sts get-session-token` failed (exit status: 255) and gave no reason";
    assert_eq!(sandbox.run(&[]), failed(line));
}

#[test]
fn departure_7_a_session_of_this_key_and_device_is_served() {
    let sandbox = Sandbox::new();
    let mut session = session_json(FAR_FUTURE);
    session["MintedFrom"] = minted_from(
        "AKIAIOSFODNN7EXAMPLE",
        "arn:aws:iam::123456789012:mfa/alice",
    );
    sandbox.set_cache(&base64(&session));
    assert_eq!(sandbox.run(&[]), printed(&sample_session(FAR_FUTURE)));
}

#[test]
fn departure_7_the_serial_on_the_command_line_counts() {
    let sandbox = Sandbox::new();
    let mut session = session_json(FAR_FUTURE);
    session["MintedFrom"] =
        minted_from("AKIAIOSFODNN7EXAMPLE", "arn:aws:iam::123456789012:mfa/bob");
    sandbox.set_cache(&base64(&session));
    let args = ["--mfa-serial", "arn:aws:iam::123456789012:mfa/bob"];
    assert_eq!(sandbox.run(&args), printed(&sample_session(FAR_FUTURE)));
}

#[test]
fn departure_8_the_code_goes_over_stdin() {
    let sandbox = Sandbox::new();
    sandbox.run(&[]);
    let inputs = sandbox.events("input");
    let code = inputs[0]["text"].as_str().expect("a code");
    assert!(
        code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()),
        "{code:?}"
    );
    assert!(
        !sandbox
            .events("begin")
            .iter()
            .any(|call| call["argv"].to_string().contains(code))
    );
}

#[test]
fn departure_11_a_session_that_still_lives_is_served_when_the_refresh_fails() {
    for call in ["item get --otp", "sts get-session-token"] {
        let sandbox = Sandbox::new();
        let expiration = in_seconds(20);
        sandbox.set_cache(&base64(&session_json(&expiration)));
        let mishaps = json!({ "mishaps": [{ "call": call, "exit": 1 }] });
        sandbox.moods(&json!({ "op": mishaps, "aws": mishaps }));
        assert_eq!(
            sandbox.run(&[]),
            printed(&sample_session(&expiration)),
            "{call}"
        );
    }
}

#[test]
fn departure_11_a_session_that_is_over_is_not_served_when_the_refresh_fails() {
    let sandbox = Sandbox::new();
    sandbox.set_cache(&base64(&session_json("2025-12-16T01:00:00Z")));
    sandbox.mishap(
        "aws",
        &json!({ "call": "sts get-session-token", "exit": 255 }),
    );
    let line = "cannot get a session from STS: `aws sts get-session-token` failed (exit status: 255) and gave no reason";
    assert_eq!(sandbox.run(&[]), failed(line));
    assert_eq!(sandbox.calls(), COLD[..3]);
}

#[test]
fn departure_12_the_item_is_named_by_the_ids_that_were_read() {
    let sandbox = Sandbox::new();
    sandbox.run(&[
        "--item",
        "aws access key",
        "--vault",
        "private",
        "--account",
        "my.1password.com",
    ]);
    let account = " --account my.1password.com";
    let get = "op item get 'aws access key' --format json --vault private".to_owned();
    let expected = [
        get + account,
        OTP.to_owned() + account,
        STS.to_owned(),
        EDIT.replacen(" -- ", &format!("{account} -- "), 1),
    ];
    assert_eq!(sandbox.calls(), expected);
}

#[test]
fn departure_13_an_edit_that_changed_nothing_is_noticed() {
    for lie in ["silent", "empty"] {
        let sandbox = Sandbox::new();
        sandbox.moods(&json!({ "op": { "edit_lies": lie } }));
        expect_new_session(&sandbox, &[]);
        assert_eq!(
            fields(&sandbox.item())
                .filter(|field| field["label"] == "session_cache" && field.get("value").is_some())
                .count(),
            0
        );
    }
}

#[test]
fn white_space_around_a_value_does_no_harm() {
    let sandbox = Sandbox::new();
    for label in ["Access Key ID", "Secret Access Key", "mfa serial"] {
        sandbox.change_field(label, |field| {
            field["value"] = json!(format!(" {}\n", field["value"].as_str().expect("text")));
        });
    }
    expect_new_session(&sandbox, &[]);
}

#[test]
fn a_warning_beside_an_answer_is_not_read() {
    let warning = |call: &str| json!({ "call": call, "stderr": "{\"id\": \"other\"}\nWarning: 123456\n", "goes_on": true });
    let sandbox = Sandbox::new();
    let op = ["item get", "item get --otp", "item edit"].map(warning);
    sandbox.moods(&json!({ "op": { "mishaps": op }, "aws": { "mishaps": [warning("sts get-session-token")] } }));
    expect_new_session(&sandbox, &[]);
}

#[test]
fn a_large_item_is_read() {
    let sandbox = Sandbox::new();
    sandbox.change_field("notesPlain", |field| {
        field["value"] = json!("note ".repeat(200_000));
    });
    expect_new_session(&sandbox, &[]);
}

/// Adds a field in a section with the label `AWS`.
fn add_field(sandbox: &Sandbox, label: &str, value: &str) {
    sandbox.change_item(|item| {
        let fields = item["fields"].as_array_mut().expect("fields");
        let id = format!("added{}", fields.len());
        let section = json!({ "id": format!("Section_{id}"), "label": "AWS" });
        fields.push(json!({ "id": id, "type": "CONCEALED", "label": label, "value": value, "section": section }));
    });
}

#[test]
fn departure_10_a_session_of_a_key_that_op_did_not_know_of_is_served() {
    let sandbox = Sandbox::new();
    let item = sandbox.item();
    let stale = json!({ item["id"].as_str().expect("an id"): { "left": 9, "item": item } });
    sandbox.change_field("Access Key ID", |field| {
        field["value"] = json!("AKIAI44QH8DHBEXAMPLE");
    });
    let mut session = session_json(FAR_FUTURE);
    session["MintedFrom"] = minted_from(
        "AKIAI44QH8DHBEXAMPLE",
        "arn:aws:iam::123456789012:mfa/alice",
    );
    sandbox.set_cache(&base64(&session));
    let mishap = json!({ "call": "sts get-session-token", "stderr": CODE_REFUSED, "exit": 255 });
    sandbox.moods(&json!({ "op": { "stale_reads": 9 }, "aws": { "mishaps": [mishap] } }));
    sandbox.write("standin/stale.json", &stale);
    assert_eq!(sandbox.run(&[]), printed(&sample_session(FAR_FUTURE)));
    assert_eq!(sandbox.calls(), [GET, OTP, STS, GET_AGAIN]);
}
