//! `setup --aws-login`: prints or writes the line that runs `aws-login`, and the profile that it signs in to.

use anyhow::{Context, Result, ensure};

use super::profile::{assignment, check_free, heading, write_setting};
use super::{Mode, Setup, line, print_lines};
use crate::aws::{ConfigFiles, refuse_other_style};
use crate::commands::line::SETTING;
use crate::output::Outcome;
use crate::run::Run;

/// The word that tells this line from others.
pub const WORD: &str = " aws-login ";

/// The options that are copied into the line.
const OPTIONS: [&str; 2] = ["--timeout", "--aws"];

const REGION: &str = "region";

/// Prints or writes the line and the profile.
pub fn run(run: Run, signin: &str, mode: Mode) -> Result<Outcome> {
    let line = compose(&run, signin).context("cannot write a line for ~/.aws/config")?;
    let profile = run.flags.aws.profile_name();
    let setup = Setup {
        files: ConfigFiles::read(&run),
        profile: profile.to_owned(),
        run,
    };
    ensure!(
        setup.profile != signin,
        "cannot change profile '{signin}': the line and the sign-in need different profiles; pass --aws-login with another name"
    );
    refuse_other_style(&setup.files, signin)?;
    match mode {
        Mode::Print => setup.instruct_sign_in(&line, signin)?,
        Mode::Write => setup.write_sign_in(&line, signin)?,
    }
    Ok(Outcome::printed(true))
}

/// Returns the line.
fn compose(run: &Run, signin: &str) -> Result<String> {
    let mut words = vec![
        line::program(run)? + WORD.trim_end(),
        "--profile".to_owned(),
    ];
    words.push(line::fit(signin, None, "--aws-login")?);
    for (option, value) in run.flags.words() {
        if let Some(value) = value.filter(|_| OPTIONS.contains(&option)) {
            words.extend([option.to_owned(), line::fit(&value, None, option)?]);
        }
    }
    Ok(words.join(" "))
}

impl Setup {
    fn instruct_sign_in(&self, line: &str, signin: &str) -> Result<()> {
        let path = self.files.config_path.display();
        print_lines(&[
            "",
            &format!("Put this into {path}, or run `setup --aws-login {signin} --write`:"),
            "",
        ])?;
        print_lines(&[&heading(&self.profile), &assignment(line), ""])?;
        let region = self.region(signin).unwrap_or("…");
        print_lines(&[&heading(signin), &format!("{REGION} = {region}")])?;
        print_lines(&self.hints(line))
    }

    /// Writes the profile of the sign-in, then the line, which doesn't work without it.
    fn write_sign_in(&self, line: &str, signin: &str) -> Result<()> {
        if self.files.setting(&self.profile, SETTING) != Some(line) {
            check_free(&self.files, &self.profile, None)?;
        }
        if self.files.setting(signin, REGION).is_none() {
            self.add_region(signin)?;
        }
        self.write(line)
    }

    fn add_region(&self, signin: &str) -> Result<()> {
        let region = self.region(signin).with_context(|| {
            format!(
                "cannot make profile '{signin}': no region is known; set AWS_REGION, or add {REGION} = … to profile '{}'",
                self.profile
            )
        })?;
        let path = self.files.config_path.display();
        print_lines(&["", &format!("Adding to {path}:"), ""])?;
        print_lines(&[&heading(signin), &format!("{REGION} = {region}")])?;
        write_setting(&self.run, signin, REGION, region)
    }

    /// Returns the region of the sign-in's profile, else of the profile with the line, else of the environment.
    fn region(&self, signin: &str) -> Option<&str> {
        let files = &self.files;
        files
            .setting(signin, REGION)
            .or_else(|| files.setting(&self.profile, REGION))
            .or_else(|| self.run.environment.region())
    }
}
