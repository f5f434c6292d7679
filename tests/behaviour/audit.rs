//! Looks for secrets wherever others could: in the arguments and the environment of each process, in files, in what is
//! printed. It reads `/proc`, so it is for Linux alone.
//!
//! Each test compares all that was found with all that may be found: that the eye still sees is part of it.

mod evidence;
mod secrets;
mod stage;
mod talkers;
mod watch;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::thread;

use serde_json::{Value, json};

use crate::support::*;
use evidence::Evidence;
use stage::{DELAY, Stage};
use watch::{KEEPER, TOLD};

/// What the caller has in its environment the program has there, too; `op` needs its own.
const EXPORTED: [&str; 4] = [
    "the caller's AWS secret in AWS_SECRET_ACCESS_KEY of get-1password-creds",
    "the caller's AWS token in AWS_SESSION_TOKEN of get-1password-creds",
    "the caller's op token in OP_SESSION_my of get-1password-creds",
    "the caller's op token in OP_SESSION_my of op",
];
const ASKED: [&str; 1] = ["the secret key in AWS_SECRET_ACCESS_KEY of aws"];
const STORED: [&str; 3] = [
    "base64 of the session's secret in the assignment of op item edit",
    "base64 of the session's token in the assignment of op item edit",
    "the cache text in the assignment of op item edit",
];
const PRINTED: [&str; 2] = [
    "the session's secret in stdout",
    "the session's token in stdout",
];

/// A run with every step.
const ALL: [&[&str]; 4] = [&EXPORTED, &ASKED, &STORED, &PRINTED];

/// A run with every step where the session has an item of its own: nothing of it is in an argument.
const ALL_BUT_STORED: [&[&str]; 3] = [&EXPORTED, &ASKED, &PRINTED];

/// The steps: program, call, what a run that fails there shows, and the seconds that it needs to come that far.
const STEPS: [(&str, &str, &[&[&str]], &str); 4] = [
    ("op", "item get", &[&EXPORTED], "4s"),
    ("op", "item get --otp", &[&EXPORTED], "4s"),
    ("aws", "sts get-session-token", &[&EXPORTED, &ASKED], "6s"),
    ("op", "item edit", &ALL, "8s"),
];

const CACHE_ITEM: [&str; 4] = ["--item", stage::KEY_ITEM, "--cache-item", stage::CACHE_ITEM];

const PROMPT: &str = "One-time password for arn:aws:iam::123456789012:mfa/alice: ";

/// Expects that the secrets are seen in these places and in no other.
fn expect(stage: &Stage, evidence: &Evidence, places: &[&[&str]]) {
    let found = evidence.sightings(&stage.secrets());
    let expected: BTreeSet<String> = places.concat().into_iter().map(str::to_owned).collect();
    let leaked: Vec<&String> = found.difference(&expected).collect();
    assert!(leaked.is_empty(), "leaked: {leaked:#?}");
    // An eye that misses these would miss others.
    let mut missed: Vec<&String> = expected.difference(&found).collect();
    if !nix::unistd::geteuid().is_root() {
        // Who isn't root sees the environment of the program only before it has made itself undumpable.
        missed.retain(|place| !place.ends_with("of get-1password-creds"));
    }
    assert!(missed.is_empty(), "missed: {missed:#?}");
}

/// Lets one step fail.
fn fail(stage: &Stage, (program, call): (&str, &str), ending: &Value) {
    let mut mishap = ending.clone();
    mishap["call"] = json!(call);
    mishap["delay"] = json!(DELAY);
    match program {
        "op" => stage.mishaps(&[mishap], &[]),
        _ => stage.mishaps(&[], &[mishap]),
    }
}

/// Lets each step fail in one way.
fn expect_failures(ending: &Value) {
    let run = |(program, call, places, timeout): (&str, &str, &[&[&str]], &str)| {
        let stage = Stage::new();
        fail(&stage, (program, call), ending);
        let evidence = stage.run(&["--timeout", timeout]);
        expect(&stage, &evidence, places);
        let goes_well = call == "item edit";
        let outcome = &evidence.outcomes[0];
        assert_eq!(outcome.status, Some(i32::from(!goes_well)), "{call}");
        assert_eq!(outcome.stdout.is_empty(), !goes_well, "{call}");
        assert_eq!(outcome.stderr.is_empty(), goes_well, "{call}");
    };
    thread::scope(|scope| {
        for step in STEPS {
            scope.spawn(move || run(step));
        }
    });
}

