//! WSL: Windows' `op.exe`, which takes all but a terminal for an item to write.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use serde_json::json;

use super::{GET_KEYS, GET_SERIAL};
use crate::support::setups::*;
use crate::support::terminal::*;
use crate::support::*;

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
    let expected = ["op null", "aws null", "op null", "aws fifo", "op /dev/tty"];
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
    let elsewhere = "cannot find `op` on PATH or in the usual places; install the 1Password CLI (https://developer.1password.com/docs/cli/get-started), or pass --op with its path";
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
    let line = "cannot find `my-op` on PATH or in the usual places; install the 1Password CLI (https://developer.1password.com/docs/cli/get-started), or pass --op with its path";
    assert_eq!(
        outcome(&output.expect("a program that starts")),
        failed(line)
    );
}

/// Sandboxes in which `op` is a script, a link, and a link to a script that runs `op.exe`.
fn disguised() -> [Sandbox; 3] {
    let place = |sandbox: &Sandbox| {
        let place = sandbox.path("c/op.exe");
        fs::create_dir(sandbox.path("c")).expect("a folder");
        sandbox.copy_program(&example("op"), "c/op.exe");
        fs::remove_file(sandbox.path("bin/op")).expect("the stand-in");
        place
    };
    let script = |sandbox: &Sandbox, name: &str| {
        let place = place(sandbox);
        sandbox.script(
            name,
            &format!("# On WSL.\nexec '{}' \"$@\"", place.display()),
        );
    };
    let sandboxes = [(); 3].map(|()| Sandbox::new());
    script(&sandboxes[0], "bin/op");
    symlink(place(&sandboxes[1]), sandboxes[1].path("bin/op")).expect("a link");
    script(&sandboxes[2], "bin/wslop");
    symlink("wslop", sandboxes[2].path("bin/op")).expect("a link");
    for sandbox in &sandboxes {
        sandbox.moods(&json!({ "op": { "stdin": "wsl", "authorisation": "windows" } }));
    }
    sandboxes
}

#[test]
fn on_wsl_an_op_that_runs_op_exe_is_taken_for_it() {
    for sandbox in disguised() {
        // Without a terminal nothing would come of a write, so it isn't tried.
        let on_wsl = |args: &[&str]| {
            let args = [&["--none", "--", PROGRAM], args].concat();
            let mut command = Command::new(example("terminal"));
            sandbox.enter(&mut command);
            finish(command.args(args).env("WSL_DISTRO_NAME", "Ubuntu"))
        };
        assert_eq!(on_wsl(&[]), printed(&sandbox.minted(1)));
        assert_eq!(sandbox.calls(), COLD[..3]);
        let report = on_wsl(&["doctor"]).stdout;
        let path = sandbox.path("bin/op").display().to_string();
        let line = format!("ok       op: {path}, which runs op.exe, version 2.34.1\n");
        assert!(report.starts_with(&line), "{report}");
    }
}

/// By the group of `op` the app recognises it on Linux alone.
#[test]
fn on_wsl_an_app_that_cannot_be_reached_has_no_reason_in_a_mode() {
    let [sandbox, ..] = disguised();
    let stderr = "[ERROR] 2026/08/14 04:07:09 connecting to desktop app: read: connection reset\n";
    let mishap = json!({ "call": "item get", "exit": 1, "stderr": stderr });
    sandbox.moods(
        &json!({ "op": { "stdin": "wsl", "authorisation": "windows", "mishaps": [mishap] } }),
    );
    let mut command = sandbox.command(&["doctor"]);
    let output = command.env("WSL_DISTRO_NAME", "Ubuntu").output();
    let report = outcome(&output.expect("a program that starts")).stdout;
    assert!(report.contains("connecting to desktop app"), "{report}");
    assert!(!report.contains("warning  op: "), "{report}");
}

#[test]
fn a_script_that_only_speaks_of_op_exe_is_not_taken_for_it() {
    let sandbox = Sandbox::new();
    let text = format!(
        "# Instead of op.exe.\nexec '{}' \"$@\"",
        example("op").display()
    );
    sandbox.script("bin/op", &text);
    let mut command = sandbox.command(&[]);
    let output = command.env("WSL_DISTRO_NAME", "Ubuntu").output();
    let outcome = outcome(&output.expect("a program that starts"));
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), COLD);
}

#[test]
fn away_from_wsl_a_script_may_name_op_exe() {
    let sandbox = Sandbox::new();
    let text = format!(
        "if [ \"$WSL_DISTRO_NAME\" ]; then exec op.exe \"$@\"; fi\nexec '{}' \"$@\"",
        example("op").display()
    );
    sandbox.script("bin/op", &text);
    assert_eq!(sandbox.run(&[]), printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), COLD);
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
    let place = "/root/mnt/c/Program Files/1Password CLI\n";
    assert!(seen("PATH", true, &[]).ends_with(place));
    assert!(!seen("PATH", false, &[]).contains("/mnt/c"));
}
