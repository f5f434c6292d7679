//! The secret of a one-time password, as base32 or in an `otpauth://` address: AWS shows it when an MFA device is added. `op`
//! makes the codes.

use anyhow::{Context, Result, ensure};

use crate::credentials::Secret;

/// The length of the shortest secret in base32, which is 80 bits: a shorter text is a code or a word. AWS's have 64.
const SHORTEST: usize = 16;

const EXPECTED: &str = "expected at least 16 letters and digits from 2 to 7, or an address that begins with otpauth://";

/// Parameters, the only value that each may have, and the line to report otherwise: STS accepts no other codes.
const PARAMETERS: [(&str, &str, &str); 3] = [
    ("algorithm", "SHA1", "AWS's codes are made with SHA1"),
    ("digits", "6", "AWS's codes have 6 digits"),
    ("period", "30", "AWS's codes change every 30 s"),
];

/// The secret of a one-time password that makes six digits every 30 s with SHA-1.
pub struct Seed(Secret<String>);

impl Seed {
    /// Reads a text that was typed or pasted. The error never quotes it.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let base32 = match text.split_once("://") {
            Some((scheme, address)) if scheme.eq_ignore_ascii_case("otpauth") => secret(address)?,
            _ => text.to_owned(),
        };
        let is_filler = |letter: char| letter.is_whitespace() || letter == '-';
        let base32 = base32.to_ascii_uppercase().replace(is_filler, "");
        let base32 = base32.trim_end_matches('=');
        let is_base32 = base32
            .bytes()
            .all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7'));
        // Eight characters are five bytes, so no whole number of bytes leaves a rest of one, three or six.
        let is_whole = ![1, 3, 6].contains(&(base32.len() % 8));
        ensure!(is_base32 && is_whole && base32.len() >= SHORTEST, EXPECTED);
        Ok(Self(Secret::remembered(base32.to_owned())))
    }

    /// Returns the address from which 1Password makes the codes.
    pub fn address(&self, user: &str) -> Secret<String> {
        let secret = self.0.expose();
        Secret::remembered(format!(
            "otpauth://totp/AWS:{user}?secret={secret}&issuer=AWS"
        ))
    }

    /// Returns whether both make the same codes.
    pub fn is_same(&self, other: &Self) -> bool {
        self.0.expose() == other.0.expose()
    }
}

/// Returns the secret in an address, if AWS would accept its codes.
fn secret(address: &str) -> Result<String> {
    let (path, query) = address.split_once('?').context(EXPECTED)?;
    let kind = path.split('/').next().unwrap_or_default();
    ensure!(
        kind.eq_ignore_ascii_case("totp"),
        "AWS's codes are time-based (totp)"
    );
    let parameter = |name: &str| {
        let mut parameters = query.split('&').filter_map(|part| part.split_once('='));
        let found = parameters.find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    };
    for (name, expected, fault) in PARAMETERS {
        let value = parameter(name).unwrap_or(expected);
        ensure!(value.eq_ignore_ascii_case(expected), fault);
    }
    let secret = parameter("secret").context(EXPECTED)?;
    Ok(secret
        .replace("%3D", "=")
        .replace("%3d", "=")
        .replace("%20", " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    fn base32(text: &str) -> String {
        let seed = Seed::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        seed.0.expose().clone()
    }

    #[test]
    fn a_secret_is_read_as_people_and_services_write_it() {
        let texts = [
            SEED.to_owned(),
            format!(" {} \r", SEED.to_lowercase()),
            "gezd gnbv gy3t qojq gezd-gnbv-gy3t-qojq".to_owned(),
            format!("{SEED}===="),
            format!("otpauth://totp/AWS:alice@123456789012?secret={SEED}&issuer=AWS"),
            format!("OTPAUTH://TOTP/x?ALGORITHM=sha1&Digits=6&period=30&SECRET={SEED}%3D%3d"),
        ];
        for text in texts {
            assert_eq!(base32(&text), SEED);
        }
        assert_eq!(
            Seed::parse(SEED).expect("a seed").address("alice").expose(),
            &format!("otpauth://totp/AWS:alice?secret={SEED}&issuer=AWS")
        );
    }

    #[test]
    fn what_makes_no_codes_for_aws_is_refused_without_being_quoted() {
        let address = |parameters: &str| format!("otpauth://totp/x?secret={SEED}{parameters}");
        let texts = [
            ("123456".to_owned(), EXPECTED),
            ("GEZDGNBVGY3TQOJ".to_owned(), EXPECTED),
            ("GEZDGNBVGY3TQOJ1".to_owned(), EXPECTED),
            ("GEZDGNBVGY3TQOJQG".to_owned(), EXPECTED),
            ("https://example.com/x".to_owned(), EXPECTED),
            (format!("https://totp/x?secret={SEED}"), EXPECTED),
            ("otpauth://totp/x".to_owned(), EXPECTED),
            ("otpauth://totp/x?issuer=AWS".to_owned(), EXPECTED),
            (
                format!("otpauth://hotp/x?secret={SEED}"),
                "AWS's codes are time-based (totp)",
            ),
            (
                address("&algorithm=SHA256"),
                "AWS's codes are made with SHA1",
            ),
            (address("&digits=8"), "AWS's codes have 6 digits"),
            (address("&period=60"), "AWS's codes change every 30 s"),
        ];
        for (text, line) in texts {
            let fault = Seed::parse(&text).err().map(|error| error.to_string());
            assert_eq!(fault.as_deref(), Some(line), "{text}");
        }
    }
}
