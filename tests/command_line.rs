//! `--help` and `completions`: what a person at the command line gets to see.

#![cfg(test)]
#![allow(clippy::disallowed_methods, reason = "a test starts a shell")]

mod support;

use support::*;

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
        assert!(
            outcome.stdout.contains("aws-login") && outcome.stdout.contains("cache-field"),
            "{shell}"
        );
    }
    assert_eq!(sandbox.calls(), [""; 0]);
}

#[test]
fn completions_of_bash_are_good_bash() {
    let sandbox = Sandbox::new();
    sandbox.write_text("completions", &sandbox.run(&["completions", "bash"]).stdout);
    let script = ". ./completions; COMP_WORDS=(get-1password-creds aw); COMP_CWORD=1; _get__1password__creds get-1password-creds aw get-1password-creds; echo \"${COMPREPLY[@]}\"";
    let mut bash = std::process::Command::new("/bin/bash");
    sandbox.enter(&mut bash);
    bash.current_dir(sandbox.path("")).args(["-c", script]);
    assert_eq!(
        outcome(&bash.output().expect("bash")),
        printed("aws-login\n")
    );
}

#[test]
fn help_fits_a_screen() {
    let outcome = Sandbox::new().run(&["--help"]);
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!(outcome.status, Some(0));
    assert!(lines.len() <= 34, "{} lines", lines.len());
    let widest = lines.iter().map(|line| line.chars().count()).max();
    assert!(widest <= Some(80), "{widest:?}");
}
