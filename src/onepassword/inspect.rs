//! What `op` says of itself: where it lies, its version, the accounts that it knows. None of this prompts.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Error, Result, anyhow};
use serde_json::Value;

use super::OnePassword;
use crate::credentials::text;
use crate::process::{self, Answer, Call, Input};

/// What op says where it and the desktop app don't find together.
const APP: &str = "desktop app";

/// An account as `op account list` shows it.
pub struct Account {
    pub url: String,
    pub email: String,
    pub id: String,
}

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
    pub fn version(&self) -> Result<String> {
        let answer = self.ask_plainly("--version", &[])?;
        let version = String::from_utf8_lossy(answer.stdout.expose());
        let version = version.split_whitespace().next().map(str::to_owned);
        version.context("`op --version` names no version")
    }

    /// Lists the accounts: `op account list`. `op whoami` says under the app that nobody is signed in.
    pub fn accounts(&self) -> Result<Vec<Account>> {
        let answer = self.ask_plainly("account list", &["--format", "json"])?;
        let accounts: Value = serde_json::from_slice(answer.stdout.expose())
            .map_err(|_| anyhow!("no JSON in the answer of `op account list`"))?;
        let part = |account: &Value, name: &str, other: &str| {
            text(account, &[name]).unwrap_or_else(|| other.to_owned())
        };
        let accounts = accounts.as_array().into_iter().flatten();
        let accounts = accounts.map(|account| Account {
            url: part(account, "url", "an account"),
            email: part(account, "email", "-"),
            id: part(account, "account_uuid", "-"),
        });
        Ok(accounts.collect())
    }

    /// Returns whether the app may have turned `op` away since it isn't setgid: Linux tells them apart by that.
    pub fn may_lack_setgid(&self, error: &Error) -> bool {
        self.was_turned_away(error) && !self.is_setgid()
    }

    /// Returns whether the app may have turned `op` away since setgid has no effect for our children.
    pub fn may_lose_setgid(&self, error: &Error) -> bool {
        self.was_turned_away(error) && self.is_setgid() && process::has_no_new_privileges()
    }

    fn was_turned_away(&self, error: &Error) -> bool {
        cfg!(target_os = "linux")
            && !self.program.is_for_windows()
            && format!("{error:#}").contains(APP)
    }

    fn is_setgid(&self) -> bool {
        let mode = fs::metadata(self.path()).map_or(0, |metadata| metadata.permissions().mode());
        mode & 0o2000 != 0
    }

    /// Asks what has nothing to do with an account.
    fn ask_plainly(&self, command: &str, args: &[&str]) -> Result<Answer> {
        let call = Call {
            command,
            args,
            input: Input::Terminal,
            variables: &[],
        };
        let answer = self.program.run(&call, &self.clock)?;
        if answer.status.success() {
            Ok(answer)
        } else {
            Err(self.failure(command, &answer, None))
        }
    }
}
