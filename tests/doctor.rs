//! `doctor`: a healthy machine, and each fault planted in it: that fault is named, with its cure, and nothing else.

#![cfg(test)]

mod support;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};
use support::*;

const CALLS: [&str; 5] = [
    "op --version",
    "op account list --format json",
    GET,
    "aws --version",
    "aws sts get-caller-identity --no-sign-request --debug",
];

/// A machine that is set up: a line in the config, and a role on top of it.
struct Machine {
    sandbox: Sandbox,
}

impl Machine {
    fn new() -> Self {
        let machine = Self {
            sandbox: Sandbox::new(),
        };
        machine.configure(PROGRAM, "");
        machine
    }

    /// Writes the config with this program in its line, and with more in the role.
    fn configure(&self, program: &str, role: &str) {
        let config = format!(
            "# mine\n[default]\nregion = eu-central-1\ncredential_process = {program}\n\n[profile role]\n\
             role_arn = arn:aws:iam::210987654321:role/admin\nsource_profile = default\n{role}\n"
        );
        self.sandbox.write_text("home/.aws/config", &config);
    }

    fn path(&self, name: &str) -> String {
        self.sandbox.path(name).display().to_string()
    }

    /// The lines of a machine on which all is well, but that one of them is changed.
    fn lines(&self) -> Vec<String> {
        let (op, aws, run) = (self.path("bin/op"), self.path("bin/aws"), self.path("run"));
        [
            &format!("op: {op}, version 2.34.1"),
            "1Password account: my.1password.com",
            "item: 'AWS Access Key' in vault 'Private'",
            "field 'Access Key ID': there, once",
            "field 'Secret Access Key': there, once",
            "MFA serial: an ARN",
            "one-time password: six digits",
            "cache field 'session_cache': concealed",
            "cached session: there is none yet; the next run gets one",
            &format!("aws: {aws}, aws-cli/1.45.11"),
            "clock: as STS's",
            "profile 'default': runs this program",
            "environment: no keys of AWS",
            "1Password's AWS plugin: off",
            "awsume's 1Password plugin: not set up",
            &format!("private folder: in {run}"),
        ]
        .map(|line| format!("ok       {line}\n"))
        .to_vec()
    }

    /// Expects the healthy lines, with those from `first` on, `count` of them, replaced by `instead`.
    fn expect(
        &self,
        args: &[&str],
        environment: &[(&str, &str)],
        [first, count]: [usize; 2],
        instead: &[&str],
    ) {
        let mut lines = self.lines();
        let instead = instead.iter().map(|line| format!("{line}\n"));
        lines.splice(first..first + count, instead);
        let before = self.sandbox.item();
        let mut command = self.sandbox.command(&[&["doctor"], args].concat());
        command.envs(environment.iter().copied());
        let has_failure = lines.iter().any(|line| line.starts_with("failed"));
        let expected = Outcome {
            status: Some(i32::from(has_failure)),
            stdout: lines.concat(),
            stderr: String::new(),
        };
        assert_eq!(outcome(&command.output().expect("a run")), expected);
        assert_eq!(self.sandbox.item(), before);
        assert_eq!(self.sandbox.count_minted(), 0);
    }
}

// Where in the healthy lines what is said.
const OP: usize = 0;
const ACCOUNT: usize = 1;
const ITEM: usize = 2;
const KEY_ID: usize = 3;
const SERIAL: usize = 5;
const CODE: usize = 6;
const CACHE: usize = 7;
const SESSION: usize = 8;
const AWS: usize = 9;
const CLOCK: usize = 10;
const PROFILE: usize = 11;
const ENVIRONMENT: usize = 12;
const PLUGIN: usize = 13;
const AWSUME: usize = 14;
const LOCK: usize = 15;
/// All that is said of the item.
const WHOLE_ITEM: [usize; 2] = [ITEM, 7];

#[test]
fn a_healthy_machine_is_all_right() {
    let machine = Machine::new();
    machine.expect(&[], &[], [0, 0], &[]);
    assert_eq!(machine.sandbox.calls(), CALLS);
    // Nothing was made, and no code was used up: the next run gets its session with the code of the moment.
    assert_eq!(machine.sandbox.left_behind(), ["HASH.authorised"]);
    assert_eq!(
        machine.sandbox.run(&[]),
        printed(&machine.sandbox.minted(1))
    );
}

