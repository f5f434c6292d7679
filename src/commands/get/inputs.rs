//! The inputs of a new session: access key, MFA serial and profile.

use anyhow::{Context, Result};

use crate::aws::{Aws, ConfigFiles};
use crate::cli::Flags;
use crate::credentials::{AccessKey, MfaSerial};
use crate::onepassword::Item;
use crate::refusal::Refusal;
use crate::run::Run;

/// Reads the long-lived key from the item.
pub fn access_key(item: &Item, flags: &Flags) -> Result<AccessKey> {
    let id = item.value(&flags.op.access_key_field, "--access-key-field")?;
    let secret = item.value(&flags.op.secret_key_field, "--secret-key-field")?;
    let aim = || {
        format!(
            "cannot use the access key in 1Password item '{}'",
            item.called
        )
    };
    AccessKey::new(id, secret).with_context(aim)
}

/// Reads the serial of the MFA device from the command line, else from the item, else from the AWS config.
pub fn mfa_serial(item: &Item, aws: &Aws, flags: &Flags) -> Result<MfaSerial> {
    if let Some(serial) = &flags.aws.mfa_serial {
        return Ok(serial.clone());
    }
    let field = &flags.op.mfa_serial_field;
    if item.has_value(field) {
        let serial = item.value(field, "--mfa-serial-field")?;
        let aim = || {
            format!(
                "cannot use the MFA serial in 1Password item '{}'",
                item.called
            )
        };
        return MfaSerial::parse(serial.expose()).with_context(aim);
    }
    let profile = flags.aws.profile.as_deref();
    let serial = aws.configure_get("mfa_serial", profile)?;
    let profile = profile.unwrap_or("default");
    let serial = serial.ok_or_else(|| {
        let in_item = format!("field '{field}' of 1Password item '{}'", item.called);
        let in_config = format!("mfa_serial of profile '{profile}' in the AWS config");
        let remedy = "set one, or pass --mfa-serial";
        Refusal::Final(format!(
            "cannot find an MFA serial: neither {in_item} nor {in_config} is set; {remedy}"
        ))
    })?;
    let aim = || format!("cannot use mfa_serial of profile '{profile}' in the AWS config");
    MfaSerial::parse(&serial).with_context(aim)
}

/// Refuses a missing profile before a code is used up. If the files don't have it, `aws` is asked, since a wrapper may read
/// other files.
pub fn check_profile(aws: &Aws, run: &Run) -> Result<()> {
    match run.flags.aws.profile.as_deref() {
        None | Some("default") => Ok(()),
        Some(profile) if ConfigFiles::read(run).has_profile(profile) => Ok(()),
        profile => aws.configure_get("region", profile).map(drop),
    }
}
