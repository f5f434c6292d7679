//! Why `aws` failed, taken from what it wrote on stderr, and what a user can do about it.

use crate::complaint::one_line;

/// The start of a refusal by STS, in both major versions of the CLI.
const REFUSAL: &str = "An error occurred (";

/// STS's text for a code that is wrong or was used before.
pub const CODE_REFUSED: &str = "invalid MFA one time pass code";

const NETWORK: &str = "check the network, the proxy and the region";

const SHIM: &str = "the `aws` that was found is a shim without a program behind it: set a version, or pass --aws with the path of the AWS CLI itself";

/// The starts of the texts of pyenv's and asdf's shims. General advice follows in further paragraphs.
const SHIMS: [&str; 2] = ["pyenv: ", "No version is set for command"];

/// Parts of the texts of STS and of the CLI, each with its advice. The first that is contained counts.
const ADVICE: [(&str, &str); 21] = [
    (
        CODE_REFUSED,
        "a code works once: run it again with the next one; and check that the one-time password belongs to this MFA device",
    ),
    (
        "unable to validate MFA code",
        "check the MFA serial: it must be a device of the key's user",
    ),
    (
        "Cannot call GetSessionToken with session credentials",
        "the item must hold the user's long-lived access key, not a session's",
    ),
    (
        "InvalidClientTokenId",
        "the access key id in the item is deleted, inactive or mistyped, or of another partition (China, GovCloud) than the region",
    ),
    ("Signature expired", "set this machine's clock: it is off"),
    (
        "Signature not yet current",
        "set this machine's clock: it is off",
    ),
    (
        "SignatureDoesNotMatch",
        "check the secret access key in the item",
    ),
    (
        "RegionDisabledException",
        "set another region in ~/.aws/config: STS is not active in this one",
    ),
    ("specify a region", "set a region in ~/.aws/config"),
    ("NoRegion", "set a region in ~/.aws/config"),
    ("Could not connect to the endpoint", NETWORK),
    ("Failed to connect to proxy", NETWORK),
    ("timeout on endpoint", NETWORK),
    ("Connection was closed", NETWORK),
    ("Throttling", "wait a little and run it again"),
    (
        "durationSeconds",
        "pass a --duration that AWS allows: 15m to 36h, and 1h for the root user",
    ),
    (
        "could not be found",
        "name a profile that is in ~/.aws/config",
    ),
    ("Unable to parse config file", "correct the file"),
    ("pyenv: ", SHIM),
    ("No version is set for command", SHIM),
    (
        "unable to open database file",
        "update the AWS CLI to 2.33.21 or 1.44.38, or take cli_history out of ~/.aws/config",
    ),
];

/// Returns the reason in what `aws` wrote on stderr, as one line; it is empty if no reason was given.
pub fn reason(text: &str) -> String {
    let first = text.trim_start();
    if SHIMS.iter().any(|shim| first.starts_with(shim)) {
        return one_line(first.split("\n\n").next().unwrap_or_default());
    }
    refusal(text).unwrap_or_else(|| one_line(&last_paragraph(text)))
}

/// Reads `An error occurred (CODE) when calling the GetSessionToken operation (reached max retries: 4): MESSAGE`,
/// which version 2 shortens to `An error occurred (CODE): MESSAGE` if no call was made.
fn refusal(text: &str) -> Option<String> {
    let (code, rest) = text.split_once(REFUSAL)?.1.split_once(')')?;
    let rest = rest.split_once(" operation").map_or(rest, |(_, rest)| rest);
    let end_of_retries = if rest.starts_with(" (") { "): " } else { ": " };
    let (_, message) = rest.split_once(end_of_retries)?;
    Some(one_line(&format!("{code}: {message}")))
}

/// Parts of the warnings of Python and of shells, about a missing locale, and of `ld.so`.
const WARNINGS: [&str; 3] = ["warning", "locale", "cannot be preloaded"];

/// Removes warnings, with the indented lines below them. They aren't the reason of a failure.
pub fn without_warnings(text: &str) -> String {
    let mut is_below = false;
    let lines = text.lines().filter(|line| {
        let words = line.to_lowercase();
        let is_warning = WARNINGS.iter().any(|part| words.contains(part));
        is_below = is_warning || is_below && line.starts_with([' ', '\t']);
        !is_below
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns the text after the usage or the trace, without warnings unless there is nothing else.
fn last_paragraph(text: &str) -> String {
    let rest = without_warnings(text);
    let text = if rest.trim().is_empty() { text } else { &rest };
    let paragraphs = text
        .trim()
        .split("\n\n")
        .map(str::trim)
        .filter(|paragraph| !paragraph.is_empty());
    let paragraph = paragraphs.last().unwrap_or_default();
    let skip = if paragraph.starts_with("Traceback") {
        paragraph.lines().count().saturating_sub(1)
    } else {
        0
    };
    let lines = paragraph.lines().skip(skip);
    let reason = lines.collect::<Vec<_>>().join("\n");
    reason
        .strip_prefix("aws: [ERROR]:")
        .unwrap_or(&reason)
        .trim_start()
        .to_owned()
}

/// Returns what to do about a reason, or `None` if there is nothing to add to it.
pub fn advice(reason: &str) -> Option<&'static str> {
    ADVICE
        .iter()
        .find(|(part, _)| reason.contains(part))
        .map(|(_, advice)| *advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_read_in_the_words_of_both_versions() {
        let refusals = [
            "\nAn error occurred (Throttling) when calling the GetSessionToken operation: Rate exceeded\n",
            "Warning: Unable to record CLI history. x\n\nAn error occurred (Throttling) when calling the GetSessionToken \
             operation (reached max retries: 4): Rate exceeded",
            "\naws: [ERROR]: An error occurred (Throttling): Rate exceeded\n",
        ];
        for refusal in refusals {
            assert_eq!(reason(refusal), "Throttling: Rate exceeded", "{refusal}");
        }
    }

    #[test]
    fn other_texts_are_cut_to_their_last_paragraph() {
        let texts = [
            "usage: aws [options]\nTo see help text:\n\n  aws help\n\naws: error: argument x\n",
            "Traceback (most recent call last):\n  File \"a\"\naws: error: argument x",
            "aws: [ERROR]: aws: error: argument x",
        ];
        for text in texts {
            assert_eq!(reason(text), "aws: error: argument x", "{text}");
        }
        assert_eq!(
            reason("Parameter validation failed:\nInvalid length"),
            "Parameter validation failed: Invalid length"
        );
        assert_eq!(reason("\n"), "");
    }
}
