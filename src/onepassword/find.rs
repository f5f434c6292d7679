//! How `op` is found, and which item it is then asked about.

use std::path::Path;

use anyhow::Result;

use super::cache_item::CacheItem;
use super::{OnePassword, PROMPT};
use crate::lock::Gate;
use crate::process::{Program, Tool};
use crate::settings::Settings;

const OP: Tool = Tool {
    name: "op",
    product: "the 1Password CLI",
    waits_for: |command| match command {
        "--version" | "account list" => "is the 1Password app busy?",
        _ => PROMPT,
    },
    shares_our_group: true,
    daemon: Some(&["daemon", "--background"]),
};

impl<'a> OnePassword<'a> {
    /// Finds `op`, to ask about the item of the key.
    pub fn find(settings: &'a Settings) -> Result<Self> {
        let flags = &settings.flags;
        Self::find_for(settings, &flags.item, flags.vault.as_deref(), None)
    }

    /// Finds `op`, to ask about the item of the session: that of the key, or the one that `--cache-item` names.
    pub fn find_for_session(settings: &'a Settings) -> Result<Self> {
        match &settings.flags.cache_item {
            None => Self::find(settings),
            Some(named) => {
                let cache_item = CacheItem(&settings.flags);
                let vault = named.vault.as_deref();
                Self::find_for(settings, &named.item, vault, Some(cache_item))
            }
        }
    }

    /// `op` gets no `AWS_*`, and nothing that changes the form of its answers.
    fn find_for(
        settings: &'a Settings,
        item: &'a str,
        vault: Option<&'a str>,
        cache_item: Option<CacheItem<'a>>,
    ) -> Result<Self> {
        let flags = &settings.flags;
        let mut environment = settings.environment.keep(|name| {
            let changes_answers = ["OP_FORMAT", "OP_DEBUG"].contains(&name);
            !name.starts_with("AWS_") && !changes_answers
        });
        let has_session_token = environment
            .names()
            .any(|name| name.starts_with("OP_SESSION_"));
        let mut names = vec![flags.op.as_path()];
        if settings.is_wsl {
            // Variables reach programs for Windows only if they are listed.
            let listed = environment
                .get("WSLENV")
                .map(|list| list.to_string_lossy().into_owned() + ":");
            let listed = listed.unwrap_or_default() + "OP_ACCOUNT/w:OP_SERVICE_ACCOUNT_TOKEN/w";
            environment = environment.with("WSLENV", listed);
            names.extend((flags.op == Path::new("op")).then_some(Path::new("op.exe")));
        }
        let program = Program::find(OP, &names, &settings.search_path, environment)?;
        Ok(Self {
            program,
            item,
            vault,
            account: flags.account.as_deref(),
            has_session_token,
            gate: Gate::new(settings),
            cache_item,
        })
    }
}
