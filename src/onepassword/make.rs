//! Makes items, the dedicated one of `--cache-item` and that of a key: `op item create -`, with JSON over stdin.

use anyhow::{Context, Error, Result};

use super::{Item, ItemName, NewKey, OnePassword, Question, dedicated, is_id};
use crate::cli::Flags;
use crate::process::Input;
use crate::refusal::Refusal;

/// The oldest version of `op` that is supported. An item is read from stdin since 2.23.0, but older versions than this are
/// not tested.
const OLDEST: (u32, u32) = (2, 27);

impl OnePassword<'_> {
    /// Makes a dedicated item unless it exists. Returns it, and whether it is new.
    pub fn make_dedicated(&self, name: &ItemName, cache_field: &str) -> Result<(Item, bool)> {
        self.check_version(name.item)?;
        if let Some(item) = self.find_item(name)? {
            return Ok((item, false));
        }
        self.create(name, &dedicated::new_item(name.item, cache_field))?;
        // By name, as each run will read it: then another item of that name is found, too.
        let item = self.item_get_past_cache(name)?;
        Ok((item, true))
    }

    /// Makes the item of a key, reads it back, and checks that it is as requested.
    pub fn make_key_item(&self, new: &NewKey, flags: &Flags) -> Result<Item> {
        let name = flags.key_item();
        let made = self.create(&name, new.item(flags).expose())?;
        let item = self.item_get_uncached(&made)?;
        let aim = || format!("cannot use 1Password item {}", item.place());
        new.check(&item, flags).with_context(aim)?;
        Ok(item)
    }

    /// Reads an item that may not exist. Returns `None` if it doesn't, and can be made under this name.
    pub fn find_item(&self, name: &ItemName) -> Result<Option<Item>> {
        match self.item_get_past_cache(name) {
            Ok(item) => Ok(Some(item)),
            Err(error) if is_absent(&error) && !is_id(name.item) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn create(&self, name: &ItemName, json: &str) -> Result<Item> {
        let vault = name.vault.iter().flat_map(|vault| ["--vault", vault]);
        let args: Vec<&str> = ["-", "--format", "json"].into_iter().chain(vault).collect();
        let question = Question {
            command: "item create",
            name,
            args: &args,
            assignments: &[],
            input: Input::Text(json),
        };
        let made = self.ask_for_item(question);
        made.with_context(|| format!("cannot make 1Password item '{}'", name.item))
    }

    /// Refuses an `op` that is too old to read a dedicated item from stdin.
    pub fn check_version(&self, item: &str) -> Result<()> {
        let aim = || format!("cannot keep a session in 1Password item '{item}'");
        self.check_age("--cache-item").with_context(aim)
    }

    /// Refuses an `op` that is too old to read an item from stdin.
    pub fn check_age(&self, purpose: &str) -> Result<()> {
        let version = self.version()?;
        if parse_version(&version) >= OLDEST {
            return Ok(());
        }
        let (major, minor) = OLDEST;
        let reason = format!(
            "`op` {version} is too old for {purpose}; update it to {major}.{minor} or later"
        );
        Err(Refusal::Final(reason).into())
    }
}

fn is_absent(error: &Error) -> bool {
    matches!(error.downcast_ref(), Some(Refusal::Absent(_)))
}

/// Reads the first two numbers of a version such as `2.34.1`, `v2.34` or `2.28-beta`.
fn parse_version(version: &str) -> (u32, u32) {
    let mut numbers = version
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|number| number.parse().ok());
    let mut next = || numbers.next().unwrap_or_default();
    (next(), next())
}
