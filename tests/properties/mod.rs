//! What holds whatever the item, its cache and the children say, tried with random cases. A case that fails is printed
//! at its smallest; it is then kept as a test of its own.

mod assignments;
mod cache;
mod corpus;
mod fields;
mod item;
mod messages;
mod times;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;
use time::OffsetDateTime;

/// Leaves no file behind; `PROPTEST_CASES` sets another number of cases.
pub fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Any text, with line feeds, controls and what turns the direction of writing; often none.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        1 => Just(String::new()),
        4 => vec(any::<char>(), 0..20).prop_map(String::from_iter),
    ]
}

/// Any time that the form `YYYY-MM-DDTHH:MM:SSZ` has room for, to the second.
fn any_time() -> impl Strategy<Value = OffsetDateTime> {
    let seconds = -62_167_219_200..=253_402_300_799_i64;
    seconds.prop_map(|seconds| OffsetDateTime::from_unix_timestamp(seconds).expect("a time"))
}

/// Any JSON, a few levels deep.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            vec((key(), inner), 0..5).prop_map(Value::from_iter),
        ]
    })
}

/// The keys of an item that are read.
const KEYS: [&str; 11] = [
    "id", "title", "vault", "name", "sections", "section", "fields", "label", "type", "value",
    "totp",
];

/// A key that is read, or another.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        9 => proptest::sample::select(&KEYS[..]).prop_map(str::to_owned),
        1 => any_text(),
    ]
}
