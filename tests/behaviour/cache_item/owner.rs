//! Whose session it is: never another key's.

use serde_json::json;

use super::*;

const OTHER: [&str; 4] = ["--item", OTHER_KEY, "--cache-item", "AWS Session"];

/// The line of a refusal; `item` is what the caller names, which the command repeats.
fn refused(reason: &str, item: &str) -> String {
    format!(
        "cannot use the session in 1Password item 'AWS Session': it {reason}; name another item with --cache-item, or empty this one with `get-1password-creds clear --item {item} --cache-item 'AWS Session'`"
    )
}

fn taken(item: &str) -> String {
    refused(
        "belongs to another key, by --item and --access-key-field",
        item,
    )
}

fn named(sandbox: &Sandbox) -> String {
    let setup = "get-1password-creds setup --cache-item 'AWS Session'";
    assert_eq!(sandbox.calls(), [""; 0]);
    format!(
        "cannot use the session in 1Password item 'AWS Session': with --cache-item, --item must be an id; `{setup}` prints the line"
    )
}

/// A second item with a key, of the same name, in a second vault.
fn add_other_key(sandbox: &Sandbox) {
    let mut vault = sandbox.read("standin/vault.json");
    let mut item = vault["items"][0].clone();
    item["id"] = json!(OTHER_KEY);
    item["vault"] = json!({ "id": "h4qk7zvxd2mrw5tbnc6yfgoa3e", "name": "Shared" });
    let vaults = vault["vaults"].as_array_mut().expect("vaults");
    vaults.push(item["vault"].clone());
    let items = vault["items"].as_array_mut().expect("items");
    items.insert(1, item);
    sandbox.write("standin/vault.json", &vault);
}

#[test]
fn a_session_of_another_key_is_refused_and_kept() {
    let sandbox = sandbox();
    add_other_key(&sandbox);
    run(&sandbox, &[]);
    let other_field = [&OPTION[..], &["--access-key-field", "username"]].concat();
    let field = " --access-key-field username`";
    let of_the_field = taken(KEY);
    let of_the_field = of_the_field
        .strip_suffix('`')
        .expect("a command")
        .to_owned()
        + field;
    for (options, line) in [(&OTHER[..], taken(OTHER_KEY)), (&other_field, of_the_field)] {
        for command in [&[][..], &["status"], &["status", "--json"]] {
            sandbox.forget_calls();
            let args = [command, options].concat();
            let outcome = untouched(&sandbox, &args);
            assert_eq!(outcome, failed(&line), "{args:?}");
            assert_eq!(sandbox.calls(), [GET_CACHE], "{args:?}");
        }
        let doctor = untouched(&sandbox, &[&["doctor"], options].concat());
        let line = format!("failed   {line}\n");
        assert!(doctor.stdout.contains(&line), "{}", doctor.stdout);
    }
    assert_eq!(sandbox.count_minted(), 1);
}

#[test]
fn an_expired_session_of_another_key_is_not_replaced() {
    let sandbox = sandbox();
    add_other_key(&sandbox);
    keep(&sandbox, "2025-12-16T01:00:00Z", &json!({}));
    assert_eq!(untouched(&sandbox, &OTHER), failed(&taken(OTHER_KEY)));
}

#[test]
fn clear_hands_the_item_over() {
    let sandbox = sandbox();
    add_other_key(&sandbox);
    run(&sandbox, &[]);
    let clear = [&["clear"], &OTHER[..]].concat();
    assert_eq!(sandbox.run(&clear), printed(CLEARED));
    // The next step of the one-time password.
    sandbox.write_text("standin/clock", "30");
    assert_eq!(sandbox.run(&OTHER), printed(&sandbox.minted(2)));
    assert_eq!(sandbox.run(&OTHER), printed(&sandbox.minted(2)));
    assert_eq!(run_untouched(&sandbox, &[]), failed(&taken(KEY)));
}

#[test]
fn the_vault_does_not_tell_whose_it_is() {
    let sandbox = sandbox();
    let outcome = run(&sandbox, &[]);
    for vault in ["Private", "gshlsjsajnawtnjynzgwmiebge"] {
        sandbox.forget_calls();
        let options = ["--vault", vault];
        assert_eq!(run_untouched(&sandbox, &options), outcome, "{vault}");
        assert_eq!(sandbox.calls(), [GET_CACHE], "{vault}");
    }
}

#[test]
fn a_record_of_an_older_version_is_refused_until_it_is_cleared() {
    let arrays =
        json!({ "Vault": [""], "Item": ["AWS Access Key", KEY], "Field": ["Access Key ID"] });
    let line = refused("names no key, as an older version wrote it", KEY);
    for owner in [
        arrays,
        json!(null),
        json!({}),
        json!("AWS Access Key"),
        json!({ "Item": KEY }),
        json!({ "Item": KEY, "Field": 1 }),
    ] {
        let sandbox = sandbox();
        keep(&sandbox, FAR_FUTURE, &json!({ "Owner": owner }));
        for command in [&[][..], &["status"]] {
            let outcome = run_untouched(&sandbox, command);
            assert_eq!(outcome, failed(&line), "{owner}");
        }
        assert_eq!(run(&sandbox, &["clear"]), printed(CLEARED));
        assert_eq!(run(&sandbox, &[]), printed(&sandbox.minted(1)), "{owner}");
    }
}

#[test]
fn the_cache_of_the_script_is_refused_there() {
    let sandbox = sandbox();
    change_cache_item(&sandbox, |item| {
        let session = base64(&session_json(FAR_FUTURE));
        field_mut(item, "session_cache")["value"] = json!(session);
    });
    let line = refused("names no key, as an older version wrote it", KEY);
    assert_eq!(run_untouched(&sandbox, &[]), failed(&line));
}

