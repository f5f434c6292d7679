//! The matrix: however `op` behaves where nobody could ask a real one, its owner gets credentials or one clear line, and
//! the item stays sound. `cargo test --test behaviour -- --nocapture matrix::` prints it as a table.
//!
//! A cell is a setting of the stand-in and a place of the cache field; in each the program runs six times, and once more
//! with an `op` that is well again. A setting is tried in as many of the places as it has results.

use std::io::{Write, pipe};
use std::panic::catch_unwind;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::support::*;

/// The label of the cache field, and the section of each that there is.
const PLACES: [(&str, &str, &[&str]); 8] = [
    ("unlabelled section", "session_cache", &["add more"]),
    ("missing", "session_cache", &[]),
    ("no section", "session_cache", &[""]),
    ("labelled section", "session_cache", &["AWS"]),
    ("spelt otherwise", "Session_ Cache", &["add more"]),
    ("in two sections", "session_cache", &["add more", "AWS"]),
    ("twice in one", "session_cache", &["AWS", "AWS"]),
    ("twice in none", "session_cache", &["", ""]),
];

/// What is put into the cache before each run; then comes the next one-time password, unless it is to be at once.
const RUNS: [&str; 6] = ["living", "empty", "-", "expired", "expired", "-"];

/// What the runs come to: `c` the session that was cached at first, `n` a new one, `o` the last one again, `l` a line.
const RESULTS: [(char, &str, &str); 7] = [
    ('s', "cnonno", "stored"),
    ('+', "cnonno", "stored in one field more"),
    ('n', "cnnnnn", "a new one each time"),
    ('m', "cnnnnn", "a new one each time, one field more"),
    ('2', "cnnnno", "stored, but for the first"),
    ('w', "clllll", "a line unless warm"),
    ('l', "llllll", "a line"),
];

/// Moods of `op` | circumstances | results in the places | what stands in the line, if there is one.
const SETTINGS: &str = r#"
{}                                                              | -                        | ssssssss |
{"unqualified": "create-duplicate"}                             | -                        | +sss+sss |
{"unqualified": "ambiguous-error"}                              | -                        | nsssnsss |
{"duplicates": "error"}                                         | -                        | ssssssnn |
{"label_match": "exact"}                                        | -                        | ssssssss |
{"label_match": "loose"}                                        | -                        | ssssssss |
{"label_match": "exact", "unqualified": "create-duplicate"}     | -                        | +sss+sss |
{"duplicates": "error", "unqualified": "create-duplicate"}      | -                        | +sss+snn |
{"edit_lies": "silent"}                                         | -                        | nnnnnnnn |
{"edit_lies": "empty"}                                          | -                        | nnnnnnnn |
{"edit_lies": "mute"}                                           | -                        | ssssssss |
{"stale_reads": 1}                                              | -                        | nnnnnnnn |
{"stale_reads": 1}                                              | at once                  | ssssssss |
{"stale_reads": 3}                                              | -                        | nn       |
{"stale_reads": 3}                                              | at once                  | ss       |
{"stale_reads": 2, "unqualified": "create-duplicate"}           | -                        | mnnnmnnn |
{"stale_reads": 2, "unqualified": "create-duplicate"}           | at once                  | +sss+sss |
{"read_only_exit": 0}                                           | read only                | nn       |
{"stdin": "strict"}                                             | a pipe                   | ss       |
{"stdin": "swallow"}                                            | a pipe                   | ss       |
{"stdin": "wsl"}                                                | a pipe                   | nn       |
{"stdin": "wsl", "version": "2.19.0"}                           | -                        | nn       |
{"stdin": "wsl", "version": "2.39.0"}                           | terminal --stdin         | ss       |
{"version": "2.19.0"}                                           | -                        | ss       |
{"version": "2.27.0"}                                           | -                        | ss       |
{"version": "2.30.0"}                                           | -                        | ss       |
{"version": "2.33.1"}                                           | -                        | ss       |
{"version": "2.39.0"}                                           | -                        | ss       |
{"otp_json": "digits"}                                          | OP_FORMAT=json           | ss       |
{"otp_json": "json-string"}                                     | OP_FORMAT=json           | ss       |
{"otp_json": "error"}                                           | OP_FORMAT=json           | ss       |
{"primary_otp": "last"}                                         | -                        | s        |
{}                                                              | terminal --none, no otp  | ww       | there is no terminal; add a one-time password to the item
{"authorisation": "app", "terminal": "controlling"}             | terminal                 | ss       |
{"authorisation": "app", "terminal": "controlling"}             | terminal --stdin         | ss       |
{"authorisation": "app", "terminal": "controlling"}             | terminal --none          | ss       |
{"authorisation": "app", "terminal": "descriptors"}             | terminal                 | ss       |
{"authorisation": "app", "terminal": "descriptors"}             | terminal --stdin         | ss       |
{"authorisation": "app", "terminal": "descriptors"}             | terminal --none          | ss       |
{"authorisation": "windows"}                                    | -                        | ss       |
{"authorisation": "app", "prompt": "dismissed"}                 | -                        | ll       | prompt dismissed, please try again; run it again and approve
{"authorisation": "app", "prompt": "timeout"}                   | -                        | ll       | authorization timeout; was 1Password's prompt approved? unlock
{"authorisation": "signed out"}                                 | -                        | ll       | for instructions; turn on 'Integrate with 1Password CLI'
{}                                                              | no accounts              | ll       | No accounts configured for use with 1Password CLI; approve
{"no_accounts_tail": ""}                                        | no accounts              | ll       | No accounts configured for use with 1Password CLI; approve
{"mishaps": [{"call": "item get", "stderr": "a note\n", "goes_on": true}]}       | - | ss |
{"mishaps": [{"call": "item get --otp", "stderr": "a note\n", "goes_on": true}]} | - | ss |
{"mishaps": [{"call": "item edit", "stderr": "a note\n", "goes_on": true}]}      | - | ss |
"#;

