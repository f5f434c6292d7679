//! What is written to the user's own item, when, and what is told of it: nothing is lost, and nothing taken for something
//! else.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Child;

use serde_json::{Value, json};

use crate::support::runs::*;
use crate::support::terminal::*;
use crate::support::*;

/// Adds a field of this label to the item, in a section of this label if there is one.
fn add_field(sandbox: &Sandbox, section: Option<&str>, label: &str, kind: &str, value: &str) {
    sandbox.change_item(|item| {
        let mut field = json!({ "id": "added", "label": label, "type": kind, "value": value });
        if let Some(section) = section {
            field["section"] = json!({ "id": "Section_added", "label": section });
            let sections = item["sections"].as_array_mut().expect("sections");
            sections.push(field["section"].clone());
        }
        item["fields"].as_array_mut().expect("fields").push(field);
    });
}

/// Expects that a run ends with this line before a code is used up, that `clear` ends with it, too, and that neither
/// changes the item.
fn expect_refused(sandbox: &Sandbox, name: &str, reason: &str) {
    let before = sandbox.read("standin/vault.json");
    let option = format!("--cache-field={name}");
    let line = format!(
        "cannot keep a session in field '{}' of 1Password item 'AWS Access Key': {reason}",
        name.replace('\n', " ")
    );
    for (command, get) in [(&[][..], GET), (&["clear"], GET_PAST_CACHE)] {
        sandbox.forget_calls();
        let outcome = sandbox.run(&[command, &[&option]].concat());
        assert_eq!(outcome, failed(&line), "{name}");
        assert_eq!(sandbox.calls(), [get]);
    }
    let doctor = sandbox.run(&["doctor", &option]);
    assert!(
        doctor.stdout.contains(&format!("failed   {line}\n")),
        "{doctor:?}"
    );
    let setup = sandbox.run(&["setup", &option]);
    assert!(
        setup.stdout.contains(&format!("failed   {line}\n")),
        "{setup:?}"
    );
    assert_eq!((doctor.status, setup.status), (Some(1), Some(1)));
    assert_eq!(sandbox.read("standin/vault.json"), before);
}

#[test]
fn a_field_that_is_for_something_else_is_not_written_over() {
    let sandbox = Sandbox::new();
    add_field(&sandbox, None, "pin", "CONCEALED", "4711");
    add_field(&sandbox, None, "login page", "URL", "");
    let reason = "it holds a value that isn't a session; name another field with --cache-field";
    for name in [
        "one-time password",
        "Secret Access Key",
        "Access Key ID",
        "mfa serial",
        "notesPlain",
        "pin",
        "login page",
    ] {
        expect_refused(&sandbox, name, reason);
    }
}

#[test]
fn an_empty_field_of_the_key_is_not_taken_for_the_cache() {
    let sandbox = Sandbox::new();
    sandbox.change_field("mfa serial", |field| field["value"] = json!(""));
    let config = "[default]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n";
    sandbox.write_text("home/.aws/config", config);
    let reason = "it holds a value that isn't a session; name another field with --cache-field";
    expect_refused(&sandbox, "mfa serial", reason);
}

#[test]
fn a_cache_field_that_holds_a_session_or_is_called_so_is_written_over() {
    let sandbox = Sandbox::new();
    let old = base64(&session_json("2025-12-16T01:00:00Z"));
    add_field(&sandbox, None, "aws", "CONCEALED", &old);
    let outcome = sandbox.run(&["--cache-field", "aws"]);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    let sandbox = Sandbox::new();
    sandbox.set_cache("not a session");
    assert_eq!(sandbox.run(&[]), printed(&sandbox.minted(1)));
    assert_eq!(sandbox.run(&[]), printed(&sandbox.minted(1)));
}

#[test]
fn names_with_a_dot_at_an_end_are_refused() {
    let sandbox = Sandbox::new();
    let reason = "a section and a field on both sides of the dot are expected; name another field with --cache-field";
    expect_refused(&sandbox, ".cache", reason);
    expect_refused(&sandbox, "cache.", reason);
}

#[test]
fn a_field_with_a_dot_at_the_end_of_its_name_is_written() {
    let sandbox = Sandbox::new();
    add_field(&sandbox, None, ".cache", "CONCEALED", "");
    let outcome = sandbox.run(&["--cache-field", ".cache"]);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(sandbox.run(&["--cache-field", ".cache"]), outcome);
    assert_eq!(sandbox.count_minted(), 1);
}

