//! A text without what may hide a secret in it: white space, control characters, colours and escapes.

use std::ops::Range;

use crate::complaint::is_gap;

/// A byte, and the part of the original text that it was read from.
pub struct Piece {
    pub byte: u8,
    pub source: Range<usize>,
}

/// Begins a colour or another command to a terminal.
const ESCAPE: char = '\u{1b}';

/// Returns the text with all escapes resolved, nested ones included.
pub fn unescaped(text: &str) -> Vec<Piece> {
    stages(text).pop().unwrap_or_default()
}

/// Returns the text without white space and control characters, then again after each pass that resolves escapes.
pub fn stages(text: &str) -> Vec<Vec<Piece>> {
    let letters = text.char_indices();
    let mut pieces: Vec<Piece> = letters
        .flat_map(|(start, letter)| visible(letter, &(start..start + letter.len_utf8())))
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

/// Returns the bytes of a character; none if it can't be seen and doesn't begin an escape.
fn visible(letter: char, source: &Range<usize>) -> Vec<Piece> {
    let is_kept = letter == ESCAPE || !is_gap(letter);
    let text = Some(letter).filter(|_| is_kept).map(String::from);
    let piece = |byte| Piece {
        byte,
        source: source.clone(),
    };
    text.unwrap_or_default().bytes().map(piece).collect()
}

/// Resolves each escape once.
fn resolve(pieces: &[Piece]) -> Vec<Piece> {
    let bytes: Vec<u8> = pieces.iter().map(|piece| piece.byte).collect();
    let mut resolved = Vec::new();
    let mut index = 0;
    while let (Some(rest), Some(first)) = (bytes.get(index..), pieces.get(index)) {
        let (length, meaning) = escape(rest).unwrap_or((1, Meaning::Byte(first.byte)));
        let last = pieces.get(index + length - 1).unwrap_or(first);
        let source = first.source.start..last.source.end;
        match meaning {
            Meaning::Byte(byte) => resolved.push(Piece { byte, source }),
            Meaning::Char(letter) => resolved.extend(visible(letter, &source)),
            Meaning::Nothing => {}
        }
        index += length;
    }
    resolved
}

/// The meaning of an escape.
enum Meaning {
    Byte(u8),
    Char(char),
    Nothing,
}

/// Reads an escape of URLs, of JSON, of Python or of a terminal; returns its length and its meaning.
fn escape(text: &[u8]) -> Option<(usize, Meaning)> {
    let letter = |code: u32| char::from_u32(code).map_or(Meaning::Nothing, Meaning::Char);
    match text {
        [b'%', rest @ ..] => Some((3, byte(hexadecimal(rest, 2)?))),
        [b'\\', b'x', rest @ ..] => Some((4, byte(hexadecimal(rest, 2)?))),
        [b'\\', b'u', rest @ ..] => Some((6, letter(hexadecimal(rest, 4)?))),
        [b'\\', b'n' | b'r' | b't' | b'b' | b'f', ..] => Some((2, Meaning::Nothing)),
        [b'\\', kept @ (b'/' | b'\\' | b'"' | b'\''), ..] => Some((2, Meaning::Byte(*kept))),
        [0x1b, b'[', rest @ ..] => {
            let length = rest.iter().position(|byte| (0x40..0x7f).contains(byte));
            Some((length.map_or(2, |length| length + 3), Meaning::Nothing))
        }
        [0x1b, ..] => Some((1, Meaning::Nothing)),
        _ => None,
    }
}

/// Returns the meaning of an escaped byte; white space and control characters have none.
fn byte(code: u32) -> Meaning {
    match u8::try_from(code) {
        Ok(0x1b) => Meaning::Char(ESCAPE),
        Ok(byte) if !byte.is_ascii_whitespace() && !byte.is_ascii_control() => Meaning::Byte(byte),
        _ => Meaning::Nothing,
    }
}

fn hexadecimal(text: &[u8], digits: usize) -> Option<u32> {
    let digits = str::from_utf8(text.get(..digits)?).ok()?;
    let is_number = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u32::from_str_radix(digits, 16).ok().filter(|_| is_number)
}
