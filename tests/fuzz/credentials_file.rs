//! Fuzzes how a static key is taken out of the files of the AWS CLI.

#![no_main]

use get_1password_creds_fuzz::invariants;

libfuzzer_sys::fuzz_target!(|input: &[u8]| invariants::of_credentials_file(input));
