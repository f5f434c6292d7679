//! `setup`: checks the item, and prints or writes the line for ~/.aws/config.

mod aws_login;
mod dedicated;
pub mod import;
mod line;
mod profile;

use anyhow::{Context, Result, anyhow};

pub use aws_login::run as run_aws_login;

use super::doctor;
use super::in_use::for_setup;
use super::line::SETTING;
use crate::aws::{ConfigFiles, Edit};
use crate::onepassword::Item;
use crate::output::{Outcome, Text, print};
use crate::run::Run;
use dedicated::DedicatedItem;
use line::{SessionItem, compose};
use profile::{assignment, check_free, heading, plan, write_setting};

/// What to do with the line.
#[derive(Clone, Copy, PartialEq)]
pub enum Mode {
    Print,
    Write,
}

/// Checks the item, then prints or writes the line; the exit status is 0 if the check found no fault. Everything that can
/// be refused is refused before a dedicated item is made.
pub fn run(run: Run, mode: Mode) -> Result<Outcome> {
    let setup = Setup::new(run);
    let run = &setup.run;
    if mode == Mode::Write {
        check_free(&setup.files, &setup.profile, None)?;
    }
    let (report, item) = doctor::check_key(run, &setup.files);
    print(&report.text())?;
    let Some(item) = item.filter(|_| !report.has_failure()) else {
        return Ok(Outcome::printed(false));
    };
    let dedicated = setup.dedicated_item(&item, mode)?;
    let finished = setup.finish(&item, dedicated.as_ref(), mode);
    let Some(new) = dedicated.filter(|dedicated| dedicated.is_new) else {
        return finished.map(Outcome::printed);
    };
    finished.map(Outcome::printed).map_err(|error| {
        anyhow!(
            "{error:#}; 1Password item {} was made: run `{}` again, or remove it with `op item delete {}`",
            new.item.place(),
            run.flags.typed("setup"),
            new.item.id
        )
    })
}

/// One line for one profile.
struct Setup {
    run: Run,
    files: ConfigFiles,
    /// The profile that gets the line.
    profile: String,
}

impl Setup {
    fn new(run: Run) -> Self {
        let profile = run.flags.aws.profile_name();
        Self {
            profile: profile.to_owned(),
            files: ConfigFiles::read(&run),
            run: for_setup(run),
        }
    }

    /// Finds or makes the dedicated item, if one is wanted, once the line is known to fit.
    fn dedicated_item(&self, item: &Item, mode: Mode) -> Result<Option<DedicatedItem>> {
        let is_wanted = DedicatedItem::is_wanted(&self.run);
        let session_item = if is_wanted {
            SessionItem::Named
        } else {
            SessionItem::OfKey
        };
        let line = self.line(item, session_item)?;
        if mode == Mode::Write {
            self.plan(&line)?;
        }
        let found = is_wanted.then(|| DedicatedItem::find_or_make(&self.run));
        found.transpose()
    }

    /// Checks the cache field, then prints or writes the line; returns whether the check found no fault.
    fn finish(&self, item: &Item, dedicated: Option<&DedicatedItem>, mode: Mode) -> Result<bool> {
        let report = doctor::check_session(&self.run, item);
        print(&report.text())?;
        if report.has_failure() {
            return Ok(false);
        }
        let line = self.line(item, SessionItem::of(dedicated))?;
        match mode {
            Mode::Print => self.instruct(&line)?,
            Mode::Write => self.write(&line)?,
        }
        Ok(true)
    }

    fn line(&self, item: &Item, session_item: SessionItem) -> Result<String> {
        compose(&self.run, item, session_item).context("cannot write a line for ~/.aws/config")
    }

    fn instruct(&self, line: &str) -> Result<()> {
        let path = self.files.config_path.display();
        print_lines(&[
            "",
            &format!("Put this into {path}, or run `setup --write`:"),
            "",
        ])?;
        print_lines(&[&heading(&self.profile), &assignment(line)])?;
        print_lines(&self.hints(line))
    }

    /// Returns what else the user may want to add.
    fn hints(&self, line: &str) -> Vec<&'static str> {
        let mut hints = Vec::new();
        let in_profile = self.files.setting(&self.profile, "region");
        if in_profile.or(self.run.environment.region()).is_none() {
            hints.extend([
                "",
                "The profile has no region, which AWS needs: add region = … to it.",
            ]);
        }
        let has_session = !self.run.flags.aws.no_session && !line.contains(aws_login::WORD);
        if !line.contains("--margin") && has_session {
            hints.extend([
                "",
                "The AWS CLI and boto3 ask again on every call in a session's last 15 minutes.",
                "If that is too slow for you, add --margin 16m at the end of the line.",
            ]);
        }
        hints
    }

    /// Prints the change, then makes it.
    fn write(&self, line: &str) -> Result<()> {
        let (heading, path) = (heading(&self.profile), self.files.config_path.display());
        let old = self.files.setting(&self.profile, SETTING);
        if old == Some(line) {
            let line = format!("Nothing to change: {heading} has the line already.");
            return print_lines(&["", &line]);
        }
        match old {
            None => {
                print_lines(&["", &format!("Adding to {path}:"), ""])?;
                print_lines(&[&heading, &assignment(line)])?;
            }
            Some(old) => {
                print_lines(&["", &format!("Changing in {path}:"), ""])?;
                print_lines(&[&heading, &format!("- {}", assignment(old))])?;
                print_lines(&[&format!("+ {}", assignment(line))])?;
            }
        }
        write_setting(&self.run, &self.profile, SETTING, line)?;
        print_lines(&["", "Done."])?;
        print_lines(&self.hints(line))
    }

    fn plan(&self, line: &str) -> Result<Edit> {
        plan(&self.files, &self.profile, SETTING, line)
    }
}

fn print_lines(lines: &[&str]) -> Result<()> {
    print(&Text::lines(lines))
}