#[test]
fn the_readme_shows_a_healthy_machine() {
    let machine = Machine::new();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(path).expect("the README");
    let lines = machine.lines().concat();
    let lines = lines
        .replace(&machine.path("bin"), "/usr/local/bin")
        .replace(&machine.path("run"), "/run/user/501");
    assert!(
        readme.contains(&format!("$ get-1password-creds doctor\n{lines}```")),
        "{lines}"
    );
}

#[test]
fn no_op() {
    let line = "failed   cannot find `no-such-op` on PATH or in the usual places; install the 1Password CLI, or pass --op with its path";
    Machine::new().expect(&["--op", "no-such-op"], &[], [OP, 9], &[line]);
}

#[test]
fn an_op_that_does_not_run() {
    let cases = [
        (
            json!({ "call": "version", "stdout": "\n" }),
            "`op --version` names no version",
        ),
        (
            json!({ "call": "version", "exit": 1 }),
            "`op --version` failed (exit status: 1) and gave no reason",
        ),
    ];
    for (mishap, line) in cases {
        let machine = Machine::new();
        machine.sandbox.mishap("op", &mishap);
        machine.expect(&[], &[], [OP, 9], &[&format!("failed   {line}")]);
    }
}

#[test]
fn no_account() {
    let machine = Machine::new();
    let mut vault = machine.sandbox.read("standin/vault.json");
    vault["accounts"] = json!([]);
    machine.sandbox.write("standin/vault.json", &vault);
    let line = "failed   1Password account: there is none; turn on 'Integrate with 1Password CLI' in the app's Developer settings, or add an account with `op account add`";
    machine.expect(&[], &[], [ACCOUNT, 8], &[line]);
}

#[test]
fn accounts_that_cannot_be_listed() {
    let cases = [
        (
            json!({ "call": "account list", "stdout": "?" }),
            "no JSON in the answer of `op account list`",
        ),
        (
            json!({ "call": "account list", "exit": 1, "stderr": "[ERROR] 2026/08/14 04:07:09 connecting to desktop app timed out\n" }),
            "`op account list` said: connecting to desktop app timed out; start and unlock the 1Password app, and turn on 'Integrate with 1Password CLI' in its Developer settings",
        ),
    ];
    for (mishap, line) in cases {
        let machine = Machine::new();
        machine.sandbox.mishap("op", &mishap);
        machine.expect(&[], &[], [ACCOUNT, 8], &[&format!("failed   {line}")]);
    }
}

#[test]
fn a_service_account_needs_no_account() {
    let machine = Machine::new();
    let mut vault = machine.sandbox.read("standin/vault.json");
    vault["vaults"][0]["name"] = json!("Shared");
    vault["items"][0]["vault"]["name"] = json!("Shared");
    machine.sandbox.write("standin/vault.json", &vault);
    let lines = [
        "ok       1Password account: by OP_SERVICE_ACCOUNT_TOKEN",
        "ok       item: 'AWS Access Key' in vault 'Shared'",
    ];
    let variables = [("OP_SERVICE_ACCOUNT_TOKEN", "ops_example")];
    machine.expect(&["--vault", "Shared"], &variables, [ACCOUNT, 2], &lines);
}

#[test]
fn a_wrong_item_name() {
    let line = "failed   cannot read 1Password item 'Nobody': `op item get` said: \"Nobody\" isn't an item. Specify the item with its UUID, name, or domain; pass --item with the item's name or id, as `op item list` shows it";
    Machine::new().expect(&["--item", "Nobody"], &[], WHOLE_ITEM, &[line]);
}

#[test]
fn two_items() {
    let machine = Machine::new();
    let mut vault = machine.sandbox.read("standin/vault.json");
    let mut twin = vault["items"][0].clone();
    twin["id"] = json!("dmm2ybtxxjlxtv23puevxw5ydy");
    vault["items"].as_array_mut().expect("items").push(twin);
    machine.sandbox.write("standin/vault.json", &vault);
    let line = "failed   cannot read 1Password item 'AWS Access Key': `op item get` said: More than one item matches \"AWS Access Key\". Try again and specify the item by its ID: * for the item \"AWS Access Key\" in vault Private: q3fz5kcv2wjd4hx7mnbtya6rse * for the item \"AWS Access Key\" in vault Private: dmm2ybtxxjlxtv23puevxw5ydy; pass --item ID, or --vault";
    machine.expect(&[], &[], WHOLE_ITEM, &[line]);
}

