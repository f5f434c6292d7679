//! The item of a key that `setup --import` makes, and the check of what `op` made.

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::Item;
use crate::cli::Flags;
use crate::credentials::{AccessKey, MfaSerial, Secret};
use crate::otpauth::Seed;

const CATEGORY: &str = "API_CREDENTIAL";

/// The label of the one-time password.
const OTP: &str = "one-time password";

/// The id of the one-time password. With an id of another form, op makes a field that makes no codes. Ids must differ only
/// within an item.
const OTP_ID: &str = "TOTP_6765742d3170617373776f72642d6372";

/// The content of a new item of a key.
pub struct NewKey<'a> {
    pub access_key: &'a AccessKey,
    pub mfa_serial: &'a MfaSerial,
    pub seed: Option<&'a Seed>,
}

impl NewKey<'_> {
    /// Returns the JSON of the item. op adds the other ids.
    pub(super) fn item(&self, flags: &Flags) -> Secret<String> {
        let AccessKey { id, secret } = self.access_key;
        let mut fields = vec![
            field("STRING", &flags.op.access_key_field, id),
            field("CONCEALED", &flags.op.secret_key_field, secret.expose()),
            field(
                "STRING",
                &flags.op.mfa_serial_field,
                self.mfa_serial.as_str(),
            ),
        ];
        if let Some(seed) = self.seed {
            let address = seed.address(self.user());
            fields.push(
                json!({ "id": OTP_ID, "type": "OTP", "label": OTP, "value": address.expose() }),
            );
        }
        if flags.op.cache_item.is_none() {
            fields.push(field("CONCEALED", &flags.op.cache_field, ""));
        }
        let item = json!({ "title": flags.op.item, "category": CATEGORY, "fields": fields });
        Secret::new(item.to_string())
    }

    /// Returns the name of the user, as it is in the ARN of the device.
    fn user(&self) -> &str {
        let serial = self.mfa_serial.as_str();
        serial.rsplit('/').next().unwrap_or(serial)
    }

    /// Refuses an item that isn't as requested. The error contains no value.
    pub(super) fn check(&self, item: &Item, flags: &Flags) -> Result<()> {
        let AccessKey { id, secret } = self.access_key;
        let values = [
            ("STRING", &flags.op.access_key_field, id.as_str()),
            ("CONCEALED", &flags.op.secret_key_field, secret.expose()),
            (
                "STRING",
                &flags.op.mfa_serial_field,
                self.mfa_serial.as_str(),
            ),
        ];
        let wrong = values
            .iter()
            .find_map(|(kind, name, value)| fault(item, kind, name, |made| made == *value));
        let otp = || {
            let seed = self.seed?;
            let is_same = |made: &str| Seed::parse(made).is_ok_and(|made| made.is_same(seed));
            fault(item, "OTP", OTP, is_same)
        };
        match wrong.or_else(otp) {
            None => Ok(()),
            Some(fault) => bail!(
                "`op` didn't make it as requested: {fault}; it isn't used: delete it in the 1Password app, and update \
                 the 1Password CLI"
            ),
        }
    }
}

impl Item {
    /// Refuses an item with the secret of its one-time password in a field of another type, which makes no codes.
    pub fn check_one_time_password(&self) -> Result<()> {
        let fields = self.fields(OTP).into_iter();
        let mut others = fields.filter(|field| field.kind != "OTP" && field.value().is_some());
        match others.next() {
            None => Ok(()),
            Some(field) => bail!(
                "field '{OTP}' is of the type {}, which makes no codes; make it a one-time password in the 1Password app",
                field.kind
            ),
        }
    }
}

/// Returns what is wrong with a field of an item.
fn fault(item: &Item, kind: &str, name: &str, is_right: impl Fn(&str) -> bool) -> Option<String> {
    let fields = item.fields(name);
    let [field] = fields.as_slice() else {
        return Some(format!("{} fields match '{name}'", fields.len()));
    };
    if field.kind != kind {
        return Some(format!(
            "field '{name}' is of the type {}, not {kind}",
            field.kind
        ));
    }
    let value = field.value().map(Secret::expose);
    let is_right = value.is_some_and(|value| is_right(value));
    (!is_right).then(|| format!("field '{name}' holds another value"))
}

fn field(kind: &str, label: &str, value: &str) -> Value {
    json!({ "type": kind, "label": label, "value": value })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    type Change = fn(&mut Vec<Value>);

    /// Returns what is wrong with an item of which one field was changed after it was made.
    fn fault_of(change: impl Fn(&mut Vec<Value>)) -> Option<String> {
        let flags = Flags::try_parse_from(["get-1password-creds"]).expect("no arguments");
        let text = |text: &str| Secret::new(text.to_owned());
        let access_key = AccessKey::new(&text("AKIAIOSFODNN7EXAMPLE"), &text("secret"));
        let new = NewKey {
            access_key: &access_key.expect("a key"),
            mfa_serial: &MfaSerial::parse("arn:aws:iam::123456789012:mfa/alice").expect("an ARN"),
            seed: Some(&Seed::parse(SEED).expect("a seed")),
        };
        let mut json: Value = serde_json::from_str(new.item(&flags).expose()).expect("JSON");
        json["id"] = json!("x");
        change(json["fields"].as_array_mut().expect("fields"));
        let item = Item::parse(json.to_string().as_bytes()).expect("an item");
        let fault = new.check(&item, &flags).err()?.to_string();
        let (_, fault) = fault.split_once("requested: ").expect("a reason");
        let (fault, _) = fault.split_once("; it isn't used").expect("advice");
        Some(fault.to_owned())
    }

    #[test]
    fn an_item_as_requested_or_with_another_address_of_the_same_codes_is_used() {
        assert_eq!(fault_of(|_| {}), None);
        let other_address = format!("otpauth://totp/x?issuer=AWS&secret={}", SEED.to_lowercase());
        let same_codes = |fields: &mut Vec<Value>| fields[3]["value"] = json!(other_address);
        assert_eq!(fault_of(same_codes), None);
    }

    #[test]
    fn each_field_must_be_as_requested() {
        let faults: [(Change, &str); 6] = [
            (
                |fields| drop(fields.remove(0)),
                "0 fields match 'Access Key ID'",
            ),
            (
                |fields| fields.push(fields[1].clone()),
                "2 fields match 'Secret Access Key'",
            ),
            (
                |fields| fields[1]["type"] = json!("STRING"),
                "field 'Secret Access Key' is of the type STRING, not CONCEALED",
            ),
            (
                |fields| fields[2]["value"] = json!(""),
                "field 'mfa serial' holds another value",
            ),
            (
                |fields| fields[3]["type"] = json!("CONCEALED"),
                "field 'one-time password' is of the type CONCEALED, not OTP",
            ),
            (
                |fields| fields[3]["value"] = json!("otpauth://totp/x?secret=GEZDGNBVGY3TQOJR"),
                "field 'one-time password' holds another value",
            ),
        ];
        for (change, fault) in faults {
            assert_eq!(fault_of(change).as_deref(), Some(fault));
        }
    }
}
