//! The question of a run: its arguments, and the variables that decide the answer.

use std::env;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::folder::short_name;
use crate::process::terminal_session;
use crate::run::Environment;

/// The beginnings of the names of the variables that may decide the answer.
const DECIDING: [&str; 7] = ["AWS_", "HOME", "OP_", "PATH", "WSL", "XDG_", "_AWS_CLI_"];

/// The AWS CLI sets this variable for the programs that it starts. Neither `op` nor `aws` gets it from this program.
const OF_THE_AWS_CLI: &str = "AWS_DATA_PATH";

/// The ends of the names of the variables that hold a path.
const PATHS: [&str; 4] = ["_BUNDLE", "_DIR", "_DIRECTORY", "_FILE"];

/// What a run asks.
pub struct Question {
    /// The version and the arguments, separated by zero bytes.
    pub text: Vec<u8>,
    /// A name for the text, this terminal session, and the variables that decide the answer.
    pub name: String,
}

impl Question {
    /// Makes the question of this run.
    pub fn new(environment: &Environment) -> Self {
        let mut text = env!("CARGO_PKG_VERSION").as_bytes().to_vec();
        for argument in env::args_os().skip(1) {
            text.push(0);
            text.extend(argument.as_bytes());
        }
        let variables = deciding_variables(environment);
        let directory = variables.iter().any(is_relative_path);
        let directory = directory.then(env::current_dir).and_then(Result::ok);
        let name = short_name((terminal_session(), &text, (variables, directory)));
        Self { text, name }
    }
}

/// Lists the variables that decide the answer.
fn deciding_variables(environment: &Environment) -> Vec<(&OsStr, &OsStr)> {
    let decides = |name: &str| {
        let is_proxy = name.to_ascii_lowercase().ends_with("_proxy");
        let is_deciding = is_proxy || DECIDING.iter().any(|start| name.starts_with(start));
        is_deciding && name != OF_THE_AWS_CLI
    };
    environment
        .iter()
        .filter(|(name, _)| decides(&name.to_string_lossy()))
        .collect()
}

/// Returns whether a variable holds a relative path, by which the current directory decides the answer, too.
fn is_relative_path((name, value): &(&OsStr, &OsStr)) -> bool {
    let name = name.to_string_lossy();
    PATHS.iter().any(|end| name.ends_with(end)) && Path::new(value).is_relative()
}
