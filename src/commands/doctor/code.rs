//! The one-time password of the item.

use super::{Check, share};
use crate::onepassword::{Field, Item, OnePassword};
use crate::run::Run;

/// Labels that people give to one-time passwords.
const LABELS: [&str; 5] = ["one-time password", "otp", "totp", "2fa", "mfa secret"];

/// Checks the one-time password, and gets a code by the call that a run makes. The code isn't used up, since STS doesn't get
/// it.
pub fn check(op: &OnePassword, item: &Item, run: &Run) -> Check {
    let Some(secret) = item.one_time_password_secret() else {
        return Check::warning(match misplaced(item) {
            Some(field) => format!(
                "one-time password: field '{}' holds its secret, but isn't of the type one-time password, so 1Password makes no codes; add it as such",
                field.label_or_id()
            ),
            None => {
                "one-time password: the item has none; add it, or type the code at each new session"
                    .to_owned()
            }
        });
    };
    if let Some(fault) = code_fault(secret.expose()) {
        return Check::failed(format!(
            "one-time password: {fault}, and AWS takes codes by SHA1, of six digits and 30 s, alone; add the secret that AWS shows for the device"
        ));
    }
    let Some(clock) = share(run) else {
        return Check::unchecked("one-time password");
    };
    match op.within(clock).one_time_password(item) {
        Ok(_) => Check::ok("one-time password: six digits"),
        Err(error) => Check::from_error(&error),
    }
}

/// Finds a field of another type that holds the secret of a one-time password.
fn misplaced(item: &Item) -> Option<&Field> {
    item.all_fields().iter().find(|field| {
        let text = field.value().map_or("", |value| value.expose());
        let is_named = LABELS.iter().any(|label| field.name.is_called(label));
        let is_base32 = text.len() >= 16
            && text.bytes().all(|byte| {
                byte.is_ascii_alphabetic() || matches!(byte, b'2'..=b'7' | b' ' | b'=')
            });
        text.starts_with("otpauth://") || is_named && is_base32
    })
}

/// Returns how an otpauth URI differs from those of AWS.
fn code_fault(uri: &str) -> Option<&'static str> {
    let parameter = |name: &str| {
        let mut parameters = uri
            .split(['?', '&'])
            .filter_map(|part| part.split_once('='));
        parameters.find_map(|(other, value)| (other == name).then_some(value))
    };
    let differs = |name: &str, usual: &str| {
        parameter(name).is_some_and(|value| !value.eq_ignore_ascii_case(usual))
    };
    if !uri.starts_with("otpauth:") {
        None
    } else if differs("algorithm", "SHA1") {
        Some("it isn't by SHA1")
    } else if differs("digits", "6") {
        Some("it hasn't six digits")
    } else if differs("period", "30") {
        Some("its codes don't change every 30 s")
    } else {
        None
    }
}
