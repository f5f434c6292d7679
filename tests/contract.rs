//! Runs each row of `contract.md`: exact status, stdout, stderr and calls.

#![cfg(test)]

mod support;

use std::fs;
use std::path::Path;

use serde_json::json;
use support::terminal::*;
use support::*;

/// A one-time password whose next code nobody waits for.
const CODE_OF_A_CENTURY: &str =
    "otpauth://totp/AWS:alice?secret=GEZDGNBVGY3TQOJQ&period=3155760000";

/// The rows of the table below the heading that starts with `section`, cell by cell.
fn rows(section: &str) -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract.md");
    let text = fs::read_to_string(path).expect("the contract");
    let heading = format!("## {section}");
    let start = text
        .lines()
        .skip_while(|line| !line.starts_with(&heading))
        .skip(1);
    let table = start
        .take_while(|line| !line.starts_with("## "))
        .filter(|line| line.starts_with("| "))
        .skip(1);
    let rows: Vec<Vec<String>> = table.map(cells).collect();
    assert!(!rows.is_empty(), "no table below '{heading}'");
    rows
}

/// Splits a row; `\n` and `\t` stand for themselves, `-` for nothing.
fn cells(row: &str) -> Vec<String> {
    let cells = row.trim_matches('|').split(" | ").map(str::trim);
    let cells = cells.map(|cell| if cell == "-" { "" } else { cell });
    cells
        .map(|cell| {
            cell.replace("\\n", "\n")
                .replace("\\e", "\u{1b}")
                .replace("\\t", "\t")
        })
        .collect()
}

/// Runs with `args`, lets `call` of `program` fail as the rows of a section say, and expects `calls` and the line.
fn check_failures(section: &str, program: &str, call: &str, args: &[&str], calls: &[&str]) {
    for row in rows(section) {
        let [exit, stderr, line] = row.as_slice() else {
            panic!("three cells: {row:?}")
        };
        let sandbox = Sandbox::new();
        let ending = match exit.parse::<i32>() {
            Ok(status) => json!({ "call": call, "exit": status, "stderr": stderr }),
            Err(_) => json!({ "call": call, "signal": 9, "stderr": stderr }),
        };
        sandbox.change_field("one-time password", |field| {
            field["value"] = json!(CODE_OF_A_CENTURY);
        });
        sandbox.write_text("home/.aws/config", SIGNED_IN);
        sandbox.mishap(program, &ending);
        assert_eq!(sandbox.run(args), failed(line), "{stderr}");
        assert_eq!(sandbox.calls(), calls, "{stderr}");
    }
}

#[test]
fn op_item_get_fails() {
    check_failures("`op item get`", "op", "item get", &[], &COLD[..1]);
}

#[test]
fn op_item_get_otp_fails() {
    check_failures(
        "`op item get --otp`",
        "op",
        "item get --otp",
        &[],
        &COLD[..2],
    );
}

#[test]
fn aws_sts_get_session_token_fails() {
    check_failures(
        "`aws sts get-session-token` fails",
        "aws",
        "sts get-session-token",
        &[],
        &COLD[..3],
    );
}

#[test]
fn aws_sts_get_session_token_refuses_the_code() {
    let calls = [GET, OTP, STS, GET_AGAIN, GET_AGAIN];
    check_failures(
        "`aws sts get-session-token` refuses",
        "aws",
        "sts get-session-token",
        &[],
        &calls,
    );
}

#[test]
fn aws_configure_get_fails() {
    let calls = [GET, "aws configure get region --profile base"];
    check_failures(
        "`aws configure get`",
        "aws",
        "configure get",
        &["--profile", "base"],
        &calls,
    );
}

/// A profile that somebody has signed in to, which says nothing of whether the sign-in still holds.
const SIGNED_IN: &str = "[profile signin]\nlogin_session = arn:aws:iam::123456789012:user/alice\n";
const SIGNIN: [&str; 3] = ["aws-login", "--profile", "signin"];
const EXPORT: &str = "aws configure export-credentials --profile signin --format process";

#[test]
fn aws_configure_export_credentials_fails() {
    let call = "configure export-credentials";
    let calls = [EXPORT, EXPORT];
    check_failures(&format!("`aws {call}`"), "aws", call, &SIGNIN, &calls);
    let section = format!("`aws` knows no `{call}`");
    check_failures(&section, "aws", call, &SIGNIN, &calls[..1]);
}