#[test]
fn a_cold_run_and_a_warm_one() {
    let stage = Stage::new();
    let cold = stage.run(&[]);
    expect(&stage, &cold, &ALL);
    assert_eq!(cold.outcomes, [printed(&stage.sandbox.minted(1))]);
    assert_eq!(stage.sandbox.calls(), COLD);
    let warm = stage.run(&[]);
    expect(&stage, &warm, &[&EXPORTED, &PRINTED]);
    assert_eq!(warm.outcomes, cold.outcomes);
}

#[test]
fn a_code_that_is_typed() {
    let stage = Stage::new();
    stage.sandbox.change_item(|item| {
        let fields = item["fields"].as_array_mut().expect("fields");
        fields.retain(|field| field["type"] != "OTP");
    });
    let code = stage::code();
    let keys = format!("{code}\n");
    let options = ["--expect", PROMPT, "--type", &keys];
    let mut evidence = stage.watched(&mut [stage.at_terminal("terminal", &options, &[])]);
    // The terminal itself shows what is typed.
    let terminal = std::mem::take(&mut evidence.terminals);
    expect(&stage, &evidence, &ALL);
    assert_eq!(terminal, [format!("{PROMPT}{code}\r\n")]);
    assert_eq!(evidence.outcomes, [printed(&stage.sandbox.minted(1))]);
}

#[test]
fn a_key_that_is_imported() {
    let stage = Stage::new();
    let mut vault = stage.sandbox.read("standin/vault.json");
    vault["items"] = json!([]);
    stage.sandbox.write("standin/vault.json", &vault);
    let config = "[default]\nregion = eu-central-1\n";
    stage.sandbox.write_text("home/.aws/config", config);
    let answers = [
        ("EXAMPLE (isn't shown): ", "AKIAIOSFODNN7EXAMPLE"),
        ("secret access key (isn't shown): ", stage::SECRET_KEY),
        ("Enter: type each code): ", stage::SEED),
    ];
    let answers = answers.map(|(question, answer)| [question.to_owned(), format!("{answer}\n")]);
    let options = answers
        .iter()
        .flat_map(|[question, answer]| ["--expect", question.as_str(), "--type", answer.as_str()]);
    let options: Vec<&str> = options.collect();
    let import = stage.at_terminal("terminal", &options, &["setup", "--import"]);
    let evidence = stage.watched(&mut [import]);
    let tried = [
        "the session's secret in AWS_SECRET_ACCESS_KEY of aws",
        "the session's token in AWS_SESSION_TOKEN of aws",
    ];
    expect(&stage, &evidence, &[&EXPORTED, &ASKED, &STORED, &tried]);
    assert_eq!(evidence.outcomes[0].status, Some(0));
    assert_eq!(stage.sandbox.count_minted(), 1);
}

#[test]
fn a_step_that_exits_with_1() {
    expect_failures(&json!({ "exit": 1 }));
}

#[test]
fn a_step_that_is_killed() {
    expect_failures(&json!({ "signal": 9 }));
}

#[test]
fn a_step_that_hangs() {
    expect_failures(&json!({ "hang": true }));
}

#[test]
fn a_code_that_was_used() {
    let stage = Stage::new();
    stage.run(&[]);
    stage.sandbox.set_cache("");
    let evidence = stage.run(&["--timeout", "6s"]);
    expect(&stage, &evidence, &[&EXPORTED, &ASKED]);
    assert_eq!(evidence.outcomes[0].status, Some(1));
    assert_eq!(evidence.outcomes[0].stdout, "");
}

#[test]
fn a_code_that_is_followed_by_the_next_one() {
    let stage = Stage::new();
    stage.hurry();
    let call = "sts get-session-token: code read";
    let mishap = json!({ "call": call, "times": 1, "stderr": CODE_REFUSED, "exit": 255 });
    stage.mishaps(&[], &[mishap]);
    let evidence = stage.run(&[]);
    expect(&stage, &evidence, &ALL);
    assert_eq!(evidence.outcomes, [printed(&stage.sandbox.minted(1))]);
    assert_eq!(stage.sandbox.events("input").len(), 2);
}

#[test]
fn eight_side_by_side() {
    let stage = Stage::new();
    let transcripts = ["1", "2", "3", "4", "5", "6", "7", "8"];
    let mut commands = transcripts.map(|name| stage.at_terminal(name, &[], &[]));
    let evidence = stage.watched(&mut commands);
    expect(&stage, &evidence, &ALL);
    let expected = printed(&stage.sandbox.minted(1));
    let outcomes = evidence.outcomes.iter();
    outcomes.for_each(|outcome| assert_eq!(*outcome, expected));
}

