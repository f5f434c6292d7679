//! Fuzzes how the secret of a one-time password is read.

#![no_main]

use get_1password_creds_fuzz::invariants;

libfuzzer_sys::fuzz_target!(|input: &[u8]| invariants::of_otpauth(input));
