//! The terminal of the person: the prompt for the code and what may be typed there, and which stdin the children get.
//!
//! Each run has its own terminal session, so the terminal of the test run doesn't matter.

use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::terminal::*;
use crate::support::*;

const PROMPT: &str = "One-time password for arn:aws:iam::123456789012:mfa/alice: ";
const CANNOT_ASK: &str =
    "cannot ask for the one-time password of 'arn:aws:iam::123456789012:mfa/alice'";
const CLOSED: &str = "[ERROR] 2026/01/01 00:00:00 the vault is closed today\n";

/// The calls of a run where the code is typed.
const TYPED: [&str; 3] = [GET, STS, EDIT];

/// Runs the program at a terminal, with stdin, stdout and stderr elsewhere.
fn at_terminal(sandbox: &Sandbox, args: &[&str], script: Script) -> Outcome {
    let program = [&[PROGRAM], args].concat();
    finish(&mut tool(sandbox, &[], script, &program))
}

/// Runs the program without a terminal.
fn without_terminal(sandbox: &Sandbox, stdin: impl Into<Stdio>) -> Outcome {
    finish(tool(sandbox, &["--none"], &[], &[PROGRAM]).stdin(stdin))
}

/// A sandbox whose item has no one-time password.
fn sandbox_without_otp() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.change_item(|item| {
        let fields = item["fields"].as_array_mut().expect("fields");
        fields.retain(|field| field["type"] != "OTP");
    });
    sandbox
}

/// The stdin of each child, where that of the program is no terminal.
const NOTHING_FOR_OP: [&str; 4] = ["op null", "op null", "aws fifo", "op null"];

#[test]
fn a_code_that_the_item_does_not_have_is_asked_for() {
    let sandbox = sandbox_without_otp();
    let code = code(&sandbox);
    let line = format!("{code}\n");
    let outcome = at_terminal(&sandbox, &[], &[(PROMPT, line.as_bytes())]);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), TYPED);
    assert_eq!(transcript(&sandbox), format!("{PROMPT}{code}\r\n"));
}

#[test]
fn other_input_than_six_digits_is_asked_for_again() {
    let sandbox = sandbox_without_otp();
    let code = code(&sandbox);
    let line = format!("{code}\n");
    let again = format!("Six digits, please.\r\n{PROMPT}");
    let script: Script = &[
        (PROMPT, b"12345\n"),
        (&again, b"1234567\n"),
        (&again, b"abc\n"),
        (&again, b"\n"),
        (&again, line.as_bytes()),
    ];
    let outcome = at_terminal(&sandbox, &[], script);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), TYPED);
    let expected =
        format!("{PROMPT}12345\r\n{again}1234567\r\n{again}abc\r\n{again}\r\n{again}{code}\r\n");
    assert_eq!(transcript(&sandbox), expected);
}

#[test]
fn input_that_is_no_text_is_asked_for_again() {
    let sandbox = sandbox_without_otp();
    let code = code(&sandbox);
    let line = format!("{code}\n");
    let again = format!("Six digits, please.\r\n{PROMPT}");
    let script: Script = &[(PROMPT, b"\xe9\n"), (&again, line.as_bytes())];
    let outcome = at_terminal(&sandbox, &[], script);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), TYPED);
    let expected = format!("{PROMPT}\u{fffd}\r\n{again}{code}\r\n");
    assert_eq!(transcript(&sandbox), expected);
}

#[test]
fn a_code_in_groups_or_in_full_width_digits_is_taken() {
    let full_width = |code: &str| {
        let digits = code.chars().filter_map(|c| c.to_digit(10));
        digits
            .filter_map(|digit| {
                "０１２３４５６７８９"
                    .chars()
                    .nth(usize::try_from(digit).ok()?)
            })
            .collect()
    };
    let spellings: [&dyn Fn(&str) -> String; 3] = [
        &|code| format!("{} {}", &code[..3], &code[3..]),
        &|code| format!("{}-{}", &code[..3], &code[3..]),
        &full_width,
    ];
    for spell in spellings {
        let sandbox = sandbox_without_otp();
        let typed = spell(&code(&sandbox));
        let line = format!("{typed}\n");
        let outcome = at_terminal(&sandbox, &[], &[(PROMPT, line.as_bytes())]);
        assert_eq!(outcome, printed(&sandbox.minted(1)), "{typed}");
        assert_eq!(sandbox.calls(), TYPED);
    }
}

