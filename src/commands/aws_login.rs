//! `aws-login`: credentials of a profile that `aws login` signs in to, for a `credential_process` of another profile.

use anyhow::{Result, anyhow};

use crate::aws::{Aws, BROWSER};
use crate::clock::Clock;
use crate::credentials::Session;
use crate::lock::{Lock, Outcome, Turn};
use crate::settings::Settings;

/// Takes the profile's credentials, and signs in if there are none. Of the runs that start together one opens the
/// browser; the others take what it has brought.
pub fn run(settings: &Settings, profile: &str, clock: &Clock) -> Result<Session> {
    let aws = Aws::find(settings)?;
    if let Some(session) = aws.export_credentials(profile, clock)? {
        return Ok(session);
    }
    let mut lock = Lock::open(settings, &["aws-login", profile], &[], BROWSER);
    loop {
        if let Turn::Read | Turn::ReadOld = lock.turn(clock)? {
            match aws.export_credentials(profile, clock)? {
                Some(session) => return Ok(session),
                None => continue,
            }
        }
        let session = sign_in(&aws, profile, clock);
        lock.leave(
            session.as_ref().map_or_else(Outcome::failed, |session| {
                Outcome::Fresh(session.expiration)
            }),
            clock,
        );
        return session;
    }
}

/// Somebody may have signed in since we looked; if not, now we do.
fn sign_in(aws: &Aws, profile: &str, clock: &Clock) -> Result<Session> {
    if let Some(session) = aws.export_credentials(profile, clock)? {
        return Ok(session);
    }
    aws.login(profile, clock)?;
    let session = aws.export_credentials(profile, clock)?;
    session.ok_or_else(|| {
        anyhow!("cannot use profile '{profile}': `aws login` ended well, but left no session")
    })
}
