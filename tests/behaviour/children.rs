//! What `op` and `aws` get to see, where they are found, and what happens when they hang or babble.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::support::setups::STATIC_KEYS;
use crate::support::*;

/// What may stand in a shell, and must not matter.
const POLLUTION: [(&str, &str); 13] = [
    ("AWS_PROFILE", "no-such-profile"),
    ("AWS_DEFAULT_PROFILE", ""),
    ("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"),
    (
        "AWS_SECRET_ACCESS_KEY",
        "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY",
    ),
    ("AWS_SESSION_TOKEN", "stale"),
    ("AWS_SECURITY_TOKEN", "stale"),
    ("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z"),
    ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
    ("AWS_CLI_AUTO_PROMPT", "on"),
    ("AWS_EC2_METADATA_DISABLED", "false"),
    ("OP_FORMAT", "json"),
    ("OP_DEBUG", "true"),
    ("OP_ACCOUNT", "my.1password.com"),
];

/// What `aws` gets of the caller's own settings.
const KEPT: [&str; 8] = [
    "AWS_CA_BUNDLE",
    "AWS_CONFIG_FILE",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_STS_REGIONAL_ENDPOINTS",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
];

/// What each command in a sandbox gets.
const OF_THE_SANDBOX: [&str; 6] = [
    "GET_1PASSWORD_CREDS_ROOT",
    "HOME",
    "PATH",
    "STANDIN_DIR",
    "TMPDIR",
    "XDG_RUNTIME_DIR",
];

/// The names of the variables that the calls of one program saw, without those of the sandbox.
fn environment(sandbox: &Sandbox, program: &str) -> Vec<String> {
    let calls = sandbox
        .events("begin")
        .into_iter()
        .filter(|call| call["program"] == program);
    let mut seen: Vec<Vec<String>> = calls
        .map(|call| {
            let names = call["environment"].as_array().expect("names").iter();
            let names = names.map(|name| name.as_str().expect("a name").to_owned());
            names
                .filter(|name| !OF_THE_SANDBOX.contains(&name.as_str()))
                .collect()
        })
        .collect();
    seen.dedup();
    assert_eq!(seen.len(), 1, "each call of {program} sees the same");
    seen.remove(0)
}

#[test]
fn nothing_in_the_callers_environment_matters() {
    let sandbox = Sandbox::new();
    let output = sandbox
        .command(&[])
        .envs(POLLUTION)
        .output()
        .expect("a program that starts");
    assert_eq!(outcome(&output), printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), COLD);
    assert_eq!(environment(&sandbox, "op"), ["OP_ACCOUNT"]);
    let set_for_aws = [
        "AWS_ACCESS_KEY_ID",
        "AWS_CLI_AUTO_PROMPT",
        "AWS_CLI_ERROR_FORMAT",
        "AWS_CLI_HISTORY_FILE",
        "AWS_EC2_METADATA_DISABLED",
        "AWS_PAGER",
        "AWS_SECRET_ACCESS_KEY",
        "GET_1PASSWORD_CREDS_RUNNING",
    ];
    assert_eq!(environment(&sandbox, "aws"), set_for_aws);
}

#[test]
fn the_users_region_and_files_reach_aws() {
    let sandbox = Sandbox::new();
    let kept = KEPT;
    let output = sandbox
        .command(&[])
        .envs(kept.map(|name| (name, "x")))
        .output()
        .expect("a program that starts");
    assert_eq!(outcome(&output), printed(&sandbox.minted(1)));
    let seen = environment(&sandbox, "aws");
    assert!(
        kept.iter().all(|name| seen.iter().any(|seen| seen == name)),
        "{seen:?}"
    );
    assert_eq!(environment(&sandbox, "op"), [""; 0]);
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let sandbox = Sandbox::new();
    sandbox.write_text("home/.aws/config", "[default]\nregion = eu-west-1\n");
    for (region, expected) in [("", "eu-west-1"), ("eu-central-1", "eu-central-1")] {
        sandbox.set_cache("");
        sandbox.forget_calls();
        let kept = KEPT.map(|name| (name, ""));
        let mut command = sandbox.command(&[]);
        command.envs(kept).env("AWS_DEFAULT_REGION", region);
        sandbox.write_text("standin/clock", if region.is_empty() { "0" } else { "30" });
        let status = command.output().expect("a program that starts").status;
        assert!(status.success());
        assert_eq!(sandbox.events("connection")[0]["region"], expected);
        let seen = environment(&sandbox, "aws");
        let seen: Vec<&String> = seen
            .iter()
            .filter(|name| KEPT.contains(&name.as_str()))
            .collect();
        let kept = if region.is_empty() {
            &[][..]
        } else {
            &["AWS_DEFAULT_REGION"]
        };
        assert_eq!(seen, kept);
    }
}

