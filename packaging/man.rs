//! The man pages: one for the program and one for each of its commands, from what clap knows and the text in `man/`.

use std::env;
use std::fs;
use std::path::Path;

use clap::Command;
use clap_mangen::Man;

use crate::cli::Flags;

/// What clap doesn't know: exit statuses, environment, files.
const ALL: &str = include_str!("man/all.roff");

/// The keys of `status --json`.
const STATUS: &str = include_str!("man/status.roff");

const ABOUT: &str = "AWS credentials from 1Password";

const DESCRIPTION: &str = "Prints AWS credentials in the form that AWS clients expect of a credential_process in \
    ~/.aws/config. The access key, the one-time password and the cached MFA session of an IAM user live in one 1Password \
    item; the options name it.";

/// Makes each page as of a day, with its name.
fn pages(date: &str) -> Vec<(String, String)> {
    let mut program = Flags::with_commands()
        .disable_help_subcommand(true)
        .about(ABOUT)
        .long_about(DESCRIPTION)
        .mut_args(|arg| arg.hide(false));
    program.build();
    let commands = program.get_subcommands();
    let commands = commands.map(|command| {
        let more = if command.get_name() == "status" {
            STATUS
        } else {
            ""
        };
        page(command, date, more)
    });
    [page(&program, date, "")]
        .into_iter()
        .chain(commands)
        .collect()
}

fn page(command: &Command, date: &str, more: &str) -> (String, String) {
    let name = command.get_display_name().unwrap_or(command.get_name());
    let man = Man::new(command.clone())
        .title(name)
        .date(date)
        .manual("User Commands")
        .source(concat!("get-1password-creds ", env!("CARGO_PKG_VERSION")));
    let mut page = Vec::new();
    man.render_title(&mut page).unwrap();
    man.render_name_section(&mut page).unwrap();
    man.render_synopsis_section(&mut page).unwrap();
    man.render_description_section(&mut page).unwrap();
    man.render_options_section(&mut page).unwrap();
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page).unwrap();
    }
    // An empty line before a break is one too many.
    let page = String::from_utf8(page)
        .unwrap()
        .replace("\n\n.br\n", "\n.br\n");
    (format!("{name}.1"), page + more + ALL)
}

const DAY: &str = "2000-01-01";

#[test]
fn each_command_has_a_man_page() {
    let names: Vec<String> = pages(DAY).into_iter().map(|(name, _)| name).collect();
    let commands = Flags::with_commands();
    let commands = commands.get_subcommands();
    let commands = commands.map(|command| format!("get-1password-creds-{}.1", command.get_name()));
    let expected = ["get-1password-creds.1".to_owned()];
    let expected: Vec<String> = expected.into_iter().chain(commands).collect();
    assert_eq!(names, expected);
    for (name, page) in pages(DAY) {
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS"] {
            let heading = page.lines().position(|line| {
                line.strip_prefix(".SH ")
                    .is_some_and(|title| title.trim_matches('"') == section)
            });
            let after = heading.and_then(|line| page.lines().nth(line + 1));
            let is_filled = after.is_some_and(|line| !line.starts_with(".SH"));
            assert!(is_filled, "{name}: {section}");
        }
    }
}

/// scripts/package names the folder and the day.
#[test]
#[ignore = "writes the man pages of the day MAN_DATE into the folder MAN_PAGES"]
#[allow(
    clippy::disallowed_methods,
    reason = "the program reads no such variable"
)]
fn write_man_pages() {
    let folder = env::var_os("MAN_PAGES").unwrap();
    for (name, page) in pages(&env::var("MAN_DATE").unwrap()) {
        fs::write(Path::new(&folder).join(name), page).unwrap();
    }
}
