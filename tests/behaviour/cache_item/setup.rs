//! How the item comes to be: by `setup`, never at credential time.

use serde_json::{Value, json};

use super::*;

const ABSENT: &str = "cannot read 1Password item 'AWS Session': `op item get` said: \"AWS Session\" isn't an item. Specify the item with its UUID, name, or domain; run `get-1password-creds setup --item q3fz5kcv2wjd4hx7mnbtya6rse --cache-item 'AWS Session'`, which makes it";
const CREATE: &str = "op item create - --format json";

/// What `setup` says of a healthy machine, and the option that the line ends in.
fn told(sandbox: &Sandbox, made: &str, option: &str) -> String {
    let op = sandbox.path("bin/op");
    let config = sandbox.path("home/.aws/config");
    format!(
        "ok       op: {}, version 2.34.1\n\
         ok       1Password account: my.1password.com\n\
         ok       item: 'AWS Access Key' in vault 'Private'\n\
         ok       field 'Access Key ID': there, once\n\
         ok       field 'Secret Access Key': there, once\n\
         ok       MFA serial: an ARN\n\
         ok       one-time password: six digits\n\
         {made}ok       cache item: 'AWS Session' in vault 'Private'\n\
         ok       cache field 'session_cache': concealed\n\
         ok       cached session: no session is stored yet; the next run gets one\n\
         \n\
         Put this into {}, or run `setup --write`:\n\
         \n\
         [default]\n\
         credential_process = {PROGRAM} --item q3fz5kcv2wjd4hx7mnbtya6rse --cache-item {option}\n\
         \n\
         The profile has no region, which AWS needs: add region = … to it.\n\
         \n\
         The AWS CLI and boto3 ask again on every call in a session's last 15 minutes.\n\
         If that is too slow for you, add --margin 16m at the end of the line.\n",
        op.display(),
        config.display()
    )
}

#[test]
fn at_credential_time_none_is_made() {
    let sandbox = Sandbox::new();
    for command in [&[][..], &["status"], &["clear"]] {
        sandbox.forget_calls();
        assert_eq!(
            run_untouched(&sandbox, command),
            failed(ABSENT),
            "{command:?}"
        );
        assert_eq!(sandbox.calls(), [first_read(command)], "{command:?}");
    }
    let doctor = run_untouched(&sandbox, &["doctor"]);
    assert!(
        doctor.stdout.contains(&format!("failed   {ABSENT}\n")),
        "{}",
        doctor.stdout
    );
}

#[test]
fn the_command_in_the_message_makes_it() {
    for name in ["AWS Session", "Alice's session", "plain"] {
        let sandbox = Sandbox::new();
        let option = ["--item", KEY, "--cache-item", name];
        let line = sandbox.run(&option).stderr;
        let command = line.rsplit('`').nth(1).expect("a command");
        std::os::unix::fs::symlink(PROGRAM, sandbox.path("bin/get-1password-creds"))
            .expect("a link");
        let mut shell = std::process::Command::new("/bin/sh");
        sandbox.enter(&mut shell);
        let made = shell.args(["-c", command]).output().expect("a shell");
        assert_eq!(made.status.code(), Some(0), "{made:?}");
        assert_eq!(cache_item(&sandbox)["title"], name);
        assert_eq!(sandbox.run(&option), printed(&sandbox.minted(1)), "{name}");
    }
}

