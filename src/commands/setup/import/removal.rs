//! The removal of the key from the disk, once the line replaces it.

use anyhow::Result;

use super::{questions, step};
use crate::aws::{ConfigFiles, KeyLines, Kind};
use crate::process;

/// Offers to remove the key of the profile from each file that has it.
pub fn offer(files: &ConfigFiles, profile: &str) -> Result<()> {
    let paths = [
        (&files.credentials_path, Kind::Credentials),
        (&files.config_path, Kind::Config),
    ];
    for (path, kind) in paths {
        if let Some(lines) = KeyLines::find(path, kind, profile)? {
            offer_lines(&lines, profile)?;
        }
    }
    Ok(())
}

fn offer_lines(key: &KeyLines, profile: &str) -> Result<()> {
    let path = key.path().display();
    let lines = key.lines.iter();
    let shown = lines.map(|(number, name)| format!("  line {number}: {name} = …"));
    let shown = shown.collect::<Vec<_>>().join("\n");
    let question = format!(
        "\nThe key of profile '{profile}' is still on the disk; AWS clients prefer it:\n{path}\n{shown}\n\
         Take these lines out?"
    );
    let count = key.lines.len();
    if !questions::is_wanted(&question)? {
        let meaning = "AWS clients use this key, without MFA, until you remove them";
        return step("kept", &format!("{count} lines in {path}: {meaning}"));
    }
    // A signal must not end the run while the file is incomplete.
    process::hold_signals();
    let removed = key.remove();
    process::release_signals();
    removed?;
    step("removed", &format!("{count} lines from {path}"))
}
