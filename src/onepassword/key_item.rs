//! The item of a key that `setup --import` makes, and whether `op` made it as it was told to.

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::Item;
use crate::cli::Flags;
use crate::credentials::{AccessKey, MfaSerial, Secret};
use crate::otpauth::Seed;

const CATEGORY: &str = "API_CREDENTIAL";

/// The label of the one-time password.
const OTP: &str = "one-time password";

/// By an id of another form op makes no field that makes codes. Ids need only differ within an item.
const OTP_ID: &str = "TOTP_6765742d3170617373776f72642d6372";

/// What a new item of a key holds.
pub struct NewKey<'a> {
    pub access_key: &'a AccessKey,
    pub mfa_serial: &'a MfaSerial,
    pub seed: Option<&'a Seed>,
}

impl NewKey<'_> {
    /// Spells the whole item; op makes the other ids.
    pub(super) fn item(&self, flags: &Flags) -> Secret<String> {
        let AccessKey { id, secret } = self.access_key;
        let mut fields = vec![
            field("STRING", &flags.access_key_field, id),
            field("CONCEALED", &flags.secret_key_field, secret.expose()),
            field("STRING", &flags.mfa_serial_field, self.mfa_serial.as_str()),
        ];
        if let Some(seed) = self.seed {
            let address = seed.address(self.user());
            fields.push(
                json!({ "id": OTP_ID, "type": "OTP", "label": OTP, "value": address.expose() }),
            );
        }
        if flags.cache_item.is_none() {
            fields.push(field("CONCEALED", &flags.cache_field, ""));
        }
        let item = json!({ "title": flags.item, "category": CATEGORY, "fields": fields });
        Secret::new(item.to_string())
    }

    /// Names the user as the device does.
    fn user(&self) -> &str {
        let serial = self.mfa_serial.as_str();
        serial.rsplit('/').next().unwrap_or(serial)
    }

    /// Refuses an item that isn't as it was to be made. No value is shown.
    pub(super) fn check(&self, item: &Item, flags: &Flags) -> Result<()> {
        let AccessKey { id, secret } = self.access_key;
        let values = [
            ("STRING", &flags.access_key_field, id.as_str()),
            ("CONCEALED", &flags.secret_key_field, secret.expose()),
            ("STRING", &flags.mfa_serial_field, self.mfa_serial.as_str()),
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
                "`op` made it otherwise than it was told: {fault}; it isn't used: delete it in the 1Password app, and update \
                 the 1Password CLI"
            ),
        }
    }
}

impl Item {
    /// Refuses an item in which the secret of the one-time password is in a field that makes no codes.
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

/// Names what is wrong with a field of an item.
fn fault(item: &Item, kind: &str, name: &str, is_right: impl Fn(&str) -> bool) -> Option<String> {
    let fields = item.fields(name);
    let [field] = fields.as_slice() else {
        return Some(format!("field '{name}' is there {} times", fields.len()));
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
