//! An AWS `credential_process` that keeps access key, one-time password and MFA session in one 1Password item.

mod aws;
mod cache;
mod cli;
mod clock;
mod commands;
mod complaint;
mod credentials;
mod flight;
mod folder;
#[cfg(fuzzing)]
#[path = "../tests/fuzz/invariants/mod.rs"]
pub mod invariants;
mod keep;
mod lock;
#[cfg(test)]
#[path = "../packaging/man.rs"]
mod man;
mod onepassword;
mod otpauth;
mod output;
mod process;
#[cfg(test)]
#[path = "../tests/properties/mod.rs"]
mod properties;
mod redaction;
mod refusal;
mod run;
mod socket;
mod terminal;
mod unescape;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use cli::Flags;
use output::{Outcome, Text};
use run::{Environment, Run};

fn main() -> ExitCode {
    let began = Instant::now();
    process::prepare();
    if keep::is_keeper() {
        return keep::run();
    }
    let environment = Environment::inherited();
    let outcome = if let Some(delivery) = flight::recall(&environment) {
        Ok(delivery.into())
    } else {
        match Flags::read() {
            Ok(flags) => Run::new(flags, environment, began).and_then(commands::run),
            Err(usage) => return print_usage(&usage),
        }
    };
    process::end_if_interrupted();
    let printed = outcome.and_then(Outcome::print);
    process::end_if_interrupted();
    printed.unwrap_or_else(|error| {
        output::print_error(&error);
        ExitCode::FAILURE
    })
}

/// Prints help and version to stdout and a usage error to stderr, in clap's form.
fn print_usage(usage: &clap::Error) -> ExitCode {
    let text = usage.render().to_string();
    let text = Text::lines(&text.lines().collect::<Vec<_>>());
    // A closed stream changes nothing about the exit status.
    if usage.use_stderr() {
        _ = io::stderr().write_all(text.as_str().as_bytes());
    } else {
        _ = output::print(&text);
    }
    ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(2))
}
