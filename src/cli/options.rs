//! The options that every command takes.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::values::{CacheItem, duration, keep, name, session_duration, timeout};
use crate::credentials::MfaSerial;

/// The name of the cache field in the script.
pub const CACHE_FIELD: &str = "session_cache";

/// The options under "1Password" in the help.
#[derive(Args, Clone)]
pub struct OpOptions {
    /// Item of the key, name or id
    #[arg(long, alias = "op-item", value_name = "ITEM", default_value = "AWS Access Key", value_parser = name)]
    pub item: String,

    /// Vault of the item, name or id
    #[arg(long, alias = "op-vault", value_name = "VAULT", value_parser = name)]
    pub vault: Option<String>,

    /// 1Password account [default: op's own, `OP_ACCOUNT`]
    #[arg(long, value_name = "ACCOUNT", value_parser = name)]
    pub account: Option<String>,

    /// Field of the item that keeps the session
    #[arg(long, value_name = "FIELD", default_value = CACHE_FIELD, value_parser = name)]
    pub cache_field: String,

    /// Dedicated item for the session, name or id: ITEM or VAULT/ITEM
    #[arg(long, value_name = "ITEM", value_parser = CacheItem::parse)]
    pub cache_item: Option<CacheItem>,

    /// Field of the access key id
    #[arg(long, alias = "op-access-key-id-field", value_name = "FIELD", default_value = "Access Key ID", value_parser = name)]
    pub access_key_field: String,

    /// Field of the secret access key
    #[arg(long, alias = "op-secret-access-key-field", value_name = "FIELD", default_value = "Secret Access Key", value_parser = name)]
    pub secret_key_field: String,

    /// Field of the MFA device's serial
    #[arg(long, value_name = "FIELD", default_value = "mfa serial", value_parser = name)]
    pub mfa_serial_field: String,

    /// The 1Password CLI: an absolute path, or a name on PATH
    #[arg(
        long = "op",
        id = "op",
        alias = "op-cli-path",
        value_name = "PATH",
        default_value = "op"
    )]
    pub program: PathBuf,
}

/// The options under "AWS" in the help.
#[derive(Args, Clone)]
pub struct AwsOptions {
    /// Serial of the MFA device, instead of the item's
    #[arg(long, value_name = "ARN", value_parser = MfaSerial::parse)]
    pub mfa_serial: Option<MfaSerial>,

    /// Profile of the AWS config [default: default]
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub profile: Option<String>,

    /// Life of a new session [default: STS's own, 12h]
    #[arg(long, value_name = "DURATION", value_parser = session_duration)]
    pub duration: Option<Duration>,

    /// Get a new session when less than this is left
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub margin: Duration,

    /// Keep the session in memory for this time, 9m at most
    #[arg(long, value_name = "DURATION", value_parser = keep)]
    pub keep: Option<Duration>,

    /// Print the long-lived key: no MFA, no cache
    #[arg(long)]
    pub no_session: bool,

    /// Give up after this time
    #[arg(long, value_name = "DURATION", default_value = "55s", value_parser = timeout)]
    pub timeout: Duration,

    /// The AWS CLI: an absolute path, or a name on PATH
    #[arg(long = "aws", id = "aws", value_name = "PATH", default_value = "aws")]
    pub program: PathBuf,
}

impl AwsOptions {
    /// Returns the name of the profile, which is `default` unless another one is given.
    pub fn profile_name(&self) -> &str {
        self.profile.as_deref().unwrap_or("default")
    }
}
