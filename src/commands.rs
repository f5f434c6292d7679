//! The commands, one file each. Only they connect the other modules.

mod account;
mod aws_login;
mod cache_field;
mod clear;
mod completions;
mod deliver;
mod doctor;
mod get;
mod in_use;
mod key_form;
mod line;
mod no_session;
mod session_item;
mod setup;
mod status;
mod stored;

use anyhow::Result;

use crate::cli::Command;
use crate::output::Outcome;
use crate::run::Run;
use setup::Mode;
use setup::import::Asks;

/// Runs the command of the command line.
pub fn run(run: Run) -> Result<Outcome> {
    match run.flags.command.clone() {
        None | Some(Command::AwsLogin { .. }) => deliver::run(&run),
        Some(Command::Status { json }) => status::run(run, json),
        Some(Command::Clear) => clear::run(run),
        Some(Command::Doctor { live }) => doctor::run(&run, live),
        Some(Command::Setup {
            import: Some(source),
            yes,
            ..
        }) => {
            let asks = if yes { Asks::Needed } else { Asks::All };
            setup::import::run(&run, source.as_deref(), asks)
        }
        Some(Command::Setup {
            write, aws_login, ..
        }) => {
            let mode = if write { Mode::Write } else { Mode::Print };
            match aws_login {
                Some(signin) => setup::run_aws_login(run, &signin, mode),
                None => setup::run(run, mode),
            }
        }
        Some(Command::Completions { shell, words }) => Ok(completions::run(&run, shell, &words)),
    }
}
