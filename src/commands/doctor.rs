//! `doctor`: checks everything that a session depends on, and changes nothing. The options are those of each line in the AWS
//! config.

mod aws;
mod code;
mod config;
mod item;
mod live;
mod machine;
mod mfa_serial;
mod op;
mod question;
mod report;
mod session;

use std::time::Duration;

use anyhow::Result;

use super::session_item;
use crate::aws::ConfigFiles;
use crate::clock::Clock;
use crate::onepassword::Item;
use crate::output::Outcome;
use crate::run::Run;
use question::Question;
use report::{Check, Report};

/// With less time than this, no other program is asked.
const LEAST: Duration = Duration::from_secs(1);

/// Checks everything, and prints each result at once. A question that several lines of the config have is asked once. With
/// `live`, a session is got as well, which uses a code up.
pub fn run(run: &Run, live: bool) -> Result<Outcome> {
    let files = ConfigFiles::read(run);
    let questions = Question::all(run, &files);
    let mut is_well = true;
    let mut key_ids = Vec::new();
    for (index, question) in questions.iter().enumerate() {
        let earlier = questions.get(..index).unwrap_or_default();
        let subject = question.subject().filter(|_| questions.len() > 1);
        let print = |checks| Report(checks).about(subject.as_deref()).print();
        is_well &= check_items(question, earlier, &files, &mut key_ids, &print)?;
        let run = &question.run;
        is_well &= print(aws::check(run, question.has_aws_of(earlier), &files))?;
        if live {
            is_well &= print(vec![live::check(run)])?;
        }
    }
    is_well &= Report(config::check(run, &files, &key_ids)).print()?;
    is_well &= Report(machine::check(run, &files)).print()?;
    Ok(Outcome::printed(is_well))
}

/// Checks `op` and the items of one question; the id of the key is added to `key_ids`. Returns whether no check failed.
fn check_items(
    question: &Question,
    earlier: &[Question],
    files: &ConfigFiles,
    key_ids: &mut Vec<String>,
    print: &impl Fn(Vec<Check>) -> Result<bool>,
) -> Result<bool> {
    let run = &question.run;
    let (checks, op) = op::check(run, question.has_op_of(earlier));
    let mut is_well = print(checks)?;
    let Some(op) = op else {
        return Ok(is_well);
    };
    let (checks, item) = item::check(&op, run, files);
    is_well &= print(checks)?;
    is_well &= print(session::check(run, item.as_ref()))?;
    let by_name = session_item::check_key_name(item.as_ref(), &run.flags).err();
    is_well &= print(by_name.iter().map(Check::from_error).collect())?;
    let key_id = item.and_then(|item| {
        let key_id = item.known_value(&run.flags.op.access_key_field);
        key_id.map(str::to_owned)
    });
    key_ids.extend(key_id);
    Ok(is_well)
}

/// Checks `op` and the item of the key, which is returned if it could be read.
pub fn check_key(run: &Run, files: &ConfigFiles) -> (Report, Option<Item>) {
    let (mut checks, op) = op::check(run, false);
    let item = op.and_then(|op| {
        let (found, item) = item::check(&op, run, files);
        checks.extend(found);
        item
    });
    (Report(checks), item)
}

/// Checks the item and the field of the session.
pub fn check_session(run: &Run, key_item: &Item) -> Report {
    Report(session::check(run, Some(key_item)))
}

/// Returns a clock for one call: two thirds of the time that is left, so later calls have some. `None` if too little is
/// left.
fn share(run: &Run) -> Option<Clock> {
    let left = run.clock.left();
    (left >= LEAST.min(run.clock.timeout() / 10)).then(|| run.clock.at_most(left * 2 / 3))
}
