//! What a run comes to: a session, and what went wrong on the way to it.

use anyhow::Error;

use crate::cache::CachedSession;
use crate::credentials::Session;

/// A session to print.
pub enum Delivery {
    /// The item holds it.
    Stored(CachedSession),
    /// It is new, and couldn't be stored.
    NotStored(Session, Error),
    /// It is the old one: there was no new one to be had.
    Old(Session, Error),
}

impl Delivery {
    /// Hands out the session.
    pub fn session(&self) -> &Session {
        match self {
            Delivery::Stored(cached) => &cached.session,
            Delivery::NotStored(session, _) | Delivery::Old(session, _) => session,
        }
    }

    /// Says what went wrong on the way without costing the session.
    pub fn note(&self) -> Option<&Error> {
        match self {
            Delivery::Stored(_) => None,
            Delivery::NotStored(_, note) | Delivery::Old(_, note) => Some(note),
        }
    }
}
