//! `setup --import`: makes an item of a key, on the disk or typed, and a profile that uses the item.
//!
//! Everything that would fail later is refused first; then all questions are asked, and only then is something made. Each
//! change is printed at once, so a run may end at any question.

mod before;
mod item;
mod key;
mod profile;
mod questions;
mod removal;

use anyhow::{Context, Result};

use super::print_lines;
use crate::aws::{Aws, ConfigFiles, Signer};
use crate::cli::quoted;
use crate::clock::Clock;
use crate::credentials::AccessKey;
use crate::onepassword::OnePassword;
use crate::output::Outcome;
use crate::run::Run;

/// The questions that are asked.
#[derive(Clone, Copy, PartialEq)]
pub enum Asks {
    All,
    /// Only those without a safe default.
    Needed,
}

const DEFAULT: &str = "default";

/// One import.
struct Import<'a> {
    run: &'a Run,
    files: ConfigFiles,
    op: OnePassword<'a>,
    aws: Aws<'a>,
    /// The profile that the key comes from.
    source: &'a str,
    /// The profile that gets the line.
    target: &'a str,
    asks: Asks,
}

/// Makes the item of a key, gets a session with it, writes the line, and offers to remove the key from the disk.
pub fn run(run: &Run, source: Option<&str>, asks: Asks) -> Result<Outcome> {
    let target = run.flags.aws.profile_name();
    let files = ConfigFiles::read(run);
    // Every call of `aws` with the name of a missing profile fails.
    let known = run.with(|flags| {
        flags.aws.profile.take_if(|name| !files.has_profile(name));
    });
    let import = Import {
        op: OnePassword::find(run)?,
        aws: Aws::find(&known)?,
        source: source.unwrap_or(target),
        run,
        files,
        target,
        asks,
    };
    import.steps(&known)?;
    Ok(Outcome::printed(true))
}

impl Import<'_> {
    /// Imports the key. `known` is the run without the name of a missing profile.
    fn steps(&self, known: &Run) -> Result<()> {
        self.check()?;
        let on_disk = self.key_on_disk()?;
        let found = self.find_item(on_disk.as_ref())?;
        self.check_profile()?;
        let key = match &on_disk {
            Some(key) => key,
            None => &key::ask()?,
        };
        self.check_key(key)?;
        let (item, region) = match found {
            Some(item) => (item, self.region()?),
            None => self.make_item(key)?,
        };
        self.set_up(&item, known, region.as_deref(), on_disk.is_some())?;
        if on_disk.is_some() {
            self.clean_up(key)?;
        }
        Ok(())
    }

    /// Returns `op` with the whole time for a call, whatever time the answers took.
    fn op(&self) -> OnePassword<'_> {
        self.op.within(Clock::start(self.run.flags.aws.timeout))
    }

    /// Returns `aws` with the whole time for a call.
    fn aws(&self) -> Aws<'_> {
        self.aws.within(Clock::start(self.run.flags.aws.timeout))
    }

    fn check_key(&self, key: &AccessKey) -> Result<()> {
        let caller = self.aws().caller(&Signer::Key(key));
        let caller = caller.context("cannot use this access key")?;
        step("user", &caller)
    }

    /// Offers to remove the key from the disk, and prints how to replace it.
    fn clean_up(&self, key: &AccessKey) -> Result<()> {
        if self.source == self.target {
            removal::offer(&self.files, self.target)?;
        } else {
            step("kept", &format!("the key in profile '{}'", self.source))?;
        }
        let profile = match self.target {
            DEFAULT => String::new(),
            target => format!(" --profile {}", quoted(target)),
        };
        print_lines(&[
            "",
            "The key was on the disk, so make another one, put it into the item instead, and",
            "delete the old one:",
            "",
            &format!("aws iam create-access-key{profile}"),
            &format!(
                "aws iam delete-access-key --access-key-id {}{profile}",
                key.id
            ),
        ])
    }
}

/// Prints a step that was done.
fn step(word: &str, text: &str) -> Result<()> {
    print_lines(&[&format!("{word:<8} {text}")])
}