#[test]
fn clear_takes_the_item_over_whatever_names_the_key() {
    for item in ["AWS Access Key", OTHER_KEY, "no such item"] {
        let sandbox = sandbox();
        keep(&sandbox, FAR_FUTURE, &json!({ "Owner": null }));
        let clear = ["clear", "--cache-item", "AWS Session", "--item", item];
        assert_eq!(sandbox.run(&clear), printed(CLEARED), "{item}");
    }
}

#[test]
fn a_key_that_goes_by_a_name_is_refused() {
    let sandbox = sandbox();
    let line = named(&sandbox);
    for command in [&[][..], &["status"], &["status", "--json"]] {
        let args = [command, &["--cache-item", "AWS Session"]].concat();
        assert_eq!(untouched(&sandbox, &args), failed(&line), "{command:?}");
        assert_eq!(sandbox.calls(), [""; 0], "{command:?}");
    }
    let doctor = untouched(&sandbox, &["doctor", "--cache-item", "AWS Session"]);
    let line = format!("failed   {line}\n");
    assert!(doctor.stdout.contains(&line), "{}", doctor.stdout);
    assert_eq!(doctor.status, Some(1));
}

#[test]
fn a_name_that_looks_like_an_id_is_refused() {
    let sandbox = sandbox();
    let name = "awsaccesskeyofaliceandbobb";
    sandbox.change_item(|item| item["title"] = json!(name));
    let args = ["--item", name, "--cache-item", "AWS Session"];
    let line = format!(
        "cannot use the session in 1Password item 'AWS Session': with --cache-item, --item must be an id; `get-1password-creds setup --item {name} --cache-item 'AWS Session'` prints the line"
    );
    assert_eq!(untouched(&sandbox, &args), failed(&line));
    let get_key = format!("op item get {name} --format json");
    assert_eq!(sandbox.calls(), [GET_CACHE, VERSION, &get_key]);
}

#[test]
fn a_rotated_key_is_seen_at_the_next_refresh() {
    let sandbox = sandbox();
    let outcome = run(&sandbox, &[]);
    sandbox.change_field("Access Key ID", |field| {
        field["value"] = json!("AKIAI44QH8DHBEXAMPLE");
    });
    assert_eq!(run(&sandbox, &[]), outcome);
    run(&sandbox, &["clear"]);
    sandbox.forget_calls();
    // The next step of the one-time password.
    sandbox.write_text("standin/clock", "30");
    run(&sandbox, &[]);
    assert_eq!(sandbox.calls()[..5], COLD_CALLS[..5]);
}

#[test]
fn departure_7_the_serial_on_the_command_line_counts() {
    let sandbox = sandbox();
    run(&sandbox, &[]);
    sandbox.forget_calls();
    sandbox.mishap(
        "aws",
        &json!({ "call": "sts get-session-token", "exit": 255 }),
    );
    let line = "cannot get a session from STS: `aws sts get-session-token` failed (exit status: 255) and gave no reason";
    let args = ["--mfa-serial", "arn:aws:iam::123456789012:mfa/bob"];
    assert_eq!(run_untouched(&sandbox, &args), failed(line));
}

#[test]
fn an_old_session_of_a_rotated_key_is_not_served_when_the_refresh_fails() {
    for record in [
        json!({ "AccessKeyId": "AKIAI44QH8DHBEXAMPLE" }),
        json!({ "SerialNumber": "arn:aws:iam::123456789012:mfa/bob" }),
    ] {
        let sandbox = sandbox();
        keep(&sandbox, &in_seconds(20), &record);
        sandbox.mishap(
            "aws",
            &json!({ "call": "sts get-session-token", "exit": 255 }),
        );
        let line = "cannot get a session from STS: `aws sts get-session-token` failed (exit status: 255) and gave no reason";
        assert_eq!(run_untouched(&sandbox, &[]), failed(line), "{record}");
    }
}

#[test]
fn doctor_sees_that_the_key_was_rotated() {
    let sandbox = sandbox();
    let record = json!({ "AccessKeyId": "AKIAI44QH8DHBEXAMPLE" });
    keep(&sandbox, FAR_FUTURE, &record);
    let doctor = run_untouched(&sandbox, &["doctor"]);
    let line = format!(
        "warning  cached session: it is from another key or device than the item's, and served as long as it is good; `get-1password-creds clear --item {KEY} --cache-item 'AWS Session'` ends that\n"
    );
    assert!(doctor.stdout.contains(&line), "{}", doctor.stdout);
}

#[test]
fn a_run_that_waits_for_one_with_another_key_does_not_get_its_refusal() {
    let sandbox = sandbox();
    sandbox.moods(&json!({ "op": { "delay": { "item get": 0.3 } } }));
    let start = |args: &[&str]| runs::spawn(&mut sandbox.command(args));
    let wrong = start(&OTHER);
    runs::wait_for_calls(&sandbox, 1);
    let right = start(&OPTION);
    let finish = |run: Child| outcome(&run.wait_with_output().expect("a run"));
    let line = format!(
        "cannot read 1Password item '{OTHER_KEY}': `op item get` said: \"{OTHER_KEY}\" isn't an item. Specify the item with its UUID, name, or domain; pass --item with the item's name or id, as `op item list` shows it"
    );
    assert_eq!(finish(wrong), failed(&line));
    assert_eq!(finish(right), printed(&sandbox.minted(1)));
}
