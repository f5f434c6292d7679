//! The two lines of a profile's static key in `~/.aws/credentials` or `~/.aws/config`, and how they are taken out.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::config::ini;
use super::config::lines::{lines, settings_named};
use super::replace::replace;

pub use super::config::Kind;

/// The settings of a static key.
pub const KEY_SETTINGS: [&str; 2] = ["aws_access_key_id", "aws_secret_access_key"];

/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

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
    // Some editors put a byte order mark before a text.
    let (mark, content) = match text.strip_prefix(MARK) {
        Some(content) => (MARK, content),
        None => (&b""[..], text),
    };
    let is_section = |title: &str| kind.is_section(title, profile);
    let settings = settings_named(content, is_section, &KEY_SETTINGS);
    let (Ok(settings), Ok(mut expected)) = (settings, ini::read(content)) else {
        bail!("the file can't be parsed");
    };
    // The key may also be in `[DEFAULT]`, which counts for all profiles.
    let mut has_key = false;
    for (_, settings) in expected.iter_mut().filter(|(title, _)| is_section(title)) {
        let count = settings.len();
        settings.retain(|name, _| !KEY_SETTINGS.contains(&name.as_str()));
        has_key |= settings.len() < count;
    }
    if !has_key {
        return Ok(None);
    }
    let taken: Lines = settings
        .iter()
        .map(|(line, _, name)| (*line, *name))
        .collect();
    let is_kept = |number: &usize| taken.iter().all(|(line, _)| line != number);
    let kept = lines(str::from_utf8(content)?).into_iter().zip(1..);
    let kept = kept
        .filter(|(_, number)| is_kept(number))
        .map(|(line, _)| line);
    let after = kept.collect::<String>().into_bytes();
    let has_one_line_each = settings.iter().all(|(first, last, _)| first == last);
    ensure!(
        has_one_line_each && ini::read(&after).is_ok_and(|sections| sections == expected),
        "its lines can't be distinguished from others; take them out yourself"
    );
    Ok(Some((taken, [mark, &after].concat())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the text without the key.
    fn rest(text: &str, kind: Kind, profile: &str) -> String {
        let found = without_key(text.as_bytes(), kind, profile).expect("a file that can be parsed");
        found.map_or(text.to_owned(), |(_, rest)| {
            String::from_utf8(rest).expect("text")
        })
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
        let text = "[default]\raws_access_key_id = 1\rregion = x\r";
        let expected = "[default]\rregion = x\r";
        assert_eq!(rest(text, Kind::Credentials, "default"), expected);
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
        let both = format!("[default]\naws_access_key_id = 2\n{other}");
        assert_eq!(
            rest(&both, Kind::Config, "default"),
            format!("[default]\n{other}")
        );
        let twice = format!("{other}aws_access_key_id = 2\n");
        let refused = without_key(twice.as_bytes(), Kind::Config, "default");
        let refused = refused.expect_err("a file that can't be parsed");
        assert_eq!(refused.to_string(), "the file can't be parsed");
    }

    #[test]
    fn lines_that_cannot_be_distinguished_from_others_are_left_alone() {
        for text in [
            "[DEFAULT]\naws_access_key_id = 0\n[default]\naws_access_key_id = 1\n",
            "[DEFAULT]\naws_access_key_id = 1\n[default]\nregion = x\n",
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
