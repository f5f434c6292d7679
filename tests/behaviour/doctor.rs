//! `doctor`: a healthy machine, and each fault planted in it: that fault is named, with its cure, and nothing else.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use serde_json::{Value, json};

use crate::support::*;

const CALLS: [&str; 6] = [
    "op --version",
    "op account list --format json",
    GET,
    OTP,
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
        let op = format!("op: {op}, version 2.34.1");
        let machine = [
            &format!("aws: {aws}, aws-cli/1.45.11"),
            "clock: agrees with STS",
            "profile 'default': runs this program",
            "environment: no AWS keys",
            "1Password's AWS plugin: off",
            "awsume's 1Password plugin: not set up",
            &format!("private folder: in {run}"),
        ];
        let lines = [&[op.as_str()][..], &ITEM_CHECKS, &machine].concat();
        lines
            .iter()
            .map(|line| format!("ok       {line}\n"))
            .collect()
    }

    /// Expects the healthy lines, with those of a place replaced by `instead`.
    fn expect(&self, args: &[&str], environment: &[(&str, &str)], place: Place, instead: &[&str]) {
        let mut lines = self.lines();
        let instead = instead.iter().map(|line| format!("{line}\n"));
        let find = |name: &str| {
            let start = format!("ok       {name}: ");
            let place = lines.iter().position(|line| line.starts_with(&start));
            place.unwrap_or_else(|| panic!("no check '{name}'"))
        };
        let range = match place {
            Place::Nowhere => 0..0,
            Place::Of(name) => find(name)..find(name) + 1,
            Place::Between(first, last) => find(first)..find(last) + 1,
            Place::Before(name) => find(name)..find(name),
        };
        lines.splice(range, instead);
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

// The names of the checks.
const OP: &str = "op";
const ACCOUNT: &str = "1Password account";
const ITEM: &str = "item";
const KEY_ID: &str = "field 'Access Key ID'";
const SECRET: &str = "field 'Secret Access Key'";
const SERIAL: &str = "MFA serial";
const CODE: &str = "one-time password";
const CACHE: &str = "cache field 'session_cache'";
const SESSION: &str = "cached session";
const AWS: &str = "aws";
const CLOCK: &str = "clock";
const PROFILE: &str = "profile 'default'";
const ENVIRONMENT: &str = "environment";
const PLUGIN: &str = "1Password's AWS plugin";
const AWSUME: &str = "awsume's 1Password plugin";
const FOLDER: &str = "private folder";

/// All that is said of the item.
const WHOLE_ITEM: Place = Place::Between(ITEM, SESSION);

/// Which of the healthy lines aren't there.
#[derive(Clone, Copy)]
enum Place {
    Nowhere,
    Of(&'static str),
    /// From one to another.
    Between(&'static str, &'static str),
    /// None is missing.
    Before(&'static str),
}

#[test]
fn a_healthy_machine_is_all_right() {
    let machine = Machine::new();
    machine.expect(&[], &[], Place::Nowhere, &[]);
    assert_eq!(machine.sandbox.calls(), CALLS);
    // Nothing was made, and no code was used up: the next run gets its session with the code of the moment.
    assert_eq!(machine.sandbox.left_behind(), ["HASH.authorised"]);
    assert_eq!(
        machine.sandbox.run(&[]),
        printed(&machine.sandbox.minted(1))
    );
}

#[test]
fn the_documents_show_a_healthy_machine() {
    let machine = Machine::new();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/commands.md");
    let readme = fs::read_to_string(path).expect("the document");
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
    let line = "failed   cannot find `no-such-op` on PATH or in the usual places; install the 1Password CLI (https://developer.1password.com/docs/cli/get-started), or pass --op with its path";
    Machine::new().expect(
        &["--op", "no-such-op"],
        &[],
        Place::Between(OP, SESSION),
        &[line],
    );
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
        machine.expect(
            &[],
            &[],
            Place::Between(OP, SESSION),
            &[&format!("failed   {line}")],
        );
    }
}

#[test]
fn an_op_of_version_1() {
    let machine = Machine::new();
    let mishap = json!({ "call": "version", "stdout": "1.12.4\n" });
    machine.sandbox.mishap("op", &mishap);
    let op = machine.path("bin/op");
    let line = format!("failed   op: {op}, version 1.12.4; update it to version 2");
    machine.expect(&[], &[], Place::Of(OP), &[&line]);
}

#[test]
fn no_account() {
    let machine = Machine::new();
    let mut vault = machine.sandbox.read("standin/vault.json");
    vault["accounts"] = json!([]);
    machine.sandbox.write("standin/vault.json", &vault);
    let lines = [
        "warning  1Password account: `op` knows no account; turn on 'Integrate with 1Password CLI' in the app's Developer settings, or add an account with `op account add`",
        "failed   cannot read 1Password item 'AWS Access Key': `op item get` said: No accounts configured for use with 1Password CLI; approve 1Password's prompt, if there is one; else turn on 'Integrate with 1Password CLI' in the app's Developer settings, or add an account with `op account add`",
    ];
    machine.expect(&[], &[], Place::Between(ACCOUNT, SESSION), &lines);
}

#[test]
fn accounts_that_cannot_be_listed_while_the_item_can_be_read() {
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
        let line = format!("warning  1Password account: {line}");
        machine.expect(&[], &[], Place::Of(ACCOUNT), &[&line]);
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
    machine.expect(
        &["--vault", "Shared"],
        &variables,
        Place::Between(ACCOUNT, ITEM),
        &lines,
    );
}

#[test]
fn a_wrong_item_name() {
    let line = "failed   cannot read 1Password item 'Nobody': `op item get` said: \"Nobody\" isn't an item. Specify the item with its UUID, name, or domain; pass --item with the item's name or id, as `op item list` shows it, or make it: `get-1password-creds setup --import --item Nobody`";
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
    let line = "failed   cannot read 1Password item 'AWS Access Key': `op item get` said: connecting to desktop app: read: connection reset; on Linux `op` must be the installed one, setgid onepassword-cli; and check that the app's CLI integration is on";
    let setgid = format!(
        "warning  op: {} isn't setgid, so the app may refuse it; install it from 1Password's package",
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
    machine.expect(&[], &variables, Place::Nowhere, &[]);
    machine
        .sandbox
        .moods(&json!({ "op": { "authorisation": "signed out" } }));
    let lines = [
        "failed   cannot read 1Password item 'AWS Access Key': `op item get` said: You are not currently signed in. Please run `op signin --help` for instructions; the OP_SESSION_… variable in the environment is no longer valid: unset it, or sign in again",
        "warning  OP_SESSION_my is set, and may have expired; unset it, or sign in again",
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
    let line = "failed   cannot read field 'Secret Access Key' of 1Password item 'AWS Access Key': it isn't there; add it, or name another field with --secret-key-field";
    machine.expect(&[], &[], Place::Of(SECRET), &[line]);
}

#[test]
fn a_duplicate_field() {
    let machine = Machine::new();
    add(&machine, "Access Key ID");
    let line = "failed   cannot read field 'Access Key ID' of 1Password item 'AWS Access Key': 2 fields match (section 'add more', id ttvqslmnr3ugxxlm65sjy7cl5a; section 'AWS', id copy); choose one as SECTION.FIELD or by id with --access-key-field";
    machine.expect(&[], &[], Place::Of(KEY_ID), &[line]);
}

#[test]
fn an_empty_key() {
    let machine = Machine::new();
    machine
        .sandbox
        .change_field("Access Key ID", |field| field["value"] = json!(""));
    let line = "failed   cannot read field 'Access Key ID' of 1Password item 'AWS Access Key': it is empty; fill it in";
    machine.expect(&[], &[], Place::Of(KEY_ID), &[line]);
}

#[test]
fn a_key_that_is_none() {
    let machine = Machine::new();
    machine
        .sandbox
        .change_field("Access Key ID", |field| field["value"] = json!("AKIA IOSF"));
    let line = "failed   cannot use the access key in 1Password item 'AWS Access Key': the access key id holds white space or other characters that no key has";
    machine.expect(&[], &[], Place::Before(SERIAL), &[line]);
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
        machine.expect(&[], &[], Place::Of(SERIAL), &[line]);
    }
    let machine = Machine::new();
    machine.expect(
        &["--mfa-serial", "GAHT12345678"],
        &[],
        Place::Of(SERIAL),
        &["ok       MFA serial: the number of a device"],
    );
    add(&machine, "mfa serial");
    let line = "failed   cannot read field 'mfa serial' of 1Password item 'AWS Access Key': 2 fields match (section 'add more', id d6zlqxjv6i4dwlmv3fdmpcyo2u; section 'AWS', id copy); choose one as SECTION.FIELD or by id with --mfa-serial-field";
    machine.expect(&[], &[], Place::Of(SERIAL), &[line]);
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
        Place::Of(SERIAL),
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
    machine.expect(&[], &[], Place::Of(CODE), &[line]);
}

#[test]
fn a_one_time_password_that_gives_no_six_digits() {
    let machine = Machine::new();
    machine.sandbox.change_field("one-time password", |field| {
        field["value"] = json!("no seed");
    });
    let line = "failed   cannot get a one-time password from 1Password item 'AWS Access Key': `op item get` said: item \"AWS Access Key\": the one-time password can't be computed from its secret";
    machine.expect(&[], &[], Place::Of(CODE), &[line]);
    assert!(machine.sandbox.calls().contains(&OTP.to_owned()));
}

#[test]
fn the_cache_field() {
    let machine = Machine::new();
    add(&machine, "session_cache");
    let line = "warning  cache field 'session_cache': there 2 times (section 'add more', id w5yd4rlqhbbcjqe2sxnu3cbhty; section 'AWS', id copy); remove all but one";
    let unreadable = "warning  cached session: the cache field holds no readable session; `get-1password-creds clear` empties it";
    machine.expect(
        &[],
        &[],
        Place::Between(CACHE, SESSION),
        &[line, unreadable],
    );
    let machine = Machine::new();
    machine
        .sandbox
        .change_field("session_cache", |field| field["type"] = json!("STRING"));
    let line =
        "warning  cache field 'session_cache': shown in plain text; make it a password field";
    machine.expect(&[], &[], Place::Of(CACHE), &[line]);
    let line = "ok       cache field 'other': not there yet; the next run makes it";
    machine.expect(&["--cache-field", "other"], &[], Place::Of(CACHE), &[line]);
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
        machine.expect(&[], &[("TZ", "JST-9")], Place::Of(SESSION), &[line]);
    }
}

#[test]
fn without_sessions_only_the_key_matters() {
    Machine::new().expect(&["--no-session"], &[], Place::Between(SERIAL, CLOCK), &[]);
}

#[test]
fn no_aws() {
    let line = "failed   cannot find `no-such-aws` on PATH or in the usual places; install the AWS CLI (https://aws.amazon.com/cli/), or pass --aws with its path";
    Machine::new().expect(
        &["--aws", "no-such-aws"],
        &[],
        Place::Between(AWS, CLOCK),
        &[line],
    );
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
        machine.expect(
            &[],
            &[],
            Place::Between(AWS, CLOCK),
            &[&format!("failed   {line}")],
        );
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
        let end = format!(" s {way} STS's, so one-time passwords are refused; set it");
        assert!(line.ends_with(&end), "{line}");
        let expected = machine
            .lines()
            .concat()
            .replace("ok       clock: agrees with STS", line);
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
    machine.expect(&[], &[], Place::Of(CLOCK), &[line]);
}

#[test]
fn no_line_in_the_config() {
    let machine = Machine::new();
    machine.configure("/usr/bin/get-1password-creds.sh", "");
    let line = format!(
        "warning  AWS config: no credential_process in {} runs this program; `get-1password-creds setup` prints one",
        machine.path("home/.aws/config")
    );
    machine.expect(&[], &[], Place::Of(PROFILE), &[&line]);
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
        machine.expect(&[], &[], Place::Of(PROFILE), &[&expected]);
    }
}

#[test]
fn static_keys_on_the_disk() {
    let machine = Machine::new();
    let keys = |profile: &str, id: &str| {
        format!("[{profile}]\naws_access_key_id = {id}\naws_secret_access_key = x\n")
    };
    let credentials = |text: &str| machine.sandbox.write_text("home/.aws/credentials", text);
    let line = |cure: &str| {
        format!(
            "failed   profile 'default': aws_access_key_id in ~/.aws/credentials goes before credential_process; {cure}"
        )
    };
    let (own, other) = ("AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE");
    credentials(&keys("default", other));
    machine.expect(&[], &[], Place::Of(PROFILE), &[&line("take it out")]);
    credentials(&keys("default", own));
    let cure = "it is the key of the item: remove these two lines";
    machine.expect(&[], &[], Place::Of(PROFILE), &[&line(cure)]);
    credentials(&keys("other", other));
    machine.expect(&[], &[], Place::Nowhere, &[]);
    // In whatever profile: it is the key that is on the disk.
    credentials(&keys("other", own));
    let copy = "warning  profile 'other': aws_access_key_id in ~/.aws/credentials is the key of the item: remove these two lines";
    machine.expect(&[], &[], Place::Before(PROFILE), &[copy]);
    // Before it is set up, too.
    machine.configure("/bin/other", "");
    let none = format!(
        "warning  AWS config: no credential_process in {} runs this program; `get-1password-creds setup` prints one",
        machine.path("home/.aws/config")
    );
    machine.expect(&[], &[], Place::Of(PROFILE), &[&none, copy]);
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
        machine.expect(&[], &[], Place::Of(PROFILE), &[&line]);
    }
}

