//! `aws-login`: credentials of a profile that `aws login` signs in to, for a `credential_process` of another profile.

use anyhow::{Context, Result};

use crate::aws::{Aws, BROWSER};
use crate::clock::Clock;
use crate::lock;
use crate::output::Delivery;
use crate::settings::Settings;

/// Takes the profile's credentials, and signs in if there are none. One run at a time opens the browser; those that
/// waited take what it has brought.
pub fn run(settings: &Settings, clock: &Clock) -> Result<Delivery> {
    let profile = settings.flags.profile.as_deref();
    let profile = profile.context("cannot sign in: no --profile")?;
    let aws = Aws::find(settings)?;
    if let Some(session) = aws.export_credentials(profile, clock)? {
        return Ok(Delivery::session(&session));
    }
    let what = format!("cannot sign in to profile '{profile}': another run that signs in");
    let _lock = lock::hold(settings, &format!("login {profile}"), &what, BROWSER, clock)?;
    if let Some(session) = aws.export_credentials(profile, clock)? {
        return Ok(Delivery::session(&session));
    }
    Ok(Delivery::session(&aws.login(profile, clock)?))
}
