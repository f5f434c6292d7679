//! `setup`: the line that it prints, and what it puts into the config.

#![cfg(test)]
#![allow(clippy::disallowed_methods, reason = "tests start the program")]

mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::json;
use support::*;

const CHECKS: [&str; 3] = ["op --version", "op account list --format json", GET];

const MARGIN: &str = "\nThe AWS CLI and boto3 ask again on every call in a session's last 15 minutes.\n\
                      If that is too slow for you, add --margin 16m at the end of the line.\n";
const REGION: &str = "\nThe profile has no region, which AWS needs: add region = … beside it.\n";

/// A config with comments, other profiles and odd spaces.
const CONFIG: &str = "# mine\n\n[profile other]  \nregion=us-east-1\n; credential_process = /old\ns3 =\n    max_concurrent_requests = 20\n\n\
                      [default]\nregion = eu-central-1\n\n[profile role]\nrole_arn = arn:aws:iam::210987654321:role/admin\nsource_profile = default\n";

/// What is said of a healthy item.
fn checks(sandbox: &Sandbox) -> String {
    let op = sandbox.path("bin/op");
    let lines = [
        &format!("op: {}, version 2.34.1", op.display()),
        "1Password account: my.1password.com",
        "item: 'AWS Access Key' in vault 'Private'",
        "field 'Access Key ID': there, once",
        "field 'Secret Access Key': there, once",
        "MFA serial: an ARN",
        "one-time password: six digits",
        "cache field 'session_cache': concealed",
        "cached session: there is none yet; the next run gets one",
    ];
    lines.map(|line| format!("ok       {line}\n")).concat()
}

fn config(sandbox: &Sandbox) -> String {
    fs::read_to_string(sandbox.path("home/.aws/config")).unwrap_or_default()
}

/// The line that `setup` prints with these options, without the path of the program.
fn line(sandbox: &Sandbox, args: &[&str]) -> String {
    let outcome = sandbox.run(&[&["setup"], args].concat());
    assert_eq!(
        (outcome.status, outcome.stderr.as_str()),
        (Some(0), ""),
        "{args:?}"
    );
    let start = format!("credential_process = {PROGRAM}");
    let found = outcome
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix(&start));
    found.expect("a line").trim_start().to_owned()
}

#[test]
fn setup_prints_the_lines_and_changes_nothing() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("home/.aws/config");
    let text = format!(
        "{}\nIn {}, or by `setup --write`:\n\n[default]\ncredential_process = {PROGRAM}\n{REGION}{MARGIN}",
        checks(&sandbox),
        path.display()
    );
    assert_eq!(sandbox.run(&["setup"]), printed(&text));
    assert_eq!(sandbox.calls(), CHECKS);
    assert!(!path.exists());
}

#[test]
fn setup_prints_the_lines_of_another_profile() {
    let sandbox = Sandbox::new();
    sandbox.write_text(
        "home/.aws/config",
        "[profile mine]\nregion = eu-central-1\n",
    );
    let path = sandbox.path("home/.aws/config");
    let text = format!(
        "{}\nIn {}, or by `setup --write`:\n\n[profile mine]\ncredential_process = {PROGRAM} --profile mine --margin 16m\n",
        checks(&sandbox),
        path.display()
    );
    assert_eq!(
        sandbox.run(&["setup", "--profile", "mine", "--margin", "960s"]),
        printed(&text)
    );
}

#[test]
fn setup_knows_a_region_in_the_environment() {
    let sandbox = Sandbox::new();
    let output = sandbox
        .command(&["setup"])
        .env("AWS_REGION", "eu-central-1")
        .output();
    let outcome = outcome(&output.expect("a run"));
    assert!(
        outcome.stdout.ends_with(&format!("{PROGRAM}\n{MARGIN}")),
        "{}",
        outcome.stdout
    );
}

#[test]
fn the_line_has_the_options_that_differ_from_the_defaults() {
    let sandbox = Sandbox::new();
    let (op, aws) = (sandbox.path("bin/op"), sandbox.path("bin/aws"));
    let (op, aws) = (op.to_str().expect("a path"), aws.to_str().expect("a path"));
    let same: [&[&str]; 9] = [
        &[],
        &["--vault", "Private"],
        &["--account", "my.1password.com"],
        &["--mfa-serial", "arn:aws:iam::123456789012:mfa/alice"],
        &["--profile", "mine", "--duration", "1h"],
        &["--margin", "16m", "--timeout", "50s"],
        &["--op", op, "--aws", aws],
        &["--access-key-field", "AccessKeyID"],
        &["--no-session"],
    ];
    for args in same {
        assert_eq!(line(&sandbox, args), args.join(" "));
    }
    let defaults = [
        "--item",
        "AWS Access Key",
        "--margin",
        "30s",
        "--profile",
        "default",
        "--op",
        "op",
        "--cache-field",
        "session_cache",
    ];
    assert_eq!(line(&sandbox, &defaults), "");
    assert_eq!(
        line(&sandbox, &["--duration", "5400", "--timeout", "61s"]),
        "--duration 90m --timeout 61s"
    );
}

