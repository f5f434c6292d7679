//! `--help` and `completions`: what a person at the command line gets to see, in real shells where they are there.

use crate::support::terminal::*;
use crate::support::*;

#[test]
fn completions_are_there_for_each_shell() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let outcome = sandbox.run(&["completions", shell]);
        assert_eq!(
            (outcome.status, outcome.stderr.as_str()),
            (Some(0), ""),
            "{shell}"
        );
        let call = format!("get-1password-creds completions {shell} ");
        assert!(outcome.stdout.contains(&call), "{shell}");
        let is_plain = |letter: char| letter == '\n' || matches!(letter, ' '..='~');
        assert!(outcome.stdout.chars().all(is_plain), "{shell}");
    }
    assert_eq!(sandbox.calls(), [""; 0]);
}

#[test]
fn completions_are_words_with_what_they_mean() {
    let sandbox = sandbox_with_profiles();
    let ask = |words: &[&str]| {
        let words = [&["completions", "zsh", "--", "get-1password-creds"], words].concat();
        let outcome = sandbox.run(&words);
        assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(0), ""));
        outcome.stdout
    };
    assert_eq!(
        ask(&["completions"]).lines().take(5).collect::<Vec<_>>(),
        ["bash|", "elvish|", "fish|", "powershell|", "zsh|"]
    );
    let profiles = "default|\nproject-a|\nstatic|\nwith space|\n";
    assert_eq!(ask(&["--profile"]), profiles);
    assert_eq!(ask(&["setup", "--import"]), profiles);
    assert_eq!(
        ask(&["status", "--item", "--json", "--profile", "="]),
        profiles
    );
    for path in ["--op", "--op-cli-path", "--aws"] {
        assert_eq!(ask(&["status", path]), "/\n");
    }
    for nothing in ["--item", "--op-item", "--margin", "--cache-item"] {
        assert_eq!(ask(&[nothing]), "");
    }
    let status = ask(&["--vault", "setup", "status"]);
    assert!(
        status.contains("--json|") && !status.contains("--write|"),
        "{status}"
    );
    assert!(
        !status.contains("--op-vault") && !status.contains("setup"),
        "{status}"
    );
    assert_eq!(sandbox.calls(), [""; 0]);
}

/// A sandbox with profiles in both files, a file in the current directory, and a program that writes down its arguments
/// unless it is asked for completions.
fn sandbox_with_profiles() -> Sandbox {
    let sandbox = Sandbox::new();
    let config = "[default]\n[profile project-a]\n[profile \"with space\"]\n[sso-session s]\n";
    sandbox.write_text("home/.aws/config", config);
    sandbox.write_text("home/.aws/credentials", "[static]\n[default]\n");
    sandbox.write_text("cwd/file", "");
    let program = format!(
        "case $1$3 in completions--) exec {PROGRAM} \"$@\";; esac\nIFS='|'; echo \"$*\" >>$HOME/typed"
    );
    sandbox.script("bin/get-1password-creds", &program);
    sandbox
}

/// What is typed before Tab, and the arguments that the program then gets.
const TABS: [(&str, &str); 11] = [
    ("stat", "status"),
    ("status --js", "status|--json"),
    ("--item x aws-l", "--item|x|aws-login"),
    ("setup --item x --wr", "setup|--item|x|--write"),
    ("completions fi", "completions|fish"),
    ("--item fi", "--item|fi"),
    ("setup --op fi", "setup|--op|file"),
    ("--profile pro", "--profile|project-a"),
    ("status --profile=pro", "status|--profile=project-a"),
    ("fi", "fi"),
    ("doctor --profile wi", "doctor|--profile|with space"),
];

/// Starts a shell at a terminal with its completions loaded, and presses Tab.
fn press_tab(shell: &str, start: &str, arguments: &[&str], tabs: &[(&str, &str)]) {
    let Ok(path) = which::which(shell) else {
        eprintln!("skipped: there is no {shell}");
        return;
    };
    let sandbox = sandbox_with_profiles();
    let script = sandbox.run(&["completions", shell]).stdout;
    sandbox.write_text("home/completions", &script);
    sandbox.write_text("home/.zshrc", start);
    let lines = tabs.iter();
    let lines: Vec<String> = lines
        .map(|(typed, _)| format!("get-1password-creds {typed}\t\n"))
        .collect();
    let mut script: Vec<(&str, &[u8])> = Vec::new();
    script.extend(lines.iter().map(|line| ("ready> ", line.as_bytes())));
    script.push(("ready> ", b"exit\n"));
    let program = [&[path.to_str().expect("a path")], arguments].concat();
    let mut command = tool(
        &sandbox,
        &["--stdin", "--stdout", "--stderr"],
        &script,
        &program,
    );
    let path = format!("{}:/usr/bin:/bin", sandbox.path("bin").display());
    command.env("PATH", path).env("TERM", "xterm");
    let outcome = finish(&mut command);
    let typed = std::fs::read_to_string(sandbox.path("home/typed")).unwrap_or_default();
    let expected: Vec<&str> = tabs.iter().map(|(_, arguments)| *arguments).collect();
    let typed: Vec<&str> = typed.lines().collect();
    assert_eq!(typed, expected, "{outcome:?}\n{}", transcript(&sandbox));
}

