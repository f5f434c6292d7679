//! The settings of a profile, as `aws configure get` reads them.

use anyhow::{Context, Result};

use super::{Aws, advice, failure};
use crate::complaint::without_secrets;
use crate::process::{Call, Input};

impl Aws<'_> {
    /// Reads a setting of a profile, `default` if it isn't named. Returns `None` if it isn't set, and an error if the named
    /// profile doesn't exist.
    pub fn configure_get(&self, name: &str, profile: Option<&str>) -> Result<Option<String>> {
        let command = "configure get";
        let mut args = vec![name];
        args.extend(profile.iter().flat_map(|profile| ["--profile", profile]));
        let call = Call {
            command,
            args: &args,
            input: Input::Terminal,
            variables: &[],
        };
        let value = self.program.run(&call, &self.clock).and_then(|answer| {
            let value = String::from_utf8_lossy(answer.stdout.expose())
                .trim()
                .to_owned();
            let said = advice::without_warnings(&without_secrets(answer.stderr.expose()));
            match answer.status.code() {
                Some(0) => Ok(Some(value).filter(|value| !value.is_empty())),
                // The setting isn't set; any other failure has a text.
                Some(1) if said.trim().is_empty() => Ok(None),
                _ => Err(failure(command, &answer)),
            }
        });
        let profile = profile.unwrap_or("default");
        value.with_context(|| {
            format!("cannot read '{name}' of profile '{profile}' in the AWS config")
        })
    }
}
