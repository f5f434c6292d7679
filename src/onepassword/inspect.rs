//! What `doctor` and `setup` ask about `op`: its path, its version, its accounts. None of this prompts.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Error, Result, anyhow};
use serde_json::Value;

use super::OnePassword;
use crate::credentials::text;
use crate::process::{self, Answer, Call, Input};

/// A part of op's texts about a connection to the desktop app that failed.
const APP: &str = "desktop app";

/// An account as `op account list` shows it.
pub struct Account {
    pub url: String,
    pub email: String,
    pub id: String,
}

impl OnePassword<'_> {
    /// Returns the path at which `op` was found.
    pub fn path(&self) -> &Path {
        self.program.path()
    }

    /// Returns whether `op` is a link to `op.exe`, or a script that starts it.
    pub fn leads_to_windows(&self) -> bool {
        self.program.leads_to_windows()
    }

    /// Reads the version: `op --version`.
    pub fn version(&self) -> Result<String> {
        let answer = self.ask_plainly("--version", &[])?;
        let version = String::from_utf8_lossy(answer.stdout.expose());
        let version = version.split_whitespace().next().map(str::to_owned);
        version.context("`op --version` names no version")
    }

    /// Lists the accounts: `op account list`. With the app, `op whoami` reports that nobody is signed in.
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

    /// Returns whether the app may have refused `op` because it isn't setgid, by which the app recognises it on Linux.
    pub fn may_lack_setgid(&self, error: &Error) -> bool {
        self.was_refused(error) && !self.is_setgid()
    }

    /// Returns whether the app may have refused `op` because setgid has no effect in this process's children.
    pub fn may_lose_setgid(&self, error: &Error) -> bool {
        self.was_refused(error) && self.is_setgid() && process::has_no_new_privileges()
    }

    fn was_refused(&self, error: &Error) -> bool {
        cfg!(target_os = "linux")
            && !self.program.is_for_windows()
            && format!("{error:#}").contains(APP)
    }

    fn is_setgid(&self) -> bool {
        let mode = fs::metadata(self.path()).map_or(0, |metadata| metadata.permissions().mode());
        mode & 0o2000 != 0
    }

    /// Makes a call that isn't about an account or an item.
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
