//! Fuzzes what is read of an item, and how fields are found in it.

#![no_main]

use get_1password_creds_fuzz::invariants;

libfuzzer_sys::fuzz_target!(|input: &[u8]| invariants::of_item(input));
