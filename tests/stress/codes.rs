//! The one-time codes that each run sends to STS.

#![cfg(test)]

use std::collections::HashSet;
use std::fs;

use crate::figures::figure;
use crate::support::{Sandbox, example};

/// Writes the code of each call to a file, under the process ids of the run and of the call.
const AWS: &str = r#"code=$STANDIN_DIR/codes/$PPID.$$
/bin/cat >"$code"
exec 'AWS' "$@" <"$code""#;

/// Puts the script in the place of `aws`.
pub fn record(sandbox: &Sandbox) {
    fs::create_dir(sandbox.path("standin/codes")).expect("a folder");
    let aws = example("aws").display().to_string();
    sandbox.script("bin/aws", &AWS.replace("AWS", &aws));
}

/// Expects that no run has sent a code twice. Another run may: it can't know of a code whose session wasn't stored.
pub fn assert_none_twice(sandbox: &Sandbox, name: &str) {
    let files = fs::read_dir(sandbox.path("standin/codes")).expect("a folder");
    let mut sent = HashSet::new();
    let mut count = 0;
    for file in files.map(|file| file.expect("a file")) {
        let code = fs::read_to_string(file.path()).expect("a code");
        let name = file.file_name().into_string().expect("a name");
        let (run, _) = name.split_once('.').expect("two process ids");
        // A call that is killed at once has written none.
        if code.is_empty() {
            continue;
        }
        count += 1;
        assert!(sent.insert((run.to_owned(), code)), "a code is sent twice");
    }
    let different: HashSet<_> = sent.iter().map(|(_, code)| code).collect();
    figure(
        &format!("{name}: codes sent, different ones, sent twice by one run"),
        format!("{count}, {}, 0", different.len()),
    );
}
