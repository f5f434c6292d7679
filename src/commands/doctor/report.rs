//! The results of the checks, and their text.

use anyhow::{Error, Result};

use crate::output::{self, Text};

/// The result of one check, in one line.
pub struct Check {
    pub verdict: Verdict,
    line: String,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Verdict {
    Ok,
    Warning,
    Failed,
}

impl Check {
    pub fn ok(line: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Ok,
            line: line.into(),
        }
    }

    pub fn warning(line: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Warning,
            line: line.into(),
        }
    }

    pub fn failed(line: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Failed,
            line: line.into(),
        }
    }

    /// Returns a failure with the message of a run.
    pub fn from_error(error: &Error) -> Self {
        Self::failed(format!("{error:#}"))
    }

    /// Returns a warning that no time was left for this check.
    pub fn unchecked(what: &str) -> Self {
        Self::warning(format!(
            "{what}: not checked, as no time was left; pass a longer --timeout"
        ))
    }
}

/// Several checks.
pub struct Report(pub Vec<Check>);

impl Report {
    /// Returns a line for each check.
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

    /// Returns whether one of the checks failed, so a run wouldn't work.
    pub fn has_failure(&self) -> bool {
        self.0.iter().any(|check| check.verdict == Verdict::Failed)
    }

    /// Starts each line with the subject, if there is one.
    pub fn about(self, subject: Option<&str>) -> Self {
        let named = self.0.into_iter().map(|check| Check {
            line: match subject {
                Some(subject) => format!("{subject}: {}", check.line),
                None => check.line,
            },
            ..check
        });
        Self(named.collect())
    }

    /// Prints the lines; returns whether no check failed.
    pub fn print(&self) -> Result<bool> {
        output::print(&self.text())?;
        Ok(!self.has_failure())
    }
}
