//! What a terminal obeys in a name, a path or an argument reaches none, whatever is printed.

use serde_json::{Value, json};

use crate::support::terminal::*;
use crate::support::*;

/// Colours, a title for the window, a line end, and changes of the direction of writing.
const NASTY: &str = "a\u{1b}[31mb\u{7}c\nd\u{7f}e\u{9b}f\u{202e}g\u{2066}h\u{2028}i";

/// The same with a space for each.
const BLANKED: &str = "a [31mb c d e f g h i";

fn is_obeyed(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A sandbox whose item and vault have such names.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    let mut vault = sandbox.read("standin/vault.json");
    vault["vaults"][0]["name"] = json!(NASTY);
    vault["items"][0]["vault"]["name"] = json!(NASTY);
    vault["items"][0]["title"] = json!(NASTY);
    sandbox.write("standin/vault.json", &vault);
    sandbox
}

/// Runs, and expects that no line has anything in it that a terminal obeys.
fn run(sandbox: &Sandbox, args: &[&str]) -> Outcome {
    let outcome = sandbox.run(&[args, &["--item", NASTY]].concat());
    for text in [&outcome.stdout, &outcome.stderr] {
        assert!(
            text.lines().all(|line| !line.contains(is_obeyed)),
            "{text:?}"
        );
    }
    outcome
}

#[test]
fn clear_says_the_name_without_it() {
    let sandbox = sandbox();
    let line =
        format!("nothing to clear: field 'session_cache' of 1Password item '{BLANKED}' is empty\n");
    assert_eq!(run(&sandbox, &["clear"]), printed(&line));
}

#[test]
fn status_says_the_names_without_it() {
    let sandbox = sandbox();
    let id = "q3fz5kcv2wjd4hx7mnbtya6rse";
    let text = run(&sandbox, &["status"]).stdout;
    assert!(
        text.starts_with(&format!("item     {BLANKED} ({id})\nvault    {BLANKED} (")),
        "{text}"
    );
}

#[test]
fn status_escapes_it_in_json() {
    let sandbox = sandbox();
    let text = run(&sandbox, &["status", "--json"]).stdout;
    let json: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!([&json["item"], &json["vault"]], [NASTY; 2]);
}

#[test]
fn doctor_and_setup_say_the_names_without_it() {
    let sandbox = sandbox();
    for command in ["doctor", "setup"] {
        let text = run(&sandbox, &[command]).stdout;
        assert!(text.contains(BLANKED), "{text}");
    }
}

#[test]
fn the_line_on_stderr_has_the_name_without_it() {
    let sandbox = Sandbox::new();
    let stderr = run(&sandbox, &[]).stderr;
    assert_eq!(stderr.lines().count(), 1);
    let aim = format!("get-1password-creds: cannot read 1Password item '{BLANKED}': ");
    assert!(stderr.starts_with(&aim), "{stderr}");
}

#[test]
fn a_usage_error_has_the_argument_without_it() {
    let sandbox = Sandbox::new();
    let outcome = sandbox.run(&["status", "x\u{1b}[31my\u{202e}z"]);
    assert_eq!(outcome.status, Some(2));
    let first = outcome.stderr.lines().next();
    assert_eq!(first, Some("error: unexpected argument 'x [31my z' found"));
    assert!(outcome.stderr.lines().all(|line| !line.contains(is_obeyed)));
}

#[test]
fn what_is_told_at_the_terminal_has_the_name_without_it() {
    let sandbox = sandbox();
    sandbox.mishap("op", &json!({ "call": "item edit", "exit": 1 }));
    let program = [PROGRAM, "--item", NASTY];
    let outcome = finish(&mut tool(&sandbox, &[], &[], &program));
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    let told = transcript(&sandbox);
    assert!(
        told.contains(&format!("1Password item '{BLANKED}'")),
        "{told}"
    );
    assert!(
        told.lines().all(|line| !line.contains(is_obeyed)),
        "{told:?}"
    );
}
