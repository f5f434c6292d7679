//! Eight workers that call for minutes, sessions of 20 seconds, and an `op` that fails now and then.

#![cfg(test)]

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Mutex;
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use serde_json::json;
use time::OffsetDateTime;

use crate::answers::{assert_sound, expiration_of};
use crate::codes;
use crate::dice::Dice;
use crate::figures::{figure, soak_seconds};
use crate::party::Pipe;
use crate::slow_op;
use crate::support::*;
use crate::wall::Wall;

pub const WORKERS: usize = 8;
pub const ARGS: [&str; 4] = ["--margin", "5s", "--timeout", "8s"];
const TIMEOUT: Duration = Duration::from_secs(8);

/// What a busy machine may add to the timeout.
const ALLOWANCE: Duration = Duration::from_secs(4);

/// So much later than the look at the session may we see that a run has ended.
const LATE: Duration = Duration::from_secs(1);

/// Fails in one call of twenty, and of the rare ones of a refresh in one of four: with op's texts, without a word, after
/// its work is done, with half an answer, or by not coming to an end.
const OP: &str = r#"#!/bin/sh
say() { echo "[ERROR] 2026/08/14 04:07:09 $1" >&2; exit "$2"; }
number=$(/usr/bin/od -An -N2 -tu2 /dev/urandom)
number=$((number))
case "$*" in
  *--otp* | *edit*) most=16384 ;;
  *) most=3277 ;;
esac
[ "$number" -lt "$most" ] || exec OP "$@"
kind=$((number % 20))
echo "$kind" >>"$STANDIN_DIR/failures"
case $kind in
  [0-4]) say 'authorization prompt dismissed, please try again' 1 ;;
  [5-8]) say 'Get "https://my.1password.com/api/v2/account/keysets": dial tcp: lookup my.1password.com: no such host' 1 ;;
  9 | 1[0-2]) say '(409) Conflict: Internal server conflict' 4 ;;
  13 | 14) kill -9 $$ ;;
  15 | 16) OP "$@" >/dev/null; say '(500) Internal Server Error' 4 ;;
  17 | 18) echo '{ "id": "q3fz' ;;
  *) exec /bin/sleep 3600 ;;
esac
"#;

/// What came of many calls.
#[derive(Default)]
pub struct Tally {
    times: Vec<Duration>,
    /// How often each line was said in place of an answer.
    failures: BTreeMap<String, u32>,
    /// Answers with a session that was over when the run ended, and by how much.
    over: Vec<time::Duration>,
}

#[test]
#[ignore = "scripts/stress runs them"]
fn short_sessions_and_an_op_that_fails() {
    let sandbox = sandbox();
    let before = sandbox.item();
    let life = Duration::from_secs(soak_seconds().into());
    let pipe = Pipe::new();
    let begin = Instant::now();
    let tally = Mutex::new(Tally::default());
    let wall = Wall::default();
    let files = files_elsewhere(&sandbox);
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                work(&sandbox, &tally, &wall, begin + life, || {
                    let run = pipe.command(&sandbox, &ARGS).output();
                    outcome(&run.expect("a program that starts"))
                });
            });
        }
    });
    let tally = tally.into_inner().expect("no worker that failed");
    let gone = pipe.assert_all_gone();
    assert_eq!(files_elsewhere(&sandbox), files);
    assert_eq!(sandbox.left_behind(), ["HASH.authorised", "stored"]);
    assert_sound(&sandbox, &before);
    print("soak", &sandbox, tally, begin.elapsed(), gone);
}

pub fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.set_period(2);
    let mut account = sandbox.read("standin/account.json");
    account["session_seconds"] = json!(20);
    sandbox.write("standin/account.json", &account);
    slow_op(&sandbox, Duration::from_millis(20));
    codes::record(&sandbox);
    let op = sandbox.path("bin/op");
    fs::remove_file(&op).expect("the link to the stand-in");
    let script = OP.replace(
        "OP \"$@\"",
        &format!("'{}' \"$@\"", example("op").display()),
    );
    fs::write(&op, script).expect("a file");
    fs::set_permissions(&op, Permissions::from_mode(0o755)).expect("a mode");
    sandbox
}

