//! `setup`: the line that it prints, and what it puts into the config.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use serde_json::json;

use crate::support::*;

const CHECKS: [&str; 4] = ["op --version", "op account list --format json", GET, OTP];

const MARGIN: &str = "\nThe AWS CLI and boto3 ask again on every call in a session's last 15 minutes.\n\
                      If that is too slow for you, add --margin 16m at the end of the line.\n";
const REGION: &str = "\nThe profile has no region, which AWS needs: add region = … to it.\n";

/// A config with comments, other profiles and odd spaces.
const CONFIG: &str = "# mine\n\n[profile other]  \nregion=us-east-1\n; credential_process = /old\ns3 =\n    max_concurrent_requests = 20\n\n\
                      [default]\nregion = eu-central-1\n\n[profile role]\nrole_arn = arn:aws:iam::210987654321:role/admin\nsource_profile = default\n";

/// What is said of a healthy item.
fn checks(sandbox: &Sandbox) -> String {
    let op = format!("op: {}, version 2.34.1", sandbox.path("bin/op").display());
    let lines = [&[op.as_str()][..], &ITEM_CHECKS].concat();
    let lines = lines.iter().map(|line| format!("ok       {line}\n"));
    lines.collect::<Vec<_>>().concat()
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
        "{}\nPut this into {}, or run `setup --write`:\n\n[default]\ncredential_process = {PROGRAM}\n{REGION}{MARGIN}",
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
        "{}\nPut this into {}, or run `setup --write`:\n\n[profile mine]\ncredential_process = {PROGRAM} --profile mine --margin 16m\n",
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
        "--access-key-field",
        "ACCESS KEY ID",
        "--secret-key-field",
        "SECRET ACCESS KEY",
        "--mfa-serial-field",
        "MFA Serial",
    ];
    assert_eq!(
        line(&sandbox, &args),
        "--item q3fz5kcv2wjd4hx7mnbtya6rse --vault gshlsjsajnawtnjynzgwmiebge --access-key-field ttvqslmnr3ugxxlm65sjy7cl5a --secret-key-field mx4aepkvgnjvwfyfyqkr4sneby --mfa-serial-field d6zlqxjv6i4dwlmv3fdmpcyo2u"
    );
}

#[test]
fn what_fits_no_line_is_said() {
    let sandbox = Sandbox::new();
    let unfit = |flag: &str| {
        format!(
            "cannot write a line for ~/.aws/config: the value of {flag} has white space, or a character that is special in a shell; pass another name, or an id"
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
    let line = "get-1password-creds: cannot write a line for ~/.aws/config: the path of this program has white space, or a character that is special in a shell; move the program\n";
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
    let text = checks(&sandbox);
    let (text, _) = text
        .split_once("ok       cache field")
        .expect("the item alone");
    let text = text.replace(
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
            "{}\nAdding to {}:\n\n{title}\n{line}\nDone.\n{MARGIN}",
            checks(&sandbox),
            path.display()
        );
        assert_eq!(
            sandbox.run(&["setup", "--write", "--profile", profile]),
            printed(&text)
        );
        let expected = CONFIG.replacen(after, &format!("{after}{line}"), 1);
        assert_eq!(config(&sandbox), expected);
        assert_eq!(sandbox.calls(), CHECKS);

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
            stdout: String::new(),
            stderr: line.to_owned(),
        };
        assert_eq!(outcome, expected);
        assert_eq!(
            fs::read_to_string(sandbox.path(&format!("home/.aws/{file}"))).expect("a file"),
            text
        );
        assert_eq!(sandbox.calls(), [""; 0]);
    }
}

#[test]
fn write_leaves_a_profile_alone_that_gets_its_credentials_otherwise() {
    for name in [
        "aws_access_key_id",
        "login_session",
        "role_arn",
        "sso_account_id",
        "sso_role_name",
        "sso_session",
        "sso_start_url",
        "web_identity_token_file",
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
fn no_item_is_made_for_a_line_that_cannot_be_written() {
    let sandbox = Sandbox::new();
    sandbox.write_text("home/.aws/config", "[default]\nsso_start_url = x\n");
    let vault = sandbox.read("standin/vault.json");
    let outcome = sandbox.run(&["setup", "--write", "--cache-item", "New"]);
    let line = "get-1password-creds: cannot change profile 'default': it has sso_start_url, which goes before credential_process; name another profile with --profile\n";
    assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(1), line));
    assert_eq!(sandbox.read("standin/vault.json"), vault);
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
            "get-1password-creds: cannot change profile 'default': cannot parse {}: line 3 is neither a section nor a setting, or its name is already used; correct the file\n",
            path.display()
        );
        assert_eq!((outcome.status, outcome.stderr), (Some(1), line));
        assert_eq!(fs::read_to_string(path).expect("a file"), text);
        assert_eq!(sandbox.calls(), [""; 0]);
    }
}

