//! Runs each row of `contract.md`: exact status, stdout, stderr and calls.

mod book;
mod late;
mod usage;

use serde_json::json;

use crate::support::terminal::*;
use crate::support::*;
use book::{Section, cases};

/// A one-time password whose next code is too late for any run.
const CODE_OF_A_CENTURY: &str =
    "otpauth://totp/AWS:alice?secret=GEZDGNBVGY3TQOJQ&period=3155760000";

/// Runs with `args`, lets `call` of `program` fail as in each row of a section, and expects `calls` and the line.
fn check_failures(section: &str, program: &str, call: &str, args: &[&str], calls: &[&str]) {
    for case in cases(section) {
        let sandbox = Sandbox::new();
        sandbox.change_field("one-time password", |field| {
            field["value"] = json!(CODE_OF_A_CENTURY);
        });
        sandbox.write_text("home/.aws/config", SIGNED_IN);
        sandbox.mishap(program, &case.mishap(call));
        assert_eq!(sandbox.run(args), failed(&case.line), "{case:?}");
        assert_eq!(sandbox.calls(), calls, "{case:?}");
    }
}

#[test]
fn op_item_get_fails() {
    check_failures("`op item get` fails", "op", "item get", &[], &COLD[..1]);
}

#[test]
fn op_item_get_otp_fails() {
    let call = "item get --otp";
    check_failures("`op item get --otp` fails", "op", call, &[], &COLD[..2]);
}

const SESSION: &str = "sts get-session-token";

#[test]
fn sts_refuses() {
    let section = "`aws sts get-session-token`: STS refuses";
    check_failures(section, "aws", SESSION, &[], &COLD[..3]);
}

#[test]
fn aws_sts_get_session_token_fails() {
    let section = "`aws sts get-session-token` fails otherwise";
    check_failures(section, "aws", SESSION, &[], &COLD[..3]);
}

#[test]
fn aws_sts_get_session_token_refuses_the_code() {
    let section = "`aws sts get-session-token` refuses the code";
    let calls = [GET, OTP, STS, GET_AGAIN, GET_AGAIN];
    check_failures(section, "aws", SESSION, &[], &calls);
}

#[test]
fn aws_configure_get_fails() {
    let (call, args) = ("configure get", ["--profile", "base"]);
    let calls = [GET, "aws configure get region --profile base"];
    check_failures("`aws configure get` fails", "aws", call, &args, &calls);
}

/// A profile with a sign-in, which may have expired.
const SIGNED_IN: &str = "[profile signin]\nlogin_session = arn:aws:iam::123456789012:user/alice\n";
const SIGNIN: [&str; 3] = ["aws-login", "--profile", "signin"];
const EXPORT: &str = "aws configure export-credentials --profile signin --format process";

#[test]
fn aws_configure_export_credentials_fails() {
    let call = "configure export-credentials";
    let calls = [EXPORT, EXPORT];
    let section = format!("`aws {call}` fails");
    check_failures(&section, "aws", call, &SIGNIN, &calls);
    let section = format!("`aws` knows no `{call}`");
    check_failures(&section, "aws", call, &SIGNIN, &calls[..1]);
}

#[test]
fn aws_login_fails() {
    for case in cases("`aws login` fails") {
        let sandbox = Sandbox::new();
        sandbox.write_text("home/.aws/config", "[profile signin]\n");
        sandbox.mishap("aws", &case.mishap("login"));
        let program = [&[PROGRAM], &SIGNIN[..]].concat();
        let outcome = finish(&mut tool(&sandbox, &["--none"], &[], &program));
        assert_eq!(outcome, failed(&case.line), "{case:?}");
        assert_eq!(sandbox.calls(), ["aws login --profile signin"]);
    }
}

/// Lets `call` of `program` exit with 0 and the stdout of each row of a section, and expects `calls` and the line.
fn check_answers<const CELLS: usize>(section: &str, program: &str, call: &str, calls: &[&str]) {
    let section = Section::read(section);
    for row in section.rows::<CELLS>() {
        let stdout = &row[0];
        let rest = row.get(1).map_or("", String::as_str);
        let sandbox = Sandbox::new();
        let answer = json!({ "call": call, "exit": 0, "stdout": stdout });
        sandbox.mishap(program, &answer);
        let line = section.line("line", rest);
        assert_eq!(sandbox.run(&[]), failed(&line), "{stdout}");
        assert_eq!(sandbox.calls(), calls, "{stdout}");
    }
}

#[test]
fn op_item_get_answers_with_no_item() {
    let section = "Answers of `op item get` that";
    check_answers::<2>(section, "op", "item get", &COLD[..1]);
}

#[test]
fn op_item_get_otp_answers_with_no_code() {
    let section = "Answers of `op item get --otp` that";
    check_answers::<1>(section, "op", "item get --otp", &COLD[..2]);
}

#[test]
fn aws_answers_with_no_session() {
    let section = "Answers of `aws sts get-session-token` that";
    check_answers::<2>(section, "aws", SESSION, &COLD[..3]);
}

/// Removes, empties or doubles a field, or gives it a value.
fn change(sandbox: &Sandbox, change: &str, label: &str) {
    match change {
        "without" => sandbox.change_item(|item| {
            let fields = item["fields"].as_array_mut().expect("fields");
            fields.retain(|field| field["label"] != label);
        }),
        "empty" => sandbox.change_field(label, |field| field["value"] = json!(" \n")),
        "twice" => sandbox.change_item(|item| {
            let section = json!({ "id": "Section_x", "label": "AWS" });
            let copy = json!({ "id": "copy", "label": label, "type": "STRING", "value": "x", "section": section });
            item["fields"].as_array_mut().expect("fields").push(copy);
        }),
        value => sandbox.change_field(label, |field| field["value"] = json!(value)),
    }
}

#[test]
fn the_item_lacks_something() {
    let section = Section::read("The item lacks something");
    for [changes, label, option, id] in section.rows::<4>() {
        for kind in changes.split(", ") {
            let sandbox = Sandbox::new();
            change(&sandbox, kind, &label);
            let line = section.line(kind, "").replace("OPTION", &option);
            let line = line.replace("ID", &id).replace("LABEL", &label);
            assert_eq!(sandbox.run(&[]), failed(&line), "{kind} {label}");
            assert_eq!(sandbox.calls(), [GET], "{kind} {label}");
        }
    }
}

#[test]
fn the_item_holds_something_else() {
    let section = Section::read("The item holds something else");
    for [label, value, line] in section.rows::<3>() {
        let sandbox = Sandbox::new();
        let is_missing = ["", "without"].contains(&value.as_str());
        let kind = if value.is_empty() { "empty" } else { &value };
        change(&sandbox, kind, &label);
        assert_eq!(sandbox.run(&[]), failed(&line), "{value} {label}");
        let calls = [GET, "aws configure get mfa_serial"];
        let count = if is_missing { 2 } else { 1 };
        assert_eq!(sandbox.calls(), calls[..count], "{value} {label}");
    }
}

#[test]
fn a_program_is_missing() {
    for [args, line] in Section::read("Programs that can't be run").rows() {
        let sandbox = Sandbox::new();
        let args: Vec<&str> = args.split(' ').collect();
        assert_eq!(sandbox.run(&args), failed(&line), "{args:?}");
    }
}

#[test]
fn another_command_fails() {
    for [args, line] in Section::read("Other commands").rows() {
        let args: Vec<&str> = args.split(' ').collect();
        assert_eq!(Sandbox::new().run(&args), failed(&line), "{args:?}");
    }
}
