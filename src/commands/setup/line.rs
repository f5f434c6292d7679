//! The `credential_process` line: this program's path, and the options that differ from the defaults.
//!
//! Its words have no white space, quotes or other characters that mean something to a shell: awsume splits at white space,
//! the AWS CLI as a shell would, and other SDKs run a shell.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::dedicated::DedicatedItem;
use crate::cli::{Flags, is_plain};
use crate::onepassword::Item;
use crate::run::Run;

/// Options whose value can be replaced by an id.
const BY_ID: [&str; 7] = [
    "--item",
    "--vault",
    "--cache-item",
    "--cache-field",
    "--access-key-field",
    "--secret-key-field",
    "--mfa-serial-field",
];

/// Refuses the options that fit no line, whatever the item is.
pub fn check(run: &Run) -> Result<()> {
    program(run)?;
    for (option, value) in run.flags.words() {
        if !BY_ID.contains(&option) {
            fit(&value.unwrap_or_default(), None, option)?;
        }
    }
    Ok(())
}

/// The item of the session.
#[derive(Clone, Copy)]
pub enum SessionItem<'a> {
    OfKey,
    /// A dedicated item that may not be made yet, so its id isn't known.
    Named,
    Dedicated(&'a Item),
}

impl<'a> SessionItem<'a> {
    pub fn of(dedicated: Option<&'a DedicatedItem>) -> Self {
        dedicated.map_or(Self::OfKey, |found| Self::Dedicated(&found.item))
    }
}

/// Returns the line for this item.
pub fn compose(run: &Run, item: &Item, session_item: SessionItem) -> Result<String> {
    let flags = &run.flags;
    let mut words = vec![program(run)?];
    // The owner of the session in a dedicated item is the id of the key's item.
    let is_dedicated = !matches!(session_item, SessionItem::OfKey);
    if is_dedicated {
        words.extend(["--item".to_owned(), item.id.clone()]);
    }
    for (option, value) in flags.words() {
        // With --no-session, a --cache-item isn't used.
        let is_left_out = match option {
            "--item" => is_dedicated,
            "--cache-item" => !is_dedicated,
            _ => false,
        };
        if is_left_out {
            continue;
        }
        words.push(option.to_owned());
        if let Some(value) = value {
            words.push(fit(
                &value,
                id(option, flags, item, session_item).as_deref(),
                option,
            )?);
        }
    }
    Ok(words.join(" "))
}

/// Returns the path of this program, as the first word of the line.
pub fn program(run: &Run) -> Result<String> {
    let program = program_path(run)?;
    let program = program.to_str().filter(|path| is_plain(path));
    program.map(str::to_owned).context(
        "the path of this program has white space, or a character that is special in a shell; move the program",
    )
}

/// Returns the path of this program as it was called or is found on PATH: an update replaces the file that a link points
/// to, but keeps the link.
fn program_path(run: &Run) -> Result<PathBuf> {
    let program = env::current_exe().context("cannot find the path of this program")?;
    let is_program =
        |path: &PathBuf| fs::canonicalize(path).ok() == fs::canonicalize(&program).ok();
    let called = env::args_os().next().map(PathBuf::from).unwrap_or_default();
    let name = called.file_name().map_or(Path::new(""), Path::new);
    let on_path = run.search_path.iter().map(|folder| folder.join(name));
    let as_called = called.is_absolute().then(|| called.clone());
    let mut candidates = as_called.into_iter().chain(on_path);
    let found = candidates.find(is_program);
    Ok(found.unwrap_or(program))
}

/// Returns the id of the item, vault or field that an option names.
fn id(option: &str, flags: &Flags, item: &Item, session_item: SessionItem) -> Option<String> {
    let field = |item: &Item, name: &str| match item.fields(name).as_slice() {
        [field] => Some(field.id().to_owned()),
        _ => None,
    };
    match (option, session_item) {
        ("--cache-item" | "--cache-field", SessionItem::Named) => Some("id".to_owned()),
        ("--cache-item", SessionItem::Dedicated(dedicated)) => {
            let vault = flags.op.cache_item.as_ref()?.vault.as_ref();
            let vault = vault.and(dedicated.vault_id.as_ref());
            let vault = vault.map(|vault| format!("{vault}/")).unwrap_or_default();
            Some(vault + &dedicated.id)
        }
        ("--cache-field", SessionItem::Dedicated(dedicated)) => {
            field(dedicated, &flags.op.cache_field)
        }
        ("--cache-field", SessionItem::OfKey) => field(item, &flags.op.cache_field),
        ("--item", _) => Some(item.id.clone()),
        ("--vault", _) => item.vault_id.clone(),
        ("--access-key-field", _) => field(item, &flags.op.access_key_field),
        ("--secret-key-field", _) => field(item, &flags.op.secret_key_field),
        ("--mfa-serial-field", _) => field(item, &flags.op.mfa_serial_field),
        _ => None,
    }
}

/// Returns a value if it fits the line, else its id.
pub fn fit(value: &str, id: Option<&str>, option: &str) -> Result<String> {
    let mut words = [Some(value), id].into_iter().flatten();
    let word = words.find(|word| is_plain(word)).map(str::to_owned);
    word.with_context(|| {
        format!(
            "the value of {option} has white space, or a character that is special in a shell; pass another name, or an id"
        )
    })
}
