//! The command line: clap's structs, and how a command is spelled.

pub mod completions;
mod values;
mod words;

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::error::{Error, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::credentials::MfaSerial;
use crate::onepassword::ItemName;
use completions::Shell;
use values::{duration, keep, name, session_duration, timeout};

pub use values::CacheItem;
pub use words::{is_plain, quoted};

/// The script's own cache field.
pub const CACHE_FIELD: &str = "session_cache";

/// The longest time that a session may be kept in memory: after 10 minutes without a call of `op` it asks for authorisation
/// again.
pub const LONGEST_KEEP: Duration = Duration::from_secs(9 * 60);

/// What stands around the commands and options.
const HELP: &str = "\
{name} {version}: AWS credentials straight out of 1Password
{usage-heading} {usage}
In ~/.aws/config: credential_process = /usr/local/bin/get-1password-creds

{all-args}{after-help}";

/// What follows them.
const OTHER_NAMES: &str = "\
Other names that are taken: --op-item, --op-vault, --op-access-key-id-field,
--op-secret-access-key-field, --op-cli-path";

/// The same where most options are left out.
const THE_REST: &str = "`--help` shows all options, `help COMMAND` explains a command";

/// The options that `-h` shows: all of it fits a screen of 24 lines and 80 columns.
const USUAL: [&str; 5] = ["item", "vault", "profile", "duration", "no_session"];

/// The command line. A `credential_process` line's options are good for every command.
#[derive(Clone, Parser)]
#[command(
    name = "get-1password-creds",
    version,
    help_template = HELP,
    after_help = OTHER_NAMES,
    disable_help_flag = true,
    disable_version_flag = true,
)]
pub struct Flags {
    #[command(flatten, next_help_heading = "1Password")]
    pub op: OpOptions,

    #[command(flatten, next_help_heading = "AWS")]
    pub aws: AwsOptions,

    // Both take a line of the screen for what everybody knows.
    /// Print help
    #[arg(long, short = 'h', hide = true, action = ArgAction::Help)]
    help: Option<bool>,

    /// Print the version
    #[arg(long, short = 'V', hide = true, action = ArgAction::Version)]
    version: Option<bool>,

    #[command(subcommand)]
    pub command: Option<Command>,

    /// The command line as it was typed, and the options in it.
    #[arg(skip)]
    command_line: Vec<OsString>,
    #[arg(skip)]
    given: Vec<String>,
}

/// The options about 1Password.
#[derive(Args, Clone)]
pub struct OpOptions {
    /// Item of the key, name or id
    #[arg(long, alias = "op-item", value_name = "ITEM", default_value = "AWS Access Key", value_parser = name)]
    pub item: String,

    /// Vault of the item, name or id
    #[arg(long, alias = "op-vault", value_name = "VAULT", value_parser = name)]
    pub vault: Option<String>,

    /// 1Password account [default: op's own, `OP_ACCOUNT`]
    #[arg(long, value_name = "ACCOUNT", value_parser = name)]
    pub account: Option<String>,

    /// Field of the item that keeps the session
    #[arg(long, value_name = "FIELD", default_value = CACHE_FIELD, value_parser = name)]
    pub cache_field: String,

    /// Dedicated item for the session, name or id: ITEM or VAULT/ITEM
    #[arg(long, value_name = "ITEM", value_parser = CacheItem::parse)]
    pub cache_item: Option<CacheItem>,

    /// Field of the access key id
    #[arg(long, alias = "op-access-key-id-field", value_name = "FIELD", default_value = "Access Key ID", value_parser = name)]
    pub access_key_field: String,

    /// Field of the secret access key
    #[arg(long, alias = "op-secret-access-key-field", value_name = "FIELD", default_value = "Secret Access Key", value_parser = name)]
    pub secret_key_field: String,

    /// Field of the MFA device's serial
    #[arg(long, value_name = "FIELD", default_value = "mfa serial", value_parser = name)]
    pub mfa_serial_field: String,

    /// The 1Password CLI: an absolute path, or a name on PATH
    #[arg(
        long = "op",
        id = "op",
        alias = "op-cli-path",
        value_name = "PATH",
        default_value = "op"
    )]
    pub program: PathBuf,
}

/// The options about the session, AWS and the run.
#[derive(Args, Clone)]
pub struct AwsOptions {
    /// Serial of the MFA device, instead of the item's
    #[arg(long, value_name = "ARN", value_parser = MfaSerial::parse)]
    pub mfa_serial: Option<MfaSerial>,

    /// Profile of the AWS config [default: default]
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub profile: Option<String>,

    /// Life of a new session [default: STS's own, 12h]
    #[arg(long, value_name = "DURATION", value_parser = session_duration)]
    pub duration: Option<Duration>,

    /// Get a new session when less than this is left
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub margin: Duration,

