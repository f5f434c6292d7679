//! What is read of an item, and how fields are found in it.

use super::{of_cache, split};
use crate::onepassword::{Field, Item};

/// Checks an input: the name of a field, a line feed, and an answer of `op`.
pub fn of_item(input: &[u8]) {
    let (name, json) = split(input);
    let item = match Item::parse(json) {
        Ok(item) => item,
        Err(error) => {
            let reason = format!("{error:#}");
            assert!(["it is not JSON", "it has no 'id'"].contains(&reason.as_str()));
            return;
        }
    };
    assert!(!item.id.is_empty());
    assert!(
        item.one_time_password_period()
            .is_none_or(|period| !period.is_zero())
    );
    let _: Option<_> = item.one_time_password_secret();
    of_name(&item, &name);
    // The names in the item; only some, since thousands of fields without a name would take a second.
    let found = item.fields(&name);
    for name in found.into_iter().take(9).flat_map(names) {
        assert!(!item.fields(&name).is_empty(), "a field by its own name");
        of_name(&item, &name);
    }
}

/// Checks that the ways to look up a field agree with each other.
fn of_name(item: &Item, name: &str) {
    let fields = item.fields(name);
    let values: Vec<&str> = fields.iter().filter_map(|field| value(field)).collect();
    assert!(
        values
            .iter()
            .all(|value| !value.is_empty() && value.trim() == *value)
    );
    assert_eq!(item.has_value(name), !values.is_empty());
    let only = (fields.len() == 1)
        .then(|| values.first().copied())
        .flatten();
    assert_eq!(item.known_value(name), only);
    let read = item.value(name, "--field");
    assert_eq!(read.ok().map(|value| value.expose().as_str()), only);
    for text in values {
        of_cache(text.as_bytes());
    }
}

fn value(field: &Field) -> Option<&str> {
    field.value().map(|value| value.expose().as_str())
}

/// Returns the names by which a field can be found, with its section's name in front, too.
fn names(field: &Field) -> Vec<String> {
    let own = [field.label_or_id().to_owned(), field.id().to_owned()];
    let in_section = field
        .section_label()
        .map(|section| format!("{section}.{}", field.label_or_id()));
    let _: String = field.place();
    own.into_iter().chain(in_section).collect()
}
