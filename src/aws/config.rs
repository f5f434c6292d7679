//! `~/.aws/config` and `~/.aws/credentials` as the AWS CLI and boto3 read them. Credentials never depend on it alone.

mod edit;
mod ini;
mod profiles;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use nix::unistd::{Uid, User};

use crate::run::{Environment, Run};
use ini::BadLine;
use profiles::Sections;

pub use edit::Edit;
pub use profiles::{Profiles, split_words};

/// What beats `credential_process` in the same profile, in one client or another, or makes it fail.
pub const RIVALS: [&str; 8] = [
    "aws_access_key_id",
    "login_session",
    "role_arn",
    "sso_account_id",
    "sso_role_name",
    "sso_session",
    "sso_start_url",
    "web_identity_token_file",
];

/// The two files, as profiles and their settings.
pub struct ConfigFiles {
    pub config_path: PathBuf,
    pub credentials_path: PathBuf,
    pub config: Profiles,
    pub credentials: Profiles,
    /// The sections that `sso_session` and `services` of a profile name.
    pub sso_sessions: Profiles,
    pub services: Profiles,
    /// The files that can't be parsed; where there is one, every command of the AWS CLI fails.
    pub faults: Vec<Unparsable>,
}

/// A file that can't be parsed, and its first line that makes no sense.
pub struct Unparsable {
    path: PathBuf,
    line: usize,
}

impl fmt::Display for Unparsable {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { path, line } = self;
        write!(
            f,
            "cannot parse {}: line {line} is neither a section, a setting of a section nor the first of its name; mend the file",
            path.display()
        )
    }
}

impl ConfigFiles {
    /// Reads both; a file that isn't there or can't be opened has no profiles.
    pub fn read(run: &Run) -> Self {
        let config_path = path(run, "AWS_CONFIG_FILE", "config");
        let credentials_path = path(run, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
        let mut faults = Vec::new();
        let mut read = |path: &Path| match ini::read(&content(path)) {
            Ok(sections) => sections,
            Err(BadLine(line)) => {
                let path = path.to_owned();
                faults.push(Unparsable { path, line });
                Vec::new()
            }
        };
        let Sections {
            profiles,
            sso_sessions,
            services,
        } = profiles::sort(read(&config_path));
        let credentials = read(&credentials_path).into_iter().collect();
        Self {
            config_path,
            credentials_path,
            config: profiles,
            credentials,
            sso_sessions,
            services,
            faults,
        }
    }

    /// Returns whether the AWS CLI keeps a history for one of the profiles.
    pub fn keep_history(&self) -> bool {
        let mut profiles = self.config.values().chain(self.credentials.values());
        profiles.any(|settings| {
            settings
                .get("cli_history")
                .is_some_and(|value| value == "enabled")
        })
    }

    /// Returns whether one of the files has the profile.
    pub fn has_profile(&self, profile: &str) -> bool {
        self.config.contains_key(profile) || self.credentials.contains_key(profile)
    }

    /// Finds the region for a profile: the environment's goes first.
    pub fn region(&self, run: &Run, profile: &str) -> Option<String> {
        let names = ["AWS_REGION", "AWS_DEFAULT_REGION"];
        let mut in_environment = names.iter().filter_map(|name| run.environment.filled(name));
        let region = in_environment.next().and_then(OsStr::to_str);
        region
            .or_else(|| self.setting(profile, "region"))
            .map(str::to_owned)
    }

    /// Looks a setting of a profile up; credentials win, as in the AWS CLI.
    pub fn setting(&self, profile: &str, name: &str) -> Option<&str> {
        profiles::setting(&self.credentials, &self.config, profile, name)
    }
}

/// Which of the two files a text is of.
#[derive(Clone, Copy)]
pub enum Kind {
    Config,
    Credentials,
}

/// Reads the profiles of a text; nothing if it can't be parsed.
pub fn parse(text: &[u8], kind: Kind) -> Option<Profiles> {
    let sections = ini::read(text).ok()?;
    Some(match kind {
        Kind::Config => profiles::sort(sections).profiles,
        Kind::Credentials => sections.into_iter().collect(),
    })
}

/// Names the partition of a region, as ARNs do.
pub fn partition(region: &str) -> &'static str {
    let partitions = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("eusc-", "aws-eusc"),
    ];
    let mut found = partitions
        .iter()
        .filter(|(start, _)| region.starts_with(start));
    found.next().map_or("aws", |(_, partition)| partition)
}

/// Reads a file. The AWS CLI passes over what is no file, such as `/dev/null`, and what it may not open.
pub fn content(path: &Path) -> Vec<u8> {
    if path.is_file() {
        fs::read(path).unwrap_or_default()
    } else {
        Vec::new()
    }
}

fn path(run: &Run, variable: &str, name: &str) -> PathBuf {
    let environment = &run.environment;
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

/// Expands `$NAME` and `${NAME}` where there is such a variable: the AWS CLI does, whoever wrote the path.
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

/// Names the home directory, without a slash at its end.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_read_as_the_aws_cli_reads_them() {
        let text = "# [default]\n[default]\nRegion = eu-central-1\n; a = b\ns3 =\n  max = 4\n\n[profile \"a b\"] ; x\n a:b=c\n\
                    [sso-session x]\nb = c\n[services y]\n[profile p]\n[ default ]\ny = z\n[profile default]\r\nc = d\r\n  e";
        let sorted = profiles::sort(ini::read(text.as_bytes()).expect("sections"));
        let shown: Vec<String> = sorted
            .profiles
            .iter()
            .map(|(name, settings)| format!("{name}: {settings:?}"))
            .collect();
        assert_eq!(
            shown,
            [r#"a b: {"a": "b=c"}"#, r#"default: {"c": "d\ne"}"#, "p: {}"]
        );
    }

    #[test]
    fn the_first_line_that_makes_no_sense_is_named() {
        for (text, line) in [
            ("region = x\n[default]\n", 1),
            ("[default]\n[default]\n", 2),
            ("[default]\na = b\n\nA: c\n", 4),
            ("[default]\na = b\nnonsense\n", 3),
            ("[default]\n= b\n", 2),
            ("[default]\ns3 =\n  nonsense\n", 2),
        ] {
            let fault = ini::read(text.as_bytes()).expect_err("a line that makes no sense");
            assert_eq!(fault.0, line, "{text}");
        }
        assert_eq!(ini::read(b"[default]\na = \xff\n").expect_err("bytes").0, 2);
    }
}