#[test]
#[cfg(target_os = "linux")]
fn an_op_that_the_app_turns_away() {
    let machine = Machine::new();
    let stderr = "[ERROR] 2026/08/14 04:07:09 connecting to desktop app: read: connection reset\n";
    // Its own file, so that the bit can be set on it.
    let op = machine.sandbox.path("bin/op");
    let real = fs::canonicalize(&op).expect("the stand-in");
    machine.sandbox.copy_program(&real, "bin/op");
    machine.sandbox.mishap(
        "op",
        &json!({ "call": "item get", "exit": 1, "stderr": stderr }),
    );
    let line = "failed   cannot read 1Password item 'AWS Access Key': `op item get` said: connecting to desktop app: read: connection reset; on Linux `op` must be the installed one, setgid onepassword-cli; and see that the app's CLI integration is on";
    let setgid = format!(
        "warning  op: {} isn't setgid, so that the app may turn it away; install it from 1Password's package",
        op.display()
    );
    machine.expect(&[], &[], WHOLE_ITEM, &[line, &setgid]);
    fs::set_permissions(&op, Permissions::from_mode(0o2755)).expect("a mode");
    machine.expect(&[], &[], WHOLE_ITEM, &[line]);
}

#[test]
fn a_session_variable_matters_only_while_the_item_cannot_be_read() {
    let machine = Machine::new();
    let variables = [("OP_SESSION_my", "token")];
    machine.expect(&[], &variables, [0, 0], &[]);
    machine
        .sandbox
        .moods(&json!({ "op": { "authorisation": "signed out" } }));
    let lines = [
        "failed   cannot read 1Password item 'AWS Access Key': `op item get` said: You are not currently signed in. Please run `op signin --help` for instructions; the OP_SESSION_… variable in the environment no longer holds: unset it, or sign in again",
        "warning  OP_SESSION_my is set, and may no longer hold; unset it, or sign in again",
    ];
    machine.expect(&[], &variables, WHOLE_ITEM, &lines);
}

#[test]
fn a_missing_field() {
    let machine = Machine::new();
    machine.sandbox.change_item(|item| {
        item["fields"]
            .as_array_mut()
            .expect("fields")
            .retain(|field| field["label"] != "Secret Access Key");
    });
    let line = "failed   cannot read field 'Secret Access Key' of 1Password item 'AWS Access Key': there is none; add it, or name another field with --secret-key-field";
    machine.expect(&[], &[], [KEY_ID + 1, 1], &[line]);
}

#[test]
fn a_duplicate_field() {
    let machine = Machine::new();
    add(&machine, "Access Key ID");
    let line = "failed   cannot read field 'Access Key ID' of 1Password item 'AWS Access Key': it is there 2 times (section 'add more', id ttvqslmnr3ugxxlm65sjy7cl5a; section 'AWS', id copy); name one by SECTION.FIELD or id with --access-key-field";
    machine.expect(&[], &[], [KEY_ID, 1], &[line]);
}

#[test]
fn an_empty_key() {
    let machine = Machine::new();
    machine
        .sandbox
        .change_field("Access Key ID", |field| field["value"] = json!(""));
    let line = "failed   cannot read field 'Access Key ID' of 1Password item 'AWS Access Key': it is empty; fill it in";
    machine.expect(&[], &[], [KEY_ID, 1], &[line]);
}

#[test]
fn a_key_that_is_none() {
    let machine = Machine::new();
    machine
        .sandbox
        .change_field("Access Key ID", |field| field["value"] = json!("AKIA IOSF"));
    let line = "failed   cannot use the access key in 1Password item 'AWS Access Key': the access key id holds white space or other characters that no key has";
    machine.expect(&[], &[], [SERIAL, 0], &[line]);
}