#[test]
fn a_section_that_the_profile_names_and_that_is_not_there() {
    let machine = Machine::new();
    machine.configure(&format!("{PROGRAM}\nservices = local"), "");
    let line = "failed   profile 'default': services is 'local', and there is no [services local]; add the section, or take the setting out";
    machine.expect(&[], &[], Place::Of(PROFILE), &[line]);
    machine.configure(&format!("{PROGRAM}\nservices = local"), "[services local]");
    machine.expect(&[], &[], Place::Nowhere, &[]);
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
            "failed   cannot parse {}: line {line} is neither a section nor a setting, or its name is already used; correct the file",
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
        machine.expect(&[], &[], Place::Nowhere, &[]);
    }
}

#[test]
fn the_files_lie_where_the_aws_cli_looks() {
    let machine = Machine::new();
    let config = fs::read_to_string(machine.sandbox.path("home/.aws/config")).expect("a config");
    fs::remove_file(machine.sandbox.path("home/.aws/config")).expect("a config");
    machine.sandbox.write_text("home/aws-config", &config);
    machine.sandbox.write_text("cwd/~aws-config", &config);
    for place in [
        "~/aws-config",
        "~aws-config",
        "$HOME/aws-config",
        "${HOME}/../home/aws-config",
    ] {
        machine.expect(&[], &[("AWS_CONFIG_FILE", place)], Place::Nowhere, &[]);
    }
}

