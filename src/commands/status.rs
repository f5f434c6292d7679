//! `status`: shows the session in the item, for people or as JSON.

use anyhow::{Result, bail};
use serde_json::json;
use time::OffsetDateTime;

use super::in_use::InUse;
use super::session_item;
use super::stored::Stored;
use crate::cache::CachedSession;
use crate::clock::{self, in_words, local};
use crate::credentials::{Session, format_time};
use crate::keep::{self, Keeper};
use crate::onepassword::{Item, OnePassword};
use crate::output::{Outcome, Text};
use crate::run::Run;

/// Shows the session in the item; the exit status is 0 if the next run would use it. Nothing is changed, and no lock is
/// waited for.
pub fn run(run: Run, json: bool) -> Result<Outcome> {
    let in_use = InUse::new(run)?;
    let run = &in_use.run;
    if run.flags.aws.no_session {
        bail!("cannot show a session: --no-session stores none");
    }
    let flags = &run.flags;
    let item = session_item::read(&OnePassword::find(run)?, flags)?;
    let key_item = Some(&item).filter(|item| !item.is_dedicated());
    let kept = keep::list(run).into_iter();
    let mut kept = kept.filter(|keeper| keeper.is_here && keeper.is_of_item);
    let stored = Stored::in_item(&item, key_item, flags);
    let status = Status {
        unstored_at: stored.unstored_at(&item, run),
        stored,
        kept: kept.next_back(),
        in_use: &in_use,
        item: &item,
    };
    let text = if json {
        status.json()
    } else {
        status.for_people()
    };
    Ok(Outcome::new(text, status.stored.objection().is_none()))
}

/// What is known about the session.
struct Status<'a> {
    in_use: &'a InUse,
    item: &'a Item,
    stored: Stored,
    /// When a new session couldn't be stored, in UTC.
    unstored_at: Option<OffsetDateTime>,
    kept: Option<Keeper>,
}

impl Status<'_> {
    fn for_people(&self) -> Text {
        let item = self.item;
        let line = self.in_use.description().map(|line| ("line", line));
        let mut lines: Vec<(&str, String)> = line.into_iter().collect();
        lines.push(("item", with_id(item.title.as_ref(), &item.id)));
        let vault = item.vault_id.as_ref();
        lines.extend(vault.map(|id| ("vault", with_id(item.vault.as_ref(), id))));
        lines.extend(self.stored.cached().into_iter().flat_map(session_lines));
        let objection = self.stored.objection();
        let served = objection.map_or("yes".to_owned(), |objection| {
            format!("no: {objection}; the next run gets a new one")
        });
        lines.push(("served", served));
        lines.extend(
            self.unstored_at
                .map(|time| ("stored", not_stored(time, &self.in_use.run))),
        );
        let kept = self.kept.as_ref();
        lines.extend(kept.map(|keeper| ("kept", keeper.how_long())));
        let lines = lines.iter();
        let lines = lines.map(|(name, value)| format!("{name:<8} {value}"));
        Text::lines(&lines.collect::<Vec<_>>())
    }

    /// Returns the JSON that docs/commands.md documents: always the same keys, null for an unknown value.
    fn json(&self) -> Text {
        let Self { item, stored, .. } = self;
        let line = self.in_use.line.as_ref();
        let session = stored.cached().map(|cached| &cached.session);
        let origin = stored.cached().and_then(|cached| cached.origin.as_ref());
        let seconds_left = |session: &Session| (session.expiration - clock::now()).whole_seconds();
        Text::json(&json!({
            "profile": line.map(|(profile, _)| profile),
            "item_id": item.id,
            "item": item.title,
            "vault_id": item.vault_id,
            "vault": item.vault,
            "state": stored.word(),
            "served": stored.objection().is_none(),
            "key_id_end": session.map(|session| end(&session.access_key_id)),
            "expires_at": session.map(|session| format_time(session.expiration)),
            "seconds_left": session.map(seconds_left),
            "minted_at": origin.map(|origin| format_time(origin.minted_at)),
            "minted_from_key_id_end": origin.map(|origin| end(&origin.access_key_id)),
            "unstored_at": self.unstored_at.map(format_time),
            "kept_until": self.kept.as_ref().map(|keeper| format_time(keeper.end)),
        }))
    }
}

fn with_id(name: Option<&String>, id: &str) -> String {
    match name {
        Some(name) => format!("{name} ({id})"),
        None => id.to_owned(),
    }
}

/// Returns the warning that a new session couldn't be stored, so each run uses a code up.
pub fn not_stored(time: OffsetDateTime, run: &Run) -> String {
    let advice = if run.environment.is_wsl() {
        "without a terminal `op.exe` can't store it, so use --cache-item, or run"
    } else {
        "run"
    };
    format!(
        "no: a new session couldn't be stored on {}, and each run without one uses a code up; {advice} `{}` at a terminal to see why",
        local(time),
        run.flags.typed("")
    )
}

fn session_lines(cached: &CachedSession) -> Vec<(&'static str, String)> {
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

/// Returns the last four characters, which identify a key id well enough.
fn end(key_id: &str) -> String {
    let count = key_id.chars().count();
    key_id.chars().skip(count.saturating_sub(4)).collect()
}