#[test]
fn the_line_names_by_id_what_has_a_space() {
    let sandbox = Sandbox::new();
    sandbox.change_item(|item| item["title"] = json!("My Key"));
    let mut vault = sandbox.read("standin/vault.json");
    vault["vaults"][0]["name"] = json!("My Vault");
    vault["items"][0]["vault"]["name"] = json!("My Vault");
    sandbox.write("standin/vault.json", &vault);
    let args = [
        "--item",
        "My Key",
        "--vault",
        "My Vault",
        "--mfa-serial-field",
        "MFA Serial",
    ];
    assert_eq!(
        line(&sandbox, &args),
        "--item q3fz5kcv2wjd4hx7mnbtya6rse --vault gshlsjsajnawtnjynzgwmiebge --mfa-serial-field d6zlqxjv6i4dwlmv3fdmpcyo2u"
    );
}

#[test]
fn what_fits_no_line_is_said() {
    let sandbox = Sandbox::new();
    let unfit = |flag: &str| {
        format!(
            "cannot write a line for ~/.aws/config: the value of {flag} has white space, or a character that a shell takes for its own; pass another name, or an id"
        )
    };
    for (flag, value) in [("--cache-field", "my cache"), ("--profile", "my profile")] {
        let outcome = sandbox.run(&["setup", flag, value]);
        let line = format!("get-1password-creds: {}\n", unfit(flag));
        assert_eq!((outcome.status, outcome.stderr), (Some(1), line));
    }
    fs::create_dir(sandbox.path("a b")).expect("a folder");
    symlink(sandbox.path("bin/op"), sandbox.path("a b/op")).expect("a link");
    let op = sandbox.path("a b/op");
    let outcome = sandbox.run(&["setup", "--op", op.to_str().expect("a path")]);
    assert_eq!(
        (outcome.status, outcome.stderr),
        (Some(1), format!("get-1password-creds: {}\n", unfit("--op")))
    );
}

#[test]
fn a_program_in_a_folder_with_a_space_is_said() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("a b")).expect("a folder");
    let program = sandbox.path("a b/get-1password-creds");
    sandbox.copy_program(Path::new(PROGRAM), "a b/get-1password-creds");
    let mut command = std::process::Command::new(&program);
    sandbox.enter(&mut command);
    let outcome = outcome(&command.arg("setup").output().expect("a run"));
    let line = "get-1password-creds: cannot write a line for ~/.aws/config: the path of this program has white space, or a character that a shell takes for its own; move the program\n";
    assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(1), line));
}

#[test]
fn the_line_names_the_link_on_path_that_an_update_leaves() {
    let sandbox = Sandbox::new();
    let link = sandbox.path("bin/get-1password-creds");
    symlink(PROGRAM, &link).expect("a link");
    let mut shell = std::process::Command::new("/bin/sh");
    sandbox.enter(&mut shell);
    let output = shell.args(["-c", "get-1password-creds setup"]).output();
    let outcome = outcome(&output.expect("a run"));
    let expected = format!("\ncredential_process = {}\n", link.display());
    assert!(outcome.stdout.contains(&expected), "{}", outcome.stdout);
}

#[test]
fn an_item_with_a_fault_gets_no_line() {
    let sandbox = Sandbox::new();
    sandbox.change_field("Access Key ID", |field| field["value"] = json!(""));
    let text = checks(&sandbox).replace(
        "ok       field 'Access Key ID': there, once",
        "failed   cannot read field 'Access Key ID' of 1Password item 'AWS Access Key': it is empty; fill it in",
    );
    for args in [&["setup"][..], &["setup", "--write"]] {
        let expected = Outcome {
            status: Some(1),
            stdout: text.clone(),
            stderr: String::new(),
        };
        assert_eq!(sandbox.run(args), expected);
    }
    assert_eq!(config(&sandbox), "");
}

#[test]
fn write_adds_one_line_and_leaves_the_others() {
    for (profile, title, after) in [
        ("default", "[default]", "region = eu-central-1\n"),
        ("other", "[profile other]", "max_concurrent_requests = 20\n"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.write_text("home/.aws/config", CONFIG);
        let option = if profile == "default" {
            ""
        } else {
            " --profile other"
        };
        let line = format!("credential_process = {PROGRAM}{option}\n");
        let path = sandbox.path("home/.aws/config");
        let text = format!(
            "{}\nIn {} this is added:\n\n{title}\n{line}\nDone.\n{MARGIN}",
            checks(&sandbox),
            path.display()
        );
        assert_eq!(
            sandbox.run(&["setup", "--write", "--profile", profile]),
            printed(&text)
        );
        let expected = CONFIG.replacen(after, &format!("{after}{line}"), 1);
        assert_eq!(config(&sandbox), expected);
        let value = line
            .trim_end()
            .strip_prefix("credential_process = ")
            .expect("a value");
        let quote = if option.is_empty() { "" } else { "'" };
        let call = format!("aws configure set credential_process {quote}{value}{quote}{option}");
        assert_eq!(sandbox.calls(), [&CHECKS[..], &[call.as_str()]].concat());

        sandbox.forget_calls();
        let text = format!(
            "{}\nNothing to change: {title} has the line already.\n",
            checks(&sandbox)
        );
        assert_eq!(
            sandbox.run(&["setup", "--write", "--profile", profile]),
            printed(&text)
        );
        assert_eq!(config(&sandbox), expected);
        assert_eq!(sandbox.calls(), CHECKS);
    }
}

#[test]
fn write_makes_a_config() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(&["setup", "--write"]).status, Some(0));
    assert_eq!(
        config(&sandbox),
        format!("[default]\ncredential_process = {PROGRAM}\n")
    );
}