#[test]
fn an_mfa_serial_on_a_role() {
    let machine = Machine::new();
    machine.configure(PROGRAM, "mfa_serial = arn:aws:iam::123456789012:mfa/alice");
    let line = "failed   profile 'role': mfa_serial makes clients ask for a code, and the session has MFA in it; take it out";
    machine.expect(&[], &[], Place::Of(PROFILE), &[line]);
}

#[test]
fn a_long_duration_on_a_role() {
    let machine = Machine::new();
    machine.configure(PROGRAM, "duration_seconds = 3601");
    let line = "failed   profile 'role': AWS refuses a duration_seconds above 3600 when a session assumes a role; lower it";
    machine.expect(&[], &[], Place::Of(PROFILE), &[line]);
    machine.configure(PROGRAM, "duration_seconds = 3600");
    machine.expect(&[], &[], Place::Nowhere, &[]);
}

#[test]
fn a_history_of_the_aws_cli() {
    let machine = Machine::new();
    machine.configure(PROGRAM, "cli_history = enabled");
    let line = "warning  profile 'role': cli_history writes what AWS answers, keys of roles too, to ~/.aws/cli/history; this program's own calls are left out";
    machine.expect(&[], &[], Place::Before(ENVIRONMENT), &[line]);
}

#[test]
fn keys_in_the_environment() {
    for name in ["AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE"] {
        let line = format!(
            "failed   environment: {name} is set, and clients take it first; unset it (`awsume -u`, if awsume set it)"
        );
        Machine::new().expect(&[], &[(name, "x")], Place::Of(ENVIRONMENT), &[&line]);
    }
    // Without a key id clients pass them over.
    for name in ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        let line = format!(
            "warning  environment: {name} is set, and of no use without AWS_ACCESS_KEY_ID; unset it"
        );
        Machine::new().expect(&[], &[(name, "x")], Place::Of(ENVIRONMENT), &[&line]);
    }
    // Clients take an empty one for none.
    let machine = Machine::new();
    machine.expect(&[], &[("AWS_ACCESS_KEY_ID", "")], Place::Nowhere, &[]);
}

