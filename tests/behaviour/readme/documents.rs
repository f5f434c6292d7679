//! What all documents have in common: blocks that can be run, links that lead somewhere, a translation in step.

use std::collections::BTreeSet;
use std::os::unix::fs::symlink;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use super::{cells, files, read, root, rows};
use crate::support::*;

/// What a line for the AWS config begins with.
const ASSIGNMENT: &str = "credential_process = ";
const NAME: &str = "get-1password-creds";

/// Lists the documents in English.
fn english() -> Vec<PathBuf> {
    let documents = files("docs", "md").into_iter();
    let documents = documents.filter(|path| !path.starts_with("docs/ja"));
    documents.chain([PathBuf::from("README.md")]).collect()
}

/// Returns where the translation of a document is.
fn japanese(document: &Path) -> PathBuf {
    match document.strip_prefix("docs") {
        Ok(name) => Path::new("docs/ja").join(name),
        Err(_) => document.with_extension("ja.md"),
    }
}

/// The blocks of a document in a language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let parts = text.split("```").skip(1).step_by(2);
    let blocks = parts.filter_map(|part| part.strip_prefix(&format!("{language}\n")));
    blocks.map(str::to_owned).collect()
}

#[test]
fn console_blocks_show_what_the_program_prints() {
    let documents = english();
    let blocks = documents
        .iter()
        .flat_map(|document| blocks(&read(document), "console"));
    let blocks: Vec<String> = blocks
        .filter(|block| block.starts_with(&format!("$ {NAME}")))
        .collect();
    assert!(blocks.len() > 1, "no console blocks");
    for block in blocks {
        let sandbox = Sandbox::new();
        symlink(PROGRAM, sandbox.path("bin").join(NAME)).expect("a link");
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

/// The arguments of each command line of this program in a document: in blocks for a shell, and in lines for the config,
/// also as what a patch adds.
fn command_lines(text: &str) -> Vec<String> {
    let in_shell = blocks(text, "sh").join("");
    let in_shell = in_shell.lines().filter_map(|line| line.strip_prefix(NAME));
    let in_config = text.lines().filter_map(|line| {
        let line = line.strip_prefix('+').unwrap_or(line);
        let (program, arguments) = line.strip_prefix(ASSIGNMENT)?.split_once(NAME)?;
        program.ends_with('/').then_some(arguments)
    });
    in_shell.chain(in_config).map(str::to_owned).collect()
}

#[test]
fn command_lines_are_accepted() {
    let documents = english();
    let lines = documents
        .iter()
        .flat_map(|document| command_lines(&read(document)));
    let lines: Vec<String> = lines.collect();
    assert!(lines.len() > 10, "{lines:?}");
    for line in lines {
        let sandbox = Sandbox::new();
        let mut shell = Command::new("/bin/sh");
        sandbox.enter(&mut shell);
        // What comes before it is read, and nothing is done.
        shell.args(["-c", &format!("'{PROGRAM}' {line} --help")]);
        let outcome = outcome(&shell.output().expect("a shell"));
        assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(0), ""));
    }
}

/// The anchors that GitHub makes of the headings.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let letters = heading.trim_start_matches('#').trim().chars();
        let letters = letters.filter(|letter| letter.is_alphanumeric() || "-_ ".contains(*letter));
        let anchor: String = letters.collect();
        anchor.to_lowercase().replace(' ', "-")
    };
    headings.map(anchor).collect()
}

/// The documents and other files that a document leads to.
fn targets(document: &Path) -> Vec<(PathBuf, Option<String>)> {
    let text = read(document);
    let links = text.split("](").skip(1);
    let links = links.filter_map(|rest| rest.split(')').next());
    let links = links.filter(|link| !link.contains("://"));
    let folder = document.parent().unwrap_or(Path::new(""));
    let target = |link: &str| {
        let (file, anchor) = link.split_once('#').unzip();
        let path = without_dots(&folder.join(file.unwrap_or(link)));
        (path, anchor.map(str::to_owned))
    };
    links.map(target).collect()
}

fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => assert!(plain.pop(), "{}", path.display()),
            part => plain.push(part),
        }
    }
    plain
}

#[test]
fn every_link_leads_somewhere() {
    let extra = ["CHANGELOG.md", "SECURITY.md", "CONTRIBUTING.md"].map(PathBuf::from);
    let documents = english().into_iter();
    let documents = documents.flat_map(|document| [japanese(&document), document]);
    for document in documents.chain(extra) {
        for (path, anchor) in targets(&document) {
            let link = format!("{}: {}", document.display(), path.display());
            assert!(root().join(&path).exists(), "{link}");
            if let Some(anchor) = anchor {
                assert!(anchors(&read(&path)).contains(&anchor), "{link}#{anchor}");
            }
        }
    }
}

#[test]
fn the_readme_leads_to_every_document() {
    let paths = |document: &str| -> BTreeSet<PathBuf> {
        let targets = targets(Path::new(document)).into_iter();
        targets.map(|(path, _)| path).collect()
    };
    let (led_to, translated) = (paths("README.md"), paths("README.ja.md"));
    for document in english() {
        let is_readme = document == Path::new("README.md");
        let japanese = japanese(&document);
        assert!(is_readme || led_to.contains(&document), "{document:?}");
        assert!(is_readme || translated.contains(&japanese), "{japanese:?}");
    }
}

/// What a translation leaves as it is: the levels of headings, the code blocks, the points of lists, and of each line of
/// a table how many cells it has and its first one, if that is code; for any other line of text nothing but where a
/// table ends.
fn frame(document: &str) -> Vec<String> {
    let mut frame = Vec::new();
    for (index, part) in document.split("```").enumerate() {
        if index % 2 == 1 {
            frame.push(part.to_owned());
            continue;
        }
        for line in part.lines() {
            let (mark, _) = line.split_once(' ').unwrap_or_default();
            let is_number = |mark: &str| mark.strip_suffix('.').map(str::parse::<u8>);
            if line.starts_with('#') || mark == "-" || matches!(is_number(mark), Some(Ok(_))) {
                frame.push(mark.to_owned());
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
fn the_japanese_documents_have_the_same_headings_blocks_lists_and_tables() {
    let documents = english();
    for document in &documents {
        let translation = read(japanese(document));
        let (frame, expected) = (frame(&translation), frame(&read(document)));
        for (line, expected) in frame.iter().zip(&expected) {
            assert_eq!(line, expected, "{document:?}");
        }
        assert_eq!(frame.len(), expected.len(), "{document:?}");
    }
    assert_eq!(files("docs/ja", "md").len(), documents.len() - 1);
}

/// The source and the tests, with the strings in them that go over several lines put together.
fn sources() -> String {
    let paths = [files("src", "rs"), files("tests", "rs")].concat();
    let text: String = paths.iter().map(read).collect();
    let mut parts = text.split("\\\n");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.trim_start()) + &read("tests/contract.md")
}

#[test]
fn the_messages_to_look_for_are_those_of_the_program() {
    let document = read("docs/troubleshooting.md");
    let (messages, _) = document.split_once("\n## Without a message").expect("it");
    let sources = sources();
    let rows = rows(messages).into_iter();
    let messages: Vec<Vec<String>> = rows.filter(|row| row[0].starts_with('`')).collect();
    assert!(!messages.is_empty(), "no messages");
    for row in messages {
        let mut messages = row[0].split('`').skip(1).step_by(2);
        assert!(messages.all(|part| sources.contains(part)), "{}", row[0]);
    }
}
