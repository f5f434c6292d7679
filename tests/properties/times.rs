//! Times as the cache holds them and as people read them.

use proptest::prelude::*;
use time::{Duration, OffsetDateTime, UtcOffset};

use super::{any_text, any_time, config};
use crate::clock::{in_words, local};
use crate::credentials::{format_time, parse_time};

/// Offsets as RFC 3339 has them, in whole minutes.
fn any_offset() -> impl Strategy<Value = UtcOffset> {
    (-1439..=1439).prop_map(|minutes| UtcOffset::from_whole_seconds(minutes * 60).expect("one"))
}

/// Spells a time as RFC 3339 has it by the clock of `offset`; `rest` is a fraction, or empty.
fn spell(time: OffsetDateTime, rest: &str, offset: UtcOffset) -> Option<String> {
    let there = time.checked_to_offset(offset)?;
    let (hours, minutes, _) = offset.as_hms();
    let sign = if offset.is_negative() { '-' } else { '+' };
    let local = format_time(there);
    let local = local
        .strip_suffix('Z')
        .filter(|_| (0..=9999).contains(&there.year()))?;
    Some(format!(
        "{local}{rest}{sign}{:02}:{:02}",
        hours.abs(),
        minutes.abs()
    ))
}

/// Reads what [`in_words`] writes, in seconds.
fn seconds(words: &str) -> u64 {
    let words: Vec<&str> = words.split(' ').collect();
    let parts = words.chunks(2).map(|part| {
        let unit = match part[1] {
            "h" => 3600,
            "min" => 60,
            _ => 1,
        };
        part[0].parse::<u64>().expect("a number") * unit
    });
    parts.sum()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_time_is_read_as_it_was_written(time in any_time()) {
        prop_assert_eq!(parse_time(&format_time(time)), Some(time));
    }

    #[test]
    fn every_form_of_a_time_is_the_same_instant(
        time in any_time(), fraction in r"\.[0-9]{1,12}", offset in any_offset(),
    ) {
        let in_utc = format_time(time);
        let plain = in_utc.replace('Z', "+00:00");
        prop_assert_eq!(parse_time(&plain), Some(time));
        prop_assert_eq!(parse_time(&in_utc.to_lowercase()), Some(time));
        for rest in ["", &fraction] {
            let utc = in_utc.replace('Z', &format!("{rest}Z"));
            for text in [Some(utc), spell(time, rest, offset)].into_iter().flatten() {
                let read = parse_time(&text).expect("a time");
                prop_assert!(read.offset().is_utc(), "{}", text);
                prop_assert_eq!(read.unix_timestamp(), time.unix_timestamp(), "{}", text);
            }
        }
    }

    #[test]
    fn a_text_that_is_nearly_a_time_is_one_or_none(
        day in "(0000|[0-9]{4}|9999)-[01][0-9]-[0-3][0-9]",
        clock in r"[Tt _][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{0,12})?",
        offset in "([Zz]|[+-][0-2][0-9]:?[0-6][0-9])?",
    ) {
        let text = day + &clock + &offset;
        if let Some(time) = parse_time(&text) {
            let again = parse_time(&format_time(time)).map(OffsetDateTime::unix_timestamp);
            prop_assert_eq!(again, Some(time.unix_timestamp()), "{}", text);
        }
    }

    #[test]
    fn any_text_is_a_time_or_none(text in any_text()) {
        let _: Option<OffsetDateTime> = parse_time(&text);
    }

    #[test]
    fn a_length_in_words_is_short_by_less_than_a_unit(seconds_long in any::<i64>()) {
        let words = in_words(Duration::seconds(seconds_long));
        let unit = if words.ends_with("min") { 60 } else { 1 };
        let short = seconds_long.unsigned_abs().checked_sub(seconds(&words));
        prop_assert!(short.is_some_and(|short| short < unit), "{}", words);
    }

    #[test]
    fn every_time_can_be_told(time in any_time(), offset in any_offset()) {
        prop_assert!(local(time).len() > 20);
        if let Some(time) = time.checked_to_offset(offset) {
            prop_assert!(local(time).len() > 20);
        }
    }
}
