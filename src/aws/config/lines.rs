//! The lines of sections and settings in a file, for changes of it. Lines are numbered from 1, as the reader numbers them.

use super::ini::{BadLine, parse};

/// The lines of a section and of a setting in it, by number.
pub struct Place {
    /// The last line of the section that isn't empty.
    pub last: usize,
    /// The line of its last setting, or else its title. A new setting is indented in the same way.
    pub like: usize,
    /// The first and the last line of the setting.
    pub setting: Option<(usize, usize)>,
}

/// Finds the last section whose name `is_wanted`, and the setting `name` in it.
pub fn place(
    bytes: &[u8],
    is_wanted: impl Fn(&str) -> bool,
    name: &str,
) -> Result<Option<Place>, BadLine> {
    let sections = parse(bytes)?;
    let section = sections.iter().rfind(|section| is_wanted(&section.name));
    Ok(section.map(|section| {
        let settings = section.settings.iter();
        let lines = settings.clone().map(|setting| setting.last);
        let mut named = settings.filter(|setting| setting.name == name);
        Place {
            like: section
                .settings
                .last()
                .map_or(section.line, |setting| setting.line),
            last: lines.fold(section.line, usize::max),
            setting: named.next().map(|setting| (setting.line, setting.last)),
        }
    }))
}

/// Lists the settings with one of these names in the sections whose name `is_wanted`: the first and the last line, and the
/// name.
pub fn settings_named(
    bytes: &[u8],
    is_wanted: impl Fn(&str) -> bool,
    names: &[&'static str],
) -> Result<Vec<(usize, usize, &'static str)>, BadLine> {
    let sections = parse(bytes)?;
    let sections = sections.iter().filter(|section| is_wanted(&section.name));
    let settings = sections.flat_map(|section| &section.settings);
    let found = settings.filter_map(|setting| {
        let name = names.iter().find(|name| **name == setting.name)?;
        Some((setting.line, setting.last, *name))
    });
    Ok(found.collect())
}

/// Splits a text into lines as the reader numbers them, each with its line break.
pub fn lines(text: &str) -> Vec<&str> {
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
