//! AWS `credential_process` that keeps keys, one-time password and MFA session in one 1Password item.

mod aws;
mod cache;
mod cli;
mod clock;
mod commands;
mod complaint;
mod credentials;
mod flight;
mod folder;
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
mod settings;
mod socket;
mod terminal;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Context, Error, Result, anyhow};

use cli::{Command, Flags};
use clock::Clock;
use commands::doctor::Depth;
use commands::setup::Mode;
use commands::setup::import::Asks;
use commands::status::Form;
use output::Text;
use settings::Settings;

fn main() -> ExitCode {
    process::prepare();
    if keep::is_keeper() {
        return keep::run();
    }
    let flags = match Flags::read() {
        Ok(flags) => flags,
        Err(usage) => return print_usage(&usage),
    };
    let done = run(flags);
    process::end_if_interrupted();
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(&error);
            ExitCode::FAILURE
        }
    }
}

/// Runs the command; returns whether what it has to say is good news.
fn run(flags: Flags) -> Result<bool> {
    let clock = Clock::start(flags.timeout);
    let settings = Settings::new(flags)?;
    let Some(command) = &settings.flags.command else {
        return deliver(&settings, &clock);
    };
    match command {
        Command::Status { json } => {
            let form = if *json { Form::Json } else { Form::Text };
            let status = commands::status::run(settings, form, &clock)?;
            print(&status.text, status.is_served)
        }
        Command::Clear => print(&commands::clear::run(settings, &clock)?, true),
        Command::Doctor { live } => {
            let depth = if *live { Depth::Live } else { Depth::Look };
            commands::doctor::run(&settings, depth, &clock)
        }
        Command::Setup {
            import: Some(source),
            yes,
            ..
        } => {
            let asks = if *yes { Asks::Needed } else { Asks::All };
            commands::setup::import::run(&settings, source.as_deref(), asks)
        }
        Command::Setup {
            write, aws_login, ..
        } => {
            let mode = if *write { Mode::Write } else { Mode::Print };
            match aws_login {
                Some(signin) => {
                    let signin = signin.clone();
                    commands::setup::run_aws_login(settings, &signin, mode)
                }
                None => commands::setup::run(settings, mode, &clock),
            }
        }
        Command::AwsLogin { .. } => deliver(&settings, &clock),
        Command::Completions { shell, words } => {
            print(&commands::completions::run(&settings, *shell, words), true)
        }
    }
}

fn print(text: &Text, is_good: bool) -> Result<bool> {
    process::end_if_interrupted();
    output::write_text(text).context("cannot write to stdout")?;
    Ok(is_good)
}

/// Prints credentials. The runs that ask for the same at the same time share one answer.
fn deliver(settings: &Settings, clock: &Clock) -> Result<bool> {
    let delivery = flight::share(settings, clock, || match settings.flags.command {
        Some(_) => commands::aws_login::run(settings, clock),
        None if settings.flags.no_session => commands::no_session::run(settings, clock),
        None => commands::get::run(settings, clock),
    });
    process::end_if_interrupted();
    let delivery = delivery?;
    output::write_delivery(&delivery).context("cannot write the credentials to stdout")?;
    if io::stdout().is_terminal() {
        say(&exposure(&settings.flags));
    }
    // Some clients read stderr into the JSON, and most drop it: the person is told at the terminal, if there is one.
    if let Some(note) = delivery.note {
        terminal::tell(&format!("{note:#}"));
    }
    Ok(true)
}

/// Words what a person sees who runs the program as a client would, and what to run instead.
fn exposure(flags: &Flags) -> Error {
    if flags.command.is_some() {
        return anyhow!(
            "printed the credentials of the sign-in in clear, as AWS programs want them"
        );
    }
    if flags.no_session {
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

/// Writes a reason to stderr, in one line.
fn say(reason: &Error) {
    // Without a stderr there is nobody to tell.
    _ = writeln!(io::stderr(), "{}", line(reason));
}

/// Writes a reason in one line, whatever an item calls its fields.
fn line(reason: &Error) -> String {
    output::blanked(&format!("get-1password-creds: {reason:#}"))
}

/// Prints help and version to stdout, a usage error to stderr, in clap's form.
fn print_usage(usage: &clap::Error) -> ExitCode {
    let text = usage.render().to_string();
    let text = Text::lines(&text.lines().collect::<Vec<_>>());
    // As above.
    _ = if usage.use_stderr() {
        io::stderr().write_all(text.as_str().as_bytes())
    } else {
        output::write_text(&text)
    };
    ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(2))
}
