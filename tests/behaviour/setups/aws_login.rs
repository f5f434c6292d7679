//! `aws login` by itself: a profile whose credentials come from a browser.

use std::fs;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::json;

use super::{run_profile, run_together};
use crate::support::runs::*;
use crate::support::setups::*;
use crate::support::terminal::*;
use crate::support::*;

const ONE_PROFILE: &str = "[default]
credential_process = PROGRAM aws-login --profile signin
region = ap-northeast-1

[profile signin]
region = ap-northeast-1
";

const TWO_PROFILES: &str = "[profile foo]
credential_process = PROGRAM aws-login --profile foo-signin
region = ap-northeast-1

[profile bar]
credential_process = PROGRAM aws-login --profile bar-signin
region = ap-northeast-1

[profile foo-signin]
region = ap-northeast-1

[profile bar-signin]
region = ap-northeast-1
";

const SIGNIN: [&str; 3] = ["aws-login", "--profile", "signin"];
const EXPORT: &str = "aws configure export-credentials --profile signin --format process";
const LOGIN: &str = "aws login --profile signin";
/// Where nobody has ever signed in, there is nothing to export before.
const SIGNING_IN: [&str; 2] = [LOGIN, EXPORT];
/// Where a sign-in is over: once before the lock, once behind it, and once with what the browser brought.
const SIGNING_IN_AGAIN: [&str; 4] = [EXPORT, EXPORT, LOGIN, EXPORT];

const SESSION: &str = "login_session = arn:aws:iam::123456789012:user/alice\n";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    configure(&sandbox, ONE_PROFILE);
    moods(&sandbox, &json!({}));
    sandbox
}

/// Sets the moods of version 2 of the AWS CLI, unless they name another.
fn moods(sandbox: &Sandbox, moods: &serde_json::Value) {
    let mut aws = json!({ "version": 2 });
    let more = moods.as_object().expect("moods").clone();
    aws.as_object_mut().expect("moods").extend(more);
    sandbox.moods(&json!({ "aws": aws }));
}

/// Signs `signin` in until then, as an earlier `aws login` did.
fn sign_in(sandbox: &Sandbox, end: &str) {
    configure(sandbox, &format!("{ONE_PROFILE}{SESSION}"));
    sandbox.write("standin/logins.json", &json!({ "signin": end }));
}

fn progress(profile: &str) -> String {
    let text = format!(
        "Attempting to open your default browser. If the browser does not open, open the following URL.\n\
         If you are unable to open the URL on this device, run this command again with the '--remote' option.\n\n\
         https://eu-central-1.signin.aws.amazon.com/v1/authorize?response_type=code&scope=openid\n\n\n\
         Updated profile {profile} to use arn:aws:iam::123456789012:user/alice credentials.\n\
         Use \"--profile {profile}\" to use the new credentials, such as \"aws sts get-caller-identity --profile {profile}\"\n"
    );
    text.replace('\n', "\r\n")
}

#[test]
fn aws_login_by_itself_when_signed_in() {
    let sandbox = sandbox();
    sign_in(&sandbox, FAR_FUTURE);
    let outcome = run_profile(&sandbox, &format!("{ONE_PROFILE}{SESSION}"), "default", &[]);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), [EXPORT]);
    assert_eq!(transcript(&sandbox), "");
}

#[test]
fn aws_login_by_itself() {
    let sandbox = sandbox();
    let outcome = run_profile(&sandbox, ONE_PROFILE, "default", &[]);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), SIGNING_IN);
    assert_eq!(sandbox.events("browser").len(), 1);
    assert_eq!(transcript(&sandbox), progress("signin"));
    let config = fs::read_to_string(sandbox.path("home/.aws/config")).expect("a config");
    assert!(config.ends_with(SESSION), "{config}");
    sandbox.forget_calls();
    assert_eq!(sandbox.run(&SIGNIN), outcome);
    assert_eq!(sandbox.calls(), [EXPORT]);
}

#[test]
fn of_a_sign_in_that_takes_long_the_cli_speaks_alone() {
    let sandbox = sandbox();
    moods(
        &sandbox,
        &json!({ "mishaps": [{ "call": "login", "delay": 5.5, "goes_on": true }] }),
    );
    let outcome = run_profile(&sandbox, ONE_PROFILE, "default", &[]);
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(transcript(&sandbox), progress("signin"));
}

#[test]
fn aws_login_by_itself_for_two_profiles() {
    let sandbox = sandbox();
    let foo = run_profile(&sandbox, TWO_PROFILES, "profile foo", &[]);
    assert_eq!(foo, printed(&sandbox.minted(1)));
    assert_eq!(transcript(&sandbox), progress("foo-signin"));
    let bar = sandbox.run(&["aws-login", "--profile", "bar-signin"]);
    assert_eq!(bar, printed(&sandbox.minted(2)));
    let profiles: Vec<_> = sandbox
        .events("browser")
        .iter()
        .map(|event| event["profile"].clone())
        .collect();
    assert_eq!(profiles, ["foo-signin", "bar-signin"]);
}

