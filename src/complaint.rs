//! What a child wrote on stderr, as one line that may be shown: valid UTF-8, folded, bounded, without secrets.

use std::cmp::Reverse;
use std::sync::{Mutex, PoisonError};

/// Longer texts are cut, since the caller repeats the line in a message of its own.
const MOST_CHARACTERS: usize = 1000;

/// What stands in for a secret.
const REDACTED: &str = "[redacted]";

/// Shorter values are no secrets, but would turn up in any text.
const SHORTEST_SECRET: usize = 6;

/// The secrets of this run, whoever may repeat them.
static KNOWN: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Keeps a secret in mind, so that it doesn't come out of a message.
pub fn remember(secret: &str) {
    if secret.len() >= SHORTEST_SECRET {
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        known.push(secret.to_owned());
    }
}

/// Reads what a child wrote, without the secrets that are known, whatever they look like.
pub fn without_secrets(stderr: &[u8]) -> String {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    // The longest first: once a secret is out, another that holds it would not be found.
    known.sort_unstable_by_key(|secret| Reverse(secret.len()));
    let text = String::from_utf8_lossy(stderr).into_owned();
    known.iter().fold(text, |text, secret| {
        without_words(text, &words(secret).collect::<Vec<_>>())
    })
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

    #[test]
    fn a_known_secret_is_redacted_whatever_it_looks_like() {
        remember("my pass phrase");
        remember("x1");
        let redacted = without_secrets(b"no session for 'my pass phrase' or x1 \xff");
        assert_eq!(redacted, "no session for '[redacted]' or x1 \u{fffd}");
    }

    #[test]
    fn a_known_secret_is_redacted_where_its_line_is_broken() {
        remember("two  words 4711");
        let redacted = without_secrets("two two\n\twords\u{2028}4711\nx".as_bytes());
        assert_eq!(redacted, "two [redacted]\nx");
    }

    #[test]
    fn nothing_is_left_of_a_secret_that_holds_another() {
        remember("hunter");
        remember("my-hunter-two");
        remember("hunter-one");
        assert_eq!(
            without_secrets(b"my-hunter-two hunter-one hunter"),
            "[redacted] [redacted] [redacted]"
        );
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
