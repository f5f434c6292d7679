//! The lock of an item while its session is refreshed, and the marks that a refresh leaves.

use std::time::SystemTime;

use anyhow::Result;
use time::OffsetDateTime;

use super::{Lock, PROMPT, Work};
use crate::folder::{Folder, short_name};
use crate::onepassword::Item;
use crate::run::Run;

/// The mark that a stored session leaves, whatever its item.
const STORED: &str = "stored";

/// The end of the name of the mark of an item in which a session couldn't be stored.
const UNSTORED: &str = ".unstored";

/// When a session was last stored, by any run of this user; to be read before the item is.
pub struct StoredMark<'a> {
    run: &'a Run,
    folder: Option<&'a Folder>,
    stored: Option<SystemTime>,
}

/// The lock of an item while its session is refreshed.
pub struct ItemLock<'a> {
    lock: Option<Lock<'a>>,
    id: String,
}

impl<'a> StoredMark<'a> {
    /// Reads the mark.
    pub fn read(run: &'a Run) -> Self {
        let folder = run.folder();
        Self {
            run,
            folder,
            stored: folder.and_then(stored_at),
        }
    }

    /// Waits until no other run refreshes the session of this item. Returns `None` if one was stored since the mark was
    /// read: the item is to be read again. The mark is only compared with itself, so a clock that jumps does no harm.
    pub fn hold_item(&self, item: &Item) -> Result<Option<ItemLock<'a>>> {
        let work = Work {
            does: "gets a session",
            late: "cannot refresh the session: another run that refreshes it",
            advice: PROMPT,
        };
        let id = id(item);
        let name = format!("{id}.item");
        let lock = Lock::hold(self.folder, &name, &work, &self.run.clock)?;
        let stored = self.folder.and_then(stored_at);
        Ok((stored == self.stored).then_some(ItemLock { lock, id }))
    }
}

impl ItemLock<'_> {
    /// Marks that a session was stored, or that the one minted at this time couldn't be.
    pub fn mark(&self, stored: &Result<()>, minted_at: OffsetDateTime) {
        let Some(Lock { folder, .. }) = self.lock else {
            return;
        };
        let unstored = format!("{}{UNSTORED}", self.id);
        if stored.is_ok() {
            folder.mark(STORED);
            folder.remove(&unstored);
        } else {
            folder.mark(&unstored);
            // Without it the mark has the time of the failure, a little later.
            _ = folder.set_time(&unstored, minted_at);
        }
    }
}

/// Returns when a session was last stored, by any run of this user.
pub fn stored_at(folder: &Folder) -> Option<SystemTime> {
    folder.time_of(STORED)
}

/// Returns when the session that couldn't be stored in this item was minted, in UTC, if no run of this user has stored one
/// since.
pub fn unstored_at(run: &Run, item: &Item) -> Option<OffsetDateTime> {
    let mark = run.folder()?.time_of(&format!("{}{UNSTORED}", id(item)));
    mark.map(OffsetDateTime::from)
}

/// Makes the part of a file name that identifies an item.
fn id(item: &Item) -> String {
    short_name((&item.vault_id, &item.id))
}
