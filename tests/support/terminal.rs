//! A person at a terminal: runs a program with `fixtures/terminal`, types, and reads what appears.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::{FAR_FUTURE, Outcome, Sandbox, example, outcome, printed, sample_session};
use totp::Totp;

#[path = "../../fixtures/shared/totp.rs"]
pub mod totp;

/// Texts to wait for, each with the keys to type then.
pub type Script<'a> = &'a [(&'a str, &'a [u8])];

/// Returns a command that runs a program at a terminal, and writes what appears there into the file `transcript`.
pub fn tool(sandbox: &Sandbox, options: &[&str], script: Script, program: &[&str]) -> Command {
    let mut command = Command::new(example("terminal"));
    sandbox.enter(&mut command);
    command.args(options);
    for (expect, keys) in script {
        let keys = OsStr::from_bytes(keys);
        command.args(["--expect", expect, "--type"]).arg(keys);
    }
    command.arg("--transcript").arg(sandbox.path("transcript"));
    command.arg("--").args(program);
    command
}

pub fn finish(command: &mut Command) -> Outcome {
    outcome(&command.output().expect("a tool that starts"))
}

/// Returns all that appeared on the terminal, with the echo of the keys.
pub fn transcript(sandbox: &Sandbox) -> String {
    let bytes = fs::read(sandbox.path("transcript")).expect("a transcript");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Runs a shell script at a terminal, with the private folder as `$0`. Expects that four runs print a session, and returns
/// the lines on the terminal in order, with `PID` for the number in the file `pid` that the script writes.
pub fn notes_of_four(sandbox: &Sandbox, script: &str) -> Vec<String> {
    let folder = sandbox.own_folder();
    let script = ["/bin/sh", "-c", script, folder.to_str().expect("UTF-8")];
    let outcome = finish(&mut tool(sandbox, &[], &[], &script));
    assert_eq!(outcome, printed(&sample_session(FAR_FUTURE).repeat(4)));
    let pid = fs::read_to_string(sandbox.path("cwd/pid")).expect("a pid");
    let pid = format!("pid {}", pid.trim());
    let transcript = transcript(sandbox).replace(&pid, "pid PID");
    let mut lines: Vec<String> = transcript.lines().map(str::to_owned).collect();
    lines.sort_unstable();
    lines
}

/// Returns the one-time code that is valid now.
pub fn code(sandbox: &Sandbox) -> String {
    let account = sandbox.read("standin/account.json");
    let totp = Totp::parse(account["totp"].as_str().expect("a seed")).expect("a seed");
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    totp.code(now.expect("a clock after 1970").as_secs_f64())
}

/// Returns the calls as program and kind of stdin.
pub fn stdins(sandbox: &Sandbox) -> Vec<String> {
    let part = |text: &Value| text.as_str().expect("a text").to_owned();
    let calls = sandbox.events("begin").into_iter();
    calls
        .map(|call| part(&call["program"]) + " " + &part(&call["stdin"]))
        .collect()
}
