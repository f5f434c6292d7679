//! The text that a child wrote on stderr, as one line that can be shown: valid UTF-8, of bounded length, without secrets.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::redaction::{REDACTED, Secrets};

/// Longer texts are cut, since callers repeat the line in their own messages.
const MOST_CHARACTERS: usize = 1000;

/// The secrets that this run has read.
static KNOWN: Mutex<Secrets> = Mutex::new(Secrets::new());

/// Remembers a secret, so no message contains it.
pub fn remember(secret: &str) {
    known().add(secret);
}

/// Returns what a child wrote, with all secrets that are remembered redacted, in whatever form they are written.
pub fn without_secrets(stderr: &[u8]) -> String {
    known().redact(&String::from_utf8_lossy(stderr))
}

fn known() -> MutexGuard<'static, Secrets> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Joins a text into one line, with `[redacted]` in place of what looks like a secret.
pub fn one_line(text: &str) -> String {
    let line = words(text).map(redact).collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line.trim_end_matches(['.', ' ']).to_owned(),
    }
}

/// Returns whether a character ends a line or changes the order or the look of one, when a terminal or another program
/// interprets it.
pub fn is_control_or_bidi(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns whether a character is invisible.
pub fn is_gap(letter: char) -> bool {
    letter.is_whitespace() || is_control_or_bidi(letter)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_gap).filter(|word| !word.is_empty())
}

/// The folders that absolute paths begin with.
const ROOTS: [&str; 19] = [
    "/Applications/",
    "/Library/",
    "/Users/",
    "/Volumes/",
    "/bin/",
    "/dev/",
    "/etc/",
    "/home/",
    "/mnt/",
    "/nix/",
    "/opt/",
    "/private/",
    "/proc/",
    "/root/",
    "/run/",
    "/snap/",
    "/tmp/",
    "/usr/",
    "/var/",
];

/// Returns whether a word is a path. A path may look like a secret, but known secrets are already removed.
fn is_path(word: &str) -> bool {
    let path = word.trim_start_matches(|c: char| "\"'(`[<=:".contains(c));
    let path = path.trim_start_matches("file://");
    path.starts_with("~/") || ROOTS.iter().any(|root| path.starts_with(root))
}

/// Redacts what looks like a secret in a word. Keys, seeds, tokens and base64 are runs of these characters.
fn redact(word: &str) -> String {
    if is_path(word) {
        return word.to_owned();
    }
    let is_separator = |c: char| !(c.is_ascii_alphanumeric() || "+/_-".contains(c));
    let runs = word.split_inclusive(is_separator).map(|run| {
        let part = run.trim_end_matches(is_separator);
        if looks_secret(part) {
            run.replace(part, REDACTED)
        } else {
            run.to_owned()
        }
    });
    runs.collect()
}

/// Returns whether a part of a word looks like a one-time code, a TOTP seed, an access key, a session token or base64, and
/// not like a word, a path, an item id or an account number.
fn looks_secret(part: &str) -> bool {
    let has = |is: fn(&u8) -> bool| part.bytes().any(|byte| is(&byte));
    let (has_upper, has_lower) = (has(u8::is_ascii_uppercase), has(u8::is_ascii_lowercase));
    match part.len() {
        6..=8 => part.bytes().all(|byte| byte.is_ascii_digit()),
        16.. if !has_lower => is_base32(part),
        30.. => has_upper && is_mixed(part),
        _ => false,
    }
}

/// Returns whether a text is a seed or a key id. A word in capitals has the same characters, but no digit, and is shorter.
fn is_base32(part: &str) -> bool {
    let digits = part.bytes().filter(u8::is_ascii_digit).count();
    let is_key_id = part.starts_with("AKIA") || part.starts_with("ASIA");
    part.bytes()
        .all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7'))
        && digits < part.len() / 2
        && (digits > 0 || is_key_id || part.len() >= 30)
}

