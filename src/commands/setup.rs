//! `setup`: the lines for ~/.aws/config, on paper or put there.

mod aws_login;
pub mod import;
mod line;

use anyhow::{Context, Result, anyhow, bail, ensure};

pub use aws_login::run as run_aws_login;

use super::line::{Line, SETTING, to_set_up};
use super::{doctor, session_item};
use crate::aws::{ConfigFiles, Edit, STRONGER_SETTINGS};
use crate::lock::{self, Work};
use crate::onepassword::{Item, OnePassword};
use crate::output::{Outcome, Text, print};
use crate::run::Run;
use line::{Dedicated, compose};

/// What becomes of the line.
#[derive(Clone, Copy, PartialEq)]
pub enum Mode {
    Print,
    Write,
}

/// Checks the item, then shows the line or puts it there; the exit status is 0 if the item is in order. Whatever is refused
/// is refused before an item is made.
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
    let cache_item = setup.cache_item(&item, mode)?;
    let finished = setup.finish(&item, cache_item.as_ref(), mode);
    let Some(new) = cache_item.filter(|cache_item| cache_item.is_new) else {
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

/// The dedicated item that `--cache-item` names.
struct CacheItem {
    item: Item,
    is_new: bool,
}

/// One line for one profile.
struct Setup {
    run: Run,
    files: ConfigFiles,
    /// The one that the line is for.
    profile: String,
}

impl Setup {
    fn new(run: Run) -> Self {
        let profile = run.flags.aws.profile.as_deref().unwrap_or("default");
        Self {
            profile: profile.to_owned(),
            files: ConfigFiles::read(&run),
            run: to_set_up(run),
        }
    }

    /// Sees that the item that `--cache-item` names is there. Only here is it made: at credential time two machines would
    /// make two.
    fn cache_item(&self, item: &Item, mode: Mode) -> Result<Option<CacheItem>> {
        let run = &self.run;
        let has_one = has_cache_item(run);
        let dedicated = if has_one {
            Dedicated::Named
        } else {
            Dedicated::No
        };
        let line = self.line(item, dedicated)?;
        if mode == Mode::Write {
            self.plan(&line)?;
        }
        if !has_one {
            return Ok(None);
        }
        make_cache_item(run).map(Some)
    }

    /// Looks at the session's place, then shows the line or writes it.
    fn finish(&self, item: &Item, cache_item: Option<&CacheItem>, mode: Mode) -> Result<bool> {
        let report = doctor::check_session(&self.run, item);
        print(&report.text())?;
        if report.has_failure() {
            return Ok(false);
        }
        let dedicated = cache_item.map_or(Dedicated::No, |found| Dedicated::Is(&found.item));
        let line = self.line(item, dedicated)?;
        match mode {
            Mode::Print => self.instruct(&line)?,
            Mode::Write => self.write(&line)?,
        }
        Ok(true)
    }

    fn line(&self, item: &Item, dedicated: Dedicated) -> Result<String> {
        compose(&self.run, item, dedicated).context("cannot write a line for ~/.aws/config")
    }

    fn instruct(&self, line: &str) -> Result<()> {
        let path = self.files.config_path.display();
        say(&["", &format!("In {path}, or by `setup --write`:"), ""])?;
        say(&[&heading(&self.profile), &assignment(line)])?;
        say(&self.hints(line))
    }

    /// What else the user may want.
    fn hints(&self, line: &str) -> Vec<&'static str> {
        let mut hints = Vec::new();
        let in_environment = ["AWS_REGION", "AWS_DEFAULT_REGION"]
            .iter()
            .any(|name| self.run.environment.filled(name).is_some());
        let region = self.files.setting(&self.profile, "region");
        if region.is_none() && !in_environment {
            hints.extend([
                "",
                "The profile has no region, which AWS needs: add region = … beside it.",
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

    /// Returns what will be changed, changes it, and looks whether it was.
    fn write(&self, line: &str) -> Result<()> {
        let (heading, path) = (heading(&self.profile), self.files.config_path.display());
        let old = self.files.setting(&self.profile, SETTING);
        if old == Some(line) {
            let line = format!("Nothing to change: {heading} has the line already.");
            return say(&["", &line]);
        }
        match old {
            None => {
                say(&["", &format!("In {path} this is added:"), ""])?;
                say(&[&heading, &assignment(line)])?;
            }
            Some(old) => {
                say(&["", &format!("In {path} this is changed:"), ""])?;
                say(&[&heading, &format!("- {}", assignment(old))])?;
                say(&[&format!("+ {}", assignment(line))])?;
            }
        }
        put(&self.run, &self.profile, SETTING, line)?;
        say(&["", "Done."])?;
        say(&self.hints(line))
    }

    fn plan(&self, line: &str) -> Result<Edit> {
        plan(&self.files, &self.profile, SETTING, line)
    }
}

/// Writes one setting of the AWS config, and looks whether it is there.
fn put(run: &Run, profile: &str, name: &str, value: &str) -> Result<()> {
    let files = ConfigFiles::read(run);
    let path = files.config_path.display();
    let written = plan(&files, profile, name, value)?.apply();
    written.with_context(|| format!("cannot write {path}"))?;
    ensure!(
        ConfigFiles::read(run).setting(profile, name) == Some(value),
        "cannot change profile '{profile}': {path} is as before; is another program writing it?"
    );
    Ok(())
}

fn plan(files: &ConfigFiles, profile: &str, name: &str, value: &str) -> Result<Edit> {
    let path = files.config_path.display();
    let plan = files.plan(profile, name, value);
    plan.with_context(|| format!("cannot change profile '{profile}' in {path}"))
}

/// Returns whether the options name a dedicated item for the session.
fn has_cache_item(run: &Run) -> bool {
    !run.flags.aws.no_session && run.flags.op.cache_item.is_some()
}

/// Sees that the dedicated item is there, and makes it if it isn't.
fn make_cache_item(run: &Run) -> Result<CacheItem> {
    let flags = &run.flags;
    let name = flags.session_item();
    let op = OnePassword::find(run)?;
    let lock = format!("make {}", name.item);
    let work = Work {
        does: "makes the item",
        late: "cannot make the item: another run that makes one",
        advice: lock::PROMPT,
    };
    let _lock = lock::hold(run, &lock, &work)?;
    let found = op.make_dedicated(&name, &flags.op.cache_field);
    let (item, is_new) = found.map_err(|error| session_item::with_way_to_make_it(error, flags))?;
    if is_new {
        say(&[&format!("made     item {}", item.place())])?;
    }
    Ok(CacheItem { item, is_new })
}

/// Refuses a profile that gets its credentials in another way than by a line of ours or by the setting `passing`, and
/// files that can't be parsed.
fn check_free(files: &ConfigFiles, profile: &str, passing: Option<&str>) -> Result<()> {
    if let Some(fault) = files.faults.first() {
        bail!("cannot change profile '{profile}': {fault}");
    }
    let line = Line::of_profile(files, profile);
    let is_own = line.is_some_and(|line| line.is_for_a_session());
    let is_set = |name: &str| files.setting(profile, name).is_some() && passing != Some(name);
    ensure!(
        is_own || !is_set(SETTING),
        "cannot change profile '{profile}': it has another {SETTING}; take it out, or name another profile with --profile"
    );
    if let Some(name) = STRONGER_SETTINGS.iter().find(|name| is_set(name)) {
        bail!(
            "cannot change profile '{profile}': it has {name}, which goes before {SETTING}; name another profile with --profile"
        );
    }
    let credentials = files.credentials.get(profile);
    ensure!(
        !credentials.is_some_and(|settings| settings.contains_key(SETTING)),
        "cannot change profile '{profile}': its {SETTING} is in {}, which goes before {}; change it there, or move it",
        files.credentials_path.display(),
        files.config_path.display()
    );
    Ok(())
}

/// Writes the first line of a profile's section.
fn heading(profile: &str) -> String {
    match profile {
        "default" => "[default]".to_owned(),
        profile => format!("[profile {profile}]"),
    }
}

fn assignment(line: &str) -> String {
    format!("{SETTING} = {line}")
}

fn say(lines: &[&str]) -> Result<()> {
    print(&Text::lines(lines))
}