#[test]
fn aws_login_fails() {
    for row in rows("`aws login`") {
        let [exit, stderr, line] = row.as_slice() else {
            panic!("three cells: {row:?}")
        };
        let sandbox = Sandbox::new();
        let login = match exit.parse::<i32>() {
            Ok(status) => json!({ "call": "login", "exit": status, "stderr": stderr }),
            Err(_) => json!({ "call": "login", "signal": 9, "stderr": stderr }),
        };
        sandbox.write_text("home/.aws/config", "[profile signin]\n");
        sandbox.moods(&json!({ "aws": { "mishaps": [login] } }));
        let program = [&[PROGRAM], &SIGNIN[..]].concat();
        let outcome = finish(&mut tool(&sandbox, &["--none"], &[], &program));
        assert_eq!(outcome, failed(line));
        assert_eq!(sandbox.calls(), ["aws login --profile signin"]);
    }
}

/// Lets `call` of `program` answer with exit status 0 as the rows of a section say.
fn check_answers(section: &str, program: &str, call: &str, calls: &[&str]) {
    for row in rows(section) {
        let [stdout, line] = row.as_slice() else {
            panic!("two cells: {row:?}")
        };
        let sandbox = Sandbox::new();
        sandbox.mishap(
            program,
            &json!({ "call": call, "exit": 0, "stdout": stdout }),
        );
        assert_eq!(sandbox.run(&[]), failed(line), "{stdout}");
        assert_eq!(sandbox.calls(), calls, "{stdout}");
    }
}

#[test]
fn op_item_get_answers_with_no_item() {
    check_answers("Answers of `op item get`", "op", "item get", &COLD[..1]);
}

#[test]
fn op_item_get_otp_answers_with_no_code() {
    check_answers(
        "Answers of `op item get --otp`",
        "op",
        "item get --otp",
        &COLD[..2],
    );
}

#[test]
fn aws_answers_with_no_session() {
    check_answers(
        "Answers of `aws sts get-session-token`",
        "aws",
        "sts get-session-token",
        &COLD[..3],
    );
}

#[test]
fn the_item_lacks_something() {
    for row in rows("The item") {
        let [change, label, line] = row.as_slice() else {
            panic!("three cells: {row:?}")
        };
        let sandbox = Sandbox::new();
        match change.as_str() {
            "without" => sandbox.change_item(|item| {
                item["fields"].as_array_mut().expect("fields").retain(|field| field["label"] != label.as_str());
            }),
            "empty" => sandbox.change_field(label, |field| field["value"] = json!(" \n")),
            "twice" => sandbox.change_item(|item| {
                let section = json!({ "id": "Section_x", "label": "AWS" });
                let copy = json!({ "id": "copy", "label": label, "type": "STRING", "value": "x", "section": section });
                item["fields"].as_array_mut().expect("fields").push(copy);
            }),
            value => sandbox.change_field(label, |field| field["value"] = json!(value)),
        }
        assert_eq!(sandbox.run(&[]), failed(line), "{change} {label}");
        // Where the item has no serial, the AWS config may have one.
        let is_serial = label == "mfa serial" && ["without", "empty"].contains(&change.as_str());
        let calls = if is_serial {
            vec![GET, "aws configure get mfa_serial"]
        } else {
            vec![GET]
        };
        assert_eq!(sandbox.calls(), calls, "{change} {label}");
    }
}

#[test]
fn a_program_is_missing() {
    for row in rows("Programs") {
        let [args, line] = row.as_slice() else {
            panic!("two cells: {row:?}")
        };
        let sandbox = Sandbox::new();
        let args: Vec<&str> = args.split(' ').collect();
        assert_eq!(sandbox.run(&args), failed(line), "{args:?}");
    }
}

#[test]
fn another_command_fails() {
    for row in rows("Other commands") {
        let [args, line] = row.as_slice() else {
            panic!("two cells: {row:?}")
        };
        let args: Vec<&str> = args.split(' ').collect();
        assert_eq!(Sandbox::new().run(&args), failed(line), "{args:?}");
    }
}

#[test]
fn the_command_line_is_wrong() {
    for row in rows("The command line") {
        let [args, line] = row.as_slice() else {
            panic!("two cells: {row:?}")
        };
        let sandbox = Sandbox::new();
        let words: Vec<&str> = args
            .split(' ')
            .map(|word| if word == "''" { "" } else { word })
            .collect();
        let outcome = sandbox.run(&words);
        let paragraphs: Vec<&str> = outcome.stderr.split("\n\n").collect();
        let [said, usage @ .., hint] = paragraphs.as_slice() else {
            panic!("two paragraphs: {outcome:?}")
        };
        let expected = (
            format!("error: {line}"),
            "For more information, try '--help'.\n",
        );
        assert_eq!((*said, *hint), (expected.0.as_str(), expected.1), "{args}");
        // To some lines clap adds what it would have taken.
        let is_usage = |text: &&str| text.starts_with("Usage: get-1password-creds ");
        assert!(usage.len() < 2 && usage.iter().all(is_usage), "{usage:?}");
        assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(2), ""));
        assert_eq!(sandbox.calls(), [""; 0], "{args}");
    }
}
