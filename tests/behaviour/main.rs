//! The program run against the stand-ins in `fixtures/`, in a sandbox for each test: all in one test program, so that the
//! tests of all files run side by side.

#![cfg(test)]
#![allow(
    clippy::disallowed_methods,
    reason = "tests start programs, read the environment and tell the time"
)]

mod attacks;
#[cfg(target_os = "linux")]
mod audit;
mod cache_item;
mod children;
#[cfg(target_os = "linux")]
mod clock;
mod command_line;
mod contract;
mod display;
mod doctor;
mod flight;
mod get;
mod import;
mod inherited;
mod interleaving;
#[cfg(target_os = "linux")]
mod keep;
mod locks;
mod matrix;
mod namesakes;
mod readme;
mod refresh;
mod scripts;
mod setup;
mod setups;
mod status;
#[path = "../support/mod.rs"]
mod support;
mod terminal;
mod truth;
#[cfg(target_os = "linux")]
mod wrapped;
mod writes;
