//! INI files, read as by Python's `configparser`, which the AWS CLI and boto3 use.

use std::collections::{BTreeMap, BTreeSet};
use std::str;

/// The settings of a section by name, in lower case. A value that begins with a line break is a block of nested settings.
pub type Settings = BTreeMap<String, String>;

/// The number of the line because of which the file can't be parsed.
#[derive(Debug)]
pub struct BadLine(pub usize);

/// The section whose settings count in every section of the file.
const DEFAULTS: &str = "DEFAULT";

/// A section of a file.
pub struct Section {
    /// The number of its title's line, from 1.
    pub line: usize,
    pub name: String,
    pub settings: Vec<Setting>,
}

/// A setting of a section.
pub struct Setting {
    /// The number of its first line, from 1.
    pub line: usize,
    /// The number of its last line that isn't empty.
    pub last: usize,
    /// The name, in lower case.
    pub name: String,
    value: String,
}

/// Reads the sections of a file, in their order there.
pub fn read(bytes: &[u8]) -> Result<Vec<(String, Settings)>, BadLine> {
    with_defaults(parse(bytes)?)
}

/// Reads the sections of a file as they are written, `[DEFAULT]` and sections of the same profile included.
pub fn parse(bytes: &[u8]) -> Result<Vec<Section>, BadLine> {
    let text = decode(bytes)?.replace("\r\n", "\n").replace('\r', "\n");
    let mut sections: Vec<Section> = Vec::new();
    let mut indentation = 0;
    for (index, line) in text.split('\n').enumerate() {
        let (number, content) = (index + 1, trim(line));
        if content.starts_with(['#', ';']) {
            continue;
        }
        let indent = line.chars().take_while(|letter| is_space(*letter)).count();
        let open = sections
            .last_mut()
            .and_then(|section| section.settings.last_mut());
        match open {
            Some(setting) if content.is_empty() || indent > indentation => {
                setting.add_line(number, content);
            }
            _ if content.is_empty() => {}
            _ => {
                indentation = indent;
                open_section_or_setting(&mut sections, number, content).ok_or(BadLine(number))?;
            }
        }
    }
    check_names(&sections)?;
    Ok(sections)
}

/// Decodes UTF-8, in which botocore reads the files.
fn decode(bytes: &[u8]) -> Result<&str, BadLine> {
    str::from_utf8(bytes).map_err(|error| {
        let valid = bytes.iter().take(error.valid_up_to());
        BadLine(valid.filter(|byte| **byte == b'\n').count() + 1)
    })
}

impl Setting {
    /// Adds a line that continues the value.
    fn add_line(&mut self, number: usize, content: &str) {
        self.value.push('\n');
        self.value.push_str(content);
        if !content.is_empty() {
            self.last = number;
        }
    }
}

/// Opens the section or the setting that a line begins; returns `None` if the line is invalid.
fn open_section_or_setting(sections: &mut Vec<Section>, line: usize, content: &str) -> Option<()> {
    if let Some(name) = section_name(content) {
        let is_taken = sections.iter().any(|section| section.name == name);
        if is_taken && name != DEFAULTS {
            return None;
        }
        sections.push(Section {
            line,
            name: name.to_owned(),
            settings: Vec::new(),
        });
        return Some(());
    }
    let (name, value) = content.split_once(['=', ':'])?;
    let name = trim(name).to_lowercase();
    let value = trim(value).to_owned();
    let setting = Setting {
        line,
        last: line,
        name,
        value,
    };
    let is_named = !setting.name.is_empty();
    sections.last_mut()?.settings.push(setting);
    is_named.then_some(())
}

/// Returns the text between the first and the last bracket. The rest of the line is ignored.
fn section_name(content: &str) -> Option<&str> {
    let (name, _) = content.strip_prefix('[')?.rsplit_once(']')?;
    Some(name).filter(|name| !name.is_empty())
}

/// Refuses a section with two settings of the same name.
fn check_names(sections: &[Section]) -> Result<(), BadLine> {
    let mut names = BTreeSet::new();
    let settings = sections.iter().flat_map(|section| {
        let settings = section.settings.iter();
        settings.map(|setting| (section.name.as_str(), setting))
    });
    for (section, setting) in settings {
        if !names.insert((section, setting.name.as_str())) {
            return Err(BadLine(setting.line));
        }
    }
    Ok(())
}

/// Adds the settings of `[DEFAULT]` to each section that doesn't have them.
fn with_defaults(sections: Vec<Section>) -> Result<Vec<(String, Settings)>, BadLine> {
    let (defaults, sections): (Vec<_>, Vec<_>) = sections
        .into_iter()
        .partition(|section| section.name == DEFAULTS);
    let complete = |section: Section| {
        let defaults = defaults.iter().flat_map(|section| &section.settings);
        let all: BTreeMap<&str, &Setting> = defaults
            .chain(&section.settings)
            .map(|setting| (setting.name.as_str(), setting))
            .collect();
        let settings = all.into_iter().map(|(name, setting)| {
            let value = trim_end(&setting.value);
            if value.starts_with('\n') && nested(value).is_none() {
                return Err(BadLine(setting.line));
            }
            Ok((name.to_owned(), value.to_owned()))
        });
        let settings = settings.collect::<Result<_, _>>()?;
        Ok((section.name, settings))
    };
    sections.into_iter().map(complete).collect()
}

/// Reads a block of nested settings; returns `None` if one of its lines isn't a setting.
pub fn nested(value: &str) -> Option<Settings> {
    let lines = value.split(is_line_break).map(trim);
    let settings = lines.filter(|line| !line.is_empty()).map(|line| {
        let (name, value) = line.split_once('=')?;
        Some((trim(name).to_owned(), trim(value).to_owned()))
    });
    settings.collect()
}

/// Returns whether Python's `str.splitlines` splits at this character.
fn is_line_break(letter: char) -> bool {
    matches!(letter, '\n'..='\r' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Returns whether the character is white space in Python.
pub fn is_space(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '\u{1c}'..='\u{1f}')
}

fn trim(text: &str) -> &str {
    text.trim_matches(is_space)
}

fn trim_end(text: &str) -> &str {
    text.trim_end_matches(is_space)
}
