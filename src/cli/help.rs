//! The texts of the help, and the options that it shows.

use std::ffi::OsString;

use clap::{Arg, Command};

use super::Flags;

/// The frame around the commands and options.
pub const TEMPLATE: &str = "\
{name} {version}: AWS credentials from 1Password
{usage-heading} {usage}
In ~/.aws/config: credential_process = /usr/local/bin/get-1password-creds

{all-args}{after-help}";

/// The end of the whole help.
pub const OTHER_NAMES: &str = "\
Other names that are accepted: --op-item, --op-vault, --op-access-key-id-field,
--op-secret-access-key-field, --op-cli-path";

/// The end of the brief help.
const MORE: &str = "`--help` shows all options, `help COMMAND` explains a command";

/// The options in the brief help, which fits a screen of 24 lines and 80 columns.
const USUAL: [&str; 5] = ["item", "vault", "profile", "duration", "no_session"];

/// Returns the command line for a parser that prints help: `-h` shows the usual options, all else shows every option.
pub fn command(words: &[OsString]) -> Command {
    let command = Flags::with_commands();
    if !words.iter().any(|word| word == "-h") {
        return command.mut_args(|arg| arg.next_line_help(true));
    }
    let brief = |arg: Arg| {
        let is_usual = USUAL.contains(&arg.get_id().as_str());
        let is_hidden = arg.is_hide_set() || !is_usual;
        arg.hide(is_hidden)
    };
    command.mut_args(brief).after_help(MORE)
}
