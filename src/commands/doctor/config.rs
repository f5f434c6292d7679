//! The AWS config: the lines that run this program, what beats them, and the roles on top of them.

use std::path::Path;

use super::Check;
use crate::aws::{ConfigFiles, Profiles, RIVALS};
use crate::commands::line::{Line, NAME};

/// AWS allows a session no longer role than this.
const LONGEST_ROLE: u64 = 3600;

/// Looks at each line, at its profile, and at the roles that start from it.
pub fn check(files: &ConfigFiles) -> Vec<Check> {
    let path = files.config_path.display();
    let lines = Line::all(files);
    let faults = files.faults.iter();
    let mut checks: Vec<Check> = faults
        .map(|fault| Check::failed(fault.to_string()))
        .collect();
    if checks.is_empty() && lines.is_empty() {
        return vec![Check::warning(format!(
            "AWS config: no credential_process in {path} runs this program; `{NAME} setup` prints one"
        ))];
    }
    for Line { profile, text } in lines {
        let mut faults: Vec<Check> = line_fault(profile, text).into_iter().collect();
        faults.extend(rivals(files, profile));
        faults.extend(missing_sections(files, profile));
        faults.extend(roles(files, profile));
        if faults.is_empty() {
            faults.push(Check::ok(format!("profile '{profile}': runs this program")));
        }
        checks.extend(faults);
    }
    checks.extend(history(&files.config));
    checks
}

/// Finds what is wrong with the line itself.
fn line_fault(profile: &str, line: &str) -> Option<Check> {
    let program = Path::new(line.split_whitespace().next().unwrap_or_default());
    let fault = if line.contains(['"', '\'', '\\']) {
        "has quotes or backslashes, which awsume takes as they are; write it without, and name the item by its id"
            .to_owned()
    } else if line.starts_with('~') {
        "begins with ~, which the AWS CLI takes as it is; write the absolute path".to_owned()
    } else if !program.is_absolute() {
        "has no absolute path; write one, since clients look in different places".to_owned()
    } else if !program.is_file() {
        format!(
            "runs '{}', which isn't there; write the path of this program",
            program.display()
        )
    } else {
        return None;
    };
    Some(Check::failed(format!(
        "profile '{profile}': its credential_process {fault}"
    )))
}

fn rivals(files: &ConfigFiles, profile: &str) -> Vec<Check> {
    let files = [
        (&files.config, "~/.aws/config"),
        (&files.credentials, "~/.aws/credentials"),
    ];
    let found = files.into_iter().filter_map(|(file, name)| {
        let settings = file.get(profile)?;
        let rival = RIVALS.iter().find(|rival| settings.contains_key(**rival))?;
        Some(Check::failed(format!(
            "profile '{profile}': {rival} in {name} goes before credential_process; take it out"
        )))
    });
    found.collect()
}

/// Finds the sections that the profile names and that aren't there: every command of the profile fails.
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

/// Looks at the roles that are assumed with a session of this profile.
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
    let is_on = |settings: &std::collections::BTreeMap<String, String>| {
        settings
            .get("cli_history")
            .is_some_and(|value| value == "enabled")
    };
    let (profile, _) = profiles.iter().find(|(_, settings)| is_on(settings))?;
    Some(Check::warning(format!(
        "profile '{profile}': cli_history writes what AWS answers, keys of roles too, to ~/.aws/cli/history; this program's own calls are left out"
    )))
}
