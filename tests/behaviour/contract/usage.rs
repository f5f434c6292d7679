//! Command lines that clap refuses.

use super::book::Section;
use crate::support::*;

/// Expects a usage error in clap's form.
fn expect_complaint(args: &str, line: &str) {
    let sandbox = Sandbox::new();
    let words = args
        .split(' ')
        .map(|word| if word == "''" { "" } else { word });
    let outcome = sandbox.run(&words.collect::<Vec<_>>());
    let paragraphs: Vec<&str> = outcome.stderr.split("\n\n").collect();
    let [said, more @ .., hint] = paragraphs.as_slice() else {
        panic!("two paragraphs: {outcome:?}")
    };
    let expected = (
        format!("error: {line}"),
        "For more information, try '--help'.\n",
    );
    assert_eq!((*said, *hint), (expected.0.as_str(), expected.1), "{args}");
    // clap adds a similar word to some lines, and to some the usage.
    let starts = ["  tip: ", "Usage: get-1password-creds "];
    let is_known = |text: &&str| starts.iter().any(|start| text.starts_with(start));
    assert!(more.len() < 3 && more.iter().all(is_known), "{more:?}");
    assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(2), ""));
    assert_eq!(sandbox.calls(), [""; 0], "{args}");
}

#[test]
fn a_value_on_the_command_line_is_wrong() {
    let section = Section::read("The command line has a wrong value");
    for [args, option, end] in section.rows() {
        let value = args.rsplit([' ', '=']).next().unwrap_or_default();
        let value = if value == "''" { "" } else { value };
        let line = section.line("line", &end);
        expect_complaint(
            &args,
            &line.replace("VALUE", value).replace("OPTION", &option),
        );
    }
}

#[test]
fn the_command_line_is_wrong() {
    for [args, line] in Section::read("The command line is wrong otherwise").rows() {
        expect_complaint(&args, &line);
    }
}