/// Runs in the environment of an `aws` that the run with this process id has started.
fn run_inside(sandbox: &Sandbox, pid: u32) -> Outcome {
    let mut command = sandbox.command(&[]);
    command.env("GET_1PASSWORD_CREDS_RUNNING", pid.to_string());
    outcome(&command.output().expect("a program that starts"))
}

const INSIDE_ITSELF: &str = "cannot run inside itself: the `aws` that was asked for a session asks for credentials; is it a wrapper?";

#[test]
fn a_run_inside_a_run_ends_at_once() {
    let sandbox = Sandbox::new();
    let outcome = run_inside(&sandbox, std::process::id());
    assert_eq!(outcome, failed(INSIDE_ITSELF));
    assert_eq!(sandbox.calls(), [""; 0]);
}

#[test]
fn an_aws_that_runs_the_program_again_is_told_so() {
    let sandbox = Sandbox::new();
    let script = format!("exec {PROGRAM}");
    sandbox.script("inner", &script);
    let inner = sandbox.path("inner").display().to_string();
    sandbox.script("bin/aws", &format!("'{inner}'\nexit 1"));
    let line = format!(
        "cannot read 'mfa_serial' of profile 'default' in the AWS config: `aws configure get` said: get-1password-creds: {INSIDE_ITSELF}"
    );
    sandbox.change_field("mfa serial", |field| field["value"] = json!(""));
    assert_eq!(sandbox.run(&[]), failed(&line));
}

/// A browser that `aws login` has opened keeps its variables, and so does what is started from there.
#[test]
fn what_is_left_of_an_earlier_run_matters_no_more() {
    let sandbox = Sandbox::new();
    let mut gone = Command::new("/bin/sleep")
        .arg("0")
        .spawn()
        .expect("a child");
    gone.wait().expect("a child");
    assert_eq!(run_inside(&sandbox, gone.id()), printed(&sandbox.minted(1)));
    assert_eq!(environment(&sandbox, "op"), [""; 0]);
    // Elsewhere nothing says whose child a process is.
    if cfg!(target_os = "linux") {
        let mut other = Command::new("/bin/sleep")
            .arg("60")
            .spawn()
            .expect("a child");
        let outcome = run_inside(&sandbox, other.id());
        other.kill().expect("a child");
        other.wait().expect("a child");
        assert_eq!(outcome, printed(&sandbox.minted(1)));
    }
}

/// Nothing then says whose child a process is, as on other systems.
#[test]
#[cfg(target_os = "linux")]
fn where_proc_is_hidden_any_process_that_runs_may_have_started_this_one() {
    let hidden = "/bin/mount -t tmpfs none /proc && exec \"$@\"";
    let hide = |program: &[&str]| {
        let mut command = Command::new("unshare");
        command.args([
            "--user",
            "--map-root-user",
            "--mount",
            "/bin/sh",
            "-c",
            hidden,
            "sh",
        ]);
        command.args(program);
        command
    };
    if !hide(&["/bin/true"])
        .output()
        .is_ok_and(|probe| probe.status.success())
    {
        return;
    }
    let sandbox = warm();
    let path = std::env::var("PATH").expect("a PATH");
    let run = |pid: &str| {
        let mut command = hide(&[PROGRAM]);
        sandbox.enter(&mut command);
        command
            .env("PATH", format!("{}:{path}", sandbox.path("bin").display()))
            .env("GET_1PASSWORD_CREDS_RUNNING", pid);
        outcome(&command.output().expect("a program that starts"))
    };
    assert_eq!(run(&std::process::id().to_string()), failed(INSIDE_ITSELF));
    let mut gone = Command::new("/bin/true").spawn().expect("a child");
    gone.wait().expect("a child");
    for pid in [gone.id().to_string().as_str(), "0", "-1"] {
        assert_eq!(run(pid), session(), "{pid}");
    }
}

