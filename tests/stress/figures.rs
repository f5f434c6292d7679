//! How much is to be done, and what came of it: figures for `scripts/stress`.

#![cfg(test)]

use std::fmt::Display;
use std::fs::OpenOptions;
use std::io::Write;
use std::time::Duration;

/// So many rounds, scaled by `STRESS_PERCENT`; one at least.
pub fn rounds(full: u32) -> u32 {
    let percent = std::env::var("STRESS_PERCENT").unwrap_or_default();
    let percent: u32 = percent.parse().unwrap_or(100);
    (full * percent).div_ceil(100).max(1)
}

/// Prints a figure, and adds it to the file that `STRESS_FIGURES` names, for the table at the end.
pub fn figure(name: &str, value: impl Display) {
    println!("{name}: {value}");
    let Some(path) = std::env::var_os("STRESS_FIGURES") else {
        return;
    };
    let file = OpenOptions::new().create(true).append(true).open(path);
    let written = file.and_then(|mut file| writeln!(file, "{name}\t{value}"));
    written.expect("a file for the figures");
}

/// The middle one and the greatest of some figures, with so many digits.
fn middle_and_most(figures: impl Iterator<Item = f64>, digits: usize) -> String {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    let middle = figures[figures.len() / 2];
    let most = figures[figures.len() - 1];
    format!("{middle:.digits$} (most {most:.digits$})")
}

/// The same of times, in seconds.
pub fn seconds<'a>(times: impl IntoIterator<Item = &'a Duration>) -> String {
    let seconds = times.into_iter().map(Duration::as_secs_f64);
    format!("{} s", middle_and_most(seconds, 3))
}

/// The same of the quotients of times.
pub fn ratios(times: &[Duration], references: &[Duration]) -> String {
    let pairs = times.iter().zip(references);
    let ratios = pairs.map(|(time, reference)| time.as_secs_f64() / reference.as_secs_f64());
    middle_and_most(ratios, 2)
}
