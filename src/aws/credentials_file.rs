//! How the static key of a profile is taken out of `~/.aws/credentials` or `~/.aws/config`: its two lines, and no other byte.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::config::{Profiles, parse};

pub use super::config::Kind;

/// The two settings.
pub const KEY_SETTINGS: [&str; 2] = ["aws_access_key_id", "aws_secret_access_key"];

/// The end of the name of the file that takes the place of the old one.
const NEW: &str = ".get-1password-creds";

/// The lines of a profile's static key in one file.
pub struct KeyLines {
    path: PathBuf,
    before: Vec<u8>,
    after: Vec<u8>,
    /// The number of each line, and the name of its setting.
    pub lines: Vec<(usize, &'static str)>,
}

impl KeyLines {
    /// Finds the lines of a profile in a file; nothing if there are none.
    pub fn find(path: &Path, kind: Kind, profile: &str) -> Result<Option<Self>> {
        let aim = || format!("cannot take the key out of {}", path.display());
        if !path.is_file() {
            return Ok(None);
        }
        let before = fs::read(path).with_context(aim)?;
        let (lines, after) = without_key(&before, kind, profile);
        if lines.is_empty() {
            return Ok(None);
        }
        let mut expected = profiles(&before, kind).unwrap_or_default();
        if let Some(settings) = expected.get_mut(profile) {
            settings.retain(|name, _| !KEY_SETTINGS.contains(&name.as_str()));
        }
        ensure!(
            profiles(&after, kind) == Some(expected),
            "{}: its lines can't be told from others; take them out yourself",
            aim()
        );
        Ok(Some(Self {
            path: path.to_owned(),
            before,
            after,
            lines,
        }))
    }

    /// Returns the file as the environment names it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the lines out, all at once: mode, owner and a link to the file stay.
    pub fn remove(&self) -> Result<()> {
        self.replace()
            .with_context(|| format!("cannot take the key out of {}", self.path.display()))
    }

    fn replace(&self) -> Result<()> {
        let path = fs::canonicalize(&self.path)?;
        let old = fs::metadata(&path)?;
        ensure!(
            old.nlink() == 1,
            "the file has another name, too (a hard link), where the key would stay; take the lines out yourself"
        );
        let mut name = path.clone().into_os_string();
        name.push(NEW);
        let new = PathBuf::from(name);
        let written = self.write(&new, &old).and_then(|()| {
            ensure!(
                fs::read(&path)? == self.before,
                "another program has changed the file just now; run it again"
            );
            Ok(fs::rename(&new, &path)?)
        });
        if written.is_err() {
            // What is half written is never the file; it may not even be there.
            _ = fs::remove_file(&new);
        }
        written
    }

    /// Writes the new file beside the old one, as one that nobody else can read until it is complete.
    fn write(&self, new: &Path, old: &fs::Metadata) -> Result<()> {
        // A run that was killed may have left one.
        _ = fs::remove_file(new);
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(new)?;
        file.write_all(&self.after)?;
        let own = file.metadata()?;
        if (own.uid(), own.gid()) != (old.uid(), old.gid()) {
            fchown(&file, Some(old.uid()), Some(old.gid()))?;
        }
        file.set_permissions(fs::Permissions::from_mode(old.mode() & 0o7777))?;
        Ok(file.sync_all()?)
    }
}

/// Takes the lines out of a text; what is left of it is as it was, byte for byte.
fn without_key(text: &[u8], kind: Kind, profile: &str) -> (Vec<(usize, &'static str)>, Vec<u8>) {
    let (mut lines, mut rest) = (Vec::new(), Vec::new());
    let mut is_inside = false;
    for (index, bytes) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let line = String::from_utf8_lossy(without_mark(bytes));
        let line = line.trim();
        if line.starts_with('[') {
            is_inside =
                profiles(line.as_bytes(), kind).is_some_and(|all| all.contains_key(profile));
        }
        match setting(line).filter(|_| is_inside) {
            Some(name) => lines.push((index + 1, name)),
            None => rest.extend_from_slice(bytes),
        }
    }
    (lines, rest)
}

/// Returns which of the two settings a line sets.
fn setting(line: &str) -> Option<&'static str> {
    let (name, _) = line.split_once(['=', ':'])?;
    let name = name.trim().to_lowercase();
    KEY_SETTINGS.into_iter().find(|setting| *setting == name)
}

