//! What is true of any input of the fuzz targets. The tests of the program include this file, too, for the corpus and for
//! the inputs that they generate.

mod cache;
mod config;
mod credentials_file;
mod flight;
mod item;
mod otpauth;

pub use cache::of_cache;
pub use config::of_config;
pub use credentials_file::of_credentials_file;
pub use flight::of_flight;
pub use item::of_item;
pub use otpauth::of_otpauth;

/// Splits an input into its first line, as text, and the rest.
fn split(input: &[u8]) -> (String, &[u8]) {
    let mut parts = input.splitn(2, |byte| *byte == b'\n');
    let name = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    (name, parts.next().unwrap_or_default())
}