#[test]
fn setup_makes_it_once() {
    let sandbox = Sandbox::new();
    let key_item = sandbox.item();
    let setup = [&["setup"], &NAMES[..]].concat();
    let outcome = sandbox.run(&setup);
    let mut item = cache_item(&sandbox);
    let id = item["id"].as_str().expect("an id").to_owned();
    let made = "made     item 'AWS Session' in vault 'Private'\n";
    assert_eq!(outcome, printed(&told(&sandbox, made, &id)));
    let read = "op item get 'AWS Session' --format json --cache=false";
    let expected = [
        VERSION,
        "op account list --format json",
        GET,
        OTP,
        VERSION,
        read,
        CREATE,
        read,
        VERSION,
        GET_CACHE,
    ];
    assert_eq!(sandbox.calls(), expected);
    assert_eq!(sandbox.item(), key_item);
    assert_eq!(item["title"], "AWS Session");
    assert_eq!(item["category"], "SECURE_NOTE");
    let field = field_mut(&mut item, "session_cache")
        .as_object_mut()
        .expect("a field");
    field.remove("id");
    assert_eq!(
        item["fields"],
        json!([
            { "id": "notesPlain", "type": "STRING", "purpose": "NOTES", "label": "notesPlain", "value": NOTE },
            { "type": "CONCEALED", "label": "session_cache" },
        ])
    );
    let again = untouched(&sandbox, &setup);
    assert_eq!(again, printed(&told(&sandbox, "", &id)));
}

#[test]
fn two_setups_at_once_make_one() {
    let sandbox = Sandbox::new();
    let moods = json!({ "op": { "delay": { "item get": 0.2, "item create": 0.2 } } });
    sandbox.moods(&moods);
    let setup = [&["setup"], &NAMES[..]].concat();
    let start = || runs::spawn(&mut sandbox.command_in_own_session(&setup));
    let mut outcomes = runs::ends(vec![start(), start()]);
    let id = cache_item(&sandbox)["id"].as_str().map(str::to_owned);
    let id = id.expect("an id");
    // The one that made it says a line more.
    outcomes.sort_by_key(|outcome| outcome.stdout.len());
    let made = "made     item 'AWS Session' in vault 'Private'\n";
    let expected = ["", made].map(|made| printed(&told(&sandbox, made, &id)));
    assert_eq!(outcomes, expected);
    let items = sandbox.read("standin/vault.json")["items"].clone();
    assert_eq!(items.as_array().map(Vec::len), Some(2));
}

#[test]
fn setup_makes_it_in_the_vault_that_is_named() {
    let sandbox = Sandbox::new();
    let mut vault = sandbox.read("standin/vault.json");
    let shared = json!({ "id": "h4qk7zvxd2mrw5tbnc6yfgoa3e", "name": "Shared Things" });
    vault["vaults"]
        .as_array_mut()
        .expect("vaults")
        .push(shared.clone());
    sandbox.write("standin/vault.json", &vault);
    let named = ["--item", KEY, "--cache-item", "Shared Things/AWS Session"];
    let outcome = sandbox.run(&[&["setup"][..], &named].concat());
    let item = cache_item(&sandbox);
    assert_eq!(item["vault"], shared);
    let line = format!(
        "credential_process = {PROGRAM} --item q3fz5kcv2wjd4hx7mnbtya6rse --cache-item h4qk7zvxd2mrw5tbnc6yfgoa3e/{}\n",
        item["id"].as_str().expect("an id")
    );
    assert!(outcome.stdout.contains(&line), "{}", outcome.stdout);
    assert_eq!(sandbox.run(&named), printed(&sandbox.minted(1)));
}

#[test]
fn setup_writes_a_line_that_works() {
    let sandbox = Sandbox::new();
    let setup = ["setup", "--write", "--account", "my.1password.com"];
    let outcome = sandbox.run(&[&setup[..], &NAMES].concat());
    assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(0), ""));
    let config = std::fs::read_to_string(sandbox.path("home/.aws/config")).expect("a config");
    let line = config
        .lines()
        .find_map(|line| line.strip_prefix("credential_process = "));
    let words: Vec<&str> = line.expect("a line").split(' ').collect();
    assert_eq!(words[0], PROGRAM);
    assert_eq!(sandbox.run(&words[1..]), printed(&sandbox.minted(1)));
}

