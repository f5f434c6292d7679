//! `aws-login`: credentials of a profile that `aws login` signs in to, for a `credential_process` of another profile.

use anyhow::{Context, Result};

use crate::aws::{Aws, BROWSER, Export};
use crate::clock::Clock;
use crate::lock;
use crate::output::Delivery;
use crate::settings::Settings;

/// Takes the profile's credentials, and signs in if there are none. An export also fails where another run refreshes the
/// sign-in at that moment, so it is repeated by the run that holds the lock, which alone opens the browser.
pub fn run(settings: &Settings, clock: &Clock) -> Result<Delivery> {
    let profile = settings.flags.profile.as_deref();
    let profile = profile.context("cannot sign in: no --profile")?;
    let aws = Aws::find(settings)?;
    if let Export::Session(session) = aws.export_credentials(profile, clock)? {
        return Ok(Delivery::session(&session));
    }
    let what = format!("cannot sign in to profile '{profile}': another run that signs in");
    let _lock = lock::hold(settings, &format!("login {profile}"), &what, BROWSER, clock)?;
    let session = match aws.export_credentials(profile, clock)? {
        Export::Session(session) => session,
        Export::NotSignedIn => aws.login(profile, clock)?,
        Export::Failed(error) => return Err(error),
    };
    Ok(Delivery::session(&session))
}
