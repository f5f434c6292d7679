//! The clocks: the monotonic one for the deadline of a run, the wall clock for everything else. Also times as text.

use std::time::{Duration, Instant};

use time::{OffsetDateTime, UtcOffset};

/// The start of a run or of a part of it, and the time that it may take.
#[derive(Clone, Copy)]
pub struct Clock {
    started: Instant,
    timeout: Duration,
    is_part: bool,
}

impl Clock {
    /// Starts the clock of a run that may take `timeout`.
    pub fn start(timeout: Duration) -> Self {
        Self::since(Instant::now(), timeout)
    }

    /// Makes the clock of a run that began earlier.
    pub fn since(started: Instant, timeout: Duration) -> Self {
        Self {
            started,
            timeout,
            is_part: false,
        }
    }

    /// Starts the clock of a part of the run, which ends after `most`, or earlier with the run.
    pub fn at_most(&self, most: Duration) -> Self {
        Self {
            started: Instant::now(),
            timeout: self.left().min(most),
            is_part: true,
        }
    }

    /// Returns the time that is left; zero after the deadline.
    pub fn left(&self) -> Duration {
        self.timeout.saturating_sub(self.started.elapsed())
    }

    /// Names the time that has passed, for a message about the deadline.
    pub fn limit(&self) -> String {
        let seconds = self.timeout.as_secs();
        if self.is_part {
            format!("its {seconds} s were")
        } else {
            format!("the {seconds} s of --timeout were")
        }
    }

    /// Returns the time that the run or the part may take.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }
}

/// Returns the current time in UTC. It is read from the wall clock each time, since the monotonic clock stops while the
/// machine sleeps.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the wall clock is read"
)]
pub fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// Returns the time from `now` to the next change of one-time passwords: they change at each multiple of `period` since 1970.
pub fn until_next(period: Duration, now: OffsetDateTime) -> Duration {
    let since_1970 = Duration::try_from(now - OffsetDateTime::UNIX_EPOCH).unwrap_or_default();
    let into_period = since_1970.as_nanos() % period.as_nanos().max(1);
    period.saturating_sub(Duration::from_nanos(
        u64::try_from(into_period).unwrap_or_default(),
    ))
}

/// Returns a time such as `2026-11-21 05:54:19 +09:00`, in the local time zone. If that is unknown, in UTC, with `UTC` as its
/// end.
pub fn local(time: OffsetDateTime) -> String {
    in_zone(
        time,
        UtcOffset::local_offset_at(time).unwrap_or(UtcOffset::UTC),
    )
}

/// Returns a time in a zone; in UTC, if the year there would be above 9999.
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

/// Returns a length of time in its two largest units: `11 h 59 min`, `2 min 5 s`, `25 s`. The sign is dropped.
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
    fn a_time_that_the_zone_cannot_show_is_in_utc() {
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
    fn a_length_of_time_has_two_units() {
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
