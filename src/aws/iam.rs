//! The user that a key or a session belongs to, and the user's MFA devices.

use anyhow::{Context, Error, Result, anyhow};
use serde_json::Value;

use super::{Aws, failure};
use crate::credentials::{AccessKey, MfaSerial, Session, text};
use crate::process::{Call, Input};

/// The credentials that sign a call.
pub enum Signer<'a> {
    Key(&'a AccessKey),
    Session(&'a Session),
}

impl Signer<'_> {
    /// Returns the variables that pass the credentials to `aws`.
    pub fn variables(&self) -> Vec<(&str, &str)> {
        let (id, secret, token) = match self {
            Self::Key(key) => (&key.id, &key.secret, None),
            Self::Session(session) => (
                &session.access_key_id,
                &session.secret_access_key,
                Some(&session.session_token),
            ),
        };
        let mut variables = vec![
            ("AWS_ACCESS_KEY_ID", id.as_str()),
            ("AWS_SECRET_ACCESS_KEY", secret.expose().as_str()),
        ];
        variables.extend(token.map(|token| ("AWS_SESSION_TOKEN", token.expose().as_str())));
        variables
    }
}

impl Aws<'_> {
    /// Asks STS for the ARN of the user that the credentials belong to. No policy can forbid this call.
    pub fn caller(&self, signer: &Signer) -> Result<String> {
        let command = "sts get-caller-identity";
        let answer = self.ask_signed(command, signer)?;
        text(&answer, &["Arn"])
            .with_context(|| format!("no 'Arn' in the answer of `aws {command}`"))
    }

    /// Lists the user's MFA devices that make codes, which security keys don't. A policy may forbid this call.
    pub fn mfa_devices(&self, key: &AccessKey) -> Result<Vec<MfaSerial>> {
        let command = "iam list-mfa-devices";
        let answer = self.ask_signed(command, &Signer::Key(key))?;
        let devices = answer.get("MFADevices").and_then(Value::as_array);
        let devices =
            devices.with_context(|| format!("no 'MFADevices' in the answer of `aws {command}`"))?;
        let serials = devices
            .iter()
            .filter_map(|device| text(device, &["SerialNumber"]));
        let makes_codes = |serial: &String| !serial.contains(":u2f/");
        serials
            .filter(makes_codes)
            .map(|serial| MfaSerial::parse(&serial))
            .collect()
    }

    fn ask_signed(&self, command: &str, signer: &Signer) -> Result<Value> {
        let mut variables = signer.variables();
        variables.extend(self.profile_variable());
        let call = Call {
            command,
            args: &["--output", "json"],
            input: Input::Terminal,
            variables: &variables,
        };
        let answer = self.program.run(&call, &self.clock)?;
        if !answer.status.success() {
            return Err(without_item(&failure(command, &answer)));
        }
        serde_json::from_slice(answer.stdout.expose())
            .map_err(|_| anyhow!("no JSON in the answer of `aws {command}`"))
    }
}

/// Removes the mention of the item from the advice: the key isn't in an item yet.
fn without_item(failure: &Error) -> Error {
    anyhow!("{}", failure.to_string().replace(" in the item", ""))
}
