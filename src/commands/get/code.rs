//! The one-time password, and what it buys: it works once, on all machines.

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

/// How long another machine may take to store the session that it has got for a code.
const STORING: Duration = Duration::from_secs(5);

/// What must be left of the time to hear STS's answer: a session that nobody hears of is lost with its code.
const HEARING: Duration = Duration::from_secs(5);

/// Where a session comes from that wasn't in the item at first.
pub enum Minted {
    New(Session),
    /// Another machine has stored it.
    Elsewhere(CachedSession),
}

impl Get<'_> {
    /// Fetches the current code, or asks for it where the item can't make one.
    pub fn code(&self, key_item: &Item, mfa_serial: &MfaSerial) -> Result<OneTimeCode> {
        match key_item.one_time_password_period() {
            Some(_) => self.op.one_time_password(key_item),
            None => terminal::ask_for_code(mfa_serial, &self.run.clock),
        }
    }

    /// Gets a session for a code. If the code was used already, perhaps another machine has got a session for it and
    /// stores that just now; else the next code is tried, once.
    pub fn mint(
        &self,
        aws: &Aws,
        request: &Request,
        code: &OneTimeCode,
        item: &Item,
        key_item: &Item,
    ) -> Result<Minted> {
        let refusal = match self.spend(aws, request, code) {
            Err(error) if is_about_code(&error) => error,
            answer => return answer.map(Minted::New),
        };
        if let Some(cached) = self.stored_since(item, key_item)? {
            return Ok(Minted::Elsewhere(cached));
        }
        if let Some(period) = key_item.one_time_password_period() {
            let wait = until_next(period, clock::now());
            if wait > STORING {
                sleep(STORING.min(self.run.clock.left()));
                if let Some(cached) = self.stored_since(item, key_item)? {
                    return Ok(Minted::Elsewhere(cached));
                }
            }
        }
        let next = self.next_code(request.mfa_serial, code, key_item, refusal)?;
        if let Some(cached) = self.stored_since(item, key_item)? {
            return Ok(Minted::Elsewhere(cached));
        }
        match self.spend(aws, request, &next) {
            Err(error) if is_about_code(&error) => {
                let cached = self.stored_since(item, key_item)?;
                cached.map(Minted::Elsewhere).ok_or(error)
            }
            answer => answer.map(Minted::New),
        }
    }

    /// Gets a session that nobody stores; where the code was used already, for the next one.
    pub fn mint_unstored(
        &self,
        aws: &Aws,
        request: &Request,
        code: &OneTimeCode,
        key_item: &Item,
    ) -> Result<Session> {
        match self.spend(aws, request, code) {
            Err(error) if is_about_code(&error) => {
                let next = self.next_code(request.mfa_serial, code, key_item, error)?;
                self.spend(aws, request, &next)
            }
            answer => answer,
        }
    }

    fn spend(&self, aws: &Aws, request: &Request, code: &OneTimeCode) -> Result<Session> {
        let (left, all) = (self.run.clock.left(), self.run.clock.timeout());
        if left < HEARING.min(all / 4) {
            bail!(Refusal::OutOfTime(format!(
                "cannot get a session from STS: of the {} s of --timeout too few are left to use a code up, as 1Password took the others; approve its prompt sooner, or pass a longer --timeout",
                all.as_secs()
            )));
        }
        aws.get_session_token(request, code)
    }

    /// Reads the item again, which may hold what another machine has stored for this key.
    fn stored_since(&self, item: &Item, key_item: &Item) -> Result<Option<CachedSession>> {
        let flags = &self.run.flags;
        let item = session_item::read_again(&self.op, item, flags)?;
        let key_item = if item.is_dedicated() { key_item } else { &item };
        let newest = stored::newest(&item, Some(key_item), flags);
        Ok(newest.filter(|cached| self.is_fresh(cached)))
    }

    /// Gets the code that follows a refused one, which is never sent again; the refusal stands if there is no time.
    fn next_code(
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
                terminal::tell(&format!(
                    "waiting {} s for the next one-time password",
                    wait.as_secs() + 1
                ));
                sleep(wait);
            } else {
                terminal::tell(
                    "STS refused this code; it may have been used, or belong to another device",
                );
            }
            let code = self.code(key_item, mfa_serial)?;
            if code.expose() != refused.expose() {
                return Ok(code);
            }
        }
    }
}

fn is_about_code(error: &Error) -> bool {
    matches!(error.downcast_ref(), Some(Refusal::Code(_)))
}
