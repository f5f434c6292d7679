//! The steps: what is called, what is stored, and what becomes of a failure.

use serde_json::{Value, json};

use super::*;

/// The line where STS doesn't take the code.
const REFUSED: &str = "cannot get a session from STS: AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code; a code works once: run it again with the next one; and check that the one-time password belongs to this MFA device";

#[test]
fn a_cold_run_reads_both_items_and_writes_one() {
    let sandbox = sandbox();
    let (key_item, empty) = (sandbox.item(), cache_item(&sandbox));
    let outcome = run(&sandbox, &[]);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), COLD_CALLS);
    assert_eq!(sandbox.item(), key_item);
    let mut written = cache_item(&sandbox);
    let field = field_mut(&mut written, "session_cache");
    let value = field.as_object_mut().expect("a field").remove("value");
    assert!(value.is_some());
    for name in ["version", "updated_at", "last_edited_by", "created_at"] {
        written[name] = empty[name].clone();
    }
    let mut empty = empty;
    for name in ["updated_at", "last_edited_by", "created_at"] {
        empty[name] = Value::Null;
    }
    assert_eq!(written, empty);
}

#[test]
fn a_warm_run_reads_that_item_alone() {
    let sandbox = sandbox();
    let outcome = run(&sandbox, &[]);
    sandbox.forget_calls();
    assert_eq!(run_untouched(&sandbox, &[]), outcome);
    assert_eq!(sandbox.calls(), [GET_CACHE]);
}

#[test]
fn the_record_says_whose_session_it_is() {
    let sandbox = sandbox();
    run(&sandbox, &[]);
    let mut cached = kept(&sandbox);
    let time = cached["MintedFrom"]["Time"].take();
    assert_eq!(time.as_str().map(str::len), Some(20));
    assert_eq!(
        cached["MintedFrom"],
        json!({
            "AccessKeyId": "AKIAIOSFODNN7EXAMPLE",
            "SerialNumber": "arn:aws:iam::123456789012:mfa/alice",
            "Time": null,
            "Owner": { "Item": KEY, "Field": "Access Key ID" },
        })
    );
}

#[test]
fn the_session_is_in_no_argument() {
    let sandbox = sandbox();
    run(&sandbox, &[]);
    let session = kept(&sandbox)["Credentials"].clone();
    let cache = cache_item(&sandbox);
    let cache = fields(&cache).find(|field| field["label"] == "session_cache");
    let secrets = [
        &session["SecretAccessKey"],
        &session["SessionToken"],
        &cache.expect("the cache field")["value"],
    ];
    for call in sandbox.events("begin") {
        let argv = call["argv"].to_string();
        for secret in secrets {
            assert!(!argv.contains(secret.as_str().expect("a text")), "{argv}");
        }
    }
}

#[test]
fn departure_2_a_session_that_cannot_be_kept_is_printed() {
    for mood in [
        json!({ "mishaps": [{ "call": "item edit", "exit": 1 }] }),
        json!({ "edit_lies": "silent" }),
        json!({ "edit_lies": "empty" }),
    ] {
        let sandbox = sandbox();
        sandbox.moods(&json!({ "op": mood }));
        let outcome = run_untouched(&sandbox, &[]);
        assert_eq!(outcome, printed(&sandbox.minted(1)), "{mood}");
        assert_eq!(sandbox.calls(), COLD_CALLS, "{mood}");
    }
}

#[test]
fn departure_13_a_clear_that_changed_nothing_is_noticed() {
    let sandbox = sandbox();
    keep(&sandbox, FAR_FUTURE, &json!({}));
    sandbox.moods(&json!({ "op": { "edit_lies": "silent" } }));
    let line = "cannot clear 1Password item 'AWS Session': `op item edit` left the field as it was";
    assert_eq!(run_untouched(&sandbox, &["clear"]), failed(line));
}

#[test]
fn departure_10_a_session_that_another_machine_has_stored_is_served() {
    let sandbox = sandbox();
    let refused = json!({ "stderr": CODE_REFUSED, "exit": 255 });
    let run = run_up_to(&sandbox, ("aws", "sts get-session-token"), refused);
    keep(&sandbox, FAR_FUTURE, &json!({}));
    assert_eq!(finish(&sandbox, run), printed(&sample_session(FAR_FUTURE)));
}

