//! The questions of `setup --import`: the MFA device, the secret of its codes, the region.

use anyhow::{Context, Result, bail, ensure};

use crate::credentials::MfaSerial;
use crate::otpauth::Seed;
use crate::process;
use crate::terminal;

/// The place of a serial in the console.
const CONSOLE: &str = "The console shows its ARN: IAM, Users, the user, Security credentials.";

/// Repeats a question until `read` accepts the answer; its error is shown above the next question.
pub fn until_accepted<T, A>(
    question: &str,
    ask: impl Fn(&str) -> Result<T>,
    read: impl Fn(T) -> Result<A>,
) -> Result<A> {
    let mut text = question.to_owned();
    loop {
        match read(ask(&text)?) {
            Ok(answer) => return Ok(answer),
            Err(fault) => text = format!("{fault:#}\n{question}"),
        }
    }
}

/// Returns the only device that AWS lists, or asks which of several it is, or for its ARN if AWS lists no devices.
pub fn serial(devices: Result<Vec<MfaSerial>>) -> Result<MfaSerial> {
    process::end_if_interrupted();
    match devices {
        Ok(devices) => match devices.as_slice() {
            [] => bail!(
                "cannot find an MFA device: the user has none that makes one-time passwords; add an authenticator app in the \
                 console (IAM, Users, the user, Security credentials), then run this again"
            ),
            [device] => Ok(device.clone()),
            several => choose(several),
        },
        Err(error) => {
            let question = format!(
                "AWS doesn't say which MFA device the user has: {error:#}\n{CONSOLE}\nARN of the MFA device: "
            );
            until_accepted(&question, terminal::ask, |text| MfaSerial::parse(&text))
        }
    }
}

fn choose(devices: &[MfaSerial]) -> Result<MfaSerial> {
    let count = devices.len();
    let lines = devices.iter().zip(1..);
    let lines = lines.map(|(device, number)| format!("  {number}  {}", device.as_str()));
    let lines = lines.collect::<Vec<_>>().join("\n");
    let question = format!("The user has {count} MFA devices:\n{lines}\nWhich one? [1-{count}]: ");
    until_accepted(&question, terminal::ask, |text| {
        let number = text.parse::<usize>().ok();
        let device = number.and_then(|number| devices.get(number.checked_sub(1)?));
        device.cloned().context("there is no such number")
    })
}

/// Asks for the secret of the one-time password; `None` if each code is to be typed. If the serial is known, the device
/// exists already, perhaps in an app that doesn't show its secret.
pub fn seed(known_serial: Option<&MfaSerial>) -> Result<Option<Seed>> {
    let way = match known_serial {
        None => "device in IAM, give its secret here, and take its ARN below.",
        Some(_) => "device in IAM, and run this again with its secret and --mfa-serial ARN.",
    };
    let question = format!(
        "If your authenticator app doesn't show its secret again, add a second MFA\n{way}\n\
         Secret of the one-time password (isn't shown; Enter: type each code): "
    );
    until_accepted(&question, terminal::ask_hidden, |text| {
        let text = text.expose().as_str();
        Some(text)
            .filter(|text| !text.is_empty())
            .map(Seed::parse)
            .transpose()
    })
}

/// Asks for the region of a profile; `None` if it is to have none.
pub fn region(profile: &str, found: Option<&str>) -> Result<Option<String>> {
    let question = match found {
        Some(found) => format!("Region of profile '{profile}' [{found}]: "),
        None => format!("Region of profile '{profile}', such as eu-central-1 (Enter: none): "),
    };
    until_accepted(&question, terminal::ask, |text| {
        let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        ensure!(
            text.bytes().all(is_part),
            "a region looks like eu-central-1"
        );
        let typed = Some(text).filter(|text| !text.is_empty());
        Ok(typed.or_else(|| found.map(str::to_owned)))
    })
}

/// Asks whether to do something that can't be undone; Enter means no.
pub fn is_wanted(question: &str) -> Result<bool> {
    let question = format!("{question} [y/N]: ");
    until_accepted(&question, terminal::ask, |text| {
        match text.to_lowercase().as_str() {
            "y" | "yes" => Ok(true),
            "" | "n" | "no" => Ok(false),
            _ => bail!("expected y or n"),
        }
    })
}
