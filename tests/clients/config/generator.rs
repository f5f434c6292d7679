//! Throws config files together from pieces that readers trip over; the same ones in each run.

const SECTIONS: [&str; 34] = [
    "[default]",
    "[default] # x",
    "[default]x",
    "[ default ]",
    "[default ]",
    "[DEFAULT]",
    "[Default]",
    "[profile default]",
    "[profile x]",
    "[profile  x]",
    "[profile\tx]",
    "[profile x ]",
    "[ profile x]",
    "[profile \"x\"]",
    "[profile 'a b']",
    "[profile a\\ b]",
    "[profile \"a\\\"b\"]",
    "[profile \"a\\b\"]",
    "[profile 'x]",
    "[profile x\\]",
    "[profile]",
    "[profile x y]",
    "[profile \"\"]",
    "[profilex y]",
    "[profile é]",
    "[profile\u{a0}x]",
    "[sso-session s]",
    "[services s]",
    "[services  \"s\"]",
    "[x]",
    "[a]b]",
    "[]",
    "[]]",
    "[default",
];
const NAMES: [&str; 18] = [
    "region",
    "Region",
    "REGION ",
    "aws_access_key_id",
    "s3",
    "s3 ",
    "credential_process",
    "a b",
    "a.b",
    "İ",
    "ΑΣ",
    "",
    "\"q\"",
    "[x",
    "#a",
    "a;b",
    "a\u{a0}",
    "\u{1d}n",
];
const DELIMITERS: [&str; 9] = ["=", " = ", ":", " : ", "=\t", " ", "", "==", ":="];
const VALUES: [&str; 22] = [
    "",
    "eu-central-1",
    "x # y",
    "x ; y",
    "# y",
    "%(x)s",
    "%",
    "${HOME}",
    "\"quoted\"",
    "'quoted'",
    "a = b",
    "a=b=c",
    "é",
    "\u{3000}x\u{3000}",
    "x\u{1f}",
    "a\u{85}b",
    "a\u{2028}b",
    "\u{b}x\u{c}",
    "\0",
    "[x]",
    "\u{feff}",
    "x\\",
];
const ENDS: [&str; 8] = ["\n", "\n", "\n", "\n", "\r\n", "\r", "\n\n", " \n"];
const INDENTS: [&str; 8] = ["", "", "", "", " ", "  ", "\t", "\u{a0}"];
const BLOCKS: [&str; 7] = [
    "s3 =\n  a = b\n",
    "s3 =\n  a = b\n\n  C=d\n",
    "s3 =\n  a: b\n",
    "s3 =\n  a\u{85}b = c\n",
    "s3 =\n  # x\n  a = b\n",
    "s3 =\n   a =\n     b = c\n",
    "s3 =\n  endpoint_url = http://x\r\n  d = e\r\n",
];

/// Makes the file of this number.
pub fn file(number: u64) -> Vec<u8> {
    let mut dice = Dice(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    // One in two is made of what most people write, so that it can be parsed.
    let is_plain = dice.below(2) == 0;
    let mut text = String::new();
    if dice.below(20) == 0 {
        text.push('\u{feff}');
    }
    for index in 0..=dice.below(4) {
        let sections = if is_plain { 20 } else { SECTIONS.len() };
        line(
            &mut text,
            &mut dice,
            is_plain,
            SECTIONS[index_of(index, sections, number)],
        );
        for _ in 0..dice.below(5) {
            content(&mut text, &mut dice, is_plain);
        }
    }
    let mut bytes = text.into_bytes();
    if dice.below(30) == 0 {
        let place = dice.below(bytes.len() + 1);
        bytes.insert(place, 0xe9);
    }
    if dice.below(3) == 0 {
        bytes.pop();
    }
    bytes
}

/// Takes sections that lie apart, so that few names are doubled.
fn index_of(index: usize, count: usize, number: u64) -> usize {
    let start = usize::try_from(number).expect("a small number");
    (start + index * (start / count % 7 + 1)) % count
}

fn content(text: &mut String, dice: &mut Dice, is_plain: bool) {
    match dice.below(8) {
        0 => text.push_str(dice.pick(&["\n", "# c\n", "  ; c\n", "  \n"])),
        1 => text.push_str(dice.pick(&BLOCKS)),
        2 => {
            text.push_str(dice.pick(&["  ", "\t", " ", "     "]));
            let value = dice.pick(&VALUES).to_owned();
            line(text, dice, is_plain, &value);
        }
        _ => {
            // A name that no other setting has, in most files.
            let unique = format!("n{}", dice.below(1000));
            let name = if is_plain { &unique } else { dice.pick(&NAMES) };
            let delimiters = if is_plain { 5 } else { DELIMITERS.len() };
            let delimiter = dice.pick(&DELIMITERS[..delimiters]);
            let setting = format!("{name}{delimiter}{}", dice.pick(&VALUES));
            line(text, dice, is_plain, &setting);
        }
    }
}

fn line(text: &mut String, dice: &mut Dice, is_plain: bool, content: &str) {
    if !is_plain {
        text.push_str(dice.pick(&INDENTS));
    }
    text.push_str(content);
    text.push_str(dice.pick(&ENDS));
}

/// Numbers that look random: `splitmix64`.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let count = u64::try_from(count).expect("a small number");
        usize::try_from((mixed ^ (mixed >> 31)) % count).expect("a small number")
    }

    fn pick<'a>(&mut self, pieces: &[&'a str]) -> &'a str {
        pieces[self.below(pieces.len())]
    }
}
