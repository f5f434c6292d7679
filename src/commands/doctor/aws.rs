//! `aws` itself, and this machine's clock against that of STS.

use super::Check;
use crate::aws::Aws;
use crate::clock::{self, Clock, in_words};
use crate::settings::Settings;

/// A code counts for 30 seconds, and STS takes little more.
const MOST: time::Duration = time::Duration::seconds(30);

/// Looks at `aws`; through it, at the clock.
pub fn check(settings: &Settings, clock: &Clock) -> Vec<Check> {
    let aws = match Aws::find(settings) {
        Ok(aws) => aws,
        Err(error) => return vec![Check::from_error(&error)],
    };
    match aws.version(clock) {
        Ok(version) => {
            let found = Check::ok(format!("aws: {}, {version}", aws.path().display()));
            vec![found, check_clock(&aws, clock)]
        }
        Err(error) => vec![Check::from_error(&error)],
    }
}

fn check_clock(aws: &Aws, clock: &Clock) -> Check {
    let Some(theirs) = aws.sts_time(clock) else {
        return Check::warning(
            "clock: STS wasn't reached to compare it with; check the network, the proxy and the region",
        );
    };
    // Theirs was a little earlier, and without a fraction.
    let ahead = clock::now() - theirs;
    if ahead.abs() <= MOST {
        return Check::ok("clock: as STS's");
    }
    let way = if ahead.is_positive() {
        "ahead of"
    } else {
        "behind"
    };
    Check::failed(format!(
        "clock: {} {way} STS's, so that one-time passwords are refused; set it",
        in_words(ahead)
    ))
}
