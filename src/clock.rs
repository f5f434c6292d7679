//! The time of one run: deadlines by the monotonic clock, everything else by the wall clock.

use std::time::{Duration, Instant};

use time::{OffsetDateTime, UtcOffset};

/// When the run began, and how long it may take.
#[derive(Clone, Copy)]
pub struct Clock {
    started: Instant,
    timeout: Duration,
    is_part: bool,
}

impl Clock {
    /// Starts a run that may take `timeout`.
    pub fn start(timeout: Duration) -> Self {
        Self {
            started: Instant::now(),
            timeout,
            is_part: false,
        }
    }

    /// Returns a clock for a part of the run, which ends with the run or after `most`, whatever comes first.
    pub fn at_most(&self, most: Duration) -> Self {
        Self {
            started: Instant::now(),
            timeout: self.left().min(most),
            is_part: true,
        }
    }

    /// Returns how much of the run's time is left; zero when it is over.
    pub fn left(&self) -> Duration {
        self.timeout.saturating_sub(self.started.elapsed())
    }

    /// Words what was over when there was no time left.
    pub fn limit(&self) -> String {
        let seconds = self.timeout.as_secs();
        if self.is_part {
            format!("its {seconds} s were")
        } else {
            format!("the {seconds} s of --timeout were")
        }
    }

    /// Returns how long the whole run may take.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }
}

/// Returns what time it is, in UTC. The wall clock is asked each time: the monotonic one stands still while the machine
/// sleeps.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the wall clock is read"
)]
pub fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// Returns how long it is until the next multiple of `period` since 1970, when one-time passwords change.
pub fn until_next(period: Duration, now: OffsetDateTime) -> Duration {
    let since_1970 = Duration::try_from(now - OffsetDateTime::UNIX_EPOCH).unwrap_or_default();
    let into_period = since_1970.as_nanos() % period.as_nanos().max(1);
    period.saturating_sub(Duration::from_nanos(
        u64::try_from(into_period).unwrap_or_default(),
    ))
}

/// Writes a time as `2026-11-21 05:54:19 +09:00`, by the local clock; where that isn't known, in UTC and marked so.
pub fn local(time: OffsetDateTime) -> String {
    in_zone(
        time,
        UtcOffset::local_offset_at(time).unwrap_or(UtcOffset::UTC),
    )
}

/// At the end of all times, where the zone's clock would show a year that there isn't, the time stays in UTC.
fn in_zone(time: OffsetDateTime, offset: UtcOffset) -> String {
    let local = time.checked_to_offset(offset).unwrap_or(time);
    let offset = local.offset();
    let (date, (hour, minute, second)) = (local.date(), local.to_hms());
    let zone = if offset.is_utc() {
        "UTC".to_owned()
    } else {
        let sign = if offset.is_negative() { '-' } else { '+' };
        let (hours, minutes, _) = offset.as_hms();
        format!("{sign}{:02}:{:02}", hours.abs(), minutes.abs())
    };
    format!("{date} {hour:02}:{minute:02}:{second:02} {zone}")
}

/// Writes a length of time in its two largest units: `11 h 59 min`, `2 min 5 s`, `25 s`.
pub fn in_words(length: time::Duration) -> String {
    let seconds = length.whole_seconds().unsigned_abs();
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest} s"),
        (0, _) => format!("{minutes} min {rest} s"),
        _ => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_period_begins_at_a_multiple_of_its_length_since_1970() {
        let time = |text| crate::credentials::parse_time(text).expect("a time");
        let now = time("2026-11-21T05:54:19Z");
        for (period, next) in [(30, "2026-11-21T05:54:30Z"), (3600, "2026-11-21T06:00:00Z")] {
            assert_eq!(
                now + until_next(Duration::from_secs(period), now),
                time(next)
            );
        }
    }

    #[test]
    fn a_time_that_the_zone_cannot_show_is_told_in_utc() {
        let east = UtcOffset::from_hms(9, 0, 0).expect("an offset");
        let time = |text| crate::credentials::parse_time(text).expect("a time");
        assert_eq!(
            in_zone(time("2026-11-20T20:54:19Z"), east),
            "2026-11-21 05:54:19 +09:00"
        );
        assert_eq!(
            in_zone(time("9999-12-31T23:59:59Z"), east),
            "9999-12-31 23:59:59 UTC"
        );
    }

    #[test]
    fn a_length_of_time_is_told_in_two_units() {
        let lengths = [
            (0, "0 s"),
            (59, "59 s"),
            (125, "2 min 5 s"),
            (43_199, "11 h 59 min"),
            (-61, "1 min 1 s"),
        ];
        for (seconds, words) in lengths {
            assert_eq!(in_words(time::Duration::seconds(seconds)), words);
        }
    }
}