#[test]
fn what_is_meant_for_a_call_does_not_reach_the_browser() {
    let sandbox = Sandbox::new();
    sandbox.moods(&json!({ "aws": { "version": 2 } }));
    sandbox.write_text("home/.aws/config", "[profile signin]\nregion = eu-west-1\n");
    let outcome = sandbox.run(&["aws-login", "--profile", "signin"]);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    let calls = sandbox.events("begin").into_iter();
    let logins: Vec<_> = calls.filter(|call| call["argv"][0] == "login").collect();
    assert_eq!(logins.len(), 1);
    let names = [
        "AWS_CLI_AUTO_PROMPT",
        "AWS_CLI_ERROR_FORMAT",
        "GET_1PASSWORD_CREDS_ROOT",
        "GET_1PASSWORD_CREDS_RUNNING",
        "HOME",
        "PATH",
        "STANDIN_DIR",
        "TMPDIR",
        "XDG_RUNTIME_DIR",
    ];
    assert_eq!(logins[0]["environment"], json!(names));
}

/// The usual places on each system, below the sandbox's root.
const USUAL_PLACES: [&str; 12] = [
    "root/opt/homebrew/bin",
    "root/usr/local/bin",
    "root/opt/local/bin",
    "root/usr/bin",
    "root/run/wrappers/bin",
    "root/run/current-system/sw/bin",
    "root/nix/var/nix/profiles/default/bin",
    "root/snap/bin",
    "home/.local/bin",
    "home/.nix-profile/bin",
    "root/etc/profiles/per-user/alice/bin",
    "root/mnt/c/Program Files/1Password CLI",
];

/// A run on WSL, which looks in all places.
fn run_as_alice(sandbox: &Sandbox) -> Outcome {
    let mut command = sandbox.command(&["--no-session"]);
    let command = command
        .env("USER", "alice")
        .env("WSL_DISTRO_NAME", "Ubuntu");
    outcome(&command.output().expect("a program that starts"))
}

#[test]
fn a_program_is_found_in_each_usual_place() {
    let linuxbrew = ["root/home/linuxbrew/.linuxbrew/bin"];
    let linuxbrew = linuxbrew.iter().filter(|_| !cfg!(target_os = "macos"));
    for place in USUAL_PLACES.iter().chain(linuxbrew) {
        let sandbox = Sandbox::new();
        let op = sandbox.path(place).join("op");
        fs::create_dir_all(sandbox.path(place)).expect("a folder");
        fs::rename(sandbox.path("bin/op"), op).expect("a link");
        assert_eq!(run_as_alice(&sandbox), printed(STATIC_KEYS), "{place}");
    }
}

/// Else a run could reach the real `op` of whoever runs the tests, and with it their vault.
#[test]
fn a_test_finds_no_program_outside_its_sandbox() {
    let sandbox = Sandbox::new();
    let note = "echo \"$PATH\" >\"$STANDIN_DIR/seen\"";
    let line = format!("{note}; exec '{}' \"$@\"", example("op").display());
    sandbox.script("bin/op", &line);
    assert_eq!(run_as_alice(&sandbox), printed(STATIC_KEYS));
    let seen = fs::read_to_string(sandbox.path("standin/seen")).expect("a PATH");
    let folders = seen.trim_end().split(':').map(Path::new);
    let outside: Vec<_> = folders
        .filter(|folder| !folder.starts_with(sandbox.path("")))
        .collect();
    assert!(outside.is_empty(), "{outside:?}");
}

