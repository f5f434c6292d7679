//! Every word that is said to `aws`, and what it answers.

pub(crate) mod advice;
mod config;
mod credentials_file;
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

pub use config::{ConfigFiles, Edit, Profiles, RIVALS, partition, split_words};
pub use credentials_file::{KEY_SETTINGS, KeyLines, Kind};
pub use iam::Signer;
pub use login::{BROWSER, Export, refuse_other_style};

/// Of the caller's `AWS_*` only these reach `aws`: a stale session token or an endpoint of somebody's would break the
/// call, or send the key id and the code elsewhere.
pub const PASSED_ON: [&str; 9] = [
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
    /// How long its calls may take.
    clock: Clock,
}

/// What a session is asked for with.
pub struct Request<'a> {
    pub access_key: &'a AccessKey,
    pub mfa_serial: &'a MfaSerial,
    /// STS's own, 12 hours, if absent.
    pub duration: Option<Duration>,
}

impl<'a> Aws<'a> {
    /// Finds `aws`. The user's config file is in force for it, but for its history.
    pub fn find(run: &'a Run) -> Result<Self> {
        let caller = &run.environment;
        // An empty one would go before what is good, such as AWS_DEFAULT_REGION or the config file.
        let is_kept = |name: &str| PASSED_ON.contains(&name) && caller.filled(name).is_some();
        let environment = caller.keep(|name| {
            let is_aws = name.starts_with("AWS_") && !is_kept(name);
            !is_aws && !name.starts_with("OP_")
        });
        // Version 1 of the CLI knows the region by this name only.
        let region = environment.get("AWS_REGION").map(OsStr::to_owned);
        let environment = region.into_iter().fold(environment, |environment, region| {
            environment.with("AWS_DEFAULT_REGION", region)
        });
        let environment = environment
            .with("AWS_CLI_AUTO_PROMPT", "off")
            .with("AWS_CLI_ERROR_FORMAT", "legacy")
            .with("AWS_CLI_HISTORY_FILE", history::file(run))
            // The machine's own role is never the answer.
            .with("AWS_EC2_METADATA_DISABLED", "true")
            .with("AWS_PAGER", "")
            .with(GUARD, std::process::id().to_string());
        let program = Program::find(AWS, &[&run.flags.aws], &run.search_path, environment)?;
        Ok(Self {
            program,
            run,
            clock: run.clock,
        })
    }

    /// The same, whose calls end by another clock.
    pub fn within(&self, clock: Clock) -> Self {
        let mut aws = self.clone();
        aws.clock = clock;
        aws
    }

    /// Puts the profile in force, for a call of STS. Keys in the environment still win, as they would not with `--profile`.
    /// The default one need not be there; by its name it would have to be.
    fn profile_variable(&self) -> Option<(&str, &str)> {
        let profile = self.run.flags.profile.as_deref();
        let profile = profile.filter(|name| *name != "default");
        profile.map(|name| ("AWS_PROFILE", name))
    }

    /// Asks STS for a session. The key goes by environment, the code over stdin: six bytes without a newline, which the
    /// CLI would send along.
    pub fn get_session_token(&self, request: &Request, code: &OneTimeCode) -> Result<Session> {
        self.ask_sts(request, code)
            .context("cannot get a session from STS")
    }

    fn ask_sts(&self, request: &Request, code: &OneTimeCode) -> Result<Session> {
        let AccessKey { id, secret } = request.access_key;
        let command = "sts get-session-token";
        let mut args = vec![
            "--serial-number",
            request.mfa_serial.as_str(),
            "--token-code",
            "file:///dev/stdin",
        ];
        let duration = request
            .duration
            .map(|duration| duration.as_secs().to_string());
        args.extend(
            duration
                .iter()
                .flat_map(|seconds| ["--duration-seconds", seconds]),
        );
        args.extend(["--output", "json"]);
        let mut variables = vec![
            ("AWS_ACCESS_KEY_ID", id.as_str()),
            ("AWS_SECRET_ACCESS_KEY", secret.expose()),
        ];
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
        let json = serde_json::from_slice(answer.stdout.expose()).map_err(|_| anyhow!("no JSON"));
        let session = json.and_then(|json: Value| {
            Session::parse(json.get("Credentials").unwrap_or(&Value::Null))
        });
        session.map_err(|missing| anyhow!("{missing} in the answer of `aws {command}`"))
    }
}

/// Turns a failure into the reason of STS or of the CLI, and our advice.
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
    let is_code = reason.contains(advice::CODE_REFUSED);
    if is_code {
        Refusal::Code(line).into()
    } else {
        Refusal::Final(line).into()
    }
}