#[test]
fn a_profile_in_the_environment_that_is_not_there() {
    for (name, value) in [
        ("AWS_PROFILE", "nowhere"),
        ("AWS_PROFILE", ""),
        ("AWS_DEFAULT_PROFILE", "nowhere"),
    ] {
        let line = format!(
            "failed   environment: {name} is '{value}', and there is no such profile; unset it, or name another one"
        );
        Machine::new().expect(&[], &[(name, value)], Place::Of(ENVIRONMENT), &[&line]);
    }
    Machine::new().expect(&[], &[("AWS_PROFILE", "role")], Place::Nowhere, &[]);
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
                Place::Of(PLUGIN),
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
    machine.expect(&[], &[], Place::Nowhere, &[]);
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
    machine.expect(&[], &[], Place::Of(AWSUME), &[line]);
}

#[test]
fn a_lock_folder_that_is_no_good() {
    let machine = Machine::new();
    // Whoever runs the tests: of a mode that lets others in, of a file, of nothing at all.
    let folder = format!("run/get-1password-creds-{}", nix::unistd::getuid().as_raw());
    let folder = machine.sandbox.path(&folder);
    let line = format!(
        "warning  private folder: {} allows none, so runs may not share their answers; see that it can be written, and remove what has the folder's name",
        machine.path("run")
    );
    fs::create_dir(&folder).expect("a folder");
    fs::set_permissions(&folder, Permissions::from_mode(0o755)).expect("a mode");
    machine.expect(&[], &[], Place::Of(FOLDER), &[&line]);
    fs::set_permissions(&folder, Permissions::from_mode(0o700)).expect("a mode");
    machine.expect(&[], &[], Place::Nowhere, &[]);
    fs::remove_dir_all(&folder).expect("a folder");
    fs::write(&folder, "").expect("a file");
    fs::set_permissions(&folder, Permissions::from_mode(0o600)).expect("a mode");
    machine.expect(&[], &[], Place::Of(FOLDER), &[&line]);
    fs::remove_file(&folder).expect("a file");
    fs::remove_dir(machine.sandbox.path("run")).expect("a folder");
    machine.expect(&[], &[], Place::Of(FOLDER), &[&line]);
}

/// Expects one line of the healthy ones to be another after a change of the item.
fn expect_of_item(change: impl FnOnce(&mut Value), place: Place, line: &str) {
    let machine = Machine::new();
    machine.sandbox.change_item(change);
    machine.expect(&[], &[], place, &[line]);
}

