//! `doctor` tells the truth: set-ups of config, credentials, item and environment, each through `doctor`, a run of the
//! line, and the AWS CLI. Where `doctor` says ok, both work; where it says failed, one of them doesn't. A warning promises
//! nothing. `cargo test --test behaviour -- --nocapture truth::` prints the table.

use std::fmt::Write;
use std::fs;
use std::process::Command;
use std::thread;

use serde_json::{Value, json};

use crate::support::*;

/// The config of a machine that is set up. What STS refuses isn't tried again with the next code.
const CONFIG: &str =
    "[default]\nregion = eu-central-1\ncredential_process = PROGRAM --timeout 4s\n";

/// A code that doesn't change while a test runs.
const CENTURY: u64 = 3_155_760_000;

/// What is different, and what comes of it in `doctor`, a run, and the AWS CLI; `works` or else a part of what `doctor`
/// says.
struct SetUp {
    name: &'static str,
    plant: fn(&Machine),
    /// The worst that `doctor` says, and what of.
    says: (&'static str, &'static str),
    run: bool,
    cli: bool,
}

/// A machine that is set up, with what its environment has more.
struct Machine {
    sandbox: Sandbox,
    environment: std::cell::RefCell<Vec<(&'static str, &'static str)>>,
}

impl Machine {
    fn new() -> Self {
        let machine = Self {
            sandbox: Sandbox::new(),
            environment: std::cell::RefCell::default(),
        };
        machine.config(CONFIG);
        machine
            .sandbox
            .moods(&json!({ "aws": { "version": 2 }, "op": {} }));
        machine
    }

    fn config(&self, text: &str) {
        setups::configure(&self.sandbox, text);
    }

    /// Adds settings to the profile.
    fn add(&self, settings: &str) {
        self.config(&format!("{CONFIG}{settings}\n"));
    }

    /// Adds options to the line.
    fn options(&self, options: &str) {
        self.config(&CONFIG.replace("--timeout", &format!("{options} --timeout")));
    }

    fn credentials(&self, text: &str) {
        self.sandbox.write_text("home/.aws/credentials", text);
    }

    fn set(&self, name: &'static str, value: &'static str) {
        self.environment.borrow_mut().push((name, value));
    }

    fn value(&self, label: &str, value: &str) {
        self.sandbox
            .change_field(label, |field| field["value"] = json!(value));
    }

    fn uri(&self, more: &str) {
        let uri = format!("otpauth://totp/AWS:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ{more}");
        self.value("one-time password", &uri);
    }

    fn fail(&self, program: &str, mishap: &Value) {
        let mut moods = self.sandbox.read("standin/moods.json");
        moods[program]["mishaps"] = json!([mishap]);
        self.sandbox.moods(&moods);
    }

    /// Runs a program in the sandbox; returns whether it ends well and has asked 1Password, and what it printed.
    fn run(&self, program: &str, args: &[&str]) -> (bool, String) {
        let mut command = Command::new(program);
        self.sandbox.enter(&mut command);
        command.envs(self.environment.borrow().iter().copied());
        let output = outcome(&command.args(args).output().expect("a run"));
        let has_asked = self
            .sandbox
            .calls()
            .iter()
            .any(|call| call.starts_with("op item get"));
        (output.status == Some(0) && has_asked, output.stdout)
    }

    /// Runs the line of the default profile, whatever it is.
    fn run_line(&self) -> bool {
        let config = fs::read_to_string(self.sandbox.path("home/.aws/config")).unwrap_or_default();
        let line = config
            .lines()
            .find_map(|line| line.trim_start().strip_prefix("credential_process = "));
        let words: Vec<&str> = line.unwrap_or_default().split_whitespace().collect();
        let program = words.first().copied().unwrap_or_default();
        program.starts_with('/')
            && fs::metadata(program).is_ok_and(|file| {
                std::os::unix::fs::PermissionsExt::mode(&file.permissions()) & 0o111 != 0
            })
            && self.run(program, &words[1..]).0
    }
}

