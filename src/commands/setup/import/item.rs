//! The fields of a new item, and the region of the profile.

use anyhow::{Context, Result};

use super::{Asks, DEFAULT, Import, questions, step};
use crate::credentials::{AccessKey, MfaSerial};
use crate::onepassword::{Item, NewKey};
use crate::otpauth::Seed;

impl Import<'_> {
    /// Asks for the MFA device, the secret of its codes and the region, then makes the item.
    pub fn make_item(&self, key: &AccessKey) -> Result<(Item, Option<String>)> {
        let flags = &self.run.flags;
        let known_serial = self.known_serial()?;
        let seed = self.seed(known_serial.as_ref())?;
        let mfa_serial = match known_serial {
            Some(serial) => serial,
            None => questions::serial(self.aws().mfa_devices(key))?,
        };
        step("device", mfa_serial.as_str())?;
        let region = self.region()?;
        let new = NewKey {
            access_key: key,
            mfa_serial: &mfa_serial,
            seed: seed.as_ref(),
        };
        step("making", &format!("item '{}'", flags.op.item))?;
        let item = self.op().make_key_item(&new, flags)?;
        step("made", &format!("item {}", item.place()))?;
        Ok((item, region))
    }

    /// Returns the serial of the MFA device on the command line, else in the profile of the key.
    fn known_serial(&self) -> Result<Option<MfaSerial>> {
        if let Some(serial) = &self.run.flags.aws.mfa_serial {
            return Ok(Some(serial.clone()));
        }
        let serial = self.files.setting(self.source, "mfa_serial");
        let aim = || format!("cannot use mfa_serial of profile '{}'", self.source);
        serial.map(MfaSerial::parse).transpose().with_context(aim)
    }

    fn seed(&self, known_serial: Option<&MfaSerial>) -> Result<Option<Seed>> {
        let seed = match self.asks {
            Asks::All => questions::seed(known_serial)?,
            Asks::Needed => None,
        };
        if seed.is_none() {
            step(
                "code",
                "typed at each new session, until the item has a one-time password",
            )?;
        }
        Ok(seed)
    }

    /// Asks for the region, unless the profile has one.
    pub fn region(&self) -> Result<Option<String>> {
        if self.files.setting(self.target, "region").is_some() {
            return Ok(None);
        }
        let in_environment = self.run.environment.region();
        let found = in_environment
            .or_else(|| self.files.setting(self.source, "region"))
            .or_else(|| self.files.setting(DEFAULT, "region"));
        match self.asks {
            Asks::All => questions::region(self.target, found),
            Asks::Needed => Ok(found.map(str::to_owned)),
        }
    }
}
