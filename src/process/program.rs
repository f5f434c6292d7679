//! Finds programs.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::run::Environment;

/// How much of a script is read, in bytes; one that only runs another program is shorter.
const MOST_OF_SCRIPT: u64 = 16 << 10;

/// One of the two programs that this program runs: its names for messages, and how it is run.
#[derive(Clone, Copy)]
pub struct Tool {
    pub name: &'static str,
    pub product: &'static str,
    /// The address of the page that explains how to install it.
    pub page: &'static str,
    /// What a call of this command most likely waits for, for the message when its time is up.
    pub waits_for: fn(command: &str) -> &'static str,
    /// The line for the terminal when a call of this command takes long; `None` where the tool itself writes there.
    pub waiting: fn(command: &str) -> Option<&'static str>,
    /// Whether it runs in the process group of this program. `op` must: in another group it would be stopped when it uses the
    /// terminal, and miss Ctrl-C. Other tools don't, so the programs that a wrapper script starts end with it.
    pub shares_our_group: bool,
    /// The variables that are withheld from a call for the person at the terminal: it may open a browser, which passes them
    /// on to the programs that it starts.
    pub kept_from_browser: &'static [&'static str],
    /// The arguments of its daemon, which must not end with the call.
    pub daemon: Option<&'static [&'static str]>,
}

/// A tool that was found, and its environment.
#[derive(Clone)]
pub struct Program {
    pub(super) tool: Tool,
    pub(super) path: PathBuf,
    pub(super) environment: Environment,
}

impl Program {
    /// Finds a tool by absolute path, or by the first of these names that is in a folder of `search_path`.
    pub fn find(
        tool: Tool,
        chosen: &[&Path],
        search_path: &[PathBuf],
        environment: Environment,
    ) -> Result<Self> {
        let first = chosen.first().context("no name to look for")?;
        let path = if first.is_absolute() {
            find_at(&tool, first)?
        } else if first.components().count() == 1 {
            find_by_name(&tool, chosen, search_path)?
        } else {
            let (shown, name) = (first.display(), tool.name);
            bail!("cannot run '{shown}': the path is relative; pass --{name} with an absolute one");
        };
        Ok(Self {
            tool,
            path,
            environment,
        })
    }

    /// Returns the path by which the program was found.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns whether the program is a Windows program, which WSL runs.
    pub fn is_for_windows(&self) -> bool {
        is_exe(&self.path) || self.leads_to_windows()
    }

    /// Returns whether another name leads to a Windows program: a link to it, or on WSL a script that runs it.
    pub fn leads_to_windows(&self) -> bool {
        let target = fs::canonicalize(&self.path).unwrap_or_default();
        let is_script =
            || self.environment.is_wsl() && names(&target, &format!("{}.exe", self.tool.name));
        !is_exe(&self.path) && (is_exe(&target) || is_script())
    }
}

fn find_at(tool: &Tool, path: &Path) -> Result<PathBuf> {
    which::which(path).ok().with_context(|| {
        let (shown, name) = (path.display(), tool.name);
        format!("cannot run '{shown}': there is no such program; check --{name}")
    })
}

/// Finds the first of these names that is in any folder of `search_path`.
fn find_by_name(tool: &Tool, names: &[&Path], search_path: &[PathBuf]) -> Result<PathBuf> {
    let mut candidates = names
        .iter()
        .flat_map(|name| search_path.iter().map(move |folder| (name, folder)));
    let found = candidates.find_map(|(name, folder)| which::which_in(name, Some(folder), "/").ok());
    found.with_context(|| {
        let shown = names.first().map(|name| name.display().to_string());
        let shown = shown.unwrap_or_default();
        let Tool {
            name,
            product,
            page,
            ..
        } = tool;
        let remedy = format!("install {product} ({page}), or pass --{name} with its path");
        format!("cannot find `{shown}` on PATH or in the usual places; {remedy}")
    })
}

fn is_exe(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("exe"))
}

/// Returns whether a file is a script that names a program outside comments.
fn names(path: &Path, program: &str) -> bool {
    let mut text = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MOST_OF_SCRIPT).read_to_end(&mut text));
    let text = String::from_utf8_lossy(&text).to_ascii_lowercase();
    let mut code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    read.is_ok() && text.starts_with("#!") && code.any(|line| line.contains(program))
}