#[test]
fn a_typed_code_that_sts_refuses_is_asked_for_again_with_the_reason() {
    let sandbox = sandbox_without_otp();
    let code = code(&sandbox);
    let line = format!("{code}\n");
    let wrong = if code == "000000" { "111111" } else { "000000" };
    let why = "get-1password-creds: STS refused this code; it may have been used, or belong to another device";
    let again = format!("{why}\r\n{PROMPT}");
    let first = format!("{wrong}\n");
    let script: Script = &[(PROMPT, first.as_bytes()), (&again, line.as_bytes())];
    let outcome = at_terminal(&sandbox, &[], script);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    let expected = format!("{PROMPT}{wrong}\r\n{again}{code}\r\n");
    assert_eq!(transcript(&sandbox), expected);
}

#[test]
fn white_space_around_the_typed_code_is_cut_off() {
    let sandbox = sandbox_without_otp();
    let code = code(&sandbox);
    let line = format!(" {code} \n");
    let outcome = at_terminal(&sandbox, &[], &[(PROMPT, line.as_bytes())]);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), TYPED);
    assert_eq!(transcript(&sandbox), format!("{PROMPT} {code} \r\n"));
}

#[test]
fn the_code_is_never_read_from_stdin() {
    let sandbox = sandbox_without_otp();
    sandbox.write_text("typed", "000000\n");
    let code = code(&sandbox);
    let line = format!("{code}\n");
    let script: Script = &[(PROMPT, line.as_bytes())];
    let stdin = File::open(sandbox.path("typed")).expect("a file");
    let outcome = finish(tool(&sandbox, &[], script, &[PROGRAM]).stdin(stdin));
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), TYPED);
    assert_eq!(transcript(&sandbox), format!("{PROMPT}{code}\r\n"));
}

#[test]
fn the_prompt_names_the_serial_that_was_passed() {
    let sandbox = sandbox_without_otp();
    let serial = "arn:aws:iam::123456789012:mfa/bob";
    let prompt = format!("One-time password for {serial}: ");
    let args = ["--mfa-serial", serial];
    let outcome = at_terminal(&sandbox, &args, &[(&prompt, b"\x04")]);
    let line = format!("cannot ask for the one-time password of '{serial}': none was typed");
    assert_eq!(outcome, failed(&line));
    assert_eq!(sandbox.calls(), [GET]);
    assert_eq!(transcript(&sandbox), format!("{prompt}\r\n"));
}

#[test]
fn ctrl_d_at_the_prompt_is_an_answer() {
    let sandbox = sandbox_without_otp();
    let outcome = at_terminal(&sandbox, &[], &[(PROMPT, b"\x04")]);
    assert_eq!(outcome, failed(&format!("{CANNOT_ASK}: none was typed")));
    assert_eq!(sandbox.calls(), [GET]);
    // macOS shows the key, and moves the cursor back over it.
    let shown = transcript(&sandbox).replace("^D\u{8}\u{8}", "");
    assert_eq!(shown, format!("{PROMPT}\r\n"));
}

#[test]
fn ctrl_c_at_the_prompt_ends_the_program_at_once() {
    let sandbox = sandbox_without_otp();
    let outcome = at_terminal(&sandbox, &[], &[(PROMPT, b"\x03")]);
    // SIGINT, as the tool passes it on.
    let interrupted = Outcome {
        status: Some(128 + 2),
        ..printed("")
    };
    assert_eq!(outcome, interrupted);
    assert_eq!(sandbox.calls(), [GET]);
    assert_eq!(transcript(&sandbox), format!("{PROMPT}^C"));
}

#[test]
fn the_prompt_ends_with_the_time_that_the_run_may_take() {
    let sandbox = sandbox_without_otp();
    let begin = Instant::now();
    let outcome = at_terminal(&sandbox, &["--timeout", "1s"], &[]);
    assert!(begin.elapsed() < Duration::from_secs(10));
    let line = format!("{CANNOT_ASK}: none was typed within the 1 s of --timeout");
    assert_eq!(outcome, failed(&line));
    assert_eq!(sandbox.calls(), [GET]);
    assert_eq!(transcript(&sandbox), format!("{PROMPT}\r\n"));
}

