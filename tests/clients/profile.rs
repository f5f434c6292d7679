//! `--profile` with the real AWS CLI: what the profile says of the call of STS is in force, and nothing of another one.

use crate::machine::Machine;
use crate::support::*;

/// Nobody listens there.
const NOBODY: &str = "http://127.0.0.1:1";
const SERIAL: &str = "mfa_serial = arn:aws:iam::123456789012:mfa/alice";

/// Mints a session with the line of this profile.
fn mint(machine: &Machine, config: &str, profile: &str) -> Outcome {
    let config = config.replace("STS", &machine.endpoint());
    machine.sandbox.write_text("home/.aws/config", &config);
    let program = machine.sandbox.path("bin/get-1password-creds");
    machine.run(&program, &["--profile", profile, "--timeout", "20s"])
}

#[test]
#[ignore = "needs scripts/clients"]
fn sts_is_asked_at_the_endpoint_of_the_profile() {
    for prod in [
        "[profile prod]\nregion = eu-central-1\nendpoint_url = STS\n",
        "[profile prod]\nregion = eu-central-1\nservices = prod\n[services prod]\nsts =\n  endpoint_url = STS\n",
        "[DEFAULT]\nregion = eu-central-1\n[profile 'prod']\n  endpoint_url: STS\n  aws_access_key_id = x\n  aws_secret_access_key = y\n",
    ] {
        let machine = Machine::new();
        let config = format!("{prod}[default]\nregion = eu-west-1\nendpoint_url = {NOBODY}\n");
        let outcome = mint(&machine, &config, "prod");
        assert_eq!(outcome, printed(&machine.sandbox.minted(1)));
        let request = machine.sandbox.events("request").remove(0);
        assert_eq!(request["region"], "eu-central-1", "{request}");
    }
}

#[test]
#[ignore = "needs scripts/clients"]
fn another_profiles_endpoint_sees_nothing_of_it() {
    let machine = Machine::new();
    let config = format!(
        "[profile prod]\nregion = eu-central-1\nendpoint_url = {NOBODY}\n{SERIAL}\n[default]\nregion = eu-central-1\nendpoint_url = STS\n"
    );
    let outcome = mint(&machine, &config, "prod");
    let line = "cannot get a session from STS: Could not connect to the endpoint URL: \"http://127.0.0.1:1/\"; check the \
                network, the proxy and the region";
    assert_eq!(outcome, failed(line));
    assert_eq!(machine.sandbox.events("request").len(), 0);
}

#[test]
#[ignore = "needs scripts/clients"]
fn a_profile_that_is_not_there_uses_no_code() {
    let machine = Machine::new();
    let outcome = mint(
        &machine,
        "[default]\nregion = eu-central-1\nendpoint_url = STS\n",
        "prod",
    );
    let line = "cannot read 'region' of profile 'prod' in the AWS config: The config profile (prod) could not be found; \
                name a profile that is in ~/.aws/config";
    assert_eq!(outcome, failed(line));
    assert_eq!(machine.costs(), ["op item get"]);
}
