//! Fuzzes how the AWS config is read and changed.

#![no_main]

use get_1password_creds_fuzz::invariants;

libfuzzer_sys::fuzz_target!(|input: &[u8]| invariants::of_config(input));
