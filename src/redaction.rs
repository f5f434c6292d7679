//! Removes secrets from a text, in whatever form it has them: a child may wrap, colour, escape or cut what it repeats.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

use crate::unescape::{Piece, stages, unescaped};

/// Replaces a secret.
pub const REDACTED: &str = "[redacted]";

/// The number of consecutive bytes of a secret that are redacted wherever they occur. Of a shorter secret, all are.
const RUN: usize = 8;

/// The length of the shortest secret, in bytes. Shorter values would be found in any text.
const SHORTEST: usize = 6;

/// The number of secrets that are kept, more than the fields of some items. With more, no text is shown at all.
const MOST_SECRETS: usize = 10_000;

/// The texts that must not be in a message.
pub struct Secrets(BTreeSet<String>);

impl Secrets {
    pub const fn new() -> Self {
        Self(BTreeSet::new())
    }

    /// Adds a secret. All else is done only when there is a text to redact.
    pub fn add(&mut self, secret: &str) {
        if secret.len() >= SHORTEST && !self.is_full() {
            self.0.insert(secret.to_owned());
        }
    }

    /// Returns a text in which the parts that these secrets have, too, are redacted.
    pub fn redact(&self, text: &str) -> String {
        if self.is_full() {
            return REDACTED.to_owned();
        }
        let runs = self.0.iter().flat_map(|secret| runs(secret)).collect();
        // What looks like an escape may belong to the word before a secret.
        let stages = stages(text);
        let mut found: Vec<_> = stages.iter().flat_map(|all| find(&runs, all)).collect();
        found.sort_unstable_by_key(|hidden| hidden.start);
        let mut shown = String::new();
        let mut end = 0;
        for hidden in found {
            if end == 0 || hidden.start >= end {
                shown.push_str(text.get(end..hidden.start).unwrap_or_default());
                shown.push_str(REDACTED);
            }
            end = end.max(hidden.end);
        }
        shown + text.get(end..).unwrap_or_default()
    }

    fn is_full(&self) -> bool {
        self.0.len() > MOST_SECRETS
    }
}

/// Lists the runs of a secret without its escapes, each as a number; none if it is too short.
fn runs(secret: &str) -> Vec<u64> {
    let pieces = unescaped(seed(secret).unwrap_or(secret));
    if pieces.len() < SHORTEST {
        return Vec::new();
    }
    let length = RUN.min(pieces.len());
    pieces.windows(length).map(number).collect()
}

/// Writes up to eight bytes as a number. None of them is zero, so different runs have different numbers.
fn number(pieces: &[Piece]) -> u64 {
    let bytes = pieces.iter().map(|piece| u64::from(piece.byte));
    bytes.fold(0, |number, byte| number << 8 | byte)
}

/// Finds the parts of a text that a secret has, too. Adjacent parts are joined.
fn find(runs: &HashSet<u64>, pieces: &[Piece]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    // The number of pieces from here on that belong to a run.
    let mut open = 0_usize;
    for (index, piece) in pieces.iter().enumerate() {
        let goes_on = open > 0;
        open = open.max(run_at(runs, pieces.get(index..).unwrap_or_default()));
        if open == 0 {
            continue;
        }
        open -= 1;
        match found.last_mut() {
            Some(last) if goes_on || piece.source.start <= last.end => last.end = piece.source.end,
            _ => found.push(piece.source.clone()),
        }
    }
    found
}

/// Returns the length of the longest run at the start of these pieces; 0 if there is no run.
fn run_at(runs: &HashSet<u64>, pieces: &[Piece]) -> usize {
    let mut lengths = (SHORTEST..=RUN).rev();
    let is_run = |length: &usize| {
        let start = pieces.get(..*length);
        start.is_some_and(|start| runs.contains(&number(start)))
    };
    lengths.find(is_run).unwrap_or_default()
}

