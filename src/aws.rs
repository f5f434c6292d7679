//! The AWS CLI: how it is called, and how its answers are read.

pub(crate) mod advice;
pub(crate) mod config;
pub(crate) mod credentials_file;
mod export;
mod history;
mod iam;
mod inspect;
mod login;
mod profile;
mod replace;

use std::ffi::OsStr;
use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow};
use serde_json::Value;

use crate::clock::Clock;
use crate::complaint::without_secrets;
use crate::credentials::{AccessKey, MfaSerial, OneTimeCode, Session};
use crate::process::{Answer, Call, Input, Program, Tool};
use crate::refusal::Refusal;
use crate::run::{GUARD, Run};

pub use config::{ConfigFiles, Edit, Profiles, STRONGER_SETTINGS, partition, split_words};
pub use credentials_file::{KEY_SETTINGS, KeyLines, Kind};
pub use export::Export;
pub use iam::Signer;
pub use login::{BROWSER, refuse_other_style};

/// The only `AWS_*` variables of the caller that are passed on to `aws`. With others, such as a stale session token or an
/// endpoint, the call would fail, or send the key id and the code elsewhere.
const PASSED_ON: [&str; 9] = [
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_LOGIN_CACHE_DIRECTORY",
    "AWS_CA_BUNDLE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_STS_REGIONAL_ENDPOINTS",
];

const AWS: Tool = Tool {
    name: "aws",
    product: "the AWS CLI",
    page: "https://aws.amazon.com/cli/",
    waits_for: |command| match command {
        "configure get" => "is the disk of the config file slow?",
        "login" => BROWSER,
        _ => "is the network down?",
    },
    waiting: |command| match command {
        "login" => None,
        command if command.starts_with("sts ") => Some("asking STS"),
        _ => Some("waiting for the AWS CLI"),
    },
    shares_our_group: false,
    kept_from_browser: &[
        "AWS_CLI_HISTORY_FILE",
        "AWS_EC2_METADATA_DISABLED",
        "AWS_PAGER",
    ],
    daemon: None,
};

/// The AWS CLI.
#[derive(Clone)]
pub struct Aws<'a> {
    program: Program,
    run: &'a Run,
    /// Limits how long its calls may take.
    clock: Clock,
}

/// The parameters of a request for a session.
pub struct Request<'a> {
    pub access_key: &'a AccessKey,
    pub mfa_serial: &'a MfaSerial,
    /// How long the session is to be valid. STS's default is 12 hours.
    pub duration: Option<Duration>,
}

impl<'a> Aws<'a> {
    /// Finds `aws`. It reads the user's config file, except for the setting of its history.
    pub fn find(run: &'a Run) -> Result<Self> {
        let caller = &run.environment;
        // An empty variable would override AWS_DEFAULT_REGION or the config file.
        let is_kept = |name: &str| PASSED_ON.contains(&name) && caller.filled(name).is_some();
        let environment = caller.keep(|name| {
            let is_aws = name.starts_with("AWS_") && !is_kept(name);
            !is_aws && !name.starts_with("OP_")
        });
        // Version 1 of the CLI reads the region from this variable alone.
        let region = environment.get("AWS_REGION").map(OsStr::to_owned);
        let environment = region.into_iter().fold(environment, |environment, region| {
            environment.with("AWS_DEFAULT_REGION", region)
        });
        let environment = environment
            .with("AWS_CLI_AUTO_PROMPT", "off")
            .with("AWS_CLI_ERROR_FORMAT", "legacy")
            .with("AWS_CLI_HISTORY_FILE", history::file(run))
            // Without it the CLI would fall back to the credentials of the machine's role.
            .with("AWS_EC2_METADATA_DISABLED", "true")
            .with("AWS_PAGER", "")
            .with(GUARD, std::process::id().to_string());
        let name = &run.flags.aws.program;
        let program = Program::find(AWS, &[name], &run.search_path, environment)?;
        Ok(Self {
            program,
            run,
            clock: run.clock,
        })
    }

    /// Returns the same program with another limit for its calls.
    pub fn within(&self, clock: Clock) -> Self {
        let mut aws = self.clone();
        aws.clock = clock;
        aws
    }

    /// Returns the variable that selects the profile for a call of STS. Unlike `--profile`, it leaves the keys in the
    /// environment in force. The profile `default` isn't named, since a profile that is named must exist.
    fn profile_variable(&self) -> Option<(&str, &str)> {
        let profile = self.run.flags.aws.profile.as_deref();
        let profile = profile.filter(|name| *name != "default");
        profile.map(|name| ("AWS_PROFILE", name))
    }

    /// Gets a session from STS. The key is passed in the environment, and the code over stdin: six bytes without a newline,
    /// which the CLI would send along.
    pub fn get_session_token(&self, request: &Request, code: &OneTimeCode) -> Result<Session> {
        self.ask_sts(request, code)
            .context("cannot get a session from STS")
    }

    fn ask_sts(&self, request: &Request, code: &OneTimeCode) -> Result<Session> {
        let command = "sts get-session-token";
        let duration = request.duration.map(|time| time.as_secs().to_string());
        let duration = duration.as_deref().map(|time| ["--duration-seconds", time]);
        let serial = request.mfa_serial.as_str();
        let mut args = vec!["--serial-number", serial];
        args.extend(["--token-code", "file:///dev/stdin"]);
        args.extend(duration.into_iter().flatten());
        args.extend(["--output", "json"]);
        let signer = Signer::Key(request.access_key);
        let mut variables = signer.variables();
        variables.extend(self.profile_variable());
        let call = Call {
            command,
            args: &args,
            input: Input::Text(code.expose()),
            variables: &variables,
        };
        let answer = self.program.run(&call, &self.clock)?;
        if !answer.status.success() {
            return Err(failure(command, &answer));
        }
        read_session(command, &answer, |json| json.get("Credentials"))
    }
}

/// Reads the session in an answer; `credentials` finds the object in its JSON.
fn read_session(
    command: &str,
    answer: &Answer,
    credentials: fn(&Value) -> Option<&Value>,
) -> Result<Session> {
    let json = serde_json::from_slice(answer.stdout.expose()).map_err(|_| anyhow!("no JSON"));
    let session =
        json.and_then(|json: Value| Session::parse(credentials(&json).unwrap_or(&Value::Null)));
    session.map_err(|missing| anyhow!("{missing} in the answer of `aws {command}`"))
}

/// Returns why a call has failed: the reason that STS or the CLI gives, and advice.
fn failure(command: &str, answer: &Answer) -> Error {
    let reason = advice::reason(&without_secrets(answer.stderr.expose()));
    let line = match advice::advice(&reason) {
        Some(advice) => format!("{reason}; {advice}"),
        None if reason.is_empty() => {
            return anyhow!(
                "`aws {command}` failed ({}) and gave no reason",
                answer.status
            );
        }
        None => format!("`aws {command}` said: {reason}"),
    };
    if reason.contains(advice::CODE_REFUSED) {
        Refusal::Code(line).into()
    } else {
        Refusal::Final(line).into()
    }
}
