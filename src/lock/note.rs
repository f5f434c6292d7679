//! What the run that went first leaves in the lock file for those that waited: one line, and no secret.

use time::OffsetDateTime;

/// How the run that went first came out.
#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    /// Until then the item holds a session that needs no refresh, and op is authorised in this terminal session.
    Fresh {
        until: OffsetDateTime,
        terminal_session: i32,
    },
    /// Whoever went first is still at it; until then the item holds a session that lives.
    Lives { until: OffsetDateTime },
    /// The refresh failed, but the session in the item lives on.
    Old { at: OffsetDateTime },
    /// It failed in a way that would repeat for who asks the same; `question` is a short name for that.
    Refused {
        at: OffsetDateTime,
        question: u64,
        line: String,
    },
}

impl Note {
    /// Writes the note as one line; its times are nanoseconds since 1970.
    pub fn line(&self) -> String {
        match self {
            Note::Fresh {
                until,
                terminal_session,
            } => {
                format!(
                    "fresh {} {terminal_session}\n",
                    until.unix_timestamp_nanos()
                )
            }
            Note::Lives { until } => format!("lives {}\n", until.unix_timestamp_nanos()),
            Note::Old { at } => format!("old {}\n", at.unix_timestamp_nanos()),
            Note::Refused { at, question, line } => {
                format!("refused {} {question} {line}\n", at.unix_timestamp_nanos())
            }
        }
    }

    /// Reads a note; nothing if the line isn't whole, for it may be read while it is written.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.strip_suffix('\n')?.splitn(3, ' ');
        let (kind, time) = (words.next()?, words.next()?.parse().ok()?);
        let time = OffsetDateTime::from_unix_timestamp_nanos(time).ok()?;
        match (kind, words.next()) {
            ("fresh", Some(session)) => Some(Note::Fresh {
                until: time,
                terminal_session: session.parse().ok()?,
            }),
            ("lives", None) => Some(Note::Lives { until: time }),
            ("old", None) => Some(Note::Old { at: time }),
            ("refused", Some(rest)) => {
                let (question, line) = rest.split_once(' ')?;
                Some(Note::Refused {
                    at: time,
                    question: question.parse().ok()?,
                    line: line.to_owned(),
                })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_as_it_was_written() {
        let time = OffsetDateTime::from_unix_timestamp_nanos(1_795_207_382_794_267_700).unwrap();
        let notes = [
            Note::Fresh {
                until: time,
                terminal_session: 42,
            },
            Note::Lives { until: time },
            Note::Old { at: time },
            Note::Refused {
                at: time,
                question: 4711,
                line: "cannot read 1Password item 'AWS': a reason".to_owned(),
            },
        ];
        for note in notes {
            assert_eq!(Note::parse(&note.line()), Some(note));
        }
    }

    #[test]
    fn half_a_note_is_none() {
        for text in [
            "",
            "\n",
            "fresh 12 4",
            "fresh 12\n",
            "refused x 1 y\n",
            "refused 12 x y\n",
            "refused 12 1\n",
            "old 1 2\n",
            "other 1 2\n",
        ] {
            assert_eq!(Note::parse(text), None, "{text:?}");
        }
    }
}
