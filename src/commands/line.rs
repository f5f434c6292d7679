//! The `credential_process` lines of the AWS config that run this program, and the options in them.

use anyhow::{Context, Result, anyhow};

use crate::aws::{ConfigFiles, split_words};
use crate::cli::{Command, Flags, NAME};
use crate::complaint::one_line;
use crate::run::Run;

/// The setting that runs a program for credentials.
pub const SETTING: &str = "credential_process";

/// The longest chain of `source_profile` settings that is followed.
const LONGEST_CHAIN: usize = 5;

/// A line that runs this program.
pub struct Line<'a> {
    pub profile: &'a str,
    pub text: &'a str,
}

impl<'a> Line<'a> {
    /// Returns all lines, in the order of the profiles' names.
    pub fn all(files: &'a ConfigFiles) -> Vec<Self> {
        let mut profiles: Vec<&str> = files
            .config
            .keys()
            .chain(files.credentials.keys())
            .map(String::as_str)
            .collect();
        profiles.sort_unstable();
        profiles.dedup();
        let lines = profiles.into_iter();
        lines
            .filter_map(|profile| Self::of_profile(files, profile))
            .collect()
    }

    /// Returns the line of a profile.
    pub fn of_profile(files: &'a ConfigFiles, profile: &'a str) -> Option<Self> {
        let text = files.setting(profile, SETTING)?;
        let mut words = text.split(|c: char| c.is_whitespace() || "\"'".contains(c));
        words.any(is_this_program).then_some(Self { profile, text })
    }

    /// Returns the line that a profile uses: the one in it, or that of its `source_profile`.
    pub fn used_by(files: &'a ConfigFiles, profile: &'a str) -> Option<Self> {
        let mut profile = profile;
        for _ in 0..LONGEST_CHAIN {
            if let Some(line) = Self::of_profile(files, profile) {
                return Some(line);
            }
            profile = files.setting(profile, "source_profile")?;
        }
        None
    }

    /// Parses the line as the AWS CLI splits it. The message of an error is one line.
    pub fn flags(&self) -> Result<Flags> {
        let words = split_words(self.text).context("a quote or a backslash in it is left open")?;
        let mut words = words.into_iter().skip_while(|word| !is_this_program(word));
        words
            .next()
            .context("it doesn't run this program directly")?;
        Flags::of_line(&words.collect::<Vec<_>>()).map_err(|usage| {
            let text = usage.render().to_string();
            let text = text.lines().next().unwrap_or_default();
            anyhow!("{}", one_line(text.trim_start_matches("error: ")))
        })
    }

    /// Returns whether the line runs this program alone, for a session and not for `aws-login`.
    pub fn is_for_a_session(&self) -> bool {
        let is_sign_in = |flags: Flags| matches!(flags.command, Some(Command::AwsLogin { .. }));
        let program = self.text.split_whitespace().next().unwrap_or_default();
        is_this_program(program.trim_matches(['"', '\''])) && !self.flags().is_ok_and(is_sign_in)
    }

    /// Returns a run with the options of the line, under the given options.
    pub fn run(&self, run: &Run) -> Result<Run> {
        let flags = self.flags().and_then(|line| Ok(run.flags.over(&line)?));
        let flags = flags.with_context(|| {
            format!(
                "cannot read the {SETTING} line of profile '{}'",
                self.profile
            )
        })?;
        Ok(run.with_flags(flags))
    }
}

/// Returns whether a word of a line is this program.
fn is_this_program(word: &str) -> bool {
    word.rsplit('/').next() == Some(NAME)
}
