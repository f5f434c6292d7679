//! What `op` says of itself: where it lies, its version, the accounts that it knows. None of this prompts.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Error, Result, anyhow};
use serde_json::Value;

use super::OnePassword;
use crate::clock::Clock;
use crate::credentials::text;
use crate::process::{Answer, Call, Input};

/// What op says where it and the desktop app don't find together.
const APP: &str = "desktop app";

impl OnePassword<'_> {
    /// Where `op` was found.
    pub fn path(&self) -> &Path {
        self.program.path()
    }

    /// Returns whether `op` is a link or a script that leads to `op.exe`.
    pub fn leads_to_windows(&self) -> bool {
        self.program.leads_to_windows()
    }

    /// Asks for the version: `op --version`.
    pub fn version(&self, clock: &Clock) -> Result<String> {
        let answer = self.ask_plainly("--version", &[], clock)?;
        let version = String::from_utf8_lossy(answer.stdout.expose());
        let version = version.split_whitespace().next().map(str::to_owned);
        version.context("`op --version` names no version")
    }

    /// Lists the addresses of the accounts: `op account list`. `op whoami` says under the app that nobody is signed in.
    pub fn accounts(&self, clock: &Clock) -> Result<Vec<String>> {
        let answer = self.ask_plainly("account list", &["--format", "json"], clock)?;
        let accounts: Value = serde_json::from_slice(answer.stdout.expose())
            .map_err(|_| anyhow!("no JSON in the answer of `op account list`"))?;
        let accounts = accounts.as_array().into_iter().flatten();
        Ok(accounts
            .map(|account| text(account, &["url"]).unwrap_or_else(|| "an account".to_owned()))
            .collect())
    }

    /// Says whether the app may have turned `op` away since it isn't setgid: Linux tells them apart by that.
    pub fn may_lack_setgid(&self, error: &Error) -> bool {
        let mode = fs::metadata(self.path()).map_or(0, |metadata| metadata.permissions().mode());
        cfg!(target_os = "linux")
            && !self.program.is_for_windows()
            && mode & 0o2000 == 0
            && format!("{error:#}").contains(APP)
    }

    /// Asks what has nothing to do with an account.
    fn ask_plainly(&self, command: &str, args: &[&str], clock: &Clock) -> Result<Answer> {
        let call = Call {
            command,
            args,
            input: Input::Terminal,
            variables: &[],
        };
        let answer = self.program.run(&call, clock)?;
        if answer.status.success() {
            Ok(answer)
        } else {
            Err(self.failure(command, &answer, None))
        }
    }
}
