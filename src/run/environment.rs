//! The environment of this process, which is read here and nowhere else, and the search path.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

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

    /// Returns the region for AWS, if a variable names one.
    pub fn region(&self) -> Option<&str> {
        let mut names = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter();
        names.find_map(|name| self.filled(name)?.to_str())
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

/// Splits PATH, and drops empty and relative entries: they could run a program in the current directory with the keys.
pub fn absolute_folders(path: Option<&OsStr>) -> Vec<PathBuf> {
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
