//! The private folder that the runs of one user share: locks, marks and sockets.
//!
//! It is opened once, as a descriptor, and its files are opened relative to that: a process that may rename the folder
//! can't replace it in between.

use std::env;
use std::fs::{self, DirBuilder, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use nix::fcntl::{AtFlags, OFlag, open, openat, renameat};
use nix::libc::{dev_t, ino_t};
use nix::sys::stat::{FileStat, Mode, UtimensatFlags, fstat, fstatat, futimens, utimensat};
use nix::sys::time::TimeSpec;
use nix::unistd::{AccessFlags, UnlinkatFlags, faccessat, fchdir, geteuid, unlinkat};
use time::OffsetDateTime;

use crate::run::Environment;

/// The device and inode of a file, which identify it whatever its name.
pub type Identity = (dev_t, ino_t);

const DIRECTORY: OFlag = OFlag::O_DIRECTORY.union(OFlag::O_CLOEXEC);

/// A folder that only this user can read and write.
pub struct Folder {
    descriptor: OwnedFd,
    path: PathBuf,
}

/// Lists the directories that the folder may be in, best first. A terminal, the desktop, cron and ssh may see different ones.
/// Their runs then share nothing: each prints the right answer, but may have to wait for the next code.
pub fn places(environment: &Environment) -> impl Iterator<Item = PathBuf> {
    let runtime = environment.get("XDG_RUNTIME_DIR");
    let places = runtime
        .map(PathBuf::from)
        .into_iter()
        .chain([env::temp_dir()]);
    places.filter(|place| place.is_absolute())
}

fn path_in(place: &Path) -> PathBuf {
    place.join(format!("get-1password-creds-{}", geteuid()))
}

impl Folder {
    /// Opens the folder in the first place that allows it, and makes it if it doesn't exist.
    pub fn open(environment: &Environment) -> Option<Self> {
        places(environment).find_map(|place| {
            let path = path_in(&place);
            let opened = Self::open_at(path.clone()).or_else(|_| {
                // It may exist already; whether it is private is checked next.
                _ = DirBuilder::new().mode(0o700).create(&path);
                Self::open_at(path)
            });
            opened.ok()
        })
    }

    /// Opens the folder in each place where it exists.
    pub fn open_all(environment: &Environment) -> impl Iterator<Item = Self> {
        places(environment).filter_map(|place| Self::open_at(path_in(&place)).ok())
    }

    /// Opens the current directory, in which a keeper is started.
    pub fn current() -> io::Result<Self> {
        Self::open_at(PathBuf::from("."))
    }

    /// Opens a folder without following a link. It is an error if another user owns it or can enter it: that user could hold
    /// a lock in it forever.
    fn open_at(path: PathBuf) -> io::Result<Self> {
        let descriptor = open(&path, DIRECTORY | OFlag::O_NOFOLLOW, Mode::empty())?;
        let found = fstat(&descriptor)?;
        let others = Mode::S_IRWXG | Mode::S_IRWXO;
        let is_open = Mode::from_bits_truncate(found.st_mode).intersects(others);
        let is_private = found.st_uid == geteuid().as_raw() && !is_open;
        let access = faccessat(&descriptor, ".", AccessFlags::W_OK, AtFlags::AT_EACCESS);
        if is_private && access.is_ok() {
            Ok(Self { descriptor, path })
        } else {
            Err(io::ErrorKind::PermissionDenied.into())
        }
    }

    /// Returns the path of a file, for a child that opens it by name.
    pub fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Opens a file, and makes it if it doesn't exist.
    pub fn open_file(&self, name: &str) -> io::Result<File> {
        let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let file = openat(&self.descriptor, name, flags, Mode::S_IRUSR | Mode::S_IWUSR)?;
        Ok(file.into())
    }

    /// Reads a file, which isn't made.
    pub fn read(&self, name: &str) -> io::Result<String> {
        let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let file = openat(&self.descriptor, name, flags, Mode::empty())?;
        io::read_to_string(File::from(file))
    }

    /// Returns whether the name still leads to this open file.
    pub fn still_holds(&self, name: &str, file: &File) -> bool {
        let opened = fstat(file).ok().map(identity);
        opened.is_some() && self.identity(name) == opened
    }

    /// Returns the identity of the file of this name.
    pub fn identity(&self, name: &str) -> Option<Identity> {
        self.stat(name).ok().map(identity)
    }

    fn stat(&self, name: &str) -> nix::Result<FileStat> {
        fstatat(&self.descriptor, name, AtFlags::AT_SYMLINK_NOFOLLOW)
    }

    /// Renames a file.
    pub fn rename(&self, name: &str, new: &str) -> io::Result<()> {
        Ok(renameat(&self.descriptor, name, &self.descriptor, new)?)
    }

    /// Removes a file, if it exists.
    pub fn remove(&self, name: &str) {
        _ = unlinkat(&self.descriptor, name, UnlinkatFlags::NoRemoveDir);
    }

    /// Sets a mark: an empty file whose time is now. Errors are ignored: without the mark other runs do more than they need
    /// to, and nothing wrong.
    pub fn mark(&self, name: &str) {
        if let Ok(file) = self.open_file(name) {
            _ = futimens(&file, &TimeSpec::UTIME_NOW, &TimeSpec::UTIME_NOW);
        }
    }

    /// Returns the time of a file, by the wall clock; that of a mark is when it was last set.
    pub fn time_of(&self, name: &str) -> Option<SystemTime> {
        let stat = self.stat(name).ok()?;
        let seconds = u64::try_from(stat.st_mtime).ok()?;
        let nanoseconds = u32::try_from(stat.st_mtime_nsec).ok()?;
        SystemTime::UNIX_EPOCH.checked_add(Duration::new(seconds, nanoseconds))
    }

    /// Sets the time of a file.
    pub fn set_time(&self, name: &str, time: OffsetDateTime) -> io::Result<()> {
        let time = Duration::try_from(time - OffsetDateTime::UNIX_EPOCH).unwrap_or_default();
        let time = TimeSpec::from_duration(time);
        let flag = UtimensatFlags::NoFollowSymlink;
        Ok(utimensat(&self.descriptor, name, &time, &time, flag)?)
    }

    /// Returns the directory that the folder is in.
    pub fn place(&self) -> Option<&Path> {
        self.path.parent()
    }

    /// Lists the names of its files.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect()
    }

    /// Runs an action with the folder as the current directory. Only a path names a socket, and it must be short.
    pub fn within<T>(&self, action: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        // With O_PATH, Linux can also return to a directory that this user can't read.
        #[cfg(target_os = "linux")]
        let before = open(".", DIRECTORY | OFlag::O_PATH, Mode::empty())?;
        #[cfg(not(target_os = "linux"))]
        let before = open(".", DIRECTORY, Mode::empty())?;
        fchdir(&self.descriptor)?;
        let done = action();
        fchdir(&before)?;
        done
    }
}

/// Makes a short file name of a longer text.
pub fn short_name(parts: impl Hash) -> String {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn identity(stat: FileStat) -> Identity {
    (stat.st_dev, stat.st_ino)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn folder_in(place: &TempDir) -> Folder {
        let path = path_in(place.path());
        let made = DirBuilder::new().mode(0o700).create(&path);
        made.expect("a folder");
        Folder::open_at(path).expect("a private folder")
    }

    #[test]
    fn a_file_that_is_read_is_not_made() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = folder_in(&place);
        assert!(folder.read("name").is_err());
        assert_eq!(folder.names(), [""; 0]);
        fs::write(folder.path("name"), "a text").expect("a file");
        assert_eq!(folder.read("name").expect("a file"), "a text");
    }

    #[test]
    fn a_file_that_was_replaced_no_longer_has_its_name() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = folder_in(&place);
        let first = folder.open_file("name").expect("a file");
        assert!(folder.still_holds("name", &first));
        folder.remove("name");
        assert!(!folder.still_holds("name", &first));
        let second = folder.open_file("name").expect("a file");
        assert!(!folder.still_holds("name", &first));
        assert!(folder.still_holds("name", &second));
    }
}
