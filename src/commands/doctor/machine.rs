//! This machine: the environment, plugins of other programs, the private folder, and the sessions in memory.

use std::fs;
use std::path::PathBuf;

use super::Check;
use crate::aws::ConfigFiles;
use crate::folder::{self, Folder};
use crate::keep::{self, Keeper};
use crate::run::Run;

/// The variables that clients prefer to the config, unless they are empty.
const STRONGER_VARIABLES: [&str; 2] = ["AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE"];

/// The variables that do nothing without a key id.
const IDLE: [&str; 2] = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

/// Checks each of these; a session in memory is no fault, and gets a line.
pub fn check(run: &Run, files: &ConfigFiles) -> Vec<Check> {
    let mut checks = vec![
        environment(run, files),
        plugin(run),
        awsume_plugin(run),
        private_folder(run),
    ];
    checks.extend(keep::list(run).iter().map(kept));
    checks
}

fn kept(keeper: &Keeper) -> Check {
    Check::ok(format!(
        "a session is kept {} by process {}, and is printed there without 1Password, even while that is locked; `clear` ends it",
        keeper.how_long(),
        keeper.pid
    ))
}

fn environment(run: &Run, files: &ConfigFiles) -> Check {
    let environment = &run.environment;
    let is_set = |name: &&&str| environment.filled(name).is_some();
    if let Some(name) = STRONGER_VARIABLES.iter().find(is_set) {
        return Check::failed(format!(
            "environment: {name} is set, and clients take it first; unset it (`awsume -u`, if awsume set it)"
        ));
    }
    if let Some((name, profile)) = missing_profile(run, files) {
        return Check::failed(format!(
            "environment: {name} is '{profile}', and there is no such profile; unset it, or name another one"
        ));
    }
    match IDLE.iter().find(is_set) {
        Some(name) => Check::warning(format!(
            "environment: {name} is set, and of no use without AWS_ACCESS_KEY_ID; unset it"
        )),
        None => Check::ok("environment: no AWS keys"),
    }
}

/// Returns the variable that names a missing profile, and the name; clients take an empty name as one, too.
fn missing_profile(run: &Run, files: &ConfigFiles) -> Option<(&'static str, String)> {
    let mut names = ["AWS_DEFAULT_PROFILE", "AWS_PROFILE"].into_iter();
    let (name, profile) =
        names.find_map(|name| Some((name, run.environment.get(name)?.to_string_lossy())))?;
    (profile != "default" && !files.has_profile(&profile)).then(|| (name, profile.into_owned()))
}

/// Checks for the alias in the file that `op plugin init` writes. `op plugin list` lists even the plugins that aren't set up,
/// and `op plugin inspect` can hang (1Password/shell-plugins#221, #407).
fn plugin(run: &Run) -> Check {
    let folder = variable(run, "OP_CONFIG_DIR")
        .or_else(|| Some(variable(run, "XDG_CONFIG_HOME")?.join("op")))
        .or_else(|| Some(variable(run, "HOME")?.join(".config/op")));
    let path = folder.unwrap_or_default().join("plugins.sh");
    let text = fs::read_to_string(&path).unwrap_or_default();
    let mut lines = text.lines().map(str::trim_start);
    if lines.any(|line| line.starts_with("alias aws=") || line.starts_with("aws()")) {
        return Check::failed(format!(
            "1Password's AWS plugin: {} puts it in front of `aws`; run `op plugin clear aws --all`, and take the alias out of the file",
            path.display()
        ));
    }
    Check::ok("1Password's AWS plugin: off")
}

fn awsume_plugin(run: &Run) -> Check {
    let path = variable(run, "HOME").map(|home| home.join(".awsume/config.yaml"));
    let text = path.and_then(|path| fs::read_to_string(path).ok());
    let mut lines = text.as_deref().unwrap_or_default().lines();
    if lines.any(|line| line.starts_with("1password:")) {
        return Check::warning(
            "awsume's 1Password plugin: ~/.awsume/config.yaml sets it up, and it uses codes up; uninstall it, and take its part out",
        );
    }
    Check::ok("awsume's 1Password plugin: not set up")
}

/// Checks that the folder is in the first place. Another one works, but runs with other environments may use different ones,
/// and so not share their answers.
fn private_folder(run: &Run) -> Check {
    let best = folder::places(&run.environment).next().unwrap_or_default();
    match run.folder().and_then(Folder::place) {
        Some(place) if place == best => {
            Check::ok(format!("private folder: in {}", place.display()))
        }
        _ => Check::warning(format!(
            "private folder: {} allows none, so runs may not share their answers; see that it can be written, and remove what has the folder's name",
            best.display()
        )),
    }
}

fn variable(run: &Run, name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(run.environment.get(name)?);
    path.is_absolute().then_some(path)
}
