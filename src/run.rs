//! One run: its options, environment and time. The environment is read here and nowhere else.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::cli::Flags;
use crate::clock::Clock;
use crate::folder::Folder;
use crate::process::is_ancestor;

/// The variable with the process id of the run that started `aws`. If `aws` runs this program again, that run ends at once.
/// The id must be of an ancestor, since a browser that `aws` opened keeps the variable.
pub const GUARD: &str = "GET_1PASSWORD_CREDS_RUNNING";

/// The variable that names, in a debug build, the folder used as `/` for the usual places, so tests find stand-ins only.
const ROOT: &str = "GET_1PASSWORD_CREDS_ROOT";

/// The folders of programs that the short PATH of a program started from the desktop lacks; below `/`.
const USUAL_PLACES: &[&str] = &[
    "opt/homebrew/bin",
    "usr/local/bin",
    "opt/local/bin",
    "usr/bin",
    "run/wrappers/bin",
    "run/current-system/sw/bin",
    "nix/var/nix/profiles/default/bin",
    // On macOS, looking there starts the automounter.
    #[cfg(not(target_os = "macos"))]
    "home/linuxbrew/.linuxbrew/bin",
    "snap/bin",
];

/// Such folders below the home directory.
const USUAL_PLACES_AT_HOME: [&str; 2] = [".local/bin", ".nix-profile/bin"];

/// The folder in which nix-darwin and NixOS have a profile for each user; below `/`.
const USUAL_PLACE_OF_USERS: &str = "etc/profiles/per-user";

/// The folder of `op.exe` under WSL, where 1Password's installer for Windows puts it; below `/`.
const USUAL_PLACE_ON_WSL: &str = "mnt/c/Program Files/1Password CLI";

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
    pub fn new(flags: Flags, environment: Environment) -> Result<Self> {
        let clock = Clock::start(flags.aws.timeout);
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

/// Splits PATH, and drops empty and relative entries: they could run a program in the current directory with the keys.
fn absolute_folders(path: Option<&OsStr>) -> Vec<PathBuf> {
    path.map(|path| {
        env::split_paths(path)
            .filter(|folder| folder.is_absolute())
            .collect()
    })
    .unwrap_or_default()
}

/// Lists the folders that the PATH of a program started from the desktop lacks.
fn usual_places(environment: &Environment) -> Vec<PathBuf> {
    let root = environment.get(ROOT).filter(|_| cfg!(debug_assertions));
    let root = root.map_or(Path::new("/"), Path::new);
    let home = environment.get("HOME").map(PathBuf::from);
    let home = home.filter(|home| home.is_absolute());
    let at_home = home
        .iter()
        .flat_map(|home| USUAL_PLACES_AT_HOME.map(|place| home.join(place)));
    let of_user = environment
        .filled("USER")
        .map(|user| root.join(USUAL_PLACE_OF_USERS).join(user).join("bin"));
    let on_wsl = environment.is_wsl().then(|| root.join(USUAL_PLACE_ON_WSL));
    let places = USUAL_PLACES.iter().map(|place| root.join(place));
    let places = places.chain(at_home).chain(of_user).chain(on_wsl);
    // A folder with a colon in its name can't be part of PATH.
    places
        .filter(|place| env::join_paths([place]).is_ok())
        .collect()
}

/// Environment variables, inherited or for a child, in the order of their names.
#[derive(Clone)]
pub struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    /// Reads the environment of this process. PATH gets its absolute folders alone, then the usual places, so a shim doesn't
    /// find its `python3` in the current directory either.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the environment is read"
    )]
    pub fn inherited() -> Self {
        let inherited = Self(env::vars_os().collect());
        let mut places = absolute_folders(inherited.get("PATH"));
        places.extend(usual_places(&inherited));
        // No folder has a colon in its name, so this doesn't fail.
        let path = env::join_paths(places).unwrap_or_default();
        inherited.with("PATH", path)
    }

    /// Returns the variables whose names pass the test.
    pub fn keep(&self, passes: impl Fn(&str) -> bool) -> Self {
        let mut kept = self.0.clone();
        kept.retain(|name, _| passes(&name.to_string_lossy()));
        Self(kept)
    }

    /// Sets a variable.
    pub fn with(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }

    /// Removes a variable.
    pub fn without(mut self, name: &str) -> Self {
        self.0.remove(OsStr::new(name));
        self
    }

    /// Returns the value of a variable.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// Returns the value of a variable, unless it is empty.
    pub fn filled(&self, name: &str) -> Option<&OsStr> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// Returns whether this is the Windows Subsystem for Linux.
    pub fn is_wsl(&self) -> bool {
        self.get("WSL_DISTRO_NAME").is_some()
    }

    /// Lists the names of the variables.
    pub fn names(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.0.keys().map(|name| name.to_string_lossy())
    }

    /// Lists the name and value of each variable.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_and_relative_entries_of_path_are_left_out() {
        let folders = absolute_folders(Some(OsStr::new(":/usr/bin:.:bin:/opt/x:")));
        assert_eq!(
            folders,
            [PathBuf::from("/usr/bin"), PathBuf::from("/opt/x")]
        );
    }
}