/// Expects that `setup --write` ends with this line and leaves the config alone.
fn assert_left_alone(sandbox: &Sandbox, line: &str) {
    let outcome = sandbox.run(&["setup", "--write"]);
    let path = sandbox.path("home/.aws/config").display().to_string();
    let line = format!("get-1password-creds: {line}\n").replace("PATH", &path);
    assert_eq!((outcome.status, outcome.stderr), (Some(1), line));
    assert_eq!(config(sandbox), CONFIG);
}

#[test]
fn write_leaves_a_file_alone_that_another_run_is_changing() {
    let sandbox = Sandbox::new();
    sandbox.write_text("home/.aws/config", CONFIG);
    let other = File::open(sandbox.path("home/.aws/config")).expect("a file");
    other.try_lock().expect("a lock");
    let line = "cannot write PATH: another run is changing it; run it again";
    assert_left_alone(&sandbox, line);
}

#[test]
fn write_leaves_a_file_alone_that_has_a_second_name() {
    let sandbox = Sandbox::new();
    sandbox.write_text("home/.aws/config", CONFIG);
    let (path, other) = (sandbox.path("home/.aws/config"), sandbox.path("home/other"));
    fs::hard_link(path, other).expect("a link");
    let reason = "the file has a second name (a hard link), which would keep the old text; change the file yourself";
    let line = format!("cannot change profile 'default' in PATH: {reason}");
    assert_left_alone(&sandbox, &line);
}

/// Root reads it all the same.
#[test]
fn write_leaves_a_file_alone_that_cannot_be_read() {
    let sandbox = Sandbox::new();
    sandbox.write_text("home/.aws/config", CONFIG);
    let path = sandbox.path("home/.aws/config");
    let allow = |mode| fs::set_permissions(&path, Permissions::from_mode(mode)).expect("a mode");
    allow(0o200);
    if fs::read(&path).is_ok() {
        return;
    }
    let outcome = sandbox.run(&["setup", "--write"]);
    allow(0o600);
    let line = format!(
        "get-1password-creds: cannot change profile 'default' in {}: Permission denied (os error 13)\n",
        path.display()
    );
    assert_eq!((outcome.status, outcome.stderr), (Some(1), line));
    assert_eq!(config(&sandbox), CONFIG);
}

/// Runs `setup --write` with more options, and expects that it does well.
fn write(sandbox: &Sandbox, args: &[&str]) -> String {
    let outcome = sandbox.run(&[&["setup", "--write"], args].concat());
    assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(0), ""));
    outcome.stdout
}

/// In each config the line that is added stands for `+`, and all else stays byte for byte.
#[test]
fn write_keeps_the_bytes_of_every_other_line() {
    for config in [
        "# mine\r\n[default]\r\nregion = x\r\n+\r\n\r\n[profile other]\r\nregion = y\r\n",
        "[default]\nregion = x\n+\n# the end\n\n\n[profile b]",
        "[ default ]\nregion = x\n[profile other]\na = b\n",
        "[default]\nregion = x\n+\n[profile other]\n  region = y\n",
        "[default] # comment\n  region: x\n  +\n  [profile other]\n  region: y\n",
        "[default]\ns3 =\n    max = 4\n\n    min = 2\n+\n[plugins]\ncli = x\n",
        "[default]\r+\r[profile a]\rb = c\r",
        "[default]\n+\n; credential_process = /old\n#credential_process = /old\n[profile default2]\n",
        "[default]\na = 1\n[profile \"default\"]\nb = 2\n+\n",
        "[DEFAULT]\nregion = x\n[default]\n+\n",
    ] {
        let sandbox = Sandbox::new();
        let line = format!("credential_process = {PROGRAM}");
        let indentation = config.split('+').next().unwrap_or_default().len();
        let indentation = &config[..indentation];
        let start = indentation.rfind(['\n', '\r']).map_or(0, |end| end + 1);
        let end = if config.contains("\r\n") {
            "\r\n"
        } else {
            "\n"
        };
        let end = if config.contains('\n') { end } else { "\r" };
        let whole = format!("{}+{end}", &indentation[start..]);
        let (before, after) = if config.contains('+') {
            let after = config.replace('+', &line);
            (config.replacen(&whole, "", 1), after)
        } else {
            // The title means no profile, so one is added.
            (config.to_owned(), format!("{config}[default]\n{line}\n"))
        };
        sandbox.write_text("home/.aws/config", &before);
        write(&sandbox, &[]);
        assert_eq!(self::config(&sandbox), after);
    }
}

