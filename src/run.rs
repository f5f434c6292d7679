//! One run: its options, environment and time.

mod environment;

use std::cell::OnceCell;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::cli::Flags;
use crate::clock::Clock;
use crate::folder::Folder;
use crate::process::is_ancestor;
use environment::absolute_folders;

pub use environment::Environment;

/// The variable with the process id of the run that started `aws`. If `aws` runs this program again, that run ends at once.
/// The id must be of an ancestor, since a browser that `aws` opened keeps the variable.
pub const GUARD: &str = "GET_1PASSWORD_CREDS_RUNNING";

/// One run of this program.
pub struct Run {
    pub flags: Flags,
    pub environment: Environment,
    /// The absolute folders of PATH, then the usual places; also the PATH of children.
    pub search_path: Vec<PathBuf>,
    pub clock: Clock,
    folder: OnceCell<Option<Folder>>,
}

impl Run {
    /// Starts a run; refuses one that was started by the `aws` of another run.
    pub fn new(flags: Flags, environment: Environment, began: Instant) -> Result<Self> {
        let clock = Clock::since(began, flags.aws.timeout);
        let caller = environment.get(GUARD).and_then(OsStr::to_str);
        if caller.is_some_and(|pid| pid.parse().is_ok_and(is_ancestor)) {
            bail!(
                "cannot run inside itself: the `aws` that was asked for a session asks for credentials; is it a wrapper?"
            );
        }
        Ok(Self {
            flags,
            search_path: absolute_folders(environment.get("PATH")),
            environment: environment.without(GUARD),
            clock,
            folder: OnceCell::new(),
        })
    }

    /// Returns this run with other options.
    pub fn with_flags(&self, flags: Flags) -> Self {
        Self {
            flags,
            environment: self.environment.clone(),
            search_path: self.search_path.clone(),
            clock: self.clock,
            folder: OnceCell::new(),
        }
    }

    /// Returns this run with changed options.
    pub fn with(&self, change: impl FnOnce(&mut Flags)) -> Self {
        let mut flags = self.flags.clone();
        change(&mut flags);
        self.with_flags(flags)
    }

    /// Returns this run with its whole time left.
    pub fn restarted(&self) -> Self {
        let mut run = self.with_flags(self.flags.clone());
        run.clock = Clock::start(self.flags.aws.timeout);
        run
    }

    /// Returns this run with the region for calls of AWS.
    pub fn in_region(self, region: &str) -> Self {
        let environment = self.environment.with("AWS_REGION", region);
        Self {
            environment,
            ..self
        }
    }

    /// Returns the private folder of this user, which is made on first use; `None` if no place allows one.
    pub fn folder(&self) -> Option<&Folder> {
        let open = || Folder::open(&self.environment);
        self.folder.get_or_init(open).as_ref()
    }
}