/// Calls until the time is over, with pauses of up to 0.3 s.
pub fn work(
    sandbox: &Sandbox,
    tally: &Mutex<Tally>,
    wall: &Wall,
    until: Instant,
    mut run: impl FnMut() -> Outcome,
) {
    let mut dice = Dice::new();
    let mut known = HashMap::new();
    while Instant::now() < until {
        let begin = Instant::now();
        let outcome = run();
        let (time, now) = (begin.elapsed(), wall.earliest_since(begin));
        assert!(time < TIMEOUT + ALLOWANCE, "{time:?}: {outcome:?}");
        let over = judge(sandbox, &outcome, &mut known).map(|expiration| now - expiration);
        assert!(over.is_none_or(|over| over < LATE), "{outcome:?}");
        let mut tally = tally.lock().expect("no worker that failed");
        tally.times.push(time);
        tally.over.extend(over.filter(|over| over.is_positive()));
        if outcome.status != Some(0) {
            *tally.failures.entry(outcome.stderr).or_default() += 1;
        }
        drop(tally);
        sleep(dice.shorter_than(Duration::from_millis(300)));
    }
}

/// Expects a session that STS gave, or one line; says when the session expires.
fn judge(
    sandbox: &Sandbox,
    outcome: &Outcome,
    known: &mut HashMap<String, OffsetDateTime>,
) -> Option<OffsetDateTime> {
    if outcome.status == Some(0) {
        assert_eq!(outcome.stderr, "");
        let expiration = known.get(&outcome.stdout).copied();
        let expiration = expiration.or_else(|| expiration_of(sandbox, &outcome.stdout));
        let expiration = expiration.unwrap_or_else(|| panic!("{outcome:?}"));
        known.insert(outcome.stdout.clone(), expiration);
        return Some(expiration);
    }
    assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(1), ""));
    let line = outcome.stderr.strip_suffix('\n').expect("a line");
    assert!(line.starts_with("get-1password-creds: cannot ") && !line.contains('\n'));
    None
}

/// What lies where the program has no business.
pub fn files_elsewhere(sandbox: &Sandbox) -> Vec<PathBuf> {
    let folders = ["home", "home/.aws", "tmp", "cwd"].into_iter();
    let entries = folders.flat_map(|folder| fs::read_dir(sandbox.path(folder)).expect("a folder"));
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    files
}

pub fn print(name: &str, sandbox: &Sandbox, mut tally: Tally, life: Duration, gone: Duration) {
    codes::assert_none_twice(sandbox, name);
    tally.times.sort();
    let runs = tally.times.len();
    let at = |part: usize| tally.times[(runs - 1) * part / 1000].as_secs_f64();
    let failed_runs: u32 = tally.failures.values().sum();
    let failed_calls = fs::read_to_string(sandbox.path("standin/failures")).unwrap_or_default();
    let calls = sandbox.calls();
    let stood_in = calls.iter().filter(|call| call.starts_with("op")).count();
    let failed_calls = failed_calls.lines().count();
    figure(
        &format!("{name}: seconds, workers, runs, wrong answers"),
        format!("{:.0}, {WORKERS}, {runs}, 0", life.as_secs_f64()),
    );
    figure(
        &format!("{name}: op calls that failed, that did not"),
        format!("{failed_calls}, {stood_in}"),
    );
    figure(&format!("{name}: runs that failed"), failed_runs);
    figure(
        &format!("{name}: sessions, each of 20 s"),
        sandbox.count_minted(),
    );
    figure(
        &format!("{name}: time of a run: middle, 99 %, 99.9 %, most (--timeout 8s)"),
        format!(
            "{:.2}, {:.2}, {:.2}, {:.2} s",
            at(500),
            at(990),
            at(999),
            at(1000)
        ),
    );
    figure(
        &format!("{name}: answers over when the run ended"),
        format!(
            "{} (most {:.3} s)",
            tally.over.len(),
            tally
                .over
                .iter()
                .max()
                .map_or(0.0, |over| over.as_seconds_f64())
        ),
    );
    figure(
        &format!("{name}: all gone after"),
        format!("{:.2} s", gone.as_secs_f64()),
    );
    for (line, count) in &tally.failures {
        println!("{count} x {}", line.trim_end());
    }
}
