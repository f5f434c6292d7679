//! Where this program lies, as a config should name it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::Settings;

impl Settings {
    /// Returns the path of this program: as it was called or is found on PATH, since a link there stays when an update
    /// moves what lies behind it.
    pub fn own_path(&self) -> Result<PathBuf> {
        let own = env::current_exe().context("cannot find the path of this program")?;
        let is_own = |path: &PathBuf| fs::canonicalize(path).ok() == fs::canonicalize(&own).ok();
        let called = env::args_os().next().map(PathBuf::from).unwrap_or_default();
        let name = called.file_name().map_or(Path::new(""), Path::new);
        let on_path = self.search_path.iter().map(|folder| folder.join(name));
        let as_called = called.is_absolute().then(|| called.clone());
        let mut candidates = as_called.into_iter().chain(on_path);
        let found = candidates.find(is_own);
        Ok(found.unwrap_or(own))
    }
}
