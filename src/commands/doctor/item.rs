//! The item of the key, and the two fields of the key. Fields are shown by name, never by value.

use anyhow::Error;

use super::report::{Check, Verdict};
use super::{code, mfa_serial, op, share};
use crate::aws::ConfigFiles;
use crate::commands::get;
use crate::commands::key_form::{is_id, is_secret};
use crate::onepassword::{Field, Item, OnePassword};
use crate::run::Run;

/// Returns whether a value has the form that a field is for.
type Looks = fn(&str) -> bool;

/// Checks the item, which is returned if it could be read.
pub fn check(op: &OnePassword, run: &Run, files: &ConfigFiles) -> (Vec<Check>, Option<Item>) {
    let Some(clock) = share(run) else {
        return (vec![Check::unchecked("item")], None);
    };
    let item = match op.within(clock).item_get(&run.flags.key_item()) {
        Ok(item) => item,
        Err(error) => {
            let mut checks = vec![Check::from_error(&error)];
            checks.extend(op::causes(op, run, &error));
            return (checks, None);
        }
    };
    let flags = &run.flags;
    let found = format!("item: {}", item.place());
    let mut checks = vec![Check::ok(found)];
    checks.extend(key(&item, run));
    if !flags.aws.no_session {
        checks.push(mfa_serial::check(&item, run, files));
        checks.push(code::check(op, &item, run));
    }
    (checks, Some(item))
}

/// Checks each of the key's fields, then both as a key.
fn key(item: &Item, run: &Run) -> Vec<Check> {
    let flags = &run.flags;
    let fields: [(&str, &str, Looks); 2] = [
        (&flags.op.access_key_field, "--access-key-field", is_id),
        (&flags.op.secret_key_field, "--secret-key-field", is_secret),
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

/// Returns what is wrong with a key whose fields are there.
fn key_fault(id: &str, secret: &str) -> Option<&'static str> {
    if is_id(secret) && is_id(id) {
        Some(
            "access key: a key id is in the field of the secret, too; put the secret access key into it",
        )
    } else if is_id(secret) {
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

/// Returns a failure that suggests a similar field if no field has the name.
fn with_hint(error: &Error, item: &Item, name: &str, fits: Looks) -> Check {
    let is_absent = item.fields(name).is_empty();
    match similar(item, name, fits).filter(|_| is_absent) {
        Some(field) => Check::failed(format!("{error:#}; is it '{}'?", field.label_or_id())),
        None => Check::from_error(error),
    }
}

/// Returns a field whose value fits, else one whose label differs from the name in case, punctuation or `aws` only.
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
