//! Whose session it is: never another key's.

use serde_json::json;

use super::*;

/// The line of a refusal; `options` are those of the caller that the command repeats.
fn taken(options: &str) -> String {
    format!(
        "cannot use the session in 1Password item 'AWS Session': it is of another key, by --vault, --item and --access-key-field; name another item with --cache-item, or empty this one with `get-1password-creds clear --cache-item 'AWS Session'{options}`"
    )
}

/// A second item with a key, in a second vault.
fn add_other_key(sandbox: &Sandbox) {
    let mut vault = sandbox.read("standin/vault.json");
    let mut item = vault["items"][0].clone();
    item["id"] = json!("w6c2nxvz4hqkd7ryt3bmfga5oe");
    item["title"] = json!("Other Key");
    item["vault"] = json!({ "id": "h4qk7zvxd2mrw5tbnc6yfgoa3e", "name": "Shared" });
    vault["vaults"]
        .as_array_mut()
        .expect("vaults")
        .push(item["vault"].clone());
    vault["items"]
        .as_array_mut()
        .expect("items")
        .insert(1, item);
    sandbox.write("standin/vault.json", &vault);
}

#[test]
fn a_session_of_another_key_is_refused_and_kept() {
    let sandbox = sandbox();
    add_other_key(&sandbox);
    run(&sandbox, &[]);
    for (options, shown) in [
        (&["--item", "Other Key"][..], " --item 'Other Key'"),
        (
            &["--item", "w6c2nxvz4hqkd7ryt3bmfga5oe"],
            " --item w6c2nxvz4hqkd7ryt3bmfga5oe",
        ),
        (&["--vault", "Shared"], " --vault Shared"),
        (
            &["--vault", "Shared", "--item", "Other Key"],
            " --item 'Other Key' --vault Shared",
        ),
        (&["--access-key-field", "username"], ""),
    ] {
        for command in [&[][..], &["status"], &["status", "--json"]] {
            sandbox.forget_calls();
            let args = [command, options].concat();
            let outcome = run_untouched(&sandbox, &args);
            assert_eq!(outcome, failed(&taken(shown)), "{args:?}");
            assert_eq!(sandbox.calls(), [GET_CACHE], "{args:?}");
        }
        let doctor = run_untouched(&sandbox, &[&["doctor"], options].concat());
        let line = format!("failed   {}\n", taken(shown));
        assert!(doctor.stdout.contains(&line), "{}", doctor.stdout);
    }
    assert_eq!(sandbox.count_minted(), 1);
}

#[test]
fn a_session_of_another_key_that_is_over_is_not_replaced() {
    let sandbox = sandbox();
    keep(&sandbox, "2025-12-16T01:00:00Z", &json!({}));
    add_other_key(&sandbox);
    assert_eq!(
        run_untouched(&sandbox, &["--item", "Other Key"]),
        failed(&taken(" --item 'Other Key'"))
    );
}

#[test]
fn clear_hands_the_item_over() {
    let sandbox = sandbox();
    add_other_key(&sandbox);
    run(&sandbox, &[]);
    let cleared = "cleared field 'session_cache' of 1Password item 'AWS Session'; the next run gets a new session\n";
    assert_eq!(
        run(&sandbox, &["clear", "--item", "Other Key"]),
        printed(cleared)
    );
    // The next step of the one-time password.
    sandbox.write_text("standin/clock", "30");
    let other = ["--item", "Other Key"];
    assert_eq!(run(&sandbox, &other), printed(&sandbox.minted(2)));
    assert_eq!(run(&sandbox, &other), printed(&sandbox.minted(2)));
    assert_eq!(run_untouched(&sandbox, &[]), failed(&taken("")));
}

#[test]
fn the_same_key_by_other_names_is_served() {
    let sandbox = sandbox();
    let outcome = run(&sandbox, &[]);
    for options in [
        &["--item", "q3fz5kcv2wjd4hx7mnbtya6rse"][..],
        &["--item", "aws access key"],
        &["--vault", "Private"],
        &["--vault", "gshlsjsajnawtnjynzgwmiebge"],
        &["--access-key-field", "ttvqslmnr3ugxxlm65sjy7cl5a"],
    ] {
        sandbox.forget_calls();
        assert_eq!(run_untouched(&sandbox, options), outcome, "{options:?}");
        assert_eq!(sandbox.calls(), [GET_CACHE], "{options:?}");
    }
}