#[test]
fn accounts_of_one_address_are_told_apart() {
    let machine = Machine::new();
    let account = |email: &str, id: &str| json!({ "url": "my.1password.com", "email": email, "user_uuid": "U", "account_uuid": id });
    let other = json!({ "url": "team.1password.com", "email": "a@example.com", "user_uuid": "U", "account_uuid": "C" });
    let answer = json!([
        account("a@example.com", "A"),
        account("b@example.com", "B"),
        other
    ]);
    machine.sandbox.mishap(
        "op",
        &json!({ "call": "account list", "stdout": answer.to_string() }),
    );
    let line = "ok       1Password account: my.1password.com (a@example.com, --account A), my.1password.com (b@example.com, --account B), team.1password.com";
    machine.expect(&[], &[], Place::Of(ACCOUNT), &[line]);
}

#[test]
fn the_code_that_came_with_the_item_does_not_show_that_one_can_be_fetched() {
    let machine = Machine::new();
    let stderr = "[ERROR] 2026/08/14 04:07:09 (500) Internal Server Error: Something went wrong.\n";
    machine.sandbox.mishap(
        "op",
        &json!({ "call": "item get --otp", "exit": 1, "stderr": stderr }),
    );
    let line = "failed   cannot get a one-time password from 1Password item 'AWS Access Key': `op item get` said: (500) Internal Server Error: Something went wrong";
    machine.expect(&[], &[], Place::Of(CODE), &[line]);
}

#[test]
fn one_time_passwords_that_aws_takes_none_of() {
    for (parameter, fault) in [
        ("algorithm=SHA256", "it isn't by SHA1"),
        ("digits=8", "it hasn't six digits"),
        ("period=60", "its codes don't change every 30 s"),
    ] {
        let uri = format!("otpauth://totp/AWS:alice?secret=GEZDGNBVGY3TQOJQ&{parameter}");
        let line = format!(
            "failed   one-time password: {fault}, and AWS takes codes by SHA1, of six digits and 30 s, alone; add the secret that AWS shows for the device"
        );
        let change = |item: &mut Value| field_mut(item, "one-time password")["value"] = json!(uri);
        expect_of_item(change, Place::Of(CODE), &line);
    }
    let machine = Machine::new();
    let uri = "otpauth://totp/AWS:alice?secret=GEZDGNBVGY3TQOJQ&algorithm=sha1&digits=6&period=30";
    machine
        .sandbox
        .change_field("one-time password", |field| field["value"] = json!(uri));
    machine.expect(&[], &[], Place::Nowhere, &[]);
}

#[test]
fn a_one_time_password_in_a_field_of_another_type() {
    let line = "warning  one-time password: field 'one-time password' holds its secret, but isn't of the type one-time password, so 1Password makes no codes; add it as such";
    for (kind, value) in [
        ("STRING", "otpauth://totp/AWS:alice?secret=GEZDGNBVGY3TQOJQ"),
        ("CONCEALED", "GEZD GNBV GY3T QOJQ"),
    ] {
        let change = |item: &mut Value| {
            let field = field_mut(item, "one-time password");
            field["type"] = json!(kind);
            field["value"] = json!(value);
        };
        expect_of_item(change, Place::Of(CODE), line);
    }
}

#[test]
fn a_key_that_is_in_the_wrong_fields() {
    let swapped = "failed   access key: the key id is in the field of the secret, and the secret in that of the key id; swap them";
    let change = |item: &mut Value| {
        let id = field_mut(item, "Access Key ID")["value"].take();
        let secret = field_mut(item, "Secret Access Key")["value"].take();
        field_mut(item, "Access Key ID")["value"] = secret;
        field_mut(item, "Secret Access Key")["value"] = id;
    };
    expect_of_item(change, Place::Before(SERIAL), swapped);
    let twice = "failed   access key: a key id is in the field of the secret, too; put the secret access key into it";
    let change = |item: &mut Value| {
        let id = field_mut(item, "Access Key ID")["value"].clone();
        field_mut(item, "Secret Access Key")["value"] = id;
    };
    expect_of_item(change, Place::Before(SERIAL), twice);
    let of_session = "failed   access key: it is that of a session, by its key id, ASIA…; put the user's long-lived key, AKIA…, into the item";
    let change = |item: &mut Value| {
        field_mut(item, "Access Key ID")["value"] = json!("ASIAIOSFODNN7EXAMPLE");
    };
    expect_of_item(change, Place::Before(SERIAL), of_session);
}

