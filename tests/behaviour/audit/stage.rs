//! A sandbox full of secrets, in which the program runs at a terminal and under watch.

use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use std::{fs, thread};

use serde_json::{Value, json};

use super::evidence::Evidence;
use super::secrets::Secrets;
use super::watch::{TOLD, watch};
use crate::support::terminal::totp::Totp;
use crate::support::*;

pub const SECRET_KEY: &str = "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY";
pub const SEED: &str = "KRSXG5CTMVRXEZLUKN2HE2LOM5EXGTTP";

/// A session that is over, still in the cache.
pub const OLD_SECRET: &str = "zh0Vt9KcR/fAnOldSession/bPxRfiEXAMPLEKEY";
pub const OLD_TOKEN: &str = "AQoEXAMPLEH4aoAH0gNCAPyJxz4BlCFFxWNE1OPTgk5TthT+FvwqnKwRcOIfrRh3c/LTo6UDdyJwOOvEVPvLXCrrrUtdnniCEXAMPLE/IvU1dYUg2RVAJBanLiHb4IgRmpRV3zrkuWJOgQs8IZZaIv2BXIa2R4Olgk";

/// What the caller has in its environment: name of the variable, name of the secret, secret.
const EXPORTED: [(&str, &str, &str); 3] = [
    (
        "AWS_SECRET_ACCESS_KEY",
        "the caller's AWS secret",
        "8Yx2vGbClExportedByTheCaller/QvEXAMPLEKEY",
    ),
    (
        "AWS_SESSION_TOKEN",
        "the caller's AWS token",
        "IQoJb3JpZ2luX2VjEJr7SomebodysSessionEXAMPLETOKEN",
    ),
    (
        "OP_SESSION_my",
        "the caller's op token",
        "Lz4kTheSignInOf1PasswordsOwnEXAMPLEq8WsPd7Tn",
    ),
];

/// A dedicated item for the session, and the id of the item of the key.
pub const CACHE_ITEM: &str = "AWS Session";
pub const KEY_ITEM: &str = "q3fz5kcv2wjd4hx7mnbtya6rse";

/// Seconds that each call takes at least, so that no file can come and go unseen.
pub const DELAY: f64 = 0.05;

/// When each run begins by the stand-ins' clock: in a far future, and with half a minute left for the code.
const BEGIN: f64 = 32_503_593_600.0;

pub struct Stage {
    pub sandbox: Sandbox,
}

impl Stage {
    /// Plants the secrets, and sets the stand-ins' clock.
    pub fn new() -> Self {
        let sandbox = Sandbox::new();
        sandbox.change_field("Secret Access Key", |field| {
            field["value"] = json!(SECRET_KEY);
        });
        sandbox.change_field("one-time password", |field| field["value"] = json!(uri()));
        sandbox.set_cache(&base64(&old_session()));
        let mut account = sandbox.read("standin/account.json");
        account["secret_access_key"] = json!(SECRET_KEY);
        account["totp"] = json!(SEED);
        sandbox.write("standin/account.json", &account);
        sandbox.write_text("standin/clock", &(BEGIN - real_time()).to_string());
        let stage = Self { sandbox };
        stage.mishaps(&[], &[]);
        stage
    }

    /// Sets what shall go wrong, and lets each call take its time.
    pub fn mishaps(&self, op: &[Value], aws: &[Value]) {
        let delays = json!({ "version": DELAY, "item get": DELAY, "item get --otp": DELAY, "item edit": DELAY });
        let delay = json!({ "call": "sts get-session-token", "delay": DELAY });
        let aws = [aws, &[delay]].concat();
        self.sandbox.moods(&json!({
            "op": { "delay": delays, "mishaps": op },
            "aws": { "mishaps": aws },
        }));
    }