#[test]
fn departure_10_a_session_that_another_machine_has_stored_for_an_older_key_is_not_served() {
    let sandbox = sandbox();
    sandbox.set_period(3_155_760_000);
    let refused = json!({ "stderr": CODE_REFUSED, "exit": 255 });
    let run = run_up_to(&sandbox, ("aws", "sts get-session-token"), refused);
    let record = json!({ "AccessKeyId": "AKIAI44QH8DHBEXAMPLE" });
    keep(&sandbox, FAR_FUTURE, &record);
    assert_eq!(finish(&sandbox, run), failed(REFUSED));
}

#[test]
fn departure_9_cold_runs_share_one_session() {
    let sandbox = sandbox();
    sandbox.moods(&json!({ "op": { "delay": { "item get": 0.2, "item edit": 0.2 } } }));
    let spawn = || {
        let mut command = sandbox.command(&OPTION);
        let command = command.stdout(std::process::Stdio::piped());
        command.spawn().expect("a program that starts")
    };
    let runs: Vec<_> = (0..8).map(|_| spawn()).collect();
    let outputs = runs
        .into_iter()
        .map(|run| outcome(&run.wait_with_output().expect("a run")));
    let outputs: Vec<Outcome> = outputs.collect();
    let expected = printed(&sandbox.minted(1));
    assert!(outputs.iter().all(|run| *run == expected), "{outputs:?}");
    assert_eq!(sandbox.calls(), COLD_CALLS);
}

#[test]
fn departure_10_after_a_used_code_that_item_is_read_again() {
    let sandbox = sandbox();
    sandbox.set_period(3_155_760_000);
    sandbox.mishap(
        "aws",
        &json!({ "call": "sts get-session-token", "stderr": CODE_REFUSED, "exit": 255 }),
    );
    assert_eq!(run_untouched(&sandbox, &[]), failed(REFUSED));
    assert_eq!(
        sandbox.calls(),
        [
            GET_CACHE,
            VERSION,
            GET_KEY,
            OTP,
            STS,
            GET_CACHE_AGAIN,
            GET_CACHE_AGAIN
        ]
    );
}

#[test]
fn departure_11_a_session_that_still_lives_is_served_when_the_refresh_fails() {
    for (program, call) in [("op", "item get --otp"), ("aws", "sts get-session-token")] {
        let sandbox = sandbox();
        let expiration = in_seconds(20);
        keep(&sandbox, &expiration, &json!({}));
        sandbox.mishap(program, &json!({ "call": call, "exit": 1 }));
        let outcome = run_untouched(&sandbox, &[]);
        assert_eq!(outcome, printed(&sample_session(&expiration)), "{call}");
    }
}

#[test]
fn without_the_item_of_the_key_the_old_session_is_served() {
    let sandbox = sandbox();
    let expiration = in_seconds(20);
    keep(&sandbox, &expiration, &json!({}));
    let mut vault = sandbox.read("standin/vault.json");
    vault["items"].as_array_mut().expect("items").remove(0);
    sandbox.write("standin/vault.json", &vault);
    let outcome = run_untouched(&sandbox, &[]);
    assert_eq!(outcome, printed(&sample_session(&expiration)));
}

#[test]
fn a_cache_that_cannot_be_read_is_replaced() {
    for text in ["garbage", "e30="] {
        let sandbox = sandbox();
        change_cache_item(&sandbox, |item| {
            field_mut(item, "session_cache")["value"] = json!(text);
        });
        assert_eq!(run(&sandbox, &[]), printed(&sandbox.minted(1)), "{text}");
        assert_eq!(sandbox.calls(), COLD_CALLS, "{text}");
    }
}

#[test]
fn an_op_that_is_too_old_writes_nothing() {
    for (version, is_enough) in [
        ("2.26.9", false),
        ("2.27.0", true),
        ("2.27.0-beta.01", true),
        ("v2.28-beta", true),
        ("3.0.0", true),
    ] {
        let sandbox = sandbox();
        sandbox.moods(&json!({ "op": { "version": version } }));
        if is_enough {
            assert_eq!(run(&sandbox, &[]), printed(&sandbox.minted(1)), "{version}");
            continue;
        }
        let line = format!(
            "cannot keep a session in 1Password item 'AWS Session': `op` {version} is too old for --cache-item; update it to 2.27 or later"
        );
        assert_eq!(run_untouched(&sandbox, &[]), failed(&line));
        assert_eq!(sandbox.calls(), [GET_CACHE, VERSION]);
        keep(&sandbox, FAR_FUTURE, &json!({}));
        let warm = run_untouched(&sandbox, &[]);
        assert_eq!(warm, printed(&sample_session(FAR_FUTURE)));
        assert_eq!(run_untouched(&sandbox, &["clear"]), failed(&line));
        assert_eq!(
            past_checks(run_untouched(&sandbox, &["setup"])),
            failed(&line)
        );
    }
}