/// What `op` may say when the service refuses a call | our advice.
const REFUSALS: &str = "
(401) Unauthorized: You aren't authorized to perform this action | check that you may read
(403) Forbidden: You don't have permission to perform this action | check that you may read
(409) Conflict: Internal server conflict | the vault was changed at the same time
(429) Too Many Requests: Please retry in 58 minutes | wait: 1Password limits
You do not have the requested access to vault 'Private' | check that you may read
";

struct Setting {
    moods: Value,
    circumstances: String,
    results: String,
    line: String,
}

impl Setting {
    fn parse(row: &str) -> Self {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let moods = serde_json::from_str(cells[0]).expect("moods");
        let [circumstances, results, line] = [1, 2, 3].map(|i| cells[i].to_owned());
        Self {
            moods,
            circumstances,
            results,
            line,
        }
    }
}

fn settings() -> Vec<Setting> {
    let mut settings: Vec<Setting> = SETTINGS.trim().lines().map(Setting::parse).collect();
    for refusal in REFUSALS.trim().lines() {
        let (text, advice) = refusal.split_once(" | ").expect("two cells");
        for exit in [1, 4] {
            let mut add = |moods: Value, rest: &str| {
                settings.push(Setting::parse(&format!(
                    "{moods} | {rest} | {text}; {advice}"
                )));
            };
            let stderr = format!("[ERROR] 2026/08/14 04:07:09 {text}.\n");
            let mishap = |call: &str, times: Option<u8>| {
                let mishap =
                    json!({ "call": call, "exit": exit, "stderr": stderr, "times": times });
                json!({ "mishaps": [mishap] })
            };
            add(mishap("item get", None), "- | ll");
            add(mishap("item get --otp", None), "- | ww");
            if text.starts_with("(409)") {
                // Tried four times in a run.
                add(mishap("item edit", Some(4)), "- | 22");
            } else {
                add(mishap("item edit", None), "- | nn");
                let moods = json!({ "read_only_text": text, "read_only_exit": exit });
                add(moods, "read only | nn");
            }
        }
    }
    settings
}

/// A sandbox in which the setting holds, and a cache field lies in each of the sections.
fn prepare(setting: &Setting, label: &str, sections: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.moods(&json!({ "op": setting.moods }));
    let mut vault = sandbox.read("standin/vault.json");
    match setting.circumstances.as_str() {
        "no accounts" => vault["accounts"] = json!([]),
        "read only" => vault["vaults"][0]["read_only"] = json!(true),
        "terminal --none, no otp" => {
            field_mut(&mut vault["items"][0], "one-time password")["value"] = json!("");
        }
        _ => {}
    }
    let item = &mut vault["items"][0];
    item["passkey"] = json!({ "credential": "a passkey" });
    item["files"] = json!([{ "id": "file", "name": "a file", "size": 3 }]);
    let fields = item["fields"].as_array_mut().expect("fields");
    fields.retain(|field| !is_cache(field));
    for (number, section) in sections.iter().enumerate() {
        let mut field =
            json!({ "id": format!("cache{number}"), "type": "CONCEALED", "label": label });
        match *section {
            "" => {}
            "AWS" => field["section"] = json!({ "id": "Section_aws", "label": "AWS" }),
            id => field["section"] = json!({ "id": id }),
        }
        // Not at the end, so that a field that moves shows.
        fields.insert(number, field);
    }
    sandbox.write("standin/vault.json", &vault);
    sandbox
}

