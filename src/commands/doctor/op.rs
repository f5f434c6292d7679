//! `op` itself: found, and with an account.

use super::{Check, share};
use crate::onepassword::{Account, OnePassword};
use crate::run::Run;

/// With one of these nobody signs in, and there need be no account.
const UNATTENDED: [&str; 2] = ["OP_SERVICE_ACCOUNT_TOKEN", "OP_CONNECT_HOST"];

/// Looks at `op`, which comes back if an item can be asked for: that of the accounts can fail while items can be read. What
/// is known already isn't asked again.
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
        Ok(version) => Check::ok(format!("op: {path}{runs}, version {version}")),
        Err(error) => return (vec![Check::from_error(&error)], None),
    };
    (vec![version, account(&op, run)], Some(op))
}

fn account(op: &OnePassword, run: &Run) -> Check {
    let mut unattended = UNATTENDED.iter();
    if let Some(name) = unattended.find(|name| run.environment.get(name).is_some()) {
        return Check::ok(format!("1Password account: by {name}"));
    }
    let Some(clock) = share(run) else {
        return Check::unchecked("1Password account");
    };
    match op.within(clock).accounts() {
        Ok(accounts) if accounts.is_empty() => Check::warning(NO_ACCOUNT),
        Ok(accounts) => Check::ok(format!("1Password account: {}", told(&accounts).join(", "))),
        Err(error) => Check::warning(format!("1Password account: {error:#}")),
    }
}

/// Names the accounts; those of one address by person and id, too.
fn told(accounts: &[Account]) -> Vec<String> {
    let tell = |account: &Account| {
        let Account { url, email, id } = account;
        let others = accounts.iter().filter(|other| other.url == *url).count();
        if others > 1 {
            format!("{url} ({email}, --account {id})")
        } else {
            url.clone()
        }
    };
    accounts.iter().map(tell).collect()
}

const NO_ACCOUNT: &str = "1Password account: there is none; turn on 'Integrate with 1Password CLI' in the app's Developer settings, or add an account with `op account add`";