#[test]
fn write_gives_the_last_line_its_end() {
    let sandbox = Sandbox::new();
    sandbox.write_text("home/.aws/config", "[default]\r\nregion = x");
    write(&sandbox, &[]);
    let expected = format!("[default]\r\nregion = x\r\ncredential_process = {PROGRAM}\r\n");
    assert_eq!(config(&sandbox), expected);
    write(&sandbox, &["--profile", "new"]);
    let added = format!("[profile new]\r\ncredential_process = {PROGRAM} --profile new\r\n");
    assert_eq!(config(&sandbox), expected + &added);
}

#[test]
fn write_keeps_the_mode_and_the_link() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("dotfiles")).expect("a folder");
    let target = sandbox.path("dotfiles/aws");
    sandbox.write_text("dotfiles/aws", "[default]\nregion = x\n");
    fs::set_permissions(&target, Permissions::from_mode(0o640)).expect("a mode");
    symlink("../../dotfiles/aws", sandbox.path("home/.aws/config")).expect("a link");
    // A run that was killed has left it; no process has this number.
    sandbox.write_text("dotfiles/aws.get-1password-creds.2147483647", "left");
    write(&sandbox, &[]);
    let link = fs::read_link(sandbox.path("home/.aws/config")).expect("a link");
    assert_eq!(link, Path::new("../../dotfiles/aws"));
    let mode = fs::metadata(&target).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    let expected = format!("[default]\nregion = x\ncredential_process = {PROGRAM}\n");
    assert_eq!(fs::read_to_string(&target).expect("a file"), expected);
    let files = fs::read_dir(sandbox.path("dotfiles")).expect("a folder");
    assert_eq!(files.count(), 1);
}

