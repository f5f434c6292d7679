//! The JSON of an item.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use super::corpus::invariants;
use super::{any_json, any_text, config};
use crate::onepassword::Item;

/// The input of the invariants: a name, and the JSON of an item.
fn input(name: &str, json: &[u8]) -> Vec<u8> {
    [name.replace('\n', " ").as_bytes(), b"\n", json].concat()
}

/// A field; its section has a number, and a label of its own or only in the list of sections.
#[derive(Clone, Debug)]
struct Sample {
    label: String,
    kind: &'static str,
    place: Option<(i32, bool)>,
}

impl Sample {
    /// The number keeps ids, labels and values apart.
    fn json(&self, number: usize) -> Value {
        let mut field = json!({
            "id": format!("id{number}"),
            "label": format!("{}{number}", self.label),
            "type": self.kind,
            "value": format!(" value number {number}\n"),
        });
        if let Some((section, has_label)) = self.place {
            field["section"] = json!({ "id": format!("section{section}") });
            if has_label {
                field["section"]["label"] = json!(format!("Section {section}"));
            }
        }
        field
    }
}

/// Fields of op's shape, whose labels differ even without case and spaces.
fn any_fields() -> impl Strategy<Value = Vec<Value>> {
    let place = option::of((0..3, any::<bool>()));
    let kind = select(&["STRING", "CONCEALED", "OTP", "MENU"][..]);
    let field = ("[A-Z][a-z]{0,9} [A-Za-z .é]{0,9}", kind, place);
    let field = field.prop_map(|(label, kind, place)| Sample { label, kind, place });
    vec(field, 1..8).prop_map(|fields| {
        let fields = fields.iter().enumerate();
        fields.map(|(number, field)| field.json(number)).collect()
    })
}

fn any_two_orders() -> impl Strategy<Value = (Vec<Value>, Vec<Value>)> {
    any_fields().prop_flat_map(|fields| (Just(fields.clone()), Just(fields).prop_shuffle()))
}

fn item(fields: &[Value]) -> Value {
    let sections = (0..3).map(
        |number| json!({ "id": format!("section{number}"), "label": format!("Section {number}") }),
    );
    let sections: Vec<Value> = sections.collect();
    json!({ "id": "abc", "title": "AWS", "sections": sections, "fields": fields })
}

fn read(fields: &[Value]) -> Item {
    Item::parse(item(fields).to_string().as_bytes()).expect("an item")
}

fn text<'a>(field: &'a Value, key: &str) -> &'a str {
    field[key].as_str().expect("a text")
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_bytes_are_an_item_or_none(name in any_text(), bytes in vec(any::<u8>(), 0..60)) {
        invariants::of_item(&input(&name, &bytes));
    }

    #[test]
    fn any_json_is_an_item_or_none(
        name in any_text(), json in any_json(), fields in any_json(), sections in any_json(),
    ) {
        invariants::of_item(&input(&name, json.to_string().as_bytes()));
        let item = json!({ "id": "abc", "fields": fields, "sections": sections, "vault": json });
        invariants::of_item(&input(&name, item.to_string().as_bytes()));
    }

    #[test]
    fn any_json_is_a_field_or_none(
        name in any_text(), fields in vec(any_json(), 1..4), sections in vec(any_json(), 0..4),
    ) {
        let item = json!({ "id": "abc", "fields": fields, "sections": sections });
        invariants::of_item(&input(&name, item.to_string().as_bytes()));
    }

    #[test]
    fn every_field_is_found(fields in any_fields()) {
        let item = read(&fields);
        for field in &fields {
            let label = text(field, "label");
            let folded = label.to_uppercase().replace(' ', "");
            let mut names = vec![label.to_owned(), text(field, "id").to_owned(), folded];
            if let Some(section) = field["section"]["id"].as_str() {
                names.push(format!("{section}.{label}"));
                names.push(format!("{}.{label}", section.replace("section", "SECTION ")));
                names.push(format!("{section}.{}", text(field, "id")));
            }
            for name in names {
                let value = text(field, "value").trim();
                prop_assert_eq!(item.known_value(&name), Some(value), "{}", name);
            }
        }
    }

    #[test]
    fn the_order_of_the_fields_is_nothing((fields, others) in any_two_orders()) {
        let (item, other) = (read(&fields), read(&others));
        let names = fields.iter().flat_map(|field| [text(field, "label"), text(field, "id")]);
        for name in names {
            prop_assert_eq!(item.known_value(name), other.known_value(name));
            prop_assert_eq!(item.has_value(name), other.has_value(name));
        }
    }

    #[test]
    fn no_reason_holds_a_value(fields in any_fields(), end in any::<Index>()) {
        let mut doubled = fields.clone();
        doubled.extend(fields.iter().cloned());
        let item = read(&doubled);
        for field in &fields {
            let reason = item.value(text(field, "label"), "--field");
            let reason = reason.expect_err("two of them");
            let said = format!("{reason:#} {reason:?}");
            prop_assert!(!said.contains("value number"), "{}", said);
        }
        let json = self::item(&fields).to_string();
        let json = json.as_bytes();
        let cut = Item::parse(&json[..end.index(json.len())]);
        let said = cut.err().map(|reason| format!("{reason:#}"));
        prop_assert_eq!(said.as_deref(), Some("it is not JSON"));
    }
}
