//! The command line: clap's structs, the parsing, and the options as text.

pub mod completions;
mod help;
mod options;
mod parse;
mod values;
mod words;

use std::ffi::OsString;

use clap::{ArgAction, Parser, Subcommand};

use crate::onepassword::ItemName;
use completions::Shell;
use values::name;

pub use options::{AwsOptions, CACHE_FIELD, OpOptions};
pub use values::{CacheItem, LONGEST_KEEP};
pub use words::{is_plain, quoted};

/// The name of this program.
pub const NAME: &str = "get-1password-creds";

/// The command line. Every command takes all options of a `credential_process` line.
#[derive(Clone, Parser)]
#[command(
    name = NAME,
    version,
    help_template = help::TEMPLATE,
    after_help = help::OTHER_NAMES,
    disable_help_flag = true,
    disable_version_flag = true,
)]
pub struct Flags {
    // Before the headings, which apply to every field below. Hidden: they would take two of the 24 lines of `-h`.
    /// Print help
    #[arg(long, short = 'h', hide = true, action = ArgAction::Help)]
    help: Option<bool>,

    /// Print the version
    #[arg(long, short = 'V', hide = true, action = ArgAction::Version)]
    version: Option<bool>,

    #[command(flatten, next_help_heading = "1Password")]
    pub op: OpOptions,

    #[command(flatten, next_help_heading = "AWS")]
    pub aws: AwsOptions,

    #[command(subcommand)]
    pub command: Option<Command>,

    /// All words that were parsed, with the program's name.
    #[arg(skip)]
    command_line: Vec<OsString>,
    /// The options on the command line, such as `--item`.
    #[arg(skip)]
    given: Vec<String>,
}

/// The commands; without one, the program prints credentials.
#[derive(Clone, Subcommand)]
pub enum Command {
    /// Show the session in the item; exit 0 if it would be served
    Status {
        /// Show it as JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Empty the item's cache field and the memory of --keep
    Clear,
    /// Check everything, and say what to do
    Doctor {
        /// Get a session, too, and ask STS whose it is; a code is used up
        #[arg(long)]
        live: bool,
    },
    /// Check the item, and print the lines for ~/.aws/config
    Setup {
        /// Write the lines into the config
        #[arg(long)]
        write: bool,
        /// Make the item of a profile's key first, and try it
        #[arg(long, value_name = "PROFILE", value_parser = name)]
        #[expect(
            clippy::option_option,
            reason = "clap's form of an option whose value may be left out"
        )]
        import: Option<Option<String>>,
        /// With --import, ask only what has no safe default
        #[arg(long, requires = "import")]
        yes: bool,
        /// Lines that run `aws login`; it signs in to PROFILE
        #[arg(long, value_name = "PROFILE", value_parser = name, conflicts_with = "import")]
        aws_login: Option<String>,
    },
    /// Print the credentials of a profile that `aws login` signs in to
    AwsLogin {
        /// Sign in by a URL and a code, where there is no browser
        #[arg(long)]
        remote: bool,
    },
    /// Print the completions of a shell
    Completions {
        shell: Shell,
        /// The words before the cursor, from a script that asks for the next ones
        #[arg(last = true, hide = true)]
        words: Vec<String>,
    },
}

impl Flags {
    /// Names the item of the key.
    pub fn key_item(&self) -> ItemName<'_> {
        ItemName {
            item: &self.op.item,
            vault: self.op.vault.as_deref(),
            dedicated_to: None,
        }
    }

    /// Names the item of the session: that of the key, or a dedicated one.
    pub fn session_item(&self) -> ItemName<'_> {
        match &self.op.cache_item {
            None => self.key_item(),
            Some(named) => ItemName {
                item: &named.item,
                vault: named.vault.as_deref(),
                dedicated_to: Some(&self.op.cache_field),
            },
        }
    }
}
