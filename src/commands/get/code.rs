//! The MFA code, which works once on all machines, and the session that STS gives for it.

use std::thread::sleep;
use std::time::Duration;

use anyhow::{Error, Result, bail};

use super::Get;
use crate::aws::{Aws, Request};
use crate::cache::CachedSession;
use crate::clock::{self, until_next};
use crate::commands::{session_item, stored};
use crate::credentials::{MfaSerial, OneTimeCode, Session};
use crate::onepassword::Item;
use crate::refusal::Refusal;
use crate::terminal;

/// How long another machine may take to store the session that it got for a code.
const STORING: Duration = Duration::from_secs(5);

/// The time that must be left for the answer of STS: without the answer, the session is lost and the code is used up.
const ANSWERING: Duration = Duration::from_secs(5);

/// A session that wasn't in the item at first.
pub enum Minted {
    New(Session),
    /// Another machine stored it.
    Elsewhere(CachedSession),
}

impl Get<'_> {
    /// Gets the current code from the item, or asks for it at the terminal if the item has no one-time password.
    pub fn mfa_code(&self, key_item: &Item, mfa_serial: &MfaSerial) -> Result<OneTimeCode> {
        match key_item.one_time_password_period() {
            Some(_) => self.op.one_time_password(key_item),
            None => terminal::ask_for_code(mfa_serial, &self.run.clock),
        }
    }

    /// Gets a session for a code. If STS refuses the code, another machine may have used it and be storing its session;
    /// if no session appears in the item, the next code is tried, once.
    pub fn mint(
        &self,
        aws: &Aws,
        request: &Request,
        code: &OneTimeCode,
        item: &Item,
        key_item: &Item,
    ) -> Result<Minted> {
        let refusal = match self.use_code(aws, request, code) {
            Err(error) if is_about_code(&error) => error,
            answer => return answer.map(Minted::New),
        };
        if let Some(cached) = self.stored_elsewhere(item, key_item)? {
            return Ok(Minted::Elsewhere(cached));
        }
        let next = self.next_code(request.mfa_serial, code, key_item, refusal)?;
        if let Some(cached) = self.stored_since(item, key_item)? {
            return Ok(Minted::Elsewhere(cached));
        }
        match self.use_code(aws, request, &next) {
            Err(error) if is_about_code(&error) => {
                let cached = self.stored_since(item, key_item)?;
                cached.map(Minted::Elsewhere).ok_or(error)
            }
            answer => answer.map(Minted::New),
        }
    }

    /// Asks STS for a session, unless its answer could come too late.
    pub fn use_code(&self, aws: &Aws, request: &Request, code: &OneTimeCode) -> Result<Session> {
        let (left, all) = (self.run.clock.left(), self.run.clock.timeout());
        if left < ANSWERING.min(all / 4) {
            bail!(Refusal::OutOfTime(format!(
                "cannot get a session from STS: of the {} s of --timeout too few are left to use a code up, as 1Password took the others; approve its prompt sooner, or pass a longer --timeout",
                all.as_secs()
            )));
        }
        aws.get_session_token(request, code)
    }

    /// Looks for the session that another machine got for the refused code, at once and after the time that storing takes.
    fn stored_elsewhere(&self, item: &Item, key_item: &Item) -> Result<Option<CachedSession>> {
        let cached = self.stored_since(item, key_item)?;
        let period = key_item.one_time_password_period();
        let wait = period.map(|period| until_next(period, clock::now()));
        // A shorter wait for the next code is long enough. Without time for a call after the wait, it would be for nothing.
        let is_long_enough = wait.is_none_or(|wait| wait <= STORING);
        if cached.is_some() || is_long_enough || self.run.clock.left() <= STORING {
            return Ok(cached);
        }
        sleep(STORING);
        self.stored_since(item, key_item)
    }

    /// Reads the item again, and returns a valid session that another machine stored for this key.
    fn stored_since(&self, item: &Item, key_item: &Item) -> Result<Option<CachedSession>> {
        let flags = &self.run.flags;
        let item = session_item::read_again(&self.op, item, flags)?;
        let key_item = if item.is_dedicated() { key_item } else { &item };
        let newest = stored::newest(&item, Some(key_item), flags);
        Ok(newest.filter(|cached| self.is_valid(cached)))
    }

    /// Waits for the code that follows `refused`, which is never sent again. If no time is left for that, the error is
    /// `refusal`.
    pub fn next_code(
        &self,
        mfa_serial: &MfaSerial,
        refused: &OneTimeCode,
        key_item: &Item,
        refusal: Error,
    ) -> Result<OneTimeCode> {
        loop {
            if let Some(period) = key_item.one_time_password_period() {
                let wait = until_next(period, clock::now());
                if wait > self.run.clock.left() {
                    return Err(refusal);
                }
                terminal::show(&format!(
                    "waiting {} s for the next one-time password",
                    wait.as_secs() + 1
                ));
                sleep(wait);
            } else {
                terminal::show(
                    "STS refused this code; it may have been used, or belong to another device",
                );
            }
            let code = self.mfa_code(key_item, mfa_serial)?;
            if code.expose() != refused.expose() {
                return Ok(code);
            }
        }
    }
}

/// Returns whether STS refused the code, rather than the key or the call.
pub fn is_about_code(error: &Error) -> bool {
    matches!(error.downcast_ref(), Some(Refusal::Code(_)))
}