#[test]
fn a_label_that_nearly_fits() {
    let rename = |old: &'static str, new: &'static str| {
        move |item: &mut Value| field_mut(item, old)["label"] = json!(new)
    };
    let lacks = |name: &str, flag: &str, other: &str| {
        format!(
            "failed   cannot read field '{name}' of 1Password item 'AWS Access Key': it isn't there; add it, or name another field with {flag}; is it '{other}'?"
        )
    };
    let line = lacks("Access Key ID", "--access-key-field", "aws_access_key_id");
    expect_of_item(
        rename("Access Key ID", "aws_access_key_id"),
        Place::Of(KEY_ID),
        &line,
    );
    let line = lacks("Secret Access Key", "--secret-key-field", "geheim");
    expect_of_item(
        rename("Secret Access Key", "geheim"),
        Place::Of(SECRET),
        &line,
    );
    let line = "failed   MFA serial: neither field 'mfa serial' of the item nor mfa_serial of profile 'default' is set; put the ARN of the device into the field; is it 'device'?";
    expect_of_item(rename("mfa serial", "device"), Place::Of(SERIAL), line);
    let renamed_beside_a_role = |item: &mut Value| {
        let role = json!({ "id": "role", "type": "STRING", "label": "role", "value": "arn:aws:iam::210987654321:role/admin" });
        rename("mfa serial", "device")(item);
        item["fields"]
            .as_array_mut()
            .expect("fields")
            .insert(0, role);
    };
    expect_of_item(renamed_beside_a_role, Place::Of(SERIAL), line);
    let line = "warning  cache field 'session_cache': not there yet, and the next run makes it; if 'session-cache' is meant, rename that, or pass --cache-field";
    expect_of_item(
        rename("session_cache", "session-cache"),
        Place::Of(CACHE),
        line,
    );
}

#[test]
fn a_device_that_makes_no_codes() {
    let line = "failed   MFA serial: it is that of a passkey or a security key, which makes no one-time passwords; expected one of a virtual or hardware device";
    let change = |item: &mut Value| {
        field_mut(item, "mfa serial")["value"] =
            json!("arn:aws:iam::123456789012:u2f/user/alice/key-ABC");
    };
    expect_of_item(change, Place::Of(SERIAL), line);
}

#[test]
fn a_device_of_another_partition_than_the_region() {
    let machine = Machine::new();
    let line = "failed   MFA serial: it is of the partition aws, and region cn-north-1 is of aws-cn; set a region of aws";
    machine.expect(
        &[],
        &[("AWS_REGION", "cn-north-1")],
        Place::Of(SERIAL),
        &[line],
    );
    machine.sandbox.change_field("mfa serial", |field| {
        field["value"] = json!("arn:aws-us-gov:iam::123456789012:mfa/alice");
    });
    machine.expect(&[], &[("AWS_REGION", "us-gov-west-1")], Place::Nowhere, &[]);
    let line = "failed   MFA serial: it is of the partition aws-us-gov, and region eu-central-1 is of aws; set a region of aws-us-gov";
    machine.expect(&[], &[], Place::Of(SERIAL), &[line]);
}

#[test]
fn no_region() {
    let machine = Machine::new();
    let config = format!("[default]\ncredential_process = {PROGRAM}\n");
    machine.sandbox.write_text("home/.aws/config", &config);
    let line = "warning  profile 'default': neither it nor AWS_REGION names a region, which most of AWS's services need; add region = … beside its line";
    machine.expect(&[], &[], Place::Of(PROFILE), &[line]);
    machine.expect(
        &[],
        &[("AWS_DEFAULT_REGION", "eu-central-1")],
        Place::Nowhere,
        &[],
    );
    machine.sandbox.write_text(
        "home/.aws/config",
        &format!("{config}endpoint_url = http://127.0.0.1:1\n"),
    );
    let endpoint = "failed   profile 'default': it has an endpoint_url and no region, without which the AWS CLI can't sign; add region = … to the profile";
    machine.expect(&[], &[], Place::Between(CLOCK, PROFILE), &[endpoint, line]);
}

#[test]
fn an_odd_timestamp_format() {
    let machine = Machine::new();
    for (format, version, is_known) in [
        ("iso8601", 2, true),
        ("wire", 1, true),
        ("none", 1, true),
        ("none", 2, false),
        ("rfc822", 1, false),
    ] {
        machine
            .sandbox
            .moods(&json!({ "aws": { "version": version } }));
        machine.configure(&format!("{PROGRAM}\ncli_timestamp_format = {format}"), "");
        let line = format!(
            "failed   profile 'default': its cli_timestamp_format is '{format}', for which the AWS CLI fails; set it to iso8601, or take it out\n"
        );
        let outcome = machine.sandbox.run(&["doctor"]);
        assert_eq!(
            outcome.status,
            Some(i32::from(!is_known)),
            "{}",
            outcome.stdout
        );
        assert_eq!(
            outcome.stdout.contains(&line),
            !is_known,
            "{}",
            outcome.stdout
        );
    }
}

#[test]
fn a_profile_that_is_not_there() {
    let line = "failed   cannot read 'region' of profile 'nowhere' in the AWS config: The config profile (nowhere) could not be found; name a profile that is in ~/.aws/config";
    Machine::new().expect(&["--profile", "nowhere"], &[], Place::Of(CLOCK), &[line]);
}

#[test]
fn without_sessions_no_aws_is_needed() {
    let args = ["--no-session", "--aws", "no-such-aws"];
    Machine::new().expect(&args, &[], Place::Between(SERIAL, CLOCK), &[]);
}

