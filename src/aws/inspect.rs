//! What `doctor` asks `aws`: its version, and the time of STS.

use std::path::Path;

use anyhow::{Context, Result};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::{Aws, failure};
use crate::process::{Answer, Call, Input};

/// The text before the date in the headers that `--debug` writes.
const DATE: &str = "'date': '";

impl Aws<'_> {
    /// Returns the path at which `aws` was found.
    pub fn path(&self) -> &Path {
        self.program.path()
    }

    /// Reads the version: `aws --version`.
    pub fn version(&self) -> Result<String> {
        let answer = self.ask("--version", &[])?;
        if !answer.status.success() {
            return Err(failure("--version", &answer));
        }
        let version = String::from_utf8_lossy(answer.stdout.expose());
        let version = version.split_whitespace().next().map(str::to_owned);
        version.context("`aws --version` names no version")
    }

    /// Reads the time of STS, in UTC, from the headers of its answer to an unsigned call, which it refuses. No key is sent.
    /// Returns `None` if STS wasn't reached. Nothing else in the output of `--debug` is read.
    pub fn sts_time(&self) -> Option<OffsetDateTime> {
        let variables: Vec<_> = self.profile_variable().into_iter().collect();
        let call = Call {
            variables: &variables,
            ..Self::call("sts get-caller-identity", &["--no-sign-request", "--debug"])
        };
        let answer = self.program.run(&call, &self.clock).ok()?;
        let debug = String::from_utf8_lossy(answer.stderr.expose()).to_ascii_lowercase();
        let headers = debug
            .lines()
            .rfind(|line| line.contains("response headers:"))?;
        let (date, _) = headers.split_once(DATE)?.1.split_once('\'')?;
        OffsetDateTime::parse(date, &Rfc2822).ok()
    }

    pub(super) fn ask(&self, command: &str, args: &[&str]) -> Result<Answer> {
        self.program.run(&Self::call(command, args), &self.clock)
    }

    fn call<'a>(command: &'a str, args: &'a [&'a str]) -> Call<'a> {
        Call {
            command,
            args,
            input: Input::Terminal,
            variables: &[],
        }
    }
}
