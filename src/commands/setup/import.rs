//! `setup --import`: from a key on the disk, or one that is typed, to a profile that works.
//!
//! What would fail later is refused first; then everything is asked, and only then is something made. What is made, and
//! what is changed, is said at once, so that a run may end at any question.

mod key;
mod questions;
mod removal;

use anyhow::{Context, Error, Result, anyhow, bail, ensure};

use super::{Setup, check_free, line, say};
use crate::aws::{Aws, ConfigFiles, KEY_SETTINGS, Signer};
use crate::cli::quoted;
use crate::clock::{self, Clock};
use crate::commands::get;
use crate::credentials::{AccessKey, MfaSerial, Session};
use crate::onepassword::{Item, NewKey, OnePassword};
use crate::otpauth::Seed;
use crate::settings::Settings;
use crate::terminal;

/// What is asked.
#[derive(Clone, Copy, PartialEq)]
pub enum Asks {
    All,
    /// Only what has no safe default.
    Needed,
}

const DEFAULT: &str = "default";

/// With one of these nobody signs in, and there need be no account.
const UNATTENDED: [&str; 2] = ["OP_SERVICE_ACCOUNT_TOKEN", "OP_CONNECT_HOST"];

/// One run, and whom it asks.
struct Import<'a> {
    settings: &'a Settings,
    files: ConfigFiles,
    op: OnePassword<'a>,
    aws: Aws<'a>,
    /// The profile that the key comes from.
    source: &'a str,
    /// The profile that gets the line.
    target: &'a str,
    asks: Asks,
}

/// Makes the item of a key, gets a session with it, writes the line, and takes the key off the disk.
pub fn run(settings: &Settings, source: Option<&str>, asks: Asks) -> Result<bool> {
    let target = settings.flags.profile.as_deref().unwrap_or(DEFAULT);
    let files = ConfigFiles::read(settings);
    // By the name of a profile that isn't there yet, every call of `aws` fails.
    let known = settings.with(|flags| {
        flags.profile.take_if(|name| !files.has_profile(name));
    });
    let import = Import {
        op: OnePassword::find(settings)?,
        aws: Aws::find(&known)?,
        source: source.unwrap_or(target),
        settings,
        files,
        target,
        asks,
    };
    import.check()?;
    let on_disk = import.key_on_disk()?;
    let found = import.find_item(on_disk.as_ref())?;
    import.check_profile(found.as_ref())?;
    let (key, found) = match (on_disk.as_ref(), found) {
        (Some(key), found) => (key, found),
        (None, found) => (&key::ask()?, found),
    };
    import.check_key(key)?;
    let (item, region) = match found {
        Some(item) => (item, import.region()?),
        None => import.make_item(key)?,
    };
    import.set_up(&item, &known, region.as_deref(), on_disk.is_some())?;
    if on_disk.is_some() {
        import.clean_up(key)?;
    }
    Ok(true)
}

