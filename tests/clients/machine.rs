//! A user's machine: a sandbox with `~/.aws/config`, the clients on PATH, and an STS that answers.

use std::fs;
use std::io::ErrorKind::NotFound;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::*;

pub struct Machine {
    pub sandbox: Sandbox,
    server: Child,
}

impl Machine {
    /// Sets up a machine with an AWS CLI, which the program uses, too.
    pub fn new() -> Self {
        let aws = version_2().unwrap_or_else(|| clients().join("python/bin/aws"));
        let sandbox = Sandbox::new();
        let bin = sandbox.path("bin");
        fs::remove_file(bin.join("aws")).expect("the stand-in");
        symlink(aws, bin.join("aws")).expect("a link");
        symlink(PROGRAM, bin.join("get-1password-creds")).expect("a link");
        let mut server = Command::new(example("sts"));
        sandbox.enter(&mut server);
        server.arg("--while-stdin").stdin(Stdio::piped());
        let server = server.spawn().expect("a server");
        let machine = Self { sandbox, server };
        machine.configure("");
        machine
    }

    /// Writes `~/.aws/config`, with flags for the program.
    pub fn configure(&self, flags: &str) {
        let role = "role_arn = arn:aws:iam::210987654321:role/admin\nrole_session_name = alice\nsource_profile = default";
        let mfa = "mfa_serial = arn:aws:iam::123456789012:mfa/alice";
        let program = self.sandbox.path("bin/get-1password-creds");
        let process = format!("credential_process = {} {flags}", program.display());
        let common = format!("region = eu-central-1\nendpoint_url = {}", self.endpoint());
        let config = format!(
            "[default]\n{common}\n{process}\n\n[profile role]\n{common}\n{role}\n\n\
             [profile mfa-role]\n{common}\n{role}\n{mfa}\n"
        );
        self.sandbox.write_text("home/.aws/config", &config);
    }

    /// The address of STS, once it listens.
    pub fn endpoint(&self) -> String {
        let begin = Instant::now();
        loop {
            match fs::read_to_string(self.sandbox.path("standin/sts-url")) {
                Ok(address) => return address,
                Err(error) if error.kind() == NotFound => {}
                Err(error) => panic!("the address of STS: {error}"),
            }
            assert!(begin.elapsed() < Duration::from_secs(20), "STS is late");
            sleep(Duration::from_millis(5));
        }
    }

    /// A client, ready to run.
    pub fn client(&self, program: impl AsRef<Path>, args: &[&str]) -> Command {
        let mut command = Command::new(program.as_ref());
        self.sandbox.enter(&mut command);
        let (bin, python) = (self.sandbox.path("bin"), clients().join("python/bin"));
        let path = [&bin, &python, Path::new("/usr/bin"), Path::new("/bin")];
        command.env("PATH", std::env::join_paths(path).expect("a PATH"));
        command.env("AWS_EC2_METADATA_DISABLED", "true");
        command.env("HTTPS_PROXY", "http://127.0.0.1:1");
        command.args(args);
        command
    }

    /// Runs a client to its end.
    pub fn run(&self, program: impl AsRef<Path>, args: &[&str]) -> Outcome {
        let mut command = self.client(program, args);
        outcome(&command.output().expect("a client that is installed"))
    }

    /// What the clients cost so far, in order: calls of `op`, requests to AWS with their refusals.
    pub fn costs(&self) -> Vec<String> {
        let log = fs::read_to_string(self.sandbox.path("standin/calls")).unwrap_or_default();
        let events = log
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("a log of JSON"));
        events.filter_map(|event| cost(&event)).collect()
    }

    /// Expects that the clients cost these calls and requests so far.
    pub fn expect_costs(&self, parts: &[&[&str]]) {
        assert_eq!(self.costs(), parts.concat());
    }

    /// Puts a session that lives for so many seconds into the item; STS knows it.
    pub fn hand_out(&self, seconds: i64) {
        let json = session_json(&in_seconds(seconds));
        let part = |name: &str| json["Credentials"][name].clone();
        let session = json!({
            "access_key_id": part("AccessKeyId"), "secret_access_key": part("SecretAccessKey"),
            "session_token": part("SessionToken"), "expiration": part("Expiration"),
            "parent": "AKIAIOSFODNN7EXAMPLE", "mfa": true, "role": null,
        });
        let ledger = json!({ "steps": [], "sessions": [session] });
        self.sandbox.write("standin/ledger.json", &ledger);
        self.sandbox.set_cache(&base64(&json));
    }

    /// The line that the program itself writes when the item isn't there, without its end.
    pub fn complaint(&self) -> String {
        let outcome = self.sandbox.run(&["--item", "Nowhere"]);
        assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(1), ""));
        self.sandbox.forget_calls();
        outcome.stderr.trim_end().to_owned()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // Both fail only for a server that is gone.
        _ = self.server.kill();
        _ = self.server.wait();
    }
}

/// The version 2 of the AWS CLI that is to be tested, in place of version 1.
fn version_2() -> Option<PathBuf> {
    let aws = PathBuf::from(std::env::var_os("AWS_CLI_2")?);
    assert!(aws.is_absolute(), "AWS_CLI_2 is no absolute path");
    Some(aws)
}

/// Where `scripts/clients` installs.
pub fn clients() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
    let clients = target.expect("a target folder").join("clients");
    assert!(
        clients.join("python/stamp").exists(),
        "no clients: run `scripts/clients`"
    );
    clients
}

/// A program of this machine, such as `bash`.
pub fn program(name: &str) -> PathBuf {
    which::which(name).unwrap_or_else(|_| panic!("no `{name}` on PATH"))
}

fn cost(event: &Value) -> Option<String> {
    let text = |name: &str| event[name].as_str().unwrap_or_default();
    match (text("event"), text("program")) {
        ("begin", name) => {
            let args = event["argv"].as_array().expect("arguments");
            let words = args.iter().filter_map(Value::as_str);
            let otp = args.iter().any(|arg| arg == "--otp");
            let call: Vec<_> = [name]
                .into_iter()
                .chain(words.take(2))
                .chain(otp.then_some("--otp"))
                .collect();
            Some(call.join(" "))
        }
        ("request", _) if text("outcome") == "ok" => Some(text("action").to_owned()),
        ("request", _) => Some(format!("{}: {}", text("action"), text("outcome"))),
        _ => None,
    }
}