/// Returns the seed in an `otpauth` URI, in which account and issuer aren't secret.
fn seed(secret: &str) -> Option<&str> {
    let mut parts = secret.strip_prefix("otpauth://")?.split(['?', '&']);
    parts.find_map(|part| part.strip_prefix("secret="))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    /// Redacts these secrets, and no others.
    fn redacted(secrets: &[&str], text: &str) -> String {
        let mut known = Secrets::new();
        for secret in secrets {
            known.add(secret);
        }
        known.redact(text)
    }

    #[test]
    fn what_looks_like_an_escape_hides_no_secret() {
        for text in ["100%123456 x", "%000000 x", "a\\\\x41123456 x"] {
            let shown = redacted(&["123456", "000000"], text);
            assert!(shown.ends_with("[redacted] x"), "{shown}");
        }
    }

    #[test]
    fn a_secret_is_redacted_whatever_it_looks_like() {
        let text = "no session for 'my pass phrase' or x1";
        let shown = redacted(&["my pass phrase", "x1"], text);
        assert_eq!(shown, "no session for '[redacted]' or x1");
    }

    #[test]
    fn a_secret_is_redacted_where_its_line_is_broken() {
        let text = redacted(&["two  words 4711"], "two two\n\twords\u{2028}4711\nx");
        assert_eq!(text, "two [redacted]\nx");
        let text = "a wJalrXUtnFEMI/K7MD\r\n  ENG/bPxRfiCYEXAMPLEKEY b";
        assert_eq!(redacted(&[KEY], text), "a [redacted] b");
    }

    #[test]
    fn a_secret_is_redacted_with_every_kind_of_escape() {
        let forms = [
            "wJalrXUtnFEMI%2FK7MDENG%2fbPxRfiCYEXAMPLEKEY",
            "wJalrXUtnFEMI%252FK7MDENG%252FbPxRfiCYEXAMPLEKEY",
            r"wJalrXUtnFEMI\/K7MDENG\/bPxRfiCYEXAMPLEKEY",
            r"wJalrXUtnFEMI\u002fK7MDENG\u002FbPxRfiCYEXAMPLEKEY",
            r"wJalrXUtnFEMI\\u002fK7MDENG\\/bPxRfiCYEXAMPLEKEY",
            r"wJalrXUtnFEMI\x2fK7MDENG\x2FbPxRfiCYEXAMPLEKEY",
            "wJalrX\u{1b}[31;1mUtnFEMI/K7M\u{1b}[0mDENG/bPxRfiCYEXAMPLEKEY",
            "wJ\u{1b}a%20lrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            r"wJalrX\u001b[31mUtnFEMI/K7M\x1b[0mDENG/bPxRfi\nCYEXAMPLEKEY",
        ];
        for form in forms {
            let text = redacted(&[KEY], &format!("key={form}&"));
            assert_eq!(text, "key=[redacted]&", "{form}");
        }
        assert_eq!(
            redacted(&[r#"pass"wörd\1"#], r#""pass\"w\u00f6rd\\1" x"#),
            "\"[redacted]\" x"
        );
        assert_eq!(redacted(&["passwörd"], "passw%C3%B6rd x"), "[redacted] x");
    }

    #[test]
    fn what_is_left_of_a_secret_that_was_cut_is_redacted() {
        let text = redacted(&[KEY], "wJalrXUtn...AMPLEKEY, XUtnFEMI/, wJalrXU KEY");
        assert_eq!(text, "[redacted]...[redacted], [redacted], wJalrXU KEY");
    }

    #[test]
    fn nothing_is_left_of_a_secret_that_holds_another() {
        let secrets = ["hunter", "my-hunter-two", "hunter-one"];
        let text = redacted(&secrets, "my-hunter-two; hunter-one; hunter; hunterhunter");
        assert_eq!(text, "[redacted]; [redacted]; [redacted]; [redacted]");
    }

    #[test]
    fn of_a_uri_with_a_seed_the_seed_is_the_secret() {
        let uri = "otpauth://totp/AWS:alice@123456789012?issuer=AWS&secret=GEZDGNBVGY3TQOJQ";
        let text = redacted(&[uri], &format!("{uri}&x for 123456789012"));
        assert_eq!(
            text,
            "otpauth://totp/AWS:alice@123456789012?issuer=AWS&secret=[redacted]&x for 123456789012"
        );
    }

    #[test]
    fn what_is_no_whole_escape_stays() {
        let text = "100% \\ 5%2 \\u00 \\x \u{1b}[ %zz %+f é";
        assert_eq!(redacted(&["a secret"], text), text);
        let shown = redacted(&["a sec%ret"], "é%a sec%ret% é");
        assert_eq!(shown, "é%[redacted]% é");
    }

    #[test]
    fn with_too_many_secrets_to_know_nothing_is_shown() {
        let mut known = Secrets::new();
        for number in 0..MOST_SECRETS {
            known.add(&format!("secret {number}"));
            known.add("secret 0");
        }
        assert_eq!(known.redact("a reason"), "a reason");
        known.add("one more secret");
        known.add("and another");
        assert_eq!(known.0.len(), MOST_SECRETS + 1);
        assert_eq!(known.redact("a reason"), REDACTED);
    }
}