/// Makes `op` well again.
fn heal(sandbox: &Sandbox) {
    sandbox.moods(&json!({}));
    let mut vault = sandbox.read("standin/vault.json");
    vault["vaults"][0]["read_only"] = json!(false);
    vault.as_object_mut().expect("a vault").remove("accounts");
    let seed = sandbox.read("standin/account.json")["totp"].clone();
    field_mut(&mut vault["items"][0], "one-time password")["value"] = seed;
    sandbox.write("standin/vault.json", &vault);
}

/// Tries a cell out; says how often each of the runs called `op`.
fn try_out(setting: &Setting, label: &str, sections: &[&str], expected: char) -> String {
    let sandbox = prepare(setting, label, sections);
    let mut runs = String::new();
    let mut calls = Vec::new();
    for (number, cache) in RUNS
        .into_iter()
        .enumerate()
        .skip(usize::from(sections.is_empty()))
    {
        fill_cache(&sandbox, cache);
        runs.push(run(&sandbox, setting, number, cache));
        let counted = sandbox.calls();
        let counted = counted.iter().filter(|call| call.starts_with("op "));
        let count = counted.count();
        let most = match runs.as_str() {
            "c" => 1,
            warm if warm.ends_with('o') && setting.circumstances != "at once" => 1,
            _ if expected == '2' => 6,
            _ => 3,
        };
        assert!(count <= most, "{count} calls after {runs}");
        assert!(sandbox.events("prompt").len() <= 1, "prompts after {runs}");
        calls.push(count.to_string());
    }
    let (_, pattern, _) = result(expected);
    assert!(
        pattern.ends_with(&runs),
        "{pattern} was expected, not {runs}"
    );
    let has_one_more = added(&sandbox.item()) > usize::from(sections.is_empty());
    assert_eq!(
        has_one_more,
        ['+', 'm'].contains(&expected),
        "one field more"
    );

    // Nobody is locked out: the next code is all it takes.
    heal(&sandbox);
    let last = run(&sandbox, setting, RUNS.len(), "-");
    assert_ne!(last, 'l', "though op is well again");
    calls.join(" ")
}

/// Puts something into the cache, also in what a stale read shows.
fn fill_cache(sandbox: &Sandbox, what: &str) {
    let text = match what {
        "living" => base64(&session_json(FAR_FUTURE)),
        "expired" => base64(&session_json("2025-12-16T01:00:00Z")),
        "empty" => String::new(),
        _ => return,
    };
    let fill = |item: &mut Value| {
        let fields = item["fields"].as_array_mut().expect("fields").iter_mut();
        fields
            .filter(|field| is_cache(field))
            .for_each(|field| field["value"] = json!(text));
    };
    sandbox.change_item(fill);
    if sandbox.path("standin/stale.json").exists() {
        let mut stale = sandbox.read("standin/stale.json");
        let entries = stale.as_object_mut().expect("items").values_mut();
        entries.for_each(|entry| fill(&mut entry["item"]));
        sandbox.write("standin/stale.json", &stale);
    }
}

/// Runs the program once, with the next code, and judges what comes of it.
fn run(sandbox: &Sandbox, setting: &Setting, number: usize, cache: &str) -> char {
    if cache != "-" || setting.circumstances != "at once" {
        next_code(sandbox, number);
    }
    sandbox.forget_calls();
    let (before, had) = (sandbox.item(), sandbox.count_minted());
    let outcome = call(sandbox, &setting.circumstances);
    let has = sandbox.count_minted();
    check_item(sandbox, &before, &sandbox.item());
    let line = outcome
        .stderr
        .trim_start_matches("get-1password-creds: ")
        .trim_end();
    if outcome == printed(&sample_session(FAR_FUTURE)) && cache == "living" {
        'c'
    } else if has > 0 && outcome == printed(&sandbox.minted(has)) {
        if has > had { 'n' } else { 'o' }
    } else {
        assert_eq!(outcome, failed(line));
        let is_clear = line.starts_with("cannot ") && line.lines().count() == 1;
        let is_expected = !setting.line.is_empty() && line.contains(&setting.line);
        assert!(is_clear && is_expected && has == had, "{line}");
        'l'
    }
}

