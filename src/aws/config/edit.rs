//! A change of one setting in the config file. Every other line keeps its bytes, and the whole reading of the file stays
//! the same but for that setting: both are known before anything is written.

use std::fs;
use std::path::{Path, PathBuf};
use std::str;

use anyhow::{Context, Result, ensure};

use super::ini::{self, Place};
use super::{ConfigFiles, profiles};
use crate::aws::replace::{check_names, replace};

/// A change that can be made.
pub struct Edit {
    path: PathBuf,
    before: Vec<u8>,
    after: Vec<u8>,
}

impl ConfigFiles {
    /// Plans a setting of a profile in the config file; the profile is added if need be.
    pub fn plan(&self, profile: &str, name: &str, value: &str) -> Result<Edit> {
        let path = &self.config_path;
        let before = read(path)?;
        let text = str::from_utf8(&before).context("the file isn't text")?;
        let is_section = |title: &str| profiles::is_profile(title, profile);
        let place = ini::place(&before, is_section, name).ok();
        let place = place.context("the file can't be parsed")?;
        let after = put(text, place.as_ref(), profile, &format!("{name} = {value}"))?;
        let mut expected = ini::read(&before).unwrap_or_default();
        if place.is_none() {
            expected.push((title(profile), ini::Settings::new()));
        }
        if let Some((_, settings)) = expected.iter_mut().rfind(|(title, _)| is_section(title)) {
            settings.insert(name.to_owned(), value.to_owned());
        }
        ensure!(
            ini::read(after.as_bytes()).is_ok_and(|sections| sections == expected),
            "another line there would read otherwise than before; write the line yourself"
        );
        Ok(Edit {
            path: path.clone(),
            before,
            after: after.into_bytes(),
        })
    }
}

impl Edit {
    /// Writes the file, unless somebody else has changed it in between.
    pub fn apply(&self) -> Result<()> {
        replace(&self.path, &self.before, &self.after)
    }
}

/// Reads the file that is to be changed; one that isn't there yet is empty.
fn read(path: &Path) -> Result<Vec<u8>> {
    let Ok(file) = fs::metadata(path) else {
        return Ok(Vec::new());
    };
    ensure!(file.is_file(), "{} is no file", path.display());
    check_names(&file)?;
    Ok(fs::read(path)?)
}

/// Puts the setting into its place, or into a new section at the end.
fn put(text: &str, place: Option<&Place>, profile: &str, setting: &str) -> Result<String> {
    let mut lines: Vec<String> = lines(text).into_iter().map(str::to_owned).collect();
    let usual = lines.first().map_or("", |line| ending(line)).to_owned();
    let usual = if usual.is_empty() { "\n" } else { &usual };
    // What was the last line may have no end yet.
    let close = |line: &mut String| {
        if ending(line).is_empty() {
            line.push_str(usual);
        }
    };
    match place {
        None => {
            lines.last_mut().map(close);
            lines.push(format!("[{}]{usual}{setting}{usual}", title(profile)));
        }
        Some(Place {
            setting: Some((first, last)),
            ..
        }) => {
            ensure!(
                first == last,
                "its line there goes on in the next one; make it one line"
            );
            let old = lines.get_mut(first - 1).context("no such line")?;
            let (indentation, end) = (indentation(old), ending(old));
            *old = format!("{indentation}{setting}{end}");
        }
        Some(Place { like, last, .. }) => {
            let above = lines.get_mut(last - 1).context("no such line")?;
            close(above);
            let end = ending(above).to_owned();
            let indentation = lines.get(like - 1).map_or("", |line| indentation(line));
            lines.insert(*last, format!("{indentation}{setting}{end}"));
        }
    }
    Ok(lines.concat())
}

fn title(profile: &str) -> String {
    match profile {
        "default" => profile.to_owned(),
        profile => format!("profile {profile}"),
    }
}

fn indentation(line: &str) -> &str {
    let content = line.trim_start_matches([' ', '\t']);
    line.strip_suffix(content).unwrap_or_default()
}

/// Splits a text into lines, each with its end, as they are counted.
fn lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(['\r', '\n']) {
        let end = rest.get(start..).unwrap_or_default();
        let length = if end.starts_with("\r\n") { 2 } else { 1 };
        let (line, after) = rest.split_at(start + length);
        lines.push(line);
        rest = after;
    }
    lines.extend(Some(rest).filter(|rest| !rest.is_empty()));
    lines
}

/// Returns the end of a line.
fn ending(line: &str) -> &str {
    let content = line.trim_end_matches(['\r', '\n']);
    line.strip_prefix(content).unwrap_or_default()
}