    /// Keep the session in memory for this time, 9m at most
    #[arg(long, value_name = "DURATION", value_parser = keep)]
    pub keep: Option<Duration>,

    /// Print the long-lived key: no MFA, no cache
    #[arg(long)]
    pub no_session: bool,

    /// Give up after this time
    #[arg(long, value_name = "DURATION", default_value = "55s", value_parser = timeout)]
    pub timeout: Duration,

    /// The AWS CLI: an absolute path, or a name on PATH
    #[arg(long = "aws", id = "aws", value_name = "PATH", default_value = "aws")]
    pub program: PathBuf,
}

/// What else the program does.
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
        /// The words before the cursor, from a script that asks what may follow
        #[arg(last = true, hide = true)]
        words: Vec<String>,
    },
}

impl Flags {
    /// Reads the command line; where it is wrong, the error is clap's.
    pub fn read() -> Result<Self, Error> {
        let mut flags = Self::parse_words(env::args_os().collect())?;
        if let Some(Command::Setup {
            import: Some(source),
            ..
        }) = &flags.command
        {
            if flags.aws.no_session {
                let text = "--import tries a session, and --no-session wants none";
                return Err(Self::with_commands().error(ErrorKind::ArgumentConflict, text));
            }
            // The line goes into the profile that the key comes from, unless --profile names another.
            flags.aws.profile = flags.aws.profile.or_else(|| source.clone());
        }
        if matches!(flags.command, Some(Command::AwsLogin { .. })) && flags.aws.profile.is_none() {
            let text = "aws-login needs the profile that is signed in to: --profile <NAME>";
            return Err(Self::with_commands().error(ErrorKind::MissingRequiredArgument, text));
        }
        Ok(flags)
    }

    /// Reads the command line of a `credential_process`, without the program.
    pub fn of_line(words: &[String]) -> Result<Self, Error> {
        let program = Self::command().get_name().to_owned();
        let words = [program].into_iter().chain(words.iter().cloned());
        Self::parse_words(words.map(OsString::from).collect())
    }

    /// Takes the options of a line that aren't given here.
    pub fn over(&self, line: &Self) -> Result<Self, Error> {
        let (program, own) = self.command_line.split_at(self.command_line.len().min(1));
        let taken = line.words().into_iter();
        let taken = taken.filter(|(option, _)| !self.is_given(option));
        let taken = taken.flat_map(|(option, value)| [Some(option.to_owned()), value]);
        let taken = taken.flatten().map(OsString::from);
        let words = program.iter().cloned().chain(taken);
        let mut flags = Self::parse_words(words.chain(own.iter().cloned()).collect())?;
        flags.given.clone_from(&self.given);
        Ok(flags)
    }

    /// Returns whether the option stands on the command line, with the default or another value.
    pub fn is_given(&self, option: &str) -> bool {
        self.given.iter().any(|given| given == option)
    }

    fn parse_words(words: Vec<OsString>) -> Result<Self, Error> {
        let matches = Self::options_alone()
            .try_get_matches_from(&words)
            .or_else(|_| Self::shown(&words).try_get_matches_from(&words))?;
        Ok(Self {
            command_line: words,
            given: given(&matches),
            ..Self::from_arg_matches(&matches)?
        })
    }

    /// Returns the whole command line: each command takes all options.
    pub fn with_commands() -> clap::Command {
        Self::command().mut_args(|arg| {
            let is_global = arg.get_id() != "version";
            arg.global(is_global)
        })
    }

    /// Returns the command as help shows it: all options, or with `-h` the usual ones.
    fn shown(words: &[OsString]) -> clap::Command {
        if !words.iter().any(|word| word == "-h") {
            return Self::with_commands().mut_args(|arg| arg.next_line_help(true));
        }
        let brief = |arg: Arg| {
            let is_usual = USUAL.contains(&arg.get_id().as_str());
            let is_hidden = arg.is_hide_set() || !is_usual;
            arg.hide(is_hidden)
        };
        Self::with_commands().mut_args(brief).after_help(THE_REST)
    }

    /// The options without the commands, for a line that has none, as most: clap copies every option for every command, which
    /// takes longer than all else that a call does which gets a session from memory.
    fn options_alone() -> clap::Command {
        let whole = Self::command();
        clap::Command::new("get-1password-creds")
            .version(env!("CARGO_PKG_VERSION"))
            .disable_help_flag(true)
            .disable_version_flag(true)
            .args(whole.get_arguments().cloned())
    }

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

/// Lists the options that the command line has.
fn given(matches: &ArgMatches) -> Vec<String> {
    let ids = matches.ids().map(clap::Id::as_str);
    let given = ids.filter(|id| matches.value_source(id) == Some(ValueSource::CommandLine));
    given
        .map(|id| format!("--{}", id.replace('_', "-")))
        .collect()
}
