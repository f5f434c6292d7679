//! The options that a command works with: the given ones, and those of the profile's line.

use anyhow::{Result, bail};

use super::line::{Line, SETTING};
use crate::aws::ConfigFiles;
use crate::cli::NAME;
use crate::run::Run;

/// The options for a command about one session.
pub struct InUse {
    pub run: Run,
    /// The profile of the line that was used, and the options in the line.
    pub line: Option<(String, String)>,
}

impl InUse {
    /// Adds the options of the line that the profile uses, unless the given options name an item. A profile that was named
    /// must use a line.
    pub fn new(run: Run) -> Result<Self> {
        if run.flags.is_given("--item") {
            return Ok(Self { run, line: None });
        }
        let files = ConfigFiles::read(&run);
        let profile = run.flags.aws.profile.clone();
        match Line::used_by(&files, run.flags.aws.profile_name()) {
            Some(line) => Self::with_line(&run, &line),
            None => match profile.filter(|profile| profile != "default") {
                None => Ok(Self { run, line: None }),
                Some(profile) => bail!(
                    "cannot find the options of profile '{profile}': no {SETTING} in {} runs this program there; name another profile, or the item with --item",
                    files.config_path.display()
                ),
            },
        }
    }

    fn with_line(run: &Run, line: &Line) -> Result<Self> {
        let in_line = line.flags();
        if in_line.is_ok() && !line.is_for_a_session() {
            bail!(
                "cannot use the {SETTING} line of profile '{}': it is for aws-login, which keeps no session in 1Password",
                line.profile
            );
        }
        let mut with_line = line.run(run)?;
        // The given profile says which line is used, also in advised commands; --profile in the line is for STS alone.
        let profile = &run.flags.aws.profile;
        with_line.flags.aws.profile.clone_from(profile);
        let options = in_line.map(|flags| flags.typed(""))?;
        let options = options.trim_start_matches(NAME).trim().to_owned();
        Ok(Self {
            run: with_line,
            line: Some((line.profile.to_owned(), options)),
        })
    }

    /// Returns the profile and the options of the line; `None` if no line was used.
    pub fn description(&self) -> Option<String> {
        let (profile, options) = self.line.as_ref()?;
        Some(match options.as_str() {
            "" => format!("of profile '{profile}', without options"),
            options => format!("of profile '{profile}': {options}"),
        })
    }
}

/// Adds, for `setup`, the options of the line that it would change, unless the given options name an item.
pub fn for_setup(run: Run) -> Run {
    let profile = run.flags.aws.profile_name();
    let files = ConfigFiles::read(&run);
    let line = Line::of_profile(&files, profile).filter(Line::is_for_a_session);
    let line = line.filter(|_| !run.flags.is_given("--item"));
    let with_line = line.and_then(|line| line.run(&run).ok());
    with_line.unwrap_or(run)
}
