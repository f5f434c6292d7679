//! How much is to be done, and what came of it: figures for `scripts/stress`.

#![cfg(test)]

use std::fmt::Display;
use std::fs::OpenOptions;
use std::io::Write;
use std::time::Duration;

/// How many rounds of bursts.
pub fn rounds() -> u32 {
    number("STRESS_ROUNDS", 20)
}

/// How many blows of each kind.
pub fn kills() -> u32 {
    number("STRESS_KILLS", 500)
}

/// How many stops of each kind. Each takes seconds.
pub fn stops() -> u32 {
    kills().div_ceil(5)
}

/// How many seconds of soak.
pub fn soak_seconds() -> u32 {
    number("STRESS_SECONDS", 600)
}

/// Another build of the program, to be measured beside this one.
pub fn other_program() -> Option<String> {
    std::env::var("STRESS_PROGRAM").ok()
}

fn number(variable: &str, default: u32) -> u32 {
    let text = std::env::var(variable);
    text.map_or(default, |text| text.parse().expect("a number"))
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

/// The middle one of some figures.
fn middle(figures: &[f64]) -> f64 {
    let mut figures = figures.to_vec();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// The middle one and the greatest of some figures, with so many digits.
fn middle_and_most(figures: &[f64], digits: usize) -> String {
    let most = figures.iter().copied().fold(f64::MIN, f64::max);
    format!("{:.digits$} (most {most:.digits$})", middle(figures))
}

/// The same of times, in seconds.
pub fn seconds<'a>(times: impl IntoIterator<Item = &'a Duration>) -> String {
    let seconds: Vec<_> = times.into_iter().map(Duration::as_secs_f64).collect();
    format!("{} s", middle_and_most(&seconds, 3))
}

/// The quotients of times, and whether the middle one is as low as it should be.
pub fn ratios(times: &[Duration], references: &[Duration], goal: f64) -> String {
    let pairs = times.iter().zip(references);
    let ratios: Vec<_> = pairs
        .map(|(time, reference)| time.as_secs_f64() / reference.as_secs_f64())
        .collect();
    let verdict = if middle(&ratios) <= goal {
        "met"
    } else {
        "MISSED"
    };
    format!("{}, goal {goal:.2} {verdict}", middle_and_most(&ratios, 2))
}