#[test]
fn tab_completes_in_bash() {
    let start = "PS1='ready> '; . ~/completions";
    press_tab(
        "bash",
        start,
        &["--noprofile", "--rcfile", "../home/.zshrc", "-i"],
        &TABS,
    );
}

#[test]
fn tab_completes_in_zsh() {
    let start = "PS1='ready> '; autoload -U compinit; compinit -u -D; . ~/completions";
    press_tab("zsh", start, &["-d", "-i"], &TABS);
}

#[test]
fn tab_completes_in_fish() {
    let start = "function fish_prompt; echo 'ready> '; end; source ~/completions";
    press_tab(
        "fish",
        start,
        &["--no-config", "-i", "-C", "source ~/.zshrc"],
        &TABS,
    );
}

#[test]
fn tab_completes_in_elvish() {
    // It completes no part of a word, and asks before it takes what it has to quote.
    let tabs = &TABS[..8];
    let start = "set edit:prompt = { put 'ready> ' }; eval (slurp < ~/completions)";
    press_tab("elvish", start, &["-rc", "../home/.zshrc"], tabs);
}

/// What a run prints that is asked for help: status 0, nothing on stderr, lines of at most 80 characters.
fn help(args: &[&str]) -> String {
    let outcome = Sandbox::new().run(args);
    assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(0), ""));
    let widest = outcome.stdout.lines().map(|line| line.chars().count());
    assert!(widest.max() <= Some(80), "{}", outcome.stdout);
    outcome.stdout
}

#[test]
fn brief_help_fits_a_screen_of_24_lines() {
    let commands = [
        "status",
        "clear",
        "doctor",
        "setup",
        "aws-login",
        "completions",
    ];
    for args in commands
        .map(|command| vec![command, "-h"])
        .into_iter()
        .chain([vec!["-h"]])
    {
        let text = help(&args);
        assert!(text.lines().count() < 24, "{args:?}: {text}");
        assert!(
            text.contains("--profile") && !text.contains("--margin"),
            "{text}"
        );
    }
    let text = help(&["-h"]);
    assert!(text.contains("`--help` shows all options"), "{text}");
    assert!(text.find("Commands:") < text.find("--item"), "{text}");
}

#[test]
fn help_shows_all_options() {
    let text = help(&["--help"]);
    for option in [
        "--item <ITEM>",
        "--margin <DURATION>",
        "--aws <PATH>",
        "--op-cli-path",
    ] {
        assert!(text.contains(option), "{option}");
    }
    assert_eq!(help(&["help"]), text);
    let text = help(&["help", "setup"]);
    assert!(
        text.contains("--write") && text.contains("--margin"),
        "{text}"
    );
    assert_eq!(help(&["setup", "--help"]), text);
}

#[test]
fn the_version_has_a_short_letter() {
    let line = concat!("get-1password-creds ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(help(&["-V"]), line);
    assert_eq!(help(&["--version"]), line);
}

#[test]
fn a_slip_of_the_pen_gets_a_suggestion() {
    let slips = [
        (
            &["statsu"][..],
            "error: unrecognized subcommand 'statsu'\n\n  tip: some similar subcommands exist: 'setup', 'status'\n\n\
             Usage: get-1password-creds [OPTIONS] [COMMAND]\n",
        ),
        (
            &["--itm", "x"],
            "error: unexpected argument '--itm' found\n\n  tip: a similar argument exists: '--item'\n\n\
             Usage: get-1password-creds --item <ITEM>\n",
        ),
    ];
    for (args, expected) in slips {
        let outcome = Sandbox::new().run(args);
        let stderr = format!("{expected}\nFor more information, try '--help'.\n");
        assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(2), ""));
        assert_eq!(outcome.stderr, stderr);
    }
}
