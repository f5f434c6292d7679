//! What the README says is so: its console blocks, its options, its departures and its links.

#![cfg(test)]
#![allow(clippy::disallowed_methods, reason = "tests start the program")]

mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use support::*;

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(path).expect(name)
}

/// The text below a heading, up to the next one.
fn section(heading: &str) -> String {
    let readme = read("README.md");
    let (_, section) = readme
        .split_once(&format!("\n## {heading}\n"))
        .expect(heading);
    section.split("\n## ").next().unwrap_or_default().to_owned()
}

/// The cells of a row.
fn cells(row: &str) -> Vec<String> {
    row.trim_matches('|')
        .split('|')
        .map(|cell| cell.trim().to_owned())
        .collect()
}

/// The cells of each row of the section's table.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let section = section(heading);
    let rows = section
        .lines()
        .filter(|line| line.starts_with("| "))
        .skip(1);
    let rows: Vec<Vec<String>> = rows.map(cells).collect();
    assert!(!rows.is_empty(), "no table below '{heading}'");
    rows
}

#[test]
fn console_blocks_show_what_the_program_prints() {
    let readme = read("README.md");
    let blocks = readme
        .split("```console\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next());
    let blocks: Vec<&str> = blocks
        .filter(|block| block.starts_with("$ get-1password-creds"))
        .collect();
    assert!(!blocks.is_empty(), "no console block");
    for block in blocks {
        let sandbox = Sandbox::new();
        symlink(PROGRAM, sandbox.path("bin/get-1password-creds")).expect("a link");
        let lines = block.lines().filter_map(|line| line.strip_prefix("$ "));
        let shown = lines.map(|line| {
            let mut shell = Command::new("/bin/sh");
            sandbox.enter(&mut shell);
            shell.args(["-c", &format!("{line} 2>&1")]);
            let output = shell.output().expect("a shell");
            format!("$ {line}\n{}", outcome(&output).stdout)
        });
        assert_eq!(shown.collect::<String>(), block);
    }
}

/// An option: its flag and what it takes, its default if there is one.
type Choice = (String, Option<String>);

/// Takes what stands between two marks.
fn between(text: &str, start: &str, end: &str) -> Option<String> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(part, _)| part.to_owned())
}

#[test]
fn the_options_are_those_of_help() {
    let bare = |text: &str| text.replace(['<', '>', '`', '"'], "");
    let help = Sandbox::new().run(&["--help"]).stdout;
    let lines = help.lines().filter(|line| line.starts_with("      --"));
    let in_help = lines.map(|line| {
        let (flag, _) = line.trim().split_once("  ").expect("a flag");
        let default = between(line, "[default: ", "]").map(|text| bare(&text));
        (bare(flag), default)
    });
    let rows = rows("Options");
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
    let rows = rows("Options");
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
    let section = section("Everyday use");
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    let rows = rows.take_while(|row| row.contains("get-1password-creds "));
    let words = rows.filter_map(|row| row.split([' ', '`']).nth(1));
    assert_eq!(words.collect::<Vec<_>>(), in_help);
}

#[test]
fn every_departure_has_a_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let files = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("a file").path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let tests: String = files
        .map(|path| fs::read_to_string(path).expect("a test file"))
        .collect();
    for row in rows("Differences from the script") {
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

fn assert_links_lead_to_files(readme: &str) {
    let links = readme
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    let links: Vec<&str> = links.filter(|link| !link.contains("://")).collect();
    assert!(!links.is_empty(), "no link to a file");
    for link in links {
        let file = link.split('#').next().unwrap_or_default();
        assert!(
            Path::new(env!("CARGO_MANIFEST_DIR")).join(file).exists(),
            "{link}"
        );
    }
}

#[test]
fn every_link_leads_to_a_file() {
    assert_links_lead_to_files(&read("README.md"));
}

/// What a translation leaves as it is: the levels of headings, the code blocks, and of each line of a table how many
/// cells it has and its first one, if that is code; for any other line of text nothing but where a table ends.
fn frame(readme: &str) -> Vec<String> {
    let mut frame = Vec::new();
    for (index, part) in readme.split("```").enumerate() {
        if index % 2 == 1 {
            frame.push(part.to_owned());
            continue;
        }
        for line in part.lines() {
            if line.starts_with('#') {
                let level = line.chars().take_while(|&mark| mark == '#');
                frame.push(level.collect());
            } else if line.starts_with('|') {
                let cells = cells(line);
                let code = cells[0].starts_with('`') && cells[0].ends_with('`');
                let first = if code { cells[0].as_str() } else { "" };
                frame.push(format!("{} cells: {first}", cells.len()));
            } else if frame.last().is_some_and(|last| last.contains(" cells: ")) {
                frame.push("end of table".to_owned());
            }
        }
    }
    frame
}

#[test]
fn the_japanese_readme_has_the_same_headings_blocks_and_tables() {
    let japanese = read("README.ja.md");
    let (frame, expected) = (frame(&japanese), frame(&read("README.md")));
    for (line, expected) in frame.iter().zip(&expected) {
        assert_eq!(line, expected);
    }
    assert_eq!(frame.len(), expected.len());
    assert_links_lead_to_files(&japanese);
}
