//! The items and the configuration of the set-ups that people switch from. Each item has the id, the vault and the access
//! key of the sample item, and other fields.

use serde_json::{Value, json};

use super::Sandbox;

const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const SERIAL: &str = "arn:aws:iam::123456789012:mfa/alice";
const SEED: &str = "otpauth://totp/AWS:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=AWS";

/// What the program prints for the access key of the items.
pub const STATIC_KEYS: &str = "{
  \"Version\": 1,
  \"AccessKeyId\": \"AKIAIOSFODNN7EXAMPLE\",
  \"SecretAccessKey\": \"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\"
}
";

/// The profile of op-aws-credential-process, and one for a role on top of it.
pub const BASE: &str = "[profile base]
region = ap-northeast-1
mfa_serial = arn:aws:iam::123456789012:mfa/alice
credential_process = PROGRAM --op-vault Private --op-item alice-aws --profile base
";
pub const CROSS_ACCOUNT: &str = "
[profile cross-account]
region = ap-northeast-1
source_profile = base
role_arn = arn:aws:iam::210987654321:role/admin
role_session_name = alice
";

/// Makes the sample item `alice-aws` of op-aws-credential-process: the access key only.
pub fn key_item(sandbox: &Sandbox) {
    let key_id = field("Access key ID", "STRING", KEY_ID);
    let secret = field("Secret access key", "CONCEALED", SECRET);
    become_item(sandbox, "alice-aws", "API_CREDENTIAL", &[key_id, secret]);
}

/// Makes the sample item that of [`key_item`] with a one-time password.
pub fn key_item_with_one_time_password(sandbox: &Sandbox) {
    key_item(sandbox);
    sandbox.change_item(|item| {
        let fields = item["fields"].as_array_mut().expect("fields");
        fields.push(field("one-time password", "OTP", SEED));
    });
}

/// Makes the sample item `console-alice` of op-cred-helper.sh: the login to the web console, with the keys in a section `AWS`.
pub fn login_item(sandbox: &Sandbox) {
    let mut fields = [
        field("username", "STRING", "alice"),
        field("password", "CONCEALED", "correct horse battery staple"),
        field("one-time password", "OTP", SEED),
        field("aws_access_key_id", "STRING", KEY_ID),
        field("aws_secret_access_key", "CONCEALED", SECRET),
    ];
    fields[0]["purpose"] = json!("USERNAME");
    fields[1]["purpose"] = json!("PASSWORD");
    for field in &mut fields[3..] {
        field["section"] = json!({ "id": "Section_aws", "label": "AWS" });
    }
    become_item(sandbox, "console-alice", "LOGIN", &fields);
    sandbox.change_item(|item| item["sections"] = json!([{ "id": "Section_aws", "label": "AWS" }]));
}

/// Makes the sample item `AWS` as 1Password's AWS plugin does.
pub fn plugin_item(sandbox: &Sandbox) {
    let fields = [
        field("access key id", "STRING", KEY_ID),
        field("secret access key", "CONCEALED", SECRET),
        field("one-time password", "OTP", SEED),
        field("mfa serial", "STRING", SERIAL),
    ];
    become_item(sandbox, "AWS", "API_CREDENTIAL", &fields);
}

fn field(label: &str, kind: &str, value: &str) -> Value {
    let id = label.replace(' ', "_");
    json!({ "id": id, "label": label, "type": kind, "value": value })
}

fn become_item(sandbox: &Sandbox, title: &str, category: &str, fields: &[Value]) {
    sandbox.change_item(|item| {
        item["title"] = json!(title);
        item["category"] = json!(category);
        item["fields"] = json!(fields);
        item["sections"] = json!([]);
    });
}

/// Writes `~/.aws/config`, with the path of the program for `PROGRAM`.
pub fn configure(sandbox: &Sandbox, config: &str) {
    sandbox.write_text(
        "home/.aws/config",
        &config.replace("PROGRAM", super::PROGRAM),
    );
}

/// Returns the arguments of a profile's `credential_process`, split as the AWS CLI does, with quotes and backslashes.
pub fn arguments(config: &str, profile: &str) -> Vec<String> {
    let section = config
        .split('[')
        .find(|section| section.starts_with(&format!("{profile}]")));
    let mut lines = section.expect("a profile").lines();
    let line = lines.find_map(|line| line.strip_prefix("credential_process = "));
    let (mut words, mut is_quoted) = (vec![String::new()], false);
    let mut letters = line.expect("a credential_process").chars();
    while let Some(letter) = letters.next() {
        let word = words.last_mut().expect("a word");
        match letter {
            '"' => is_quoted = !is_quoted,
            '\\' => word.extend(letters.next()),
            ' ' if !is_quoted => words.push(String::new()),
            letter => word.push(letter),
        }
    }
    assert_eq!(words.remove(0), "PROGRAM");
    words
}
