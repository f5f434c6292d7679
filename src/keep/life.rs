//! How long a keeper lives, by the wall clock and the monotonic one.

use std::time::{Duration, Instant};

use time::OffsetDateTime;

use crate::cli::LONGEST_KEEP;
use crate::clock;

/// The two clocks differ by more than this if the machine has slept, or the wall clock was set.
const MOST_APART: time::Duration = time::Duration::seconds(5);

/// The time from the start of a keeper to its end.
pub struct Life {
    began: OffsetDateTime,
    /// When it began, by the monotonic clock.
    started: Instant,
    end: OffsetDateTime,
}

impl Life {
    /// Begins now. It is at most as long as `--keep` allows, even if the wall clock was wrong when the end was computed.
    pub fn until(end: OffsetDateTime) -> Self {
        let began = clock::now();
        let longest = time::Duration::try_from(LONGEST_KEEP).unwrap_or_default();
        Self {
            began,
            started: Instant::now(),
            end: end.min(began.saturating_add(longest)),
        }
    }

    /// Returns when it ends.
    pub fn end(&self) -> OffsetDateTime {
        self.end
    }

    /// Returns how much is left; `None` if it has ended.
    pub fn left(&self) -> Option<Duration> {
        let elapsed = time::Duration::try_from(self.started.elapsed());
        self.left_at(clock::now(), elapsed.unwrap_or(time::Duration::MAX))
    }

    fn left_at(&self, now: OffsetDateTime, elapsed: time::Duration) -> Option<Duration> {
        let by_wall = now - self.began;
        let apart = by_wall.saturating_sub(elapsed).abs();
        let left = (self.end - self.began).saturating_sub(by_wall.max(elapsed));
        let left = Duration::try_from(left).ok().filter(|left| !left.is_zero());
        left.filter(|_| apart <= MOST_APART)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(count: i64) -> time::Duration {
        time::Duration::seconds(count)
    }

    #[test]
    fn a_life_ends_by_either_clock_and_where_they_go_apart() {
        let began = OffsetDateTime::UNIX_EPOCH;
        let life = Life {
            began,
            started: Instant::now(),
            end: began + seconds(300),
        };
        let left = |wall, elapsed| life.left_at(began + seconds(wall), seconds(elapsed));
        let some = |count| Some(Duration::from_secs(count));
        assert_eq!(left(0, 0), some(300));
        assert_eq!(left(299, 299), some(1));
        assert_eq!(left(103, 100), some(197));
        assert_eq!(left(100, 103), some(197));
        assert_eq!(left(105, 100), some(195));
        for (wall, elapsed) in [
            (300, 300),
            (300, 297),
            (297, 300),
            (106, 100),
            (100, 106),
            (-3600, 1),
            (3600, 1),
            (1, i64::MAX),
        ] {
            assert_eq!(left(wall, elapsed), None, "{wall} {elapsed}");
        }
    }

    #[test]
    fn a_life_is_no_longer_than_the_option_allows() {
        let life = Life::until(clock::now() + seconds(3600));
        assert!(life.left() <= Some(LONGEST_KEEP));
    }
}