#[test]
fn the_mfa_serial() {
    let none = "failed   MFA serial: neither field 'mfa serial' of the item nor mfa_serial of profile 'default' is set; put the ARN of the device into the field";
    let bad = "failed   MFA serial: expected an ARN such as arn:aws:iam::123456789012:mfa/name, or the number of a device";
    for (value, line) in [
        ("", none),
        ("alice", bad),
        (
            "GAHT12345678",
            "ok       MFA serial: the number of a device",
        ),
    ] {
        let machine = Machine::new();
        machine
            .sandbox
            .change_field("mfa serial", |field| field["value"] = json!(value));
        machine.expect(&[], &[], [SERIAL, 1], &[line]);
    }
    let machine = Machine::new();
    machine.expect(
        &["--mfa-serial", "GAHT12345678"],
        &[],
        [SERIAL, 1],
        &["ok       MFA serial: the number of a device"],
    );
    add(&machine, "mfa serial");
    let line = "failed   cannot read field 'mfa serial' of 1Password item 'AWS Access Key': it is there 2 times (section 'add more', id d6zlqxjv6i4dwlmv3fdmpcyo2u; section 'AWS', id copy); name one by SECTION.FIELD or id with --mfa-serial-field";
    machine.expect(&[], &[], [SERIAL, 1], &[line]);
}

#[test]
fn an_mfa_serial_may_lie_in_the_config() {
    let machine = Machine::new();
    machine
        .sandbox
        .change_field("mfa serial", |field| field["value"] = json!(""));
    let config = fs::read_to_string(machine.sandbox.path("home/.aws/config")).expect("a config");
    machine.sandbox.write_text(
        "home/.aws/config",
        &format!("{config}[profile mine]\nmfa_serial = GAHT12345678\nregion = eu-central-1\n"),
    );
    machine.expect(
        &["--profile", "mine"],
        &[],
        [SERIAL, 1],
        &["ok       MFA serial: the number of a device"],
    );
}

#[test]
fn no_one_time_password() {
    let machine = Machine::new();
    machine
        .sandbox
        .change_field("one-time password", |field| field["value"] = json!(""));
    let line = "warning  one-time password: the item has none; add it, or type the code at each new session";
    machine.expect(&[], &[], [CODE, 1], &[line]);
}

#[test]
fn a_one_time_password_that_gives_no_six_digits() {
    let machine = Machine::new();
    machine.sandbox.change_field("one-time password", |field| {
        field["value"] = json!("no seed");
    });
    let line = "failed   cannot get a one-time password from 1Password item 'AWS Access Key': `op item get` said: item \"AWS Access Key\": the one-time password can't be computed from its secret";
    machine.expect(&[], &[], [CODE, 1], &[line]);
    assert!(machine.sandbox.calls().contains(&OTP.to_owned()));
}

#[test]
fn the_cache_field() {
    let machine = Machine::new();
    add(&machine, "session_cache");
    let line = "warning  cache field 'session_cache': there 2 times (section 'add more', id w5yd4rlqhbbcjqe2sxnu3cbhty; section 'AWS', id copy); remove all but one";
    let unreadable = "warning  cached session: the cache field holds something else; `get-1password-creds clear` empties it";
    machine.expect(&[], &[], [CACHE, 2], &[line, unreadable]);
    let machine = Machine::new();
    machine
        .sandbox
        .change_field("session_cache", |field| field["type"] = json!("STRING"));
    let line = "warning  cache field 'session_cache': shown in plain; make it a password field";
    machine.expect(&[], &[], [CACHE, 1], &[line]);
    let line = "ok       cache field 'other': not there yet; the next run makes it";
    machine.expect(&["--cache-field", "other"], &[], [CACHE, 1], &[line]);
}

#[test]
fn a_cached_session() {
    let fresh = base64(&session_json(FAR_FUTURE));
    let over = base64(&session_json("2020-01-01T00:00:00Z"));
    let mut foreign = session_json(FAR_FUTURE);
    foreign["MintedFrom"] = minted_from("AKIAI44QH8DHBEXAMPLE", "GAHT12345678");
    let cases = [
        (
            base64(&foreign),
            "ok       cached session: it is from another key or device than the item's; the next run gets one",
        ),
        (
            fresh,
            "ok       cached session: good until 3000-01-01 08:59:59 +09:00",
        ),
        (
            over,
            "ok       cached session: it has expired; the next run gets one",
        ),
    ];
    for (cache, line) in cases {
        let machine = Machine::new();
        machine.sandbox.set_cache(&cache);
        machine.expect(&[], &[("TZ", "JST-9")], [SESSION, 1], &[line]);
    }
}

#[test]
fn without_sessions_only_the_key_matters() {
    Machine::new().expect(&["--no-session"], &[], [SERIAL, 4], &[]);
}

