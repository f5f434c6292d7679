//! The options that `doctor` checks: those of each line of this program in the AWS config, under the options given to it.

use crate::aws::ConfigFiles;
use crate::commands::line::Line;
use crate::run::Run;

/// The options of one or several lines.
pub struct Question<'a> {
    pub run: Run,
    profiles: Vec<&'a str>,
}

impl<'a> Question<'a> {
    /// Returns a question for each different set of options in the lines, or for the given options alone if no line counts.
    /// A line that can't be parsed has no question.
    pub fn all(run: &Run, files: &'a ConfigFiles) -> Vec<Self> {
        let lines = lines(run, files);
        if lines.is_empty() {
            return vec![Self {
                run: run.with(|_| {}),
                profiles: Vec::new(),
            }];
        }
        let mut questions: Vec<Self> = Vec::new();
        for line in lines.iter().filter(|line| line.is_for_a_session()) {
            let Ok(run) = line.run(run) else {
                continue;
            };
            let words = run.flags.words();
            let mut same = questions.iter_mut();
            match same.find(|other| other.run.flags.words() == words) {
                Some(other) => other.profiles.push(line.profile),
                None => questions.push(Self {
                    run,
                    profiles: vec![line.profile],
                }),
            }
        }
        questions
    }

    /// Names the profiles of these lines; `None` for the given options.
    pub fn subject(&self) -> Option<String> {
        let profiles = self.profiles.iter();
        let profiles: Vec<String> = profiles.map(|profile| format!("'{profile}'")).collect();
        (!profiles.is_empty()).then(|| format!("profile {}", profiles.join(", ")))
    }

    /// Returns whether one of the others uses the same `op` and account.
    pub fn has_op_of(&self, others: &[Self]) -> bool {
        let key = |question: &Self| {
            let options = &question.run.flags.op;
            (options.program.clone(), options.account.clone())
        };
        others.iter().any(|other| key(other) == key(self))
    }

    /// Returns whether one of the others uses the same `aws`.
    pub fn has_aws_of(&self, others: &[Self]) -> bool {
        let program = &self.run.flags.aws.program;
        let mut others = others.iter().map(|other| &other.run.flags.aws);
        others.any(|other| !other.no_session && other.program == *program)
    }
}

/// Returns the line that the given profile uses, else every line; no line if an item is given.
fn lines<'a>(run: &Run, files: &'a ConfigFiles) -> Vec<Line<'a>> {
    let flags = &run.flags;
    if flags.is_given("--item") {
        return Vec::new();
    }
    let Some(profile) = &flags.aws.profile else {
        return Line::all(files);
    };
    let profiles = files.config.keys().chain(files.credentials.keys());
    let mut found = profiles.map(String::as_str).filter(|name| name == profile);
    let line = found
        .next()
        .and_then(|profile| Line::used_by(files, profile));
    line.into_iter().collect()
}
