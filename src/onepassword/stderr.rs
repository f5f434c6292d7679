//! The reason of a failure in what `op` wrote on stderr.

use crate::complaint::one_line;

/// The start of op's error line, followed by a local date and time and a space.
const MARK: &str = "[ERROR] ";

/// The length of `2026/08/14 04:07:09 `.
const DATE: usize = 20;

/// Returns the reason in what op wrote on stderr, as one line; it is empty if no reason was given.
pub fn reason(text: &str) -> String {
    let (before, after) = match text.rfind(MARK) {
        Some(start) => text.split_at(start),
        None => (text, ""),
    };
    let error = after
        .get(MARK.len() + DATE..)
        .map(without_usage)
        .unwrap_or_default();
    // If no account is configured, the error line is empty or ends in a colon, and the reason is before it.
    if error.is_empty() || error.ends_with(':') {
        let notice = without_usage(before);
        return if notice.is_empty() { error } else { notice };
    }
    error
}

/// Joins the first paragraph into one line, without op's usage text and debug lines.
fn without_usage(text: &str) -> String {
    let lines = text
        .trim()
        .lines()
        .filter(|line| !line.contains(" | DEBUG | "));
    let lines: Vec<&str> = lines
        .take_while(|line| !line.trim().is_empty() && !line.starts_with("Usage:"))
        .collect();
    one_line(&lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_follows_the_date() {
        let stderr = "[ERROR] 2026/08/14 04:07:09 unknown flag: --x\nUsage:  op item get [flags]\n\nFlags:\n";
        assert_eq!(reason(stderr), "unknown flag: --x");
    }

    #[test]
    fn the_reason_may_be_before_an_empty_error_line() {
        let stderr = "No accounts configured for use with 1Password CLI.\n\n - Turn on the app\n\
            [ERROR] 2026/08/14 04:07:09 error initializing client: \n";
        assert_eq!(
            reason(stderr),
            "No accounts configured for use with 1Password CLI"
        );
    }

    #[test]
    fn debug_lines_are_left_out() {
        let stderr = "7:06PM | DEBUG | started\nsomething else\n7:06PM | DEBUG | ended\n";
        assert_eq!(reason(stderr), "something else");
    }

    #[test]
    fn an_error_line_that_is_cut_off_has_no_reason() {
        assert_eq!(reason("[ERROR] 2026/08"), "");
        assert_eq!(reason("[ERROR] 2026/08/14 04:07:0é x"), "x");
    }
}
