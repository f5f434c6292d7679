//! The item of the key: each field that a session is made from, by name and never by value.

use anyhow::Error;

use super::{Check, Verdict, share};
use crate::aws::{ConfigFiles, partition};
use crate::commands::get;
use crate::credentials::MfaSerial;
use crate::onepassword::{Field, Item, OnePassword};
use crate::refusal::Refusal;
use crate::run::Run;

/// Returns whether a value looks like what a field is for.
type Looks = fn(&str) -> bool;

/// Labels that people give to one-time passwords.
const CODE_LABELS: [&str; 5] = ["one-time password", "otp", "totp", "2fa", "mfa secret"];

/// Looks at the item, which comes back if it could be read.
pub fn check(op: &OnePassword, run: &Run, files: &ConfigFiles) -> (Vec<Check>, Option<Item>) {
    let Some(clock) = share(run) else {
        return (vec![Check::unchecked("item")], None);
    };
    let item = match op.within(clock).item_get(&run.flags.key_item()) {
        Ok(item) => item,
        Err(error) => {
            let mut checks = vec![Check::from_error(&error)];
            checks.extend(setgid(op, &error));
            checks.extend(session_variable(run));
            checks.extend(other_screen(&error, run));
            return (checks, None);
        }
    };
    let flags = &run.flags;
    let found = format!("item: {}", item.place());
    let mut checks = vec![Check::ok(found)];
    checks.extend(key(&item, run));
    if !flags.aws.no_session {
        checks.push(mfa_serial(&item, run, files));
        checks.push(one_time_password(op, &item, run));
    }
    (checks, Some(item))
}

/// The key's two fields one by one, then both as a key.
fn key(item: &Item, run: &Run) -> Vec<Check> {
    let flags = &run.flags;
    let fields: [(&str, &str, Looks); 2] = [
        (&flags.op.access_key_field, "--access-key-field", is_key_id),
        (
            &flags.op.secret_key_field,
            "--secret-key-field",
            is_secret_key,
        ),
    ];
    let mut checks = Vec::new();
    for (name, flag, fits) in fields {
        checks.push(match item.value(name, flag) {
            Ok(_) => Check::ok(format!("field '{name}': there, once")),
            Err(error) => with_hint(&error, item, name, fits),
        });
    }
    if checks.iter().any(|check| check.verdict == Verdict::Failed) {
        return checks;
    }
    match get::access_key(item, flags) {
        Err(error) => checks.push(Check::from_error(&error)),
        Ok(key) => checks.extend(key_fault(&key.id, key.secret.expose()).map(Check::failed)),
    }
    checks
}

/// Finds what is wrong with a key whose fields are there.
fn key_fault(id: &str, secret: &str) -> Option<&'static str> {
    if is_key_id(secret) && !is_key_id(id) {
        Some(
            "access key: the key id is in the field of the secret, and the secret in that of the key id; swap them",
        )
    } else if id.starts_with("ASIA") {
        Some(
            "access key: it is that of a session, by its key id, ASIA…; put the user's long-lived key, AKIA…, into the item",
        )
    } else {
        None
    }
}

/// Adds the field that is most likely meant, where there is none of the name.
fn with_hint(error: &Error, item: &Item, name: &str, fits: Looks) -> Check {
    let is_absent = item.fields(name).is_empty();
    match similar(item, name, fits).filter(|_| is_absent) {
        Some(field) => Check::failed(format!("{error:#}; is it '{}'?", field.label_or_id())),
        None => Check::from_error(error),
    }
}

/// Finds a field whose value fits, else one whose label is nearly the name.
pub fn similar<'a>(item: &'a Item, name: &str, fits: Looks) -> Option<&'a Field> {
    let fields = item.all_fields();
    let is_filled = |field: &&Field| field.value().is_some_and(|value| fits(value.expose()));
    let is_near = |field: &&Field| {
        letters(field.label_or_id()).trim_start_matches("aws")
            == letters(name).trim_start_matches("aws")
    };
    fields
        .iter()
        .find(is_filled)
        .or_else(|| fields.iter().find(is_near))
}

