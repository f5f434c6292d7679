//! The commands, one file each; only they connect the other modules.

pub mod aws_login;
pub mod clear;
pub mod completions;
pub mod doctor;
pub mod get;
mod line;
pub mod no_session;
pub mod setup;
pub mod status;
mod stored;