/// What `doctor` says at worst, with the line.
fn worst(report: &str) -> (&'static str, String) {
    for verdict in ["failed", "warning"] {
        if let Some(line) = report.lines().find(|line| line.starts_with(verdict)) {
            return (verdict, line.to_owned());
        }
    }
    ("ok", String::new())
}

#[test]
fn what_doctor_says_is_so() {
    let set_ups = set_ups();
    assert!(set_ups.len() >= 40, "{}", set_ups.len());
    let results: Vec<(String, bool)> = thread::scope(|scope| {
        let chunks = set_ups.chunks(set_ups.len().div_ceil(4));
        let threads: Vec<_> = chunks
            .map(|chunk| scope.spawn(move || chunk.iter().map(check).collect::<Vec<_>>()))
            .collect();
        let results = threads.into_iter();
        results
            .flat_map(|thread| thread.join().expect("a thread"))
            .collect()
    });
    let mut table = "set-up | doctor | run | AWS CLI\n".to_owned();
    for (row, is_so) in &results {
        writeln!(table, "{}{row}", if *is_so { "" } else { "WRONG " }).expect("a text");
    }
    println!("{table}");
    assert!(results.iter().all(|(_, is_so)| *is_so), "{table}");
}

/// Tries a set-up; returns its row, and whether all came as expected.
fn check(set_up: &SetUp) -> (String, bool) {
    let fresh = || {
        let machine = Machine::new();
        (set_up.plant)(&machine);
        machine
    };
    let (_, report) = fresh().run(PROGRAM, &["doctor"]);
    let (verdict, line) = worst(&report);
    let run = fresh().run_line();
    let machine = fresh();
    let aws = machine.sandbox.path("bin/aws");
    let export = ["configure", "export-credentials", "--format", "process"];
    let cli = aws.exists() && machine.run(aws.to_str().expect("a path"), &export).0;
    let is_true = match verdict {
        "ok" => run && cli,
        "failed" => !(run && cli),
        _ => true,
    };
    let is_expected = verdict == set_up.says.0
        && line.contains(set_up.says.1)
        && (run, cli) == (set_up.run, set_up.cli);
    let word = |works: bool| if works { "works" } else { "fails" };
    let row = format!(
        "{} | {} | {} | {}",
        set_up.name,
        if line.is_empty() { "ok" } else { &line },
        word(run),
        word(cli)
    );
    (row, is_true && is_expected)
}

fn ok(name: &'static str, plant: fn(&Machine)) -> SetUp {
    SetUp {
        name,
        plant,
        says: ("ok", ""),
        run: true,
        cli: true,
    }
}

/// The run fails, and so the AWS CLI, too.
fn bad(name: &'static str, says: &'static str, plant: fn(&Machine)) -> SetUp {
    SetUp {
        name,
        plant,
        says: ("failed", says),
        run: false,
        cli: false,
    }
}

/// The AWS CLI alone gets nothing of it.
fn passed_over(name: &'static str, says: &'static str, plant: fn(&Machine)) -> SetUp {
    SetUp {
        name,
        plant,
        says: ("failed", says),
        run: true,
        cli: false,
    }
}

/// Both work, but something is odd.
fn odd(name: &'static str, says: &'static str, plant: fn(&Machine)) -> SetUp {
    SetUp {
        name,
        plant,
        says: ("warning", says),
        run: true,
        cli: true,
    }
}

fn set_ups() -> Vec<SetUp> {
    let mut set_ups = of_config();
    set_ups.extend(of_credentials_and_environment());
    set_ups.extend(of_item());
    set_ups.extend(of_tools());
    set_ups
}

