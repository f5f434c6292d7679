//! `setup`: the lines for ~/.aws/config, on paper or put there.

mod aws_login;
pub mod import;
mod line;

use anyhow::{Context, Result, bail, ensure};

use super::{doctor, stored};
use crate::aws::{Aws, ConfigFiles, RIVALS};
use crate::clock::Clock;
use crate::lock;
use crate::onepassword::{Item, OnePassword};
use crate::output::{self, Text};
use crate::settings::Settings;

pub use aws_login::run as run_aws_login;

/// What is set.
const NAME: &str = "credential_process";

/// What becomes of the line.
#[derive(Clone, Copy, PartialEq)]
pub enum Mode {
    Print,
    Write,
}

/// Checks the item, then shows the line or puts it there; says whether the item is in order.
pub fn run(settings: &Settings, mode: Mode, clock: &Clock) -> Result<bool> {
    let cache_item = cache_item(settings, clock)?;
    let files = ConfigFiles::read(settings);
    let (report, item) = doctor::check_item(settings, &files, clock);
    print(&report.text())?;
    let Some(item) = item.filter(|_| !report.has_failure()) else {
        return Ok(false);
    };
    let setup = Setup::new(settings, &item, cache_item.as_ref(), files)?;
    match mode {
        Mode::Print => setup.instruct()?,
        Mode::Write => setup.write(clock)?,
    }
    Ok(true)
}

/// Sees that the item that `--cache-item` names is there. Only here is it made: at credential time two machines would
/// make two.
fn cache_item(settings: &Settings, clock: &Clock) -> Result<Option<Item>> {
    if settings.flags.no_session || settings.flags.cache_item.is_none() {
        return Ok(None);
    }
    let name = settings.flags.session_item();
    let op = OnePassword::find(settings)?;
    let lock = format!("make {}", name.item);
    let what = "cannot make the item: another run that makes one";
    let _lock = lock::hold(settings, &lock, what, lock::PROMPT, clock)?;
    let made = op.make_dedicated(&name, &settings.flags.cache_field, clock);
    let (item, is_new) =
        made.map_err(|error| stored::with_way_to_make_it(error, &settings.flags))?;
    if is_new {
        say(&[&format!("made     item {}", item.place())])?;
    }
    Ok(Some(item))
}

/// One line for one profile.
struct Setup<'a> {
    settings: &'a Settings,
    files: ConfigFiles,
    profile: &'a str,
    line: String,
    /// A setting that may be in the profile, since it is taken out afterwards.
    passing: Option<&'static str>,
}

impl<'a> Setup<'a> {
    fn new(
        settings: &'a Settings,
        item: &Item,
        cache_item: Option<&Item>,
        files: ConfigFiles,
    ) -> Result<Self> {
        let line = line::compose(settings, item, cache_item)
            .context("cannot write a line for ~/.aws/config")?;
        Ok(Self {
            settings,
            files,
            profile: settings.flags.profile.as_deref().unwrap_or("default"),
            line,
            passing: None,
        })
    }

    fn instruct(&self) -> Result<()> {
        let path = self.files.config_path.display();
        say(&["", &format!("In {path}, or by `setup --write`:"), ""])?;
        say(&[&heading(self.profile), &self.assignment()])?;
        say(&self.hints())
    }

    fn assignment(&self) -> String {
        format!("{NAME} = {}", self.line)
    }

    /// What else the user may want.
    fn hints(&self) -> Vec<&'static str> {
        let mut hints = Vec::new();
        let in_environment = ["AWS_REGION", "AWS_DEFAULT_REGION"]
            .iter()
            .any(|name| self.settings.environment.filled(name).is_some());
        let region = self.files.setting(self.profile, "region");
        if region.is_none() && !in_environment {
            hints.extend([
                "",
                "The profile has no region, which AWS needs: add region = … beside it.",
            ]);
        }
        let has_session = !self.settings.flags.no_session && !self.line.contains(aws_login::WORD);
        if !self.line.contains("--margin") && has_session {
            hints.extend([
                "",
                "The AWS CLI and boto3 ask again on every call in a session's last 15 minutes.",
                "If that is too slow for you, add --margin 16m at the end of the line.",
            ]);
        }
        hints
    }

    /// Says what will be changed, changes it, and looks whether it was.
    fn write(&self, clock: &Clock) -> Result<()> {
        let (profile, path) = (self.profile, self.files.config_path.display());
        let (heading, line) = (heading(self.profile), &self.line);
        if let Some(fault) = self.files.faults.first() {
            bail!("cannot change profile '{profile}': {fault}");
        }
        if self.files.setting(profile, NAME) == Some(line) {
            let line = format!("Nothing to change: {heading} has the line already.");
            return say(&["", &line]);
        }
        check_free(&self.files, profile, self.passing.as_slice())?;
        say(&["", &format!("In {path} this is added:"), ""])?;
        say(&[&heading, &self.assignment()])?;
        Aws::find(self.settings)?.configure_set(NAME, line, profile, clock)?;
        ensure!(
            ConfigFiles::read(self.settings).setting(profile, NAME) == Some(line),
            "cannot change profile '{profile}': `aws configure set` left {path} as it was"
        );
        say(&["", "Done."])?;
        say(&self.hints())
    }
}

/// Refuses a profile that gets its credentials in another way than by one of these settings.
fn check_free(files: &ConfigFiles, profile: &str, passing: &[&str]) -> Result<()> {
    let is_set = |name: &str| files.setting(profile, name).is_some() && !passing.contains(&name);
    ensure!(
        !is_set(NAME),
        "cannot change profile '{profile}': it has another {NAME}; take it out, or name another profile with --profile"
    );
    match RIVALS.iter().find(|rival| is_set(rival)) {
        Some(rival) => bail!(
            "cannot change profile '{profile}': it has {rival}, which goes before {NAME}; name another profile with --profile"
        ),
        None => Ok(()),
    }
}

/// Spells the first line of a profile's section.
fn heading(profile: &str) -> String {
    match profile {
        "default" => "[default]".to_owned(),
        profile => format!("[profile {profile}]"),
    }
}

fn say(lines: &[&str]) -> Result<()> {
    print(&Text::lines(lines))
}

fn print(text: &Text) -> Result<()> {
    output::write_text(text).context("cannot write to stdout")
}
