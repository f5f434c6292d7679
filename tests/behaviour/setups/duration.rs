//! `--duration`: what STS is asked for.

use super::sts_with;
use crate::support::*;

#[test]
fn the_duration_is_passed_on_in_seconds() {
    let durations = [
        ("12h", 43200),
        ("90m", 5400),
        ("3600s", 3600),
        ("43200", 43200),
        ("1h30m", 5400),
        ("15m", 900),
        ("36h", 129_600),
    ];
    for (text, seconds) in durations {
        let sandbox = Sandbox::new();
        let outcome = sandbox.run(&["--duration", text]);
        assert_eq!(outcome, printed(&sandbox.minted(1)), "{text}");
        let sts = sts_with(&format!("--duration-seconds {seconds}"));
        assert_eq!(sandbox.calls(), [GET, OTP, &sts, EDIT], "{text}");
        let ledger = sandbox.read("standin/ledger.json");
        let expiration = ledger["sessions"][0]["expiration"].as_str();
        let expected = in_seconds(seconds - 30)..=in_seconds(seconds);
        assert!(expected.contains(&expiration.expect("a time").to_owned()));
    }
}

#[test]
fn a_wrong_duration_starts_nothing() {
    for text in [
        "", "0", "899", "14m59s", "129601", "36h1s", "-12h", "1.5h", "12 h", "1d", "soon",
    ] {
        let sandbox = Sandbox::new();
        let outcome = sandbox.run(&[&format!("--duration={text}")]);
        assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(2), ""));
        let said = format!("error: invalid value '{text}' for '--duration <DURATION>': expected ");
        assert!(outcome.stderr.starts_with(&said), "{outcome:?}");
        assert_eq!(sandbox.calls(), [""; 0], "{text}");
    }
}

/// STS doesn't refuse: it gives an hour.
#[test]
fn a_session_of_the_root_user_is_stored_with_the_end_that_sts_gave_it() {
    let sandbox = Sandbox::new();
    let mut account = sandbox.read("standin/account.json");
    account["root"] = true.into();
    sandbox.write("standin/account.json", &account);
    let outcome = sandbox.run(&["--duration", "12h"]);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    let expiration = sandbox.cached()["Credentials"]["Expiration"].clone();
    let expected = in_seconds(3570)..=in_seconds(3600);
    assert!(expected.contains(&expiration.as_str().expect("a time").to_owned()));
}
