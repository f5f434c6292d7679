//! The lock file: where it lies, and the note in it.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, access, getuid};

use super::note::Note;
use crate::settings::Settings;

/// More than the longest note.
const MOST_OF_NOTE: usize = 8192;

/// Opens the file for this name, in the first place where that is possible.
pub fn open(settings: &Settings, name: &[&str]) -> io::Result<File> {
    let name = format!("{:016x}.lock", short_name(name));
    let mut opened = places(settings).map(|place| open_in(&place, &name));
    opened
        .find(Result::is_ok)
        .unwrap_or_else(|| Err(io::ErrorKind::NotFound.into()))
}

/// Opens the file in our folder in `place`. In a folder of somebody else's it could be held for ever.
fn open_in(place: &Path, name: &str) -> io::Result<File> {
    let folder = own_folder(place);
    // It may be there already; whether it is good is seen next.
    _ = DirBuilder::new().mode(0o700).create(&folder);
    if !is_ours_alone(&fs::symlink_metadata(&folder)?) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(folder.join(name))
}

/// Lists the places for our folder, best first.
pub fn places(settings: &Settings) -> impl Iterator<Item = PathBuf> {
    let places = ["XDG_RUNTIME_DIR", "TMPDIR"]
        .into_iter()
        .filter_map(|name| settings.environment.get(name));
    places
        .map(PathBuf::from)
        .filter(|place| place.is_absolute())
        .chain([PathBuf::from("/tmp")])
}

/// Says whether our folder in `place` is good, or could be made.
pub fn is_usable(place: &Path) -> bool {
    let folder = own_folder(place);
    match fs::symlink_metadata(&folder) {
        Ok(found) => is_ours_alone(&found) && access(&folder, AccessFlags::W_OK).is_ok(),
        Err(_) => access(place, AccessFlags::W_OK).is_ok(),
    }
}

fn own_folder(place: &Path) -> PathBuf {
    place.join(format!("get-1password-creds-{}", getuid().as_raw()))
}

fn is_ours_alone(found: &Metadata) -> bool {
    let is_ours = found.is_dir() && found.uid() == getuid().as_raw();
    is_ours && found.mode().trailing_zeros() >= 6
}

/// Reads the note; nothing if there is none.
pub fn read_note(file: &File) -> Option<Note> {
    let mut bytes = [0; MOST_OF_NOTE];
    let count = file.read_at(&mut bytes, 0).ok()?;
    Note::parse(std::str::from_utf8(bytes.get(..count)?).ok()?)
}

/// Writes the note; without it the others look for themselves, so that it may fail.
pub fn write_note(file: &File, note: &Note) {
    clear(file);
    _ = file.write_all_at(note.line().as_bytes(), 0);
}

/// Removes the note, which may fail: it is then too old for anyone who waits.
pub fn clear(file: &File) {
    _ = file.set_len(0);
}

/// Makes a short name of a long one (FNV-1a, 64 bits), the same in each version of the program.
pub fn short_name(parts: &[&str]) -> u64 {
    let name = parts.join("\0");
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_name_is_what_others_compute() {
        let hashes = [
            ("", 0xcbf2_9ce4_8422_2325),
            ("a", 0xaf63_dc4c_8601_ec8c),
            ("foobar", 0x8594_4171_f739_67e8),
        ];
        for (text, hash) in hashes {
            assert_eq!(short_name(&[text]), hash, "{text}");
        }
    }
}
