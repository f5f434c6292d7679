//! The paths of the two files, as the AWS CLI finds them.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use nix::unistd::{Uid, User};

use crate::run::Environment;

/// Returns the path of `~/.aws/config`, or the one that the environment names instead.
pub fn config(environment: &Environment) -> PathBuf {
    path(environment, "AWS_CONFIG_FILE", "config")
}

/// Returns the path of `~/.aws/credentials`, or the one that the environment names instead.
pub fn credentials(environment: &Environment) -> PathBuf {
    path(environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials")
}

fn path(environment: &Environment, variable: &str, name: &str) -> PathBuf {
    let usual = OsString::from(format!("~/.aws/{name}"));
    let path = environment.filled(variable).unwrap_or(&usual);
    let path = path
        .to_str()
        .map_or_else(|| path.to_owned(), |path| expand(path, environment).into());
    match path.to_str().and_then(|path| path.strip_prefix('~')) {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            let mut path = home(environment);
            path.push(rest);
            path.into()
        }
        _ => path.into(),
    }
}

/// Replaces `$NAME` and `${NAME}` by the values of the variables that are set, as the AWS CLI does.
fn expand(path: &str, environment: &Environment) -> String {
    let mut pieces = path.split('$');
    let mut expanded = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let is_other = |letter: char| !(letter.is_ascii_alphanumeric() || letter == '_');
        let (name, rest) = match piece
            .strip_prefix('{')
            .and_then(|rest| rest.split_once('}'))
        {
            Some(parts) => parts,
            None => piece.split_at(piece.find(is_other).unwrap_or(piece.len())),
        };
        if let Some(value) = environment.get(name).and_then(OsStr::to_str) {
            expanded.push_str(value);
            expanded.push_str(rest);
        } else {
            expanded.push('$');
            expanded.push_str(piece);
        }
    }
    expanded
}

/// Returns the home directory, without a slash at its end.
fn home(environment: &Environment) -> OsString {
    let home = environment.get("HOME").map(OsStr::to_owned);
    let home = home.or_else(|| {
        let user = User::from_uid(Uid::current()).ok()??;
        Some(user.dir.into())
    });
    let home = home.unwrap_or_default();
    home.to_str()
        .map_or(home.clone(), |home| home.trim_end_matches('/').into())
}
