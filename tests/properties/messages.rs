//! The line on stderr, whatever `op` or `aws` wrote.

use anyhow::Error;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use super::{any_text, config};
use crate::redaction::Secrets;
use crate::refusal::Refusal;
use crate::{aws, onepassword};

/// What op and aws write around their reasons, and what a terminal would obey.
const NOISE: [&[u8]; 25] = [
    b"\n",
    b"\n\n",
    b"\r\n",
    b"\t",
    b" ",
    b": ",
    b"\"",
    b"\\",
    b"[ERROR] ",
    b"[ERROR] 2026/08/14 04:07:09 ",
    b"Usage:  op item get [flags]\n",
    b"7:06PM | DEBUG | ",
    b"An error occurred (Throttling) when calling the GetSessionToken operation: ",
    b"An error occurred (",
    b"): ",
    b"Traceback (most recent call last):\n",
    b"aws: [ERROR]: ",
    b"\x1b[31m",
    b"\x1b]0;title\x07",
    b"\0",
    b"\xff\xfe",
    b"\xe2\x80",
    &[b'x'; 1500],
    "\u{2028}".as_bytes(),
    "\u{202e}\u{2066}\u{85}".as_bytes(),
];

/// What stands in what a child writes.
#[derive(Clone, Debug)]
enum Piece {
    Noise(&'static [u8]),
    Bytes(Vec<u8>),
    Secret,
    /// The secret, with other white space where it has some.
    Wrapped(&'static str),
}

fn any_piece() -> impl Strategy<Value = Piece> {
    let space = select(&["\n", "  ", "\r\n\t", "\u{2028}", "\0"][..]);
    prop_oneof![
        4 => select(&NOISE[..]).prop_map(Piece::Noise),
        2 => vec(any::<u8>(), 1..20).prop_map(Piece::Bytes),
        2 => Just(Piece::Secret),
        1 => space.prop_map(Piece::Wrapped),
    ]
}

/// Keys, codes, hexadecimal digits, a password, and words.
fn any_secret() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Za-z0-9+/]{20,60}",
        "[0-9]{6}",
        "[a-f0-9]{12,30}",
        "[!-Z^-~]{8,30}",
        r"w[0-9]{3}([ \t\n]{1,2}é[0-9]{3}){1,3}",
    ]
}

fn write(pieces: &[Piece], secret: &str) -> Vec<u8> {
    let bytes = pieces.iter().map(|piece| match piece {
        Piece::Noise(noise) => noise.to_vec(),
        Piece::Bytes(bytes) => bytes.clone(),
        Piece::Secret => secret.as_bytes().to_vec(),
        Piece::Wrapped(space) => secret
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(space)
            .into_bytes(),
    });
    bytes.collect::<Vec<_>>().concat()
}

/// The lines that would be printed if this were what op, and what aws, wrote, and these secrets were known.
fn lines(secrets: &[&str], stderr: &[u8]) -> [String; 2] {
    let mut known = Secrets::new();
    for secret in secrets {
        known.add(secret);
    }
    let text = known.redact(&String::from_utf8_lossy(stderr));
    let reasons = [
        onepassword::stderr::reason(&text),
        aws::advice::reason(&text),
    ];
    reasons.map(|reason| {
        let error = Error::from(Refusal::Final(format!("`op item get` said: {reason}")));
        crate::output::error_line(&error.context("cannot read 1Password item 'AWS'"))
    })
}

/// Ends a line, or moves what stands in it.
fn disturbs(letter: char) -> bool {
    letter.is_control()
        || ('\u{2028}'..='\u{202e}').contains(&letter)
        || ('\u{2066}'..='\u{2069}').contains(&letter)
}

fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_a_child_writes_becomes_one_line_without_the_secret(
        secret in any_secret(), pieces in vec(any_piece(), 0..12),
    ) {
        for line in lines(&[&secret], &write(&pieces, &secret)) {
            prop_assert!(!line.contains(disturbs), "{:?}", line);
            prop_assert!(line.chars().count() < 1100, "{}", line);
            prop_assert!(!fold(&line).contains(&fold(&secret)), "{:?}", line);
            let letters: Vec<char> = secret.chars().collect();
            for run in letters.windows(8).map(String::from_iter) {
                prop_assert!(run.contains(char::is_whitespace) || !line.contains(&run), "{:?}", line);
            }
        }
    }

    #[test]
    fn nothing_is_left_of_a_secret_that_holds_another(
        inner in any_secret(),
        [head, tail] in [r"[a-z]{6}[0-9]", r"[a-z]{6}[0-9]"],
        pieces in vec(any_piece(), 0..12),
    ) {
        let outer = format!("{head}{inner}{tail}");
        for line in lines(&[&inner, &outer], &write(&pieces, &outer)) {
            prop_assert!(!line.contains(&head) && !line.contains(&tail), "{:?}", line);
        }
    }

    #[test]
    fn whatever_an_item_calls_its_fields_the_reason_is_one_line(
        id in any_text(), label in any_text(),
    ) {
        let section = json!({ "id": "s", "label": label });
        let field = json!({ "id": id, "label": "x", "section": section });
        let item = json!({ "id": "abc", "fields": [field, field] });
        let item = onepassword::Item::parse(item.to_string().as_bytes()).expect("an item");
        let line = crate::output::error_line(&item.value("x", "--field").expect_err("two of them"));
        prop_assert!(!line.contains(disturbs), "{:?}", line);
    }
}
