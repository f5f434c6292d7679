//! Completions: the script that a shell loads, and the answer when Tab is pressed.
//!
//! The command line is described by clap's structs alone. A script passes the words before the cursor to this program, and
//! offers those words of the answer that begin like the word at the cursor.

use clap::{Arg, Command, ValueEnum, ValueHint};

use super::Flags;

/// The shells with a script.
#[derive(Clone, Copy, ValueEnum)]
pub enum Shell {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
}

impl Shell {
    /// Returns the script that the shell loads when it starts.
    pub fn script(self) -> &'static str {
        match self {
            Self::Bash => include_str!("completions/bash.sh"),
            Self::Elvish => include_str!("completions/elvish.elv"),
            Self::Fish => include_str!("completions/fish.fish"),
            Self::Powershell => include_str!("completions/powershell.ps1"),
            Self::Zsh => include_str!("completions/zsh.zsh"),
        }
    }
}

/// The next word of a command line.
pub enum Next {
    /// One of these words, each with its meaning.
    Words(Vec<(String, String)>),
    File,
    Profile,
}

/// Finds the next word after these, the first of which is the program.
pub fn next(words: &[String]) -> Next {
    let mut root = Flags::with_commands();
    root.build();
    let mut command = &root;
    let mut open = None;
    for word in words.iter().skip(1) {
        // bash splits `--option=value` into three words.
        if word == "=" && open.is_some() {
            continue;
        }
        let is_value = open.take().is_some();
        if is_value {
            continue;
        }
        open = option(command, word);
        command = command.find_subcommand(word).unwrap_or(command);
    }
    open.map_or_else(|| Next::Words(words_of(command)), value)
}

/// Finds the option of this name, if it takes a value.
fn option<'a>(command: &'a Command, word: &str) -> Option<&'a Arg> {
    let name = word.strip_prefix("--")?;
    let has_name = |arg: &&Arg| {
        let others = arg.get_all_aliases().unwrap_or_default();
        arg.get_long() == Some(name) || others.contains(&name)
    };
    command
        .get_arguments()
        .find(has_name)
        .filter(|arg| arg.get_action().takes_values())
}

fn value(option: &Arg) -> Next {
    match option.get_value_hint() {
        ValueHint::AnyPath => Next::File,
        _ if ["profile", "import"].contains(&option.get_id().as_str()) => Next::Profile,
        _ => Next::Words(Vec::new()),
    }
}

/// Lists the subcommands, options and other words that the command takes.
fn words_of(command: &Command) -> Vec<(String, String)> {
    let text = |styled: Option<&clap::builder::StyledStr>| {
        styled.map(ToString::to_string).unwrap_or_default()
    };
    let commands = command.get_subcommands();
    let mut words: Vec<_> = commands
        .filter(|command| !command.is_hide_set())
        .map(|command| (command.get_name().to_owned(), text(command.get_about())))
        .collect();
    for positional in command.get_positionals() {
        let values = positional.get_possible_values();
        words.extend(
            values
                .iter()
                .map(|value| (value.get_name().to_owned(), String::new())),
        );
    }
    let options = command
        .get_arguments()
        .filter(|option| !option.is_hide_set());
    words.extend(options.filter_map(|option| {
        let name = format!("--{}", option.get_long()?);
        Some((name, text(option.get_help())))
    }));
    words
}