#[test]
#[cfg(target_os = "linux")]
fn an_op_whose_setgid_has_no_effect() {
    let machine = Machine::new();
    let op = machine.sandbox.path("bin/op");
    let real = fs::canonicalize(&op).expect("the stand-in");
    machine.sandbox.copy_program(&real, "bin/op");
    fs::set_permissions(&op, Permissions::from_mode(0o2755)).expect("a mode");
    let stderr = "[ERROR] 2026/08/14 04:07:09 connecting to desktop app: read: connection reset\n";
    machine.sandbox.mishap(
        "op",
        &json!({ "call": "item get", "exit": 1, "stderr": stderr }),
    );
    let Ok(setpriv) = which::which("setpriv") else {
        return;
    };
    let report = || {
        let mut command = std::process::Command::new(&setpriv);
        machine.sandbox.enter(&mut command);
        command.args(["--no-new-privs", PROGRAM, "doctor"]);
        outcome(&command.output().expect("a run")).stdout
    };
    let line = format!(
        "warning  op: {} is setgid, which has no effect for what is started here (no_new_privs), so the app may refuse it; run it outside of the sandbox or service\n",
        op.display()
    );
    let stdout = report();
    assert!(stdout.contains(&line), "{stdout}");
    // Another failure has another reason.
    let stderr = "[ERROR] 2026/08/14 04:07:09 network is unreachable\n";
    let mishap = json!({ "call": "item get", "exit": 1, "stderr": stderr });
    machine.sandbox.mishap("op", &mishap);
    let stdout = report();
    assert!(!stdout.contains("setgid"), "{stdout}");
}

#[test]
fn a_prompt_on_the_screen_of_another_machine() {
    let line = "warning  SSH_CONNECTION is set: 1Password's prompt is on the screen of this machine, not on yours; approve it there, or use a service account\n";
    for mishap in [
        json!({ "call": "item get", "exit": 1, "stderr": "[ERROR] 2026/08/14 04:07:09 authorization timeout\n" }),
        json!({ "call": "item get", "hang": true }),
    ] {
        let machine = Machine::new();
        machine.sandbox.mishap("op", &mishap);
        let mut command = machine.sandbox.command(&["doctor", "--timeout", "3s"]);
        let outcome = outcome(
            &command
                .env("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22")
                .output()
                .expect("a run"),
        );
        assert!(outcome.stdout.contains(line), "{}", outcome.stdout);
    }
    let machine = Machine::new();
    let failure = "[ERROR] 2026/08/14 04:07:09 network is unreachable\n";
    let mishap = json!({ "call": "item get", "exit": 1, "stderr": failure });
    machine.sandbox.mishap("op", &mishap);
    let mut command = machine.sandbox.command(&["doctor"]);
    command.env("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22");
    let outcome = outcome(&command.output().expect("a run"));
    assert!(
        outcome
            .stdout
            .contains("failed   cannot read 1Password item"),
        "{}",
        outcome.stdout
    );
    assert!(!outcome.stdout.contains(line), "{}", outcome.stdout);
}

/// What hangs takes its own share of the time, and the rest is checked all the same.
#[test]
fn each_check_has_a_share_of_the_time() {
    let machine = Machine::new();
    machine
        .sandbox
        .moods(&json!({ "op": { "mishaps": [{ "call": "account list", "hang": true }] } }));
    let outcome = machine.sandbox.run(&["doctor", "--timeout", "9s"]);
    let line = "warning  1Password account: `op account list` was not done when its 5 s were over; is the 1Password app busy?\n";
    assert!(outcome.stdout.contains(line), "{}", outcome.stdout);
    assert!(
        outcome.stdout.contains("ok       clock: agrees with STS\n"),
        "{}",
        outcome.stdout
    );
    assert_eq!(outcome.status, Some(0));
}

/// Two lines of one question, one of another, one for a sign-in and one that can't be read.
#[test]
fn the_lines_are_what_is_asked_about() {
    let machine = Machine::new();
    let config = "[default]\nregion = x\ncredential_process = PROGRAM\n[profile b]\nregion = x\ncredential_process = PROGRAM --margin 30s\n\
        [profile c]\nregion = x\ncredential_process = PROGRAM --item Nobody\n[profile d]\nregion = x\ncredential_process = PROGRAM aws-login --profile x\n\
        [profile e]\nregion = x\ncredential_process = PROGRAM --no-such\n";
    setups::configure(&machine.sandbox, config);
    let outcome = machine.sandbox.run(&["doctor"]);
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    let has = |line: &str| assert!(lines.contains(&line), "{line}\n{}", outcome.stdout);
    has("ok       profile 'b', 'default': item: 'AWS Access Key' in vault 'Private'");
    has(
        "failed   profile 'c': cannot read 1Password item 'Nobody': `op item get` said: \"Nobody\" isn't an item. Specify the item with its UUID, name, or domain; pass --item with the item's name or id, as `op item list` shows it, or make it: `get-1password-creds setup --import --item Nobody`",
    );
    has("ok       profile 'c': runs this program");
    has("ok       profile 'd': runs this program");
    has(
        "failed   profile 'e': its credential_process can't be read: unexpected argument '--no-such' found; see `get-1password-creds --help`",
    );
    let calls = machine.sandbox.calls();
    assert_eq!(
        calls,
        [
            &CALLS[..3],
            &CALLS[3..],
            &["op item get Nobody --format json"]
        ]
        .concat()
    );
    // One profile's, by its own line or that behind it.
    machine.sandbox.forget_calls();
    let outcome = machine.sandbox.run(&["doctor", "--profile", "c"]);
    assert_eq!(outcome.status, Some(1));
    assert_eq!(
        machine.sandbox.calls()[2],
        "op item get Nobody --format json"
    );
}