#[test]
fn aws_login_by_itself_after_aws_logout() {
    let sandbox = sandbox();
    sign_in(&sandbox, FAR_FUTURE);
    sandbox.write("standin/logins.json", &json!({}));
    assert_eq!(sandbox.run(&SIGNIN), printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), SIGNING_IN_AGAIN);
}

#[test]
fn aws_login_by_itself_when_the_sign_in_has_ended() {
    // Only the newer one begins each complaint with `aws: [ERROR]: `.
    for version in ["2.32.0", "2.38.1"] {
        let sandbox = sandbox();
        moods(&sandbox, &json!({ "version": version }));
        sign_in(&sandbox, "2025-12-16T01:00:00Z");
        assert_eq!(sandbox.run(&SIGNIN), printed(&sandbox.minted(1)));
        assert_eq!(sandbox.calls(), SIGNING_IN_AGAIN);
    }
}

#[test]
fn without_a_terminal_the_browser_opens_all_the_same() {
    let sandbox = sandbox();
    let program = [&[PROGRAM], &SIGNIN[..]].concat();
    let outcome = finish(&mut tool(&sandbox, &["--none"], &[], &program));
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), SIGNING_IN);
}

#[test]
fn the_expiration_is_printed_with_a_z() {
    let sandbox = sandbox();
    sign_in(&sandbox, FAR_FUTURE);
    let printed = sandbox.run(&SIGNIN).stdout;
    let expiration = printed.lines().find(|line| line.contains("Expiration"));
    assert!(
        expiration.is_some_and(|line| line.ends_with("Z\"")),
        "{printed}"
    );
}

#[test]
fn six_runs_side_by_side_open_one_browser() {
    let sandbox = sandbox();
    moods(&sandbox, &json!({ "browser_delay": 0.5 }));
    let commands = (0..6).map(|_| sandbox.command(&SIGNIN)).collect();
    let outcomes = run_together(commands);
    let expected = printed(&sandbox.minted(1));
    assert!(
        outcomes.iter().all(|outcome| *outcome == expected),
        "{outcomes:?}"
    );
    assert_eq!(sandbox.events("browser").len(), 1);
    assert_eq!(sandbox.count_minted(), 1);
}

/// In each terminal session one run refreshes; at most one of them keeps what it got.
#[test]
fn a_refresh_in_many_terminal_sessions_opens_no_browser() {
    for used in ["accepted", "refused"] {
        let sandbox = sandbox();
        moods(&sandbox, &json!({ "used_refresh_token": used }));
        sign_in(&sandbox, FAR_FUTURE);
        let commands = (0..8).map(|_| sandbox.command_in_own_session(&SIGNIN));
        for outcome in run_together(commands.collect()) {
            assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(0), ""));
        }
        assert_eq!(sandbox.events("browser").len(), 0);
        if used == "refused" {
            assert_eq!(sandbox.count_minted(), 1);
        }
    }
}

#[test]
fn a_refresh_in_one_terminal_session_is_made_by_one_run() {
    let sandbox = sandbox();
    sign_in(&sandbox, FAR_FUTURE);
    let mishap = json!({ "call": "configure export-credentials", "until": "go", "goes_on": true });
    moods(&sandbox, &json!({ "mishaps": [mishap] }));
    let runs = start(&sandbox, 8, &SIGNIN);
    wait_for_followers(&sandbox, 7);
    go_on(&sandbox);
    expect_all(&ends(runs), &printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), [EXPORT]);
}

#[test]
fn a_sign_in_that_fails_is_not_tried_by_those_who_waited() {
    let sandbox = sandbox();
    moods(
        &sandbox,
        &json!({ "browser_delay": 0.5, "browser": "dismissed" }),
    );
    let commands = (0..6).map(|_| sandbox.command(&SIGNIN)).collect();
    let outcomes = run_together(commands);
    let first = &outcomes[0];
    // The rest depends on whether the tests have a terminal.
    let line = "get-1password-creds: cannot sign in to profile 'signin': `aws login` ";
    assert!(first.stderr.starts_with(line), "{first:?}");
    assert_eq!((first.status, first.stdout.as_str()), (Some(1), ""));
    assert!(
        outcomes.iter().all(|outcome| outcome == first),
        "{outcomes:?}"
    );
    assert_eq!(sandbox.events("browser").len(), 1);
    // Who comes later may try again.
    moods(&sandbox, &json!({}));
    assert_eq!(sandbox.run(&SIGNIN), printed(&sandbox.minted(1)));
}

