//! What `op` says when it fails, cut down to its reason, and what a user can do about it.

use crate::complaint::one_line;
use crate::refusal::Refusal;
use Advice::{Either, SignIn, Text};

/// The start of op's error line; a local date and time of 19 characters and a space follow.
const MARK: &str = "[ERROR] ";

/// The length of `2026/08/14 04:07:09 `.
const DATE: usize = 20;

const APP: &str = "start and unlock the 1Password app, and turn on 'Integrate with 1Password CLI' in its Developer settings";
const PERMISSION: &str = "see that you may read and edit the items of this vault";
const NETWORK: &str = "check the network";

/// What a user can do about a reason.
enum Advice {
    Text(&'static str),
    /// The same for the user's item and for a dedicated one.
    Either(&'static str, &'static str),
    /// To sign in.
    SignIn,
}

/// What op's texts contain, and the advice; the first that fits counts.
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
        Text(
            "take the rights of others from op's own folder, which the line or `ls -ld ~/.config/op` names: `chmod 700` it",
        ),
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
            "on Linux `op` must be the installed one, setgid onepassword-cli; and see that the app's CLI integration is on",
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
        Text("put the token of a living service account into OP_SERVICE_ACCOUNT_TOKEN"),
    ),
    (
        "(429)",
        Text("wait: 1Password limits the requests of a service account per hour and day"),
    ),
    ("(409)", Text("another change to the vault came in between")),
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

/// Whose failure it is.
#[derive(Clone, Copy)]
pub struct Kind {
    /// Of a call about a dedicated item.
    pub is_dedicated: bool,
    /// Of a caller with an `OP_SESSION_…` variable.
    pub has_session_token: bool,
}

/// Returns what kind of refusal a reason is.
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

/// Cuts what op wrote on stderr down to its reason, in one line; empty if it gave none.
pub fn reason(text: &str) -> String {
    let (before, after) = match text.rfind(MARK) {
        Some(start) => text.split_at(start),
        None => (text, ""),
    };
    let error = after
        .get(MARK.len() + DATE..)
        .map(without_usage)
        .unwrap_or_default();
    // With no account configured, the error line is empty or ends in a colon, and what to know stands before it.
    if error.is_empty() || error.ends_with(':') {
        let notice = without_usage(before);
        return if notice.is_empty() { error } else { notice };
    }
    error
}

/// Returns what to do about a reason; nothing where we don't know better than op. What to do about a dedicated item that
/// isn't there depends on the options.
pub fn advice(reason: &str, kind: Kind) -> Option<&'static str> {
    if kind.is_dedicated && is_absent(reason) {
        return None;
    }
    let (_, advice) = ADVICE.iter().find(|(part, _)| reason.contains(part))?;
    Some(match advice {
        Either(_, advice) if kind.is_dedicated => advice,
        Text(advice) | Either(advice, _) => advice,
        SignIn if kind.has_session_token => {
            "the OP_SESSION_… variable in the environment no longer holds: unset it, or sign in again"
        }
        SignIn => {
            "turn on 'Integrate with 1Password CLI' in the app's Developer settings, or sign in with `eval $(op signin)`"
        }
    })
}

/// Folds the first paragraph into one line, without op's usage text and debug lines.
fn without_usage(text: &str) -> String {
    let lines = text
        .trim()
        .lines()
        .filter(|line| !line.contains(" | DEBUG | "));
    let lines: Vec<&str> = lines
        .take_while(|line| !line.trim().is_empty() && !line.starts_with("Usage:"))
        .collect();
    one_line(&lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_what_follows_the_date() {
        let stderr = "[ERROR] 2026/08/14 04:07:09 unknown flag: --x\nUsage:  op item get [flags]\n\nFlags:\n";
        assert_eq!(reason(stderr), "unknown flag: --x");
    }

    #[test]
    fn the_reason_stands_before_an_empty_error_line() {
        let stderr = "No accounts configured for use with 1Password CLI.\n\n - Turn on the app\n\
            [ERROR] 2026/08/14 04:07:09 error initializing client: \n";
        assert_eq!(
            reason(stderr),
            "No accounts configured for use with 1Password CLI"
        );
    }

    #[test]
    fn debug_lines_are_no_reason() {
        let stderr = "7:06PM | DEBUG | started\nsomething else\n7:06PM | DEBUG | ended\n";
        assert_eq!(reason(stderr), "something else");
    }

    #[test]
    fn an_edit_that_is_refused_without_a_reason_is_about_the_vault() {
        let kind = Kind {
            is_dedicated: false,
            has_session_token: false,
        };
        assert_eq!(advice("Couldn't update the item", kind), Some(PERMISSION));
    }

    #[test]
    fn a_cut_off_error_line_is_no_reason() {
        assert_eq!(reason("[ERROR] 2026/08"), "");
        assert_eq!(reason("[ERROR] 2026/08/14 04:07:0é x"), "x");
    }
}