#[test]
fn a_record_without_an_owner_is_no_session() {
    for owner in [
        json!(null),
        json!({}),
        json!("AWS Access Key"),
        json!({ "Vault": [""], "Item": ["AWS Access Key"] }),
        json!({ "Vault": [""], "Item": ["AWS Access Key"], "Field": [1] }),
    ] {
        let sandbox = sandbox();
        keep(&sandbox, FAR_FUTURE, &json!({ "Owner": owner }));
        assert_eq!(run(&sandbox, &[]), printed(&sandbox.minted(1)), "{owner}");
    }
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

/// A sandbox in which the item goes by the name of the first key's item, and is another one.
fn with_another_persons_session() -> Sandbox {
    let sandbox = sandbox();
    let owner = json!({ "Vault": ["", "h4qk7zvxd2mrw5tbnc6yfgoa3e", "Private"], "Item": ["AWS Access Key", "w6c2nxvz4hqkd7ryt3bmfga5oe", "AWS Access Key"], "Field": ["Access Key ID"] });
    let record = json!({ "AccessKeyId": "AKIAI44QH8DHBEXAMPLE", "Owner": owner });
    keep(&sandbox, &in_seconds(20), &record);
    sandbox
}

#[test]
fn another_persons_item_of_the_same_name_is_told_where_it_is_read() {
    let sandbox = with_another_persons_session();
    assert_eq!(run_untouched(&sandbox, &[]), failed(&taken("")));
    assert_eq!(sandbox.calls(), [GET_CACHE, VERSION, GET]);
    for command in ["doctor", "setup"] {
        let told = run_untouched(&sandbox, &[command]);
        let line = format!("failed   {}\n", taken(""));
        assert!(told.stdout.contains(&line), "{}", told.stdout);
        assert_eq!(told.status, Some(1), "{command}");
    }
}

#[test]
fn the_line_of_setup_tells_items_of_the_same_name_apart() {
    let sandbox = with_another_persons_session();
    let args = ["--item", "q3fz5kcv2wjd4hx7mnbtya6rse"];
    let line = taken(" --item q3fz5kcv2wjd4hx7mnbtya6rse");
    assert_eq!(run_untouched(&sandbox, &args), failed(&line));
    assert_eq!(sandbox.calls(), [GET_CACHE]);
}

#[test]
fn doctor_sees_that_the_key_was_rotated() {
    let sandbox = sandbox();
    keep(
        &sandbox,
        FAR_FUTURE,
        &json!({ "AccessKeyId": "AKIAI44QH8DHBEXAMPLE", "Owner": { "Vault": [""], "Item": ["AWS Access Key", "q3fz5kcv2wjd4hx7mnbtya6rse"], "Field": ["Access Key ID"] } }),
    );
    let doctor = run_untouched(&sandbox, &["doctor"]);
    let line = "warning  cached session: it is from another key or device than the item's, and served as long as it is good; `get-1password-creds clear --cache-item 'AWS Session'` ends that\n";
    assert!(doctor.stdout.contains(line), "{}", doctor.stdout);
}

#[test]
fn who_waits_for_another_key_does_not_get_its_refusal() {
    let sandbox = sandbox();
    sandbox.moods(&json!({ "op": { "delay": { "item get": 0.3 } } }));
    let start = |args: &[&str]| {
        let mut command = sandbox.command(&[args, &OPTION].concat());
        let command = command
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        command.spawn().expect("a program that starts")
    };
    let wrong = start(&["--item", "Typo"]);
    while sandbox.calls().is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let right = start(&[]);
    let finish = |run: std::process::Child| outcome(&run.wait_with_output().expect("a run"));
    let line = "cannot read 1Password item 'Typo': `op item get` said: \"Typo\" isn't an item. Specify the item with its UUID, name, or domain; pass --item with the item's name or id, as `op item list` shows it";
    assert_eq!(finish(wrong), failed(line));
    assert_eq!(finish(right), printed(&sandbox.minted(1)));
}
