//! How the AWS config is read, and that a change of one setting changes nothing else.

use crate::aws::config::edit::changed;
use crate::aws::config::profiles::{self, Profiles};
use crate::aws::config::{Kind, ini};

const SETTING: &str = "credential_process";
const LINE: &str = "/usr/bin/get-1password-creds --item q3fz5kcv2wjd4hx7mnbtya6rse";

/// Checks an input: the text of a config file.
pub fn of_config(input: &[u8]) {
    match ini::read(input) {
        Ok(sections) => {
            let values = sections.iter().flat_map(|(_, settings)| settings.values());
            let mut blocks = values.filter(|value| value.starts_with('\n'));
            assert!(blocks.all(|block| ini::nested(block).is_some()));
        }
        Err(ini::BadLine(line)) => {
            let ends = input.iter().filter(|byte| b"\r\n".contains(byte)).count();
            assert!((1..=ends + 1).contains(&line), "line {line}");
        }
    }
    let profiles = parse(input, Kind::Config);
    let known = profiles.iter().flat_map(|profiles| profiles.keys());
    for profile in known.map(String::as_str).take(1).chain(["new"]) {
        let after = changed(input, profile, SETTING, LINE).ok();
        assert!(after.is_none() || profiles.is_some());
        let is_added = profiles
            .as_ref()
            .is_some_and(|known| !known.contains_key(profile));
        assert!(
            after.is_some() || !is_added || has_defaults(input),
            "a profile that can be added"
        );
        if let Some(after) = after {
            of_change(input, after.as_bytes(), profile);
        }
    }
}

/// Reads the profiles of a text; returns `None` if it can't be parsed.
pub fn parse(text: &[u8], kind: Kind) -> Option<Profiles> {
    let sections = ini::read(text).ok()?;
    Some(match kind {
        Kind::Config => profiles::sort(sections).profiles,
        Kind::Credentials => sections.into_iter().collect(),
    })
}

/// Returns whether a section sets defaults for all profiles. A new profile would have them too, so none is added.
pub fn has_defaults(input: &[u8]) -> bool {
    input.windows(9).any(|text| text == b"[DEFAULT]")
}

/// Checks that one setting has its new value, and that no other line is different.
fn of_change(before: &[u8], after: &[u8], profile: &str) {
    let mut expected = parse(before, Kind::Config).expect("profiles");
    let settings = expected.entry(profile.to_owned()).or_default();
    settings.insert(SETTING.to_owned(), LINE.to_owned());
    assert_eq!(parse(after, Kind::Config), Some(expected));
    let again = changed(after, profile, SETTING, LINE).expect("a file that was changed");
    assert_eq!(again.as_bytes(), after, "the second change");
    let (removed, added) = difference(before, after);
    assert!(!removed.iter().any(|byte| b"\r\n".contains(byte)));
    // At most the end of the last line, the title of a new section, and the setting are added.
    let ends = |end: u8| added.split(|byte| *byte == end).count() - 1;
    assert!(ends(b'\n').max(ends(b'\r')) <= 3);
}

/// Returns both without their common start and end.
fn difference<'a>(one: &'a [u8], other: &'a [u8]) -> (&'a [u8], &'a [u8]) {
    let mut both = one.iter().zip(other);
    let start = both.position(|(one, other)| one != other);
    let start = start.unwrap_or(one.len().min(other.len()));
    let (one, other) = (&one[start..], &other[start..]);
    let mut both = one.iter().rev().zip(other.iter().rev());
    let end = both.position(|(one, other)| one != other);
    let end = end.unwrap_or(one.len().min(other.len()));
    (&one[..one.len() - end], &other[..other.len() - end])
}