#[test]
fn two_profiles_do_not_wait_for_each_other() {
    let sandbox = sandbox();
    configure(&sandbox, TWO_PROFILES);
    moods(&sandbox, &json!({ "browser_delay": 1.5 }));
    let command = |profile| sandbox.command(&["aws-login", "--profile", profile]);
    run_together(vec![command("foo-signin"), command("bar-signin")]);
    let time = |event: &serde_json::Value| event["time"].as_f64().expect("a time");
    let times: Vec<f64> = sandbox.events("browser").iter().map(time).collect();
    assert!((times[0] - times[1]).abs() < 1.2, "{times:?}");
}

fn cannot_sign_in(status: i32) -> String {
    format!(
        "cannot sign in to profile 'signin': `aws login` failed (exit status: {status}); the terminal shows why"
    )
}

/// Runs at a terminal; says what appeared there.
fn expect_line(sandbox: &Sandbox, line: &str, calls: &[&str]) -> String {
    let program = [&[PROGRAM], &SIGNIN[..]].concat();
    let outcome = finish(&mut tool(sandbox, &[], &[], &program));
    assert_eq!(outcome, failed(line));
    assert_eq!(sandbox.calls(), calls);
    transcript(sandbox)
}

#[test]
fn a_browser_that_is_dismissed_is_said() {
    let sandbox = sandbox();
    moods(&sandbox, &json!({ "browser": "dismissed" }));
    let shown = expect_line(&sandbox, &cannot_sign_in(255), &SIGNING_IN[..1]);
    let words = "aws: [ERROR]: Error loading or redeeming a login authorization code: Failed to retrieve an authorization code. \r\n";
    assert!(shown.ends_with(words), "{shown}");
}

fn another_style(name: &str) -> String {
    format!(
        "cannot use profile 'signin': it has {name}, and `aws login` is for profiles without credentials; make \
         [profile signin-signin] in ~/.aws/config, with a region alone, and pass its name, signin-signin"
    )
}

#[test]
fn a_profile_with_credentials_of_another_style_is_said() {
    for name in [
        "role_arn",
        "web_identity_token_file",
        "sso_account_id",
        "sso_role_name",
        "aws_access_key_id",
        "credential_process",
    ] {
        let sandbox = sandbox();
        configure(&sandbox, &format!("{ONE_PROFILE}{name} = x\n"));
        assert_eq!(expect_line(&sandbox, &another_style(name), &[]), "");
    }
}

/// The profile with the line is not the one that is signed in to.
#[test]
fn a_profile_that_signs_in_to_itself_is_said() {
    let sandbox = sandbox();
    let own = format!("credential_process = {PROGRAM} aws-login --profile signin\n");
    configure(&sandbox, &format!("{ONE_PROFILE}{own}"));
    assert_eq!(
        expect_line(&sandbox, &another_style("credential_process"), &[]),
        ""
    );
}

#[test]
fn the_default_profile_with_the_line_is_told_which_one_to_make() {
    let sandbox = sandbox();
    let config = "[default]\ncredential_process = PROGRAM aws-login --profile default\n";
    configure(&sandbox, config);
    let line = "cannot use profile 'default': it has credential_process, and `aws login` is for profiles without credentials; \
                make [profile signin] in ~/.aws/config, with a region alone, and pass its name, signin";
    assert_eq!(
        sandbox.run(&["aws-login", "--profile", "default"]),
        failed(line)
    );
    assert_eq!(sandbox.calls(), [""; 0]);
}

/// In the CLI, they go before the sign-in that the profile has.
#[test]
fn what_goes_before_a_sign_in_is_not_taken_for_it() {
    for name in [
        "role_arn",
        "web_identity_token_file",
        "sso_account_id",
        "sso_role_name",
    ] {
        let sandbox = sandbox();
        sign_in(&sandbox, FAR_FUTURE);
        configure(&sandbox, &format!("{ONE_PROFILE}{SESSION}{name} = x\n"));
        expect_line(&sandbox, &another_style(name), &[]);
    }
    let sandbox = sandbox();
    sign_in(&sandbox, FAR_FUTURE);
    let keys = "[signin]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n";
    sandbox.write_text("home/.aws/credentials", keys);
    expect_line(&sandbox, &another_style("aws_access_key_id"), &[]);
}

/// In the CLI, the sign-in goes before these.
#[test]
fn a_sign_in_is_taken_where_it_goes_first() {
    for more in [
        "credential_process = /bin/false",
        "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x",
    ] {
        let sandbox = sandbox();
        sign_in(&sandbox, FAR_FUTURE);
        configure(&sandbox, &format!("{ONE_PROFILE}{SESSION}{more}\n"));
        assert_eq!(sandbox.run(&SIGNIN), printed(&sandbox.minted(1)));
    }
}

