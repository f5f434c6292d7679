//! A change of one setting in the config file. No other line is changed, and no other setting is read differently: both are
//! checked before the file is written.

use std::fs;
use std::path::{Path, PathBuf};
use std::str;

use anyhow::{Context, Result, ensure};

use super::lines::{Place, lines, place};
use super::{ConfigFiles, ini, profiles};
use crate::aws::replace::{check_names, replace};

/// A change that was checked and can be written.
pub struct Edit {
    path: PathBuf,
    before: Vec<u8>,
    after: Vec<u8>,
}

impl ConfigFiles {
    /// Plans to set a setting of a profile in the config file. The profile is added if it doesn't exist.
    pub fn plan(&self, profile: &str, name: &str, value: &str) -> Result<Edit> {
        let path = &self.config_path;
        let before = read(path)?;
        let after = changed(&before, profile, name, value)?;
        Ok(Edit {
            path: path.clone(),
            before,
            after: after.into_bytes(),
        })
    }
}

/// Returns the text of a config file with this setting of a profile. No other setting is read differently.
pub fn changed(before: &[u8], profile: &str, name: &str, value: &str) -> Result<String> {
    let text = str::from_utf8(before).context("the file isn't text")?;
    let is_section = |title: &str| profiles::is_profile(title, profile);
    let place = place(before, is_section, name).ok();
    let place = place.context("the file can't be parsed")?;
    let after = put(text, place.as_ref(), profile, &format!("{name} = {value}"))?;
    let mut expected = ini::read(before).unwrap_or_default();
    let mut fault = "other lines there would be read differently; write the line yourself";
    if place.is_none() {
        expected.push((title(profile), ini::Settings::new()));
        fault = "the new profile would have the settings in [DEFAULT], too; write it yourself";
    }
    if let Some((_, settings)) = expected.iter_mut().rfind(|(title, _)| is_section(title)) {
        settings.insert(name.to_owned(), value.to_owned());
    }
    ensure!(
        ini::read(after.as_bytes()).is_ok_and(|sections| sections == expected),
        fault
    );
    Ok(after)
}

impl Edit {
    /// Writes the file, unless another program has changed it since it was read.
    pub fn apply(&self) -> Result<()> {
        replace(&self.path, &self.before, &self.after)
    }
}

/// Reads the file that is to be changed; one that isn't there yet is empty.
fn read(path: &Path) -> Result<Vec<u8>> {
    let Ok(file) = fs::metadata(path) else {
        return Ok(Vec::new());
    };
    ensure!(file.is_file(), "{} isn't a file", path.display());
    check_names(&file)?;
    Ok(fs::read(path)?)
}

/// Puts the setting where its section has it, else at the end of the section, or into a new section at the end of the file.
fn put(text: &str, place: Option<&Place>, profile: &str, setting: &str) -> Result<String> {
    let mut lines: Vec<String> = lines(text).into_iter().map(str::to_owned).collect();
    let end = lines.first().map_or("", |line| ending(line)).to_owned();
    let end = if end.is_empty() { "\n" } else { &end };
    let Some(place) = place else {
        if let Some(last) = lines.last_mut() {
            close(last, end);
        }
        lines.push(format!("[{}]{end}{setting}{end}", title(profile)));
        return Ok(lines.concat());
    };
    if let Some((first, last)) = place.setting {
        ensure!(
            first == last,
            "the setting there has several lines; put it on one line"
        );
        let old = lines.get_mut(first - 1).context("no such line")?;
        *old = format!("{}{setting}{}", indentation(old), ending(old));
    } else {
        let above = lines.get_mut(place.last - 1).context("no such line")?;
        close(above, end);
        let end = ending(above).to_owned();
        let like = lines.get(place.like - 1);
        let indentation = like.map_or("", |line| indentation(line));
        lines.insert(place.last, format!("{indentation}{setting}{end}"));
    }
    Ok(lines.concat())
}

/// Ends a line with this line break if it has none, as the last line of a file may not.
fn close(line: &mut String, end: &str) {
    if ending(line).is_empty() {
        line.push_str(end);
    }
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

/// Returns the line break at the end of a line; it is empty if there is none.
fn ending(line: &str) -> &str {
    let content = line.trim_end_matches(['\r', '\n']);
    line.strip_prefix(content).unwrap_or_default()
}
