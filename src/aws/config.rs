//! `~/.aws/config` and `~/.aws/credentials`, as the AWS CLI and boto3 read them.

pub(crate) mod edit;
pub(crate) mod ini;
pub(crate) mod lines;
mod location;
pub(crate) mod profiles;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::run::Run;
use ini::BadLine;
use profiles::Sections;

pub use edit::Edit;
pub use profiles::{Profiles, split_words};

/// Settings that have precedence over `credential_process` in the same profile in at least one client, or make it fail.
pub const STRONGER_SETTINGS: [&str; 8] = [
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
    /// The files that can't be parsed. With one of them every command of the AWS CLI fails.
    pub faults: Vec<Unparsable>,
}

/// A file that can't be parsed, and the number of its first invalid line.
pub struct Unparsable {
    path: PathBuf,
    line: usize,
}

impl fmt::Display for Unparsable {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { path, line } = self;
        write!(
            f,
            "cannot parse {}: line {line} is neither a section nor a setting, or its name is already used; correct the file",
            path.display()
        )
    }
}

impl ConfigFiles {
    /// Reads both files. A file that doesn't exist or can't be opened has no profiles.
    pub fn read(run: &Run) -> Self {
        let environment = &run.environment;
        let config_path = location::config(environment);
        let credentials_path = location::credentials(environment);
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

    /// Returns whether one of the profiles turns the history of the AWS CLI on.
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

    /// Returns the region of a profile. The environment has precedence.
    pub fn region(&self, run: &Run, profile: &str) -> Option<String> {
        let in_environment = run.environment.region();
        in_environment
            .or_else(|| self.setting(profile, "region"))
            .map(str::to_owned)
    }

    /// Returns a setting of a profile. The credentials file has precedence, as in the AWS CLI.
    pub fn setting(&self, profile: &str, name: &str) -> Option<&str> {
        profiles::setting(&self.credentials, &self.config, profile, name)
    }
}

/// The file that a text comes from.
#[derive(Clone, Copy)]
pub enum Kind {
    Config,
    Credentials,
}

impl Kind {
    /// Returns whether a section with this title is the profile's.
    pub fn is_section(self, title: &str, profile: &str) -> bool {
        match self {
            Kind::Config => profiles::is_profile(title, profile),
            Kind::Credentials => title == profile,
        }
    }
}

/// Returns the partition of a region, as it is written in ARNs.
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

/// Reads a file. One that can't be read is empty, and so is anything that isn't a file, such as `/dev/null`: the AWS CLI
/// ignores both.
pub fn content(path: &Path) -> Vec<u8> {
    if path.is_file() {
        fs::read(path).unwrap_or_default()
    } else {
        Vec::new()
    }
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
            ("[default]\ns3 =\n  a = b\n  nonsense\n", 2),
        ] {
            let fault = ini::read(text.as_bytes()).expect_err("a line that makes no sense");
            assert_eq!(fault.0, line, "{text}");
        }
        assert_eq!(ini::read(b"[default]\na = \xff\n").expect_err("bytes").0, 2);
    }
}