/// A profile without a sign-in is not exported: the CLI would fall back on the machine's role.
#[test]
fn the_role_of_the_machine_is_never_the_answer() {
    let sandbox = sandbox();
    moods(
        &sandbox,
        &json!({ "metadata": true, "browser": "dismissed" }),
    );
    expect_line(&sandbox, &cannot_sign_in(255), &SIGNING_IN[..1]);
    assert_eq!(sandbox.count_minted(), 0);
}

#[test]
fn a_profile_that_is_not_there_opens_no_browser() {
    let sandbox = sandbox();
    configure(&sandbox, "");
    let line = "cannot read 'login_session' of profile 'signin' in the AWS config: The config profile (signin) could not be \
                found; name a profile that is in ~/.aws/config";
    expect_line(
        &sandbox,
        line,
        &["aws configure get login_session --profile signin"],
    );
}

const GRANT: &str = "\naws: [ERROR]: An error occurred (ValidationException) when calling the CreateOAuth2Token operation: \
    The provided authorization grant is invalid, expired, revoked, or malformed\n";
const PASSWORD: &str = "\naws: [ERROR]: Unable to refresh login credentials because of a change in your password. Please \
    reauthenticate with your new password using 'aws login'.\n";
/// The form of a version that passes over `AWS_CLI_ERROR_FORMAT`.
const TORN_IN_LONG: &str = "\naws: [ERROR]: An error occurred (Configuration): Unable to retrieve credentials: \
    'b7d71d383b9557a9bad4c3346c50365819226484c6824a0fdef66637be339db0'\n";
const TORN: &str =
    "\naws: [ERROR]: Unable to retrieve credentials: 'b7d7f2a0c3e19d5468f0a1b2c3d4e5f601234567'\n";

#[test]
fn a_sign_in_that_no_longer_holds_is_none() {
    for (text, exit) in [
        (GRANT, 254),
        (PASSWORD, 255),
        (TORN, 253),
        (TORN_IN_LONG, 253),
    ] {
        let sandbox = sandbox();
        sign_in(&sandbox, FAR_FUTURE);
        let mishap = json!({ "call": "configure export-credentials", "stderr": text, "exit": exit, "times": 2 });
        moods(&sandbox, &json!({ "mishaps": [mishap] }));
        assert_eq!(sandbox.run(&SIGNIN), printed(&sandbox.minted(1)));
        assert_eq!(sandbox.calls(), SIGNING_IN_AGAIN);
    }
}

/// What other runs cause by a refresh at the same time is over once they are done.
#[test]
fn an_export_that_fails_is_repeated_behind_the_lock() {
    let unspecified = "\naws: [ERROR]: An unspecified error happened when resolving AWS credentials or refreshing a login session profile.\n";
    let unknown = "\naws: [ERROR]: Unable to retrieve credentials: Expecting value: line 1 column 1 (char 0)\n";
    for (text, exit) in [(unspecified, 255), (unknown, 253), ("", 1)] {
        let sandbox = sandbox();
        sign_in(&sandbox, FAR_FUTURE);
        let mishap = json!({ "call": "configure export-credentials", "stderr": text, "exit": exit, "times": 1 });
        moods(&sandbox, &json!({ "mishaps": [mishap] }));
        assert_eq!(sandbox.run(&SIGNIN), printed(&sandbox.minted(1)));
        assert_eq!(sandbox.calls(), [EXPORT, EXPORT]);
    }
}

/// The other run that rewrites the file is done in a moment.
#[test]
fn a_file_that_was_read_while_it_was_rewritten_opens_no_browser() {
    let sandbox = sandbox();
    sign_in(&sandbox, FAR_FUTURE);
    let mishap =
        json!({ "call": "configure export-credentials", "stderr": TORN, "exit": 253, "times": 1 });
    moods(&sandbox, &json!({ "mishaps": [mishap] }));
    assert_eq!(sandbox.run(&SIGNIN), printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), [EXPORT, EXPORT]);
}

#[test]
fn trouble_of_the_service_opens_no_browser() {
    for (code, message) in [
        ("InternalServerException", "Internal Server Error"),
        ("TooManyRequestsException", "Too many requests"),
        ("400", "Bad Request"),
    ] {
        let sandbox = sandbox();
        sign_in(&sandbox, FAR_FUTURE);
        let text = format!(
            "\naws: [ERROR]: An error occurred ({code}) when calling the CreateOAuth2Token operation (reached max retries: 2): {message}\n"
        );
        let mishap = json!({ "call": "configure export-credentials", "stderr": text, "exit": 254 });
        moods(&sandbox, &json!({ "mishaps": [mishap] }));
        let line = format!(
            "cannot export the credentials of profile 'signin': `aws configure export-credentials` said: {code}: {message}"
        );
        expect_line(&sandbox, &line, &[EXPORT, EXPORT]);
    }
}

