//! Whose session it is: never another key's.

use serde_json::json;

use super::*;

const TAKEN: &str = "cannot use the session in 1Password item 'AWS Session': it is of another key; name another item with --cache-item, or empty this one with `get-1password-creds clear --cache-item 'AWS Session'`";

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
    for options in [
        &["--item", "Other Key"][..],
        &["--item", "w6c2nxvz4hqkd7ryt3bmfga5oe"],
        &["--vault", "Shared"],
        &["--vault", "Shared", "--item", "Other Key"],
        &["--access-key-field", "username"],
    ] {
        for command in [&[][..], &["status"], &["status", "--json"]] {
            sandbox.forget_calls();
            let args = [command, options].concat();
            assert_eq!(run_untouched(&sandbox, &args), failed(TAKEN), "{args:?}");
            assert_eq!(sandbox.calls(), [GET_CACHE], "{args:?}");
        }
        let doctor = run_untouched(&sandbox, &[&["doctor"], options].concat());
        assert!(
            doctor.stdout.contains(&format!("failed   {TAKEN}\n")),
            "{}",
            doctor.stdout
        );
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
        failed(TAKEN)
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
    assert_eq!(run_untouched(&sandbox, &[]), failed(TAKEN));
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
