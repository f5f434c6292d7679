//! The session that shows that the item works, then the region and the line of the profile.

use anyhow::{Context, Error, Result, anyhow};

use super::{Import, step};
use crate::aws::{Aws, Signer};
use crate::cli::quoted;
use crate::clock;
use crate::commands::get;
use crate::commands::setup::Setup;
use crate::commands::setup::dedicated::DedicatedItem;
use crate::commands::setup::line::SessionItem;
use crate::commands::setup::profile::write_setting;
use crate::credentials::Session;
use crate::onepassword::Item;
use crate::run::Run;

impl Import<'_> {
    /// Gets a session with the item; if that works, writes the region and the line.
    pub fn set_up(
        &self,
        item: &Item,
        known: &Run,
        region: Option<&str>,
        is_on_disk: bool,
    ) -> Result<()> {
        let serial_is_in_item = item.has_value(&self.run.flags.op.mfa_serial_field);
        let run = self.run.with(|flags| {
            flags.aws.mfa_serial.take_if(|_| serial_is_in_item);
        });
        let go_on = |error: Error| self.way_to_go_on(&error, &run, is_on_disk);
        let is_wanted = DedicatedItem::is_wanted(&run);
        let dedicated = is_wanted.then(|| DedicatedItem::find_or_make(&run.restarted()));
        let dedicated = dedicated.transpose().map_err(go_on)?;
        let with_item = known.with(|flags| {
            flags.op.item.clone_from(&item.id);
            flags.op.vault = item.vault_id.clone().or(flags.op.vault.take());
            flags.aws.mfa_serial.take_if(|_| serial_is_in_item);
        });
        try_session(with_item, region).map_err(go_on)?;
        if let Some(region) = region {
            self.write_region(&run, region).map_err(go_on)?;
        }
        let setup = Setup::new(run.with(|_| {}));
        let line = setup.line(item, SessionItem::of(dedicated.as_ref()));
        line.and_then(|line| setup.write(&line)).map_err(go_on)
    }

    fn write_region(&self, run: &Run, region: &str) -> Result<()> {
        write_setting(run, self.target, "region", region)?;
        let path = self.files.config_path.display();
        let place = format!("profile '{}' of {path}", self.target);
        step("region", &format!("{region}, in {place}"))
    }

    /// Adds to a failure the command that goes on with the item that was made.
    fn way_to_go_on(&self, error: &Error, run: &Run, is_on_disk: bool) -> Error {
        let command = if !is_on_disk {
            "setup --write".to_owned()
        } else if self.source == self.target {
            "setup --import".to_owned()
        } else {
            format!("setup --import {}", quoted(self.source))
        };
        let command = run.flags.typed(&command);
        anyhow!("{error:#}; the item stays as it is: correct this, then continue with `{command}`")
    }
}

/// Gets a session as the line would, and asks STS for its user.
fn try_session(run: Run, region: Option<&str>) -> Result<()> {
    let run = match region {
        Some(region) => run.in_region(region),
        None => run,
    };
    let delivery = get::run(&run.restarted())?;
    if let Some(note) = delivery.note {
        step("note", &format!("{note:#}"))?;
    }
    let json = serde_json::from_str(delivery.text.as_str())?;
    let session = Session::parse(&json)?;
    let caller = Aws::find(&run.restarted())?.caller(&Signer::Session(&session));
    let caller = caller.context("cannot use the session")?;
    let end = clock::local(session.expiration);
    step("session", &format!("of {caller}, until {end}"))
}