/// Only the name of a cache file means that it was read while it was rewritten.
#[test]
fn what_names_no_cache_file_opens_no_browser() {
    for text in [
        "'b7d7f2a0'",
        "'the file of the sign-in has no refresh token'",
    ] {
        let sandbox = sandbox();
        sign_in(&sandbox, FAR_FUTURE);
        let reason = format!("Unable to retrieve credentials: {text}");
        let stderr = format!("\naws: [ERROR]: {reason}\n");
        let mishap =
            json!({ "call": "configure export-credentials", "stderr": stderr, "exit": 253 });
        moods(&sandbox, &json!({ "mishaps": [mishap] }));
        let line = format!(
            "cannot export the credentials of profile 'signin': `aws configure export-credentials` said: {reason}"
        );
        expect_line(&sandbox, &line, &[EXPORT, EXPORT]);
    }
}

#[test]
fn an_aws_cli_that_is_too_old_is_said() {
    let line = "cannot sign in to profile 'signin': this AWS CLI has no `aws login`; update it to 2.32 or later";
    for version in [json!(1), json!("2.31.39")] {
        let sandbox = sandbox();
        moods(&sandbox, &json!({ "version": version }));
        expect_line(&sandbox, line, &SIGNING_IN[..1]);
    }
}

const LATE: &str = "was not done when the 1 s of --timeout were over; sign in in the browser, or give it more time";

#[test]
fn a_browser_that_is_forgotten_ends_with_the_time_that_was_given() {
    let sandbox = sandbox();
    moods(&sandbox, &json!({ "browser_delay": 20 }));
    let outcome = sandbox.run(&[&SIGNIN[..], &["--timeout", "1s"]].concat());
    let line = format!("cannot sign in to profile 'signin': `aws login` {LATE}");
    assert_eq!(outcome, failed(&line));
    assert_eq!(sandbox.calls(), SIGNING_IN[..1]);
}

#[test]
fn a_run_that_waits_for_the_browser_of_another_says_so() {
    let sandbox = sandbox();
    moods(&sandbox, &json!({ "browser_delay": 2 }));
    let mut command = sandbox.command(&SIGNIN);
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let first = command.spawn().expect("a program that starts");
    while sandbox.events("browser").is_empty() {
        sleep(Duration::from_millis(5));
    }
    let second = sandbox.run(&[&SIGNIN[..], &["--timeout", "1s"]].concat());
    let line = "cannot sign in to profile 'signin': another run that signs in was not done within the 1 s of --timeout; \
                sign in in the browser, or give it more time";
    assert_eq!(second, failed(line));
    let first = outcome(&first.wait_with_output().expect("a child"));
    assert_eq!(first, printed(&sandbox.minted(1)));
}

#[test]
fn a_sign_in_that_leaves_nothing_is_said() {
    let sandbox = sandbox();
    let mishap = json!({ "call": "login", "exit": 0 });
    moods(&sandbox, &json!({ "mishaps": [mishap] }));
    let line = "cannot use profile 'signin': `aws login` succeeded, but left no session";
    expect_line(&sandbox, line, &SIGNING_IN[..1]);
}

/// The real one asks for a region where none is set; the person at the terminal can answer.
#[test]
fn a_question_of_the_cli_is_answered_at_the_terminal() {
    let sandbox = sandbox();
    configure(&sandbox, "[profile signin]\n");
    let program = [&[PROGRAM], &SIGNIN[..]].concat();
    let script: Script = &[("AWS Region [us-east-1]: ", b"eu-west-1\n")];
    let outcome = finish(&mut tool(&sandbox, &[], script, &program));
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    let config = fs::read_to_string(sandbox.path("home/.aws/config")).expect("a config");
    assert_eq!(
        config,
        format!("[profile signin]\nregion = eu-west-1\n{SESSION}")
    );
}

/// macOS doesn't let the CLI's prompt wait for keys under the name `/dev/tty`.
#[test]
fn the_cli_gets_the_terminal_under_its_real_name() {
    for option in ["--stdin", "--stdout", "--stderr"] {
        assert_eq!(stdin_at_terminal(&[option]), "aws tty", "{option}");
    }
    assert_eq!(stdin_at_terminal(&[]), "aws /dev/tty");
}

/// What stdin the CLI signs in with, where these descriptors are the terminal.
fn stdin_at_terminal(options: &[&str]) -> String {
    let sandbox = sandbox();
    let program = [&[PROGRAM], &SIGNIN[..]].concat();
    let outcome = finish(&mut tool(&sandbox, options, &[], &program));
    assert_eq!(outcome.status, Some(0), "{options:?}");
    stdins(&sandbox).remove(0)
}

/// Runs without a terminal, and expects the line and the calls.
fn expect_line_in_the_dark(sandbox: &Sandbox, args: &[&str], line: &str, calls: &[&str]) {
    let program = [&[PROGRAM], args].concat();
    let outcome = finish(&mut tool(sandbox, &["--none"], &[], &program));
    assert_eq!(outcome, failed(line));
    assert_eq!(sandbox.calls(), calls);
}