fn of_config() -> Vec<SetUp> {
    vec![
        ok("as setup leaves it", |_| {}),
        ok("an id for the item", |m| {
            m.options("--item q3fz5kcv2wjd4hx7mnbtya6rse");
        }),
        ok("a margin", |m| m.options("--margin 16m")),
        ok("the key alone", |m| m.options("--no-session")),
        ok("a serial in the line", |m| {
            m.value("mfa serial", "");
            m.options("--mfa-serial arn:aws:iam::123456789012:mfa/alice");
        }),
        ok("a serial in the config", |m| {
            m.value("mfa serial", "");
            m.add("mfa_serial = arn:aws:iam::123456789012:mfa/alice");
        }),
        ok("a region in the environment", |m| {
            m.config("[default]\ncredential_process = PROGRAM --timeout 4s\n");
            m.set("AWS_REGION", "eu-central-1");
        }),
        odd("no region anywhere", "names a region", |m| {
            m.config("[default]\ncredential_process = PROGRAM --timeout 4s\n");
        }),
        bad("an endpoint and no region", "endpoint_url", |m| {
            m.config("[default]\nendpoint_url = http://127.0.0.1:1\ncredential_process = PROGRAM --timeout 4s\n");
        }),
        ok("a profile for STS", |m| {
            m.config(&format!(
                "{}[profile p]\nregion = eu-west-1\n",
                CONFIG.replace("--timeout", "--profile p --timeout")
            ));
        }),
        bad(
            "a profile for STS that isn't there",
            "(p) could not be found",
            |m| m.options("--profile p"),
        ),
        bad("an item that isn't there", "isn't an item", |m| {
            m.options("--item Nobody");
        }),
        bad("an option that isn't there", "can't be read", |m| {
            m.options("--no-such");
        }),
        bad("a program that isn't there", "isn't there", |m| {
            m.config("[default]\nregion = x\ncredential_process = /no/such/get-1password-creds\n");
        }),
        passed_over("a role in the profile", "role_arn", |m| {
            m.add("role_arn = arn:aws:iam::210987654321:role/x");
        }),
        passed_over("SSO in the profile", "sso_account_id", |m| {
            m.add("sso_account_id = 123456789012");
        }),
        passed_over("a sign-in in the profile", "login_session", |m| {
            m.add("login_session = arn:aws:iam::123456789012:user/b");
        }),
        odd("a history", "cli_history", |m| {
            m.add("cli_history = enabled");
        }),
    ]
}

fn of_credentials_and_environment() -> Vec<SetUp> {
    vec![
        passed_over(
            "the item's key in credentials",
            "remove these two lines",
            |m| {
                m.credentials("[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n");
            },
        ),
        passed_over("another key in credentials", "take it out", |m| {
            m.credentials(
                "[default]\naws_access_key_id = AKIAI44QH8DHBEXAMPLE\naws_secret_access_key = x\n",
            );
        }),
        odd(
            "the item's key in another profile",
            "remove these two lines",
            |m| {
                m.credentials("[other]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n");
            },
        ),
        ok("another key in another profile", |m| {
            m.credentials(
                "[other]\naws_access_key_id = AKIAI44QH8DHBEXAMPLE\naws_secret_access_key = x\n",
            );
        }),
        passed_over("keys in the environment", "AWS_ACCESS_KEY_ID", |m| {
            m.set("AWS_ACCESS_KEY_ID", "AKIAI44QH8DHBEXAMPLE");
            m.set("AWS_SECRET_ACCESS_KEY", "x");
        }),
        passed_over(
            "a key id alone in the environment",
            "AWS_ACCESS_KEY_ID",
            |m| m.set("AWS_ACCESS_KEY_ID", "AKIAI44QH8DHBEXAMPLE"),
        ),
        ok("an empty key id in the environment", |m| {
            m.set("AWS_ACCESS_KEY_ID", "");
        }),
        odd(
            "a secret alone in the environment",
            "AWS_SECRET_ACCESS_KEY",
            |m| m.set("AWS_SECRET_ACCESS_KEY", "x"),
        ),
        odd(
            "a token alone in the environment",
            "AWS_SESSION_TOKEN",
            |m| m.set("AWS_SESSION_TOKEN", "x"),
        ),
        passed_over(
            "a web identity in the environment",
            "AWS_WEB_IDENTITY",
            |m| m.set("AWS_WEB_IDENTITY_TOKEN_FILE", "/x"),
        ),
        passed_over(
            "a profile in the environment that isn't there",
            "AWS_PROFILE",
            |m| m.set("AWS_PROFILE", "nowhere"),
        ),
        ok("the profile in the environment", |m| {
            m.set("AWS_PROFILE", "default");
        }),
    ]
}

