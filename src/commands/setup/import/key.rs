//! The access key to import: the question for it, and the check of its form.

use anyhow::{Result, bail};

use super::questions::until_accepted;
use crate::commands::key_form::{SECRET_LENGTH, is_id, is_secret};
use crate::credentials::{AccessKey, Secret};
use crate::terminal;

const ID_QUESTION: &str = "Access key id, such as AKIAIOSFODNN7EXAMPLE (isn't shown): ";
const SECRET_QUESTION: &str = "Its secret access key (isn't shown): ";

/// Asks for id and secret. Neither is shown, since the secret may be typed at the wrong question.
pub fn ask() -> Result<AccessKey> {
    let id = until_accepted(ID_QUESTION, terminal::ask_hidden, |id| {
        check_id(id.expose()).map(|()| id)
    })?;
    super::step("key", &format!("{}, as typed", id.expose()))?;
    let secret = until_accepted(SECRET_QUESTION, terminal::ask_hidden, |secret| {
        check_secret(secret.expose()).map(|()| secret)
    })?;
    AccessKey::new(&id, &secret)
}

/// Checks id and secret from a file.
pub fn check(id: String, secret: String) -> Result<AccessKey> {
    let secret = Secret::remembered(secret);
    check_id(&id)?;
    check_secret(secret.expose())?;
    AccessKey::new(&Secret::new(id), &secret)
}

fn check_id(id: &str) -> Result<()> {
    if is_id(id) && id.starts_with("AKIA") {
        return Ok(());
    }
    if id.is_empty() {
        bail!("there is no access key id")
    }
    if is_secret(id) {
        bail!("the access key id is a secret; are the two swapped?")
    }
    if id.starts_with("ASIA") {
        bail!(
            "the access key id is that of a session; use the long-lived one, which begins with AKIA"
        )
    }
    bail!("the access key id must be AKIA with capital letters and digits behind it")
}

fn check_secret(secret: &str) -> Result<()> {
    if is_secret(secret) {
        return Ok(());
    }
    if secret.is_empty() {
        bail!("there is no secret access key")
    }
    if is_id(secret) {
        bail!("the secret access key is an id; are the two swapped?")
    }
    bail!("the secret access key must be {SECRET_LENGTH} letters, digits, + and /")
}
