//! `--live`: a new session, which isn't stored, and its user.

use anyhow::Result;

use super::Check;
use crate::aws::{Aws, Signer};
use crate::commands::get;
use crate::credentials::Credentials;
use crate::run::Run;

/// Gets a session, or the long-lived key with `--no-session`, and asks STS for its user.
pub fn check(run: &Run) -> Check {
    let what = if run.flags.aws.no_session {
        "the long-lived key"
    } else {
        "a session, for a one-time password that can't be used again,"
    };
    match caller(run) {
        Ok(caller) => Check::ok(format!("live: STS takes {what} for {caller}")),
        Err(error) => Check::failed(format!("live: {error:#}")),
    }
}

fn caller(run: &Run) -> Result<String> {
    let credentials = get::rehearse(run)?;
    let signer = match &credentials {
        Credentials::Key(key) => Signer::Key(key),
        Credentials::Session(session) => Signer::Session(session),
    };
    Aws::find(run)?.caller(&signer)
}
