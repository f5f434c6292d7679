//! Keepers, and the runs that start them, are killed at random moments: the next run prints the session, and no process is
//! left.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getsid};

use super::keepers::{Keeper, keeper};
use super::shell::Shell;
use crate::support::*;

const KEEP: [&str; 2] = ["--keep", "5m"];

/// After so many rounds the shell is replaced: the terminal ends after some time.
const ROUNDS_OF_A_SHELL: usize = 50;

/// Kills a keeper while three runs ask it.
pub fn keepers(count: u32) {
    rounds(count, |sandbox, shell, round| {
        assert_eq!(shell.run(&KEEP), session(), "{round}");
        let keeper = keeper(sandbox);
        let runs = shell.start("RUN --keep 5m & RUN --keep 5m & RUN --keep 5m & wait");
        sleep(Duration::from_micros(u64::from(round) * 7919 % 9000));
        // The keeper may have ended by itself.
        _ = kill(keeper.pid, Signal::SIGKILL);
        let thrice = printed(&sample_session(FAR_FUTURE).repeat(3));
        assert_eq!(shell.finish(&runs), thrice, "{round}");
    });
}

/// Kills the run that would leave its answer with a keeper.
pub fn runs(count: u32) {
    rounds(count, |sandbox, shell, round| {
        if let Some(keeper) = Keeper::find(sandbox) {
            fs::remove_file(&keeper.socket).expect("a socket");
        }
        let begin = Instant::now();
        assert_eq!(shell.run(&["--keep", "4m"]), session(), "{round}");
        let life = begin.elapsed().mul_f64(1.5);
        fs::remove_file(keeper(sandbox).socket).expect("a socket");
        let moment = life.mul_f64(f64::from(round * 7919 % 1000) / 1000.0);
        let script = format!(
            "RUN --keep 5m & run=$!; /bin/sleep {}; kill -9 $run; wait $run",
            moment.as_secs_f64()
        );
        let struck = shell.run_script(&script).stdout;
        let all_or_nothing = struck.is_empty() || struck == session().stdout;
        assert!(all_or_nothing, "{round}: {struck}");
        assert_eq!(shell.run(&KEEP), session(), "{round}");
        sandbox.forget_calls();
        assert_eq!(shell.run(&KEEP), session(), "{round}");
        assert_eq!(sandbox.calls(), [""; 0], "{round}");
    });
}

/// Plays rounds at several terminals; after each terminal no keeper is left.
pub fn rounds(count: u32, mut round: impl FnMut(&Sandbox, &mut Shell, u32)) {
    let sandbox = Sandbox::new();
    sandbox.set_cache(&base64(&session_json(FAR_FUTURE)));
    for first in (0..count).step_by(ROUNDS_OF_A_SHELL) {
        let mut shell = Shell::open(&sandbox);
        let leader = shell.run_script("echo $$").stdout;
        let leader = Pid::from_raw(leader.trim().parse().expect("a process"));
        for number in (first..count).take(ROUNDS_OF_A_SHELL) {
            round(&sandbox, &mut shell, number);
        }
        let cleared = sandbox.run(&["clear"]);
        assert_eq!(cleared.status, Some(0), "{cleared:?}");
        sandbox.set_cache(&base64(&session_json(FAR_FUTURE)));
        assert_eq!(Keeper::find(&sandbox), None);
        runs::wait_for(|| keepers_of_session(leader).is_empty());
    }
}

fn keepers_of_session(leader: Pid) -> Vec<Pid> {
    let entries = fs::read_dir("/proc").expect("/proc").flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let its = ids
        .map(Pid::from_raw)
        .filter(|pid| getsid(Some(*pid)) == Ok(leader));
    its.filter(|pid| {
        let line = fs::read(format!("/proc/{pid}/cmdline"));
        line.is_ok_and(|line| line.ends_with(b"\0keeps-a-session-in-memory\0"))
    })
    .collect()
}

fn session() -> Outcome {
    printed(&sample_session(FAR_FUTURE))
}
