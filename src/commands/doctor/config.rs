//! The AWS config: the lines that run this program, the settings that replace them, and the roles that use them.

use std::path::Path;

use nix::unistd::{AccessFlags, access};

use super::Check;
use crate::aws::{ConfigFiles, Profiles, STRONGER_SETTINGS};
use crate::cli::NAME;
use crate::commands::line::{Line, SETTING};
use crate::run::Run;

const KEY_ID: &str = "aws_access_key_id";

/// The longest time in seconds for which a session may assume a role.
const LONGEST_ROLE: u64 = 3600;

/// Checks each line, its profile, and the roles that use the profile. `key_ids` are those of the items.
pub fn check(run: &Run, files: &ConfigFiles, key_ids: &[String]) -> Vec<Check> {
    let path = files.config_path.display();
    let lines = Line::all(files);
    let faults = files.faults.iter();
    let mut checks: Vec<Check> = faults
        .map(|fault| Check::failed(fault.to_string()))
        .collect();
    if checks.is_empty() && lines.is_empty() {
        let advice = run.flags.typed("setup");
        checks.push(Check::warning(format!(
            "AWS config: no {SETTING} in {path} runs this program; `{advice}` prints one"
        )));
    }
    let with_lines: Vec<&str> = lines.iter().map(|line| line.profile).collect();
    checks.extend(copies(files, &with_lines, key_ids));
    for line in &lines {
        let profile = line.profile;
        let mut faults: Vec<Check> = line_fault(line).into_iter().collect();
        faults.extend(stronger_settings(files, profile, key_ids));
        faults.extend(missing_sections(files, profile));
        faults.extend(roles(files, profile));
        faults.extend(no_region(run, files, profile));
        if faults.is_empty() {
            faults.push(Check::ok(format!("profile '{profile}': runs this program")));
        }
        checks.extend(faults);
    }
    checks.extend(history(&files.config));
    checks
}

/// Returns a failure if clients can't run the line.
fn line_fault(line: &Line) -> Option<Check> {
    let Line { profile, text } = line;
    let program = Path::new(text.split_whitespace().next().unwrap_or_default());
    let fault = if text.contains(['"', '\'', '\\']) {
        "has quotes or backslashes, which awsume takes as they are; write it without, and name the item by its id"
            .to_owned()
    } else if text.starts_with('~') {
        "begins with ~, which the AWS CLI takes as it is; write the absolute path".to_owned()
    } else if !program.is_absolute() {
        "has no absolute path; write one, since clients look in different places".to_owned()
    } else if !program.is_file() {
        format!(
            "runs '{}', which isn't there; write the path of this program",
            program.display()
        )
    } else if access(program, AccessFlags::X_OK).is_err() {
        format!(
            "runs '{}', which can't be executed; set its mode, or write the path of this program",
            program.display()
        )
    } else {
        let error = line.flags().err()?;
        format!("can't be read: {error:#}; see `{NAME} --help`")
    };
    Some(Check::failed(format!(
        "profile '{profile}': its {SETTING} {fault}"
    )))
}

/// Returns a failure for each file in which clients find something else to use than the line of this profile.
fn stronger_settings(files: &ConfigFiles, profile: &str, key_ids: &[String]) -> Vec<Check> {
    let found = both(files).into_iter().filter_map(|(file, path)| {
        let settings = file.get(profile)?;
        let mut names = STRONGER_SETTINGS.into_iter();
        let name = names.find(|name| settings.contains_key(*name))?;
        let cure = if name == KEY_ID && is_of_item(settings.get(KEY_ID), key_ids) {
            "it is the key of the item: remove these two lines"
        } else {
            "take it out"
        };
        Some(Check::failed(format!(
            "profile '{profile}': {name} in {path} goes before {SETTING}; {cure}"
        )))
    });
    found.collect()
}

/// Returns a warning for each profile without a line that has the key of an item on the disk.
fn copies(files: &ConfigFiles, with_lines: &[&str], key_ids: &[String]) -> Vec<Check> {
    let mut found = Vec::new();
    for (file, path) in both(files) {
        for (profile, settings) in file {
            let is_other = !with_lines.contains(&profile.as_str());
            if is_other && is_of_item(settings.get(KEY_ID), key_ids) {
                found.push(Check::warning(format!(
                    "profile '{profile}': {KEY_ID} in {path} is the key of the item: remove these two lines"
                )));
            }
        }
    }
    found
}

fn is_of_item(key_id: Option<&String>, key_ids: &[String]) -> bool {
    key_id.is_some_and(|key_id| key_ids.contains(key_id))
}

fn both(files: &ConfigFiles) -> [(&Profiles, &'static str); 2] {
    [
        (&files.config, "~/.aws/config"),
        (&files.credentials, "~/.aws/credentials"),
    ]
}

fn no_region(run: &Run, files: &ConfigFiles, profile: &str) -> Option<Check> {
    let is_missing = files.region(run, profile).is_none();
    is_missing.then(|| {
        Check::warning(format!(
            "profile '{profile}': neither it nor AWS_REGION names a region, which most of AWS's services need; add region = … beside its line"
        ))
    })
}

/// Returns a failure for each missing section that the profile names: every command of that profile fails.
fn missing_sections(files: &ConfigFiles, profile: &str) -> Vec<Check> {
    let kinds = [
        ("services", "services", &files.services),
        ("sso_session", "sso-session", &files.sso_sessions),
    ];
    let missing = kinds.into_iter().filter_map(|(setting, kind, sections)| {
        let name = files.setting(profile, setting)?;
        (!sections.contains_key(name)).then(|| {
            Check::failed(format!(
                "profile '{profile}': {setting} is '{name}', and there is no [{kind} {name}]; add the section, or take the setting out"
            ))
        })
    });
    missing.collect()
}

/// Checks the roles that are assumed with a session of this profile.
fn roles(files: &ConfigFiles, source: &str) -> Vec<Check> {
    let mut faults = Vec::new();
    for (role, settings) in &files.config {
        if role == source
            || settings
                .get("source_profile")
                .is_none_or(|name| name != source)
        {
            continue;
        }
        if settings.contains_key("mfa_serial") {
            faults.push(Check::failed(format!(
                "profile '{role}': mfa_serial makes clients ask for a code, and the session has MFA in it; take it out"
            )));
        }
        let duration = settings.get("duration_seconds");
        let seconds = duration.and_then(|duration| duration.parse::<u64>().ok());
        if seconds.is_some_and(|seconds| seconds > LONGEST_ROLE) {
            faults.push(Check::failed(format!(
                "profile '{role}': AWS refuses a duration_seconds above {LONGEST_ROLE} when a session assumes a role; lower it"
            )));
        }
    }
    faults
}

fn history(profiles: &Profiles) -> Option<Check> {
    let (profile, _) = profiles.iter().find(|(_, settings)| {
        let history = settings.get("cli_history");
        history.is_some_and(|value| value == "enabled")
    })?;
    Some(Check::warning(format!(
        "profile '{profile}': cli_history writes what AWS answers, keys of roles too, to ~/.aws/cli/history; this program's own calls are left out"
    )))
}
