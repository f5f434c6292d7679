//! `status`: the session in the item, for people or as JSON.

use anyhow::{Result, bail};
use serde_json::json;
use time::OffsetDateTime;

use super::line::{self, InUse};
use super::session_item;
use super::stored::Stored;
use crate::cache::CachedSession;
use crate::clock::{self, in_words, local};
use crate::credentials::format_time;
use crate::keep::{self, Keeper};
use crate::lock;
use crate::onepassword::{Item, OnePassword};
use crate::output::{Outcome, Text};
use crate::run::Run;

/// Reads the item, once, and shows the session for people or as JSON; the exit status is 0 if it would be served. The
/// lock is left alone: nothing is changed, and nobody is waited for.
pub fn run(run: Run, json: bool) -> Result<Outcome> {
    let in_use = line::in_use(run)?;
    let run = &in_use.run;
    if run.flags.aws.no_session {
        bail!("cannot show a session: with --no-session there is none");
    }
    let flags = &run.flags;
    let item = session_item::read(&OnePassword::find(run)?, flags)?;
    let key_item = Some(&item).filter(|item| !item.is_dedicated());
    let stored = Stored::in_item(&item, key_item, flags);
    let unstored = lock::unstored_at(run, &item);
    let kept = keep::list(run).into_iter();
    let mut kept = kept.filter(|keeper| keeper.is_here && keeper.is_of_item);
    let look = Look {
        in_use: &in_use,
        item: &item,
        stored: &stored,
        unstored,
        kept: kept.next_back(),
    };
    let text = if json { schema(&look) } else { tell(&look) };
    Ok(Outcome::new(text, stored.objection().is_none()))
}

/// What is told.
struct Look<'a> {
    in_use: &'a InUse,
    item: &'a Item,
    stored: &'a Stored,
    /// When a new session couldn't be stored, in UTC.
    unstored: Option<OffsetDateTime>,
    kept: Option<Keeper>,
}

fn tell(look: &Look) -> Text {
    let Look {
        in_use,
        item,
        stored,
        unstored,
        kept,
    } = look;
    let named = |name: &Option<String>, id: &str| match name {
        Some(name) => format!("{name} ({id})"),
        None => id.to_owned(),
    };
    let mut lines: Vec<_> = in_use
        .told()
        .map(|line| ("line", line))
        .into_iter()
        .collect();
    lines.push(("item", named(&item.title, &item.id)));
    lines.extend(
        item.vault_id
            .iter()
            .map(|id| ("vault", named(&item.vault, id))),
    );
    lines.extend(stored.cached().into_iter().flat_map(tell_session));
    let served = stored.objection().map_or("yes".to_owned(), |objection| {
        format!("no: {objection}; the next run gets a new one")
    });
    lines.push(("served", served));
    lines.extend(unstored.map(|time| ("stored", not_stored(time))));
    lines.extend(kept.as_ref().map(|keeper| ("kept", keeper.how_long())));
    let lines = lines
        .iter()
        .map(|(name, value)| format!("{name:<8} {value}"));
    Text::lines(&lines.collect::<Vec<_>>())
}

/// Says that each run uses a code up.
pub fn not_stored(time: OffsetDateTime) -> String {
    format!(
        "no: a new session couldn't be stored on {}, and each run without one uses a code up; run `get-1password-creds` at a terminal to see why",
        local(time)
    )
}

fn tell_session(cached: &CachedSession) -> Vec<(&'static str, String)> {
    let session = &cached.session;
    let mut lines = vec![("key id", format!("…{}", end(&session.access_key_id)))];
    lines.extend(cached.origin.as_ref().map(|origin| {
        let (time, key) = (local(origin.minted_at), end(&origin.access_key_id));
        ("minted", format!("{time}, from key id …{key}"))
    }));
    let left = session.expiration - clock::now();
    let distance = if left.is_positive() {
        format!("in {}", in_words(left))
    } else {
        format!("{} ago", in_words(left))
    };
    let expires = local(session.expiration);
    lines.push(("expires", format!("{expires}, {distance}")));
    lines
}

/// Writes the JSON that the README documents: always the same keys, null for what isn't known.
fn schema(look: &Look) -> Text {
    let Look {
        in_use,
        item,
        stored,
        unstored,
        kept,
    } = look;
    let cached = stored.cached();
    let session = cached.map(|cached| &cached.session);
    let origin = cached.and_then(|cached| cached.origin.as_ref());
    let json = json!({
        "profile": in_use.line.as_ref().map(|(profile, _)| profile),
        "item_id": item.id,
        "item": item.title,
        "vault_id": item.vault_id,
        "vault": item.vault,
        "state": stored.word(),
        "served": stored.objection().is_none(),
        "key_id_end": session.map(|session| end(&session.access_key_id)),
        "expires_at": session.map(|session| format_time(session.expiration)),
        "seconds_left": session.map(|session| (session.expiration - clock::now()).whole_seconds()),
        "minted_at": origin.map(|origin| format_time(origin.minted_at)),
        "minted_from_key_id_end": origin.map(|origin| end(&origin.access_key_id)),
        "unstored_at": unstored.map(format_time),
        "kept_until": kept.as_ref().map(|keeper| format_time(keeper.end)),
    });
    Text::json(&json)
}

/// The last four characters: enough to recognise a key id, and no more.
fn end(key_id: &str) -> String {
    let count = key_id.chars().count();
    key_id.chars().skip(count.saturating_sub(4)).collect()
}
