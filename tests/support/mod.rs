//! A sandbox for each test, with a HOME, a temporary and a runtime folder, a vault, an AWS account, and a log of calls.
//!
//! The program runs with a cleared environment and only the stand-ins on PATH.

#![cfg(test)]
#![allow(dead_code, reason = "each test program uses its part")]

pub mod runs;
pub mod setups;
pub mod sockets;
pub mod terminal;

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use std::thread::sleep;
use std::time::{Duration as StdDuration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use nix::sys::signal::kill;
use nix::unistd::getuid;
use serde_json::{Value, json};
use tempfile::TempDir;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_get-1password-creds");

/// The calls of a run with the sample item, as [`Sandbox::calls`] returns them.
pub const GET: &str = "op item get 'AWS Access Key' --format json";
pub const GET_PAST_CACHE: &str = "op item get 'AWS Access Key' --format json --cache=false";
pub const OTP: &str = "op item get q3fz5kcv2wjd4hx7mnbtya6rse --vault gshlsjsajnawtnjynzgwmiebge --otp --format human-readable";
pub const STS: &str = "aws sts get-session-token --serial-number arn:aws:iam::123456789012:mfa/alice --token-code file:///dev/stdin --output json";
pub const EDIT: &str = "op item edit q3fz5kcv2wjd4hx7mnbtya6rse --vault gshlsjsajnawtnjynzgwmiebge --format json -- 'session_cache[password]=…'";
pub const GET_AGAIN: &str = "op item get q3fz5kcv2wjd4hx7mnbtya6rse --vault gshlsjsajnawtnjynzgwmiebge --format json --cache=false";
pub const COLD: [&str; 4] = [GET, OTP, STS, EDIT];

/// The text of the AWS CLI if STS refuses the code.
pub const CODE_REFUSED: &str = "\nAn error occurred (AccessDenied) when calling the GetSessionToken operation: \
    MultiFactorAuthentication failed with invalid MFA one time pass code. \n";

/// The lines of `doctor` and `setup` on the account and the sample item, if all is well.
pub const ITEM_CHECKS: [&str; 8] = [
    "1Password account: my.1password.com",
    "item: 'AWS Access Key' in vault 'Private'",
    "field 'Access Key ID': there, once",
    "field 'Secret Access Key': there, once",
    "MFA serial: an ARN",
    "one-time password: six digits",
    "cache field 'session_cache': concealed",
    "cached session: no session is stored yet; the next run gets one",
];

/// A time after every test run.
pub const FAR_FUTURE: &str = "2999-12-31T23:59:59Z";

pub struct Sandbox {
    root: TempDir,
}

/// The exit status and the output of a run.
#[derive(Debug, PartialEq)]
pub struct Outcome {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Sandbox {
    /// Makes a sandbox with the sample item, the account that it belongs to, and an empty cache.
    pub fn new() -> Self {
        let sandbox = Self {
            root: TempDir::new().expect("a temporary folder"),
        };
        for folder in ["home/.aws", "tmp", "run", "bin", "standin", "cwd"] {
            fs::create_dir_all(sandbox.path(folder)).expect("a folder");
        }
        fs::set_permissions(sandbox.path("run"), Permissions::from_mode(0o700)).expect("a mode");
        for name in ["op", "aws"] {
            symlink(example(name), sandbox.path("bin").join(name)).expect("a link");
        }
        let item: Value = read_json(&fixture("items/app.json"));
        let vault = json!({ "id": item["vault"]["id"], "name": item["vault"]["name"] });
        sandbox.write(
            "standin/vault.json",
            &json!({ "vaults": [vault], "items": [item] }),
        );
        sandbox.write("standin/account.json", &read_json(&fixture("account.json")));
        sandbox
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub fn write(&self, name: &str, content: &Value) {
        self.write_text(name, &content.to_string());
    }

    pub fn write_text(&self, name: &str, content: &str) {
        fs::write(self.path(name), content).expect("a file that can be written");
    }

    /// Writes a shell script that can be run.
    pub fn script(&self, name: &str, text: &str) {
        let path = self.path(name);
        // An existing file may be a link.
        _ = fs::remove_file(&path);
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", "cat >\"$0\" && chmod 755 \"$0\""])
            .arg(path);
        install(&mut shell, &format!("#!/bin/sh\n{text}\n"));
    }

    /// Copies a program.
    pub fn copy_program(&self, program: &Path, name: &str) {
        let path = self.path(name);
        _ = fs::remove_file(&path);
        install(Command::new("/bin/cp").arg(program).arg(path), "");
    }

    pub fn read(&self, name: &str) -> Value {
        read_json(&self.path(name))
    }

    /// Sets how the stand-ins behave.
    pub fn moods(&self, moods: &Value) {
        self.write("standin/moods.json", moods);
    }

    /// Sets a mishap of a call of `program`; see `fixtures/shared/mishap.rs`.
    pub fn mishap(&self, program: &str, mishap: &Value) {
        self.moods(&json!({ program: { "mishaps": [mishap] } }));
    }

    pub fn item(&self) -> Value {
        self.read("standin/vault.json")["items"][0].clone()
    }

    /// Changes the sample item.
    pub fn change_item(&self, change: impl FnOnce(&mut Value)) {
        let mut vault = self.read("standin/vault.json");
        change(&mut vault["items"][0]);
        self.write("standin/vault.json", &vault);
    }

    /// Changes the one field of the sample item that has this label.
    pub fn change_field(&self, label: &str, change: impl FnOnce(&mut Value)) {
        self.change_item(|item| change(field_mut(item, label)));
    }

    /// Sets the period of the one-time passwords of the item and the account, in seconds.
    pub fn set_period(&self, seconds: u32) {
        let uri = format!(
            "otpauth://totp/AWS:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&period={seconds}"
        );
        self.change_field("one-time password", |field| field["value"] = json!(uri));
        let mut account = self.read("standin/account.json");
        account["totp"] = json!(uri);
        self.write("standin/account.json", &account);
    }

    /// Writes a text into the cache field.
    pub fn set_cache(&self, text: &str) {
        self.change_field("session_cache", |field| field["value"] = json!(text));
    }

    /// Returns the session in the cache field, as JSON.
    pub fn cached(&self) -> Value {
        let item = self.item();
        let field = fields(&item).find(|field| field["label"] == "session_cache");
        let text = field.expect("a cache field")["value"]
            .as_str()
            .expect("a cached session")
            .to_owned();
        serde_json::from_slice(&STANDARD.decode(text).expect("base64")).expect("JSON")
    }

    /// Returns the program, ready to run in the sandbox.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        self.enter(&mut command);
        command.args(args);
        command
    }

    /// Returns the program in a new session, as from another terminal.
    pub fn command_in_own_session(&self, args: &[&str]) -> Command {
        let mut command = Command::new(example("session"));
        self.enter(&mut command);
        command.arg(PROGRAM).args(args);
        command
    }

    /// Sets the environment, folder and stdin of a command to those of the sandbox.
    pub fn enter(&self, command: &mut Command) {
        command
            .env_clear()
            .current_dir(self.path("cwd"))
            .stdin(Stdio::null());
        command
            .env("PATH", self.path("bin"))
            .env("HOME", self.path("home"));
        command
            .env("TMPDIR", self.path("tmp"))
            .env("XDG_RUNTIME_DIR", self.path("run"));
        command.env("STANDIN_DIR", self.path("standin"));
        command.env("GET_1PASSWORD_CREDS_ROOT", self.path("root"));
    }

    /// Runs the program with stdin at `/dev/null`.
    pub fn run(&self, args: &[&str]) -> Outcome {
        outcome(&self.command(args).output().expect("a program that starts"))
    }

    /// Returns the calls so far, in order, with their arguments quoted.
    pub fn calls(&self) -> Vec<String> {
        self.events("begin").iter().map(show_call).collect()
    }

    /// Empties the log of calls.
    pub fn forget_calls(&self) {
        self.write_text("standin/calls", "");
    }

    /// Returns the private folder of the program.
    pub fn own_folder(&self) -> PathBuf {
        let uid = getuid().as_raw();
        self.path("run").join(format!("get-1password-creds-{uid}"))
    }

    /// Returns the names of the files in the private folder, in order.
    pub fn left_behind_names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.own_folder()).into_iter().flatten();
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        let mut names: Vec<String> = names
            .map(|name| name.into_string().expect("a name"))
            .collect();
        names.sort();
        names
    }

    /// Returns the same names with `HASH` for what differs. Expects empty files that only their owner can read.
    pub fn left_behind(&self) -> Vec<String> {
        let names = self.left_behind_names().into_iter();
        names
            .map(|name| {
                let file = fs::symlink_metadata(self.own_folder().join(&name)).expect("a file");
                let mode = file.permissions().mode() & 0o777;
                assert_eq!((file.len(), mode), (0, 0o600), "{name}");
                match name.split_once('.') {
                    Some((_, end)) => format!("HASH.{end}"),
                    None => name,
                }
            })
            .collect()
    }

    /// Makes a folder that other users can enter in place of the program's private one.
    pub fn occupy(&self, parent: &str) {
        let name = self.own_folder().file_name().expect("a name").to_owned();
        let folder = self.path(parent).join(name);
        fs::create_dir(&folder).expect("a folder");
        fs::set_permissions(&folder, Permissions::from_mode(0o755)).expect("a mode");
    }

    /// Returns the entries of one kind in the log of the stand-ins.
    pub fn events(&self, kind: &str) -> Vec<Value> {
        let log = fs::read_to_string(self.path("standin/calls")).unwrap_or_default();
        // What is just being written has no end yet.
        let whole = log.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let events = whole
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("a log of JSON"));
        events.filter(|event| event["event"] == kind).collect()
    }

    /// Expects that every process in the log of the stand-ins ends within 5 seconds. A dead process that nobody has waited
    /// for has no command line.
    pub fn assert_children_gone(&self) {
        for call in self.events("begin") {
            let pid = runs::logged_pid(&call);
            let runs = || {
                let command_line = fs::read(format!("/proc/{pid}/cmdline"));
                kill(pid, None).is_ok() && !command_line.is_ok_and(|line| line.is_empty())
            };
            let start = Instant::now();
            while runs() {
                assert!(start.elapsed().as_secs() < 5, "process {pid} is left");
                sleep(StdDuration::from_millis(5));
            }
        }
    }

    /// Returns what the program prints for the session with this number that STS returned.
    pub fn minted(&self, count: usize) -> String {
        let session = self.read("standin/ledger.json")["sessions"][count - 1].clone();
        let part = |name: &str| {
            session[name]
                .as_str()
                .expect("a part of a session")
                .to_owned()
        };
        credential_process_json(
            &part("access_key_id"),
            &part("secret_access_key"),
            &part("session_token"),
            &part("expiration"),
        )
    }

    /// Returns how many sessions STS has returned.
    pub fn count_minted(&self) -> usize {
        let ledger = fs::read_to_string(self.path("standin/ledger.json")).unwrap_or_default();
        let ledger: Value = serde_json::from_str(&ledger).unwrap_or_default();
        ledger["sessions"].as_array().map_or(0, Vec::len)
    }
}

