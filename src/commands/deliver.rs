//! The commands that print credentials, for a `credential_process`.

use std::io::{self, IsTerminal};

use anyhow::{Error, Result, anyhow};

use super::{aws_login, get, no_session};
use crate::cli::Flags;
use crate::flight;
use crate::output::Outcome;
use crate::run::Run;

/// Prints credentials. Runs that want the same at the same time share one answer.
pub fn run(run: &Run) -> Result<Outcome> {
    let delivery = flight::share(run, || match run.flags.command {
        Some(_) => aws_login::run(run),
        None if run.flags.aws.no_session => no_session::run(run),
        None => get::run(run),
    })?;
    let is_at_terminal = io::stdout().is_terminal();
    Ok(Outcome {
        remark: is_at_terminal.then(|| exposure(&run.flags)),
        ..delivery.into()
    })
}

/// Returns the remark for a person who runs the program at a terminal: what was printed, and what to run instead.
fn exposure(flags: &Flags) -> Error {
    if flags.command.is_some() {
        return anyhow!(
            "printed the credentials of the sign-in in plain text, as AWS programs want them"
        );
    }
    if flags.aws.no_session {
        let doctor = flags.typed("doctor");
        return anyhow!(
            "printed the long-lived key in plain text, as AWS programs want it; `{doctor}` checks it without showing it"
        );
    }
    let status = flags.typed("status");
    anyhow!(
        "printed the session in plain text, as AWS programs want it; `{status}` shows its state without its secrets"
    )
}