#[test]
fn without_a_terminal_nobody_is_asked() {
    let sandbox = sandbox_without_otp();
    let line = format!("{CANNOT_ASK}: there is no terminal; add a one-time password to the item");
    assert_eq!(without_terminal(&sandbox, Stdio::null()), failed(&line));
    assert_eq!(sandbox.calls(), [GET]);
}

#[test]
fn in_the_background_nobody_is_asked() {
    let sandbox = sandbox_without_otp();
    let outcome = finish(&mut tool(&sandbox, &["--background"], &[], &[PROGRAM]));
    let line = format!(
        "{CANNOT_ASK}: the command runs in the background; bring it to the foreground, \
         or add a one-time password to the item"
    );
    assert_eq!(outcome, failed(&line));
    assert_eq!(sandbox.calls(), [GET]);
    assert_eq!(transcript(&sandbox), "");
}

#[test]
fn what_is_missing_is_said_before_the_prompt() {
    let sandbox = sandbox_without_otp();
    let outcome = at_terminal(&sandbox, &["--aws", "/no/such/aws"], &[]);
    let line = "cannot run '/no/such/aws': there is no such program; check --aws";
    assert_eq!(outcome, failed(line));
    assert_eq!(sandbox.calls(), [GET]);
    assert_eq!(transcript(&sandbox), "");
}

#[test]
fn a_code_from_the_item_leaves_the_terminal_alone() {
    let sandbox = Sandbox::new();
    let outcome = at_terminal(&sandbox, &[], &[]);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), COLD);
    assert_eq!(transcript(&sandbox), "");
}

#[test]
fn in_the_background_a_code_from_the_item_will_do() {
    let sandbox = Sandbox::new();
    let outcome = finish(&mut tool(
        &sandbox,
        &["--background", "--stdin"],
        &[],
        &[PROGRAM],
    ));
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), COLD);
    assert_eq!(transcript(&sandbox), "");
}

#[test]
fn a_cached_session_leaves_the_terminal_alone() {
    let sandbox = sandbox_without_otp();
    sandbox.set_cache(&base64(&session_json(FAR_FUTURE)));
    let outcome = at_terminal(&sandbox, &[], &[]);
    assert_eq!(outcome, session());
    assert_eq!(sandbox.calls(), [GET]);
    assert_eq!(transcript(&sandbox), "");
}

#[test]
fn a_terminal_on_stdin_is_handed_on_to_op_and_not_to_aws() {
    let sandbox = Sandbox::new();
    let outcome = finish(&mut tool(&sandbox, &["--stdin"], &[], &[PROGRAM]));
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(stdins(&sandbox), ["op tty", "op tty", "aws fifo", "op tty"]);
    assert_eq!(transcript(&sandbox), "");
}

#[test]
fn a_pipe_on_stdin_that_stays_open_is_kept_from_the_children() {
    let sandbox = Sandbox::new();
    let (theirs, ours) = std::io::pipe().expect("a pipe");
    let outcome = without_terminal(&sandbox, theirs);
    drop(ours);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(stdins(&sandbox), NOTHING_FOR_OP);
}

#[test]
fn an_endless_pipe_on_stdin_is_kept_from_the_children() {
    let sandbox = Sandbox::new();
    let (theirs, mut ours) = std::io::pipe().expect("a pipe");
    // Like `yes`, until the other end is closed.
    let yes = thread::spawn(move || while ours.write_all(b"y\n").is_ok() {});
    let outcome = without_terminal(&sandbox, theirs);
    yes.join().expect("a thread");
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(stdins(&sandbox), NOTHING_FOR_OP);
}

#[test]
fn a_file_on_stdin_is_kept_from_the_children() {
    let sandbox = Sandbox::new();
    sandbox.write("item.json", &json!({ "title": "another" }));
    let stdin = File::open(sandbox.path("item.json")).expect("a file");
    let outcome = without_terminal(&sandbox, stdin);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(stdins(&sandbox), NOTHING_FOR_OP);
}

