//! A wall clock that a test sets, for the program and the stand-ins.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Sandbox, fixture};

/// Builds the preloaded clock, with the C compiler that links the program.
pub fn clock(sandbox: &Sandbox) -> PathBuf {
    let library = sandbox.path("clock.so");
    let mut compiler = Command::new("cc");
    compiler
        .args(["-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(fixture("clock/clock.c"));
    assert!(
        compiler
            .arg("-ldl")
            .status()
            .expect("a C compiler")
            .success()
    );
    library
}

/// Sets the clock of a command and its children: it is ahead by the seconds in the file `offset`.
pub fn preload(command: &mut Command, sandbox: &Sandbox, clock: &Path) {
    command
        .env("LD_PRELOAD", clock)
        .env("CLOCK_OFFSET", sandbox.path("offset"));
}