#[test]
fn setup_says_why_it_could_not_make_it() {
    let sandbox = Sandbox::new();
    let text = "[ERROR] 2026/08/14 04:07:09 (401) Unauthorized: You aren't authorized to perform this action.\n";
    sandbox.mishap(
        "op",
        &json!({ "call": "item create", "stderr": text, "exit": 4 }),
    );
    let line = "cannot make 1Password item 'AWS Session': `op item create` said: (401) Unauthorized: You aren't authorized to perform this action; check that you may read and edit the items of this vault";
    assert_eq!(
        past_checks(run_untouched(&sandbox, &["setup"])),
        failed(line)
    );
    let no_vault = ["setup", "--cache-item", "Nowhere/AWS Session"];
    let line = "cannot read 1Password item 'AWS Session': `op item get` said: \"Nowhere\" isn't a vault in this account. Specify the vault with its ID or name; pass --cache-item VAULT/ITEM with a vault that `op vault list` shows";
    assert_eq!(past_checks(sandbox.run(&no_vault)), failed(line));
}

#[test]
fn the_command_in_the_message_has_the_options_that_the_item_depends_on() {
    let sandbox = Sandbox::new();
    let args = [
        "--account",
        "my.1password.com",
        "--cache-field",
        "aws session",
    ];
    let end = "run `get-1password-creds setup --item q3fz5kcv2wjd4hx7mnbtya6rse --cache-item 'AWS Session' --cache-field 'aws session' --account my.1password.com`, which makes it\n";
    let outcome = run_untouched(&sandbox, &args);
    assert!(outcome.stderr.ends_with(end), "{}", outcome.stderr);
}

#[test]
fn two_items_of_that_name_are_told() {
    let sandbox = sandbox();
    let mut second = cache_item(&sandbox);
    second["id"] = json!("xdm7gkx2cu4hqs3nzb5yfaot6l");
    add_item(&sandbox, second);
    let line = "cannot read 1Password item 'AWS Session': `op item get` said: More than one item matches \"AWS Session\". Try again and specify the item by its ID: * for the item \"AWS Session\" in vault Private: vdm7gkx2cu4hqs3nzb5yfaot6l * for the item \"AWS Session\" in vault Private: xdm7gkx2cu4hqs3nzb5yfaot6l; pass --cache-item with the item's id, or VAULT/ITEM";
    for command in [&[][..], &["setup"], &["clear"]] {
        assert_eq!(
            past_checks(run_untouched(&sandbox, command)),
            failed(line),
            "{command:?}"
        );
    }
}

#[test]
fn a_name_that_op_could_take_for_a_flag_is_a_usage_error() {
    let sandbox = Sandbox::new();
    for (name, reason) in [
        ("", "expected ITEM or VAULT/ITEM"),
        ("/AWS Session", "expected ITEM or VAULT/ITEM"),
        ("Private/", "expected ITEM or VAULT/ITEM"),
        ("Private/ ", "it is empty"),
        (
            "-x/AWS Session",
            "it starts with '-', and would be taken for a flag",
        ),
        (
            "Private/-x",
            "it starts with '-', and would be taken for a flag",
        ),
    ] {
        let outcome = sandbox.run(&[&format!("--cache-item={name}")]);
        let line = format!("error: invalid value '{name}' for '--cache-item <ITEM>': {reason}\n");
        assert_eq!(
            (outcome.status, outcome.stdout.as_str()),
            (Some(2), ""),
            "{name}"
        );
        assert!(outcome.stderr.starts_with(&line), "{}", outcome.stderr);
    }
    assert_eq!(sandbox.calls(), [""; 0]);
}

#[test]
fn status_shows_the_item_and_its_session() {
    let sandbox = sandbox();
    run(&sandbox, &[]);
    sandbox.forget_calls();
    let outcome = run_untouched(&sandbox, &["status", "--json"]);
    let shown: Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    assert_eq!(outcome.status, Some(0));
    assert_eq!(
        (&shown["item"], &shown["item_id"]),
        (&json!("AWS Session"), &json!(ID))
    );
    assert_eq!(
        (&shown["state"], &shown["served"]),
        (&json!("fresh"), &json!(true))
    );
    assert_eq!(sandbox.calls(), [GET_CACHE]);
}