/// Reads the profiles of a text; nothing if it can't be parsed.
fn profiles(text: &[u8], kind: Kind) -> Option<Profiles> {
    parse(without_mark(text), kind)
}

/// Takes off the byte order mark that some editors put before a text.
fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// What is left of a text.
    fn rest(text: &str, kind: Kind, profile: &str) -> String {
        let (_, rest) = without_key(text.as_bytes(), kind, profile);
        String::from_utf8(rest).expect("text")
    }

    #[test]
    fn the_two_lines_of_the_profile_go_and_nothing_else() {
        let key = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\r\nAWS_Secret_Access_Key:x\r\n";
        let around = [
            "\u{feff}# mine\r\n[other]\r\naws_access_key_id = AKIA0\r\n\r\n[default] \r\n",
            "region=x\r\n; aws_access_key_id = old\r\n[last]\naws_secret_access_key = y",
        ];
        let text = around.join(key);
        assert_eq!(rest(&text, Kind::Credentials, "default"), around.concat());
        assert_eq!(rest(&text, Kind::Credentials, "nobody"), text);
    }

    #[test]
    fn the_config_file_has_other_titles() {
        let text = "[default]\naws_access_key_id = 1\n[profile \"a b\"]\naws_access_key_id = 2\n[sso-session x]\n";
        let expected = text.replace("aws_access_key_id = 2\n", "");
        assert_eq!(rest(text, Kind::Config, "a b"), expected);
        let expected = text.replace("aws_access_key_id = 1\n", "");
        assert_eq!(rest(text, Kind::Config, "default"), expected);
    }

    fn folder_with(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::TempDir::new().expect("a folder");
        let path = folder.path().join("credentials");
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

    const TEXT: &str = "[default]\naws_access_key_id = 1\naws_secret_access_key = 2\nregion = x\n";

    fn found(path: &Path) -> KeyLines {
        let found = KeyLines::find(path, Kind::Credentials, "default").expect("a file");
        found.expect("lines")
    }

    #[test]
    fn mode_and_link_stay_and_no_copy_is_left() {
        let (folder, path) = folder_with(TEXT);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("a mode");
        let link = folder.path().join("link");
        symlink("credentials", &link).expect("a link");
        fs::write(folder.path().join(format!("credentials{NEW}")), "left").expect("a file");
        let lines = found(&link);
        assert_eq!(lines.lines, [(2, KEY_SETTINGS[0]), (3, KEY_SETTINGS[1])]);
        lines.remove().expect("a file that can be written");
        assert!(fs::symlink_metadata(&link).expect("a link").is_symlink());
        let text = fs::read_to_string(&path).expect("a file");
        assert_eq!(text, "[default]\nregion = x\n");
        assert_eq!(fs::metadata(&path).expect("a file").mode() & 0o7777, 0o640);
        assert_eq!(names(folder.path()), ["credentials", "link"]);
    }

    #[test]
    fn a_file_that_changed_or_has_another_name_is_left_alone() {
        let (folder, path) = folder_with(TEXT);
        let lines = found(&path);
        let text = format!("{TEXT}# more\n");
        fs::write(&path, &text).expect("a file");
        let fault = lines.remove().expect_err("a fault");
        let why = "another program has changed the file just now; run it again";
        let aim = format!("cannot take the key out of {}", path.display());
        assert_eq!(format!("{fault:#}"), format!("{aim}: {why}"));
        fs::hard_link(&path, folder.path().join("other")).expect("a link");
        let fault = found(&path).remove().expect_err("a fault");
        let why = "the file has another name, too (a hard link), where the key would stay; take the lines out yourself";
        assert_eq!(format!("{fault:#}"), format!("{aim}: {why}"));
        assert_eq!(fs::read_to_string(&path).expect("a file"), text);
        assert_eq!(names(folder.path()), ["credentials", "other"]);
    }

    #[test]
    fn lines_that_cannot_be_told_from_others_are_left_alone() {
        for text in [
            "[DEFAULT]\naws_access_key_id = 0\n[default]\naws_access_key_id = 1\n",
            "[default]\nregion = x\naws_access_key_id = 1\n  more\n",
        ] {
            let (_folder, path) = folder_with(text);
            let fault = KeyLines::find(&path, Kind::Credentials, "default").err();
            let line = "its lines can't be told from others; take them out yourself";
            assert_eq!(
                fault.map(|fault| format!("{fault:#}")),
                Some(format!(
                    "cannot take the key out of {}: {line}",
                    path.display()
                ))
            );
        }
    }
}
