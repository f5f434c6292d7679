//! The credentials of a profile that the AWS CLI has signed in to: `aws configure export-credentials`.

use anyhow::{Context, Error, Result};

use super::login::{LOGIN_SESSION, refuse_other_style, too_old};
use super::{Aws, ConfigFiles, advice, failure, read_session};
use crate::complaint::without_secrets;
use crate::credentials::Session;
use crate::process::Answer;

const EXPORT: &str = "configure export-credentials";

/// Parts of the CLI's texts for a profile without a session, or with one that has expired.
const NOT_SIGNED_IN: [&str; 5] = [
    "aws login",
    "login session",
    "no credentials found",
    "Unable to locate credentials",
    "authorization grant is invalid, expired, revoked, or malformed",
];

/// Parts of the texts of versions that don't know the command.
const UNKNOWN_COMMAND: [&str; 2] = ["Invalid choice", "invalid choice"];

/// The outcome of an export.
pub enum Export {
    Session(Session),
    NotSignedIn,
    /// The export may succeed when it is tried again: another run that refreshes the sign-in may be the cause.
    Failed(Error),
}

impl Aws<'_> {
    /// Reads the credentials of the profile's sign-in. A profile without one isn't exported, because the CLI would look
    /// for credentials elsewhere, the machine's role included.
    pub fn export_credentials(&self, profile: &str) -> Result<Export> {
        if !self.has_login_session(profile)? {
            return Ok(Export::NotSignedIn);
        }
        let aim = || format!("cannot export the credentials of profile '{profile}'");
        let args = ["--profile", profile, "--format", "process"];
        let answer = self.ask(EXPORT, &args);
        let export = answer.and_then(|answer| parse(&answer));
        Ok(match export.with_context(aim)? {
            Export::Failed(error) => Export::Failed(error.context(aim())),
            export => export,
        })
    }

    /// Returns whether the profile has a sign-in, which may have expired; refuses a profile that gets its credentials
    /// otherwise. `aws` is asked about a profile that isn't in the files, since a wrapper may read others.
    fn has_login_session(&self, profile: &str) -> Result<bool> {
        let files = ConfigFiles::read(self.run);
        if !files.has_profile(profile) {
            let session = self.configure_get(LOGIN_SESSION, Some(profile))?;
            return Ok(session.is_some());
        }
        refuse_other_style(&files, profile)?;
        Ok(files.setting(profile, LOGIN_SESSION).is_some())
    }
}

fn parse(answer: &Answer) -> Result<Export> {
    if answer.status.success() {
        return read_session(EXPORT, answer, |json| Some(json)).map(Export::Session);
    }
    // The whole text: version 1 gives the reason before it lists the commands.
    let text = without_secrets(answer.stderr.expose());
    let has_one_of = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
    if has_one_of(&UNKNOWN_COMMAND) {
        Err(too_old())
    } else if has_one_of(&NOT_SIGNED_IN) || is_about_cache_file(&text) {
        Ok(Export::NotSignedIn)
    } else {
        Ok(Export::Failed(failure(EXPORT, answer)))
    }
}

/// Returns whether a text is `Unable to retrieve credentials: 'HASH'`, which the CLI writes if its cache file is empty or
/// incomplete: it is rewritten in place (aws/aws-cli#10628).
fn is_about_cache_file(text: &str) -> bool {
    let reason = advice::reason(text);
    let parts = reason.split_once("Unable to retrieve credentials: '");
    let hash = parts.and_then(|(_, rest)| rest.strip_suffix('\''));
    hash.is_some_and(|hash| hash.len() >= 40 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
