//! What a run has shown to anybody who looked, and which secrets are to be seen in it, where.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{fs, thread};

use super::secrets::Secrets;
use super::watch::{Process, Seen, watch};
use crate::support::{Outcome, Sandbox};

/// How the argument begins that may hold the cache text.
const ASSIGNMENT: &str = "session_cache[password]=";

/// All that one or more runs have shown.
#[derive(Default)]
pub struct Evidence {
    pub seen: Seen,
    pub outcomes: Vec<Outcome>,
    /// What appeared on the terminal of each run.
    pub terminals: Vec<String>,
}

impl Evidence {
    /// Says which secret is to be seen where, as in `code in argv of aws`.
    pub fn sightings(&self, secrets: &Secrets) -> BTreeSet<String> {
        let places = self.processes().chain(self.files()).chain(self.outputs());
        let found = places.flat_map(|(place, text)| {
            let names = secrets.find(&text).into_iter();
            names.map(move |name| format!("{name} in {place}"))
        });
        found.collect()
    }

    /// The arguments and variables of each process.
    fn processes(&self) -> impl Iterator<Item = (String, Vec<u8>)> {
        // The test's own tool, which knows what it shall type.
        let processes = self.seen.processes.iter();
        let processes = processes.filter(|process| process.program != "terminal");
        processes.flat_map(|process| {
            let program = &process.program;
            let args = process.argv.iter();
            let args = args.map(move |arg| (place_of_argument(process, arg), arg.clone()));
            let variables = process.environment.iter();
            let variables = variables.map(move |variable| {
                let name = variable.split('=').next().unwrap_or_default();
                (format!("{name} of {program}"), variable.clone())
            });
            let all = args.chain(variables);
            all.map(|(place, text)| (place, text.into_bytes()))
        })
    }

    /// The files, whose names could tell something, too.
    fn files(&self) -> impl Iterator<Item = (String, Vec<u8>)> {
        self.seen.files.iter().map(|(path, content)| {
            let text = [path.as_bytes(), b"\n", content].concat();
            (format!("file {path}"), text)
        })
    }

    fn outputs(&self) -> impl Iterator<Item = (String, Vec<u8>)> {
        let texts = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
        let outcomes = self.outcomes.iter().flat_map(move |outcome| {
            [
                texts("stdout", &outcome.stdout),
                texts("stderr", &outcome.stderr),
            ]
        });
        let terminals = self.terminals.iter();
        outcomes.chain(terminals.map(move |text| texts("terminal", text)))
    }
}

/// Tells the one argument that may hold a secret from all others.
fn place_of_argument(process: &Process, arg: &str) -> String {
    let program = &process.program;
    let is_edit =
        program == "op" && process.argv.get(1..3) == Some(&["item", "edit"].map(str::to_owned));
    if is_edit && arg.starts_with(ASSIGNMENT) {
        return "the assignment of op item edit".to_owned();
    }
    format!("argv of {program}")
}

const SECRET: &str = "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY";

fn sightings(evidence: &Evidence) -> Vec<String> {
    let mut secrets = Secrets::default();
    secrets.plant("key", SECRET);
    evidence.sightings(&secrets).into_iter().collect()
}

/// A process that carries nothing secret but these arguments.
fn process(program: &str, argv: &[&str], variable: &str) -> Evidence {
    let mut evidence = Evidence::default();
    evidence.seen.processes.insert(Process {
        pid: 1,
        program: program.to_owned(),
        argv: argv.iter().map(|&arg| arg.to_owned()).collect(),
        environment: vec!["HOME=/".to_owned(), variable.to_owned()],
    });
    evidence
}

