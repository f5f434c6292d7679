//! What the AWS config says about a profile, through `aws configure`, which knows the files.

use anyhow::{Context, Result};

use super::{Aws, advice, failure};
use crate::complaint::without_secrets;
use crate::process::{Call, Input};

impl Aws<'_> {
    /// Reads a setting of a profile, or of the default one; nothing if it isn't set. A profile that isn't there is an
    /// error.
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
                // Not set; what else is wrong has words.
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
