//! Reads the command line of this run, or of a `credential_process` line.

use std::env;
use std::ffi::OsString;

use clap::error::{Error, ErrorKind};
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches};

use super::{AwsOptions, Command, Flags, NAME, OpOptions, help};

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
        let flags = Self::parse_options(&words).or_else(|_| {
            let matches = help::command(&words).try_get_matches_from(&words)?;
            Ok::<_, Error>(Self {
                given: given(&matches),
                ..Self::from_arg_matches(&matches)?
            })
        })?;
        Ok(Self {
            command_line: words,
            ..flags
        })
    }

    /// Parses a line without a command, the most frequent one. With commands, clap builds every option for each of them,
    /// which takes longer than all that a run does for itself.
    fn parse_options(words: &[OsString]) -> Result<Self, Error> {
        let command = OpOptions::augment_args(clap::Command::new(NAME));
        let matches = AwsOptions::augment_args(command)
            .disable_help_flag(true)
            .try_get_matches_from(words)?;
        Ok(Self {
            help: None,
            version: None,
            op: OpOptions::from_arg_matches(&matches)?,
            aws: AwsOptions::from_arg_matches(&matches)?,
            command: None,
            command_line: Vec::new(),
            given: given(&matches),
        })
    }

    /// Returns the whole command line, in which each command takes all options.
    pub fn with_commands() -> clap::Command {
        Self::command().mut_args(|arg| {
            let is_global = arg.get_id() != "version";
            arg.global(is_global)
        })
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
