//! The corpus of `scripts/fuzz`: its seeds and what was found, tried again.

use std::fs;
use std::path::Path;

#[path = "../fuzz/invariants/mod.rs"]
pub mod invariants;

/// Tries each file of a corpus; a panic names the last one that was tried.
fn replay(corpus: &str, check: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    let files = fs::read_dir(folder.join(corpus)).expect("a corpus");
    let mut count = 0;
    for file in files {
        let path = file.expect("a file").path();
        println!("{}", path.display());
        check(&fs::read(path).expect("an input"));
        count += 1;
    }
    assert!(count > 0, "no input for {corpus}");
}

#[test]
fn the_corpus_of_the_item_passes() {
    replay("item", invariants::of_item);
}

#[test]
fn the_corpus_of_the_cache_passes() {
    replay("cache", invariants::of_cache);
}

#[test]
fn the_corpus_of_the_aws_config_passes() {
    replay("config", invariants::of_config);
}

#[test]
fn the_corpus_of_the_credentials_file_passes() {
    replay("credentials_file", invariants::of_credentials_file);
}

#[test]
fn the_corpus_of_the_flight_passes() {
    replay("flight", invariants::of_flight);
}

#[test]
fn the_corpus_of_the_one_time_password_passes() {
    replay("otpauth", invariants::of_otpauth);
}