#[test]
fn a_question_of_the_cli_is_no_trap_without_a_terminal() {
    let sandbox = sandbox();
    configure(&sandbox, "[profile signin]\n");
    let line = "cannot sign in to profile 'signin': the profile has no region, and there is no terminal to ask for one; add \
                region = … to it in ~/.aws/config";
    expect_line_in_the_dark(&sandbox, &SIGNIN, line, &SIGNING_IN[..1]);
}

/// It inherits the stdout and stderr of the AWS CLI.
#[cfg(target_os = "linux")]
#[test]
fn without_a_terminal_a_browser_outlives_the_call() {
    let sandbox = sandbox();
    moods(&sandbox, &json!({ "browser_talks": true }));
    let program = [&[PROGRAM], &SIGNIN[..]].concat();
    let outcome = finish(&mut tool(&sandbox, &["--none"], &[], &program));
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    go_on(&sandbox);
    wait_for(|| sandbox.path("standin/talked").exists());
}

#[test]
fn without_a_terminal_the_reason_of_the_cli_is_in_the_line() {
    for version in ["2.32.0", "2.38.1"] {
        let sandbox = sandbox();
        moods(
            &sandbox,
            &json!({ "version": version, "browser": "dismissed" }),
        );
        let line = "cannot sign in to profile 'signin': `aws login` said: Error loading or redeeming a login authorization \
                    code: Failed to retrieve an authorization code";
        expect_line_in_the_dark(&sandbox, &SIGNIN, line, &SIGNING_IN[..1]);
    }
}

const OTHER: &str = "login_session = arn:aws:iam::210987654321:user/bob\n";
const OVERWRITE: &str = "overwrite it to use arn:aws:iam::123456789012:user/alice instead? (y/n): ";

#[test]
fn a_browser_that_signs_in_as_somebody_else_is_asked_about() {
    let program = [&[PROGRAM], &SIGNIN[..]].concat();
    let config = format!("{ONE_PROFILE}{OTHER}");
    let yes = sandbox();
    configure(&yes, &config);
    let outcome = finish(&mut tool(&yes, &[], &[(OVERWRITE, b"y\n")], &program));
    assert_eq!(outcome, printed(&yes.minted(1)));
    assert_eq!(yes.calls(), SIGNING_IN_AGAIN);

    let no = sandbox();
    configure(&no, &config);
    let outcome = finish(&mut tool(&no, &[], &[(OVERWRITE, b"n\n")], &program));
    let line = "cannot use profile 'signin': it still has the sign-in of arn:aws:iam::210987654321:user/bob, which is no longer \
                valid; answer y when `aws login` asks whether to overwrite it, or name another profile with --profile";
    assert_eq!(outcome, failed(line));
    assert_eq!(no.calls(), SIGNING_IN_AGAIN);

    let nobody = sandbox();
    configure(&nobody, &config);
    let line = "cannot sign in to profile 'signin': the browser signed in as another user than the profile's login_session, \
                and there is no terminal to ask whether to replace it; run `aws login` at one";
    expect_line_in_the_dark(&nobody, &SIGNIN, line, &SIGNING_IN_AGAIN[..3]);
}

const REMOTE: [&str; 4] = ["aws-login", "--remote", "--profile", "signin"];
const REMOTE_LOGIN: &str = "aws login --profile signin --remote";

#[test]
fn where_there_is_no_browser_a_code_is_typed() {
    let sandbox = sandbox();
    let program = [&[PROGRAM], &REMOTE[..]].concat();
    let script: Script = &[("displayed in your browser: ", b"c3RhdGU9eCZjb2RlPXk=\n")];
    let outcome = finish(&mut tool(&sandbox, &[], script, &program));
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), [REMOTE_LOGIN, EXPORT]);
    let shown = transcript(&sandbox);
    assert!(
        shown.starts_with("Browser will not be automatically opened.\r\n"),
        "{shown}"
    );
}

#[test]
fn a_code_needs_a_terminal() {
    let sandbox = sandbox();
    let line = "cannot sign in to profile 'signin': there is no terminal for the code of --remote; run `aws login --remote \
                --profile signin` at one";
    expect_line_in_the_dark(&sandbox, &REMOTE, line, &[]);
}

#[test]
fn a_sign_in_ends_with_the_run() {
    for sent in [Signal::SIGHUP, Signal::SIGTERM, Signal::SIGINT] {
        let sandbox = sandbox();
        moods(&sandbox, &json!({ "browser_delay": 60 }));
        let aws = sandbox.path("bin/aws").display().to_string();
        sandbox.script("aws", &format!("{aws} \"$@\"\nexit $?"));
        let wrapper = sandbox.path("aws").display().to_string();
        let mut command = Command::new(example("session"));
        sandbox.enter(&mut command);
        command.arg(PROGRAM).args(SIGNIN).args(["--aws", &wrapper]);
        let mut run = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a run");
        while sandbox.events("browser").is_empty() {
            sleep(Duration::from_millis(5));
        }
        signal(&run, sent);
        assert!(!run.wait().expect("a run").success());
        sandbox.assert_children_gone();
    }
}

