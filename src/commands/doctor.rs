//! `doctor`: looks at everything that a session depends on, and changes nothing.

mod aws;
mod config;
mod item;
mod machine;
mod op;
mod session;

use anyhow::Error;

use super::stored;
use crate::aws::ConfigFiles;
use crate::clock::Clock;
use crate::onepassword::Item;
use crate::output::Text;
use crate::settings::Settings;

/// What came of one look, in one line.
pub struct Check {
    verdict: Verdict,
    line: String,
}

#[derive(Clone, Copy, PartialEq)]
enum Verdict {
    Ok,
    Warning,
    Failed,
}

impl Check {
    fn ok(line: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Ok,
            line: line.into(),
        }
    }

    fn warning(line: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Warning,
            line: line.into(),
        }
    }

    fn failed(line: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Failed,
            line: line.into(),
        }
    }

    /// Tells a failure in the words that a run would use.
    fn from_error(error: &Error) -> Self {
        Self::failed(format!("{error:#}"))
    }
}

/// All that was looked at.
pub struct Report(Vec<Check>);

impl Report {
    /// Writes a line for each look.
    pub fn text(&self) -> Text {
        let lines = self.0.iter().map(|check| {
            let verdict = match check.verdict {
                Verdict::Ok => "ok",
                Verdict::Warning => "warning",
                Verdict::Failed => "failed",
            };
            format!("{verdict:<8} {}", check.line)
        });
        Text::lines(&lines.collect::<Vec<_>>())
    }

    /// Says whether something stands in the way.
    pub fn has_failure(&self) -> bool {
        self.0.iter().any(|check| check.verdict == Verdict::Failed)
    }
}

/// Looks at everything.
pub fn run(settings: &Settings, clock: &Clock) -> Report {
    let files = ConfigFiles::read(settings);
    let (Report(mut checks), item) = check_key(settings, &files, clock);
    checks.extend(session::check(settings, item.as_ref(), clock));
    let name = stored::check_key_name(item.as_ref(), &settings.flags);
    checks.extend(name.err().as_ref().map(Check::from_error));
    checks.extend(aws::check(settings, clock));
    checks.extend(config::check(&files));
    checks.extend(machine::check(settings));
    Report(checks)
}

/// Looks at `op` and at the item of the key, which comes back if it could be read.
pub fn check_key(
    settings: &Settings,
    files: &ConfigFiles,
    clock: &Clock,
) -> (Report, Option<Item>) {
    let (mut checks, op) = op::check(settings, clock);
    let item = op.and_then(|op| {
        let (found, item) = item::check(&op, settings, files, clock);
        checks.extend(found);
        item
    });
    (Report(checks), item)
}

/// Looks at the place of the session.
pub fn check_session(settings: &Settings, key_item: &Item, clock: &Clock) -> Report {
    Report(session::check(settings, Some(key_item), clock))
}
