//! The two lines of a profile's static key in `~/.aws/credentials` or `~/.aws/config`, and how they are taken out.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::config::ini::{self, Settings};
use super::config::parse;
use super::replace::replace;

pub use super::config::Kind;

/// The settings of a static key.
pub const KEY_SETTINGS: [&str; 2] = ["aws_access_key_id", "aws_secret_access_key"];

/// The message about lines that can't be taken out without a change of other settings.
const INDISTINCT: &str = "its lines can't be distinguished from others; take them out yourself";

/// The number of each line, and the name of its setting.
type Lines = Vec<(usize, &'static str)>;

/// The lines of a profile's static key in one file.
pub struct KeyLines {
    path: PathBuf,
    before: Vec<u8>,
    after: Vec<u8>,
    pub lines: Lines,
}

impl KeyLines {
    /// Finds the lines of a profile in a file. Returns `None` if it has none.
    pub fn find(path: &Path, kind: Kind, profile: &str) -> Result<Option<Self>> {
        let aim = || format!("cannot take the key out of {}", path.display());
        if !path.is_file() {
            return Ok(None);
        }
        let before = fs::read(path).with_context(aim)?;
        let found = without_key(&before, kind, profile).with_context(aim)?;
        Ok(found.map(|(lines, after)| Self {
            path: path.to_owned(),
            before,
            after,
            lines,
        }))
    }

    /// Returns the path of the file, which may be a symbolic link.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the lines out of the file, which is replaced in one step.
    pub fn remove(&self) -> Result<()> {
        replace(&self.path, &self.before, &self.after)
            .with_context(|| format!("cannot take the key out of {}", self.path.display()))
    }
}

/// Returns the lines of a profile's key, and the text without them, in which no other byte is changed. Returns `None` if
/// the profile has no key.
pub fn without_key(text: &[u8], kind: Kind, profile: &str) -> Result<Option<(Lines, Vec<u8>)>> {
    let (lines, after) = split(text, kind, profile);
    let Some(mut expected) = sections(text) else {
        ensure!(lines.is_empty(), INDISTINCT);
        return Ok(None);
    };
    // The key may also be in `[DEFAULT]`, which counts for all profiles, or in lines with other line breaks.
    let mut has_key = false;
    for (title, settings) in &mut expected {
        if is_of(title, kind, profile) {
            let count = settings.len();
            settings.retain(|name, _| !KEY_SETTINGS.contains(&name.as_str()));
            has_key |= settings.len() < count;
        }
    }
    if !has_key {
        return Ok(None);
    }
    ensure!(sections(&after) == Some(expected), INDISTINCT);
    Ok(Some((lines, after)))
}

/// Splits a text into the lines of a profile's key and the rest.
fn split(text: &[u8], kind: Kind, profile: &str) -> (Lines, Vec<u8>) {
    let (mut lines, mut rest) = (Vec::new(), Vec::new());
    let mut is_inside = false;
    for (index, bytes) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        // A mark further below is a part of a name.
        let line = match index {
            0 => without_mark(bytes),
            _ => bytes,
        };
        let line = String::from_utf8_lossy(line);
        let line = line.trim();
        let title = Some(line).filter(|line| line.starts_with('['));
        // The name of a setting may begin with a bracket, too.
        if let Some(all) = title.and_then(|title| parse(title.as_bytes(), kind)) {
            is_inside = all.contains_key(profile);
        }
        match setting(line).filter(|_| is_inside) {
            Some(name) => lines.push((index + 1, name)),
            None => rest.extend_from_slice(bytes),
        }
    }
    (lines, rest)
}

/// Returns the one of the two settings that a line sets.
fn setting(line: &str) -> Option<&'static str> {
    let (name, _) = line.split_once(['=', ':'])?;
    let name = name.trim().to_lowercase();
    KEY_SETTINGS.into_iter().find(|setting| *setting == name)
}

/// Returns whether a section is the profile's.
fn is_of(title: &str, kind: Kind, profile: &str) -> bool {
    let profiles = parse(format!("[{title}]").as_bytes(), kind);
    profiles.is_some_and(|profiles| profiles.contains_key(profile))
}

/// Reads the sections of a text, in their order; returns `None` if it can't be parsed.
fn sections(text: &[u8]) -> Option<Vec<(String, Settings)>> {
    ini::read(without_mark(text)).ok()
}

/// Removes the byte order mark that some editors put before a text.
fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the text without the key.
    fn rest(text: &str, kind: Kind, profile: &str) -> String {
        let (_, rest) = split(text.as_bytes(), kind, profile);
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
        let text = "[default]\n[x = y\naws_access_key_id = 1\n";
        assert_eq!(rest(text, Kind::Config, "default"), "[default]\n[x = y\n");
        // The name of another setting.
        let text = "[default]\n\u{feff}aws_access_key_id = 1\n";
        assert_eq!(rest(text, Kind::Credentials, "default"), text);
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

    const TEXT: &str = "[default]\naws_access_key_id = 1\naws_secret_access_key = 2\nregion = x\n";

    #[test]
    fn the_lines_are_named_and_taken_out_of_the_file_that_was_read() {
        let (_folder, path) = folder_with(TEXT);
        let find = || {
            let found = KeyLines::find(&path, Kind::Credentials, "default").expect("a file");
            found.expect("lines")
        };
        let lines = find();
        assert_eq!(lines.lines, [(2, KEY_SETTINGS[0]), (3, KEY_SETTINGS[1])]);
        fs::write(&path, format!("{TEXT}# more\n")).expect("a file");
        let refused = lines.remove().expect_err("a file that was changed");
        assert_eq!(
            format!("{refused:#}"),
            format!(
                "cannot take the key out of {}: another program has changed it just now; run it again",
                path.display()
            )
        );
        find().remove().expect("a file that can be written");
        let text = fs::read_to_string(&path).expect("a file");
        assert_eq!(text, "[default]\nregion = x\n# more\n");
    }

    #[test]
    fn a_title_in_a_value_begins_no_section() {
        let other = "[other]\nx = y\n [default]\naws_access_key_id = 1\n";
        let found = without_key(other.as_bytes(), Kind::Config, "default");
        assert!(found.expect("a file that can be parsed").is_none());
        let refused = [
            format!("{other}aws_access_key_id = 2\n"),
            format!("[default]\naws_access_key_id = 2\n{other}"),
        ];
        for text in refused {
            assert!(without_key(text.as_bytes(), Kind::Config, "default").is_err());
        }
    }

    #[test]
    fn lines_that_cannot_be_distinguished_from_others_are_left_alone() {
        for text in [
            "[DEFAULT]\naws_access_key_id = 0\n[default]\naws_access_key_id = 1\n",
            "[DEFAULT]\naws_access_key_id = 1\n[default]\nregion = x\n",
            "[default]\raws_access_key_id = 1\r",
            "[default]\nregion = x\naws_access_key_id = 1\n  more\n",
        ] {
            let (_folder, path) = folder_with(text);
            let fault = KeyLines::find(&path, Kind::Credentials, "default").err();
            let line = "its lines can't be distinguished from others; take them out yourself";
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