/// Sets the clock of the stand-ins to the begin of a step that no run has seen.
fn next_code(sandbox: &Sandbox, number: usize) {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let ahead = i64::try_from(30 * (number + 1)).expect("some minutes");
    sandbox.write_text("standin/clock", &(ahead - now % 30).to_string());
}

fn call(sandbox: &Sandbox, circumstances: &str) -> Outcome {
    let mut command = sandbox.command(&[]);
    match circumstances {
        "a pipe" => {
            let (theirs, mut ours) = pipe().expect("a pipe");
            ours.write_all(b"no item").expect("a pipe with room");
            command.stdin(theirs);
        }
        "OP_FORMAT=json" => _ = command.env("OP_FORMAT", "json"),
        terminal if terminal.starts_with("terminal") => {
            command = Command::new(example("terminal"));
            sandbox.enter(&mut command);
            let words = terminal.split([' ', ',']);
            command.args(words.filter(|word| word.starts_with("--")));
            command.args(["--", PROGRAM]);
        }
        _ => {}
    }
    outcome(&command.output().expect("a program that starts"))
}

/// Checks that one cache field at most has changed or come, and nothing else.
fn check_item(sandbox: &Sandbox, before: &Value, after: &Value) {
    assert_eq!(rest(before), rest(after), "the item is damaged");
    assert!(added(after) <= 1, "more than one field more");
    let old: Vec<&Value> = fields(before).collect();
    let new: Vec<&Value> = fields(after).filter(|field| !old.contains(field)).collect();
    assert!(new.len() <= 1, "more than one change");
    for field in new {
        let text = STANDARD.decode(field["value"].as_str().expect("a cache"));
        let cached: Value = serde_json::from_slice(&text.expect("base64")).expect("JSON");
        let id = cached["Credentials"]["AccessKeyId"]
            .as_str()
            .expect("an id");
        assert!(
            sandbox.minted(sandbox.count_minted()).contains(id),
            "another cache"
        );
        assert_eq!(field["type"], "CONCEALED");
    }
}

/// The item without what an edit of the cache may change.
fn rest(item: &Value) -> Value {
    let mut item = item.clone();
    for key in ["version", "updated_at", "last_edited_by"] {
        item[key] = Value::Null;
    }
    let fields = item["fields"].as_array_mut().expect("fields");
    fields.retain(|field| !is_added(field));
    for field in fields.iter_mut().filter(|field| is_cache(field)) {
        field["value"] = Value::Null;
    }
    item
}

fn is_cache(field: &Value) -> bool {
    let label = field["label"].as_str().unwrap_or_default();
    label.replace(' ', "").to_lowercase() == "session_cache"
}

/// Tells a cache field that the program made, in no section, from those of [`prepare`].
fn is_added(field: &Value) -> bool {
    let is_ours = field["id"]
        .as_str()
        .is_some_and(|id| id.starts_with("cache"));
    is_cache(field) && !is_ours && field.get("section").is_none()
}

fn added(item: &Value) -> usize {
    fields(item).filter(|field| is_added(field)).count()
}

fn result(letter: char) -> (char, &'static str, &'static str) {
    let mut results = RESULTS.into_iter();
    results
        .find(|(known, ..)| *known == letter)
        .expect("a result")
}

#[test]
fn credentials_or_a_line_and_a_sound_item_however_op_behaves() {
    let settings = settings();
    let cells = settings.iter().flat_map(|setting| {
        let places = PLACES.into_iter().zip(setting.results.chars());
        places.map(move |(place, expected)| ((setting, place, expected), OnceLock::new()))
    });
    let cells: Vec<_> = cells.collect();
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some((cell, calls)) = cells.get(next.fetch_add(1, Relaxed)) {
            let (setting, (_, label, sections), expected) = *cell;
            let tried = catch_unwind(|| try_out(setting, label, sections, expected));
            let tried = tried.map_err(|panic| panic.downcast_ref::<String>().cloned());
            calls.set(tried).expect("one try");
        }
    };
    let workers = 2 * thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| (0..workers).for_each(|_| _ = scope.spawn(work)));

    println!("| op | circumstances | cache field | result | op calls of each run |");
    println!("|---|---|---|---|---|");
    let mut wrong = Vec::new();
    for ((setting, (place, ..), expected), calls) in &cells {
        let (_, _, words) = result(*expected);
        let row = format!(
            "| {} | {} | {place} | {words} |",
            setting.moods, setting.circumstances
        );
        match calls.get() {
            Some(Ok(counts)) => println!("{row} {counts} |"),
            failure => wrong.push(format!("{row} {failure:?}")),
        }
    }
    assert!(wrong.is_empty(), "not so:\n{}", wrong.join("\n"));
}
