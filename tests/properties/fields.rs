//! How a field is found, beside the rule once more in other words.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::config;
use crate::onepassword::{Field, Item};

/// Names that are easily taken for each other.
const NAMES: [&str; 12] = [
    "key", "Key", "K ey", "KEY", "a", "A", "a.b", "a.key", "key.a", ".", "b. a", "a .Key",
];

/// What names a field or a section.
#[derive(Clone, Debug)]
struct Sample {
    id: &'static str,
    label: Option<&'static str>,
}

fn any_sample() -> impl Strategy<Value = Sample> {
    let parts = (
        select(&NAMES[..]),
        option::weighted(0.8, select(&NAMES[..])),
    );
    parts.prop_map(|(id, label)| Sample { id, label })
}

type Samples = Vec<(Sample, Option<Sample>)>;

fn any_samples() -> impl Strategy<Value = Samples> {
    vec((any_sample(), option::of(any_sample())), 0..7)
}

/// A name of the list, or two with a dot between them.
fn any_question() -> impl Strategy<Value = String> {
    let name = || select(&NAMES[..]);
    prop_oneof![
        name().prop_map(str::to_owned),
        (name(), name()).prop_map(|(section, field)| format!("{section}.{field}")),
    ]
}

fn item(samples: &Samples) -> Item {
    let named = |Sample { id, label }: &Sample| json!({ "id": id, "label": label });
    let fields = samples
        .iter()
        .enumerate()
        .map(|(number, (field, section))| {
            let mut json = named(field);
            json["value"] = json!(number.to_string());
            if let Some(section) = section {
                json["section"] = named(section);
            }
            json
        });
    let item = json!({ "id": "abc", "fields": fields.collect::<Value>() });
    Item::parse(item.to_string().as_bytes()).expect("an item")
}

/// How far a name is from what was asked for: 0 by label, 1 by id, 2 by folded label; nothing if it doesn't fit.
fn distance(name: &Sample, question: &str) -> Option<u8> {
    let fold = |text: &str| text.replace(' ', "").to_lowercase();
    match name.label {
        Some(label) if label == question => Some(0),
        _ if name.id == question => Some(1),
        Some(label) if fold(label) == fold(question) => Some(2),
        _ => None,
    }
}

/// The numbers of those that are nearest; none if none fits.
fn nearest(distances: impl Iterator<Item = (usize, Option<u8>)>) -> Vec<usize> {
    let fitting: Vec<(usize, u8)> = distances
        .filter_map(|(number, far)| Some((number, far?)))
        .collect();
    let least = fitting.iter().map(|(_, far)| *far).min();
    let nearest = fitting.into_iter().filter(|(_, far)| Some(*far) == least);
    nearest.map(|(number, _)| number).collect()
}

/// The numbers of the fields that a question means.
fn expected(samples: &Samples, question: &str) -> Vec<usize> {
    let whole = samples.iter().map(|(field, _)| distance(field, question));
    let whole = nearest(whole.enumerate());
    if !whole.is_empty() {
        return whole;
    }
    let words: Vec<&str> = question.split('.').collect();
    for count in 1..words.len() {
        let (section, field) = (words[..count].join("."), words[count..].join("."));
        let sections = samples
            .iter()
            .map(|(_, own)| distance(own.as_ref()?, &section));
        let inside = nearest(sections.enumerate()).into_iter();
        let found = nearest(inside.map(|number| (number, distance(&samples[number].0, &field))));
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

fn number(field: &Field) -> usize {
    let value = field.value().expect("a value");
    value.expose().parse().expect("a number")
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_name_means_label_then_id_then_folded_label_then_section_and_field(
        samples in any_samples(), question in any_question(),
    ) {
        let item = item(&samples);
        let found: Vec<usize> = item.fields(&question).into_iter().map(number).collect();
        let is_alone = found.len() == 1;
        prop_assert_eq!(found, expected(&samples, &question));
        prop_assert_eq!(item.known_value(&question).is_some(), is_alone);
        prop_assert_eq!(item.value(&question, "--field").is_ok(), is_alone);
    }
}
