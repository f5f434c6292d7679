//! `aws-login`: the credentials of a profile that `aws login` signs in to, for the `credential_process` of another profile.

use anyhow::{Context, Result};

use crate::aws::{Aws, BROWSER, Export};
use crate::lock::{self, Work};
use crate::output::Delivery;
use crate::run::Run;

/// Exports the profile's credentials, and signs in if that isn't possible. An export also fails while another run refreshes
/// the sign-in, so the run that gets the lock repeats it before it opens the browser.
pub fn run(run: &Run) -> Result<Delivery> {
    let profile = run.flags.aws.profile.as_deref();
    let profile = profile.context("cannot sign in: no --profile")?;
    let aws = Aws::find(run)?;
    if let Export::Session(session) = aws.export_credentials(profile)? {
        return Ok(Delivery::session(&session));
    }
    let work = Work {
        does: "signs in",
        late: &format!("cannot sign in to profile '{profile}': another run that signs in"),
        advice: BROWSER,
    };
    let _lock = lock::hold(run, &format!("login {profile}"), &work)?;
    let session = match aws.export_credentials(profile)? {
        Export::Session(session) => session,
        Export::NotSignedIn => aws.login(profile)?,
        Export::Failed(error) => return Err(error),
    };
    Ok(Delivery::session(&session))
}
