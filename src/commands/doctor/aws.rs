//! `aws`, the settings of the AWS config that its calls depend on, and the clock of this machine.

use super::{Check, share};
use crate::aws::{Aws, ConfigFiles};
use crate::clock::{self, in_words};
use crate::commands::get;
use crate::run::Run;

/// The largest difference between this clock and that of STS: a code is valid for 30 seconds, and STS accepts little more.
const MOST: time::Duration = time::Duration::seconds(30);

/// Checks `aws` and the clock, unless `is_known`, and the profile. Nothing of it is needed with `--no-session`.
pub fn check(run: &Run, is_known: bool, files: &ConfigFiles) -> Vec<Check> {
    if run.flags.aws.no_session {
        return Vec::new();
    }
    let aws = match Aws::find(run) {
        Ok(aws) => aws,
        Err(error) => return vec![Check::from_error(&error)],
    };
    let mut checks = Vec::new();
    let mut version = String::new();
    if !is_known {
        version = match find_version(&aws, run) {
            Ok(version) => version,
            Err(failure) => return vec![failure],
        };
        let path = aws.path().display();
        checks.push(Check::ok(format!("aws: {path}, {version}")));
    }
    let faults = profile_faults(&aws, &version, run, files);
    // With a faulty profile, `aws` can't reach STS.
    let is_sound = faults.is_empty();
    checks.extend(faults);
    if !is_known && is_sound {
        checks.push(check_clock(&aws, run));
    }
    checks
}

fn find_version(aws: &Aws, run: &Run) -> Result<String, Check> {
    let clock = share(run).ok_or_else(|| Check::unchecked("aws"))?;
    let version = aws.within(clock).version();
    version.map_err(|error| Check::from_error(&error))
}

/// Checks the profile that the calls of STS use.
fn profile_faults(aws: &Aws, version: &str, run: &Run, files: &ConfigFiles) -> Vec<Check> {
    let name = run.flags.aws.profile_name();
    let mut checks = Vec::new();
    if let Some(clock) = share(run)
        && let Err(error) = get::check_profile(&aws.within(clock), run)
    {
        return vec![Check::from_error(&error)];
    }
    let format = files.setting(name, "cli_timestamp_format");
    let is_known = |format: &str| match format {
        "wire" | "iso8601" => true,
        "none" => version.starts_with("aws-cli/1"),
        _ => false,
    };
    if let Some(format) = format.filter(|format| !is_known(format)) {
        checks.push(Check::failed(format!(
            "profile '{name}': its cli_timestamp_format is '{format}', for which the AWS CLI fails; set it to iso8601, or take it out"
        )));
    }
    let endpoint = files.setting(name, "endpoint_url");
    if endpoint.is_some() && files.region(run, name).is_none() {
        checks.push(Check::failed(format!(
            "profile '{name}': it has an endpoint_url and no region, without which the AWS CLI can't sign; add region = … to the profile"
        )));
    }
    checks
}

fn check_clock(aws: &Aws, run: &Run) -> Check {
    let Some(clock) = share(run) else {
        return Check::unchecked("clock");
    };
    let Some(sts_time) = aws.within(clock).sts_time() else {
        return Check::warning(
            "clock: STS wasn't reached to compare it with; check the network, the proxy and the region",
        );
    };
    // That time is a little older than now, and in whole seconds.
    let ahead = clock::now() - sts_time;
    if ahead.abs() <= MOST {
        return Check::ok("clock: agrees with STS");
    }
    let way = if ahead.is_positive() {
        "ahead of"
    } else {
        "behind"
    };
    Check::failed(format!(
        "clock: {} {way} STS's, so one-time passwords are refused; set it",
        in_words(ahead)
    ))
}
