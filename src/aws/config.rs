//! A scan of ~/.aws/config and ~/.aws/credentials, to tell what stands in the way. Credentials never depend on it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::settings::Settings;

/// What beats `credential_process` in the same profile, in one client or another, or makes it fail.
pub const RIVALS: [&str; 6] = [
    "aws_access_key_id",
    "login_session",
    "role_arn",
    "sso_account_id",
    "sso_session",
    "sso_start_url",
];

/// The two files, as profiles and their settings.
pub struct ConfigFiles {
    pub config_path: PathBuf,
    pub config: Profiles,
    pub credentials: Profiles,
}

/// Profiles by name, each with its settings; names of settings are in lower case.
pub type Profiles = BTreeMap<String, BTreeMap<String, String>>;

impl ConfigFiles {
    /// Reads both; a file that isn't there has no profiles.
    pub fn read(settings: &Settings) -> Self {
        let config_path = path(settings, "AWS_CONFIG_FILE", "config");
        let credentials = path(settings, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
        let scan = |path: &Path, name: fn(&str) -> Option<&str>| {
            scan(&fs::read_to_string(path).unwrap_or_default(), name)
        };
        Self {
            config: scan(&config_path, config_profile),
            credentials: scan(&credentials, |title| Some(title)),
            config_path,
        }
    }

    /// Looks a setting of a profile up; credentials win, as in the AWS CLI.
    pub fn setting(&self, profile: &str, name: &str) -> Option<&str> {
        let files = [&self.credentials, &self.config];
        let mut found = files
            .into_iter()
            .filter_map(|file| file.get(profile)?.get(name));
        found.next().map(String::as_str)
    }
}

fn path(settings: &Settings, variable: &str, name: &str) -> PathBuf {
    let home = settings.environment.get("HOME").unwrap_or_default();
    let home = Path::new(home);
    match settings.environment.get(variable).map(Path::new) {
        // The AWS CLI expands it, whoever set the variable.
        Some(path) => path
            .strip_prefix("~")
            .map_or(path.to_owned(), |path| home.join(path)),
        None => home.join(".aws").join(name),
    }
}

/// Reads sections and their settings. Lines that begin with white space continue a setting, and don't matter here.
fn scan(text: &str, profile: fn(&str) -> Option<&str>) -> Profiles {
    let mut profiles = Profiles::new();
    let mut current = None;
    let is_continued = |line: &str| line.starts_with(char::is_whitespace);
    let lines = text
        .lines()
        .filter(|line| !line.starts_with(['#', ';']) && !is_continued(line));
    for line in lines {
        if let Some(title) = line
            .strip_prefix('[')
            .and_then(|rest| rest.split(']').next())
        {
            current = profile(title.trim()).map(str::to_owned);
            if let Some(name) = &current {
                profiles.entry(name.clone()).or_default();
            }
        } else if let Some((name, value)) = line.split_once('=')
            && let Some(settings) = current.as_ref().and_then(|name| profiles.get_mut(name))
        {
            settings.insert(name.trim().to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    profiles
}

/// Takes the name out of `default`, `profile x` and `profile "x y"`; other sections are no profiles.
fn config_profile(title: &str) -> Option<&str> {
    if title == "default" {
        return Some(title);
    }
    let name = title.strip_prefix("profile")?;
    let name = name.strip_prefix(char::is_whitespace)?.trim();
    Some(name.trim_matches(['"', '\'']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_read_as_the_aws_cli_reads_them() {
        let text = "# [default]\nregion = x\n[default]\nRegion = eu-central-1\n; a = b\ns3 =\n  max = 4\n\n\
                    [profile \"a b\"] ; x\na=b=c\n[sso-session x]\nb = c\n[services y]\n[profile p]\n[default]\nc = d\n";
        let profiles = scan(text, config_profile);
        let shown: Vec<String> = profiles
            .iter()
            .map(|(name, settings)| format!("{name}: {settings:?}"))
            .collect();
        assert_eq!(
            shown,
            [
                r#"a b: {"a": "b=c"}"#,
                r#"default: {"c": "d", "region": "eu-central-1", "s3": ""}"#,
                "p: {}"
            ]
        );
    }
}
