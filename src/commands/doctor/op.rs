//! `op` itself: found, and with an account.

use super::Check;
use crate::clock::Clock;
use crate::onepassword::OnePassword;
use crate::settings::Settings;

/// With one of these nobody signs in, and there need be no account.
const UNATTENDED: [&str; 2] = ["OP_SERVICE_ACCOUNT_TOKEN", "OP_CONNECT_HOST"];

/// Looks at `op`, which comes back if an item can be asked for.
pub fn check<'a>(settings: &'a Settings, clock: &Clock) -> (Vec<Check>, Option<OnePassword<'a>>) {
    let op = match OnePassword::find(settings) {
        Ok(op) => op,
        Err(error) => return (vec![Check::from_error(&error)], None),
    };
    let path = op.path().display();
    let runs = if op.leads_to_windows() {
        ", which runs op.exe"
    } else {
        ""
    };
    let version = match op.version(clock) {
        Ok(version) => Check::ok(format!("op: {path}{runs}, version {version}")),
        Err(error) => return (vec![Check::from_error(&error)], None),
    };
    let unattended = UNATTENDED
        .iter()
        .find(|name| settings.environment.get(name).is_some());
    if let Some(name) = unattended {
        return (
            vec![version, Check::ok(format!("1Password account: by {name}"))],
            Some(op),
        );
    }
    let (account, is_there) = match op.accounts(clock) {
        Ok(accounts) if accounts.is_empty() => (Check::failed(NO_ACCOUNT), false),
        Ok(accounts) => (
            Check::ok(format!("1Password account: {}", accounts.join(", "))),
            true,
        ),
        Err(error) => (Check::from_error(&error), false),
    };
    (vec![version, account], is_there.then_some(op))
}

const NO_ACCOUNT: &str = "1Password account: there is none; turn on 'Integrate with 1Password CLI' in the app's Developer settings, or add an account with `op account add`";
