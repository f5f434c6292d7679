//! Replaces one of the AWS config files as a whole: a new file next to it is filled, and then takes its name in one step.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;

use super::config::content;

/// The part of the new file's name between the old file's and the process id.
const MARK: &str = ".get-1password-creds.";

/// Replaces the file at `path`, or the one that the symbolic link there leads to, if it still holds `before`. Mode and
/// owner stay; a file that wasn't there is readable by its user alone.
pub fn replace(path: &Path, before: &[u8], after: &[u8]) -> Result<()> {
    let target = match fs::canonicalize(path) {
        Ok(target) => target,
        Err(error) if error.kind() == ErrorKind::NotFound && !path.is_symlink() => path.to_owned(),
        Err(error) => return Err(error).context("the link leads nowhere"),
    };
    let (Some(folder), Some(name)) = (target.parent(), target.file_name()) else {
        bail!("the path names no file");
    };
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700).create(folder)?;
    // Held until the end: of two runs that read the same, the second would undo what the first has changed.
    let old = lock(&target)?;
    remove_leftovers(folder, name);
    let new = new_path(&target);
    let mut options = OpenOptions::new();
    let options = options.write(true).create_new(true).mode(0o600);
    let written = fill(options.open(&new)?, old.as_ref(), after).and_then(|()| {
        ensure!(
            content(&target) == before,
            "another program has changed it just now; run it again"
        );
        Ok(fs::rename(&new, &target)?)
    });
    if written.is_err() {
        // The error to report is the one above.
        _ = fs::remove_file(&new);
    }
    written
}

/// Refuses a file with a second name, which would keep the old text.
pub fn check_names(file: &Metadata) -> Result<()> {
    ensure!(
        file.nlink() == 1,
        "the file has a second name (a hard link), which would keep the old text; change the file yourself"
    );
    Ok(())
}

/// Opens the file and locks it against other runs of this program; returns `None` if there is no file.
fn lock(target: &Path) -> Result<Option<File>> {
    let file = match File::open(target) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    check_names(&file.metadata()?)?;
    // Some file systems have no locks; the comparison with what was read is left.
    if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
        bail!("another run is changing it; run it again");
    }
    Ok(Some(file))
}

fn new_path(target: &Path) -> PathBuf {
    let mut path = target.as_os_str().to_owned();
    path.push(format!("{MARK}{}", std::process::id()));
    path.into()
}

/// Removes the new files that killed runs have left next to the file. They may hold keys.
fn remove_leftovers(folder: &Path, name: &OsStr) {
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

/// Writes the new file, with the mode and the owner of the old one. Nobody else can read it before it is complete.
fn fill(mut new: File, old: Option<&File>, bytes: &[u8]) -> Result<()> {
    new.write_all(bytes)?;
    if let Some(old) = old {
        let (old, made) = (old.metadata()?, new.metadata()?);
        if (old.uid(), old.gid()) != (made.uid(), made.gid()) {
            fchown(&new, Some(old.uid()), Some(old.gid())).context("the file is another user's")?;
        }
        new.set_permissions(old.permissions())?;
    }
    Ok(new.sync_all()?)
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use nix::unistd::geteuid;

    use super::*;

    fn folder_with(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::TempDir::new().expect("a folder");
        let path = folder.path().join("config");
        fs::write(&path, text).expect("a file");
        (folder, path)
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        let mut names: Vec<String> = names.filter_map(|name| name.into_string().ok()).collect();
        names.sort();
        names
    }

    fn text(path: &Path) -> String {
        fs::read_to_string(path).expect("a file")
    }

    fn refusal(path: &Path, before: &str) -> String {
        let refused = replace(path, before.as_bytes(), b"after").expect_err("a refusal");
        format!("{refused:#}")
    }

    #[test]
    fn mode_owner_and_link_stay() {
        let (folder, path) = folder_with("before");
        fs::set_permissions(&path, Permissions::from_mode(0o640)).expect("a mode");
        let owner = if geteuid().is_root() {
            4711
        } else {
            geteuid().as_raw()
        };
        std::os::unix::fs::chown(&path, Some(owner), None).expect("an owner");
        let link = folder.path().join("link");
        symlink("config", &link).expect("a link");
        replace(&link, b"before", b"after").expect("a file that can be replaced");
        let file = fs::metadata(&path).expect("a file");
        assert_eq!((file.mode() & 0o7777, file.uid()), (0o640, owner));
        assert_eq!(text(&path), "after");
        assert!(link.is_symlink());
        assert_eq!(names(folder.path()), ["config", "link"]);
    }

    #[test]
    fn a_new_file_and_its_folder_are_the_users_alone() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let path = folder.path().join(".aws/config");
        replace(&path, b"", b"after").expect("a file that can be made");
        let mode = |path: &Path| fs::metadata(path).expect("metadata").mode() & 0o7777;
        assert_eq!(
            (mode(path.parent().expect("a folder")), mode(&path)),
            (0o700, 0o600)
        );
    }

    #[test]
    fn a_file_that_was_changed_is_left_alone() {
        let (folder, path) = folder_with("changed");
        let expected = "another program has changed it just now; run it again";
        assert_eq!(refusal(&path, "before"), expected);
        assert_eq!(text(&path), "changed");
        assert_eq!(names(folder.path()), ["config"]);
    }

    #[test]
    fn a_file_that_another_run_is_changing_is_left_alone() {
        let (folder, path) = folder_with("before");
        let other = File::open(&path).expect("a file");
        other.try_lock().expect("a lock");
        let expected = "another run is changing it; run it again";
        assert_eq!(refusal(&path, "before"), expected);
        assert_eq!(text(&path), "before");
        assert_eq!(names(folder.path()), ["config"]);
        drop(other);
        replace(&path, b"before", b"after").expect("a file that can be replaced");
    }

    #[test]
    fn a_file_with_a_second_name_and_a_link_that_leads_nowhere_are_left_alone() {
        let (folder, path) = folder_with("before");
        fs::hard_link(&path, folder.path().join("other")).expect("a link");
        let expected = "the file has a second name (a hard link), which would keep the old text; change the file yourself";
        assert_eq!(refusal(&path, "before"), expected);
        let link = folder.path().join("link");
        symlink("nowhere", &link).expect("a link");
        let refused = refusal(&link, "");
        assert!(refused.starts_with("the link leads nowhere: "), "{refused}");
        assert_eq!(text(&path), "before");
        assert_eq!(names(folder.path()), ["config", "link", "other"]);
    }

    #[test]
    fn files_that_killed_runs_left_are_removed_and_no_others() {
        let (folder, path) = folder_with("before");
        let own = std::process::id();
        // No process has the number 2147483647; 1 is always there.
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
        replace(&path, b"before", b"after").expect("a file that can be replaced");
        let expected = [&["config".to_owned()], kept.as_slice()].concat();
        assert_eq!(names(folder.path()), expected);
    }
}
