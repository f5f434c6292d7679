//! `op` itself: found, and with an account.

use super::{Check, share};
use crate::clock::Clock;
use crate::onepassword::{Account, OnePassword};
use crate::settings::Settings;

/// With one of these nobody signs in, and there need be no account.
const UNATTENDED: [&str; 2] = ["OP_SERVICE_ACCOUNT_TOKEN", "OP_CONNECT_HOST"];

/// Looks at `op`, which comes back if an item can be asked for: that of the accounts can fail while items can be read. What
/// is known already isn't asked again.
pub fn check<'a>(
    settings: &'a Settings,
    is_known: bool,
    clock: &Clock,
) -> (Vec<Check>, Option<OnePassword<'a>>) {
    let op = match OnePassword::find(settings) {
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
    let Some(own) = share(clock) else {
        return (vec![Check::unchecked("op")], None);
    };
    let version = match op.version(&own) {
        Ok(version) => Check::ok(format!("op: {path}{runs}, version {version}")),
        Err(error) => return (vec![Check::from_error(&error)], None),
    };
    (vec![version, account(&op, settings, clock)], Some(op))
}

fn account(op: &OnePassword, settings: &Settings, clock: &Clock) -> Check {
    let mut unattended = UNATTENDED.iter();
    if let Some(name) = unattended.find(|name| settings.environment.get(name).is_some()) {
        return Check::ok(format!("1Password account: by {name}"));
    }
    let Some(own) = share(clock) else {
        return Check::unchecked("1Password account");
    };
    match op.accounts(&own) {
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
