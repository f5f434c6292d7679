//! Fuzzes what is read of the cache field.

#![no_main]

use get_1password_creds_fuzz::invariants;

libfuzzer_sys::fuzz_target!(|input: &[u8]| invariants::of_cache(input));