#[test]
fn a_socket_on_stdin_is_kept_from_the_children() {
    let sandbox = Sandbox::new();
    let (theirs, ours) = UnixStream::pair().expect("two sockets");
    let outcome = without_terminal(&sandbox, OwnedFd::from(theirs));
    drop(ours);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(stdins(&sandbox), NOTHING_FOR_OP);
}

#[test]
fn a_closed_stdin_does_no_harm() {
    let sandbox = Sandbox::new();
    let program = ["/bin/sh", "-c", "exec \"$0\" <&-", PROGRAM];
    let outcome = finish(&mut tool(&sandbox, &["--none"], &[], &program));
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(stdins(&sandbox), NOTHING_FOR_OP);
}

#[test]
fn a_session_that_was_not_stored_is_noted_at_the_terminal() {
    let sandbox = Sandbox::new();
    let mishap = json!({ "call": "item edit", "stderr": CLOSED, "exit": 4 });
    sandbox.mishap("op", &mishap);
    let outcome = finish(&mut tool(&sandbox, &["--stderr"], &[], &[PROGRAM]));
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), COLD);
    let note = "get-1password-creds: cannot store the session in 1Password item 'AWS Access Key': \
                `op item edit` said: the vault is closed today";
    assert_eq!(transcript(&sandbox), format!("{note}\r\n"));
}

#[test]
fn a_session_that_was_not_stored_is_noted_where_stderr_is_none() {
    let sandbox = Sandbox::new();
    let mishap = json!({ "call": "item edit", "stderr": CLOSED, "exit": 4 });
    sandbox.mishap("op", &mishap);
    let outcome = finish(&mut tool(
        &sandbox,
        &["--stdin", "--stdout"],
        &[],
        &[PROGRAM],
    ));
    assert_eq!(outcome, caution(SESSION_IN_PLAIN_TEXT));
    assert_eq!(sandbox.calls(), COLD);
    let session = sandbox.minted(1).replace('\n', "\r\n");
    let note = "get-1password-creds: cannot store the session in 1Password item 'AWS Access Key': \
                `op item edit` said: the vault is closed today\r\n";
    assert_eq!(transcript(&sandbox), session + note);
}

const SESSION_IN_PLAIN_TEXT: &str = "printed the session in plain text, as AWS programs want it; \
    `get-1password-creds status` shows its state without its secrets";

/// A run whose stdout is a terminal: it succeeds, and stderr explains what it has printed.
fn caution(line: &str) -> Outcome {
    Outcome {
        status: Some(0),
        ..failed(line)
    }
}

#[test]
fn credentials_on_a_terminal_come_with_a_word_of_caution() {
    let sandbox = warm();
    let session = sample_session(FAR_FUTURE).replace('\n', "\r\n");
    let options = ["--stdin", "--stdout"];
    let outcome = finish(&mut tool(&sandbox, &options, &[], &[PROGRAM]));
    assert_eq!(outcome, caution(SESSION_IN_PLAIN_TEXT));
    assert_eq!(transcript(&sandbox), session);

    // With the options that were passed; and on the terminal, after the credentials.
    let args = [
        PROGRAM,
        "--item",
        "AWS Access Key",
        "--vault",
        "Private",
        "--margin",
        "1m",
    ];
    let options = ["--stdin", "--stdout", "--stderr"];
    let outcome = finish(&mut tool(&sandbox, &options, &[], &args));
    assert_eq!(outcome, printed(""));
    let line = SESSION_IN_PLAIN_TEXT.replace(
        "status",
        "status --item 'AWS Access Key' --vault Private --margin 1m",
    );
    let expected = format!("{session}get-1password-creds: {line}\r\n");
    assert_eq!(transcript(&sandbox), expected);
}

#[test]
fn a_long_lived_key_on_a_terminal_comes_with_a_word_of_caution() {
    let sandbox = Sandbox::new();
    let args = [PROGRAM, "--no-session"];
    let outcome = finish(&mut tool(&sandbox, &["--stdout"], &[], &args));
    let line = "printed the long-lived key in plain text, as AWS programs want it; \
                `get-1password-creds doctor --no-session` checks it without showing it";
    assert_eq!(outcome, caution(line));
}

