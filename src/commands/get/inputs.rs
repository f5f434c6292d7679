//! What a new session is minted from: access key, MFA serial and one-time password.

use std::thread::sleep;

use anyhow::{Context, Error, Result};

use crate::aws::{Aws, ConfigFiles};
use crate::cli::Flags;
use crate::clock::Clock;
use crate::credentials::{AccessKey, MfaSerial, OneTimeCode};
use crate::onepassword::{Item, OnePassword};
use crate::refusal::Refusal;
use crate::settings::Settings;
use crate::terminal;

/// Takes the long-lived key from the item.
pub fn access_key(op: &OnePassword, item: &Item, flags: &Flags) -> Result<AccessKey> {
    let id = op.value(item, &flags.access_key_field, "--access-key-field")?;
    let secret = op.value(item, &flags.secret_key_field, "--secret-key-field")?;
    let access_key = AccessKey::new(id, secret);
    access_key.with_context(|| {
        format!(
            "cannot use the access key in 1Password item '{}'",
            flags.item
        )
    })
}

/// Where it all comes from: the item of the key.
pub struct Inputs<'a> {
    pub settings: &'a Settings,
    pub clock: &'a Clock,
    pub op: &'a OnePassword<'a>,
    pub item: &'a Item,
}

impl Inputs<'_> {
    /// Takes the serial of the MFA device from the command line, else from the item, else from the AWS config.
    pub fn mfa_serial(&self, aws: &Aws) -> Result<MfaSerial> {
        let flags = &self.settings.flags;
        if let Some(serial) = &flags.mfa_serial {
            return Ok(serial.clone());
        }
        if self.item.has_value(&flags.mfa_serial_field) {
            let serial = self
                .op
                .value(self.item, &flags.mfa_serial_field, "--mfa-serial-field")?;
            let serial = MfaSerial::parse(serial.expose());
            return serial.with_context(|| {
                format!(
                    "cannot use the MFA serial in 1Password item '{}'",
                    flags.item
                )
            });
        }
        let serial = aws.configure_get("mfa_serial", flags.profile.as_deref(), self.clock)?;
        let profile = flags.profile.as_deref().unwrap_or("default");
        let serial = serial.ok_or_else(|| {
            let in_item = format!(
                "field '{}' of 1Password item '{}'",
                flags.mfa_serial_field, flags.item
            );
            let in_config = format!("mfa_serial of profile '{profile}' in the AWS config");
            let remedy = "set one, or pass --mfa-serial";
            Refusal::Final(format!(
                "cannot find an MFA serial: neither {in_item} nor {in_config} is set; {remedy}"
            ))
        })?;
        MfaSerial::parse(&serial).with_context(|| {
            format!("cannot use mfa_serial of profile '{profile}' in the AWS config")
        })
    }

    /// Refuses a profile that isn't there, before a code is used up. Where it isn't seen, `aws` is asked: a wrapper may
    /// read other files.
    pub fn check_profile(&self, aws: &Aws) -> Result<()> {
        match self.settings.flags.profile.as_deref() {
            None | Some("default") => Ok(()),
            Some(profile) if ConfigFiles::read(self.settings).has_profile(profile) => Ok(()),
            profile => aws.configure_get("region", profile, self.clock).map(drop),
        }
    }

    /// Fetches the current code, or asks for it where the item can't make one.
    pub fn code(&self, mfa_serial: &MfaSerial) -> Result<OneTimeCode> {
        match self.item.one_time_password_period() {
            Some(_) => self.op.one_time_password(self.item, self.clock),
            None => terminal::ask_for_code(mfa_serial, self.clock),
        }
    }

    /// Gets the code that follows a refused one, which is never sent again; the refusal stands if there is no time.
    pub fn next_code(
        &self,
        mfa_serial: &MfaSerial,
        refused: &OneTimeCode,
        refusal: Error,
    ) -> Result<OneTimeCode> {
        loop {
            if let Some(period) = self.item.one_time_password_period() {
                let wait = self.clock.until_next(period);
                if wait > self.clock.left() {
                    return Err(refusal);
                }
                terminal::tell(&format!(
                    "waiting {} s for the next one-time password",
                    wait.as_secs() + 1
                ));
                sleep(wait);
            }
            let code = self.code(mfa_serial)?;
            if code.expose() != refused.expose() {
                return Ok(code);
            }
        }
    }
}
