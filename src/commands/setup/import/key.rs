//! The access key that is imported: asked for where no file has it, and of the form that AWS gives to keys.

use anyhow::{Result, bail};

use super::questions::again;
use crate::credentials::{AccessKey, Secret};
use crate::terminal;

/// The length of each secret access key.
const SECRET: usize = 40;

/// The shortest id that AWS's own document of them allows.
const SHORTEST_ID: usize = 16;

const ID_QUESTION: &str = "Access key id, such as AKIAIOSFODNN7EXAMPLE (isn't shown): ";
const SECRET_QUESTION: &str = "Its secret access key (isn't shown): ";

/// Asks for both. What is typed isn't shown: at the wrong question it may be the secret.
pub fn ask() -> Result<AccessKey> {
    let id = again(ID_QUESTION, terminal::ask_hidden, |id| {
        check_id(id.expose()).map(|()| id)
    })?;
    super::step("key", &format!("{}, as typed", id.expose()))?;
    let secret = again(SECRET_QUESTION, terminal::ask_hidden, |secret| {
        check_secret(secret.expose()).map(|()| secret)
    })?;
    AccessKey::new(&id, &secret)
}

/// Takes both as a file has them.
pub fn check(id: String, secret: String) -> Result<AccessKey> {
    let secret = Secret::remembered(secret);
    check_id(&id)?;
    check_secret(secret.expose())?;
    AccessKey::new(&Secret::new(id), &secret)
}

fn check_id(id: &str) -> Result<()> {
    if is_id(id) {
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
    bail!("the secret access key must be of {SECRET} letters, digits, + and /")
}

fn is_id(text: &str) -> bool {
    let is_of_id = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    text.starts_with("AKIA") && text.len() >= SHORTEST_ID && text.bytes().all(is_of_id)
}

fn is_secret(text: &str) -> bool {
    let is_of_secret = |byte: u8| byte.is_ascii_alphanumeric() || b"+/".contains(&byte);
    text.len() == SECRET && text.bytes().all(is_of_secret)
}
