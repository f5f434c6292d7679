//! `--keep`: the answer of a flight stays in memory for some minutes, for runs of the same terminal session that ask the
//! same question.
//!
//! The memory is that of a small process, the keeper, which listens on a socket as the leader of a flight does. Trouble
//! with it is never an error: the run goes on as without `--keep`.

mod client;
mod keeper;
mod life;
mod running;
mod task;

use std::io::{self, ErrorKind, Read};
use std::os::unix::net::UnixStream;
use std::time::{Duration, SystemTime};

use time::OffsetDateTime;

use crate::clock;
use crate::credentials::Secret;
use crate::folder::{Folder, short_name};
use crate::process::{self, terminal_session};
use crate::run::Run;
use crate::socket;
use crate::terminal;
use task::Task;

pub use keeper::{is_keeper, run};
pub use running::{Keeper, end_all, list};

/// How long a run waits for a keeper: one that takes longer is stopped.
const PATIENCE: Duration = Duration::from_secs(1);

/// The length of most answers, in bytes: a buffer of this size holds them without growing.
const USUAL_ANSWER: usize = 4096;

/// The end of the names of the keepers' sockets.
const END_OF_NAME: &str = ".k";

/// The end of the new name of a socket whose keeper `clear` ends.
const END_OF_ENDING: &str = ".ending";

/// The mark that `clear` leaves.
const CLEARED: &str = "cleared";

/// The socket under which the answer to a question is kept, and for how long.
pub struct Kept<'a> {
    folder: &'a Folder,
    life: Duration,
    margin: Duration,
    name: String,
    /// When `clear` last ran before this run began.
    cleared: Option<SystemTime>,
}

impl<'a> Kept<'a> {
    /// Names the socket for a flight's question; returns `None` if the options don't ask for it.
    pub fn new(run: &Run, folder: &'a Folder, flight: &str) -> Option<Self> {
        let flags = &run.flags;
        let is_session = flags.command.is_none() && !flags.aws.no_session;
        // 0 may be any session whose leader is in another pid namespace.
        let session = Some(terminal_session()).filter(|id| *id > 0 && is_session)?;
        Some(Self {
            folder,
            life: flags.aws.keep?,
            margin: flags.aws.margin,
            name: format!("{flight}.{session}.{}{END_OF_NAME}", subject(run)),
            cleared: folder.time_of(CLEARED),
        })
    }

    /// Starts a keeper of an answer that was asked for at `since`, if the answer expires, as a session does, and if there is
    /// a terminal, with which the keeper can end.
    pub fn start(
        &self,
        question: &[u8],
        answer: &Secret<Vec<u8>>,
        since: OffsetDateTime,
        expiration: Option<OffsetDateTime>,
    ) {
        let Some(expiration) = expiration else {
            return;
        };
        let length = |duration| time::Duration::try_from(duration).unwrap_or(time::Duration::MAX);
        let end = since.saturating_add(length(self.life));
        let end = end.min(expiration.saturating_sub(length(self.margin)));
        if end <= clock::now() || process::is_interrupted() || !terminal::is_there() {
            return;
        }
        remove_dead(self.folder);
        let text = Task::encode(&self.name, end, question, answer.expose());
        // Where it fails, the next run asks `op`.
        _ = self.folder.within(|| {
            let text = text.expose();
            process::leave_behind(keeper::ARGUMENT, text, PATIENCE)
        });
        // The item may have been read before `clear` emptied it. From now on `clear` finds the keeper.
        if self.folder.time_of(CLEARED) != self.cleared {
            self.folder.remove(&self.name);
        }
    }
}

/// Asks the keeper of a flight's answer; returns `None` if there is no keeper.
pub fn ask(
    folder: &Folder,
    flight: &str,
    question: &[u8],
    patience: Duration,
) -> Option<Secret<Vec<u8>>> {
    let name = names(folder, END_OF_NAME).find(|name| name.split('.').next() == Some(flight))?;
    let patience = PATIENCE.min(patience).max(Duration::from_millis(1));
    let stream = socket::connect(folder, &name, patience)?;
    let answer = read_answer(&stream, question, patience);
    if matches!(&answer, Err(error) if error.kind() == ErrorKind::WouldBlock) {
        // The keeper is stopped, and no other run needs to wait for it. Without its socket it ends when it goes on.
        folder.remove(&name);
    }
    answer.ok()
}

fn read_answer(
    stream: &UnixStream,
    question: &[u8],
    patience: Duration,
) -> io::Result<Secret<Vec<u8>>> {
    // Before the check of the other side, which then takes place while the keeper wakes up.
    socket::ask(stream, question)?;
    socket::peer(stream)?;
    stream.set_read_timeout(Some(patience))?;
    let mut answer = Vec::with_capacity(USUAL_ANSWER);
    let most = u64::try_from(socket::MOST_OF_ANSWER).unwrap_or_default();
    stream.take(most).read_to_end(&mut answer)?;
    Ok(Secret::new(answer))
}

/// Makes a short name of the options that choose the session, for `status`.
fn subject(run: &Run) -> String {
    let flags = &run.flags;
    let cache_item = flags.op.cache_item.as_ref().map(ToString::to_string);
    short_name((
        (
            &flags.op.item,
            &flags.op.vault,
            cache_item,
            &flags.op.cache_field,
        ),
        (&flags.op.account, run.environment.get("OP_ACCOUNT")),
    ))
}

/// Removes the sockets of keepers that were killed, and of a killed `clear`, once the keepers would have ended anyway.
fn remove_dead(folder: &Folder) {
    let is_dead = |name: &String| {
        let end = folder.time_of(name).map(OffsetDateTime::from);
        end.is_some_and(|end| end < clock::now())
    };
    let names = names(folder, END_OF_NAME).chain(names(folder, END_OF_ENDING));
    for name in names.filter(is_dead) {
        folder.remove(&name);
    }
}

/// Lists the files whose names end like this.
fn names<'a>(folder: &Folder, end: &'a str) -> impl Iterator<Item = String> + use<'a> {
    let names = folder.names().into_iter();
    names.filter(move |name| name.ends_with(end))
}
