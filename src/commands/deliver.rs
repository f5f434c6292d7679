//! The commands that print credentials, for a `credential_process`.

use std::io::{self, IsTerminal};

use anyhow::{Error, Result, anyhow};

use super::{aws_login, get, no_session};
use crate::cli::Flags;
use crate::flight;
use crate::output::Outcome;
use crate::run::Run;

/// Gets credentials. The runs that ask for the same at the same time share one answer.
pub fn run(run: &Run) -> Result<Outcome> {
    let delivery = flight::share(run, || match run.flags.command {
        Some(_) => aws_login::run(run),
        None if run.flags.aws.no_session => no_session::run(run),
        None => get::run(run),
    })?;
    let is_shown = io::stdout().is_terminal();
    Ok(Outcome {
        remark: is_shown.then(|| exposure(&run.flags)),
        ..delivery.into()
    })
}

/// Words what a person sees who runs the program as a client would, and what to run instead.
fn exposure(flags: &Flags) -> Error {
    if flags.command.is_some() {
        return anyhow!(
            "printed the credentials of the sign-in in clear, as AWS programs want them"
        );
    }
    if flags.aws.no_session {
        let doctor = flags.typed("doctor");
        return anyhow!(
            "printed the long-lived key in clear, as AWS programs want it; `{doctor}` checks it without showing it"
        );
    }
    let status = flags.typed("status");
    anyhow!(
        "printed the session in clear, as AWS programs want it; `{status}` shows its state without its secrets"
    )
}