#[test]
fn names_that_op_cannot_take_are_refused() {
    let sandbox = Sandbox::new();
    for name in ["a[b]", "a]", "two\nlines"] {
        add_field(&sandbox, None, name, "CONCEALED", "");
        let shown = name.replace('\n', " ");
        let reason = format!(
            "`op` can't write a field with '{shown}' in its name; name another field with --cache-field"
        );
        expect_refused(&sandbox, name, &reason);
    }
}

/// All else in the item, to the letter.
fn other_fields(sandbox: &Sandbox) -> Vec<Value> {
    let item = sandbox.item();
    let others = fields(&item).filter(|field| field["id"] != "added");
    others.cloned().collect()
}

#[test]
fn names_with_what_has_a_meaning_are_written_as_they_are() {
    for (section, label) in [
        (Some("--- AWS ---"), "session_cache"),
        (None, "-x"),
        (None, "--vault"),
        (None, "a.b=c\\d"),
        (Some("a.b"), "c=\"d\" 'e'"),
        (None, "🗝 キー"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.change_item(|item| {
            let fields = item["fields"].as_array_mut().expect("fields");
            fields.retain(|field| field["label"] != "session_cache");
        });
        add_field(&sandbox, section, label, "CONCEALED", "");
        let before = other_fields(&sandbox);
        // By its id, since an option can't begin with a dash.
        let first = sandbox.run(&["--cache-field", "added"]);
        assert_eq!(first, printed(&sandbox.minted(1)), "{label}");
        assert_eq!(sandbox.run(&["--cache-field", "added"]), first, "{label}");
        assert_eq!(sandbox.count_minted(), 1, "{label}");
        assert_eq!(other_fields(&sandbox), before, "{label}");
    }
}

#[test]
fn a_session_is_not_served_while_the_options_name_no_key() {
    type Case<'a> = (&'a str, fn(&Sandbox), &'a [&'a str], &'a str);
    let cases: [Case; 4] = [
        (
            "another field",
            |_| {},
            &["--access-key-field", "bob.Access Key ID"],
            "cannot read field 'bob.Access Key ID' of 1Password item 'AWS Access Key': it isn't there; add it, or name another field with --access-key-field",
        ),
        (
            "empty",
            |sandbox| sandbox.change_field("Access Key ID", |field| field["value"] = json!("")),
            &[],
            "cannot read field 'Access Key ID' of 1Password item 'AWS Access Key': it is empty; fill it in",
        ),
        (
            "gone",
            |sandbox| {
                sandbox.change_item(|item| {
                    let fields = item["fields"].as_array_mut().expect("fields");
                    fields.retain(|field| field["label"] != "Access Key ID");
                });
            },
            &[],
            "cannot read field 'Access Key ID' of 1Password item 'AWS Access Key': it isn't there; add it, or name another field with --access-key-field",
        ),
        (
            "a second one",
            |sandbox| {
                add_field(
                    sandbox,
                    Some("New"),
                    "Access Key ID",
                    "STRING",
                    "AKIAIOSFODNN7EXAMPL2",
                );
            },
            &[],
            "cannot read field 'Access Key ID' of 1Password item 'AWS Access Key': 2 fields match (section 'add more', id ttvqslmnr3ugxxlm65sjy7cl5a; section 'New', id added); choose one as SECTION.FIELD or by id with --access-key-field",
        ),
    ];
    for (what, change, args, line) in cases {
        for with_record in [true, false] {
            let sandbox = Sandbox::new();
            let mut session = session_json(FAR_FUTURE);
            if with_record {
                session["MintedFrom"] = minted_from(
                    "AKIAIOSFODNN7EXAMPLE",
                    "arn:aws:iam::123456789012:mfa/alice",
                );
            }
            sandbox.set_cache(&base64(&session));
            change(&sandbox);
            assert_eq!(sandbox.run(args), failed(line), "{what}");
            assert_eq!(sandbox.calls(), [GET], "{what}");
        }
    }
}

#[test]
fn a_record_that_cannot_be_read_is_no_session() {
    let sandbox = Sandbox::new();
    let mut session = session_json(FAR_FUTURE);
    session["MintedFrom"] = json!({ "AccessKeyId": 1 });
    sandbox.set_cache(&base64(&session));
    assert_eq!(sandbox.run(&[]), printed(&sandbox.minted(1)));
}

