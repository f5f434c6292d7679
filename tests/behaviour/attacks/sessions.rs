//! Terminal sessions and namespaces: what happens in one is nothing to the others.

use std::process::Command;

use nix::sys::signal::Signal;
use serde_json::json;

use super::{session, stuck, warm, works};
use crate::support::runs::*;
use crate::support::*;

#[test]
fn a_stopped_run_is_named_in_its_session_and_not_noticed_in_others() {
    let sandbox = warm();
    let args = ["--timeout", "2s"];
    let leader = stuck(&sandbox, &mut sandbox.command(&args));
    signal(&leader, Signal::SIGSTOP);
    let here = start(&sandbox, 8, &args);
    let there = (0..4).map(|_| spawn(&mut sandbox.command_in_own_session(&args)));
    expect_all(&ends(there.collect()), &session());
    let line = format!(
        "cannot share the answer of the run that asks the same (pid {}): it was not done within the 2 s of --timeout; \
         approve 1Password's prompt, or end that run if it is stopped",
        leader.id()
    );
    expect_all(&ends(here), &failed(&line));
    assert_eq!(sandbox.calls().len(), 1 + 4);
    signal(&leader, Signal::SIGTERM);
    end(vec![leader], Signal::SIGCONT);
    sandbox.assert_children_gone();
}

#[test]
fn three_hundred_at_once_share_one_call() {
    let sandbox = warm();
    hold_op(&sandbox, json!({ "call": "item get" }));
    let mut runs = start(&sandbox, 1, &[]);
    wait_for_calls(&sandbox, 1);
    runs.extend(start(&sandbox, 299, &[]));
    wait_for_followers(&sandbox, 299);
    go_on(&sandbox);
    expect_all(&ends(runs), &session());
    assert_eq!(sandbox.calls(), [GET]);
    assert_eq!(sandbox.left_behind(), ["HASH.authorised"]);
}

/// A way into a new pid namespace, if there is one here.
fn unshare() -> Option<Vec<&'static str>> {
    let ways = [
        vec!["unshare", "--pid", "--fork", "--kill-child"],
        vec![
            "unshare",
            "--user",
            "--map-current-user",
            "--pid",
            "--fork",
            "--kill-child",
        ],
    ];
    let way = ways
        .into_iter()
        .find(|way| works(Command::new(way[0]).args(&way[1..]).arg("true")));
    if way.is_none() {
        eprintln!("skipped, since no pid namespace can be made");
    }
    way
}

#[test]
fn each_pid_namespace_asks_op_itself() {
    let Some(unshare) = unshare() else {
        return;
    };
    let sandbox = warm();
    let inside = || {
        let mut command = Command::new("/usr/bin/env");
        sandbox.enter(&mut command);
        command.env(
            "PATH",
            format!("{}:/usr/bin:/bin", sandbox.path("bin").display()),
        );
        command.args(&unshare).arg(PROGRAM);
        command
    };
    // Past the gate, which is one for all whose session has no number.
    expect_all(&ends(vec![spawn(&mut inside())]), &session());
    let first = stuck(&sandbox, &mut inside());
    let others = (0..3).map(|_| spawn(&mut inside()));
    let here = start(&sandbox, 1, &[]);
    expect_all(&ends(others.collect()), &session());
    expect_all(&ends(here), &session());
    assert_eq!(sandbox.calls().len(), 1 + 3 + 1);
    end(vec![first], Signal::SIGKILL);
}
