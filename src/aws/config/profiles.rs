//! What the sections of `~/.aws/config` are: profiles, SSO sessions and services, by name, as botocore names them.

use std::collections::BTreeMap;

use super::ini::Settings;

/// Profiles by name, each with its settings; names of settings are in lower case.
pub type Profiles = BTreeMap<String, Settings>;

/// The sections of the config file that mean something to botocore.
#[derive(Default)]
pub struct Sections {
    pub profiles: Profiles,
    pub sso_sessions: Profiles,
    pub services: Profiles,
}

/// Looks a setting of a profile up. What the credentials file says wins; the rest of the profile counts all the same.
pub fn setting<'a>(
    credentials: &'a Profiles,
    config: &'a Profiles,
    profile: &str,
    name: &str,
) -> Option<&'a str> {
    let mut found = [credentials, config]
        .into_iter()
        .filter_map(|file| file.get(profile)?.get(name));
    found.next().map(String::as_str)
}

/// Sorts the sections by what they are. Of two for one profile, as `[default]` and `[profile default]`, the last one
/// counts.
pub fn sort(sections: Vec<(String, Settings)>) -> Sections {
    let mut sorted = Sections::default();
    for (title, settings) in sections {
        let kind = if title == "default" || title.starts_with("profile") {
            &mut sorted.profiles
        } else if title.starts_with("sso-session") {
            &mut sorted.sso_sessions
        } else if title.starts_with("services") {
            &mut sorted.services
        } else {
            continue;
        };
        let words = split_words(&title);
        match words.as_deref() {
            Some([name]) if name == "default" => kind.insert(name.clone(), settings),
            Some([_, name]) => kind.insert(name.clone(), settings),
            _ => None,
        };
    }
    sorted
}

/// Returns whether a section of the config file is that of a profile.
pub fn is_profile(title: &str, profile: &str) -> bool {
    let section = vec![(title.to_owned(), Settings::new())];
    sort(section).profiles.contains_key(profile)
}

/// Splits a text into words as Python's `shlex.split` does; nothing where a quote or a backslash is left open.
pub fn split_words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '\\' => word.get_or_insert_default().push(letters.next()?),
            '\'' | '"' => read_quoted(letter, &mut letters, word.get_or_insert_default())?,
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    Some(words)
}

/// Reads to the closing quote. Between double quotes a backslash escapes a double quote and itself alone.
fn read_quoted(
    quote: char,
    letters: &mut impl Iterator<Item = char>,
    word: &mut String,
) -> Option<()> {
    loop {
        match letters.next()? {
            letter if letter == quote => return Some(()),
            '\\' if quote == '"' => {
                let escaped = letters.next()?;
                if !matches!(escaped, '"' | '\\') {
                    word.push('\\');
                }
                word.push(escaped);
            }
            letter => word.push(letter),
        }
    }
}