/// A script that doesn't become the AWS CLI, and one that it starts: none is left.
#[test]
fn a_wrapped_sign_in_ends_with_the_time_that_was_given() {
    for options in [&["--none"][..], &[]] {
        let sandbox = sandbox();
        moods(&sandbox, &json!({ "browser_delay": 60 }));
        let aws = sandbox.path("bin/aws").display().to_string();
        sandbox.script("aws", &format!("{aws} \"$@\"\nexit $?"));
        let wrapper = sandbox.path("aws").display().to_string();
        let more = ["--timeout", "1s", "--aws", &wrapper];
        let program = [&[PROGRAM], &SIGNIN[..], &more].concat();
        let outcome = finish(&mut tool(&sandbox, options, &[], &program));
        let line = format!("cannot sign in to profile 'signin': `aws login` {LATE}");
        assert_eq!(outcome, failed(&line));
        sandbox.assert_children_gone();
    }
}

#[test]
fn the_clis_calls_see_the_profile_alone() {
    let sandbox = sandbox();
    let kept = [
        "AWS_CONFIG_FILE",
        "AWS_LOGIN_CACHE_DIRECTORY",
        "AWS_REGION",
        "BROWSER",
    ];
    let dropped = [
        "AWS_PROFILE",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_ENDPOINT_URL",
        "OP_ACCOUNT",
        "OP_SERVICE_ACCOUNT_TOKEN",
    ];
    let mut command = sandbox.command(&SIGNIN);
    command.envs(kept.iter().chain(&dropped).map(|name| (name, "x")));
    command.env("AWS_CONFIG_FILE", sandbox.path("home/.aws/config"));
    command.env("_AWS_CLI_PROFILE_CHAIN", "default");
    let outcome = outcome(&command.output().expect("a program that starts"));
    assert_eq!(outcome, printed(&sandbox.minted(1)));
    let expected = json!([
        "AWS_CLI_AUTO_PROMPT",
        "AWS_CLI_ERROR_FORMAT",
        "AWS_CLI_HISTORY_FILE",
        "AWS_CONFIG_FILE",
        "AWS_DEFAULT_REGION",
        "AWS_EC2_METADATA_DISABLED",
        "AWS_LOGIN_CACHE_DIRECTORY",
        "AWS_PAGER",
        "AWS_REGION",
        "BROWSER",
        "GET_1PASSWORD_CREDS_ROOT",
        "GET_1PASSWORD_CREDS_RUNNING",
        "HOME",
        "PATH",
        "STANDIN_DIR",
        "TMPDIR",
        "XDG_RUNTIME_DIR",
        "_AWS_CLI_PROFILE_CHAIN"
    ]);
    let calls = sandbox.events("begin");
    assert_eq!(calls.len(), 2);
    for call in calls {
        let mut seen = call["environment"].clone();
        if call["argv"][0] == "login" {
            // Else the browser would have them, too.
            let kept_from_browser = [
                "AWS_CLI_HISTORY_FILE",
                "AWS_EC2_METADATA_DISABLED",
                "AWS_PAGER",
            ];
            let names = seen.as_array_mut().expect("names");
            names.extend(kept_from_browser.map(|name| json!(name)));
            names.sort_by_key(ToString::to_string);
        }
        assert_eq!(seen, expected);
    }
}

#[test]
fn the_chain_of_profiles_is_passed_on() {
    for (chain, line) in [
        (
            "default,signin",
            "Credential process resolution detected an infinite loop, profile cycle: default -> signin -> signin",
        ),
        (
            "a,b,c,d",
            "Maximum recursive credential process resolution reached (4). Profiles seen: a -> b -> c -> d",
        ),
    ] {
        let sandbox = sandbox();
        sign_in(&sandbox, FAR_FUTURE);
        let mut command = sandbox.command(&SIGNIN);
        let output = command.env("_AWS_CLI_PROFILE_CHAIN", chain).output();
        let outcome = outcome(&output.expect("a program that starts"));
        let cannot = "cannot export the credentials of profile 'signin': `aws configure export-credentials` said:";
        assert_eq!(outcome, failed(&format!("{cannot} {line}")));
        assert_eq!(sandbox.calls(), [EXPORT, EXPORT]);
    }
}