/// Runs as so many machines that share the vault: each has a private folder of its own, or none at all.
fn machines(sandbox: &Sandbox, count: usize, has_folder: bool) -> Vec<Child> {
    let machine = |number: usize| {
        let folder = sandbox.path(&format!("machine{number}"));
        fs::create_dir(&folder).expect("a folder");
        let mut command = sandbox.command_in_own_session(&[]);
        command.env("XDG_RUNTIME_DIR", &folder);
        if !has_folder {
            let own = sandbox.own_folder().file_name().expect("a name").to_owned();
            for place in [folder, sandbox.path("tmp")] {
                let own = place.join(&own);
                _ = fs::create_dir(&own);
                fs::set_permissions(&own, fs::Permissions::from_mode(0o755)).expect("a mode");
            }
        }
        spawn(&mut command)
    };
    (1..=count).map(machine).collect()
}

#[test]
fn departure_10_four_machines_share_one_session() {
    for has_folder in [true, false] {
        let sandbox = Sandbox::new();
        sandbox.set_period(4);
        // All have fetched the same code before one of them spends it.
        let mishap = json!({ "call": "sts get-session-token", "until": "go" });
        sandbox.mishap("aws", &mishap);
        let runs = machines(&sandbox, 4, has_folder);
        wait_for(|| sandbox.calls().len() == 12);
        go_on(&sandbox);
        expect_all(&ends(runs), &printed(&sandbox.minted(1)));
        assert_eq!(sandbox.count_minted(), 1);
    }
}

#[test]
fn departure_10_a_second_refusal_looks_for_a_session_once_more() {
    let sandbox = Sandbox::new();
    sandbox.set_period(2);
    let refuse = json!({ "call": "sts get-session-token", "stderr": CODE_REFUSED, "exit": 255 });
    let late = json!({ "call": "sts get-session-token", "skip": 1, "until": "go", "stderr": CODE_REFUSED, "exit": 255 });
    sandbox.moods(&json!({ "aws": { "mishaps": [late, refuse] } }));
    let run = start(&sandbox, 1, &[]);
    wait_for_calls(&sandbox, 7);
    sandbox.set_cache(&base64(&session_json(FAR_FUTURE)));
    go_on(&sandbox);
    expect_all(&ends(run), &printed(&sample_session(FAR_FUTURE)));
    assert_eq!(
        sandbox.calls(),
        [GET, OTP, STS, GET_AGAIN, OTP, GET_AGAIN, STS, GET_AGAIN]
    );
}

const LATE: &str = "cannot store the session in 1Password item 'AWS Access Key': `op item edit` was not done when its 10 s \
                    were over; was 1Password's prompt approved?";

#[test]
fn a_write_back_that_hangs_costs_ten_seconds_and_no_session() {
    let sandbox = Sandbox::new();
    sandbox.mishap("op", &json!({ "call": "item edit", "hang": true }));
    let script = format!("for i in 1 2 3; do '{PROGRAM}' & done; wait");
    let outcome = finish(&mut tool(&sandbox, &[], &[], &["/bin/sh", "-c", &script]));
    assert_eq!(outcome, printed(&sandbox.minted(1).repeat(3)));
    let shown = transcript(&sandbox);
    // A run that waits for the others may say so before.
    assert!(
        shown.ends_with(&format!("get-1password-creds: {LATE}\r\n")),
        "{shown}"
    );
    sandbox.assert_children_gone();
}

#[test]
fn a_write_back_that_fails_is_told_each_time_and_by_status_and_doctor() {
    let sandbox = Sandbox::new();
    sandbox.set_period(1);
    let text = "[ERROR] 2026/08/14 04:07:09 Couldn't update the item.\n";
    sandbox.mishap(
        "op",
        &json!({ "call": "item edit", "stderr": text, "exit": 1 }),
    );
    for count in 1..=2 {
        let outcome = finish(&mut tool(&sandbox, &[], &[], &[PROGRAM]));
        assert_eq!(outcome, printed(&sandbox.minted(count)));
        let note = "get-1password-creds: cannot store the session in 1Password item 'AWS Access Key': `op item edit` said: \
                    Couldn't update the item; check that you may read and edit the items of this vault";
        assert!(
            transcript(&sandbox).ends_with(&format!("{note}\r\n")),
            "{}",
            transcript(&sandbox)
        );
    }
    let told = |command: &str, start: &str| {
        let outcome = sandbox.run(&[command]);
        let start = format!("{start}no: a new session couldn't be stored on ");
        let end = ", and each run without one uses a code up; run `get-1password-creds` at a terminal to see why";
        outcome
            .stdout
            .lines()
            .any(|line| line.starts_with(&start) && line.ends_with(end))
    };
    assert!(told("status", "stored   ") && told("doctor", "warning  stored: "));
    sandbox.moods(&json!({}));
    assert_eq!(sandbox.run(&[]), printed(&sandbox.minted(3)));
    assert!(!told("status", "stored   ") && !told("doctor", "warning  stored: "));
}