fn letters(label: &str) -> String {
    let letters = label.chars().filter(|letter| letter.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

fn is_key_id(text: &str) -> bool {
    let is_prefixed = text.starts_with("AKIA") || text.starts_with("ASIA");
    is_prefixed
        && (16..=128).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn is_secret_key(text: &str) -> bool {
    text.len() == 40
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte))
}

fn is_device(text: &str) -> bool {
    text.starts_with("arn:") && text.contains(":mfa/")
}

fn mfa_serial(item: &Item, run: &Run, files: &ConfigFiles) -> Check {
    let flags = &run.flags;
    let field = &flags.op.mfa_serial_field;
    let profile = flags.aws.profile.as_deref().unwrap_or("default");
    let text = if let Some(serial) = &flags.aws.mfa_serial {
        serial.as_str()
    } else if item.has_value(field) {
        match item.value(field, "--mfa-serial-field") {
            Ok(serial) => serial.expose(),
            Err(error) => return Check::from_error(&error),
        }
    } else if let Some(serial) = files.setting(profile, "mfa_serial") {
        serial
    } else {
        let other = similar(item, field, is_device).filter(|other| other.value().is_some());
        let hint = other.map(|other| format!("; is it '{}'?", other.label_or_id()));
        return Check::failed(format!(
            "MFA serial: neither field '{field}' of the item nor mfa_serial of profile '{profile}' is set; put the ARN of the device into the field{}",
            hint.unwrap_or_default()
        ));
    };
    match MfaSerial::parse(text) {
        // Not the value: whatever was put into the wrong field isn't shown.
        Ok(serial) if serial.as_str().starts_with("arn:") => {
            partition_fault(&serial, run, files).unwrap_or_else(|| Check::ok("MFA serial: an ARN"))
        }
        Ok(_) => Check::ok("MFA serial: the number of a device"),
        Err(error) => Check::failed(format!("MFA serial: {error:#}")),
    }
}

/// Compares the partition of the device, which is the key's, with that of the region.
fn partition_fault(serial: &MfaSerial, run: &Run, files: &ConfigFiles) -> Option<Check> {
    let region = files.region(run, run.flags.aws.profile.as_deref().unwrap_or("default"))?;
    let own = serial.as_str().split(':').nth(1)?;
    let other = partition(&region);
    (own != other).then(|| {
        Check::failed(format!(
            "MFA serial: it is of the partition {own}, and region {region} is of {other}; set a region of {own}"
        ))
    })
}

/// Fetches a code: it isn't used up, since STS doesn't see it. The one that came with the item doesn't show that the call
/// works.
fn one_time_password(op: &OnePassword, item: &Item, run: &Run) -> Check {
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
        let is_named = CODE_LABELS.iter().any(|label| field.name.is_called(label));
        let is_base32 = text.len() >= 16
            && text.bytes().all(|byte| {
                byte.is_ascii_alphabetic() || matches!(byte, b'2'..=b'7' | b' ' | b'=')
            });
        text.starts_with("otpauth://") || is_named && is_base32
    })
}

/// Finds what of an otpauth URI isn't as AWS has it.
fn code_fault(uri: &str) -> Option<&'static str> {
    let parameter = |name: &str| {
        let mut parameters = uri
            .split(['?', '&'])
            .filter_map(|part| part.split_once('='));
        parameters.find_map(|(own, value)| (own == name).then_some(value))
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

/// Only where the app turned `op` away: without the app, `op` needs no setgid.
fn setgid(op: &OnePassword, error: &Error) -> Option<Check> {
    let path = op.path().display();
    if op.may_lack_setgid(error) {
        return Some(Check::warning(format!(
            "op: {path} isn't setgid, so that the app may turn it away; install it from 1Password's package"
        )));
    }
    op.may_lose_setgid(error).then(|| {
        Check::warning(format!(
            "op: {path} is setgid, which has no effect for what is started here (no_new_privs), so that the app may turn it away; run it outside of the sandbox or service"
        ))
    })
}

/// Only where the item couldn't be read: while it can, the variable does its work.
fn session_variable(run: &Run) -> Option<Check> {
    let mut names = run.environment.names();
    let name = names.find(|name| name.starts_with("OP_SESSION_"))?;
    Some(Check::warning(format!(
        "{name} is set, and may no longer hold; unset it, or sign in again"
    )))
}

/// Only where nobody approved the prompt.
fn other_screen(error: &Error, run: &Run) -> Option<Check> {
    let is_late = matches!(error.downcast_ref(), Some(Refusal::OutOfTime(_)))
        || format!("{error:#}").contains("authorization");
    let is_remote = run.environment.filled("SSH_CONNECTION").is_some();
    (is_late && is_remote).then(|| {
        Check::warning(
            "SSH_CONNECTION is set: 1Password's prompt is on the screen of this machine, not on yours; approve it there, or use a service account",
        )
    })
}
