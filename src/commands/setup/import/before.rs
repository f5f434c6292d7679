//! The checks before the questions, for everything that would fail later.

use anyhow::{Context, Result, bail, ensure};

use super::{DEFAULT, Import, key, step};
use crate::aws::KEY_SETTINGS;
use crate::commands::line::SETTING;
use crate::commands::setup::line;
use crate::commands::setup::profile::{check_free, plan};
use crate::commands::{account, get};
use crate::credentials::AccessKey;
use crate::onepassword::Item;
use crate::terminal;

impl Import<'_> {
    /// Refuses a run without a terminal, a config that can't be parsed, options that fit no line, and an `op` that can't make
    /// an item.
    pub fn check(&self) -> Result<()> {
        terminal::check().context("cannot import a key")?;
        if let Some(fault) = self.files.faults.first() {
            bail!("cannot change profile '{}': {fault}", self.target);
        }
        line::check(self.run).context("cannot write a line for ~/.aws/config")?;
        self.check_op().with_context(|| self.aim())
    }

    fn aim(&self) -> String {
        format!("cannot make 1Password item '{}'", self.run.flags.op.item)
    }

    fn check_op(&self) -> Result<()> {
        self.op().check_age("setup --import")?;
        if let Some(name) = account::token(&self.run.environment) {
            return step("account", &format!("by {name}"));
        }
        let accounts = self.op().accounts()?;
        ensure!(!accounts.is_empty(), account::NO_ACCOUNT);
        let named = self.run.flags.op.account.clone();
        let addresses: Vec<&str> = accounts
            .iter()
            .map(|account| account.url.as_str())
            .collect();
        step("account", &named.unwrap_or_else(|| addresses.join(", ")))
    }

    /// Reads the long-lived key of the profile; `None` if it has no key.
    pub fn key_on_disk(&self) -> Result<Option<AccessKey>> {
        if self.source != DEFAULT && !self.files.has_profile(self.source) {
            return Ok(None);
        }
        let named = Some(self.source).filter(|name| *name != DEFAULT);
        let [id, secret] = KEY_SETTINGS.map(|name| self.aws().configure_get(name, named));
        let key = match (id?, secret?) {
            (None, None) => return Ok(None),
            (id, secret) => key::check(id.unwrap_or_default(), secret.unwrap_or_default()),
        };
        let key =
            key.with_context(|| format!("cannot import the key of profile '{}'", self.source))?;
        step("key", &format!("{}, of profile '{}'", key.id, self.source))?;
        Ok(Some(key))
    }

    /// Returns the item that an earlier run made for this key; refuses another item of its name.
    pub fn find_item(&self, key: Option<&AccessKey>) -> Result<Option<Item>> {
        let flags = &self.run.flags;
        let Some(item) = self.op().find_item(&flags.key_item())? else {
            return Ok(None);
        };
        let place = item.place();
        let has_key = |key: &AccessKey| {
            let found = get::access_key(&item, flags);
            found.is_ok_and(|found| {
                found.id == key.id && found.secret.expose() == key.secret.expose()
            })
        };
        match key {
            None => bail!(
                "cannot make 1Password item {place}: it exists already; use it with `{}`, or name another with --item",
                flags.typed("setup --write")
            ),
            Some(key) if !has_key(key) => bail!(
                "cannot make 1Password item {place}: it exists already, with another key than profile '{}'; name another \
                 with --item",
                self.source
            ),
            Some(_) => {
                let aim = || format!("cannot use 1Password item {place}");
                item.check_one_time_password().with_context(aim)?;
                step("found", &format!("item {place}, with this key"))?;
                Ok(Some(item))
            }
        }
    }

    /// Refuses a profile that can't have the line. The line of an earlier run is accepted.
    pub fn check_profile(&self) -> Result<()> {
        check_free(&self.files, self.target, self.ignored_setting())?;
        // Any value shows whether the file can be changed.
        plan(&self.files, self.target, SETTING, "x").map(drop)
    }

    /// Returns the setting of the imported key, which is in the profile of the line until it is removed.
    fn ignored_setting(&self) -> Option<&'static str> {
        let [key_id, _] = KEY_SETTINGS;
        (self.source == self.target).then_some(key_id)
    }
}
