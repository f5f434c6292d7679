//! The folder, or a file in it, isn't what it should be.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::thread;

use nix::sys::stat::Mode;
use nix::unistd::{geteuid, mkfifo};

use super::files::FlightFiles;
use super::{NOBODY, give_away, is_root, session, warm};
use crate::support::runs::*;
use crate::support::*;

/// Puts something where the folder, or a file of it, would be. The other path may be used for a link.
type Trick = fn(&Path, &Path);

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("a mode");
}

fn folder(path: &Path) {
    fs::create_dir(path).expect("a folder");
    mode(path, 0o700);
}

fn file(path: &Path) {
    fs::write(path, "of somebody else").expect("a file");
}

fn listen(path: &Path) {
    sockets::bind(path).expect("a socket");
}

#[test]
fn a_folder_that_is_not_private_is_left_alone() {
    let mut tricks: Vec<Trick> = vec![
        |path, _| symlink("nowhere", path).expect("a link"),
        |path, _| {
            folder(path);
            mode(path, 0o710);
        },
    ];
    if is_root("a folder of another user") {
        tricks.push(|path, _| {
            folder(path);
            give_away(path);
        });
    }
    for trick in tricks {
        let sandbox = warm();
        let own = sandbox.own_folder();
        trick(&own, Path::new(""));
        let before = fs::symlink_metadata(&own).expect("a trick").permissions();
        expect_all(&ends(start(&sandbox, 4, &[])), &session());
        let after = fs::symlink_metadata(&own).expect("a trick").permissions();
        assert_eq!(after, before);
        assert_eq!(fs::read_dir(&own).map_or(0, Iterator::count), 0);
    }
}

#[test]
fn a_place_that_cannot_be_written_is_passed_over() {
    let sandbox = warm();
    let place = sandbox.path("read-only");
    folder(&place);
    mode(&place, 0o500);
    // Root may write there, but not in the kernel's own folders.
    let place = if geteuid().is_root() {
        Path::new("/proc")
    } else {
        &place
    };
    let run = |_| {
        let mut command = sandbox.command(&[]);
        command.env("XDG_RUNTIME_DIR", place).env("TMPDIR", place);
        spawn(&mut command)
    };
    expect_all(&ends((0..4).map(run).collect()), &session());
}

#[test]
fn odd_files_of_a_flight_do_no_harm() {
    let tricks: [Trick; 7] = [
        |path, _| file(path),
        |path, _| folder(path),
        |path, _| mkfifo(path, Mode::S_IRWXU).expect("a pipe"),
        |path, _| listen(path),
        |path, other| symlink(other, path).expect("a link"),
        |path, other| fs::hard_link(other, path).expect("a link"),
        |path, _| symlink("nowhere", path).expect("a link"),
    ];
    for trick in tricks {
        for which in [
            |files: &FlightFiles| files.lock.clone(),
            |files: &FlightFiles| files.socket.clone(),
        ] {
            let sandbox = warm();
            let files = FlightFiles::find(&sandbox, &[]);
            let other = sandbox.path("run/other");
            file(&other);
            trick(&which(&files), &other);
            let outcomes = ends(start(&sandbox, 4, &["--timeout", "5s"]));
            expect_all(&outcomes, &session());
            assert_eq!(
                fs::read_to_string(&other).expect("a file"),
                "of somebody else"
            );
        }
    }
}

/// As by `sudo -u` in a home folder that others can't read.
#[test]
fn runs_share_an_answer_where_they_cannot_read_the_current_folder() {
    let sandbox = warm();
    slow_op(&sandbox, 0.5);
    mode(&sandbox.path("cwd"), 0o111);
    // The checkout may be root's alone.
    sandbox.copy_program(&example("op"), "bin/op");
    sandbox.copy_program(Path::new(PROGRAM), "program");
    let command = || {
        let mut command = Command::new(sandbox.path("program"));
        sandbox.enter(&mut command);
        command
    };
    let mut commands: Vec<_> = (0..4).map(|_| command()).collect();
    if geteuid().is_root() {
        mode(&sandbox.path(""), 0o755);
        let mut chown = Command::new("chown");
        chown
            .args(["-R", &NOBODY.to_string()])
            .arg(sandbox.path(""));
        assert!(chown.status().expect("a tool").success());
        for command in &mut commands {
            command.uid(NOBODY);
        }
    }
    let outcomes = ends(commands.iter_mut().map(spawn).collect());
    // Else it can't be removed.
    mode(&sandbox.path("cwd"), 0o755);
    expect_all(&outcomes, &session());
    assert_eq!(sandbox.calls(), [GET]);
}

/// As by `sudo -E`: another user owns the places that the environment names.
#[test]
fn root_with_a_users_environment_follows_no_link() {
    if !is_root("a user's environment") {
        return;
    }
    let sandbox = warm();
    let (run, victim) = (sandbox.path("run"), sandbox.path("victim"));
    give_away(&run);
    folder(&victim);
    let own = sandbox.own_folder();
    let is_done = std::sync::atomic::AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| swap(&own, &victim, &is_done));
        for _ in 0..20 {
            expect_all(&ends(start(&sandbox, 4, &[])), &session());
        }
        is_done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert_eq!(fs::read_dir(&victim).expect("a folder").count(), 0);
}

/// Puts a link where the folder is, and the folder back, again and again.
fn swap(own: &Path, victim: &Path, is_done: &std::sync::atomic::AtomicBool) {
    let (aside, link) = (own.with_extension("aside"), own.with_extension("link"));
    symlink(victim, &link).expect("a link");
    while !is_done.load(std::sync::atomic::Ordering::Relaxed) {
        // Each step fails while the program hasn't made its folder, or has made it anew.
        _ = fs::rename(own, &aside);
        _ = fs::rename(&link, own);
        _ = fs::rename(own, &link);
        _ = fs::rename(&aside, own);
    }
}
