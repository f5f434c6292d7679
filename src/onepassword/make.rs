//! How the item that `--cache-item` names is made: `op item create -`, with JSON over stdin.

use anyhow::{Context, Result, anyhow};

use super::{Item, OnePassword, advice};
use crate::clock::Clock;
use crate::complaint::Refusal;
use crate::process::Input;

/// `op` takes an item over stdin from 2.23.0 on; older than this is too little tried (issue 8).
const OLDEST: (u32, u32) = (2, 27);

/// The item as it was read, after it was made or not.
pub enum CacheItemState {
    Found(Item),
    Made(Item),
}

impl OnePassword<'_> {
    /// Makes the item of the session unless it is there; nothing to do where it is that of the key.
    pub fn make_cache_item(&self, clock: &Clock) -> Result<Option<CacheItemState>> {
        let Some(own) = &self.cache_item else {
            return Ok(None);
        };
        self.check_version(clock)?;
        match self.item_get(clock) {
            Ok(item) => return Ok(Some(CacheItemState::Found(item))),
            Err(error) if advice::is_absent(&format!("{error:#}")) => {}
            Err(error) => return Err(error),
        }
        let vault = self.vault.iter().flat_map(|vault| ["--vault", vault]);
        let args: Vec<&str> = ["-", "--format", "json"].into_iter().chain(vault).collect();
        let made = self.ask_for_item("item create", &args, Input::Text(&own.new_item()), clock);
        let made = made.with_context(|| format!("cannot make 1Password item '{}'", self.item))?;
        // Seen is only what can be read back.
        let made = self.item_get_uncached(&made, clock)?;
        Ok(Some(CacheItemState::Made(made)))
    }

    /// Refuses an `op` that is too old to write an item over stdin; none is too old where that isn't done.
    pub fn check_version(&self, clock: &Clock) -> Result<()> {
        if self.cache_item.is_none() {
            return Ok(());
        }
        let aim = || format!("cannot keep a session in 1Password item '{}'", self.item);
        let version = self.version(clock).with_context(aim)?;
        let mut numbers = version
            .split('.')
            .map(|number| number.parse().unwrap_or_default());
        let mut next = || numbers.next().unwrap_or_default();
        if (next(), next()) >= OLDEST {
            return Ok(());
        }
        let (major, minor) = OLDEST;
        let reason = format!(
            "`op` {version} is too old for --cache-item; update it to {major}.{minor} or later"
        );
        Err(anyhow!(Refusal::Final(reason)).context(aim()))
    }
}
