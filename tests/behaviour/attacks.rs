//! Whoever stands between two runs of the program: strangers, odd files, stopped runs, wrong clocks. None of them gets a
//! session, slips one in, or keeps a run past its deadline.

mod clock;
mod deadline;
mod files;
mod folder;
mod impostor;
mod sessions;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use nix::unistd::{Uid, geteuid};
use serde_json::{Value, json};

use crate::support::runs::*;
use crate::support::*;

/// A user who is neither root nor the one of the test run.
const NOBODY: u32 = 65534;

/// Lets the next call of `op` go wrong, and no other one.
fn mishap_once(sandbox: &Sandbox, mut mishap: Value) {
    _ = fs::remove_file(sandbox.path("standin/mishap-op-0"));
    mishap["call"] = json!("item get");
    mishap["times"] = json!(1);
    sandbox.mishap("op", &mishap);
    sandbox.forget_calls();
}

/// A run whose call of `op` hangs; the next one doesn't.
fn stuck(sandbox: &Sandbox, command: &mut Command) -> Child {
    mishap_once(sandbox, json!({ "hang": true }));
    let run = spawn(command);
    wait_for(|| sandbox.path("standin/mishap-op-0").exists());
    run
}

/// Says whether the test runs as root; a test that needs it, and doesn't, says so and is left out.
fn is_root(what: &str) -> bool {
    if !geteuid().is_root() {
        eprintln!("skipped, since this isn't root: {what}");
    }
    geteuid().is_root()
}

/// Says whether a command works here.
fn works(command: &mut Command) -> bool {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null());
    command
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Gives a file or a folder to nobody.
fn give_away(path: &Path) {
    let nobody = Some(Uid::from_raw(NOBODY));
    nix::unistd::chown(path, nobody, None).expect("root");
}