#[test]
fn an_item_of_its_own_cold_and_warm() {
    let stage = Stage::new();
    stage.move_session();
    let cold = stage.run(&CACHE_ITEM);
    expect(&stage, &cold, &ALL_BUT_STORED);
    assert_eq!(cold.outcomes, [printed(&stage.sandbox.minted(1))]);
    let warm = stage.run(&CACHE_ITEM);
    expect(&stage, &warm, &[&EXPORTED, &PRINTED]);
    assert_eq!(warm.outcomes, cold.outcomes);
}

#[test]
fn an_item_of_its_own_where_a_step_fails() {
    for ending in [
        json!({ "exit": 1 }),
        json!({ "signal": 9 }),
        json!({ "hang": true }),
    ] {
        thread::scope(|scope| {
            for (program, call, places, timeout) in STEPS {
                let ending = &ending;
                scope.spawn(move || {
                    let stage = Stage::new();
                    stage.move_session();
                    fail(&stage, (program, call), ending);
                    let evidence = stage.run(&[&["--timeout", timeout], &CACHE_ITEM[..]].concat());
                    let goes_well = call == "item edit";
                    let places = if goes_well { &ALL_BUT_STORED } else { places };
                    expect(&stage, &evidence, places);
                    let status = evidence.outcomes[0].status;
                    assert_eq!(status, Some(i32::from(!goes_well)), "{call}");
                });
            }
        });
    }
}

#[test]
fn an_item_of_its_own_and_eight_side_by_side() {
    let stage = Stage::new();
    stage.move_session();
    let transcripts = ["1", "2", "3", "4", "5", "6", "7", "8"];
    let mut commands = transcripts.map(|name| stage.at_terminal(name, &[], &CACHE_ITEM));
    let evidence = stage.watched(&mut commands);
    expect(&stage, &evidence, &ALL_BUT_STORED);
    let expected = printed(&stage.sandbox.minted(1));
    let outcomes = evidence.outcomes.iter();
    outcomes.for_each(|outcome| assert_eq!(*outcome, expected));
}

/// The session is minted and kept, asked for again, and cleared, in one terminal.
#[test]
fn a_session_that_is_kept_in_memory() {
    let stage = Stage::new();
    let seen = format!("until [ -e ../{TOLD}/{KEEPER} ]; do /bin/sleep 0.01; done");
    let script =
        format!("'{PROGRAM}' --keep 5m && '{PROGRAM}' --keep 5m && {seen} && '{PROGRAM}' clear");
    let evidence = stage.watched(&mut [stage.shell_at_terminal(&script)]);
    expect(&stage, &evidence, &[&ASKED, &STORED, &PRINTED]);
    let minted = stage.sandbox.minted(1);
    let cleared = "cleared field 'session_cache' of 1Password item 'AWS Access Key'; the next run gets a new session\n\
                   sessions ended in memory: 1\n";
    let expected = printed(&format!("{minted}{minted}{cleared}"));
    assert_eq!(evidence.outcomes, [expected]);
    assert_eq!(evidence.terminals, [""]);
    assert_eq!(stage.sandbox.calls().len(), COLD.len() + 2);
    let processes = evidence.seen.processes.iter();
    let keepers = processes.filter(|process| process.is_keeper());
    let keepers: Vec<_> = keepers.collect();
    assert_eq!(keepers.len(), 1, "{keepers:?}");
    assert_eq!(keepers[0].argv, ["get-1password-creds", KEEPER]);
    assert_eq!(keepers[0].environment, [""; 0]);
}

#[test]
fn the_history_of_the_aws_cli_stays_off() {
    let stage = Stage::new();
    let config = "[default]\nregion = eu-central-1\ncli_history = enabled\n";
    stage.sandbox.write_text("home/.aws/config", config);
    let null = || {
        let null = fs::metadata("/dev/null").expect("/dev/null");
        (null.mode(), null.uid(), null.gid(), null.rdev())
    };
    let before = null();
    let evidence = stage.run(&[]);
    expect(&stage, &evidence, &ALL);
    assert_eq!(evidence.outcomes, [printed(&stage.sandbox.minted(1))]);
    assert_eq!(stage.sandbox.events("history"), [Value::Null; 0]);
    assert_eq!(null(), before);
    // As it is: this is how the stand-in would have shown that it keeps a history.
    let mut aws = std::process::Command::new(example("aws"));
    stage.sandbox.enter(&mut aws);
    aws.args(["sts", "get-session-token"])
        .output()
        .expect("a stand-in");
    assert_eq!(stage.sandbox.events("history").len(), 1);
}
