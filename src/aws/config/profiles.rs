//! The profiles, SSO sessions and services in the sections of `~/.aws/config`, by the names that botocore gives them.

use std::collections::BTreeMap;

use super::ini::Settings;

/// Profiles by name, each with its settings.
pub type Profiles = BTreeMap<String, Settings>;

/// The sections of the config file that botocore uses.
#[derive(Default)]
pub struct Sections {
    pub profiles: Profiles,
    pub sso_sessions: Profiles,
    pub services: Profiles,
}

/// Returns a setting of a profile. The value in the credentials file has precedence.
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

/// Sorts the sections by kind. If a profile has two, as `[default]` and `[profile default]`, the last one counts.
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

/// Returns whether a section of the config file with this title is the profile's.
pub fn is_profile(title: &str, profile: &str) -> bool {
    let section = vec![(title.to_owned(), Settings::new())];
    sort(section).profiles.contains_key(profile)
}

/// Splits a text into words as Python's `shlex.split` does; returns `None` if it ends within quotes or after a backslash.
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

/// Reads up to the closing quote. Within double quotes, a backslash escapes only double quotes and backslashes.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_split_as_by_a_shell() {
        for (title, profile) in [
            (r#"profile "a\"b""#, r#"a"b"#),
            (r#"profile "a\\b\c""#, r"a\b\c"),
            (r"profile 'a\\b'", r"a\\b"),
            (r"profile a\ b", "a b"),
            ("profile\ta'b'\"c\"", "abc"),
        ] {
            assert!(is_profile(title, profile), "{title}");
        }
        for title in [
            "profile 'a",
            r#"profile "a\""#,
            r"profile a\",
            "profile a b",
        ] {
            assert!(!is_profile(title, "a"), "{title}");
        }
        assert!(!is_profile("profile", "profile"));
    }
}
