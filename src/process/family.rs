//! Which process has started which, as Linux shows it in /proc. On other systems no safe call returns it.

use std::fs;
use std::iter::successors;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpid};

/// Returns whether that process runs and is an ancestor of this one. Where ancestors aren't known, any process that runs
/// counts.
pub fn is_ancestor(pid: i32) -> bool {
    let parent = |pid: &i32| parent_and_group(*pid).map(|(parent, _)| parent);
    let this = getpid().as_raw();
    if parent(&this).is_none() {
        return pid > 0 && kill(Pid::from_raw(pid), None).is_ok();
    }
    successors(Some(this), parent)
        .skip(1)
        .any(|ancestor| ancestor == pid)
}

/// Stops a process and its descendants, except one with these arguments, and lists them. A process that is stopped starts
/// no more.
pub fn stop(pid: i32, except: Option<&[&str]>) -> Vec<i32> {
    let is_excepted = |pid: &i32| except.is_some_and(|except| arguments(*pid) == except);
    let mut family = vec![pid];
    let mut next = 0;
    while let Some(pid) = family.get(next).copied() {
        // It fails only for a process that has ended.
        _ = kill(Pid::from_raw(pid), Signal::SIGSTOP);
        let children = children(pid).into_iter();
        family.extend(children.filter(|pid| !is_excepted(pid)));
        next += 1;
    }
    family
}

/// Lists the processes that a process has started and that are in its process group. One that has left the group, such as
/// a browser, is meant to outlive it.
fn children(pid: i32) -> Vec<i32> {
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
fn arguments(pid: i32) -> Vec<String> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = line.split(|byte| *byte == 0).skip(1);
    let words = words.map(|word| String::from_utf8_lossy(word).into_owned());
    words.filter(|word| !word.is_empty()).collect()
}

/// Reads parent and process group from `PID (NAME) STATE PARENT GROUP …`, in which the name may hold any character.
fn parent_and_group(pid: i32) -> Option<(i32, i32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    let mut numbers = rest.split_whitespace().skip(1).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}