/// Makes a sandbox whose cache field has a session that doesn't expire.
pub fn warm() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.set_cache(&base64(&session_json(FAR_FUTURE)));
    sandbox
}

/// Builds the outcome of a run that prints the session of [`warm`].
pub fn session() -> Outcome {
    printed(&sample_session(FAR_FUTURE))
}

/// Builds the outcome of a run that prints `stdout` and nothing else.
pub fn printed(stdout: &str) -> Outcome {
    Outcome {
        status: Some(0),
        stdout: stdout.to_owned(),
        stderr: String::new(),
    }
}

/// Builds the outcome of a run that ends with one line on stderr.
pub fn failed(line: &str) -> Outcome {
    let stderr = format!("get-1password-creds: {line}\n");
    Outcome {
        status: Some(1),
        stdout: String::new(),
        stderr,
    }
}

pub fn outcome(output: &Output) -> Outcome {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("valid UTF-8");
    Outcome {
        status: output.status.code(),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}

/// Writes `input` to a child's stdin and waits for its end.
pub fn feed(mut child: Child, input: &[u8]) -> Outcome {
    let mut stdin = child.stdin.take().expect("a pipe");
    // The program doesn't read it.
    _ = stdin.write_all(input);
    outcome(&child.wait_with_output().expect("a child"))
}

/// Writes a program from another process. A file that this process has open for writing could be inherited by a child
/// that another test starts at that moment, and then it can't be run.
fn install(command: &mut Command, input: &str) {
    let mut child = command
        .stdin(Stdio::piped())
        .spawn()
        .expect("a tool that starts");
    let written = child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(input.as_bytes());
    assert!(written.is_ok() && child.wait().expect("a child").success());
}

/// Returns the JSON of a `credential_process` in the documented form, byte for byte.
pub fn credential_process_json(
    key_id: &str,
    secret: &str,
    token: &str,
    expiration: &str,
) -> String {
    format!(
        "{{\n  \"Version\": 1,\n  \"AccessKeyId\": \"{key_id}\",\n  \"SecretAccessKey\": \"{secret}\",\n  \
         \"SessionToken\": \"{token}\",\n  \"Expiration\": \"{expiration}\"\n}}\n"
    )
}

/// Returns what the program prints for [`session_json`].
pub fn sample_session(expiration: &str) -> String {
    credential_process_json(
        "ASIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "AQoDYXdzEJr...",
        expiration,
    )
}

/// Returns a cache as the script writes it, before base64.
pub fn session_json(expiration: &str) -> Value {
    json!({ "Credentials": {
        "AccessKeyId": "ASIAIOSFODNN7EXAMPLE",
        "SecretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "SessionToken": "AQoDYXdzEJr...",
        "Expiration": expiration,
    } })
}

/// Returns the key and the device that a session was minted from, as the program writes them into the cache.
pub fn minted_from(access_key_id: &str, mfa_serial: &str) -> Value {
    json!({ "AccessKeyId": access_key_id, "SerialNumber": mfa_serial, "Time": "2025-12-16T01:00:00Z" })
}

pub fn base64(json: &Value) -> String {
    STANDARD.encode(json.to_string())
}

/// Returns the time so many seconds from now, in UTC, as `YYYY-MM-DDTHH:MM:SSZ`.
pub fn in_seconds(seconds: i64) -> String {
    let time = OffsetDateTime::now_utc()
        .replace_nanosecond(0)
        .expect("a time")
        + Duration::seconds(seconds);
    time.format(&Rfc3339).expect("a time before the year 10000")
}

pub fn fields(item: &Value) -> impl Iterator<Item = &Value> {
    item["fields"].as_array().expect("fields").iter()
}

pub fn field_mut<'a>(item: &'a mut Value, label: &str) -> &'a mut Value {
    let fields = item["fields"].as_array_mut().expect("fields");
    fields
        .iter_mut()
        .find(|field| field["label"] == label)
        .expect("a field with this label")
}

pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name)
}

/// Returns the path of a stand-in, which `cargo test` builds as an example.
pub fn example(name: &str) -> PathBuf {
    let path = Path::new(PROGRAM).with_file_name("examples").join(name);
    assert!(
        path.exists(),
        "no stand-in '{name}': run `cargo build --examples`"
    );
    path
}

fn read_json(path: &Path) -> Value {
    let text =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).expect("JSON")
}

/// Returns a call as text: quotes arguments that a shell would split, and shortens the value of an assignment.
fn show_call(event: &Value) -> String {
    let mut words = vec![event["program"].as_str().expect("a program").to_owned()];
    for arg in event["argv"].as_array().expect("arguments") {
        let arg = arg.as_str().expect("an argument");
        let arg = arg
            .split_once("]=")
            .map_or(arg.to_owned(), |(name, _)| format!("{name}]=…"));
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=".contains(c);
        words.push(if arg.chars().all(is_plain) {
            arg
        } else {
            format!("'{arg}'")
        });
    }
    words.join(" ")
}