#[test]
fn write_leaves_another_line_alone() {
    for file in ["config", "credentials"] {
        let sandbox = Sandbox::new();
        let text = "[default]\ncredential_process = /usr/bin/other\n";
        sandbox.write_text(&format!("home/.aws/{file}"), text);
        let outcome = sandbox.run(&["setup", "--write"]);
        let line = "get-1password-creds: cannot change profile 'default': it has another credential_process; take it out, or name another profile with --profile\n";
        let expected = Outcome {
            status: Some(1),
            stdout: checks(&sandbox),
            stderr: line.to_owned(),
        };
        assert_eq!(outcome, expected);
        assert_eq!(
            fs::read_to_string(sandbox.path(&format!("home/.aws/{file}"))).expect("a file"),
            text
        );
        assert_eq!(sandbox.calls(), CHECKS);
    }
}

#[test]
fn write_leaves_a_profile_alone_that_gets_its_credentials_otherwise() {
    for name in [
        "aws_access_key_id",
        "login_session",
        "role_arn",
        "sso_account_id",
        "sso_session",
        "sso_start_url",
    ] {
        let sandbox = Sandbox::new();
        let text = format!("[default]\n{name} = x\n");
        sandbox.write_text("home/.aws/config", &text);
        let line = format!(
            "get-1password-creds: cannot change profile 'default': it has {name}, which goes before credential_process; name another profile with --profile\n"
        );
        let outcome = sandbox.run(&["setup", "--write"]);
        assert_eq!((outcome.status, outcome.stderr), (Some(1), line));
        assert_eq!(config(&sandbox), text);
    }
}

#[test]
fn write_leaves_alone_what_is_spelled_otherwise() {
    for text in [
        "[profile  default]\n  credential_process: /usr/bin/other\n",
        "[default]\r\nregion = x\r\n[profile 'default'] ; mine\r\nrole_arn = x\r\n",
        "[DEFAULT]\nsso_start_url = x\n[default]\n",
    ] {
        let sandbox = Sandbox::new();
        sandbox.write_text("home/.aws/config", text);
        let outcome = sandbox.run(&["setup", "--write"]);
        let cannot = "get-1password-creds: cannot change profile 'default': it has ";
        assert!(outcome.stderr.starts_with(cannot), "{outcome:?}");
        assert_eq!(
            (outcome.status, config(&sandbox)),
            (Some(1), text.to_owned())
        );
    }
}

#[test]
fn write_leaves_a_file_alone_that_cannot_be_parsed() {
    for file in ["config", "credentials"] {
        let sandbox = Sandbox::new();
        let text = "[default]\nregion = x\nregion = y\n";
        sandbox.write_text(&format!("home/.aws/{file}"), text);
        let outcome = sandbox.run(&["setup", "--write"]);
        let path = sandbox.path(&format!("home/.aws/{file}"));
        let line = format!(
            "get-1password-creds: cannot change profile 'default': cannot parse {}: line 3 is neither a section, a setting of a section nor the first of its name; mend the file\n",
            path.display()
        );
        assert_eq!((outcome.status, outcome.stderr), (Some(1), line));
        assert_eq!(fs::read_to_string(path).expect("a file"), text);
        assert_eq!(sandbox.calls(), CHECKS);
    }
}

#[test]
fn a_write_that_fails_is_said() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("home/.aws/config");
    let cases = [
        (json!({ "call": "configure set", "exit": 0 }), format!("cannot change profile 'default': `aws configure set` left {} as it was", path.display())),
        (json!({ "call": "configure set", "exit": 255, "stderr": "\n[Errno 13] Permission denied\n" }), "cannot write 'credential_process' of profile 'default' in the AWS config: `aws configure set` said: [Errno 13] Permission denied".to_owned()),
    ];
    for (mishap, line) in cases {
        sandbox.mishap("aws", &mishap);
        let outcome = sandbox.run(&["setup", "--write"]);
        assert_eq!(
            (outcome.status, outcome.stderr),
            (Some(1), format!("get-1password-creds: {line}\n"))
        );
    }
    assert!(!Path::new(&path).exists());
}
