//! A file that is written as a whole: beside the old one, which it then replaces in one step.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use super::content;

/// Replaces what is at `path`, or behind the symbolic link there. Mode and owner stay; a new file is the user's alone.
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
    let mut beside = name.to_owned();
    beside.push(format!(".{}", std::process::id()));
    let beside = folder.join(beside);
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600);
    let file = file.open(&beside)?;
    let done = fill(file, &target, after).and_then(|()| {
        ensure!(
            content(&target) == before,
            "another program has changed it just now; run it again"
        );
        Ok(fs::rename(&beside, &target)?)
    });
    if done.is_err() {
        // It is there, as it was just made.
        _ = fs::remove_file(&beside);
    }
    done
}

/// Writes the new file, with mode and owner of the old one, if there is one.
fn fill(mut file: File, old: &Path, bytes: &[u8]) -> Result<()> {
    file.write_all(bytes)?;
    if let Ok(old) = fs::metadata(old) {
        let new = file.metadata()?;
        if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
            fchown(&file, Some(old.uid()), Some(old.gid()))
                .context("the file is another user's")?;
        }
        file.set_permissions(old.permissions())?;
    }
    Ok(file.sync_all()?)
}