#[test]
fn a_session_that_was_stored_without_an_answer_is_not_called_unstored() {
    let sandbox = Sandbox::new();
    let noise = json!({ "call": "item edit", "times": 1, "stdout": "{", "goes_on": true });
    sandbox.mishap("op", &noise);
    assert_eq!(sandbox.run(&[]), printed(&sandbox.minted(1)));
    assert!(
        sandbox
            .left_behind_names()
            .iter()
            .any(|name| name.ends_with(".unstored"))
    );
    for command in ["status", "doctor"] {
        let outcome = sandbox.run(&[command]);
        assert_eq!(outcome.status, Some(0), "{}", outcome.stdout);
        assert!(!outcome.stdout.contains("stored on"), "{}", outcome.stdout);
    }
}

#[test]
fn no_code_is_sent_that_leaves_no_time_for_the_answer() {
    let sandbox = Sandbox::new();
    sandbox.moods(&json!({ "op": { "delay": { "item get --otp": 3.2 } } }));
    let line = "cannot get a session from STS: of the 4 s of --timeout too few are left to use a code up, as 1Password took \
                the others; approve its prompt sooner, or pass a longer --timeout";
    assert_eq!(sandbox.run(&["--timeout", "4s"]), failed(line));
    assert_eq!(sandbox.calls(), [GET, OTP]);
}

/// What somebody saves between any two calls is there afterwards, and so is all else.
#[test]
fn what_somebody_saves_meanwhile_is_kept() {
    for (program, call) in STEPS {
        let sandbox = Sandbox::new();
        let run = run_up_to(&sandbox, program, call);
        add_field(&sandbox, None, "saved", "CONCEALED", "meanwhile");
        sandbox.change_item(|item| item["title"] = json!("Renamed"));
        let before = sandbox.item();
        go_on(&sandbox);
        let outcome = outcome_of(run);
        assert!(
            outcome.status == Some(0) || call == "item get",
            "{call}: {outcome:?}"
        );
        let without_cache = |mut item: Value| {
            field_mut(&mut item, "session_cache")
                .as_object_mut()
                .expect("a field")
                .remove("value");
            for name in ["version", "updated_at", "last_edited_by"] {
                item.as_object_mut().expect("an item").remove(name);
            }
            item
        };
        assert_eq!(
            without_cache(sandbox.item()),
            without_cache(before),
            "{call}"
        );
    }
}

#[test]
fn a_large_item_is_as_good_as_a_small_one() {
    let sandbox = Sandbox::new();
    for number in 0..500 {
        add_field(
            &sandbox,
            None,
            &format!("field {number}"),
            "STRING",
            &"x".repeat(2000),
        );
    }
    let before = other_fields(&sandbox).len();
    let first = sandbox.run(&[]);
    assert_eq!(first, printed(&sandbox.minted(1)));
    assert_eq!(sandbox.run(&[]), first);
    assert_eq!(other_fields(&sandbox).len(), before);
}

#[test]
fn an_item_that_is_gone_before_the_write_costs_no_session() {
    let sandbox = Sandbox::new();
    sandbox.mishap(
        "aws",
        &json!({ "call": "sts get-session-token", "until": "go", "times": 1 }),
    );
    let run = start(&sandbox, 1, &[]);
    wait_for(|| sandbox.path("standin/mishap-aws-0").exists());
    let vault = sandbox.read("standin/vault.json");
    let mut empty = vault.clone();
    empty["items"] = json!([]);
    sandbox.write("standin/vault.json", &empty);
    go_on(&sandbox);
    expect_all(&ends(run), &printed(&sandbox.minted(1)));
    assert_eq!(sandbox.read("standin/vault.json"), empty);
}
