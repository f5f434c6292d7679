//! The form of access keys, by which a value in the wrong field is noticed.

/// The length of a secret access key.
pub const SECRET_LENGTH: usize = 40;

/// The starts of the ids of long-lived keys and of the keys of sessions.
const STARTS: [&str; 2] = ["AKIA", "ASIA"];

/// Returns whether a text has the form of a key id, by the IAM reference of `AccessKey`.
pub fn is_id(text: &str) -> bool {
    STARTS.iter().any(|start| text.starts_with(start))
        && (16..=128).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Returns whether a text has the form of a secret access key.
pub fn is_secret(text: &str) -> bool {
    text.len() == SECRET_LENGTH
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_id_is_told_from_other_texts() {
        for id in [
            "AKIAIOSFODNN7EXAMPLE",
            "ASIAIOSFODNN7EXAMPLE",
            "AKIA234567ABCDEF",
        ] {
            assert!(is_id(id), "{id}");
        }
        for other in [
            "AKIAIOSFODNN7EX",
            "AKIAIOSFODNN7example",
            "AIDAIOSFODNN7EXAMPLE",
        ] {
            assert!(!is_id(other), "{other}");
        }
        assert!(!is_id(&format!("AKIA{}", "A".repeat(125))));
    }
}
