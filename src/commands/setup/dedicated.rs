//! The dedicated item that `--cache-item` names. Only `setup` makes it: at the time of a session, two machines would make two.

use anyhow::Result;

use super::print_lines;
use crate::commands::session_item;
use crate::lock::{self, Work};
use crate::onepassword::{Item, OnePassword};
use crate::run::Run;

/// A dedicated item, found or made.
pub struct DedicatedItem {
    pub item: Item,
    pub is_new: bool,
}

impl DedicatedItem {
    /// Returns whether the options name one.
    pub fn is_wanted(run: &Run) -> bool {
        !run.flags.aws.no_session && run.flags.op.cache_item.is_some()
    }

    /// Finds the item, or makes it.
    pub fn find_or_make(run: &Run) -> Result<Self> {
        let flags = &run.flags;
        let name = flags.session_item();
        let op = OnePassword::find(run)?;
        let lock = format!("make {}", name.item);
        let work = Work {
            does: "makes the item",
            late: "cannot make the item: another run that makes one",
            advice: lock::PROMPT,
        };
        let _lock = lock::hold(run, &lock, &work)?;
        let found = op.make_dedicated(&name, &flags.op.cache_field);
        let (item, is_new) =
            found.map_err(|error| session_item::with_way_to_make_it(error, flags))?;
        if is_new {
            print_lines(&[&format!("made     item {}", item.place())])?;
        }
        Ok(Self { item, is_new })
    }
}