#[test]
fn clear_empties_it() {
    let sandbox = sandbox();
    run(&sandbox, &[]);
    let full = cache_item(&sandbox);
    sandbox.forget_calls();
    let cleared = "cleared field 'session_cache' of 1Password item 'AWS Session'; the next run gets a new session\n";
    assert_eq!(run(&sandbox, &["clear"]), printed(cleared));
    assert_eq!(
        sandbox.calls(),
        [GET_CACHE_TO_CLEAR, VERSION, GET_CACHE_AGAIN, REPLACE]
    );
    assert_eq!(kept(&sandbox), Value::Null);
    assert_eq!(cache_item(&sandbox)["title"], full["title"]);
    let nothing =
        "nothing to clear: field 'session_cache' of 1Password item 'AWS Session' is empty\n";
    assert_eq!(run_untouched(&sandbox, &["clear"]), printed(nothing));
}

#[test]
fn doctor_says_how_to_empty_it() {
    let sandbox = sandbox();
    change_cache_item(&sandbox, |item| {
        field_mut(item, "session_cache")["value"] = json!("garbage");
    });
    let line = format!(
        "warning  cached session: the cache field holds no readable session; `get-1password-creds clear --item {KEY} --cache-item 'AWS Session'` empties it\n"
    );
    let doctor = run_untouched(&sandbox, &["doctor"]);
    assert!(doctor.stdout.contains(&line), "{}", doctor.stdout);
}

#[test]
fn the_line_names_the_field_of_that_item() {
    let sandbox = Sandbox::new();
    let args = ["setup", "--cache-field", "aws session"];
    let outcome = run(&sandbox, &args);
    let mut item = cache_item(&sandbox);
    let field = field_mut(&mut item, "aws session")["id"].clone();
    let line = format!("--cache-field {}\n", field.as_str().expect("an id"));
    assert!(outcome.stdout.contains(&line), "{}", outcome.stdout);
}

#[test]
fn an_item_is_not_made_under_an_id() {
    let sandbox = Sandbox::new();
    let args = ["--item", KEY, "--cache-item", ID];
    let line = format!(
        "cannot read 1Password item '{ID}': `op item get` said: \"{ID}\" isn't an item. Specify the item with its UUID, name, or domain; --cache-item is an id, so run `get-1password-creds setup --cache-item NAME` with a name for a new one"
    );
    assert_eq!(sandbox.run(&args), failed(&line));
    assert_eq!(
        past_checks(sandbox.run(&[&["setup"][..], &args].concat())),
        failed(&line)
    );
    assert_eq!(sandbox.read("standin/vault.json")["items"][1], Value::Null);
}

#[test]
fn an_item_whose_name_says_that_it_is_none_is_made_once() {
    let sandbox = Sandbox::new();
    let named = ["setup", "--cache-item", "this isn't an item"];
    assert_eq!(sandbox.run(&named).status, Some(0));
    let text = "[ERROR] 2026/08/14 04:07:09 authorization prompt dismissed, please try again\n";
    sandbox.mishap(
        "op",
        &json!({ "call": "item get", "stderr": text, "exit": 1 }),
    );
    assert_eq!(sandbox.run(&named).status, Some(1));
    assert_eq!(sandbox.read("standin/vault.json")["items"][2], Value::Null);
}

#[test]
fn with_no_session_none_is_made() {
    let sandbox = Sandbox::new();
    let outcome = run_untouched(&sandbox, &["setup", "--no-session"]);
    assert_eq!(outcome.status, Some(0));
    assert!(!outcome.stdout.contains("cache"), "{}", outcome.stdout);
    let doctor = run_untouched(&sandbox, &["doctor", "--no-session"]);
    assert!(!doctor.stdout.contains("cache item"), "{}", doctor.stdout);
}

#[test]
fn the_vault_ends_at_the_first_slash() {
    let sandbox = Sandbox::new();
    let line = "cannot read 1Password item 'a/b': `op item get` said: \"V\" isn't a vault in this account. Specify the vault with its ID or name; pass --cache-item VAULT/ITEM with a vault that `op vault list` shows";
    let args = ["--item", KEY, "--cache-item", "V/a/b"];
    assert_eq!(sandbox.run(&args), failed(line));
}