    /// Adds a dedicated item, as `setup` makes it, with the old session in it instead of the sample item.
    pub fn move_session(&self) {
        let setup = self.sandbox.run(&["setup", "--cache-item", CACHE_ITEM]);
        assert_eq!(setup.status, Some(0), "{setup:?}");
        let mut vault = self.sandbox.read("standin/vault.json");
        let mut old = old_session();
        old["MintedFrom"] = minted_from(
            "AKIAIOSFODNN7EXAMPLE",
            "arn:aws:iam::123456789012:mfa/alice",
        );
        old["MintedFrom"]["Owner"] = json!({ "Item": KEY_ITEM, "Field": "Access Key ID" });
        field_mut(&mut vault["items"][0], "session_cache")["value"].take();
        field_mut(&mut vault["items"][1], "session_cache")["value"] = json!(base64(&old));
        self.sandbox.write("standin/vault.json", &vault);
        self.sandbox.forget_calls();
    }

    /// Shortens the time of a code to 3 seconds, which begin when they do by the program's clock.
    pub fn hurry(&self) {
        let uri = format!("{}&period=3", uri());
        let mut account = self.sandbox.read("standin/account.json");
        account["totp"] = json!(uri);
        self.sandbox.write("standin/account.json", &account);
        self.sandbox
            .change_field("one-time password", |field| field["value"] = json!(uri));
        let offset = ((BEGIN - real_time()) / 3.0).floor() * 3.0;
        self.sandbox
            .write_text("standin/clock", &offset.to_string());
    }

    /// All that must be kept secret, the codes and the sessions so far among it.
    pub fn secrets(&self) -> Secrets {
        let mut secrets = Secrets::default();
        secrets.plant("the secret key", SECRET_KEY);
        secrets.plant("the seed", SEED);
        secrets.plant_whole("the otpauth URI", &uri());
        secrets.plant("the code", &code());
        secrets.plant("the old session's secret", OLD_SECRET);
        secrets.plant("the old session's token", OLD_TOKEN);
        for (_, name, secret) in EXPORTED {
            secrets.plant(name, secret);
        }
        let ledger = self.sandbox.path("standin/ledger.json");
        let ledger = fs::read_to_string(ledger).unwrap_or_default();
        let ledger: Value = serde_json::from_str(&ledger).unwrap_or_default();
        for session in ledger["sessions"].as_array().into_iter().flatten() {
            let part = |name: &str| session[name].as_str().expect("a text");
            secrets.plant("the session's secret", part("secret_access_key"));
            secrets.plant("the session's token", part("session_token"));
        }
        for input in self.sandbox.events("input") {
            let text = input["text"].as_str().expect("a text");
            match input["program"].as_str() {
                Some("aws") => secrets.plant("the code", text),
                _ => plant_cache_texts(&mut secrets, text),
            }
        }
        for call in self.sandbox.events("begin") {
            let args = call["argv"].as_array().expect("arguments").iter();
            let args = args.filter_map(|arg| arg.as_str()?.split_once("]="));
            let args = args.filter(|(_, text)| !text.is_empty());
            args.for_each(|(_, text)| secrets.plant("the cache text", text));
        }
        secrets
    }

    /// Runs the program once, at a terminal of its own that is on none of its first three descriptors.
    pub fn run(&self, args: &[&str]) -> Evidence {
        self.watched(&mut [self.at_terminal("terminal", &[], args)])
    }

