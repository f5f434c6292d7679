//! `aws login`: signs in to a profile in the browser (AWS CLI 2.32 and later).

use anyhow::{Context, Error, Result, anyhow, ensure};

use super::{Aws, ConfigFiles, Export, failure};
use crate::cli::Command;
use crate::complaint::without_secrets;
use crate::credentials::Session;
use crate::process::{Answer, Call, Input};
use crate::refusal::Refusal;
use crate::terminal;

/// The advice for a sign-in that doesn't end.
pub const BROWSER: &str = "sign in in the browser, or give it more time";

/// The setting with the user that the profile is signed in as, which `aws login` writes.
pub const LOGIN_SESSION: &str = "login_session";

/// Settings of profiles that get their credentials in another way. `aws login` refuses such a profile.
const OTHER_STYLES: [&str; 6] = [
    "role_arn",
    "web_identity_token_file",
    "sso_account_id",
    "sso_role_name",
    "aws_access_key_id",
    "credential_process",
];

/// How many of these settings have precedence over a sign-in. Keys have it in the credentials file only.
const STRONGER: usize = 4;

/// Parts of the CLI's questions, and the line to report when nobody can answer them.
const QUESTIONS: [(&str, &str); 2] = [
    (
        "No AWS region has been configured",
        "the profile has no region, and there is no terminal to ask for one; add region = … to it in ~/.aws/config",
    ),
    (
        "is already configured to use session",
        "the browser signed in as another user than the profile's login_session, and there is no terminal to ask whether to \
         replace it; run `aws login` at one",
    ),
];

/// The exit statuses of versions 1 and 2 if they don't know the command. Their texts go to the terminal and aren't seen here.
const USAGE: [i32; 2] = [2, 252];

impl Aws<'_> {
    /// Lets the user sign in in the browser, then reads the credentials. The CLI's output goes to the terminal.
    pub fn login(&self, profile: &str) -> Result<Session> {
        let signed_in = self.sign_in(profile);
        signed_in.with_context(|| format!("cannot sign in to profile '{profile}'"))?;
        match self.export_credentials(profile)? {
            Export::Session(session) => Ok(session),
            Export::NotSignedIn => Err(self
                .no_session(profile)
                .context(format!("cannot use profile '{profile}'"))),
            Export::Failed(error) => Err(error),
        }
    }

    fn sign_in(&self, profile: &str) -> Result<()> {
        let command = self.run.flags.command.as_ref();
        let is_remote = matches!(command, Some(Command::AwsLogin { remote: true }));
        let has_terminal = terminal::is_there();
        ensure!(
            has_terminal || !is_remote,
            "there is no terminal for the code of --remote; run `aws login --remote --profile {profile}` at one"
        );
        let mut args = vec!["--profile", profile];
        args.extend(is_remote.then_some("--remote"));
        let call = Call {
            command: "login",
            args: &args,
            input: Input::Terminal,
            variables: &[],
        };
        let answer = self.program.run_at_terminal(&call, &self.clock)?;
        match answer.status.code() {
            Some(0) => Ok(()),
            Some(status) if USAGE.contains(&status) => Err(too_old()),
            _ if has_terminal => Err(Refusal::Final(format!(
                "`aws login` failed ({}); the terminal shows why",
                answer.status
            ))
            .into()),
            _ => Err(unanswered(&answer)),
        }
    }

    /// Returns why there is no session after a sign-in that succeeded. The CLI asks before it replaces one sign-in by another,
    /// and the user may have answered `n`.
    fn no_session(&self, profile: &str) -> Error {
        let files = ConfigFiles::read(self.run);
        match files.setting(profile, LOGIN_SESSION) {
            Some(session) => anyhow!(
                "it still has the sign-in of {session}, which is no longer valid; answer y when `aws login` asks whether to \
                 overwrite it, or name another profile with --profile"
            ),
            None => anyhow!("`aws login` succeeded, but left no session"),
        }
    }
}

/// Returns why `aws login` failed without a terminal, where its questions can't be answered.
fn unanswered(answer: &Answer) -> Error {
    let output = without_secrets(answer.stdout.expose());
    let question = QUESTIONS.iter().find(|(part, _)| output.contains(part));
    match question {
        Some((_, line)) => Refusal::Final((*line).to_owned()).into(),
        None => failure("login", answer),
    }
}

/// Refuses a profile that gets its credentials in another way than by `aws login`, and names one to make.
pub fn refuse_other_style(files: &ConfigFiles, profile: &str) -> Result<()> {
    let other = if files.setting(profile, LOGIN_SESSION).is_some() {
        stronger_style(files, profile)
    } else {
        style(files, profile, &OTHER_STYLES)
    };
    let Some(name) = other else {
        return Ok(());
    };
    let new = match profile {
        "default" => "signin".to_owned(),
        profile => format!("{profile}-signin"),
    };
    Err(Refusal::Final(format!(
        "cannot use profile '{profile}': it has {name}, and `aws login` is for profiles without credentials; make \
         [profile {new}] in ~/.aws/config, with a region alone, and pass its name, {new}"
    ))
    .into())
}

/// Finds the first of these settings that the profile has.
fn style<'a>(files: &ConfigFiles, profile: &str, names: &[&'a str]) -> Option<&'a str> {
    let is_set = |name: &&&str| files.setting(profile, name).is_some();
    names.iter().find(is_set).copied()
}

/// Finds the setting that has precedence over a sign-in in the CLI's order of sources.
fn stronger_style(files: &ConfigFiles, profile: &str) -> Option<&'static str> {
    let in_credentials = files.credentials.get(profile);
    let has_keys =
        in_credentials.is_some_and(|settings| settings.contains_key("aws_access_key_id"));
    let stronger = OTHER_STYLES.get(..STRONGER).unwrap_or_default();
    style(files, profile, stronger).or(has_keys.then_some("aws_access_key_id"))
}

/// Returns the error for a CLI that doesn't know the command.
pub fn too_old() -> Error {
    Refusal::Final("this AWS CLI has no `aws login`; update it to 2.32 or later".to_owned()).into()
}
