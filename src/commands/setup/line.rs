//! The `credential_process` line: this program's path, and the options that differ from the defaults.
//!
//! No word of it has white space, quotes or what a shell takes for its own: awsume splits at white space, the AWS CLI
//! as a shell would, and other SDKs run a shell.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;

use crate::cli::{Flags, is_plain};
use crate::onepassword::Item;
use crate::settings::Settings;

/// Spells the line for this item.
pub fn compose(settings: &Settings, item: &Item, cache_item: Option<&Item>) -> Result<String> {
    let program = settings.own_path()?;
    let program = program.to_str().filter(|path| is_plain(path));
    let program = program.context(
        "the path of this program has white space, or a character that a shell takes for its own; move the program",
    )?;
    let flags = &settings.flags;
    let usual = Flags::try_parse_from([program])?;
    let mut words = vec![program.to_owned()];
    for (flag, name, id) in names(flags, &usual, item, cache_item) {
        words.extend([flag.to_owned(), fit(&name, id.as_deref(), flag)?]);
    }
    for (flag, value) in values(flags, &usual) {
        words.extend([flag.to_owned(), fit(&value, None, flag)?]);
    }
    words.extend(flags.no_session.then(|| "--no-session".to_owned()));
    Ok(words.join(" "))
}

/// Lists the options that differ from the defaults and name a thing in 1Password, each with the id of the thing. Beside
/// a cache item, the item of the key goes by its id: by that alone others know that the session isn't theirs.
fn names(
    flags: &Flags,
    usual: &Flags,
    item: &Item,
    cache_item: Option<&Item>,
) -> Vec<(&'static str, String, Option<String>)> {
    let mut names = Vec::new();
    if cache_item.is_some() {
        names.push(("--item", item.id.clone(), None));
    } else if flags.item != usual.item {
        names.push(("--item", flags.item.clone(), Some(item.id.clone())));
    }
    if let Some(vault) = &flags.vault {
        names.push(("--vault", vault.clone(), item.vault_id.clone()));
    }
    if let (Some(named), Some(item)) = (&flags.cache_item, cache_item) {
        let ids = match (&named.vault, &item.vault_id) {
            (Some(_), Some(vault_id)) => format!("{vault_id}/{}", item.id),
            _ => item.id.clone(),
        };
        names.push(("--cache-item", named.to_string(), Some(ids)));
    }
    let session_item = cache_item.unwrap_or(item);
    for (flag, name, usual, item) in [
        (
            "--cache-field",
            &flags.cache_field,
            &usual.cache_field,
            session_item,
        ),
        (
            "--access-key-field",
            &flags.access_key_field,
            &usual.access_key_field,
            item,
        ),
        (
            "--secret-key-field",
            &flags.secret_key_field,
            &usual.secret_key_field,
            item,
        ),
        (
            "--mfa-serial-field",
            &flags.mfa_serial_field,
            &usual.mfa_serial_field,
            item,
        ),
    ] {
        if name != usual {
            names.push((flag, name.clone(), only_id(item, name)));
        }
    }
    names
}

/// Lists the other options that differ from the defaults.
fn values(flags: &Flags, usual: &Flags) -> Vec<(&'static str, String)> {
    let profile = flags.profile.clone().filter(|name| name != "default");
    let serial = flags
        .mfa_serial
        .as_ref()
        .map(|serial| serial.as_str().to_owned());
    let margin = (flags.margin != usual.margin).then_some(flags.margin);
    let timeout = (flags.timeout != usual.timeout).then_some(flags.timeout);
    let path =
        |path: &Path, usual: &Path| (path != usual).then(|| path.to_string_lossy().into_owned());
    let values = [
        ("--account", flags.account.clone()),
        ("--mfa-serial", serial),
        ("--profile", profile),
        ("--duration", flags.duration.map(in_letters)),
        ("--margin", margin.map(in_letters)),
        ("--timeout", timeout.map(in_letters)),
        ("--op", path(&flags.op, &usual.op)),
        ("--aws", path(&flags.aws, &usual.aws)),
    ];
    let values = values.into_iter();
    values
        .filter_map(|(flag, value)| Some((flag, value?)))
        .collect()
}

/// Gives the id of the one field that the name means.
fn only_id(item: &Item, name: &str) -> Option<String> {
    match item.fields(name).as_slice() {
        [field] => Some(field.id().to_owned()),
        _ => None,
    }
}

/// Takes a value as it is, or else the id of what it names.
fn fit(value: &str, id: Option<&str>, flag: &str) -> Result<String> {
    let mut words = [Some(value), id].into_iter().flatten();
    let word = words.find(|word| is_plain(word)).map(str::to_owned);
    word.with_context(|| {
        format!(
            "the value of {flag} has white space, or a character that a shell takes for its own; pass another name, or an id"
        )
    })
}

/// Writes a duration in its largest whole unit.
fn in_letters(duration: Duration) -> String {
    match duration.as_secs() {
        seconds if seconds % 3600 == 0 => format!("{}h", seconds / 3600),
        seconds if seconds % 60 == 0 => format!("{}m", seconds / 60),
        seconds => format!("{seconds}s"),
    }
}
