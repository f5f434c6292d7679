//! WSL: Windows' `op.exe`, which takes all but a terminal for an item to write.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::json;

use crate::support::setups::*;
use crate::support::terminal::*;
use crate::support::*;
use crate::{GET_KEYS, GET_SERIAL};

const CONFIG: &str = r"[profile base]
region = ap-northeast-1
mfa_serial = arn:aws:iam::123456789012:mfa/alice
credential_process = PROGRAM --op-vault Private --op-item alice-aws --op-cli-path WINDOWS/Program\ Files/1Password\ CLI/op.exe --profile base
";

/// A sandbox with Windows' `op.exe` and no other `op`.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    key_item_with_one_time_password(&sandbox);
    sandbox.moods(&json!({ "op": { "stdin": "wsl", "authorisation": "windows" } }));
    let place = sandbox.path("c/Program Files/1Password CLI");
    fs::create_dir_all(&place).expect("a folder");
    symlink(example("op"), place.join("op.exe")).expect("a link");
    fs::remove_file(sandbox.path("bin/op")).expect("the stand-in");
    sandbox
}

/// Runs the profile's line on WSL.
fn run(sandbox: &Sandbox, options: &[&str]) -> Outcome {
    let config = CONFIG.replace("WINDOWS", &sandbox.path("c").display().to_string());
    configure(sandbox, &config);
    let args = arguments(&config, "profile base");
    let args = args.iter().map(String::as_str);
    let program: Vec<&str> = [PROGRAM].into_iter().chain(args).collect();
    let mut command = tool(sandbox, options, &[], &program);
    finish(command.env("WSL_DISTRO_NAME", "Ubuntu"))
}

/// The calls of a run that stores nothing, and of one that does.
fn calls() -> [String; 5] {
    [GET_KEYS, GET_SERIAL, OTP, STS, EDIT].map(str::to_owned)
}

#[test]
fn op_aws_credential_process_on_wsl_with_a_space_in_the_path() {
    let sandbox = sandbox();
    let outcome = run(&sandbox, &[]);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), calls());
    let stdins = stdins(&sandbox);
    let expected = ["op null", "aws null", "op null", "aws fifo", "op tty"];
    assert_eq!(stdins, expected);
    assert_eq!(transcript(&sandbox), "");
    sandbox.forget_calls();
    assert_eq!(run(&sandbox, &["--stdin"]), outcome);
    assert_eq!(sandbox.calls(), [GET_KEYS]);
}

#[test]
fn op_aws_credential_process_on_wsl_without_a_terminal() {
    let sandbox = sandbox();
    let before = sandbox.item();
    let outcome = run(&sandbox, &["--none"]);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), calls()[..4]);
    assert_eq!(sandbox.item(), before);
}

#[test]
fn on_wsl_without_a_terminal_the_next_call_costs_the_next_code() {
    let sandbox = sandbox();
    run(&sandbox, &["--none"]);
    // The next step of the one-time password.
    sandbox.write_text("standin/clock", "30");
    assert_eq!(run(&sandbox, &["--none"]), printed(&sandbox.minted(2)));
}

#[test]
fn wsl_takes_op_exe_where_there_is_no_op() {
    let sandbox = Sandbox::new();
    fs::rename(sandbox.path("bin/op"), sandbox.path("bin/op.exe")).expect("a file");
    let mut command = sandbox.command(&[]);
    let output = command.env("WSL_DISTRO_NAME", "Ubuntu").output();
    let on_wsl = outcome(&output.expect("a program that starts"));
    assert_eq!(on_wsl, printed(&sandbox.minted(1)));
    let elsewhere = "cannot find `op` on PATH or in the usual places; install the 1Password CLI, or pass --op with its path";
    assert_eq!(sandbox.run(&[]), failed(elsewhere));
}

#[test]
fn wsl_prefers_its_own_op() {
    let sandbox = Sandbox::new();
    let first = sandbox.path("first");
    fs::create_dir(&first).expect("a folder");
    sandbox.script("first/op.exe", "exit 1");
    let path = format!("{}:{}", first.display(), sandbox.path("bin").display());
    let mut command = sandbox.command(&[]);
    let output = command
        .env("WSL_DISTRO_NAME", "Ubuntu")
        .env("PATH", path)
        .output();
    let outcome = outcome(&output.expect("a program that starts"));
    assert_eq!(outcome, printed(&sandbox.minted(1)));
}

#[test]
fn wsl_takes_no_op_exe_for_another_name() {
    let sandbox = Sandbox::new();
    fs::rename(sandbox.path("bin/op"), sandbox.path("bin/op.exe")).expect("a file");
    let mut command = sandbox.command(&["--op", "my-op"]);
    let output = command.env("WSL_DISTRO_NAME", "Ubuntu").output();
    let line = "cannot find `my-op` on PATH or in the usual places; install the 1Password CLI, or pass --op with its path";
    assert_eq!(
        outcome(&output.expect("a program that starts")),
        failed(line)
    );
}

/// Runs with an `op.exe` that writes down a variable; says what it was.
fn seen(variable: &str, is_wsl: bool, set: &[(&str, &str)]) -> String {
    let sandbox = Sandbox::new();
    let line = format!(
        "echo \"${variable}\" >>\"$STANDIN_DIR/seen\"; exec '{}' \"$@\"",
        example("op").display()
    );
    sandbox.script("bin/op", &line);
    let mut command = sandbox.command(&["--no-session"]);
    command.envs(set.iter().copied());
    if is_wsl {
        command.env("WSL_DISTRO_NAME", "Ubuntu");
    }
    let outcome = outcome(&command.output().expect("a program that starts"));
    assert_eq!(outcome, printed(STATIC_KEYS));
    fs::read_to_string(sandbox.path("standin/seen")).expect("a value")
}

#[test]
fn wsl_passes_the_account_and_the_token_on_to_windows() {
    let ours = "OP_ACCOUNT/w:OP_SERVICE_ACCOUNT_TOKEN/w\n";
    assert_eq!(seen("WSLENV", true, &[]), ours);
    let theirs = ("WSLENV", "EDITOR/w");
    assert_eq!(seen("WSLENV", true, &[theirs]), format!("EDITOR/w:{ours}"));
    assert_eq!(seen("WSLENV", false, &[theirs]), "EDITOR/w\n");
}

#[test]
fn wsl_looks_where_the_installer_for_windows_puts_op_exe() {
    let place = ":/mnt/c/Program Files/1Password CLI\n";
    assert!(seen("PATH", true, &[]).ends_with(place));
    assert!(!seen("PATH", false, &[]).contains("/mnt/c"));
}
