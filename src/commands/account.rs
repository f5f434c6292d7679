//! The 1Password account of `op`.

use crate::run::Environment;

/// The variables of `op` that need no account: a token or a Connect server in its place.
const TOKENS: [&str; 2] = ["OP_SERVICE_ACCOUNT_TOKEN", "OP_CONNECT_HOST"];

/// What is wrong if `op` has no account, and what to do.
pub const NO_ACCOUNT: &str = "`op` knows no account; turn on 'Integrate with 1Password CLI' in the app's Developer settings, or add an account with `op account add`";

/// Returns the variable by which `op` works without an account, if it is set.
pub fn token(environment: &Environment) -> Option<&'static str> {
    let is_set = |name: &&str| environment.get(name).is_some();
    TOKENS.into_iter().find(is_set)
}
