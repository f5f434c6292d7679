//! `setup --import`: from a key on the disk, or one that is typed, to a profile that works.
//!
//! What would fail later is refused first; then everything is asked, and only then is something made. What is made, and
//! what is changed, is said at once, so a run may end at any question.

mod before;
mod item;
mod key;
mod profile;
mod questions;
mod removal;

use anyhow::{Context, Result};

use super::say;
use crate::aws::{Aws, ConfigFiles, Signer};
use crate::cli::quoted;
use crate::clock::Clock;
use crate::credentials::AccessKey;
use crate::onepassword::OnePassword;
use crate::output::Outcome;
use crate::run::Run;

/// What is asked.
#[derive(Clone, Copy, PartialEq)]
pub enum Asks {
    All,
    /// Only what has no safe default.
    Needed,
}

const DEFAULT: &str = "default";

/// One run, and whom it asks.
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

/// Makes the item of a key, gets a session with it, writes the line, and takes the key off the disk.
pub fn run(run: &Run, source: Option<&str>, asks: Asks) -> Result<Outcome> {
    let target = run.flags.aws.profile.as_deref().unwrap_or(DEFAULT);
    let files = ConfigFiles::read(run);
    // By the name of a profile that isn't there yet, every call of `aws` fails.
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
    import.check()?;
    let on_disk = import.key_on_disk()?;
    let found = import.find_item(on_disk.as_ref())?;
    import.check_profile()?;
    let (key, found) = match (on_disk.as_ref(), found) {
        (Some(key), found) => (key, found),
        (None, found) => (&key::ask()?, found),
    };
    import.check_key(key)?;
    let (item, region) = match found {
        Some(item) => (item, import.region()?),
        None => import.make_item(key)?,
    };
    import.set_up(&item, &known, region.as_deref(), on_disk.is_some())?;
    if on_disk.is_some() {
        import.clean_up(key)?;
    }
    Ok(Outcome::printed(true))
}

impl Import<'_> {
    /// `op`, whose call has the whole time: a person who thinks about a question uses none of it up.
    fn op(&self) -> OnePassword<'_> {
        self.op.within(Clock::start(self.run.flags.aws.timeout))
    }

    /// The same for `aws`.
    fn aws(&self) -> Aws<'_> {
        self.aws.within(Clock::start(self.run.flags.aws.timeout))
    }

    fn check_key(&self, key: &AccessKey) -> Result<()> {
        let caller = self.aws().caller(&Signer::Key(key));
        let caller = caller.context("cannot use this access key")?;
        step("user", &caller)
    }

    /// Offers to take the key off the disk, and says how to replace it.
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
        say(&[
            "",
            "The key lay on the disk, so make another one, put it into the item instead, and",
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

/// Returns what was just done.
fn step(word: &str, text: &str) -> Result<()> {
    say(&[&format!("{word:<8} {text}")])
}
