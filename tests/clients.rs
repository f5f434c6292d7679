//! Real AWS clients on top of the program: each runs the `credential_process` line of a `~/.aws/config`, asks the
//! stand-in for STS who it is, and is answered only if the signature is right.
//!
//! `scripts/clients` installs them, `scripts/check` runs the tests of those that it finds. The AWS CLI, which the program
//! runs, too, is version 1, or the version 2 that `AWS_CLI_2` names; no package index has that. Nothing here leaves the
//! machine: what isn't asked of the stand-in meets a proxy that isn't there.

#![allow(clippy::disallowed_methods, reason = "tests start the clients")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a panic is a failed test"
)]

#[path = "clients/aws_cli.rs"]
mod aws_cli;
#[path = "clients/awsume.rs"]
mod awsume;
#[path = "clients/boto3.rs"]
mod boto3;
#[path = "clients/config.rs"]
mod config;
#[path = "clients/javascript.rs"]
mod javascript;
#[path = "clients/keep.rs"]
mod keep;
#[path = "clients/machine.rs"]
mod machine;
#[path = "clients/profile.rs"]
mod profile;
#[path = "clients/setup.rs"]
mod setup;
#[path = "clients/setups.rs"]
mod setups;
#[path = "clients/sign_in.rs"]
mod sign_in;
mod support;
#[path = "clients/terraform.rs"]
mod terraform;
#[path = "clients/together.rs"]
mod together;

/// Who the stand-in says is asking: the user with a session, and the role of the profiles `role` and `mfa-role`.
const USER: &str = "arn:aws:iam::123456789012:user/alice";
const ROLE: &str = "arn:aws:sts::210987654321:assumed-role/admin/alice";

/// What the program costs, in the words of [`machine::Machine::costs`].
const COLD: [&str; 4] = [
    "op item get",
    "op item get --otp",
    "GetSessionToken",
    "op item edit",
];
const WARM: [&str; 1] = ["op item get"];

/// The request of a client that asks who it is, as the user and as the role.
const IDENTITY: [&str; 1] = ["GetCallerIdentity"];
const ROLE_IDENTITY: [&str; 2] = ["AssumeRole", "GetCallerIdentity"];

/// An item that isn't there.
const NOWHERE: &str = "--item Nowhere";
