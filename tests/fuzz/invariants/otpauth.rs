//! How the secret of a one-time password is read.

use crate::otpauth::Seed;

/// The messages about a text that is no secret. None quotes it.
const REASONS: [&str; 5] = [
    "expected at least 16 letters and digits from 2 to 7, or an address that begins with otpauth://",
    "AWS's codes are time-based (totp)",
    "AWS's codes are made with SHA1",
    "AWS's codes have 6 digits",
    "AWS's codes change every 30 s",
];

/// Checks an input: a text that was typed or pasted.
pub fn of_otpauth(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let seed = match Seed::parse(&text) {
        Ok(seed) => seed,
        Err(error) => {
            assert!(
                REASONS.contains(&format!("{error:#}").as_str()),
                "{error:#}"
            );
            return;
        }
    };
    let address = seed.address("alice");
    let base32 = address
        .expose()
        .strip_prefix("otpauth://totp/AWS:alice?secret=");
    let base32 = base32.and_then(|rest| rest.strip_suffix("&issuer=AWS"));
    let base32 = base32.expect("an address");
    let is_of_base32 = |letter: char| matches!(letter, 'A'..='Z' | '2'..='7');
    assert!(base32.chars().all(is_of_base32) && base32.len() >= 16);
    // A letter has five bits, so fewer than five are left after the last byte.
    assert!(base32.len() * 5 % 8 < 5, "{} letters", base32.len());
    let typed = text.to_ascii_uppercase().replace("%20", "");
    let typed: String = typed
        .chars()
        .filter(|letter| is_of_base32(*letter))
        .collect();
    assert!(typed.contains(base32), "letters of the input, in its order");
    let (start, end) = base32.split_at(base32.len() / 2);
    for spelled in [
        address.expose().clone(),
        base32.to_lowercase(),
        format!(" {start}-{end} \n"),
        format!("{base32}===="),
        format!("OTPAUTH://totp/?issuer=x&secret={start}%20{end}%3d"),
    ] {
        assert!(Seed::parse(&spelled).expect("a secret").is_same(&seed));
    }
}
