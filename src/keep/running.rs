//! The keepers that run, as other runs see them.

use std::io::Read;

use nix::unistd::Pid;
use time::OffsetDateTime;

use super::{CLEARED, END_OF_ENDING, END_OF_NAME, PATIENCE, names, subject};
use crate::clock::{self, in_words};
use crate::folder::Folder;
use crate::process::terminal_session;
use crate::run::Run;
use crate::socket;

/// A keeper that runs.
pub struct Keeper {
    pub pid: Pid,
    /// When it ends, unless something ends it sooner; in UTC.
    pub end: OffsetDateTime,
    /// Whether it answers runs of this terminal session.
    pub is_here: bool,
    /// Whether it keeps the session that the options are about.
    pub is_of_item: bool,
}

impl Keeper {
    /// Connects to the keeper of a socket; returns `None` if none listens.
    fn find(run: &Run, folder: &Folder, name: &str) -> Option<Self> {
        let mut parts = name.strip_suffix(END_OF_NAME)?.split('.').skip(1);
        let (session, subject) = (parts.next()?, parts.next()?);
        let (_, pid) = socket::owner(&socket::connect(folder, name, PATIENCE)?).ok()?;
        Some(Self {
            pid,
            end: folder.time_of(name)?.into(),
            is_here: session == terminal_session().to_string(),
            is_of_item: subject == self::subject(run),
        })
    }

    /// Describes where and for how long it keeps its answer.
    pub fn how_long(&self) -> String {
        let left = in_words((self.end - clock::now()).max(time::Duration::ZERO));
        let terminal = if self.is_here { "this" } else { "another" };
        format!("in memory for {left} more ({terminal} terminal)")
    }
}

/// Lists the keepers of this user, and changes nothing about them.
pub fn list(run: &Run) -> Vec<Keeper> {
    let Some(folder) = run.folder() else {
        return Vec::new();
    };
    let find = |name: String| Keeper::find(run, folder, &name);
    let mut keepers: Vec<Keeper> = names(folder, END_OF_NAME).filter_map(find).collect();
    keepers.sort_by_key(|keeper| (!keeper.is_here, keeper.end));
    keepers
}

/// Ends all keepers of this user, whatever they keep, and returns how many there were. Runs that have already begun start
/// no more.
pub fn end_all(run: &Run) -> usize {
    let folders = Folder::open_all(&run.environment);
    let ended = folders.map(|folder| {
        folder.mark(CLEARED);
        names(&folder, END_OF_NAME)
            .filter(|name| end(&folder, name))
            .count()
    });
    ended.sum()
}

/// Ends the keeper that listens at a socket; returns whether there was one.
fn end(folder: &Folder, name: &str) -> bool {
    let renamed = format!("{name}{END_OF_ENDING}");
    // A keeper looks for its socket when a client connects. The socket must be gone already: otherwise a keeper of another
    // terminal session refuses this client, and runs on until it looks again.
    if folder.rename(name, &renamed).is_err() {
        return false;
    }
    let stream = socket::connect(folder, &renamed, PATIENCE);
    folder.remove(&renamed);
    let Some(mut stream) = stream else {
        return false;
    };
    // The connection is closed when the keeper ends.
    _ = stream.set_read_timeout(Some(PATIENCE));
    _ = stream.read(&mut [0]);
    true
}