#[test]
fn a_new_config_is_the_users_alone() {
    let sandbox = Sandbox::new();
    fs::remove_dir(sandbox.path("home/.aws")).expect("a folder");
    write(&sandbox, &[]);
    let mode = |name: &str| {
        fs::metadata(sandbox.path(name))
            .expect(name)
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(
        (mode("home/.aws"), mode("home/.aws/config")),
        (0o700, 0o600)
    );
}

#[test]
fn write_changes_a_line_of_its_own() {
    let sandbox = Sandbox::new();
    let old = "/old/bin/get-1password-creds --vault Private  --op-item q3fz5kcv2wjd4hx7mnbtya6rse --no-such";
    let text = |line: &str| format!("[default]\n  credential_process: {line}\r\n  region = x\n");
    let taken = old.trim_end_matches(" --no-such");
    sandbox.write_text("home/.aws/config", &text(taken));
    let output = write(&sandbox, &["--margin", "16m"]);
    let line = format!(
        "credential_process = {PROGRAM} --item q3fz5kcv2wjd4hx7mnbtya6rse --vault Private --margin 16m"
    );
    let end = format!(
        "\nChanging in {}:\n\n[default]\n- credential_process = {taken}\n+ {line}\n\nDone.\n",
        sandbox.path("home/.aws/config").display()
    );
    assert!(output.ends_with(&end), "{output}");
    let expected = format!("[default]\n  {line}\r\n  region = x\n");
    assert_eq!(config(&sandbox), expected);
    // Another item is another line; what can't be read of the old one doesn't count.
    for old in [taken, old] {
        sandbox.write_text("home/.aws/config", &text(old));
        write(&sandbox, &["--item", "AWS Access Key"]);
        let expected = format!("[default]\n  credential_process = {PROGRAM}\r\n  region = x\n");
        assert_eq!(config(&sandbox), expected);
    }
}

#[test]
fn write_leaves_alone_what_only_looks_like_its_own() {
    let another =
        "it has another credential_process; take it out, or name another profile with --profile";
    let several = "the setting there has several lines; put it on one line";
    let defaults = "the new profile would have the settings in [DEFAULT], too; write it yourself";
    for (text, reason) in [
        (
            "[default]\ncredential_process = /bin/wrapper get-1password-creds\n",
            another,
        ),
        (
            "[default]\ncredential_process = PROGRAM aws-login --profile x\n",
            another,
        ),
        (
            "[default]\ncredential_process = PROGRAM\n  --margin 16m\n",
            several,
        ),
        (
            "[profile a]\nregion = x\n[default]\n[DEFAULT]\ncredential_process = PROGRAM --margin 5m\nq=1\n",
            "",
        ),
        ("[DEFAULT]\nregion = x\n[profile new]\na = b", defaults),
    ] {
        let sandbox = Sandbox::new();
        setups::configure(&sandbox, text);
        let before = config(&sandbox);
        let outcome = sandbox.run(&["setup", "--write", "--margin", "17m"]);
        if reason.is_empty() {
            assert_eq!(outcome.status, Some(0), "{outcome:?}");
            continue;
        }
        assert_eq!(
            (outcome.status, config(&sandbox)),
            (Some(1), before),
            "{text}"
        );
        assert!(
            outcome.stderr.ends_with(&format!(": {reason}\n")),
            "{outcome:?}"
        );
    }
}

#[test]
fn a_line_in_the_credentials_file_is_changed_by_hand() {
    let sandbox = Sandbox::new();
    let line = format!("[default]\ncredential_process = {PROGRAM}\n");
    sandbox.write_text("home/.aws/credentials", &line);
    let [credentials, config] =
        ["credentials", "config"].map(|name| sandbox.path("home/.aws").join(name));
    let line = format!(
        "cannot change profile 'default': its credential_process is in {}, which goes before {}; change it there, or move it",
        credentials.display(),
        config.display()
    );
    assert_eq!(sandbox.run(&["setup", "--write"]), failed(&line));
}

/// What is refused leaves no new item behind.
#[test]
fn no_item_is_made_where_nothing_comes_of_it() {
    let named = ["setup", "--write", "--cache-item", "AWS Session"];
    let spaced = |sandbox: &Sandbox| {
        fs::create_dir(sandbox.path("a b")).expect("a folder");
        sandbox.copy_program(Path::new(PROGRAM), "a b/get-1password-creds");
    };
    let taken =
        |sandbox: &Sandbox| sandbox.write_text("home/.aws/config", "[default]\nrole_arn = x\n");
    let empty = |sandbox: &Sandbox| {
        sandbox.change_field("Access Key ID", |field| field["value"] = json!(""));
    };
    let several = |sandbox: &Sandbox| {
        setups::configure(
            sandbox,
            "[default]\ncredential_process = PROGRAM\n  --margin 1m\n",
        );
    };
    let plants: [&dyn Fn(&Sandbox); 4] = [&spaced, &taken, &empty, &several];
    for plant in plants {
        let sandbox = Sandbox::new();
        plant(&sandbox);
        let program = sandbox.path("a b/get-1password-creds");
        let program = if program.exists() {
            program
        } else {
            PROGRAM.into()
        };
        let mut command = std::process::Command::new(program);
        sandbox.enter(&mut command);
        let outcome = outcome(&command.args(named).output().expect("a run"));
        assert_eq!(outcome.status, Some(1), "{outcome:?}");
        let vault = sandbox.read("standin/vault.json");
        assert_eq!(
            vault["items"].as_array().expect("items").len(),
            1,
            "{outcome:?}"
        );
    }
}

#[test]
fn a_new_item_that_is_of_no_use_yet_is_said() {
    let sandbox = Sandbox::new();
    // Root may write whatever the mode is; nobody makes a file of a folder's name.
    let beside = "home/.aws/config";
    sandbox.write_text(beside, "[default]\n");
    fs::remove_file(sandbox.path(beside)).expect("a file");
    symlink("nowhere/config", sandbox.path(beside)).expect("a link");
    let outcome = sandbox.run(&["setup", "--write", "--cache-item", "AWS Session"]);
    let id = sandbox.read("standin/vault.json")["items"][1]["id"]
        .as_str()
        .expect("an item")
        .to_owned();
    let line = format!(
        "get-1password-creds: cannot write {}: the link leads nowhere: No such file or directory (os error 2); 1Password item 'AWS Session' in vault 'Private' was made: run `get-1password-creds setup --cache-item 'AWS Session'` again, or remove it with `op item delete {id}`\n",
        sandbox.path(beside).display()
    );
    assert_eq!((outcome.status, outcome.stderr), (Some(1), line));
}
