//! The `credential_process` line: this program's path, and the options that differ from the defaults.
//!
//! No word of it has white space, quotes or what a shell takes for its own: awsume splits at white space, the AWS CLI
//! as a shell would, and other SDKs run a shell.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::cli::{Flags, is_plain};
use crate::onepassword::Item;
use crate::run::Run;

/// Options whose value has an id to take its place.
const BY_ID: [&str; 7] = [
    "--item",
    "--vault",
    "--cache-item",
    "--cache-field",
    "--access-key-field",
    "--secret-key-field",
    "--mfa-serial-field",
];

/// Refuses what fits no line, whatever the item is.
pub fn check(run: &Run) -> Result<()> {
    program(run)?;
    for (option, value) in run.flags.words() {
        if !BY_ID.contains(&option) {
            fit(&value.unwrap_or_default(), None, option)?;
        }
    }
    Ok(())
}

/// The item of the session, where it isn't that of the key.
#[derive(Clone, Copy)]
pub enum Dedicated<'a> {
    No,
    /// It may have to be made first; then it has an id.
    Named,
    Is(&'a Item),
}

/// Writes the line for this item.
pub fn compose(run: &Run, item: &Item, dedicated: Dedicated) -> Result<String> {
    let flags = &run.flags;
    let mut words = vec![program(run)?];
    // Beside a dedicated item, the item of the key goes by its id: by that alone others know that the session isn't theirs.
    let has_one = !matches!(dedicated, Dedicated::No);
    if has_one {
        words.extend(["--item".to_owned(), item.id.clone()]);
    }
    for (option, value) in flags.words() {
        // With --no-session there is no dedicated item, whatever the options name.
        let is_passed_over = match option {
            "--item" => has_one,
            "--cache-item" => !has_one,
            _ => false,
        };
        if is_passed_over {
            continue;
        }
        words.push(option.to_owned());
        if let Some(value) = value {
            words.push(fit(
                &value,
                id(option, flags, item, dedicated).as_deref(),
                option,
            )?);
        }
    }
    Ok(words.join(" "))
}

/// Writes the path of this program.
pub fn program(run: &Run) -> Result<String> {
    let program = own_path(run)?;
    let program = program.to_str().filter(|path| is_plain(path));
    program.map(str::to_owned).context(
        "the path of this program has white space, or a character that a shell takes for its own; move the program",
    )
}

/// Returns the path of this program: as it was called or is found on PATH, since a link there stays when an update
/// moves what lies behind it.
fn own_path(run: &Run) -> Result<PathBuf> {
    let own = env::current_exe().context("cannot find the path of this program")?;
    let is_own = |path: &PathBuf| fs::canonicalize(path).ok() == fs::canonicalize(&own).ok();
    let called = env::args_os().next().map(PathBuf::from).unwrap_or_default();
    let name = called.file_name().map_or(Path::new(""), Path::new);
    let on_path = run.search_path.iter().map(|folder| folder.join(name));
    let as_called = called.is_absolute().then(|| called.clone());
    let mut candidates = as_called.into_iter().chain(on_path);
    let found = candidates.find(is_own);
    Ok(found.unwrap_or(own))
}

/// Returns the id of what an option names in 1Password.
fn id(option: &str, flags: &Flags, item: &Item, dedicated: Dedicated) -> Option<String> {
    let field = |item: &Item, name: &str| match item.fields(name).as_slice() {
        [field] => Some(field.id().to_owned()),
        _ => None,
    };
    match (option, dedicated) {
        ("--cache-item" | "--cache-field", Dedicated::Named) => Some("id".to_owned()),
        ("--cache-item", Dedicated::Is(dedicated)) => {
            let vault = flags.op.cache_item.as_ref()?.vault.as_ref();
            let vault = vault.and(dedicated.vault_id.as_ref());
            let vault = vault.map(|vault| format!("{vault}/")).unwrap_or_default();
            Some(vault + &dedicated.id)
        }
        ("--cache-field", Dedicated::Is(dedicated)) => field(dedicated, &flags.op.cache_field),
        ("--cache-field", Dedicated::No) => field(item, &flags.op.cache_field),
        ("--item", _) => Some(item.id.clone()),
        ("--vault", _) => item.vault_id.clone(),
        ("--access-key-field", _) => field(item, &flags.op.access_key_field),
        ("--secret-key-field", _) => field(item, &flags.op.secret_key_field),
        ("--mfa-serial-field", _) => field(item, &flags.op.mfa_serial_field),
        _ => None,
    }
}

/// Takes a value as it is, or else the id of what it names.
pub fn fit(value: &str, id: Option<&str>, option: &str) -> Result<String> {
    let mut words = [Some(value), id].into_iter().flatten();
    let word = words.find(|word| is_plain(word)).map(str::to_owned);
    word.with_context(|| {
        format!(
            "the value of {option} has white space, or a character that a shell takes for its own; pass another name, or an id"
        )
    })
}
