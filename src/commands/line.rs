//! The `credential_process` lines of the AWS config that run this program, and the options in them.

use anyhow::{Context, Result, anyhow, bail};

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

/// The options for a command about one session.
pub struct InUse {
    pub run: Run,
    /// The profile of the line that was used, and the options in the line.
    pub line: Option<(String, String)>,
}

impl InUse {
    /// Returns the profile and the options of the line; `None` if no line was used.
    pub fn description(&self) -> Option<String> {
        let (profile, options) = self.line.as_ref()?;
        Some(match options.as_str() {
            "" => format!("of profile '{profile}', without options"),
            options => format!("of profile '{profile}': {options}"),
        })
    }
}

/// Adds the options of the line that the profile uses, unless the given options name an item. A profile that was named must
/// use a line.
pub fn in_use(run: Run) -> Result<InUse> {
    let flags = &run.flags;
    let without_line = |run| Ok(InUse { run, line: None });
    if flags.is_given("--item") {
        return without_line(run);
    }
    let files = ConfigFiles::read(&run);
    let profile = flags.aws.profile.clone();
    let Some(line) = Line::used_by(&files, profile.as_deref().unwrap_or("default")) else {
        let Some(profile) = profile.filter(|profile| profile != "default") else {
            return without_line(run);
        };
        bail!(
            "cannot find the options of profile '{profile}': no {SETTING} in {} runs this program there; name another profile, or the item with --item",
            files.config_path.display()
        );
    };
    let in_line = line.flags();
    if in_line.is_ok() && !line.is_for_a_session() {
        bail!(
            "cannot use the {SETTING} line of profile '{}': it is for aws-login, which keeps no session in 1Password",
            line.profile
        );
    }
    let mut with_line = line.run(&run)?;
    // The given profile says which line is used, also in advised commands; --profile in the line is for STS alone.
    with_line.flags.aws.profile.clone_from(&profile);
    let options = in_line.map(|flags| flags.typed(""))?;
    let options = options.trim_start_matches(NAME).trim().to_owned();
    Ok(InUse {
        run: with_line,
        line: Some((line.profile.to_owned(), options)),
    })
}

/// Adds, for `setup`, the options of the line that it would change, unless the given options name an item.
pub fn to_set_up(run: Run) -> Run {
    let profile = run.flags.aws.profile.as_deref().unwrap_or("default");
    let files = ConfigFiles::read(&run);
    let line = Line::of_profile(&files, profile).filter(Line::is_for_a_session);
    let line = line.filter(|_| !run.flags.is_given("--item"));
    let with_line = line.and_then(|line| line.run(&run).ok());
    with_line.unwrap_or(run)
}

fn is_this_program(word: &str) -> bool {
    word.rsplit('/').next() == Some(NAME)
}