#[test]
fn no_aws() {
    let line = "failed   cannot find `no-such-aws` on PATH or in the usual places; install the AWS CLI, or pass --aws with its path";
    Machine::new().expect(&["--aws", "no-such-aws"], &[], [AWS, 2], &[line]);
}

#[test]
fn an_aws_that_does_not_run() {
    let cases = [
        (
            json!({ "call": "--version", "stdout": "\n" }),
            "`aws --version` names no version",
        ),
        (
            json!({ "call": "--version", "exit": 1, "stderr": "ModuleNotFoundError: awscli\n" }),
            "`aws --version` said: ModuleNotFoundError: awscli",
        ),
    ];
    for (mishap, line) in cases {
        let machine = Machine::new();
        machine.sandbox.mishap("aws", &mishap);
        machine.expect(&[], &[], [AWS, 2], &[&format!("failed   {line}")]);
    }
}

#[test]
fn a_clock_that_is_off() {
    // Until STS has answered seconds may pass.
    for (offset, way) in [("630", "behind"), ("-630", "ahead of")] {
        let machine = Machine::new();
        machine.sandbox.write_text("standin/clock", offset);
        let outcome = machine.sandbox.run(&["doctor"]);
        let mut lines = outcome.stdout.lines();
        let line = lines.find(|line| line.starts_with("failed   clock: 10 min "));
        let line = line.expect("a clock");
        let end = format!(" s {way} STS's, so that one-time passwords are refused; set it");
        assert!(line.ends_with(&end), "{line}");
        let expected = machine
            .lines()
            .concat()
            .replace("ok       clock: as STS's", line);
        assert_eq!((outcome.status, outcome.stdout), (Some(1), expected));
    }
}

#[test]
fn sts_cannot_be_reached() {
    let machine = Machine::new();
    let stderr = "2026-11-20 22:15:28,846 - MainThread - botocore.endpoint - DEBUG - secret\n\nCould not connect\n";
    machine.sandbox.mishap(
        "aws",
        &json!({ "call": "sts get-caller-identity", "exit": 255, "stderr": stderr }),
    );
    let line = "warning  clock: STS wasn't reached to compare it with; check the network, the proxy and the region";
    machine.expect(&[], &[], [CLOCK, 1], &[line]);
}

#[test]
fn no_line_in_the_config() {
    let machine = Machine::new();
    machine.configure("/usr/bin/get-1password-creds.sh", "");
    let line = format!(
        "warning  AWS config: no credential_process in {} runs this program; `get-1password-creds setup` prints one",
        machine.path("home/.aws/config")
    );
    machine.expect(&[], &[], [PROFILE, 1], &[&line]);
}

#[test]
fn a_line_that_not_every_client_takes() {
    let missing =
        "runs '/no/such/get-1password-creds', which isn't there; write the path of this program";
    let quotes = "has quotes or backslashes, which awsume takes as they are; write it without, and name the item by its id";
    let home = "begins with ~, which the AWS CLI takes as it is; write the absolute path";
    let relative = "has no absolute path; write one, since clients look in different places";
    let in_quotes = format!("\"{PROGRAM}\"");
    let spaced = format!("{PROGRAM} --item \"AWS Access Key\"");
    let cases = [
        (in_quotes.as_str(), quotes),
        (&spaced, quotes),
        ("~/bin/get-1password-creds", home),
        ("get-1password-creds", relative),
        ("bin/get-1password-creds", relative),
        ("/no/such/get-1password-creds --margin 16m", missing),
    ];
    for (line, fault) in cases {
        let machine = Machine::new();
        machine.configure(line, "");
        let expected = format!("failed   profile 'default': its credential_process {fault}");
        machine.expect(&[], &[], [PROFILE, 1], &[&expected]);
    }
}

#[test]
fn static_keys_in_the_credentials_file() {
    let machine = Machine::new();
    machine.sandbox.write_text(
        "home/.aws/credentials",
        "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n",
    );
    let line = "failed   profile 'default': aws_access_key_id in ~/.aws/credentials goes before credential_process; take it out";
    machine.expect(&[], &[], [PROFILE, 1], &[line]);
}

#[test]
fn what_beats_the_line_in_its_own_profile() {
    for name in [
        "aws_access_key_id",
        "login_session",
        "role_arn",
        "sso_account_id",
        "sso_session",
        "sso_start_url",
    ] {
        let machine = Machine::new();
        machine.configure(&format!("{PROGRAM}\n{name} = x"), "[sso-session x]");
        let line = format!(
            "failed   profile 'default': {name} in ~/.aws/config goes before credential_process; take it out"
        );
        machine.expect(&[], &[], [PROFILE, 1], &[&line]);
    }
}

