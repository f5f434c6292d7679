//! `doctor`: looks at everything that a session depends on, and changes nothing. What is asked about is what the lines in
//! the AWS config say.

mod aws;
mod config;
mod item;
mod live;
mod machine;
mod op;
mod question;
mod session;

use std::time::Duration;

use anyhow::{Context, Error, Result};

use super::stored;
use crate::aws::ConfigFiles;
use crate::clock::Clock;
use crate::onepassword::Item;
use crate::output::{self, Text};
use crate::settings::Settings;
use question::Question;

/// With less time than this nothing is asked any more.
const LEAST: Duration = Duration::from_secs(1);

/// How far `doctor` goes.
#[derive(Clone, Copy, PartialEq)]
pub enum Depth {
    /// Nothing is used up.
    Look,
    /// A session is got, for a code.
    Live,
}

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

    /// Says that there was no time for a look.
    fn unchecked(what: &str) -> Self {
        Self::warning(format!(
            "{what}: not checked, as no time was left; pass a longer --timeout"
        ))
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

    /// Returns whether a run wouldn't work.
    pub fn has_failure(&self) -> bool {
        self.0.iter().any(|check| check.verdict == Verdict::Failed)
    }

    /// Says in each line what it is about.
    fn about(self, subject: Option<&str>) -> Self {
        let named = self.0.into_iter().map(|check| Check {
            line: match subject {
                Some(subject) => format!("{subject}: {}", check.line),
                None => check.line,
            },
            ..check
        });
        Self(named.collect())
    }

    /// Prints the lines as they come; returns whether all is well.
    fn print(&self) -> Result<bool> {
        output::write_text(&self.text()).context("cannot write to stdout")?;
        Ok(!self.has_failure())
    }
}

/// Looks at everything, and returns whether all is well. Each question is asked once, whatever number of lines has it.
pub fn run(settings: &Settings, depth: Depth, clock: &Clock) -> Result<bool> {
    let files = ConfigFiles::read(settings);
    let questions = Question::all(settings, &files);
    let mut is_well = true;
    let mut key_ids = Vec::new();
    for (index, question) in questions.iter().enumerate() {
        let earlier = questions.get(..index).unwrap_or_default();
        let subject = question.subject().filter(|_| questions.len() > 1);
        let say = |checks| Report(checks).about(subject.as_deref()).print();
        let settings = &question.settings;
        let (found, op) = op::check(settings, question.has_op_of(earlier), clock);
        is_well &= say(found)?;
        if let Some(op) = op {
            let (found, item) = item::check(&op, settings, &files, clock);
            is_well &= say(found)?;
            is_well &= say(session::check(settings, item.as_ref(), clock))?;
            let name = stored::check_key_name(item.as_ref(), &settings.flags);
            is_well &= say(name
                .err()
                .as_ref()
                .map(Check::from_error)
                .into_iter()
                .collect())?;
            key_ids.extend(item.and_then(|item| {
                let key_id = item.known_value(&settings.flags.access_key_field);
                key_id.map(str::to_owned)
            }));
        }
        is_well &= say(aws::check(
            settings,
            question.has_aws_of(earlier),
            &files,
            clock,
        ))?;
        if depth == Depth::Live {
            is_well &= say(vec![live::check(settings, clock)])?;
        }
    }
    is_well &= Report(config::check(settings, &files, &key_ids)).print()?;
    is_well &= Report(machine::check(settings, &files)).print()?;
    Ok(is_well)
}

/// Looks at `op` and at the item of the key, which comes back if it could be read.
pub fn check_key(
    settings: &Settings,
    files: &ConfigFiles,
    clock: &Clock,
) -> (Report, Option<Item>) {
    let (mut checks, op) = op::check(settings, false, clock);
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

/// Gives a look two thirds of the time that is left, so each one has some; nothing where there is none.
fn share(clock: &Clock) -> Option<Clock> {
    let left = clock.left();
    (left >= LEAST.min(clock.timeout() / 10)).then(|| clock.at_most(left * 2 / 3))
}