#[test]
fn a_state_on_a_terminal_needs_no_caution() {
    let sandbox = warm();
    let args = [PROGRAM, "status"];
    let outcome = finish(&mut tool(&sandbox, &["--stdout"], &[], &args));
    assert_eq!(outcome, printed(""));
}

/// Lets each of these calls take longer than a run waits in silence.
fn slow(sandbox: &Sandbox) {
    let op = json!({ "item get": 5.5, "item edit": 5.5 });
    let sts = json!({ "call": "sts get-session-token", "delay": 5.5 });
    sandbox.moods(&json!({ "op": { "delay": op }, "aws": { "mishaps": [sts] } }));
}

const WAITING: &str = "get-1password-creds: waiting for 1Password: approve its prompt\r\n";

#[test]
fn what_takes_long_is_said_at_the_terminal_once() {
    let sandbox = Sandbox::new();
    slow(&sandbox);
    let outcome = at_terminal(&sandbox, &[], &[]);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), COLD);
    let asking = "get-1password-creds: asking STS\r\n";
    assert_eq!(transcript(&sandbox), format!("{WAITING}{asking}"));
}

#[test]
fn other_commands_say_what_they_wait_for_too() {
    let sandbox = Sandbox::new();
    slow(&sandbox);
    sandbox.set_cache(&base64(&session_json(FAR_FUTURE)));
    let outcome = at_terminal(&sandbox, &["status"], &[]);
    assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(0), ""));
    assert_eq!(transcript(&sandbox), WAITING);
}

#[test]
fn where_no_prompt_appears_the_cli_is_waited_for() {
    let sandbox = Sandbox::new();
    sandbox.moods(&json!({ "op": { "delay": { "account list": 5.5 } } }));
    let outcome = at_terminal(&sandbox, &["setup"], &[]);
    assert_eq!(outcome.status, Some(0), "{outcome:?}");
    assert_eq!(
        transcript(&sandbox),
        "get-1password-creds: waiting for the 1Password CLI\r\n"
    );
}

#[test]
fn an_aws_that_takes_long_is_waited_for_by_name() {
    let sandbox = Sandbox::new();
    sandbox.change_field("mfa serial", |field| field["value"] = json!(""));
    let mishap = json!({ "call": "configure get", "delay": 5.5, "exit": 1 });
    sandbox.mishap("aws", &mishap);
    let outcome = at_terminal(&sandbox, &[], &[]);
    assert_eq!(outcome.status, Some(1));
    assert_eq!(
        transcript(&sandbox),
        "get-1password-creds: waiting for the AWS CLI\r\n"
    );
}

#[test]
fn in_the_background_nothing_is_said() {
    let sandbox = Sandbox::new();
    slow(&sandbox);
    sandbox.set_cache(&base64(&session_json(FAR_FUTURE)));
    let outcome = finish(&mut tool(&sandbox, &["--background"], &[], &[PROGRAM]));
    assert_eq!(outcome, session());
    assert_eq!(transcript(&sandbox), "");
}

/// `op` may be asking for a password, into which the line would be written.
#[test]
fn a_terminal_that_hides_what_is_typed_is_left_alone() {
    let sandbox = Sandbox::new();
    slow(&sandbox);
    sandbox.set_cache(&base64(&session_json(FAR_FUTURE)));
    let script = "/bin/stty -echo </dev/tty; exec \"$0\"";
    let program = ["/bin/sh", "-c", script, PROGRAM];
    let outcome = finish(&mut tool(&sandbox, &[], &[], &program));
    assert_eq!(outcome, session());
    assert_eq!(transcript(&sandbox), "");
}

#[test]
fn a_terminal_that_is_stopped_stops_no_run() {
    let sandbox = Sandbox::new();
    slow(&sandbox);
    sandbox.set_cache(&base64(&session_json(FAR_FUTURE)));
    let script = "echo ready >/dev/tty; read -r go </dev/tty; exec \"$0\"";
    // Ctrl-S comes after the line that lets the program start.
    let keys: Script = &[("ready", b"go\n\x13")];
    let outcome = finish(&mut tool(
        &sandbox,
        &[],
        keys,
        &["/bin/sh", "-c", script, PROGRAM],
    ));
    assert_eq!(outcome, session());
}
