//! Finds `op`.

use std::path::Path;

use anyhow::Result;

use super::OnePassword;
use crate::lock::Gate;
use crate::process::{Program, Tool};
use crate::run::Run;

const OP: Tool = Tool {
    name: "op",
    product: "the 1Password CLI",
    page: "https://developer.1password.com/docs/cli/get-started",
    waits_for: |command| match command {
        "--version" | "account list" => "is the 1Password app busy?",
        _ => "was 1Password's prompt approved?",
    },
    waiting: |command| match command {
        "--version" | "account list" => Some("waiting for the 1Password CLI"),
        _ => Some("waiting for 1Password: approve its prompt"),
    },
    shares_our_group: true,
    kept_from_browser: &[],
    daemon: Some(&["daemon", "--background"]),
};

impl<'a> OnePassword<'a> {
    /// Finds `op`. Its environment has no `AWS_*` variables, and none that change the form of its answers.
    pub fn find(run: &'a Run) -> Result<Self> {
        let flags = &run.flags;
        let mut environment = run.environment.keep(|name| {
            let changes_answers = ["OP_FORMAT", "OP_DEBUG"].contains(&name);
            !name.starts_with("AWS_") && !changes_answers
        });
        let has_session_token = environment
            .names()
            .any(|name| name.starts_with("OP_SESSION_"));
        let mut names = vec![flags.op.program.as_path()];
        if environment.is_wsl() {
            // Only the variables that are listed are passed on to programs for Windows.
            let listed = environment
                .get("WSLENV")
                .map(|list| list.to_string_lossy().into_owned() + ":");
            let listed = listed.unwrap_or_default() + "OP_ACCOUNT/w:OP_SERVICE_ACCOUNT_TOKEN/w";
            environment = environment.with("WSLENV", listed);
            names.extend((flags.op.program == Path::new("op")).then_some(Path::new("op.exe")));
        }
        let program = Program::find(OP, &names, &run.search_path, environment)?;
        Ok(Self {
            program,
            flags,
            clock: run.clock,
            has_session_token,
            gate: Gate::new(run),
        })
    }
}
