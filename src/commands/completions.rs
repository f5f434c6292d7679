//! `completions`: prints the script with which a shell completes a command line, and answers that script.

use crate::aws::ConfigFiles;
use crate::cli::completions::{Next, Shell, next};
use crate::output::{Outcome, Text};
use crate::run::Run;

/// Prints the script of a shell. If `words` are given, prints the possible next words instead, each in a line with a bar and
/// its meaning; the line `/` means the names of files.
pub fn run(run: &Run, shell: Shell, words: &[String]) -> Outcome {
    if words.is_empty() {
        let script = shell.script().lines().collect::<Vec<_>>();
        return Outcome::new(Text::lines(&script), true);
    }
    let lines = match next(words) {
        Next::Words(words) => lines(words),
        Next::File => vec!["/".to_owned()],
        Next::Profile => {
            let files = ConfigFiles::read(run);
            let names = files
                .config
                .into_keys()
                .chain(files.credentials.into_keys());
            let mut lines = lines(names.map(|name| (name, String::new())));
            lines.sort();
            lines.dedup();
            lines
        }
    };
    Outcome::new(Text::lines(&lines), true)
}

fn lines(words: impl IntoIterator<Item = (String, String)>) -> Vec<String> {
    let words = words.into_iter();
    words
        .map(|(word, meaning)| format!("{word}|{meaning}"))
        .collect()
}
