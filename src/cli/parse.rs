//! Reads the command line of this run, or of a `credential_process` line.

use std::env;
use std::ffi::OsString;

use clap::error::{Error, ErrorKind};
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches};

use super::{Command, Flags, NAME, help};

impl Flags {
    /// Reads the command line of this run. Errors are clap's; help and version are among them.
    pub fn read() -> Result<Self, Error> {
        let mut flags = Self::parse_words(env::args_os().collect())?;
        match &flags.command {
            Some(Command::Setup {
                import: Some(source),
                ..
            }) => {
                if flags.aws.no_session {
                    let text = "--import tries a session, and --no-session wants none";
                    return Err(Self::with_commands().error(ErrorKind::ArgumentConflict, text));
                }
                // The line goes into the profile that the key comes from, unless --profile names another.
                flags.aws.profile = flags.aws.profile.or_else(|| source.clone());
            }
            Some(Command::AwsLogin { .. }) if flags.aws.profile.is_none() => {
                let text = "aws-login needs the profile that is signed in to: --profile <NAME>";
                return Err(Self::with_commands().error(ErrorKind::MissingRequiredArgument, text));
            }
            _ => {}
        }
        Ok(flags)
    }

    /// Parses the words of a `credential_process` line that follow the program.
    pub fn of_line(words: &[String]) -> Result<Self, Error> {
        let program = [OsString::from(NAME)].into_iter();
        Self::parse_words(program.chain(words.iter().map(OsString::from)).collect())
    }

    /// Returns these options, and those of a `credential_process` line that aren't given here.
    pub fn over(&self, line: &Self) -> Result<Self, Error> {
        let (program, given) = self.command_line.split_at(self.command_line.len().min(1));
        let added = line.words().into_iter();
        let added = added.filter(|(option, _)| !self.is_given(option));
        let added = added.flat_map(|(option, value)| [Some(option.to_owned()), value]);
        let added = added.flatten().map(OsString::from);
        let words = program.iter().cloned().chain(added);
        let mut flags = Self::parse_words(words.chain(given.iter().cloned()).collect())?;
        flags.given.clone_from(&self.given);
        Ok(flags)
    }

    /// Returns whether the option is on the command line, even with its default value.
    pub fn is_given(&self, option: &str) -> bool {
        self.given.iter().any(|given| given == option)
    }

    fn parse_words(words: Vec<OsString>) -> Result<Self, Error> {
        let matches = Self::options_alone()
            .try_get_matches_from(&words)
            .or_else(|_| help::command(&words).try_get_matches_from(&words))?;
        Ok(Self {
            command_line: words,
            given: given(&matches),
            ..Self::from_arg_matches(&matches)?
        })
    }

    /// Returns the whole command line, in which each command takes all options.
    pub fn with_commands() -> clap::Command {
        Self::command().mut_args(|arg| {
            let is_global = arg.get_id() != "version";
            arg.global(is_global)
        })
    }

    /// Returns the options without the commands, for a line without a command, the most frequent one. With commands, clap
    /// copies every option for each of them, which takes longer than the rest of a run that gets a session from memory.
    fn options_alone() -> clap::Command {
        clap::Command::new(NAME)
            .version(env!("CARGO_PKG_VERSION"))
            .disable_help_flag(true)
            .disable_version_flag(true)
            .args(Self::command().get_arguments().cloned())
    }
}

/// Lists the options on the command line.
fn given(matches: &ArgMatches) -> Vec<String> {
    let ids = matches.ids().map(clap::Id::as_str);
    let given = ids.filter(|id| matches.value_source(id) == Some(ValueSource::CommandLine));
    given
        .map(|id| format!("--{}", id.replace('_', "-")))
        .collect()
}
