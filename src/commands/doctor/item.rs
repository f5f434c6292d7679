//! The item of the key: each field that a session is made from, by name and never by value.

use super::Check;
use crate::aws::ConfigFiles;
use crate::clock::Clock;
use crate::commands::get;
use crate::credentials::MfaSerial;
use crate::onepassword::{Item, OnePassword};
use crate::settings::Settings;

/// Looks at the item, which comes back if it could be read.
pub fn check(
    op: &OnePassword,
    settings: &Settings,
    files: &ConfigFiles,
    clock: &Clock,
) -> (Vec<Check>, Option<Item>) {
    let item = match op.item_get(&settings.flags.key_item(), clock) {
        Ok(item) => item,
        Err(error) => {
            let mut checks = vec![Check::from_error(&error)];
            checks.extend(op.may_lack_setgid(&error).then(|| setgid(op)));
            checks.extend(session_variable(settings));
            return (checks, None);
        }
    };
    let flags = &settings.flags;
    let found = format!("item: {}", item.place());
    let mut checks = vec![Check::ok(found)];
    checks.extend(key(&item, settings));
    if !flags.no_session {
        checks.push(mfa_serial(&item, settings, files));
        checks.push(one_time_password(op, &item, clock));
    }
    (checks, Some(item))
}

/// The key's two fields one by one, then both as a key.
fn key(item: &Item, settings: &Settings) -> Vec<Check> {
    let flags = &settings.flags;
    let fields = [
        (&flags.access_key_field, "--access-key-field"),
        (&flags.secret_key_field, "--secret-key-field"),
    ];
    let mut checks = Vec::new();
    for (name, flag) in fields {
        checks.push(match item.value(name, flag) {
            Ok(_) => Check::ok(format!("field '{name}': there, once")),
            Err(error) => Check::from_error(&error),
        });
    }
    let is_there = !checks
        .iter()
        .any(|check| check.verdict == super::Verdict::Failed);
    let key = is_there.then(|| get::access_key(item, flags));
    if let Some(Err(error)) = key {
        checks.push(Check::from_error(&error));
    }
    checks
}

fn mfa_serial(item: &Item, settings: &Settings, files: &ConfigFiles) -> Check {
    let flags = &settings.flags;
    let field = &flags.mfa_serial_field;
    let profile = flags.profile.as_deref().unwrap_or("default");
    let text = if let Some(serial) = &flags.mfa_serial {
        serial.as_str()
    } else if item.has_value(field) {
        match item.value(field, "--mfa-serial-field") {
            Ok(serial) => serial.expose(),
            Err(error) => return Check::from_error(&error),
        }
    } else if let Some(serial) = files.setting(profile, "mfa_serial") {
        serial
    } else {
        return Check::failed(format!(
            "MFA serial: neither field '{field}' of the item nor mfa_serial of profile '{profile}' is set; put the ARN of the device into the field"
        ));
    };
    match MfaSerial::parse(text) {
        // Not the value: whatever was put into the wrong field isn't shown.
        Ok(serial) if serial.as_str().starts_with("arn:") => Check::ok("MFA serial: an ARN"),
        Ok(_) => Check::ok("MFA serial: the number of a device"),
        Err(error) => Check::failed(format!("MFA serial: {error:#}")),
    }
}

/// The code that came with the item is as good as one that is fetched; neither is used up, since STS doesn't see it.
fn one_time_password(op: &OnePassword, item: &Item, clock: &Clock) -> Check {
    if item.one_time_password_period().is_none() {
        return Check::warning(
            "one-time password: the item has none; add it, or type the code at each new session",
        );
    }
    let code = if item.shows_one_time_password() {
        Ok(())
    } else {
        op.one_time_password(item, clock).map(drop)
    };
    match code {
        Ok(()) => Check::ok("one-time password: six digits"),
        Err(error) => Check::from_error(&error),
    }
}

/// Only where the app turned `op` away: without the app, `op` needs no setgid.
fn setgid(op: &OnePassword) -> Check {
    Check::warning(format!(
        "op: {} isn't setgid, so that the app may turn it away; install it from 1Password's package",
        op.path().display()
    ))
}

/// Only where the item couldn't be read: while it can, the variable does its work.
fn session_variable(settings: &Settings) -> Option<Check> {
    let mut names = settings.environment.names();
    let name = names.find(|name| name.starts_with("OP_SESSION_"))?;
    Some(Check::warning(format!(
        "{name} is set, and may no longer hold; unset it, or sign in again"
    )))
}
