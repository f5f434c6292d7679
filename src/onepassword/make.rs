//! How the dedicated item of `--cache-item` is made: `op item create -`, with JSON over stdin.

use anyhow::{Context, Error, Result, anyhow};

use super::{Item, ItemName, OnePassword, Question, dedicated, is_id};
use crate::clock::Clock;
use crate::process::Input;
use crate::refusal::Refusal;

/// `op` takes an item over stdin from 2.23.0 on; older than this is too little tried.
const OLDEST: (u32, u32) = (2, 27);

impl OnePassword<'_> {
    /// Makes a dedicated item unless it is there; returns whether it is new.
    pub fn make_dedicated(
        &self,
        name: &ItemName,
        cache_field: &str,
        clock: &Clock,
    ) -> Result<(Item, bool)> {
        self.check_version(name.item, clock)?;
        // Past op's cache, which may not know of it yet.
        let read = || self.item_get_by_name(name, &["--cache=false"], clock);
        match read() {
            Ok(item) => return Ok((item, false)),
            Err(error) if is_absent(&error) && !is_id(name.item) => {}
            Err(error) => return Err(error),
        }
        let vault = name.vault.iter().flat_map(|vault| ["--vault", vault]);
        let args: Vec<&str> = ["-", "--format", "json"].into_iter().chain(vault).collect();
        let question = Question {
            command: "item create",
            name,
            args: &args,
            assignments: &[],
            input: Input::Text(&dedicated::new_item(name.item, cache_field)),
        };
        let made = self.ask_for_item(question, clock);
        made.with_context(|| format!("cannot make 1Password item '{}'", name.item))?;
        // By name, as each run will: another item of that name shows, too.
        Ok((read()?, true))
    }

    /// Refuses an `op` that is too old to write a dedicated item over stdin.
    pub fn check_version(&self, item: &str, clock: &Clock) -> Result<()> {
        let aim = || format!("cannot keep a session in 1Password item '{item}'");
        let version = self.version(clock).with_context(aim)?;
        if parse_version(&version) >= OLDEST {
            return Ok(());
        }
        let (major, minor) = OLDEST;
        let reason = format!(
            "`op` {version} is too old for --cache-item; update it to {major}.{minor} or later"
        );
        Err(anyhow!(Refusal::Final(reason)).context(aim()))
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