fn of_item() -> Vec<SetUp> {
    vec![
        ok("a cached session", |m| {
            m.sandbox.set_cache(&base64(&session_json(FAR_FUTURE)));
        }),
        ok("no cache field", |m| {
            m.sandbox.change_item(|item| {
                let fields = item["fields"].as_array_mut().expect("fields");
                fields.retain(|field| field["label"] != "session_cache");
            });
        }),
        bad("no key id", "it isn't there", |m| {
            m.sandbox
                .change_field("Access Key ID", |field| field["label"] = json!("x"));
        }),
        bad("an empty secret", "it is empty", |m| {
            m.value("Secret Access Key", "");
        }),
        bad("key id and secret swapped", "swap them", |m| {
            m.value("Access Key ID", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
            m.value("Secret Access Key", "AKIAIOSFODNN7EXAMPLE");
        }),
        bad("a session's key id", "ASIA", |m| {
            m.value("Access Key ID", "ASIAIOSFODNN7EXAMPLE");
        }),
        bad("no serial", "neither field", |m| m.value("mfa serial", "")),
        bad("a passkey's serial", "passkey", |m| {
            m.value(
                "mfa serial",
                "arn:aws:iam::123456789012:u2f/user/alice/key-A",
            );
        }),
        bad("a serial of another partition", "partition", |m| {
            m.value("mfa serial", "arn:aws-cn:iam::123456789012:mfa/alice");
        }),
        bad("codes by SHA256", "SHA1", |m| m.uri("&algorithm=SHA256")),
        bad("codes of eight digits", "six digits", |m| {
            m.uri("&digits=8");
        }),
        bad("codes of another period", "every 30 s", |m| {
            m.uri(&format!("&period={CENTURY}"));
        }),
        SetUp {
            name: "a one-time password in a text field",
            plant: |m| {
                m.sandbox
                    .change_field("one-time password", |field| field["type"] = json!("STRING"));
            },
            says: ("warning", "isn't of the type"),
            run: false,
            cli: false,
        },
        SetUp {
            name: "no one-time password",
            plant: |m| m.value("one-time password", ""),
            says: ("warning", "has none"),
            run: false,
            cli: false,
        },
    ]
}

fn of_tools() -> Vec<SetUp> {
    vec![
        bad("no op", "cannot find `op`", |m| {
            fs::remove_file(m.sandbox.path("bin/op")).expect("a link");
        }),
        SetUp {
            name: "no aws",
            plant: |m| fs::remove_file(m.sandbox.path("bin/aws")).expect("a link"),
            says: ("failed", "cannot find `aws`"),
            run: false,
            cli: false,
        },
        bad("nobody is signed in", "not currently signed in", |m| {
            m.sandbox.moods(
                &json!({ "aws": { "version": 2 }, "op": { "authorisation": "signed out" } }),
            );
        }),
        odd("accounts that can't be listed", "account list", |m| {
            m.fail("op", &json!({ "call": "account list", "exit": 1, "stderr": "[ERROR] 2026/08/14 04:07:09 x\n" }));
        }),
        bad(
            "codes that can't be fetched",
            "cannot get a one-time password",
            |m| {
                m.fail("op", &json!({ "call": "item get --otp", "exit": 1, "stderr": "[ERROR] 2026/08/14 04:07:09 x\n" }));
            },
        ),
    ]
}
