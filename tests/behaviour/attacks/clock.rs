//! A clock that is wrong.

use std::process::Command;

use serde_json::json;

use super::{mishap_once, works};
use crate::support::runs::*;
use crate::support::*;

/// Adds seconds to what programs see of the time of day.
const CLOCK: &str = r#"
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t id, struct timespec *time) {
  long result = syscall(SYS_clock_gettime, id, time);
  const char *seconds = getenv("CLOCK_OFFSET");
  if (result == 0 && id == CLOCK_REALTIME && seconds)
    time->tv_sec += atol(seconds);
  return result;
}
"#;

/// A run with another time of day, nine hours off.
fn run_at(sandbox: &Sandbox, hours: i32) -> Outcome {
    let mut command = sandbox.command(&[]);
    command.env("LD_PRELOAD", sandbox.path("clock.so"));
    command.env("CLOCK_OFFSET", (hours * 3600).to_string());
    ends(vec![spawn(&mut command)]).remove(0)
}

/// Makes the clock; `false` where that can't be done.
fn make_clock(sandbox: &Sandbox) -> bool {
    sandbox.write_text("clock.c", CLOCK);
    let mut compiler = Command::new("cc");
    compiler
        .current_dir(sandbox.path(""))
        .args(["-shared", "-fPIC", "-o", "clock.so", "clock.c"]);
    let is_made = cfg!(target_os = "linux") && works(&mut compiler);
    if !is_made {
        eprintln!("skipped, since no clock can be made");
    }
    is_made
}

#[test]
fn a_refusal_is_not_kept_whatever_the_clock_does() {
    let sandbox = Sandbox::new();
    if !make_clock(&sandbox) {
        return;
    }
    sandbox.set_cache(&base64(&session_json(FAR_FUTURE)));
    let text = "[ERROR] 2026/08/14 04:07:09 authorization prompt dismissed, please try again\n";
    let line = "cannot read 1Password item 'AWS Access Key': `op item get` said: authorization prompt dismissed, \
                please try again; run it again and approve the 1Password prompt";
    for (before, after) in [(0, -9), (9, 0), (0, 9), (0, 0)] {
        mishap_once(&sandbox, json!({ "stderr": text, "exit": 1 }));
        assert_eq!(run_at(&sandbox, before), failed(line));
        assert_eq!(
            run_at(&sandbox, after),
            printed(&sample_session(FAR_FUTURE))
        );
        assert_eq!(sandbox.calls(), [GET, GET]);
    }
}