#[test]
fn programs_in_the_current_directory_are_not_run() {
    let sandbox = Sandbox::new();
    for name in ["op", "aws"] {
        sandbox.script(&format!("cwd/{name}"), "echo trapped >&2\nexit 1");
    }
    let path = format!(":.:cwd:{}", sandbox.path("bin").display());
    let output = sandbox
        .command(&[])
        .env("PATH", path)
        .output()
        .expect("a program that starts");
    assert_eq!(outcome(&output), printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), COLD);
}

#[test]
fn a_home_directory_that_no_path_can_hold_does_no_harm() {
    let sandbox = Sandbox::new();
    let output = sandbox.command(&[]).env("HOME", "/home/a:b").output();
    assert_eq!(
        outcome(&output.expect("a program that starts")),
        printed(&sandbox.minted(1))
    );
}

#[test]
fn programs_can_be_named_by_path() {
    let sandbox = Sandbox::new();
    let elsewhere = sandbox.path("a place");
    fs::create_dir(&elsewhere).expect("a folder");
    for name in ["op", "aws"] {
        symlink(example(name), elsewhere.join(format!("my-{name}"))).expect("a link");
    }
    let place = |name: &str| elsewhere.join(name).display().to_string();
    let args = ["--op-cli-path", &place("my-op"), "--aws", &place("my-aws")];
    let output = sandbox
        .command(&args)
        .env("PATH", "/nowhere")
        .output()
        .expect("a program that starts");
    assert_eq!(outcome(&output), printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), COLD);
}

#[test]
fn programs_are_found_below_the_home_directory() {
    let sandbox = Sandbox::new();
    let place = sandbox.path("home/.local/bin");
    fs::create_dir_all(&place).expect("a folder");
    symlink(example("op"), place.join("op")).expect("a link");
    sandbox.set_cache(&base64(&session_json(FAR_FUTURE)));
    let output = sandbox
        .command(&[])
        .env_remove("PATH")
        .output()
        .expect("a program that starts");
    assert_eq!(outcome(&output), printed(&sample_session(FAR_FUTURE)));
}

#[test]
fn a_secret_that_a_child_repeats_in_another_spelling_is_not_shown() {
    let sandbox = Sandbox::new();
    let item = sandbox.item();
    let field = fields(&item).find(|field| field["label"] == "Secret Access Key");
    let key = field.expect("a field")["value"].as_str().expect("a key");
    assert!(key.contains('/'));
    let spellings = [
        key.replace('/', "%2F"),
        key.replace('/', "\\/"),
        key.replace('/', "\\u002f"),
        format!("{}\u{1b}[31m{}", &key[..5], &key[5..]),
        key[..9].to_owned(),
    ];
    for spelling in spellings {
        let said = format!("[ERROR] 2026/08/14 04:07:09 no key {spelling}... here\n");
        let mishap = json!({ "call": "item get --otp", "stderr": said, "exit": 1 });
        sandbox.mishap("op", &mishap);
        let line = "cannot get a one-time password from 1Password item 'AWS Access Key': `op item get` said: no key [redacted]... here";
        assert_eq!(sandbox.run(&[]), failed(line), "{spelling}");
    }
}

#[test]
fn what_looks_like_a_secret_and_is_none_is_shown() {
    let sandbox = Sandbox::new();
    let said = "no PRODUCTIONACCESSKEY of 123456789012 in /Users/Alice/Library/ApplicationSupport/1Password";
    let stderr = format!("[ERROR] 2026/08/14 04:07:09 {said}\n");
    let mishap = json!({ "call": "item get", "stderr": stderr, "exit": 1 });
    sandbox.mishap("op", &mishap);
    let line = format!("cannot read 1Password item 'AWS Access Key': `op item get` said: {said}");
    assert_eq!(sandbox.run(&[]), failed(&line));
}

#[test]
fn much_noise_on_stderr_hangs_nothing() {
    let sandbox = Sandbox::new();
    let noise = |call: &str| json!({ "call": call, "stderr": "x".repeat(1000) + "\n", "repeat": 300, "goes_on": true });
    let op = ["item get", "item get --otp", "item edit"].map(noise);
    sandbox.moods(
        &json!({ "op": { "mishaps": op }, "aws": { "mishaps": [noise("sts get-session-token")] } }),
    );
    let outcome = sandbox.run(&[]);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), COLD);
}

