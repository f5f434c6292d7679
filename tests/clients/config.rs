//! The files of the AWS CLI, read by the program's reader and by botocore, which must agree: a kept corpus, and some
//! thousand files that are thrown together.

use std::fs;

use serde_json::{Map, Value, json};

use crate::machine::clients;
use crate::support::*;

#[path = "config/corpus.rs"]
mod corpus;
#[path = "config/generator.rs"]
mod generator;
#[allow(dead_code, reason = "a change of a file is tested elsewhere")]
#[path = "../../src/aws/config/ini.rs"]
mod ini;
#[allow(dead_code, reason = "as above")]
#[path = "../../src/aws/config/profiles.rs"]
mod profiles;

use ini::Settings;
use profiles::Profiles;

const GENERATED: u64 = 6000;

#[test]
#[ignore = "needs scripts/clients"]
fn config_and_credentials_are_read_as_botocore_reads_them() {
    let kept = corpus::FILES.iter().map(|file| file.to_vec());
    let files: Vec<Vec<u8>> = kept.chain((0..GENERATED).map(generator::file)).collect();
    let parsed = compare(&files);
    // Neither all of them nor none: the generator tries both.
    let share = parsed * 100 / files.len();
    assert!((30..90).contains(&share), "{share} % can be parsed");
}

/// The inputs that `scripts/fuzz` kept, in the folder that the variable names.
#[test]
#[ignore = "needs scripts/clients and scripts/fuzz"]
fn what_fuzzing_kept_is_read_as_botocore_reads_it() {
    let Some(folder) = std::env::var_os("FUZZ_KEPT") else {
        return;
    };
    let inputs = fs::read_dir(folder).expect("a folder");
    let inputs = inputs.map(|input| fs::read(input.expect("an entry").path()).expect("an input"));
    let files: Vec<Vec<u8>> = inputs.collect();
    println!(
        "{} files, of which {} can be parsed",
        files.len(),
        compare(&files)
    );
}

/// Compares what is read of each file; returns how many can be parsed.
fn compare(files: &[Vec<u8>]) -> usize {
    let answers = ask_botocore(files);
    let mut parsed = 0;
    for (index, answer) in answers.iter().enumerate() {
        let following = &files[(index + 1) % files.len()];
        let ours = read(&files[index], following);
        let shown = String::from_utf8_lossy(&files[index]);
        assert_eq!(ours, *answer, "file {index}: {shown:?}");
        parsed += usize::from(!answer["config"].is_null());
    }
    parsed
}

fn ask_botocore(files: &[Vec<u8>]) -> Vec<Value> {
    let sandbox = Sandbox::new();
    let folder = sandbox.path("files");
    fs::create_dir(&folder).expect("a folder");
    for (index, file) in files.iter().enumerate() {
        fs::write(folder.join(index.to_string()), file).expect("a file that can be written");
    }
    let mut python = std::process::Command::new(clients().join("python/bin/python"));
    sandbox.enter(&mut python);
    python.arg(fixture("clients/config.py")).arg(folder);
    python.arg(files.len().to_string());
    let output = python.output().expect("a Python that starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Reads a file as config, and with the following one as credentials; what can't be parsed is null.
fn read(file: &[u8], following: &[u8]) -> Value {
    let sections = ini::read(file);
    if let Err(ini::BadLine(line)) = sections {
        let ends = file.iter().filter(|byte| b"\r\n".contains(byte)).count();
        assert!((1..=ends + 1).contains(&line), "line {line}");
    }
    let sections = sections.ok();
    let credentials = sections
        .clone()
        .map(|sections| all(&sections.into_iter().collect()));
    let config = sections.map(profiles::sort);
    let following = ini::read(following).ok();
    let following = following.map(|sections| sections.into_iter().collect());
    let merged = config
        .as_ref()
        .zip(following)
        .map(|(config, credentials)| merge(&config.profiles, &credentials));
    let config = config.map(|config| {
        json!({
            "profiles": all(&config.profiles),
            "sso_sessions": all(&config.sso_sessions),
            "services": all(&config.services),
        })
    });
    json!({ "config": config, "credentials": credentials, "merged": merged })
}

/// Looks each setting of each profile up.
fn merge(config: &Profiles, credentials: &Profiles) -> Value {
    let mut merged = Map::new();
    for (profile, settings) in config.iter().chain(credentials) {
        let known = merged.entry(profile).or_insert_with(|| json!({}));
        for name in settings.keys() {
            let value = profiles::setting(credentials, config, profile, name);
            known[name] = shown(value.expect("a setting"));
        }
    }
    Value::Object(merged)
}

fn all(profiles: &Profiles) -> Value {
    let settings = |settings: &Settings| {
        let settings = settings.iter();
        settings
            .map(|(name, value)| (name.clone(), shown(value)))
            .collect::<Map<_, _>>()
    };
    let profiles = profiles.iter();
    profiles
        .map(|(name, profile)| (name.clone(), Value::Object(settings(profile))))
        .collect::<Map<_, _>>()
        .into()
}

fn shown(value: &str) -> Value {
    if value.starts_with('\n') {
        json!(ini::nested(value).expect("nested settings"))
    } else {
        json!(value)
    }
}
