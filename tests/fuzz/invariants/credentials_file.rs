//! How a static key is taken out of the files of the AWS CLI.

use super::config::{has_defaults, parse};
use crate::aws::config::lines::lines;
use crate::aws::config::profiles::Profiles;
use crate::aws::config::{Kind, ini};
use crate::aws::credentials_file::{KEY_SETTINGS, without_key};

/// Checks an input: a text that is read as a credentials file and as a config file.
pub fn of_credentials_file(input: &[u8]) {
    for kind in [Kind::Credentials, Kind::Config] {
        let Some(profiles) = profiles(input, kind) else {
            let found = without_key(input, kind, "default");
            assert!(
                !matches!(found, Ok(Some(_))),
                "a key in a file that can't be parsed"
            );
            continue;
        };
        let known = profiles.keys().map(String::as_str).take(1);
        for profile in known.chain(["default"]) {
            of_profile(input, kind, profile, &profiles);
        }
    }
}

fn of_profile(input: &[u8], kind: Kind, profile: &str, before: &Profiles) {
    let has_key = |profiles: &Profiles| {
        let settings = profiles.get(profile);
        settings.is_some_and(|all| KEY_SETTINGS.iter().any(|name| all.contains_key(*name)))
    };
    let Ok(found) = without_key(input, kind, profile) else {
        assert!(!is_plain(input), "a plain file is refused");
        return;
    };
    let Some((taken, after)) = found else {
        assert!(!has_key(before), "a key that isn't found");
        return;
    };
    let all = lines(str::from_utf8(input).expect("a text"));
    for (number, name) in &taken {
        let line = all[number - 1].to_lowercase();
        let content = line.trim_start_matches(ini::is_space);
        assert!(content.starts_with(name), "{line}");
    }
    let is_kept = |number: usize| taken.iter().all(|(line, _)| *line != number);
    let kept = all.into_iter().zip(1..);
    let kept = kept.filter(|(_, number)| is_kept(*number));
    let kept: String = kept.map(|(line, _)| line).collect();
    assert_eq!(kept.as_bytes(), after, "the lines and no other byte");
    let mut after = profiles(&after, kind).expect("profiles");
    // Before, the key may have been hidden by a later section of the same profile.
    assert!(!has_key(&after));
    let settings = after.get_mut(profile).expect("the profile");
    for name in KEY_SETTINGS {
        settings.extend(
            before[profile]
                .get_key_value(name)
                .map(|(name, value)| (name.clone(), value.clone())),
        );
    }
    assert_eq!(after, *before, "every other setting");
}

/// Returns whether each line of a text is read by itself: none continues the line above, and none sets defaults.
fn is_plain(input: &[u8]) -> bool {
    let is_plain = |line: &str| {
        let content = line.trim_end_matches(['\r', '\n']);
        !content.contains(char::is_control) && content.trim() == content
    };
    let text = String::from_utf8_lossy(input);
    text.split_inclusive('\n').all(is_plain) && !has_defaults(input)
}

/// Reads the profiles of a text. Some editors put a byte order mark before it.
fn profiles(text: &[u8], kind: Kind) -> Option<Profiles> {
    parse(text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text), kind)
}