#[test]
fn in_each_mood_of_op_the_session_is_kept() {
    for mood in [
        json!({ "stale_reads": 1 }),
        json!({ "stale_reads": 3 }),
        json!({ "edit_lies": "mute" }),
        json!({ "stdin": "swallow" }),
        json!({ "stdin": "wsl" }),
        json!({ "version": "2.33.0" }),
        json!({ "label_match": "exact" }),
        json!({ "unqualified": "ambiguous-error" }),
        json!({ "duplicates": "error" }),
        json!({ "terminal": "descriptors", "authorisation": "app" }),
        json!({ "authorisation": "windows" }),
    ] {
        let sandbox = sandbox();
        // A second code would be good for a second session.
        sandbox.set_period(3_155_760_000);
        let (key_item, empty) = (sandbox.item(), cache_item(&sandbox));
        sandbox.moods(&json!({ "op": mood }));
        let outcome = run(&sandbox, &[]);
        assert_eq!(outcome, printed(&sandbox.minted(1)), "{mood}");
        assert_eq!(run(&sandbox, &[]), outcome, "{mood}");
        assert_eq!(sandbox.count_minted(), 1, "{mood}");
        assert_eq!(sandbox.item(), key_item, "{mood}");
        let shape = |item: &Value| -> Vec<Value> {
            fields(item).map(|field| field["label"].clone()).collect()
        };
        assert_eq!(shape(&cache_item(&sandbox)), shape(&empty), "{mood}");
    }
}

#[test]
fn op_on_windows_stores_without_a_terminal() {
    let sandbox = sandbox();
    sandbox.moods(&json!({ "op": { "stdin": "wsl", "authorisation": "windows" } }));
    let exe = sandbox.path("bin/op.exe");
    std::fs::rename(sandbox.path("bin/op"), &exe).expect("a program");
    let op = exe.display().to_string();
    let outcome = run(&sandbox, &["--op", &op]);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_ne!(kept(&sandbox), Value::Null);
    sandbox.forget_calls();
    assert_eq!(run(&sandbox, &["--op", &op]), outcome);
    assert_eq!(sandbox.calls(), [GET_CACHE]);
}

#[test]
fn what_comes_in_over_stdin_is_not_taken_for_the_item() {
    let sandbox = sandbox();
    let mut command = sandbox.command(&OPTION);
    let child = command
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn();
    let outcome = feed(
        child.expect("a program that starts"),
        b"{\"fields\": [], \"title\": \"x\"}\n",
    );
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(cache_item(&sandbox)["title"], "AWS Session");
}

#[test]
fn a_service_account_needs_the_vault() {
    let sandbox = sandbox();
    let mut vault = sandbox.read("standin/vault.json");
    vault["vaults"][0]["name"] = json!("Automation");
    for item in vault["items"].as_array_mut().expect("items") {
        item["vault"]["name"] = json!("Automation");
    }
    sandbox.write("standin/vault.json", &vault);
    let run = |named: &str| {
        let mut command = sandbox.command(&[
            "--vault",
            "Automation",
            "--item",
            KEY,
            "--cache-item",
            named,
        ]);
        command.env("OP_SERVICE_ACCOUNT_TOKEN", "ops_example");
        outcome(&command.output().expect("a program that starts"))
    };
    let line = "cannot read 1Password item 'AWS Session': `op item get` said: a vault query must be provided when this command is called by a service account. Please specify one either through the --vault flag or through piped input; pass --cache-item VAULT/ITEM: a service account needs the vault";
    assert_eq!(run("AWS Session"), failed(line));
    assert_eq!(run("Automation/AWS Session"), printed(&sandbox.minted(1)));
    sandbox.forget_calls();
    assert_eq!(run("Automation/AWS Session"), printed(&sandbox.minted(1)));
    assert_eq!(
        sandbox.calls(),
        ["op item get 'AWS Session' --format json --vault Automation"]
    );
}

#[test]
fn with_no_session_it_is_left_alone() {
    let sandbox = sandbox();
    let outcome = run_untouched(&sandbox, &["--no-session"]);
    assert_eq!(outcome, printed(setups::STATIC_KEYS));
    assert_eq!(sandbox.calls(), [GET_KEY]);
}
