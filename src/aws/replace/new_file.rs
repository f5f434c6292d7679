//! The new file that is to take the place of another: its name, and those that killed runs have left.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;

/// The part of the new file's name between the old file's and the process id.
const MARK: &str = ".get-1password-creds.";

/// Returns the path of the new file of this process.
pub fn path(target: &Path) -> PathBuf {
    let mut path = target.as_os_str().to_owned();
    path.push(format!("{MARK}{}", std::process::id()));
    path.into()
}

/// Removes the new files that killed runs have left next to the file. They may hold keys.
pub fn remove_leftovers(folder: &Path, name: &OsStr) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| is_leftover(&entry.file_name(), name)) {
        // Without the right to remove it, the file has to stay.
        _ = fs::remove_file(entry.path());
    }
}

/// Returns whether a file was left by a run that has ended. One with the id of this process was, as it isn't made yet.
fn is_leftover(file: &OsStr, name: &OsStr) -> bool {
    let file = file.to_str().zip(name.to_str());
    let end = file.and_then(|(file, name)| file.strip_prefix(name)?.strip_prefix(MARK));
    let Some(pid) = end.and_then(|end| end.parse::<u32>().ok()) else {
        return false;
    };
    let is_running = |pid: i32| kill(Pid::from_raw(pid), None) != Err(Errno::ESRCH);
    pid == std::process::id() || !i32::try_from(pid).is_ok_and(|pid| pid > 0 && is_running(pid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_killed_runs_left_are_removed_and_no_others() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let own = std::process::id();
        // No process has the number 2147483647; 1 always exists.
        let left = [
            format!("config{MARK}2147483647"),
            format!("config{MARK}{own}"),
        ];
        let kept = [
            "config.2147483647".to_owned(),
            format!("config{MARK}1"),
            format!("config{MARK}old"),
            format!("credentials{MARK}2147483647"),
        ];
        for name in left.iter().chain(&kept) {
            fs::write(folder.path().join(name), "left").expect("a file");
        }
        remove_leftovers(folder.path(), OsStr::new("config"));
        let entries = fs::read_dir(folder.path()).expect("a folder");
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        let mut names: Vec<String> = names.filter_map(|name| name.into_string().ok()).collect();
        names.sort();
        assert_eq!(names, kept);
    }
}
