//! The profile that gets the line: whether it can have one, and the writing of its settings.

use anyhow::{Context, Result, bail, ensure};

use crate::aws::{ConfigFiles, Edit, STRONGER_SETTINGS};
use crate::commands::line::{Line, SETTING};
use crate::run::Run;

/// Writes one setting of the AWS config, and reads the config again to see that it is there.
pub fn write_setting(run: &Run, profile: &str, name: &str, value: &str) -> Result<()> {
    let files = ConfigFiles::read(run);
    let path = files.config_path.display();
    let written = plan(&files, profile, name, value)?.apply();
    written.with_context(|| format!("cannot write {path}"))?;
    ensure!(
        ConfigFiles::read(run).setting(profile, name) == Some(value),
        "cannot change profile '{profile}': {path} is as before; is another program writing it?"
    );
    Ok(())
}

/// Returns the edit that writes one setting; an error where the file allows none.
pub fn plan(files: &ConfigFiles, profile: &str, name: &str, value: &str) -> Result<Edit> {
    let path = files.config_path.display();
    let plan = files.plan(profile, name, value);
    plan.with_context(|| format!("cannot change profile '{profile}' in {path}"))
}

/// Refuses a profile with credentials from another source than a line of this program or the setting `ignored`, and files
/// that can't be parsed.
pub fn check_free(files: &ConfigFiles, profile: &str, ignored: Option<&str>) -> Result<()> {
    if let Some(fault) = files.faults.first() {
        bail!("cannot change profile '{profile}': {fault}");
    }
    let line = Line::of_profile(files, profile);
    let has_line = line.is_some_and(|line| line.is_for_a_session());
    let is_set = |name: &str| files.setting(profile, name).is_some() && ignored != Some(name);
    ensure!(
        has_line || !is_set(SETTING),
        "cannot change profile '{profile}': it has another {SETTING}; take it out, or name another profile with --profile"
    );
    if let Some(name) = STRONGER_SETTINGS.iter().find(|name| is_set(name)) {
        bail!(
            "cannot change profile '{profile}': it has {name}, which goes before {SETTING}; name another profile with --profile"
        );
    }
    let credentials = files.credentials.get(profile);
    ensure!(
        !credentials.is_some_and(|settings| settings.contains_key(SETTING)),
        "cannot change profile '{profile}': its {SETTING} is in {}, which goes before {}; change it there, or move it",
        files.credentials_path.display(),
        files.config_path.display()
    );
    Ok(())
}

/// Returns the first line of a profile's section.
pub fn heading(profile: &str) -> String {
    match profile {
        "default" => "[default]".to_owned(),
        profile => format!("[profile {profile}]"),
    }
}

/// Returns the setting with the line.
pub fn assignment(line: &str) -> String {
    format!("{SETTING} = {line}")
}
