//! Looks over and over at a tree of processes, and at the folders that it may write to, as anybody on the machine could.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::ErrorKind::PermissionDenied;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use nix::sys::socket::getsockopt;
use nix::sys::socket::sockopt::PeerCredentials;

use crate::support::{Sandbox, sockets};

/// The pause between two looks.
const PAUSE: Duration = Duration::from_micros(200);

/// The folders of a sandbox that belong to the user; those of the stand-ins and of the test are not among them.
const FOLDERS: [&str; 4] = ["cwd", "home", "run", "tmp"];

/// While this folder is there, each stand-in waits for a file in it by the number of its process: that it was seen. So can
/// a script for [`KEEPER`].
pub const TOLD: &str = "standin/watch";

/// The one argument of the process that keeps an answer.
pub const KEEPER: &str = "keeps-a-session-in-memory";

/// A process as `/proc` shows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Process {
    pub pid: u32,
    /// The file name of what it runs.
    pub program: String,
    pub argv: Vec<String>,
    pub environment: Vec<String>,
}

impl Process {
    pub fn is_keeper(&self) -> bool {
        self.argv.get(1).is_some_and(|arg| arg == KEEPER)
    }
}

/// All that was there at one time or another.
#[derive(Default)]
pub struct Seen {
    pub processes: BTreeSet<Process>,
    /// Path and content.
    pub files: BTreeSet<(String, Vec<u8>)>,
}

/// Looks at the processes `roots` and what descends from them, and at the folders, until it is over.
pub fn watch(sandbox: &Sandbox, roots: &[u32], over: &AtomicBool) -> Seen {
    let mut seen = Seen::default();
    let mut alive: BTreeSet<u32> = roots.iter().copied().collect();
    let told_at = sandbox.path(TOLD);
    fs::create_dir_all(&told_at).expect("a folder");
    let mut told = 0;
    loop {
        let is_last = over.load(Ordering::Acquire);
        if !seen.processes.iter().any(Process::is_keeper) {
            alive.extend(keepers(sandbox));
        }
        for pid in alive.clone() {
            look_at(pid, &mut alive, &mut seen);
        }
        // The stand-ins wait for this, so that none can slip by.
        if seen.processes.len() > told {
            told = seen.processes.len();
            // Before it runs a stand-in, a process is a copy of the program.
            let stand_ins = seen
                .processes
                .iter()
                .filter(|process| process.program != "get-1password-creds");
            for process in stand_ins {
                fs::write(told_at.join(process.pid.to_string()), "").expect("a file");
            }
            if seen.processes.iter().any(Process::is_keeper) {
                fs::write(told_at.join(KEEPER), "").expect("a file");
            }
        }
        for folder in FOLDERS {
            look_into(&sandbox.path(folder), folder, &mut seen);
        }
        if is_last {
            fs::remove_dir_all(&told_at).expect("the folder");
            return seen;
        }
        thread::sleep(PAUSE);
    }
}

/// Finds the keepers by their sockets, since what starts one doesn't wait for it.
fn keepers(sandbox: &Sandbox) -> Vec<u32> {
    let folder = sandbox.own_folder();
    let names = sandbox.left_behind_names().into_iter();
    let names = names.filter(|name| name.rsplit('.').next() == Some("k"));
    let pid = |name: String| {
        let stream = sockets::connect(folder.join(name)).ok()?;
        u32::try_from(getsockopt(&stream, PeerCredentials).ok()?.pid()).ok()
    };
    names.filter_map(pid).collect()
}

/// Looks at a process and those below it. Who was seen once is followed even if its parent is gone.
fn look_at(pid: u32, alive: &mut BTreeSet<u32>, seen: &mut Seen) {
    // Of a process that can't be dumped nobody but root sees these two.
    let is_hidden = File::open(format!("/proc/{pid}/environ"))
        .is_err_and(|error| error.kind() == PermissionDenied);
    let program = || match fs::read_link(format!("/proc/{pid}/exe")) {
        Err(error) if error.kind() == PermissionDenied => {
            texts(pid, "cmdline").first().map(PathBuf::from)
        }
        link => link.ok(),
    };
    let Some(before) = program() else {
        // It is gone, or waits for its parent to ask how it ended.
        alive.remove(&pid);
        return;
    };
    let (argv, environment) = (texts(pid, "cmdline"), texts(pid, "environ"));
    // In the midst of an exec the one may be the old program's and the other the new one's, or empty. A keeper has no
    // environment.
    let is_keeper = argv.get(1).is_some_and(|arg| arg == KEEPER);
    if program().as_ref() == Some(&before)
        && !argv.is_empty()
        && (is_hidden || is_keeper || !environment.is_empty())
    {
        let name = before.file_name().unwrap_or_default();
        let program = name.to_string_lossy().into_owned();
        seen.processes.insert(Process {
            pid,
            program,
            argv,
            environment,
        });
    }
    for child in children(pid) {
        if alive.insert(child) {
            look_at(child, alive, seen);
        }
    }
}

/// Reads what `/proc` keeps as texts that end in a zero byte.
fn texts(pid: u32, name: &str) -> Vec<String> {
    let bytes = fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
    let texts = String::from_utf8_lossy(&bytes).into_owned();
    texts.split_terminator('\0').map(str::to_owned).collect()
}

/// Lists the children of each thread of a process.
fn children(pid: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{pid}/task"));
    let lists = threads
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    let lists: Vec<String> = lists.collect();
    let pids = lists.iter().flat_map(|list| list.split_whitespace());
    pids.filter_map(|pid| pid.parse().ok()).collect()
}

/// Reads all files below a folder. What is no file has a name all the same, and a link has what it points to.
fn look_into(folder: &Path, shown: &str, seen: &mut Seen) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let shown = format!("{shown}/{}", entry.file_name().to_string_lossy());
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        let content = if kind.is_file() {
            fs::read(&path).unwrap_or_default()
        } else {
            let target = fs::read_link(&path).unwrap_or_default();
            target.into_os_string().into_encoded_bytes()
        };
        if kind.is_dir() {
            look_into(&path, &shown, seen);
        }
        seen.files.insert((shown, content));
    }
}
