//! Takes secrets out of a text, however the text spells them: a child may wrap, colour, escape or cut what it repeats.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

use crate::complaint::is_gap;

/// What is shown in place of a secret.
pub const REDACTED: &str = "[redacted]";

/// As many bytes in a row of a secret are redacted wherever they are; the whole secret, where it is shorter.
const RUN: usize = 8;

/// Shorter values are no secrets, but would turn up in any text.
const SHORTEST: usize = 6;

/// More than the fields of some items. Beyond it no text is shown at all.
const MOST_SECRETS: usize = 10_000;

/// What must not come out of a message.
pub struct Secrets(BTreeSet<String>);

impl Secrets {
    pub const fn new() -> Self {
        Self(BTreeSet::new())
    }

    /// Adds a secret. That is all that a run costs which has nothing to redact.
    pub fn add(&mut self, secret: &str) {
        if secret.len() >= SHORTEST && !self.is_full() {
            self.0.insert(secret.to_owned());
        }
    }

    /// Returns a text without what it shares with these secrets.
    pub fn redact(&self, text: &str) -> String {
        if self.is_full() {
            return REDACTED.to_owned();
        }
        let runs = self.0.iter().flat_map(|secret| runs(secret)).collect();
        // What looks like an escape may be the end of a word before a secret.
        let stages = stages(text);
        let found = stages.iter().flat_map(|pieces| find(&runs, pieces));
        let mut found: Vec<Range<usize>> = found.collect();
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

/// Lists the runs of a secret in its plain spelling, each as a number; none where that is short.
fn runs(secret: &str) -> Vec<u64> {
    let pieces = plain(seed(secret).unwrap_or(secret));
    if pieces.len() < SHORTEST {
        return Vec::new();
    }
    let windows = pieces.windows(RUN.min(pieces.len()));
    windows.map(number).collect()
}

/// Makes a number of up to eight bytes. None of them is zero, so each run has a number to itself.
fn number(pieces: &[Piece]) -> u64 {
    let bytes = pieces.iter().map(|piece| u64::from(piece.byte));
    bytes.fold(0, |number, byte| number << 8 | byte)
}

/// Finds the parts of a text that are shared with a secret, those that meet as one.
fn find(runs: &HashSet<u64>, pieces: &[Piece]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    // How many pieces from here on belong to a run that was found.
    let mut open = 0_usize;
    for (index, piece) in pieces.iter().enumerate() {
        let goes_on = open > 0;
        open = open.max(run_at(runs, pieces.get(index..).unwrap_or_default()));
        if open == 0 {
            continue;
        }
        open -= 1;
        match found.last_mut() {
            Some(last) if goes_on || piece.from.start < last.end => last.end = piece.from.end,
            _ => found.push(piece.from.clone()),
        }
    }
    found
}

/// Returns the length of the longest run that these pieces begin with; 0 if they begin with none.
fn run_at(runs: &HashSet<u64>, pieces: &[Piece]) -> usize {
    let mut lengths = (SHORTEST..=RUN).rev();
    let is_run = |length: &usize| {
        let start = pieces.get(..*length);
        start.is_some_and(|start| runs.contains(&number(start)))
    };
    lengths.find(is_run).unwrap_or_default()
}

/// Takes the seed out of a URI that holds one: account and issuer beside it are no secrets.
fn seed(secret: &str) -> Option<&str> {
    let mut parts = secret.strip_prefix("otpauth://")?.split(['?', '&']);
    parts.find_map(|part| part.strip_prefix("secret="))
}

/// A byte of a text in its plain spelling, and the part of the text that spells it.
struct Piece {
    byte: u8,
    from: Range<usize>,
}

/// Writes a text plainly: without white space, controls and colours, and with escapes resolved until there are none.
fn plain(text: &str) -> Vec<Piece> {
    stages(text).pop().unwrap_or_default()
}

/// Writes a text without white space and controls, then with escapes resolved once more in each stage.
fn stages(text: &str) -> Vec<Vec<Piece>> {
    let letters = text.char_indices();
    let mut pieces: Vec<Piece> = letters
        .flat_map(|(start, letter)| spell(letter, start..start + letter.len_utf8()))
        .collect();
    let mut stages = Vec::new();
    loop {
        let resolved = resolve(&pieces);
        let is_last = resolved.len() == pieces.len();
        stages.push(pieces);
        if is_last {
            return stages;
        }
        pieces = resolved;
    }
}

/// Begins a colour or another command to a terminal.
const ESCAPE: char = '\u{1b}';

/// Writes a letter as bytes; nothing if it is a gap.
fn spell(letter: char, from: Range<usize>) -> Vec<Piece> {
    let is_shown = letter == ESCAPE || !is_gap(letter);
    let text = if is_shown {
        letter.to_string()
    } else {
        String::new()
    };
    text.bytes()
        .map(|byte| Piece {
            byte,
            from: from.clone(),
        })
        .collect()
}

/// Resolves each escape once.
fn resolve(pieces: &[Piece]) -> Vec<Piece> {
    let bytes: Vec<u8> = pieces.iter().map(|piece| piece.byte).collect();
    let mut resolved = Vec::new();
    let mut index = 0;
    while let (Some(rest), Some(first)) = (bytes.get(index..), pieces.get(index)) {
        let (length, letter) = escape(rest).unwrap_or((1, Letter::Byte(first.byte)));
        let last = pieces.get(index + length - 1).unwrap_or(first);
        let from = first.from.start..last.from.end;
        match letter {
            Letter::Byte(byte) => resolved.push(Piece { byte, from }),
            Letter::Char(letter) => resolved.extend(spell(letter, from)),
            Letter::None => {}
        }
        index += length;
    }
    resolved
}

/// What an escape stands for.
enum Letter {
    Byte(u8),
    Char(char),
    None,
}

/// Reads an escape of URLs, of JSON, of Python or of a terminal; returns its length and what it stands for.
fn escape(text: &[u8]) -> Option<(usize, Letter)> {
    let letter = |code: u32| char::from_u32(code).map_or(Letter::None, Letter::Char);
    match text {
        [b'%', rest @ ..] => Some((3, byte(hexadecimal(rest, 2)?))),
        [b'\\', b'x', rest @ ..] => Some((4, byte(hexadecimal(rest, 2)?))),
        [b'\\', b'u', rest @ ..] => Some((6, letter(hexadecimal(rest, 4)?))),
        [b'\\', b'n' | b'r' | b't' | b'b' | b'f', ..] => Some((2, Letter::None)),
        [b'\\', kept @ (b'/' | b'\\' | b'"' | b'\''), ..] => Some((2, Letter::Byte(*kept))),
        [0x1b, b'[', rest @ ..] => {
            let length = rest.iter().position(|byte| (0x40..0x7f).contains(byte));
            Some((length.map_or(2, |length| length + 3), Letter::None))
        }
        [0x1b, ..] => Some((1, Letter::None)),
        _ => None,
    }
}

/// A byte that white space or a control is written as stands for nothing.
fn byte(code: u32) -> Letter {
    match u8::try_from(code) {
        Ok(0x1b) => Letter::Char(ESCAPE),
        Ok(byte) if !byte.is_ascii_whitespace() && !byte.is_ascii_control() => Letter::Byte(byte),
        _ => Letter::None,
    }
}

fn hexadecimal(text: &[u8], digits: usize) -> Option<u32> {
    let digits = str::from_utf8(text.get(..digits)?).ok()?;
    let is_number = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u32::from_str_radix(digits, 16).ok().filter(|_| is_number)
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
        let secrets = ["my pass phrase", "x1"];
        let text = redacted(&secrets, "no session for 'my pass phrase' or x1");
        assert_eq!(text, "no session for '[redacted]' or x1");
    }

    #[test]
    fn a_secret_is_redacted_where_its_line_is_broken() {
        let text = redacted(&["two  words 4711"], "two two\n\twords\u{2028}4711\nx");
        assert_eq!(text, "two [redacted]\nx");
        let text = redacted(&[KEY], "a wJalrXUtnFEMI/K7MD\r\n  ENG/bPxRfiCYEXAMPLEKEY b");
        assert_eq!(text, "a [redacted] b");
    }

    #[test]
    fn a_secret_is_redacted_in_every_spelling() {
        let spellings = [
            "wJalrXUtnFEMI%2FK7MDENG%2fbPxRfiCYEXAMPLEKEY",
            "wJalrXUtnFEMI%252FK7MDENG%252FbPxRfiCYEXAMPLEKEY",
            r"wJalrXUtnFEMI\/K7MDENG\/bPxRfiCYEXAMPLEKEY",
            r"wJalrXUtnFEMI\u002fK7MDENG\u002FbPxRfiCYEXAMPLEKEY",
            r"wJalrXUtnFEMI\\u002fK7MDENG\\/bPxRfiCYEXAMPLEKEY",
            r"wJalrXUtnFEMI\x2fK7MDENG\x2FbPxRfiCYEXAMPLEKEY",
            "wJalrX\u{1b}[31;1mUtnFEMI/K7M\u{1b}[0mDENG/bPxRfiCYEXAMPLEKEY",
            r"wJalrX\u001b[31mUtnFEMI/K7M\x1b[0mDENG/bPxRfi\nCYEXAMPLEKEY",
        ];
        for spelling in spellings {
            let text = redacted(&[KEY], &format!("key={spelling}&"));
            assert_eq!(text, "key=[redacted]&", "{spelling}");
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
        let text = redacted(&secrets, "my-hunter-two; hunter-one; hunter");
        assert_eq!(text, "[redacted]; [redacted]; [redacted]");
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
        assert_eq!(
            redacted(&["a sec%ret"], "é%a sec%ret% é"),
            "é%[redacted]% é"
        );
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
