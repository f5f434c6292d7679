//! Which process has started which, as Linux shows it in /proc. Elsewhere it isn't known: there is no safe call that asks.

use std::fs;
use std::iter::successors;

use nix::sys::signal::kill;
use nix::unistd::{Pid, getpid};

/// Returns whether this process descends from that one, which therefore lives. Where nobody knows, one that lives counts.
pub fn is_ancestor(pid: i32) -> bool {
    let parent = |pid: &i32| parent_and_group(*pid).map(|(parent, _)| parent);
    let own = getpid().as_raw();
    if parent(&own).is_none() {
        return pid > 0 && kill(Pid::from_raw(pid), None).is_ok();
    }
    successors(Some(own), parent)
        .skip(1)
        .any(|ancestor| ancestor == pid)
}

/// Lists the processes that a process has started and that are in its process group. One that has a group to itself,
/// such as a browser, is meant to live on.
pub fn children(pid: i32) -> Vec<i32> {
    let Some((_, group)) = parent_and_group(pid) else {
        return Vec::new();
    };
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|other| parent_and_group(*other) == Some((pid, group)))
        .collect()
}

/// Reads the arguments that a process was started with, without its name.
pub fn arguments(pid: i32) -> Vec<String> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = line.split(|byte| *byte == 0).skip(1);
    let words = words.map(|word| String::from_utf8_lossy(word).into_owned());
    words.filter(|word| !word.is_empty()).collect()
}

/// Reads `PID (NAME) STATE PARENT GROUP …`; the name may hold anything.
fn parent_and_group(pid: i32) -> Option<(i32, i32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    let mut numbers = rest.split_whitespace().skip(1).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}