impl Import<'_> {
    /// Each call has the whole time: a person who thinks about a question uses none of it up.
    fn clock(&self) -> Clock {
        Clock::start(self.settings.flags.timeout)
    }

    /// Refuses what would fail later, whatever the answers are.
    fn check(&self) -> Result<()> {
        terminal::check().context("cannot import a key")?;
        if let Some(fault) = self.files.faults.first() {
            bail!("cannot change profile '{}': {fault}", self.target);
        }
        line::check(self.settings).context("cannot write a line for ~/.aws/config")?;
        self.check_op().with_context(|| self.aim())
    }

    fn aim(&self) -> String {
        format!("cannot make 1Password item '{}'", self.settings.flags.item)
    }

    fn check_op(&self) -> Result<()> {
        self.op.check_age("setup --import", &self.clock())?;
        let environment = &self.settings.environment;
        let is_unattended = UNATTENDED
            .iter()
            .any(|name| environment.get(name).is_some());
        ensure!(
            is_unattended || !self.op.accounts(&self.clock())?.is_empty(),
            "`op` knows no account; turn on 'Integrate with 1Password CLI' in the app's Developer settings, or add an \
             account with `op account add`"
        );
        Ok(())
    }

    /// Reads the static key of the profile, if it has one.
    fn key_on_disk(&self) -> Result<Option<AccessKey>> {
        if self.source != DEFAULT && !self.files.has_profile(self.source) {
            return Ok(None);
        }
        let named = Some(self.source).filter(|name| *name != DEFAULT);
        let [id, secret] =
            KEY_SETTINGS.map(|name| self.aws.configure_get(name, named, &self.clock()));
        let key = match (id?, secret?) {
            (None, None) => return Ok(None),
            (id, secret) => key::check(id.unwrap_or_default(), secret.unwrap_or_default()),
        };
        let key =
            key.with_context(|| format!("cannot import the key of profile '{}'", self.source))?;
        step("key", &format!("{}, of profile '{}'", key.id, self.source))?;
        Ok(Some(key))
    }

    /// Finds the item that an earlier run has made for this key; refuses any other of its name.
    fn find_item(&self, key: Option<&AccessKey>) -> Result<Option<Item>> {
        let flags = &self.settings.flags;
        let Some(item) = self.op.find_item(&flags.key_item(), &self.clock())? else {
            return Ok(None);
        };
        let place = item.place();
        let is_of = |key: &AccessKey| {
            let found = get::access_key(&item, flags);
            found.is_ok_and(|found| {
                found.id == key.id && found.secret.expose() == key.secret.expose()
            })
        };
        match key {
            None => bail!(
                "cannot make 1Password item {place}: it is there already; go on with it by `{}`, or name another with --item",
                flags.typed("setup --write")
            ),
            Some(key) if !is_of(key) => bail!(
                "cannot make 1Password item {place}: it is there already, with another key than profile '{}'; name another \
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

    /// Refuses a profile that the line can't go into. That of an earlier run may be there.
    fn check_profile(&self, found: Option<&Item>) -> Result<()> {
        let line = found.map(|_| super::NAME);
        let passing: Vec<&str> = self.passing().into_iter().chain(line).collect();
        check_free(&self.files, self.target, &passing)
    }

    /// Names the setting that the key which is imported leaves in the way of the line.
    fn passing(&self) -> Option<&'static str> {
        KEY_SETTINGS
            .into_iter()
            .next()
            .filter(|_| self.source == self.target)
    }

    fn check_key(&self, key: &AccessKey) -> Result<()> {
        let caller = self.aws.caller(&Signer::Key(key), &self.clock());
        let caller = caller.context("cannot use this access key")?;
        step("user", &caller)
    }

    /// Asks for what the item and the profile need, then makes the item.
    fn make_item(&self, key: &AccessKey) -> Result<(Item, Option<String>)> {
        let flags = &self.settings.flags;
        let known_serial = self.known_serial()?;
        let seed = self.seed(known_serial.as_ref())?;
        let mfa_serial = match known_serial {
            Some(serial) => serial,
            None => questions::serial(self.aws.mfa_devices(key, &self.clock()))?,
        };
        step("device", mfa_serial.as_str())?;
        let region = self.region()?;
        let new = NewKey {
            access_key: key,
            mfa_serial: &mfa_serial,
            seed: seed.as_ref(),
        };
        step("making", &format!("item '{}'", flags.item))?;
        let item = self.op.make_key_item(&new, flags, &self.clock())?;
        step("made", &format!("item {}", item.place()))?;
        Ok((item, region))
    }

    /// Takes the serial of the MFA device from the command line, else from the profile of the key.
    fn known_serial(&self) -> Result<Option<MfaSerial>> {
        if let Some(serial) = &self.settings.flags.mfa_serial {
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

    /// Asks for the region, where the profile has none.
    fn region(&self) -> Result<Option<String>> {
        if self.files.setting(self.target, "region").is_some() {
            return Ok(None);
        }
        let environment = &self.settings.environment;
        let variables = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter();
        let mut variables = variables.filter_map(|name| environment.filled(name)?.to_str());
        let found = variables
            .next()
            .or_else(|| self.files.setting(self.source, "region"))
            .or_else(|| self.files.setting(DEFAULT, "region"));
        match self.asks {
            Asks::All => questions::region(self.target, found),
            Asks::Needed => Ok(found.map(str::to_owned)),
        }
    }

    /// Gets a session with the item, and when that works, writes the region and the line.
    fn set_up(
        &self,
        item: &Item,
        known: &Settings,
        region: Option<&str>,
        is_on_disk: bool,
    ) -> Result<()> {
        let serial_is_in_item = item.has_value(&self.settings.flags.mfa_serial_field);
        let settings = self.settings.with(|flags| {
            flags.mfa_serial.take_if(|_| serial_is_in_item);
        });
        let go_on = |error: Error| self.way_to_go_on(&error, &settings, is_on_disk);
        let dedicated = super::cache_item(&settings, &self.clock()).map_err(go_on)?;
        let tried = known.with(|flags| {
            flags.item.clone_from(&item.id);
            flags.vault = item.vault_id.clone().or(flags.vault.take());
            flags.mfa_serial.take_if(|_| serial_is_in_item);
        });
        let tried = match region {
            Some(region) => tried.in_region(region),
            None => tried,
        };
        self.try_session(&tried).map_err(go_on)?;
        if let Some(region) = region {
            self.aws
                .configure_set("region", region, self.target, &self.clock())?;
            let path = self.files.config_path.display();
            step(
                "region",
                &format!("{region}, in profile '{}' of {path}", self.target),
            )?;
        }
        let files = ConfigFiles::read(&settings);
        let mut setup = Setup::new(&settings, item, dedicated.as_ref(), files)?;
        setup.passing = self.passing();
        setup.write(&self.clock())
    }

    fn try_session(&self, settings: &Settings) -> Result<()> {
        let delivery = get::run(settings, &self.clock())?;
        if let Some(note) = delivery.note {
            step("note", &format!("{note:#}"))?;
        }
        let json = serde_json::from_str(delivery.text.expose())?;
        let session = Session::parse(&json)?;
        let caller = Aws::find(settings)?.caller(&Signer::Session(&session), &self.clock());
        let caller = caller.context("cannot use the session")?;
        let end = clock::local(session.expiration);
        step("session", &format!("of {caller}, until {end}"))
    }

    /// Adds to a failure how to go on: the item is there by now.
    fn way_to_go_on(&self, error: &Error, settings: &Settings, is_on_disk: bool) -> Error {
        let command = if !is_on_disk {
            "setup --write".to_owned()
        } else if self.source == self.target {
            "setup --import".to_owned()
        } else {
            format!("setup --import {}", quoted(self.source))
        };
        let command = settings.flags.typed(&command);
        anyhow!("{error:#}; the item stays as it is: put this right, then go on by `{command}`")
    }

    /// Offers to take the key off the disk, and says how to replace it.
    fn clean_up(&self, key: &AccessKey) -> Result<()> {
        if self.source == self.target {
            removal::offer(&self.files, self.target)?;
        } else {
            step("kept", &format!("the key in profile '{}'", self.source))?;
        }
        let profile = match self.target {
            DEFAULT => String::new(),
            target => format!(" --profile {}", quoted(target)),
        };
        say(&[
            "",
            "The key lay on the disk, so make another one, put it into the item instead, and",
            "delete the old one:",
            "",
            &format!("aws iam create-access-key{profile}"),
            &format!(
                "aws iam delete-access-key --access-key-id {}{profile}",
                key.id
            ),
        ])
    }
}

/// Says what was just done.
fn step(word: &str, text: &str) -> Result<()> {
    say(&[&format!("{word:<8} {text}")])
}
