//! The README and the documents in docs/ are true: options, commands and departures here, what all documents have in
//! common in `readme/documents.rs`.

mod documents;

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::*;

/// The README is for one look; what is looked up is in docs/.
const MOST_LINES: usize = 150;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: impl AsRef<Path>) -> String {
    let path = root().join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files in a folder and below it whose names end so, in order.
fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).expect(folder);
    let mut files = Vec::new();
    for entry in entries {
        let path = PathBuf::from(folder).join(entry.expect("an entry").file_name());
        if root().join(&path).is_dir() {
            files.extend(self::files(path.to_str().expect("UTF-8"), extension));
        } else if path.extension().is_some_and(|end| end == extension) {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The cells of a row.
fn cells(row: &str) -> Vec<String> {
    let cells = row.trim_matches('|').split('|');
    cells.map(|cell| cell.trim().to_owned()).collect()
}

/// The cells of each row of the tables in a text, without the first row.
fn rows(text: &str) -> Vec<Vec<String>> {
    let rows = text.lines().filter(|line| line.starts_with("| "));
    let rows: Vec<Vec<String>> = rows.skip(1).map(cells).collect();
    assert!(!rows.is_empty(), "no table");
    rows
}

/// The text of the README below a heading, up to the next one.
fn section(heading: &str) -> String {
    let readme = read("README.md");
    let (_, section) = readme
        .split_once(&format!("\n## {heading}\n"))
        .expect(heading);
    section.split("\n## ").next().unwrap_or_default().to_owned()
}

/// Takes what stands between two marks.
fn between(text: &str, start: &str, end: &str) -> Option<String> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(part, _)| part.to_owned())
}

#[test]
fn the_readme_is_short() {
    for name in ["README.md", "README.ja.md"] {
        let count = read(name).lines().count();
        assert!(count <= MOST_LINES, "{name}: {count} lines");
    }
}

/// An option: its flag and what it takes, its default if there is one.
type Choice = (String, Option<String>);

#[test]
fn the_options_are_those_of_help() {
    let bare = |text: &str| text.replace(['<', '>', '`', '"'], "");
    let help = Sandbox::new().run(&["--help"]).stdout;
    // What an option means stands in the line below it.
    let lines = help.lines().zip(help.lines().skip(1));
    let options = lines.filter(|(flag, _)| flag.starts_with("      --"));
    let in_help = options.map(|(flag, meaning)| {
        let default = between(meaning, "[default: ", "]").map(|text| bare(&text));
        (bare(flag.trim()), default)
    });
    let rows = rows(&section("Options"));
    let in_readme = rows.iter().map(|row| {
        // In words alone the README tells what comes of no default.
        let default = row[1].contains('`').then(|| bare(&row[1]));
        (bare(&row[0]), default)
    });
    let (in_help, in_readme): (Vec<Choice>, Vec<Choice>) = (in_help.collect(), in_readme.collect());
    assert_eq!(in_readme, in_help);
}

#[test]
fn options_go_by_their_other_names() {
    let rows = rows(&section("Options"));
    let others = rows
        .iter()
        .filter_map(|row| between(&row[2], "also `", "`"));
    let others: Vec<String> = others.collect();
    assert_eq!(others.len(), 5);
    for other in others {
        let outcome = Sandbox::new().run(&[&other, "x", "completions", "bash"]);
        assert_eq!(outcome.status, Some(0), "{other}: {}", outcome.stderr);
    }
}

#[test]
fn the_commands_are_those_of_help() {
    let help = Sandbox::new().run(&["--help"]).stdout;
    let (_, commands) = help.split_once("\nCommands:\n").expect("commands");
    let lines = commands.lines().take_while(|line| !line.is_empty());
    let in_help: Vec<&str> = lines
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let section = section("Commands");
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    let words = rows.filter_map(|row| row.split([' ', '`']).nth(1));
    assert_eq!(words.collect::<Vec<_>>(), in_help);
}

#[test]
fn every_departure_has_a_test() {
    let tests: String = files("tests", "rs").iter().map(read).collect();
    for row in rows(&read("docs/differences.md")) {
        // The first is the contract.
        let name = if row[0] == "1" {
            "op_item_get_fails".to_owned()
        } else {
            format!("departure_{}_", row[0])
        };
        assert!(
            tests.contains(&format!("#[test]\nfn {name}")),
            "no test for: {row:?}"
        );
    }
}
