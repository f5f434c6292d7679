//! `completions`: what a shell needs to complete a command line.

use crate::aws::ConfigFiles;
use crate::cli::completions::{Next, Shell, next};
use crate::output::Text;
use crate::settings::Settings;

/// Prints the script of a shell; for one that asks, what may follow the words before the cursor. Each line holds a word,
/// a bar and what the word means; a line `/` stands for the names of files.
pub fn run(settings: &Settings, shell: Shell, words: &[String]) -> Text {
    if words.is_empty() {
        return Text::lines(&shell.script().lines().collect::<Vec<_>>());
    }
    let lines = match next(words) {
        Next::Words(words) => lines(words),
        Next::File => vec!["/".to_owned()],
        Next::Profile => {
            let files = ConfigFiles::read(settings);
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
    Text::lines(&lines)
}

fn lines(words: impl IntoIterator<Item = (String, String)>) -> Vec<String> {
    let words = words.into_iter();
    words
        .map(|(word, meaning)| format!("{word}|{meaning}"))
        .collect()
}