/// Returns whether lower case, upper case and digits alternate often, as in keys and base64, but not in words and paths. A
/// capital before a lower case letter doesn't count, since words begin like this.
fn is_mixed(part: &str) -> bool {
    let kind = |byte: &u8| {
        (
            byte.is_ascii_lowercase(),
            byte.is_ascii_uppercase(),
            byte.is_ascii_digit(),
        )
    };
    let is_change = |(one, next): &(u8, u8)| {
        let begins_word = one.is_ascii_uppercase() && next.is_ascii_lowercase();
        let are_letters = one.is_ascii_alphanumeric() && next.is_ascii_alphanumeric();
        are_letters && !begins_word && kind(one) != kind(next)
    };
    let pairs = part.bytes().zip(part.bytes().skip(1));
    pairs.filter(is_change).count() * 5 >= part.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_redacted() {
        let secrets = [
            "123456",
            "GEZDGNBVGY3TQOJQ",
            "AKIAIOSFODNN7EXAMPLE",
            "ASIAIOSFODNNXEXAMPLE",
            "JBSWYEDPJBSWYEDPJBSWYEDPJBSWYEDP",
            "TmV2ZXIgZ29ubmEgZ2l2ZSB5b3UgdXAx",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "eyJDcmVkZW50aWFscyI6eyJBY2Nlc3NLZXlJZCI6IkFTSUEifX0",
        ];
        for secret in secrets {
            assert_eq!(
                one_line(&format!("value: \"{secret}\", x")),
                "value: \"[redacted]\", x"
            );
        }
        assert_eq!(
            one_line("otpauth://totp/AWS:me?secret=GEZDGNBVGY3TQOJQ&issuer=AWS").find("GEZD"),
            None
        );
    }

    #[test]
    fn what_a_terminal_would_interpret_is_left_out() {
        assert_eq!(one_line("a\u{202e}b\u{2066}c\u{9b}d"), "a b c d");
    }

    #[test]
    fn ids_and_words_are_kept() {
        let words = "item dmm2ybtxxjlxtv23puevxw5ydy of 123456789012: RequestDelegatedSession AWS_SECRET_ACCESS_KEY (404) \
                     AWS_CONTAINER_CREDENTIALS_FULL_URI d41d8cd98f00b204e9800998ecf8427e 7B4ABF21C0DEA234 20220127T001427Z \
                     https://developer.1password.com/docs/cli/app-integration#troubleshooting";
        assert_eq!(one_line(words), words);
    }

    #[test]
    fn paths_names_and_account_numbers_are_kept() {
        let kept = [
            "/Users/Alice/Library/ApplicationSupport/1Password/Helper",
            "/home/alice/Projects/2024/MyCompanyInfrastructure/Terraform3",
            "/Users/aL1cE/Library/Caches/pypoetry/virtualenvs/aWs-K7rQ2xZ9bT4vLmN8pW3y/bin/python",
            "'/nix/store/0C8xWk3Vz5q9Mj2H4l7rBn6Yd1Fgs1Pa-awscli2/bin/aws':",
            "(~/.config/op/aB3dE6gH9jK2mN5pQ8sT1vW4yZ7)",
            "PRODUCTIONACCESSKEY of MYCOMPANYPRODUCTIONKEYS",
            "ALICES-AWS-ACCESS-KEY-FOR-PRODUCTION-IN-TOKYO-2",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE_LOCATION",
            "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_AdministratorAccess_0123456789abcdef/alice",
            "AWSSecurityTokenServiceException123456789",
            "23456723456723456723",
            "A2B3C4D5E6F7G2H3",
            "Modules/a-b-c-d-e-f-g/h-i-j-k-l-m-n-o-p",
        ];
        for text in kept {
            assert_eq!(one_line(text), text);
        }
    }

    #[test]
    fn a_text_becomes_one_bounded_line() {
        assert_eq!(one_line("\n a\tb\r\n\u{1b}[31mc\u{0}. \n"), "a b [31mc");
        assert_eq!(
            one_line(&"é ".repeat(900)).chars().count(),
            MOST_CHARACTERS + 1
        );
    }
}
