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

use anyhow::{Error, Result};

use super::session_item;
use crate::aws::ConfigFiles;
use crate::clock::Clock;
use crate::onepassword::Item;
use crate::output::{self, Outcome, Text};
use crate::run::Run;
use question::Question;

/// With less time than this nothing is asked any more.
const LEAST: Duration = Duration::from_secs(1);

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
        output::print(&self.text())?;
        Ok(!self.has_failure())
    }
}

/// Looks at everything, and prints what it finds as it goes. Each question is asked once, whatever number of lines has it.
/// With `live` a session is got, too, for a code.
pub fn run(run: &Run, live: bool) -> Result<Outcome> {
    let files = ConfigFiles::read(run);
    let questions = Question::all(run, &files);
    let mut is_well = true;
    let mut key_ids = Vec::new();
    for (index, question) in questions.iter().enumerate() {
        let earlier = questions.get(..index).unwrap_or_default();
        let subject = question.subject().filter(|_| questions.len() > 1);
        let say = |checks| Report(checks).about(subject.as_deref()).print();
        let run = &question.run;
        let (found, op) = op::check(run, question.has_op_of(earlier));
        is_well &= say(found)?;
        if let Some(op) = op {
            let (found, item) = item::check(&op, run, &files);
            is_well &= say(found)?;
            is_well &= say(session::check(run, item.as_ref()))?;
            let name = session_item::check_key_name(item.as_ref(), &run.flags);
            is_well &= say(name
                .err()
                .as_ref()
                .map(Check::from_error)
                .into_iter()
                .collect())?;
            key_ids.extend(item.and_then(|item| {
                let key_id = item.known_value(&run.flags.op.access_key_field);
                key_id.map(str::to_owned)
            }));
        }
        is_well &= say(aws::check(run, question.has_aws_of(earlier), &files))?;
        if live {
            is_well &= say(vec![live::check(run)])?;
        }
    }
    is_well &= Report(config::check(run, &files, &key_ids)).print()?;
    is_well &= Report(machine::check(run, &files)).print()?;
    Ok(Outcome::printed(is_well))
}

/// Looks at `op` and at the item of the key, which comes back if it could be read.
pub fn check_key(run: &Run, files: &ConfigFiles) -> (Report, Option<Item>) {
    let (mut checks, op) = op::check(run, false);
    let item = op.and_then(|op| {
        let (found, item) = item::check(&op, run, files);
        checks.extend(found);
        item
    });
    (Report(checks), item)
}

/// Looks at the place of the session.
pub fn check_session(run: &Run, key_item: &Item) -> Report {
    Report(session::check(run, Some(key_item)))
}

/// Gives a look two thirds of the time that is left, so each one has some; nothing where there is none.
fn share(run: &Run) -> Option<Clock> {
    let left = run.clock.left();
    (left >= LEAST.min(run.clock.timeout() / 10)).then(|| run.clock.at_most(left * 2 / 3))
}
