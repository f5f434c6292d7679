//! The serial of the MFA device.

use super::Check;
use super::item::similar;
use crate::aws::{ConfigFiles, partition};
use crate::credentials::MfaSerial;
use crate::onepassword::Item;
use crate::run::Run;

/// Checks the serial of the command line, the item or the AWS config.
pub fn check(item: &Item, run: &Run, files: &ConfigFiles) -> Check {
    let flags = &run.flags;
    let field = &flags.op.mfa_serial_field;
    let profile = flags.aws.profile_name();
    let text = if let Some(serial) = &flags.aws.mfa_serial {
        serial.as_str()
    } else if item.has_value(field) {
        match item.value(field, "--mfa-serial-field") {
            Ok(serial) => serial.expose(),
            Err(error) => return Check::from_error(&error),
        }
    } else if let Some(serial) = files.setting(profile, "mfa_serial") {
        serial
    } else {
        let other = similar(item, field, is_device).filter(|other| other.value().is_some());
        let hint = other.map(|other| format!("; is it '{}'?", other.label_or_id()));
        return Check::failed(format!(
            "MFA serial: neither field '{field}' of the item nor mfa_serial of profile '{profile}' is set; put the ARN of the device into the field{}",
            hint.unwrap_or_default()
        ));
    };
    match MfaSerial::parse(text) {
        // The value isn't shown, since the wrong field may hold a secret.
        Ok(serial) if serial.as_str().starts_with("arn:") => {
            partition_fault(&serial, run, files).unwrap_or_else(|| Check::ok("MFA serial: an ARN"))
        }
        Ok(_) => Check::ok("MFA serial: the number of a device"),
        Err(error) => Check::failed(format!("MFA serial: {error:#}")),
    }
}

fn is_device(text: &str) -> bool {
    text.starts_with("arn:") && text.contains(":mfa/")
}

/// Returns a failure if the device and the region are in different partitions.
fn partition_fault(serial: &MfaSerial, run: &Run, files: &ConfigFiles) -> Option<Check> {
    let region = files.region(run, run.flags.aws.profile_name())?;
    let of_device = serial.as_str().split(':').nth(1)?;
    let of_region = partition(&region);
    (of_device != of_region).then(|| {
        Check::failed(format!(
            "MFA serial: it is of the partition {of_device}, and region {region} is of {of_region}; set a region of {of_device}"
        ))
    })
}
