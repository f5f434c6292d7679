//! What `aws` says of itself and of STS's clock.

use std::path::Path;

use anyhow::{Context, Result};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::{Aws, failure};
use crate::process::{Answer, Call, Input};

/// What stands before the date among the headers that `--debug` shows.
const DATE: &str = "'date': '";

impl Aws<'_> {
    /// Where `aws` was found.
    pub fn path(&self) -> &Path {
        self.program.path()
    }

    /// Asks for the version: `aws --version`.
    pub fn version(&self) -> Result<String> {
        let answer = self.ask("--version", &[])?;
        if !answer.status.success() {
            return Err(failure("--version", &answer));
        }
        let version = String::from_utf8_lossy(answer.stdout.expose());
        let version = version.split_whitespace().next().map(str::to_owned);
        version.context("`aws --version` names no version")
    }

    /// Reads the time of STS from the headers of its refusal to answer a question without keys; nothing if it wasn't
    /// reached. No key is sent, and of what `--debug` says nothing else is read.
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
