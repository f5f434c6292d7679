//! A new session that isn't stored, for `doctor --live`.

use anyhow::Result;

use super::code::is_about_code;
use super::{Get, access_key, check_profile, inputs};
use crate::aws::{Aws, Request};
use crate::credentials::{Credentials, OneTimeCode, Session};
use crate::lock::StoredMark;
use crate::onepassword::{Item, OnePassword};
use crate::run::Run;

/// Gets the credentials of a run without a cache: a new session, or the long-lived key with `--no-session`.
pub fn rehearse(run: &Run) -> Result<Credentials> {
    let op = OnePassword::find(run)?;
    let flags = &run.flags;
    let item = op.item_get(&flags.key_item())?;
    let access_key = access_key(&item, flags)?;
    if flags.aws.no_session {
        return Ok(Credentials::Key(access_key));
    }
    let aws = Aws::find(run)?;
    let mfa_serial = inputs::mfa_serial(&item, &aws, flags)?;
    check_profile(&aws, run)?;
    let get = Get { run, op };
    // Without the lock, another run could send the same code.
    let _lock = StoredMark::read(run).hold_item(&item)?;
    let code = get.mfa_code(&item, &mfa_serial)?;
    let request = Request {
        access_key: &access_key,
        mfa_serial: &mfa_serial,
        duration: flags.aws.duration,
    };
    get.mint_unstored(&aws, &request, &code, &item)
        .map(Credentials::Session)
}

impl Get<'_> {
    /// Gets a session for a code; if that was used already, for the next code.
    fn mint_unstored(
        &self,
        aws: &Aws,
        request: &Request,
        code: &OneTimeCode,
        key_item: &Item,
    ) -> Result<Session> {
        match self.use_code(aws, request, code) {
            Err(error) if is_about_code(&error) => {
                let next = self.next_code(request.mfa_serial, code, key_item, error)?;
                self.use_code(aws, request, &next)
            }
            answer => answer,
        }
    }
}
