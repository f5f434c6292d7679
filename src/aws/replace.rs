//! Replaces one of the AWS config files as a whole: a new file next to it is filled, and then takes its name in one step.

mod new_file;

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use super::config::content;

/// The message about a file that isn't as it was read.
const CHANGED: &str = "another program has changed it just now; run it again";

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
    new_file::remove_leftovers(folder, name);
    let new = new_file::path(&target);
    let mut options = OpenOptions::new();
    let options = options.write(true).create_new(true).mode(0o600);
    let written = fill(options.open(&new)?, old.as_ref(), after).and_then(|()| {
        ensure!(content(&target) == before, CHANGED);
        match &old {
            Some(_) => Ok(fs::rename(&new, &target)?),
            None => add(&new, &target),
        }
    });
    if written.is_err() {
        // The error to report is the one above.
        _ = fs::remove_file(&new);
    }
    written
}

/// Gives the new file its name, where there was no file to lock. If another run has made one since, that one stays.
fn add(new: &Path, target: &Path) -> Result<()> {
    match fs::hard_link(new, target) {
        Ok(()) => Ok(fs::remove_file(new)?),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => bail!(CHANGED),
        // Some file systems have no hard links.
        Err(_) => Ok(fs::rename(new, target)?),
    }
}

/// Refuses a file with a second name, which would keep the old text.
pub fn check_names(file: &Metadata) -> Result<()> {
    ensure!(
        file.nlink() <= 1,
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
    use std::path::PathBuf;

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
    fn a_file_that_another_run_has_made_meanwhile_is_left_alone() {
        let (folder, path) = folder_with("another run's");
        let new = folder.path().join("new");
        fs::write(&new, "after").expect("a file");
        let refused = add(&new, &path).expect_err("a refusal");
        assert_eq!(refused.to_string(), CHANGED);
        assert_eq!(text(&path), "another run's");
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
}
