//! Finds programs.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::run::Environment;

/// A script that does no more than run another program is shorter.
const MOST_OF_SCRIPT: u64 = 16 << 10;

/// One of the two programs that are run, in words for messages.
#[derive(Clone, Copy)]
pub struct Tool {
    pub name: &'static str,
    pub product: &'static str,
    /// The page that says how to install it.
    pub page: &'static str,
    /// What a call of this command is most likely waiting for, if it doesn't end.
    pub waits_for: fn(command: &str) -> &'static str,
    /// What the person at the terminal is told if the call takes long; nothing where it talks to them itself.
    pub waiting: fn(command: &str) -> Option<&'static str>,
    /// `op` must share our process group: in one of its own it would be stopped when it touches the terminal, and
    /// miss Ctrl-C. Another tool gets its own, so what a wrapper script started ends with it.
    pub shares_our_group: bool,
    /// The names of variables that a call for the person at the terminal doesn't get: it may open a browser, which keeps
    /// them, and so does what is started from there.
    pub kept_from_browser: &'static [&'static str],
    /// The arguments of the process that it leaves behind, which must not end with the call.
    pub daemon: Option<&'static [&'static str]>,
}

/// A tool that was found, and the environment that it gets.
#[derive(Clone)]
pub struct Program {
    pub(super) tool: Tool,
    pub(super) path: PathBuf,
    pub(super) environment: Environment,
}

impl Program {
    /// Finds a tool by absolute path, or by the first of these names that is in the folders of `search_path`.
    pub fn find(
        tool: Tool,
        chosen: &[&Path],
        search_path: &[PathBuf],
        environment: Environment,
    ) -> Result<Self> {
        let Tool {
            name,
            product,
            page,
            ..
        } = tool;
        let first = chosen.first().context("no name to look for")?;
        let shown = first.display();
        let path = if first.is_absolute() {
            let found = which::which(first).ok();
            found.with_context(|| {
                format!("cannot run '{shown}': there is no such program; check --{name}")
            })?
        } else if first.components().count() == 1 {
            let mut candidates = chosen
                .iter()
                .flat_map(|name| search_path.iter().map(move |place| (name, place)));
            let found =
                candidates.find_map(|(name, place)| which::which_in(name, Some(place), "/").ok());
            found.with_context(|| {
                let remedy = format!("install {product} ({page}), or pass --{name} with its path");
                format!("cannot find `{shown}` on PATH or in the usual places; {remedy}")
            })?
        } else {
            bail!("cannot run '{shown}': the path is relative; pass --{name} with an absolute one");
        };
        Ok(Self {
            tool,
            path,
            environment,
        })
    }

    /// Where it was found.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns whether the program is one for Windows, which WSL runs.
    pub fn is_for_windows(&self) -> bool {
        is_exe(&self.path) || self.leads_to_windows()
    }

    /// Returns whether the program is one for Windows under another name: a link to it, or on WSL a script that runs it.
    pub fn leads_to_windows(&self) -> bool {
        let target = fs::canonicalize(&self.path).unwrap_or_default();
        let is_script =
            || self.environment.is_wsl() && names(&target, &format!("{}.exe", self.tool.name));
        !is_exe(&self.path) && (is_exe(&target) || is_script())
    }
}

fn is_exe(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("exe"))
}

/// Returns whether a file is a script that names a program, not only in a comment.
fn names(path: &Path, program: &str) -> bool {
    let mut text = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MOST_OF_SCRIPT).read_to_end(&mut text));
    let text = String::from_utf8_lossy(&text).to_ascii_lowercase();
    let mut code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    read.is_ok() && text.starts_with("#!") && code.any(|line| line.contains(program))
}
