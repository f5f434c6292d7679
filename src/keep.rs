//! `--keep`: the answer of a flight stays in memory for some minutes, for runs of the same terminal session that ask the
//! same.
//!
//! The memory is that of a small process, the keeper, which listens on a socket as the leader of a flight does. Whatever
//! is wrong with it, the run goes on as without it.

mod keeper;
mod life;

use std::io::{self, ErrorKind, Read};
use std::os::unix::net::UnixStream;
use std::time::{Duration, SystemTime};

use nix::unistd::Pid;
use time::OffsetDateTime;

use crate::clock::{self, in_words};
use crate::credentials::Secret;
use crate::folder::{Folder, short_name};
use crate::process::{self, terminal_session};
use crate::run::Run;
use crate::socket;
use crate::terminal;

pub use keeper::{is_keeper, run};

/// How long a run waits for a keeper: one that takes longer is stopped.
const PATIENCE: Duration = Duration::from_secs(1);

/// What most answers have room in: they are then read at once.
const USUAL_ANSWER: usize = 4096;

/// The end of the names of the keepers' sockets.
const END_OF_NAME: &str = ".k";

/// The end of the new name of a socket whose keeper `clear` ends.
const END_OF_ENDING: &str = ".ending";

/// The mark that `clear` leaves.
const CLEARED: &str = "cleared";

/// The place where the answer to one question is kept.
pub struct Kept<'a> {
    folder: &'a Folder,
    life: Duration,
    margin: Duration,
    name: String,
    /// When `clear` was at work last, before this run began.
    cleared: Option<SystemTime>,
}

impl<'a> Kept<'a> {
    /// Names the place for a flight's question; there is none unless the options say so.
    pub fn new(run: &Run, folder: &'a Folder, flight: &str) -> Option<Self> {
        let flags = &run.flags;
        let is_session = flags.command.is_none() && !flags.aws.no_session;
        // 0 stands for any session whose leader is in another pid namespace.
        let session = Some(terminal_session()).filter(|id| *id > 0 && is_session)?;
        Some(Self {
            folder,
            life: flags.aws.keep?,
            margin: flags.aws.margin,
            name: format!("{flight}.{session}.{}{END_OF_NAME}", subject(run)),
            cleared: folder.time_of(CLEARED),
        })
    }

    /// Starts a keeper of an answer that was asked for at `since`, if it is a session, which expires. A keeper ends with the
    /// terminal, so there must be one.
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
        let text = keeper::Task::spell(&self.name, end, question, answer.expose());
        // Without it the next run asks `op`.
        _ = self.folder.within(|| {
            let text = text.expose();
            process::leave_behind(keeper::ARGUMENT, text, PATIENCE)
        });
        // The item may have been read before `clear` emptied it. From here on `clear` finds the keeper.
        if self.folder.time_of(CLEARED) != self.cleared {
            self.folder.remove(&self.name);
        }
    }
}

/// Asks the keeper of a flight's answer; nothing if there is none.
pub fn ask(
    folder: &Folder,
    flight: &str,
    question: &[u8],
    patience: Duration,
) -> Option<Secret<Vec<u8>>> {
    let name = names(folder, END_OF_NAME).find(|name| name.split('.').next() == Some(flight))?;
    let patience = PATIENCE.min(patience).max(Duration::from_millis(1));
    let stream = socket::connect(folder, &name, patience)?;
    let answer = hear(&stream, question, patience);
    if matches!(&answer, Err(error) if error.kind() == ErrorKind::WouldBlock) {
        // It is stopped, and nobody else needs to wait for it. When it goes on, it ends without its socket.
        folder.remove(&name);
    }
    answer.ok()
}

fn hear(stream: &UnixStream, question: &[u8], patience: Duration) -> io::Result<Secret<Vec<u8>>> {
    // At once: while the keeper wakes up, it is seen whether it is one.
    socket::ask(stream, question)?;
    socket::peer(stream)?;
    stream.set_read_timeout(Some(patience))?;
    let mut answer = Vec::with_capacity(USUAL_ANSWER);
    let most = u64::try_from(socket::MOST_OF_ANSWER).unwrap_or_default();
    stream.take(most).read_to_end(&mut answer)?;
    Ok(Secret::new(answer))
}

/// Names what a session is of, by the options, for `status`.
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

/// A keeper at work, as others see it.
pub struct Keeper {
    pub pid: Pid,
    /// When it ends, unless something ends it sooner.
    pub end: OffsetDateTime,
    /// Whether it serves this terminal session.
    pub is_here: bool,
    /// Whether it has the session that the options are about.
    pub is_of_item: bool,
}

impl Keeper {
    /// Returns where and for how long it keeps its answer.
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
    let look = |name: String| {
        let mut parts = name.strip_suffix(END_OF_NAME)?.split('.').skip(1);
        let (session, subject) = (parts.next()?, parts.next()?);
        let (_, pid) = socket::owner(&socket::connect(folder, &name, PATIENCE)?).ok()?;
        Some(Keeper {
            pid,
            end: folder.time_of(&name)?.into(),
            is_here: session == terminal_session().to_string(),
            is_of_item: subject == self::subject(run),
        })
    };
    let mut keepers: Vec<Keeper> = names(folder, END_OF_NAME).filter_map(look).collect();
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
    // A keeper looks for its socket when a client connects. The socket must be gone already: a keeper that refuses this client,
    // since it is in another terminal session, would live on for a while.
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
