//! Fuzzes what runs of one terminal session send to each other.

#![no_main]

use get_1password_creds_fuzz::invariants;

libfuzzer_sys::fuzz_target!(|input: &[u8]| invariants::of_flight(input));