#[test]
fn each_aws_of_a_line_is_named_once() {
    let machine = Machine::new();
    let other = machine.sandbox.path("bin/other-aws");
    symlink(example("aws"), &other).expect("a link");
    let config = "[profile a]\nregion = x\ncredential_process = PROGRAM --no-session --aws other-aws\n\
        [profile b]\nregion = x\ncredential_process = PROGRAM --aws other-aws\n\
        [profile c]\nregion = x\ncredential_process = PROGRAM\n\
        [profile d]\nregion = x\ncredential_process = PROGRAM --duration 1h --aws other-aws\n";
    setups::configure(&machine.sandbox, config);
    let outcome = machine.sandbox.run(&["doctor"]);
    let lines = outcome.stdout.lines();
    let named: Vec<&str> = lines.filter(|line| line.contains(" aws: ")).collect();
    let line = |profile: &str, aws: &str| {
        let aws = machine.path(aws);
        format!("ok       profile '{profile}': aws: {aws}, aws-cli/1.45.11")
    };
    assert_eq!(
        named,
        [line("b", "bin/other-aws"), line("c", "bin/aws")],
        "{}",
        outcome.stdout
    );
}

#[test]
fn a_program_that_cannot_be_executed() {
    let machine = Machine::new();
    machine.sandbox.write_text("bin/get-1password-creds", "");
    let program = machine.path("bin/get-1password-creds");
    fs::set_permissions(&program, Permissions::from_mode(0o644)).expect("a mode");
    machine.configure(&program, "");
    let line = format!(
        "failed   profile 'default': its credential_process runs '{program}', which can't be executed; set its mode, or write the path of this program"
    );
    machine.expect(&[], &[], Place::Of(PROFILE), &[&line]);
}

#[test]
fn live_gets_a_session_and_stores_none() {
    let machine = Machine::new();
    let before = machine.sandbox.item();
    let outcome = machine.sandbox.run(&["doctor", "--live"]);
    let line = "ok       live: STS takes a session, for a one-time password that can't be used again, for arn:aws:iam::123456789012:user/alice\n";
    assert!(outcome.stdout.contains(line), "{}", outcome.stdout);
    assert_eq!(outcome.status, Some(0));
    assert_eq!(
        (machine.sandbox.item(), machine.sandbox.count_minted()),
        (before, 1)
    );
    let outcome = machine.sandbox.run(&["doctor", "--live", "--no-session"]);
    let line =
        "ok       live: STS takes the long-lived key for arn:aws:iam::123456789012:user/alice\n";
    assert!(outcome.stdout.contains(line), "{}", outcome.stdout);
    assert_eq!(machine.sandbox.count_minted(), 1);
}

#[test]
fn live_says_what_looking_does_not_show() {
    let machine = Machine::new();
    let mut account = machine.sandbox.read("standin/account.json");
    account["inactive"] = json!(true);
    machine.sandbox.write("standin/account.json", &account);
    assert_eq!(machine.sandbox.run(&["doctor"]).status, Some(0));
    let outcome = machine.sandbox.run(&["doctor", "--live"]);
    let line = "failed   live: cannot get a session from STS: InvalidClientTokenId: The security token included in the request is invalid; ";
    assert!(outcome.stdout.contains(line), "{}", outcome.stdout);
    assert_eq!(outcome.status, Some(1));
    // Another code would fail in the same way.
    let calls = machine.sandbox.calls();
    assert_eq!(calls.iter().filter(|call| *call == STS).count(), 1);
}

#[test]
fn live_takes_the_code_behind_one_that_was_used() {
    let machine = Machine::new();
    machine.sandbox.set_period(1);
    let used =
        json!({ "call": "sts get-session-token", "stderr": CODE_REFUSED, "exit": 255, "times": 1 });
    machine.sandbox.mishap("aws", &used);
    let outcome = machine.sandbox.run(&["doctor", "--live"]);
    let line = "ok       live: STS takes a session, for a one-time password that can't be used again, for arn:aws:iam::123456789012:user/alice\n";
    assert!(outcome.stdout.contains(line), "{}", outcome.stdout);
    let calls = machine.sandbox.calls();
    assert_eq!(calls.iter().filter(|call| *call == STS).count(), 2);
}

/// Adds a field of this label in a section with the label `AWS`.
fn add(machine: &Machine, label: &str) {
    machine.sandbox.change_item(|item| {
        let section = json!({ "id": "Section_x", "label": "AWS" });
        let copy: Value = json!({ "id": "copy", "label": label, "type": "CONCEALED", "value": "x", "section": section });
        item["fields"].as_array_mut().expect("fields").push(copy);
    });
}
