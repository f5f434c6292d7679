//! `aws login`: credentials of a profile that is signed in to in a browser (AWS CLI 2.32 and later).

use anyhow::{Context, Error, Result, anyhow, ensure};
use serde_json::Value;

use super::{Aws, ConfigFiles, advice, failure};
use crate::cli::Command;
use crate::complaint::without_secrets;
use crate::credentials::Session;
use crate::process::{Answer, Call, Input};
use crate::refusal::Refusal;
use crate::terminal;

/// What a sign-in that doesn't end is waiting for.
pub const BROWSER: &str = "sign in in the browser, or give it more time";

const EXPORT: &str = "configure export-credentials";

/// What the profile is signed in as; `aws login` writes it.
const LOGIN_SESSION: &str = "login_session";

/// Settings of profiles that get their credentials otherwise: `aws login` refuses such a profile.
const OTHER_STYLES: [&str; 6] = [
    "role_arn",
    "web_identity_token_file",
    "sso_account_id",
    "sso_role_name",
    "aws_access_key_id",
    "credential_process",
];

/// How many of them go before a sign-in that is there already; of keys, those in the credentials file do.
const STRONGER: usize = 4;

/// What the CLI says where there is no session to export, or none that lives.
const NOT_SIGNED_IN: [&str; 5] = [
    "aws login",
    "login session",
    "no credentials found",
    "Unable to locate credentials",
    "authorization grant is invalid, expired, revoked, or malformed",
];

/// What it says where it doesn't know the command.
const UNKNOWN_COMMAND: [&str; 2] = ["Invalid choice", "invalid choice"];

/// What it asks, and what is said where nobody can answer.
const QUESTIONS: [(&str, &str); 2] = [
    (
        "No AWS region has been configured",
        "the profile has no region, and there is no terminal to ask for one; add region = … to it in ~/.aws/config",
    ),
    (
        "is already configured to use session",
        "the browser signed in as somebody else than the profile's login_session, and there is no terminal to ask whether to \
         take it; run `aws login` at one",
    ),
];

/// What an export brings.
pub enum Export {
    Session(Session),
    NotSignedIn,
    /// Says nothing about the next try: another run that refreshes the sign-in may be the cause.
    Failed(Error),
}

/// What versions 1 and 2 exit with where they don't know the command. Their words are on the terminal, out of our sight.
const USAGE: [i32; 2] = [2, 252];

impl Aws<'_> {
    /// Reads the credentials that the profile is signed in with. Without a sign-in in the profile the CLI would look
    /// elsewhere, down to the machine's own role.
    pub fn export_credentials(&self, profile: &str) -> Result<Export> {
        if !self.has_login_session(profile)? {
            return Ok(Export::NotSignedIn);
        }
        let aim = || format!("cannot export the credentials of profile '{profile}'");
        let args = ["--profile", profile, "--format", "process"];
        let answer = self.ask(EXPORT, &args);
        let export = answer.and_then(|answer| exported(&answer));
        Ok(match export.with_context(aim)? {
            Export::Failed(error) => Export::Failed(error.context(aim())),
            export => export,
        })
    }

    /// Returns whether somebody has signed in to the profile, be it long ago; refuses one of another style. One that isn't
    /// seen is asked of `aws`: a wrapper may read other files.
    fn has_login_session(&self, profile: &str) -> Result<bool> {
        let files = ConfigFiles::read(self.run);
        if !files.has_profile(profile) {
            let session = self.configure_get(LOGIN_SESSION, Some(profile))?;
            return Ok(session.is_some());
        }
        refuse_other_style(&files, profile)?;
        Ok(files.setting(profile, LOGIN_SESSION).is_some())
    }

    /// Lets the user sign in, in the browser, and reads the credentials; what the CLI says goes to the terminal.
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

    /// Returns why a sign-in that ended well is of no use: the CLI asks before one takes the place of another, and `n` is an
    /// answer, too.
    fn no_session(&self, profile: &str) -> Error {
        let files = ConfigFiles::read(self.run);
        match files.setting(profile, LOGIN_SESSION) {
            Some(session) => anyhow!(
                "it still has the sign-in of {session}, which no longer holds; answer y where `aws login` asks whether to \
                 overwrite it, or name another profile with --profile"
            ),
            None => anyhow!("`aws login` ended well, but left no session"),
        }
    }
}

/// Returns why `aws login` failed without a terminal; to a question of its own it found no answer.
fn unanswered(answer: &Answer) -> Error {
    let said = without_secrets(answer.stdout.expose());
    let question = QUESTIONS.iter().find(|(part, _)| said.contains(part));
    match question {
        Some((_, line)) => Refusal::Final((*line).to_owned()).into(),
        None => failure("login", answer),
    }
}

/// Refuses a profile that gets its credentials otherwise than by `aws login`, and names one to make.
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

/// Finds what goes before a sign-in in the CLI's order of sources.
fn stronger_style(files: &ConfigFiles, profile: &str) -> Option<&'static str> {
    let in_credentials = files.credentials.get(profile);
    let has_keys =
        in_credentials.is_some_and(|settings| settings.contains_key("aws_access_key_id"));
    let stronger = OTHER_STYLES.get(..STRONGER).unwrap_or_default();
    style(files, profile, stronger).or(has_keys.then_some("aws_access_key_id"))
}

/// Reads what the CLI answered to an export.
fn exported(answer: &Answer) -> Result<Export> {
    if answer.status.success() {
        let json =
            serde_json::from_slice::<Value>(answer.stdout.expose()).map_err(|_| anyhow!("no JSON"));
        let session = json.and_then(|json| Session::parse(&json));
        return session
            .map(Export::Session)
            .map_err(|missing| anyhow!("{missing} in the answer of `aws {EXPORT}`"));
    }
    // All of it: version 1 says what is wrong before it lists what it knows.
    let said = without_secrets(answer.stderr.expose());
    let says = |texts: &[&str]| texts.iter().any(|text| said.contains(text));
    if says(&UNKNOWN_COMMAND) {
        Err(too_old())
    } else if says(&NOT_SIGNED_IN) || names_no_file(&said) {
        Ok(Export::NotSignedIn)
    } else {
        Ok(Export::Failed(failure(EXPORT, answer)))
    }
}

/// Recognises `Unable to retrieve credentials: 'HASH'`, which is said of a cache file that is empty or torn: the CLI
/// rewrites it in place (aws/aws-cli#10628).
fn names_no_file(said: &str) -> bool {
    let reason = advice::reason(said);
    let parts = reason.split_once("Unable to retrieve credentials: '");
    let hash = parts.and_then(|(_, rest)| rest.strip_suffix('\''));
    hash.is_some_and(|hash| hash.len() >= 40 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn too_old() -> Error {
    Refusal::Final("this AWS CLI has no `aws login`; update it to 2.32 or later".to_owned()).into()
}