#[test]
fn a_section_that_the_profile_names_and_that_is_not_there() {
    let machine = Machine::new();
    machine.configure(&format!("{PROGRAM}\nservices = local"), "");
    let line = "failed   profile 'default': services is 'local', and there is no [services local]; add the section, or take the setting out";
    machine.expect(&[], &[], [PROFILE, 1], &[line]);
    machine.configure(&format!("{PROGRAM}\nservices = local"), "[services local]");
    machine.expect(&[], &[], [0, 0], &[]);
}

#[test]
fn a_file_that_cannot_be_parsed() {
    for (file, text, line) in [
        (
            "config",
            "[default]\nregion = eu-central-1\n[default]\n".to_owned(),
            3,
        ),
        (
            "config",
            "\u{feff}[default]\nregion = eu-central-1\n".to_owned(),
            1,
        ),
        ("credentials", "[default]\na = b\nnonsense\n".to_owned(), 3),
    ] {
        let machine = Machine::new();
        machine
            .sandbox
            .write_text(&format!("home/.aws/{file}"), &text);
        let line = format!(
            "failed   cannot parse {}: line {line} is neither a section, a setting of a section nor the first of its name; mend the file",
            machine.path(&format!("home/.aws/{file}"))
        );
        let output = machine.sandbox.run(&["doctor"]).stdout;
        let failed: Vec<&str> = output
            .lines()
            .filter(|line| line.starts_with("failed"))
            .collect();
        assert_eq!(failed, [line]);
    }
}

/// Each is a spelling that the AWS CLI takes.
#[test]
fn a_line_is_found_however_it_is_spelled() {
    for spelling in [
        "[profile  default]\n  credential_process:PROGRAM\n  region: eu-central-1\n",
        "[profile \"default\"] # mine\r\nCredential_Process = PROGRAM\r\nregion=eu-central-1",
        "[DEFAULT]\nregion = eu-central-1\n[default]\ncredential_process=PROGRAM\n",
        "[default]\nregion = x\n[profile default]\nregion = eu-central-1\ncredential_process = PROGRAM\n",
    ] {
        let machine = Machine::new();
        let text = spelling.replace("PROGRAM", PROGRAM);
        machine.sandbox.write_text("home/.aws/config", &text);
        machine.expect(&[], &[], [0, 0], &[]);
    }
}

#[test]
fn the_files_lie_where_the_aws_cli_looks() {
    let machine = Machine::new();
    let config = fs::read_to_string(machine.sandbox.path("home/.aws/config")).expect("a config");
    fs::remove_file(machine.sandbox.path("home/.aws/config")).expect("a config");
    machine.sandbox.write_text("home/aws-config", &config);
    for place in [
        "~/aws-config",
        "$HOME/aws-config",
        "${HOME}/../home/aws-config",
    ] {
        machine.expect(&[], &[("AWS_CONFIG_FILE", place)], [0, 0], &[]);
    }
}

#[test]
fn an_mfa_serial_on_a_role() {
    let machine = Machine::new();
    machine.configure(PROGRAM, "mfa_serial = arn:aws:iam::123456789012:mfa/alice");
    let line = "failed   profile 'role': mfa_serial makes clients ask for a code, and the session has MFA in it; take it out";
    machine.expect(&[], &[], [PROFILE, 1], &[line]);
}

#[test]
fn a_long_duration_on_a_role() {
    let machine = Machine::new();
    machine.configure(PROGRAM, "duration_seconds = 3601");
    let line = "failed   profile 'role': AWS refuses a duration_seconds above 3600 when a session assumes a role; lower it";
    machine.expect(&[], &[], [PROFILE, 1], &[line]);
    machine.configure(PROGRAM, "duration_seconds = 3600");
    machine.expect(&[], &[], [0, 0], &[]);
}

#[test]
fn a_history_of_the_aws_cli() {
    let machine = Machine::new();
    machine.configure(PROGRAM, "cli_history = enabled");
    let line = "warning  profile 'role': cli_history writes what AWS answers, keys of roles too, to ~/.aws/cli/history; this program's own calls are left out";
    machine.expect(&[], &[], [ENVIRONMENT, 0], &[line]);
}

