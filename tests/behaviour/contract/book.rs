//! Reads `contract.md`: the frame and the tables below each heading.

use serde_json::{Value, json};

/// The frame and the tables below a heading.
pub struct Section {
    /// The lines of the frame, by the text before the colon.
    frame: Vec<(String, String)>,
    tables: Vec<Table>,
}

struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// A call that fails, and the line that is expected.
#[derive(Debug)]
pub struct Case {
    /// The exit status, or `signal`.
    exit: String,
    stderr: String,
    pub line: String,
}

impl Case {
    /// Returns the mishap with which `call` fails like this.
    pub fn mishap(&self, call: &str) -> Value {
        match self.exit.parse::<i32>() {
            Ok(status) => json!({ "call": call, "exit": status, "stderr": self.stderr }),
            Err(_) => json!({ "call": call, "signal": 9, "stderr": self.stderr }),
        }
    }
}

impl Section {
    /// Reads the section whose heading begins with this text.
    pub fn read(start: &str) -> Self {
        let text = include_str!("../../contract.md");
        let heading = format!("\n## {start}");
        let (_, text) = text.split_once(&heading).expect(start);
        let text = text.split("\n## ").next().unwrap_or_default();
        let frame = text.split("```").nth(1).unwrap_or_default();
        let frame = frame.lines().filter_map(|line| line.split_once(": "));
        Self {
            frame: frame
                .map(|(key, value)| (key.to_owned(), unescaped(value)))
                .collect(),
            tables: tables(text),
        }
    }

    /// Returns the rows of the only table.
    pub fn rows<const COUNT: usize>(&self) -> Vec<[String; COUNT]> {
        let [table] = self.tables.as_slice() else {
            panic!("one table")
        };
        let rows = table.rows.iter().cloned();
        rows.map(|row| row.try_into().expect("so many cells"))
            .collect()
    }

    /// Returns the aim and the line `key` of the frame, with this text for LINE.
    pub fn line(&self, key: &str, text: &str) -> String {
        self.with_aim(&self.find(key).expect(key).replace("LINE", text))
    }

    /// Returns the aim and a line; a line that has an aim stays as it is.
    fn with_aim(&self, line: &str) -> String {
        match self.find("aim") {
            Some(aim) if !line.starts_with("cannot ") => format!("{aim}: {line}"),
            _ => line.to_owned(),
        }
    }

    fn find(&self, key: &str) -> Option<&str> {
        let mut lines = self.frame.iter();
        let line = lines.find(|(other, _)| other == key);
        line.map(|(_, line)| line.as_str())
    }

    /// Returns the exit statuses of the call, each with a form of its stderr.
    fn forms(&self) -> Vec<(&str, &str)> {
        let forms = self.frame.iter().filter_map(|(key, form)| {
            let statuses = key.strip_prefix("exit ")?.split(", ");
            Some(statuses.map(move |status| (status, form.as_str())))
        });
        forms.flatten().collect()
    }

    /// Returns the cases of a row `[CODE], SAYS, ADVICE`, one for each form of the frame.
    fn cases_in_form(&self, row: &[String]) -> Vec<Case> {
        let [code @ .., says, advice] = row else {
            panic!("two cells or more: {row:?}")
        };
        let code = code.first().map_or("", String::as_str);
        let line = self.line("line", "").replace("CODE", code);
        let line = if advice.is_empty() {
            line.replace("; ADVICE", "")
        } else {
            line.replace("ADVICE", advice)
        };
        let line = line.replace("SAYS", &folded(says));
        let case = |(exit, form): (&str, &str)| Case {
            exit: exit.to_owned(),
            stderr: form.replace("CODE", code).replace("SAYS", says),
            line: line.clone(),
        };
        self.forms().into_iter().map(case).collect()
    }

    /// Returns the case of a row with an exit status, a stderr, and the line after the aim.
    fn case_of(&self, [exit, stderr, end]: [String; 3]) -> Case {
        let line = self.with_aim(&end);
        Case { exit, stderr, line }
    }
}

/// Returns all cases of a section; `heading` names the call.
pub fn cases(heading: &str) -> Vec<Case> {
    let section = Section::read(heading);
    let mut cases = Vec::new();
    for table in &section.tables {
        for row in &table.rows {
            if table.head[0] == "exit" {
                let row = row.clone().try_into().expect("three cells");
                cases.push(section.case_of(row));
            } else {
                cases.extend(section.cases_in_form(row));
            }
        }
    }
    let call = heading.split('`').nth(1).expect("a call");
    // The messages name the command, not its flags.
    let call = call.trim_end_matches(" --otp");
    if section.find("aim").is_some() {
        let rows = common_rows(call).into_iter();
        cases.extend(rows.map(|row| section.case_of(row)));
    }
    assert!(!cases.is_empty(), "{heading}");
    for case in &mut cases {
        case.line = case.line.replace("CALL", call);
    }
    cases
}

fn common_rows(call: &str) -> Vec<[String; 3]> {
    let mut rows = Section::read("Every call\n").rows();
    if call.starts_with("aws") {
        rows.extend(Section::read("Every call of `aws`").rows());
    }
    rows
}

fn tables(text: &str) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    let mut is_below = false;
    for line in text.lines() {
        if line.starts_with("| ") && is_below {
            let rows = &mut tables.last_mut().expect("a table").rows;
            let row = cells(line, rows.last());
            rows.push(row);
        } else if line.starts_with("| ") {
            let head = cells(line, None);
            tables.push(Table {
                head,
                rows: Vec::new(),
            });
        }
        is_below = line.starts_with('|');
    }
    tables
}

fn cells(row: &str, above: Option<&Vec<String>>) -> Vec<String> {
    let cells = row.trim_matches('|').split(" | ").map(str::trim);
    let cells = cells.enumerate().map(|(index, cell)| match cell {
        "-" => String::new(),
        "as above" => above.expect("a row above")[index].clone(),
        cell => unescaped(cell),
    });
    cells.collect()
}

fn unescaped(text: &str) -> String {
    let text = text.replace("\\n", "\n").replace("\\t", "\t");
    text.replace("\\e", "\u{1b}")
}

/// Returns the text in one line, without a full stop at its end.
fn folded(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").trim_end_matches('.').to_owned()
}
