//! Children that print secrets where they shouldn't: none of it comes out of the program.

use std::process::Command;

use serde_json::{Value, json};

use super::PRINTED;
use super::stage::{OLD_SECRET, OLD_TOKEN, SECRET_KEY, SEED, Stage, code};
use crate::support::*;

/// How much of a child's stderr is kept.
const KEPT: usize = 64 << 10;

/// What may stand before and after a secret.
const AMID: [(&str, &str); 4] = [
    ("cannot use ", " here"),
    (r#"{"value":""#, r#""}"#),
    ("https://localhost/?a=", "&b=c"),
    ("Authorization:Basic,", ";"),
];

/// A secret that is a part of a longer word can be told only by who knows it.
const IN_A_WORD: (&str, &str) = ("field_", "_x");

/// What precedes a reason that `op` and `aws` give.
const OP_ERROR: &str = "[ERROR] 2026/01/01 00:00:00 ";
const AWS_ERROR: &str =
    "\nAn error occurred (AccessDenied) when calling the GetSessionToken operation: ";

/// Texts full of secrets; `known` are those that the program has read before.
fn texts(stage: &Stage, known: &[&str]) -> Vec<String> {
    let code = code();
    let secrets = [SECRET_KEY, SEED, &code, OLD_SECRET, OLD_TOKEN];
    let amid = |(before, after): (&str, &str), secrets: &[&str]| {
        let texts = secrets
            .iter()
            .map(|secret| format!("{before}{secret}{after}"));
        texts.collect::<Vec<_>>().join(" ")
    };
    let item = item(stage, "json");
    let json: Value = serde_json::from_str(&item).expect("JSON");
    let values = fields(&json).filter(|field| field["section"]["id"] == "add more");
    let values = values.map(|field| json!([field["value"], field["totp"]]));
    let mut texts = AMID.map(|around| amid(around, &secrets)).to_vec();
    texts.push(amid(IN_A_WORD, known));
    texts.extend([values.collect::<Value>().to_string(), item]);
    texts
}

/// The item as `op` prints it.
fn item(stage: &Stage, format: &str) -> String {
    let mut op = Command::new(example("op"));
    stage.sandbox.enter(&mut op);
    op.args(["item", "get", "AWS Access Key", "--format", format]);
    outcome(&op.output().expect("a stand-in")).stdout
}

/// How a call may end that says a text: by failing, by not saying that it failed, by going on.
fn endings(call: &str, error: &str, text: &str) -> [Value; 4] {
    let (stdout, stderr) = (format!("not this: {text}\n"), format!("{error}{text}\n"));
    [
        json!({ "call": call, "exit": 1, "stdout": stdout, "stderr": stderr }),
        json!({ "call": call, "exit": 1, "stdout": stdout, "stderr": text }),
        json!({ "call": call, "exit": 0, "stdout": stdout, "stderr": stderr }),
        json!({ "call": call, "goes_on": true, "stderr": stderr }),
    ]
}

/// Runs the program with stderr at the terminal, and lists what comes out but for the credentials of a run that goes
/// well.
fn leaks(stage: &Stage) -> Vec<String> {
    let command = stage.at_terminal("terminal", &["--stderr"], &[]);
    let evidence = stage.unwatched(command);
    let outcome = &evidence.outcomes[0];
    let mut leaks = evidence.sightings(&stage.secrets());
    if outcome.status == Some(0) {
        assert_eq!(*outcome, printed(&stage.sandbox.minted(1)));
        leaks.retain(|leak| !PRINTED.contains(&leak.as_str()));
    } else {
        assert_eq!((outcome.status, &*outcome.stdout), (Some(1), ""));
        let line = &evidence.terminals[0];
        assert!(line.starts_with("get-1password-creds: cannot "), "{line}");
    }
    let shown: String = evidence.terminals[0].chars().take(300).collect();
    let leaks: Vec<String> = leaks.into_iter().collect();
    match leaks.len() {
        0 => leaks,
        _ => vec![format!("{}\n    {shown:?}", leaks.join(", "))],
    }
}

/// Lets a call say each text, and expects that nothing comes out.
fn expect_silence(program: &str, call: &str, error: &str, known: &[&str]) {
    let mut all = Vec::new();
    for text in texts(&Stage::new(), known) {
        for (number, ending) in endings(call, error, &text).iter().enumerate() {
            let stage = Stage::new();
            stage.sandbox.mishap(program, ending);
            let leaks = leaks(&stage);
            let said = text.get(..60).unwrap_or(&text);
            all.extend(
                leaks
                    .iter()
                    .map(|leak| format!("ending {number} of {said:?}: {leak}")),
            );
        }
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

/// Puts a script into the place of a stand-in, which it may call by its path, `$STANDIN`.
fn script(stage: &Stage, program: &str, script: &str) {
    let standin = example(program).display().to_string();
    let text = format!("STANDIN='{standin}'\n{script}");
    stage.sandbox.script(&format!("bin/{program}"), &text);
}

#[test]
fn op_item_get_says_secrets() {
    expect_silence("op", "item get", OP_ERROR, &[]);
}

#[test]
fn op_item_get_otp_says_secrets() {
    let known = [SECRET_KEY, SEED, OLD_SECRET, OLD_TOKEN];
    expect_silence("op", "item get --otp", OP_ERROR, &known);
}

#[test]
fn aws_says_secrets() {
    let code = code();
    let known = [SECRET_KEY, SEED, &code, OLD_SECRET, OLD_TOKEN];
    expect_silence("aws", "sts get-session-token", AWS_ERROR, &known);
}

#[test]
fn op_item_edit_says_secrets() {
    let code = code();
    let known = [SECRET_KEY, SEED, &code, OLD_SECRET, OLD_TOKEN];
    expect_silence("op", "item edit", OP_ERROR, &known);
}

#[test]
fn aws_says_all_that_it_was_told() {
    let stage = Stage::new();
    let text = "printf '\\nAn error occurred (X): %s, %s, code_%s\\n' \"$*\" \"$AWS_SECRET_ACCESS_KEY\" \"$(/bin/cat)\" >&2; exit 1";
    script(&stage, "aws", text);
    assert_eq!(leaks(&stage), [""; 0]);
}

#[test]
fn aws_says_what_sts_answered() {
    for status in [0, 1] {
        let stage = Stage::new();
        let text = format!(
            "answer=$($STANDIN \"$@\"); echo not JSON: $answer; echo $answer >&2; exit {status}"
        );
        script(&stage, "aws", &text);
        assert_eq!(leaks(&stage), [""; 0]);
    }
}

#[test]
fn op_item_edit_says_its_arguments() {
    for (status, command) in [(0, "echo"), (1, "echo"), (0, ":"), (1, ":")] {
        let stage = Stage::new();
        let text = format!(
            "if [ \"$2\" = edit ]; then $STANDIN \"$@\" >/dev/null; {command} \"$*\"; echo \"{OP_ERROR}cannot run $*\" >&2; exit {status}; fi; \
             exec $STANDIN \"$@\""
        );
        script(&stage, "op", &text);
        assert_eq!(leaks(&stage), [""; 0]);
    }
}

#[test]
fn a_secret_that_lost_its_begin_is_one_still() {
    for (program, call) in [("op", "item get"), ("aws", "sts get-session-token")] {
        let stage = Stage::new();
        // Of the secret its last 28 characters are kept.
        let text = SECRET_KEY.to_owned() + &" x".repeat((KEPT - 28) / 2);
        let mishap = json!({ "call": call, "exit": 1, "stderr": text });
        stage.sandbox.mishap(program, &mishap);
        assert_eq!(leaks(&stage), [""; 0]);
    }
}
