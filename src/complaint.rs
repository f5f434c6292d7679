//! What a child wrote on stderr, as one line that may be shown: valid UTF-8, folded, bounded, without secrets.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Longer texts are cut, since the caller repeats the line in a message of its own.
const MOST_CHARACTERS: usize = 1000;

/// What stands in for a secret.
const REDACTED: &str = "[redacted]";

/// Shorter values are no secrets, but would turn up in any text.
const SHORTEST_SECRET: usize = 6;

/// More than the fields of some items. Beyond it no text is shown at all.
const MOST_SECRETS: usize = 10_000;

/// The secrets of this run.
static KNOWN: Mutex<Secrets> = Mutex::new(Secrets::new());

/// What must not come out of a message: each once, and the longest first, since a secret that holds another one can't be
/// found once the other one is out.
pub struct Secrets(BTreeSet<(Reverse<usize>, String)>);

impl Secrets {
    pub const fn new() -> Self {
        Self(BTreeSet::new())
    }

    /// Adds a secret, unless it is so short that it would turn up in any text.
    pub fn add(&mut self, secret: &str) {
        if secret.len() >= SHORTEST_SECRET && self.0.len() <= MOST_SECRETS {
            self.0.insert((Reverse(secret.len()), secret.to_owned()));
        }
    }

    /// Returns a text without these secrets.
    pub fn redact(&self, text: String) -> String {
        if self.0.len() > MOST_SECRETS {
            return REDACTED.to_owned();
        }
        let secrets = self.0.iter().map(|(_, secret)| secret);
        secrets.fold(text, |text, secret| {
            without_words(text, &words(secret).collect::<Vec<_>>())
        })
    }
}

/// Remembers a secret, so that it doesn't come out of a message.
pub fn remember(secret: &str) {
    known().add(secret);
}

/// Reads what a child wrote, without the secrets that are known, whatever they look like.
pub fn without_secrets(stderr: &[u8]) -> String {
    known().redact(String::from_utf8_lossy(stderr).into_owned())
}

fn known() -> MutexGuard<'static, Secrets> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Redacts these words in a row, whatever gaps are between them: a child may have broken its line there.
fn without_words(text: String, words: &[&str]) -> String {
    let Some(first) = words.first().filter(|first| text.contains(**first)) else {
        return text;
    };
    let mut shown = String::new();
    let mut rest = text.as_str();
    while let Some((before, _)) = rest.split_once(first) {
        let found = rest.get(before.len()..).unwrap_or_default();
        shown.push_str(before);
        if let Some(after) = after_words(found, words) {
            shown.push_str(REDACTED);
            rest = after;
        } else {
            let mut letters = found.chars();
            shown.extend(letters.next());
            rest = letters.as_str();
        }
    }
    shown + rest
}

/// Reads these words at the start of a text; hands out what follows them.
fn after_words<'a>(text: &'a str, words: &[&str]) -> Option<&'a str> {
    words.iter().try_fold(text, |text, word| {
        text.trim_start_matches(is_gap).strip_prefix(*word)
    })
}

/// Folds a text into one line; what looks like a secret becomes `[redacted]`.
pub fn one_line(text: &str) -> String {
    let line = words(text).map(redact).collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line.trim_end_matches(['.', ' ']).to_owned(),
    }
}

/// Tells what ends a line or moves what stands in it, where a terminal or another program obeys it.
pub fn is_obeyed(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn is_gap(letter: char) -> bool {
    letter.is_whitespace() || is_obeyed(letter)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_gap).filter(|word| !word.is_empty())
}

/// Redacts what looks like a secret among the runs of characters that keys, seeds, tokens and base64 are made of.
fn redact(word: &str) -> String {
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

/// Tells one-time codes, TOTP seeds, access keys, session tokens and base64 from words, item ids and account numbers.
fn looks_secret(part: &str) -> bool {
    let has = |is: fn(&u8) -> bool| part.bytes().any(|byte| is(&byte));
    let (upper, lower, digit) = (
        has(u8::is_ascii_uppercase),
        has(u8::is_ascii_lowercase),
        has(u8::is_ascii_digit),
    );
    let letters = part.bytes().filter(u8::is_ascii_alphabetic).count();
    let only_digits = part.bytes().all(|byte| byte.is_ascii_digit());
    match part.len() {
        6..=8 => only_digits,
        0..16 => false,
        // Times such as 20220127T001427Z have more digits than letters; base32 and key ids haven't.
        16..30 => upper && !lower && letters > part.len() / 2 && !part.contains(['_', '-', '/']),
        30..40 => upper && (digit || !lower) && !part.contains(['_', '-']),
        _ => upper,
    }
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

    /// Redacts these secrets, and no others.
    fn redacted(secrets: &[&str], text: &str) -> String {
        let mut known = Secrets::new();
        for secret in secrets {
            known.add(secret);
        }
        known.redact(text.to_owned())
    }

    #[test]
    fn a_known_secret_is_redacted_whatever_it_looks_like() {
        let secrets = ["my pass phrase", "x1"];
        let text = redacted(&secrets, "no session for 'my pass phrase' or x1");
        assert_eq!(text, "no session for '[redacted]' or x1");
    }

    #[test]
    fn a_known_secret_is_redacted_where_its_line_is_broken() {
        let text = redacted(&["two  words 4711"], "two two\n\twords\u{2028}4711\nx");
        assert_eq!(text, "two [redacted]\nx");
    }

    #[test]
    fn nothing_is_left_of_a_secret_that_holds_another() {
        let secrets = ["hunter", "my-hunter-two", "hunter-one"];
        let text = redacted(&secrets, "my-hunter-two hunter-one hunter");
        assert_eq!(text, "[redacted] [redacted] [redacted]");
    }

    #[test]
    fn with_too_many_secrets_to_know_nothing_is_shown() {
        let mut known = Secrets::new();
        for number in 0..MOST_SECRETS {
            known.add(&format!("secret {number}"));
            known.add("secret 0");
        }
        assert_eq!(known.redact("a reason".to_owned()), "a reason");
        known.add("one more");
        known.add("and another");
        assert_eq!(known.0.len(), MOST_SECRETS + 1);
        assert_eq!(known.redact("a reason".to_owned()), REDACTED);
    }

    #[test]
    fn what_a_terminal_would_obey_is_left_out() {
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
    fn a_text_becomes_one_bounded_line() {
        assert_eq!(one_line("\n a\tb\r\n\u{1b}[31mc\u{0}. \n"), "a b [31mc");
        assert_eq!(
            one_line(&"é ".repeat(900)).chars().count(),
            MOST_CHARACTERS + 1
        );
    }
}
