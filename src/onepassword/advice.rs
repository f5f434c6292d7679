//! What a user can do about the reason that `op` gives for a failure.

use crate::refusal::Refusal;
use Advice::{Either, SignIn, Text};

const APP: &str = "start and unlock the 1Password app, and turn on 'Integrate with 1Password CLI' in its Developer settings";
const PERMISSION: &str = "check that you may read and edit the items of this vault";
const NETWORK: &str = "check the network";

/// Advice about a reason.
enum Advice {
    Text(&'static str),
    /// The advice for the user's item, and for a dedicated one.
    Either(&'static str, &'static str),
    /// How to sign in, which depends on the environment.
    SignIn,
}

/// Parts of op's texts, each with its advice. The first that is contained counts.
const ADVICE: [(&str, Advice); 34] = [
    (
        "isn't an item",
        Text("pass --item with the item's name or id, as `op item list` shows it"),
    ),
    (
        "could not find item",
        Text("pass --item with the item's name or id, as `op item list` shows it"),
    ),
    (
        "isn't a vault",
        Either(
            "pass --vault with the vault's name or id, as `op vault list` shows it",
            "pass --cache-item VAULT/ITEM with a vault that `op vault list` shows",
        ),
    ),
    (
        "More than one item matches",
        Either(
            "pass --item ID, or --vault",
            "pass --cache-item with the item's id, or VAULT/ITEM",
        ),
    ),
    (
        "vault query must be provided",
        Either(
            "pass --vault: a service account needs it",
            "pass --cache-item VAULT/ITEM: a service account needs the vault",
        ),
    ),
    ("not currently signed in", SignIn),
    ("account is not signed in", SignIn),
    ("session expired", SignIn),
    ("no active session", SignIn),
    ("could not find session token", SignIn),
    ("Signin credentials are not compatible", SignIn),
    ("unrecognized auth type", SignIn),
    (
        "found multiple accounts",
        Text(
            "pass --account with an account's id, the account_uuid in `op account list --format json`; `get-1password-creds doctor` tells them apart",
        ),
    ),
    (
        "permissions are too broad",
        Text("run `chmod 700` on op's folder: the one that is named here, or ~/.config/op"),
    ),
    ("Couldn't update the item", Text(PERMISSION)),
    (
        "prompt dismissed",
        Text("run it again and approve the 1Password prompt"),
    ),
    (
        "authorization timeout",
        Text("was 1Password's prompt approved? unlock 1Password, run it again and approve it"),
    ),
    (
        "connection reset",
        Text(
            "on Linux `op` must be the installed one, setgid onepassword-cli; and check that the app's CLI integration is on",
        ),
    ),
    ("connecting to desktop app", Text(APP)),
    ("cannot setup session", Text(APP)),
    (
        "No accounts configured",
        Text(
            "approve 1Password's prompt, if there is one; else turn on 'Integrate with 1Password CLI' in the app's Developer settings, or add an account with `op account add`",
        ),
    ),
    (
        "no account found",
        Text("pass --account with one that `op account list` shows, or unset OP_ACCOUNT"),
    ),
    (
        "Service Account Deleted",
        Text("set OP_SERVICE_ACCOUNT_TOKEN to the token of a service account that exists"),
    ),
    (
        "(429)",
        Text("wait: 1Password limits the requests of a service account per hour and day"),
    ),
    ("(409)", Text("the vault was changed at the same time")),
    ("(401)", Text(PERMISSION)),
    ("(403)", Text(PERMISSION)),
    ("permission", Text(PERMISSION)),
    ("requested access", Text(PERMISSION)),
    ("dial tcp", Text(NETWORK)),
    ("no such host", Text(NETWORK)),
    ("i/o timeout", Text(NETWORK)),
    ("unknown flag", Text("update the 1Password CLI")),
    (
        "panic:",
        Text("update the 1Password CLI, and check OP_SERVICE_ACCOUNT_TOKEN"),
    ),
];

/// The kind of call that failed.
#[derive(Clone, Copy)]
pub struct Kind {
    /// The call is about a dedicated item.
    pub is_dedicated: bool,
    /// The caller has an `OP_SESSION_…` variable.
    pub has_session_token: bool,
}

/// Returns the kind of refusal that a reason is.
pub fn refusal(reason: &str) -> fn(String) -> Refusal {
    if is_absent(reason) {
        Refusal::Absent
    } else if reason.contains("(409)") {
        Refusal::Conflict
    } else {
        Refusal::Final
    }
}

fn is_absent(reason: &str) -> bool {
    reason.contains("isn't an item") || reason.contains("could not find item")
}

/// Returns what to do about a reason, or `None` if there is nothing to add to it. About a dedicated item that doesn't exist,
/// the advice depends on the options, and isn't given here.
pub fn advice(reason: &str, kind: Kind) -> Option<&'static str> {
    if kind.is_dedicated && is_absent(reason) {
        return None;
    }
    let (_, advice) = ADVICE.iter().find(|(part, _)| reason.contains(part))?;
    Some(match advice {
        Either(_, advice) if kind.is_dedicated => advice,
        Text(advice) | Either(advice, _) => advice,
        SignIn if kind.has_session_token => {
            "the OP_SESSION_… variable in the environment is no longer valid: unset it, or sign in again"
        }
        SignIn => {
            "turn on 'Integrate with 1Password CLI' in the app's Developer settings, or sign in with `eval $(op signin)`"
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_that_is_refused_without_a_reason_is_about_the_vault() {
        let kind = Kind {
            is_dedicated: false,
            has_session_token: false,
        };
        assert_eq!(advice("Couldn't update the item", kind), Some(PERMISSION));
    }
}