#[test]
fn a_secret_is_seen_in_a_process() {
    let variable = format!("AWS_SECRET_ACCESS_KEY={SECRET}");
    let assignment = format!("{ASSIGNMENT}{SECRET}");
    let other = format!("other[password]={SECRET}");
    for (evidence, expected) in [
        (process("op", &["op"], "PATH=/"), vec![]),
        (
            process("aws", &["aws", SECRET], "A=b"),
            vec!["key in argv of aws"],
        ),
        (process(SECRET, &["aws"], "A=b"), vec![]),
        (
            process("op", &["op"], &variable),
            vec!["key in AWS_SECRET_ACCESS_KEY of op"],
        ),
        (
            process("op", &["op"], &format!("{SECRET}=")),
            vec![&*format!("key in {SECRET} of op")],
        ),
        (
            process("op", &["op", "item", "edit", "x", &assignment], "A=b"),
            vec!["key in the assignment of op item edit"],
        ),
        (
            process("op", &["op", "item", "edit", "x", &other], "A=b"),
            vec!["key in argv of op"],
        ),
        (
            process("op", &["op", "item", "get", "x", &assignment], "A=b"),
            vec!["key in argv of op"],
        ),
        (
            process("aws", &["aws", "item", "edit", "x", &assignment], "A=b"),
            vec!["key in argv of aws"],
        ),
        (
            process("sh", &["sh", "-c", &assignment], "A=b"),
            vec!["key in argv of sh"],
        ),
    ] {
        assert_eq!(sightings(&evidence), expected);
    }
}

#[test]
fn a_secret_is_seen_in_files_and_in_what_is_written() {
    let text = format!("cannot use {SECRET}\n");
    let outcome = |stdout: &str, stderr: &str| Evidence {
        outcomes: vec![Outcome {
            status: Some(0),
            stdout: stdout.to_owned(),
            stderr: stderr.to_owned(),
        }],
        ..Evidence::default()
    };
    let file = |name: &str, content: &str| {
        let mut evidence = Evidence::default();
        let content = content.as_bytes().to_vec();
        evidence.seen.files.insert((name.to_owned(), content));
        evidence
    };
    let terminal = Evidence {
        terminals: vec![String::new(), text.clone()],
        ..Evidence::default()
    };
    for (evidence, expected) in [
        (file("tmp/a", "b"), vec![]),
        (file("tmp/a", &text), vec!["key in file tmp/a"]),
        (file("tmp/EXAMPLEKEY", "8nvb"), vec![]),
        (outcome(&text, ""), vec!["key in stdout"]),
        (outcome("", &text), vec!["key in stderr"]),
        (terminal, vec!["key in terminal"]),
    ] {
        assert_eq!(sightings(&evidence), expected);
    }
}

#[test]
fn what_comes_and_goes_is_seen() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("run/deep")).expect("a folder");
    // The grandchild outlives its parent, and the file is emptied before the end.
    let script =
        "{ SECRET=$1 /bin/sleep 0.2 & }; echo $1 >run/deep/file; /bin/sleep 0.1; : >run/deep/file";
    let mut command = Command::new("/bin/sh");
    sandbox.enter(&mut command);
    command.current_dir(sandbox.path(""));
    command.args(["-c", script, "sh", SECRET]);
    let mut child = command.stdin(Stdio::null()).spawn().expect("a shell");
    let (pid, over) = (child.id(), AtomicBool::new(false));
    let seen = thread::scope(|scope| {
        let watch = scope.spawn(|| watch(&sandbox, &[pid], &over));
        child.wait().expect("a child");
        thread::sleep(Duration::from_millis(50));
        over.store(true, Ordering::Release);
        watch.join().expect("a watch")
    });
    let evidence = Evidence {
        seen,
        ..Evidence::default()
    };
    let shell = fs::canonicalize("/bin/sh").expect("a shell");
    let shell = shell.file_name().expect("a name").display().to_string();
    let sleep = fs::canonicalize("/bin/sleep").expect("a program");
    let sleep = sleep.file_name().expect("a name").display().to_string();
    assert_eq!(
        sightings(&evidence),
        [
            format!("key in SECRET of {sleep}"),
            format!("key in argv of {shell}"),
            "key in file run/deep/file".to_owned(),
        ]
    );
}
