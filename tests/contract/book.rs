//! Reads `contract.md`: of each heading the frame and the tables.

use serde_json::{Value, json};

/// What is below a heading.
pub struct Section {
    /// The lines of the frame, by what stands before the colon.
    frame: Vec<(String, String)>,
    tables: Vec<Table>,
}

struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// A call that fails, and the line that comes of it.
#[derive(Debug)]
pub struct Case {
    /// The exit status, or a word where a signal ends it.
    exit: String,
    stderr: String,
    pub line: String,
}

impl Case {
    /// The mishap that lets `call` fail so.
    pub fn mishap(&self, call: &str) -> Value {
        match self.exit.parse::<i32>() {
            Ok(status) => json!({ "call": call, "exit": status, "stderr": self.stderr }),
            Err(_) => json!({ "call": call, "signal": 9, "stderr": self.stderr }),
        }
    }
}

impl Section {
    /// Reads the section whose heading starts so.
    pub fn read(start: &str) -> Self {
        let text = include_str!("../contract.md");
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

    /// The rows of the one table.
    pub fn rows<const COUNT: usize>(&self) -> Vec<[String; COUNT]> {
        let [table] = self.tables.as_slice() else {
            panic!("one table")
        };
        let rows = table.rows.iter().cloned();
        rows.map(|row| row.try_into().expect("so many cells"))
            .collect()
    }

    /// A line of the frame that ends so; an end that is a whole line stands for itself.
    pub fn line(&self, key: &str, end: impl AsRef<str>) -> String {
        let end = end.as_ref();
        if end.starts_with("cannot ") {
            return end.to_owned();
        }
        let line = self.find(key).expect(key);
        line.replace("LINE", end)
    }

    fn find(&self, key: &str) -> Option<&str> {
        let mut lines = self.frame.iter();
        let line = lines.find(|(other, _)| other == key);
        line.map(|(_, line)| line.as_str())
    }

    /// The exit statuses of the call, and the forms of what it writes.
    fn forms(&self) -> Vec<(&str, &str)> {
        let forms = self.frame.iter().filter_map(|(key, form)| {
            let statuses = key.strip_prefix("exit ")?.split(", ");
            Some(statuses.map(move |status| (status, form.as_str())))
        });
        forms.flatten().collect()
    }

    /// What is said in one of the frame's forms: `[CODE], SAYS, ADVICE`.
    fn cases_in_form(&self, row: &[String]) -> Vec<Case> {
        let [code @ .., says, advice] = row else {
            panic!("two cells or more: {row:?}")
        };
        let code = code.first().map_or("", String::as_str);
        let line = self.line("the line", "").replace("CODE", code);
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

    /// What is said in another form: exit status, text, the end of the line.
    fn case_of(&self, [exit, stderr, end]: [String; 3]) -> Case {
        let line = self.line("another text", end);
        Case { exit, stderr, line }
    }
}

/// All ways in which a call fails, by the section about it; `heading` begins with the call.
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
    if section.find("another text").is_some() {
        let call = heading.split('`').nth(1).expect("a call");
        // The messages name the command, not its flags.
        let call = call.trim_end_matches(" --otp");
        for row in common_rows(call) {
            cases.push(section.case_of(row.map(|cell| cell.replace("CALL", call))));
        }
    }
    assert!(!cases.is_empty(), "{heading}");
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

/// The text in one line, without a full stop at its end.
fn folded(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").trim_end_matches('.').to_owned()
}