    /// The program at a terminal; what appears there goes to the file `transcript`.
    pub fn at_terminal(&self, transcript: &str, options: &[&str], args: &[&str]) -> Command {
        let mut command = Command::new(example("terminal"));
        self.sandbox.enter(&mut command);
        let exported = EXPORTED.map(|(variable, _, secret)| (variable, secret));
        command.envs(exported).args(options);
        command
            .arg("--transcript")
            .arg(self.sandbox.path(transcript));
        command.args(["--", PROGRAM]).args(args);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// A shell script at a terminal, with nothing secret in its environment.
    pub fn shell_at_terminal(&self, script: &str) -> Command {
        let mut command = Command::new(example("terminal"));
        self.sandbox.enter(&mut command);
        command
            .arg("--transcript")
            .arg(self.sandbox.path("terminal"));
        command.args(["--", "/bin/sh", "-c", script]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs commands side by side, and looks at all that they show.
    pub fn watched(&self, commands: &mut [Command]) -> Evidence {
        let earlier = self.sandbox.events("begin").len();
        fs::create_dir_all(self.sandbox.path(TOLD)).expect("a folder");
        let spawn = |command: &mut Command| command.spawn().expect("a tool that starts");
        let children: Vec<Child> = commands.iter_mut().map(spawn).collect();
        let roots: Vec<u32> = children.iter().map(Child::id).collect();
        let over = AtomicBool::new(false);
        let (seen, outcomes) = thread::scope(|scope| {
            let watch = scope.spawn(|| watch(&self.sandbox, &roots, &over));
            let outputs = children.into_iter().map(Child::wait_with_output);
            let outcomes = outputs.map(|output| outcome(&output.expect("a child")));
            let outcomes: Vec<Outcome> = outcomes.collect();
            over.store(true, Ordering::Release);
            (watch.join().expect("a watch"), outcomes)
        });
        let terminals = commands.iter().map(transcript).collect();
        let evidence = Evidence {
            seen,
            outcomes,
            terminals,
        };
        self.assert_all_seen(&evidence, commands.len(), earlier);
        evidence
    }

    /// Runs a command and looks at what it leaves behind, not at its processes, which needn't wait for that.
    pub fn unwatched(&self, mut command: Command) -> Evidence {
        let outcomes = vec![outcome(&command.output().expect("a tool that starts"))];
        Evidence {
            seen: watch(&self.sandbox, &[], &AtomicBool::new(true)),
            outcomes,
            terminals: vec![transcript(&command)],
        }
    }

    /// Expects that no process of the runs escaped the watch; so many calls are of earlier ones.
    fn assert_all_seen(&self, evidence: &Evidence, runs: usize, earlier: usize) {
        let seen = |program: &str, pid: Option<u64>| {
            let processes = evidence.seen.processes.iter();
            let found = processes.filter(|process| {
                process.program == program && pid.is_none_or(|pid| pid == u64::from(process.pid))
            });
            found.count()
        };
        for call in self.sandbox.events("begin").iter().skip(earlier) {
            let program = call["program"].as_str().expect("a program");
            assert!(seen(program, call["pid"].as_u64()) > 0, "unseen: {call}");
        }
        assert!(seen("get-1password-creds", None) >= runs, "an unseen run");
    }
}

fn old_session() -> Value {
    let mut old = session_json("2025-12-16T01:00:00Z");
    old["Credentials"]["SecretAccessKey"] = json!(OLD_SECRET);
    old["Credentials"]["SessionToken"] = json!(OLD_TOKEN);
    old
}

/// What appeared on the terminal of a command.
fn transcript(command: &Command) -> String {
    let mut args = command.get_args().skip_while(|arg| *arg != "--transcript");
    let path = args.nth(1).expect("a path");
    String::from_utf8_lossy(&fs::read(path).expect("a transcript")).into_owned()
}

/// The one-time password of the run's time.
pub fn code() -> String {
    Totp::parse(SEED).expect("a seed").code(BEGIN)
}

fn uri() -> String {
    format!("otpauth://totp/AWS:alice@123456789012?secret={SEED}&issuer=AWS")
}

fn real_time() -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.expect("a clock after 1970").as_secs_f64()
}

/// Plants the values of the cache fields of an item in JSON.
fn plant_cache_texts(secrets: &mut Secrets, item: &str) {
    let item: Value = serde_json::from_str(item).expect("an item in JSON");
    let cached = fields(&item).filter(|field| field["label"] == "session_cache");
    let texts = cached.filter_map(|field| field["value"].as_str());
    texts
        .filter(|text| !text.is_empty())
        .for_each(|text| secrets.plant("the cache text", text));
}
