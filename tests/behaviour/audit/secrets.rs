//! The planted secrets, and the eye for them: whole or in part, plain or in base64, alone or amid other text.

use std::collections::{BTreeSet, HashMap};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// So many characters of a secret are enough to call it out.
const PART: usize = 16;

/// What to look for.
#[derive(Default)]
pub struct Secrets {
    /// Each part of a long secret, and whose it is.
    parts: HashMap<Vec<u8>, BTreeSet<String>>,
    /// What counts only as a whole: what is wholeer than a part, or has parts that are no secret.
    wholes: Vec<(Vec<u8>, String)>,
}

impl Secrets {
    /// Looks for a secret or a part of it, and for its base64.
    pub fn plant(&mut self, name: &str, secret: &str) {
        for (name, text) in forms(name, secret) {
            if text.len() < PART {
                self.wholes.push((text.clone().into_bytes(), name.clone()));
            }
            for part in text.as_bytes().windows(PART) {
                let names = self.parts.entry(part.to_vec()).or_default();
                names.insert(name.clone());
            }
        }
    }

    /// Looks for a text as a whole, and for its base64.
    pub fn plant_whole(&mut self, name: &str, text: &str) {
        let forms = forms(name, text).into_iter();
        self.wholes
            .extend(forms.map(|(name, text)| (text.into_bytes(), name)));
    }

    /// Names what is there.
    pub fn find(&self, text: &[u8]) -> BTreeSet<String> {
        let long = text
            .windows(PART)
            .filter_map(|part| self.parts.get(part))
            .flatten();
        let wholes = self.wholes.iter().filter(|(whole, _)| holds(text, whole));
        long.chain(wholes.map(|(_, name)| name)).cloned().collect()
    }
}

/// Lists a text and its base64, each with a name.
fn forms(name: &str, text: &str) -> Vec<(String, String)> {
    let mut forms = vec![(name.to_owned(), text.to_owned())];
    for text in base64_amid_text(text.as_bytes()) {
        let for_urls = text.replace('+', "-").replace('/', "_");
        forms.extend([text, for_urls].map(|text| (format!("base64 of {name}"), text)));
    }
    forms
}

/// Finds a whole; six digits within a longer number are no code.
fn holds(text: &[u8], whole: &[u8]) -> bool {
    let is_digit = |place: Option<usize>| {
        let byte = place.and_then(|place| text.get(place));
        whole.iter().all(u8::is_ascii_digit) && byte.is_some_and(u8::is_ascii_digit)
    };
    let mut windows = text.windows(whole.len()).enumerate();
    windows.any(|(at, window)| {
        window == whole && !is_digit(at.checked_sub(1)) && !is_digit(Some(at + whole.len()))
    })
}

/// The base64 of a secret as it stands amid longer base64: by what precedes it, in one of three alignments, without
/// the characters at either end that are made of its neighbours, too.
fn base64_amid_text(secret: &[u8]) -> [String; 3] {
    [0, 1, 2].map(|before: usize| {
        let text = STANDARD.encode([&vec![0; before], secret].concat());
        let begin = (before * 8).div_ceil(6);
        let end = (before + secret.len()) * 8 / 6;
        text[begin..end].to_owned()
    })
}

fn found(secrets: &Secrets, text: &str) -> Vec<String> {
    secrets.find(text.as_bytes()).into_iter().collect()
}

#[test]
fn a_secret_is_found_amid_text_and_in_part() {
    let mut secrets = Secrets::default();
    secrets.plant("key", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY");
    for text in [
        "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY",
        "x_je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY_x",
        "je7MtGbClwBF/2Zp",
        "a, nvbEXAMPLEKEY, bEXAMPLEKEY, 8nvbEXAMPLEKEY, yCo8nvbEXAMPLEKEY",
    ] {
        assert_eq!(found(&secrets, text), ["key"], "{text}");
    }
    assert_eq!(found(&secrets, "je7MtGbClwBF/2Z EXAMPLEKEY"), [""; 0]);
}

#[test]
fn a_code_is_found_unless_it_is_part_of_a_number() {
    let mut secrets = Secrets::default();
    secrets.plant("code", "123456");
    for text in ["123456", "code=123456\n", "0 123456", "a123456b"] {
        assert_eq!(found(&secrets, text), ["code"], "{text}");
    }
    for text in ["0123456", "123456789012", "12345", ""] {
        assert_eq!(found(&secrets, text), [""; 0], "{text}");
    }
}

#[test]
fn the_base64_of_a_secret_is_found_whatever_surrounds_it() {
    let mut secrets = Secrets::default();
    secrets.plant("key", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY");
    secrets.plant("code", "123456");
    let expected = ["base64 of code", "base64 of key"];
    for before in ["", "x", "xy", "xyz"] {
        for after in ["", "x", "xy", "xyz"] {
            let key = "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY";
            let text = STANDARD.encode(format!("{before}{key}{after}{before}123456{after}"));
            assert_eq!(found(&secrets, &text), expected, "{before} {after}");
        }
    }
}