#[test]
fn keys_in_the_environment() {
    for name in [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
    ] {
        let line = format!(
            "failed   environment: {name} is set, and clients take it first; unset it (`awsume -u`, if awsume set it)"
        );
        Machine::new().expect(&[], &[(name, "x")], [ENVIRONMENT, 1], &[&line]);
    }
    // Clients take an empty one for none.
    let machine = Machine::new();
    machine.expect(&[], &[("AWS_ACCESS_KEY_ID", "")], [0, 0], &[]);
}

#[test]
fn the_plugin_of_1password_on() {
    let places = [
        ("home/.config/op", "HOME", "home"),
        ("xdg/op", "XDG_CONFIG_HOME", "xdg"),
        ("own", "OP_CONFIG_DIR", "own"),
    ];
    for (folder, variable, value) in places {
        for alias in [
            "alias aws=\"op plugin run -- aws\"",
            "aws() { op plugin run -- aws; }",
        ] {
            let machine = Machine::new();
            fs::create_dir_all(machine.sandbox.path(folder)).expect("a folder");
            let file = format!("{folder}/plugins.sh");
            machine.sandbox.write_text(
                &file,
                &format!("export OP_PLUGIN_ALIASES_SOURCED=1\n{alias}\n"),
            );
            let line = format!(
                "failed   1Password's AWS plugin: {} puts it in front of `aws`; run `op plugin clear aws --all`, and take the alias out of the file",
                machine.path(&file)
            );
            machine.expect(
                &[],
                &[(variable, &machine.path(value))],
                [PLUGIN, 1],
                &[&line],
            );
        }
    }
}

#[test]
fn the_plugin_of_1password_for_another_program() {
    let machine = Machine::new();
    fs::create_dir_all(machine.sandbox.path("home/.config/op")).expect("a folder");
    machine.sandbox.write_text(
        "home/.config/op/plugins.sh",
        "alias gh=\"op plugin run -- gh\"\n",
    );
    machine.expect(&[], &[], [0, 0], &[]);
}

#[test]
fn the_plugin_of_awsume() {
    let machine = Machine::new();
    fs::create_dir(machine.sandbox.path("home/.awsume")).expect("a folder");
    machine.sandbox.write_text(
        "home/.awsume/config.yaml",
        "role-duration: 0\n1password:\n  default: x\n",
    );
    let line = "warning  awsume's 1Password plugin: ~/.awsume/config.yaml sets it up, and it uses codes up; uninstall it, and take its part out";
    machine.expect(&[], &[], [AWSUME, 1], &[line]);
}

#[test]
fn a_lock_folder_that_is_no_good() {
    let machine = Machine::new();
    // Whoever runs the tests: of a mode that lets others in, of a file, of nothing at all.
    let folder = format!(
        "run/get-1password-creds-{}",
        rustix::process::getuid().as_raw()
    );
    let folder = machine.sandbox.path(&folder);
    let line = format!(
        "warning  private folder: {} allows none, so runs may not share their answers; see that it can be written, and remove what has the folder's name",
        machine.path("run")
    );
    fs::create_dir(&folder).expect("a folder");
    fs::set_permissions(&folder, Permissions::from_mode(0o755)).expect("a mode");
    machine.expect(&[], &[], [LOCK, 1], &[&line]);
    fs::set_permissions(&folder, Permissions::from_mode(0o700)).expect("a mode");
    machine.expect(&[], &[], [0, 0], &[]);
    fs::remove_dir_all(&folder).expect("a folder");
    fs::write(&folder, "").expect("a file");
    fs::set_permissions(&folder, Permissions::from_mode(0o600)).expect("a mode");
    machine.expect(&[], &[], [LOCK, 1], &[&line]);
    fs::remove_file(&folder).expect("a file");
    fs::remove_dir(machine.sandbox.path("run")).expect("a folder");
    machine.expect(&[], &[], [LOCK, 1], &[&line]);
}

/// Adds a field of this label in a section with the label `AWS`.
fn add(machine: &Machine, label: &str) {
    machine.sandbox.change_item(|item| {
        let section = json!({ "id": "Section_x", "label": "AWS" });
        let copy: Value = json!({ "id": "copy", "label": label, "type": "CONCEALED", "value": "x", "section": section });
        item["fields"].as_array_mut().expect("fields").push(copy);
    });
}
