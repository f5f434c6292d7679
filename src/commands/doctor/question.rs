//! What is asked about: the options of each line of ours, with those that were given over them.

use crate::aws::ConfigFiles;
use crate::commands::line::Line;
use crate::run::Run;

/// Options that one or several lines have.
pub struct Question<'a> {
    pub run: Run,
    profiles: Vec<&'a str>,
}

impl<'a> Question<'a> {
    /// Finds all: of the line behind the profile that was given, else of each line; the given options alone where an item
    /// was given, or where there is no line. A line that can't be read asks nothing.
    pub fn all(run: &Run, files: &'a ConfigFiles) -> Vec<Self> {
        let flags = &run.flags;
        let lines = if flags.is_given("--item") {
            Vec::new()
        } else if let Some(profile) = &flags.aws.profile {
            let profiles = files.config.keys().chain(files.credentials.keys());
            let own = profiles.map(String::as_str).find(|name| name == profile);
            let line = own.and_then(|profile| Line::behind(files, profile));
            line.into_iter().collect()
        } else {
            Line::all(files)
        };
        if lines.is_empty() {
            let flags = run.flags.clone();
            return vec![Self {
                run: run.with_flags(flags),
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

    /// Names the profiles whose lines ask this.
    pub fn subject(&self) -> Option<String> {
        let profiles: Vec<String> = self
            .profiles
            .iter()
            .map(|profile| format!("'{profile}'"))
            .collect();
        (!profiles.is_empty()).then(|| format!("profile {}", profiles.join(", ")))
    }

    /// Returns whether one of these asks the same `op` for the same account.
    pub fn has_op_of(&self, others: &[Self]) -> bool {
        let key = |question: &Self| {
            let flags = &question.run.flags;
            (flags.op.program.clone(), flags.op.account.clone())
        };
        others.iter().any(|other| key(other) == key(self))
    }

    /// Returns whether one of these asks the same `aws`.
    pub fn has_aws_of(&self, others: &[Self]) -> bool {
        let flags = &self.run.flags;
        let is_same = |other: &Self| {
            !other.run.flags.aws.no_session && other.run.flags.aws.program == flags.aws.program
        };
        others.iter().any(is_same)
    }
}