#[test]
fn too_much_on_stdout_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.mishap(
        "op",
        &json!({ "call": "item get", "stdout": "x".repeat(1 << 20), "repeat": 10, "hang": true }),
    );
    let line = "cannot read 1Password item 'AWS Access Key': `op item get` wrote more than 8 MiB";
    assert_eq!(sandbox.run(&[]), failed(line));
}

#[test]
fn as_much_on_stdout_as_may_be_is_read() {
    let sandbox = Sandbox::new();
    sandbox.mishap(
        "op",
        &json!({ "call": "item get", "stdout": "x".repeat(1 << 20), "repeat": 8 }),
    );
    let line = "cannot read 1Password item 'AWS Access Key': the answer of `op item get` isn't an item: it is not JSON";
    assert_eq!(sandbox.run(&[]), failed(line));
}

#[test]
fn a_call_that_hangs_ends_with_the_time_that_was_given() {
    let prompt =
        "was not done when the 1 s of --timeout were over; was 1Password's prompt approved?";
    let network = "was not done when the 1 s of --timeout were over; is the network down?";
    for (program, call, line) in [
        (
            "op",
            "item get",
            format!("cannot read 1Password item 'AWS Access Key': `op item get` {prompt}"),
        ),
        (
            "op",
            "item get --otp",
            format!(
                "cannot get a one-time password from 1Password item 'AWS Access Key': `op item get` {prompt}"
            ),
        ),
        (
            "aws",
            "sts get-session-token",
            format!("cannot get a session from STS: `aws sts get-session-token` {network}"),
        ),
    ] {
        let sandbox = Sandbox::new();
        sandbox.mishap(program, &json!({ "call": call, "hang": true }));
        assert_eq!(sandbox.run(&["--timeout", "1s"]), failed(&line));
        sandbox.assert_children_gone();
    }
}

#[test]
fn a_write_back_that_hangs_costs_nothing_but_time() {
    let sandbox = Sandbox::new();
    sandbox.mishap("op", &json!({ "call": "item edit", "hang": true }));
    let outcome = sandbox.run(&["--timeout", "2s"]);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    sandbox.assert_children_gone();
}

#[test]
fn a_process_that_op_leaves_behind_is_not_waited_for() {
    let sandbox = Sandbox::new();
    // It holds the pipes that op's answer comes through.
    let script = format!("/bin/sleep 60 &\nexec {} \"$@\"", example("op").display());
    sandbox.script("bin/op", &script);
    let outcome = sandbox.run(&["--timeout", "20s"]);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
}

/// There the process group and the terminal session have the number 0, since those who lead them are outside.
#[test]
fn it_runs_in_a_process_id_namespace_of_its_own() {
    let unshare = |program: &str| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--pid", "--fork", program]);
        command
    };
    if !unshare("true")
        .status()
        .is_ok_and(|status| status.success())
    {
        return;
    }
    let sandbox = Sandbox::new();
    let mut command = unshare(PROGRAM);
    let path = std::env::var("PATH").expect("a PATH");
    sandbox.enter(&mut command);
    command.env("PATH", format!("{}:{path}", sandbox.path("bin").display()));
    let output = command.output().expect("a program that starts");
    assert_eq!(outcome(&output), printed(&sandbox.minted(1)));
    assert_eq!(sandbox.run(&[]), printed(&sandbox.minted(1)));
}

#[test]
fn what_comes_in_over_stdin_is_not_read() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&[]);
    let child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let outcome = feed(child.expect("a program that starts"), b"{\"fields\": []}\n");
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    let kinds: Vec<String> = sandbox
        .events("begin")
        .iter()
        .map(|call| call["stdin"].to_string())
        .collect();
    assert_eq!(kinds, [r#""null""#, r#""null""#, r#""fifo""#, r#""null""#]);
}
