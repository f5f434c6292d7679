//! Fuzzes what is read of the cache field.

#![no_main]
#![allow(
    dead_code,
    reason = "the program's modules hold more than is called here"
)]

#[path = "../../src/cache.rs"]
mod cache;
#[path = "../../src/complaint.rs"]
mod complaint;
#[path = "../../src/credentials.rs"]
mod credentials;
mod invariants;
mod onepassword;
#[path = "../../src/redaction.rs"]
mod redaction;
#[path = "../../src/refusal.rs"]
mod refusal;
#[path = "../../src/unescape.rs"]
mod unescape;

libfuzzer_sys::fuzz_target!(|input: &[u8]| invariants::of_cache(input));
