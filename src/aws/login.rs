//! `aws login`: credentials of a profile that is signed in to in a browser (AWS CLI 2.32 and later).

use anyhow::{Context, Error, Result, anyhow};
use serde_json::Value;

use super::{Aws, failure};
use crate::clock::Clock;
use crate::complaint::without_secrets;
use crate::credentials::Session;
use crate::process::{Call, Input};
use crate::refusal::Refusal;

/// What a sign-in that doesn't end is waiting for.
pub const BROWSER: &str = "sign in in the browser, or give it more time";

/// What the CLI says where there is no session to export, or none that lives.
const NOT_SIGNED_IN: [&str; 4] = [
    "aws login",
    "login session",
    "no credentials found",
    "Unable to locate credentials",
];

/// What it says where it doesn't know the command.
const UNKNOWN_COMMAND: [&str; 2] = ["Invalid choice", "invalid choice"];

/// What version 2 exits with where it doesn't know the command. Its words are on the terminal, out of our sight.
const USAGE: i32 = 252;

impl Aws {
    /// Reads the credentials that the profile is signed in with; nothing if it isn't.
    pub fn export_credentials(&self, profile: &str, clock: &Clock) -> Result<Option<Session>> {
        let command = "configure export-credentials";
        let args = ["--profile", profile, "--format", "process"];
        let call = Call {
            command,
            args: &args,
            input: Input::Terminal,
            variables: &[],
        };
        let session = self.program.run(&call, clock).and_then(|answer| {
            if answer.status.success() {
                let json = serde_json::from_slice::<Value>(answer.stdout.expose())
                    .map_err(|_| anyhow!("no JSON"));
                let session = json.and_then(|json| Session::parse(&json));
                return session
                    .map(Some)
                    .map_err(|missing| anyhow!("{missing} in the answer of `aws {command}`"));
            }
            // All of it: version 1 says what is wrong before it lists what it knows.
            let said = without_secrets(answer.stderr.expose());
            let says = |texts: &[&str]| texts.iter().any(|text| said.contains(text));
            if says(&UNKNOWN_COMMAND) {
                Err(too_old())
            } else if says(&NOT_SIGNED_IN) {
                Ok(None)
            } else {
                Err(failure(command, &answer))
            }
        });
        session.with_context(|| format!("cannot export the credentials of profile '{profile}'"))
    }

    /// Lets the user sign in, in the browser; what the CLI says goes to the terminal.
    pub fn login(&self, profile: &str, clock: &Clock) -> Result<()> {
        let args = ["--profile", profile];
        let call = Call {
            command: "login",
            args: &args,
            input: Input::Terminal,
            variables: &[],
        };
        let answer = self.program.run_at_terminal(&call, clock);
        let signed_in = answer.and_then(|answer| match answer.status.code() {
            Some(0) => Ok(()),
            Some(USAGE) => Err(too_old()),
            _ => Err(Refusal::Final(format!(
                "`aws login` failed ({}); run it yourself to see why",
                answer.status
            ))
            .into()),
        });
        signed_in.with_context(|| format!("cannot sign in to profile '{profile}'"))
    }
}

fn too_old() -> Error {
    Refusal::Final("this AWS CLI has no `aws login`; update it to 2.32 or later".to_owned()).into()
}