#[test]
fn a_network_that_is_down_opens_no_browser() {
    let sandbox = sandbox();
    sign_in(&sandbox, FAR_FUTURE);
    let text = "\naws: [ERROR]: Could not connect to the endpoint URL: \"https://ap-northeast-1.signin.aws.amazon.com/v1/token\"\n";
    let mishap = json!({ "call": "configure export-credentials", "stderr": text, "exit": 255 });
    moods(&sandbox, &json!({ "mishaps": [mishap] }));
    let line = "cannot export the credentials of profile 'signin': Could not connect to the endpoint URL: \
                \"https://ap-northeast-1.signin.aws.amazon.com/v1/token\"; check the network, the proxy and the region";
    expect_line(&sandbox, line, &[EXPORT, EXPORT]);
}

#[test]
fn op_is_not_asked_and_need_not_be_there() {
    let sandbox = sandbox();
    sign_in(&sandbox, FAR_FUTURE);
    fs::remove_file(sandbox.path("bin/op")).expect("the stand-in");
    assert_eq!(sandbox.run(&SIGNIN), printed(&sandbox.minted(1)));
}

const SETUP: [&str; 3] = ["setup", "--aws-login", "signin"];
const WRITE: [&str; 4] = ["setup", "--write", "--aws-login", "signin"];
const REGION: &str = "region = ap-northeast-1\n";

fn config(sandbox: &Sandbox) -> String {
    fs::read_to_string(sandbox.path("home/.aws/config")).expect("a config")
}

#[test]
fn setup_shows_the_line_and_the_profile_that_it_needs() {
    let sandbox = sandbox();
    let path = sandbox.path("home/.aws/config");
    let line = format!("credential_process = {PROGRAM} aws-login --profile signin");
    for (before, region, hint) in [
        ("[default]\nregion = ap-northeast-1\n", "ap-northeast-1", ""),
        (
            "[profile signin]\nregion = eu-west-1\n",
            "eu-west-1",
            MISSING,
        ),
        ("", "…", MISSING),
    ] {
        configure(&sandbox, before);
        let text = format!(
            "\nPut this into {}, or run `setup --aws-login signin --write`:\n\n[default]\n{line}\n\n[profile signin]\nregion = {region}\n{hint}",
            path.display()
        );
        assert_eq!(sandbox.run(&SETUP), printed(&text));
        assert_eq!(config(&sandbox), before);
    }
    assert_eq!(sandbox.calls(), [""; 0]);
}

const MISSING: &str = "\nThe profile has no region, which AWS needs: add region = … to it.\n";

#[test]
fn setup_writes_the_line_and_the_profile_that_it_needs() {
    let sandbox = sandbox();
    let path = sandbox.path("home/.aws/config").display().to_string();
    configure(&sandbox, "[default]\nregion = ap-northeast-1\n");
    let line = format!("credential_process = {PROGRAM} aws-login --profile signin --timeout 5m\n");
    let added = format!("\nAdding to {path}:\n\n");
    let text = format!("{added}[profile signin]\n{REGION}{added}[default]\n{line}\nDone.\n");
    let write = [&WRITE[..], &["--timeout", "5m"]].concat();
    assert_eq!(sandbox.run(&write), printed(&text));
    assert_eq!(
        config(&sandbox),
        format!("[default]\n{REGION}{line}[profile signin]\n{REGION}")
    );
    let again = "\nNothing to change: [default] has the line already.\n";
    assert_eq!(sandbox.run(&write), printed(again));
    sandbox.forget_calls();
    let args = ["aws-login", "--profile", "signin", "--timeout", "5m"];
    assert_eq!(sandbox.run(&args), printed(&sandbox.minted(1)));
    assert_eq!(sandbox.calls(), SIGNING_IN);
    assert_eq!(sandbox.run(&write), printed(again));
}

#[test]
fn setup_refuses_what_aws_login_could_not_use() {
    let taken = "[profile signin]\nrole_arn = x\n";
    let other = "[default]\ncredential_process = /bin/false\n";
    let own = "cannot change profile 'signin': the line and the sign-in need different profiles; pass --aws-login with another name";
    let style = another_style("role_arn");
    let line = "cannot change profile 'default': it has another credential_process; take it out, or name another profile with \
                --profile";
    let region = "cannot make profile 'signin': no region is known; set AWS_REGION, or add region = … to profile 'default'";
    for (config_before, profile, said) in [
        ("", "signin", own),
        (taken, "default", style.as_str()),
        (other, "default", line),
        ("", "default", region),
    ] {
        let sandbox = sandbox();
        configure(&sandbox, config_before);
        let write = [&WRITE[..], &["--profile", profile]].concat();
        assert_eq!(sandbox.run(&write), failed(said));
        assert_eq!(config(&sandbox), config_before);
        assert_eq!(sandbox.calls(), [""; 0]);
    }
    let outcome = sandbox().run(&["setup", "--aws-login", "my signin"]);
    let line = "cannot write a line for ~/.aws/config: the value of --aws-login has white space, or a character that is \
                special in a shell; pass another name, or an id";
    assert_eq!(outcome, failed(line));
}
