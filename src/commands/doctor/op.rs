//! `op` and its account.

use anyhow::Error;

use super::{Check, share};
use crate::commands::account;
use crate::onepassword::{Account, OnePassword};
use crate::refusal::Refusal;
use crate::run::Run;

/// Checks `op` and its account, unless `is_known`. Returns `op` if it runs: items can be read even if the accounts can't be
/// listed.
pub fn check(run: &Run, is_known: bool) -> (Vec<Check>, Option<OnePassword<'_>>) {
    let op = match OnePassword::find(run) {
        Ok(op) => op,
        Err(error) => return (vec![Check::from_error(&error)], None),
    };
    if is_known {
        return (Vec::new(), Some(op));
    }
    let path = op.path().display();
    let runs = if op.leads_to_windows() {
        ", which runs op.exe"
    } else {
        ""
    };
    let Some(clock) = share(run) else {
        return (vec![Check::unchecked("op")], None);
    };
    let version = match op.within(clock).version() {
        // Version 1 has other commands.
        Ok(version) if version.starts_with("1.") => Check::failed(format!(
            "op: {path}{runs}, version {version}; update it to version 2"
        )),
        Ok(version) => Check::ok(format!("op: {path}{runs}, version {version}")),
        Err(error) => return (vec![Check::from_error(&error)], None),
    };
    (vec![version, check_account(&op, run)], Some(op))
}

fn check_account(op: &OnePassword, run: &Run) -> Check {
    if let Some(name) = account::token(&run.environment) {
        return Check::ok(format!("1Password account: by {name}"));
    }
    let Some(clock) = share(run) else {
        return Check::unchecked("1Password account");
    };
    match op.within(clock).accounts() {
        Ok(accounts) if accounts.is_empty() => {
            Check::warning(format!("1Password account: {}", account::NO_ACCOUNT))
        }
        Ok(accounts) => Check::ok(format!(
            "1Password account: {}",
            names(&accounts).join(", ")
        )),
        Err(error) => Check::warning(format!("1Password account: {error:#}")),
    }
}

/// Returns the addresses of the accounts; if several share one, with the person and the id of each.
fn names(accounts: &[Account]) -> Vec<String> {
    let name = |account: &Account| {
        let Account { url, email, id } = account;
        let others = accounts.iter().filter(|other| other.url == *url).count();
        if others > 1 {
            format!("{url} ({email}, --account {id})")
        } else {
            url.clone()
        }
    };
    accounts.iter().map(name).collect()
}

/// Returns the likely causes of a failure to read an item.
pub fn causes(op: &OnePassword, run: &Run, error: &Error) -> Vec<Check> {
    let causes = [
        setgid(op, error),
        session_variable(run),
        other_screen(error, run),
    ];
    causes.into_iter().flatten().collect()
}

/// Returns a warning if the app may have refused `op` because it isn't setgid.
fn setgid(op: &OnePassword, error: &Error) -> Option<Check> {
    let path = op.path().display();
    if op.may_lack_setgid(error) {
        return Some(Check::warning(format!(
            "op: {path} isn't setgid, so the app may refuse it; install it from 1Password's package"
        )));
    }
    op.may_lose_setgid(error).then(|| {
        Check::warning(format!(
            "op: {path} is setgid, which has no effect for what is started here (no_new_privs), so the app may refuse it; run it outside of the sandbox or service"
        ))
    })
}

/// Returns a warning if a session variable is set, which may be why the item couldn't be read.
fn session_variable(run: &Run) -> Option<Check> {
    let mut names = run.environment.names();
    let name = names.find(|name| name.starts_with("OP_SESSION_"))?;
    Some(Check::warning(format!(
        "{name} is set, and may have expired; unset it, or sign in again"
    )))
}

/// Returns a warning if nobody approved the prompt, and this terminal is on another machine than its window.
fn other_screen(error: &Error, run: &Run) -> Option<Check> {
    let is_late = matches!(error.downcast_ref(), Some(Refusal::OutOfTime(_)))
        || format!("{error:#}").contains("authorization");
    let is_remote = run.environment.filled("SSH_CONNECTION").is_some();
    (is_late && is_remote).then(|| {
        Check::warning(
            "SSH_CONNECTION is set: 1Password's prompt is on the screen of this machine, not on yours; approve it there, or use a service account",
        )
    })
}
