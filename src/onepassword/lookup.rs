//! Finds the fields of an item that a name means.

use anyhow::{Result, bail};

use super::field::{Field, Name};
use super::item::Item;
use crate::credentials::Secret;
use crate::refusal::Refusal;

impl Item {
    /// Finds the fields that `name` means: by label, else by id, else by label without regard to case and spaces, which is
    /// op's rule. If there are none, `name` is read as `Section.field`.
    pub fn fields(&self, name: &str) -> Vec<&Field> {
        let all: Vec<&Field> = self.all_fields().iter().collect();
        let found = best(&all, name, |field| Some(&field.name));
        if !found.is_empty() {
            return found;
        }
        let dots = name.match_indices('.');
        let splits = dots.filter_map(|(dot, _)| Some((name.get(..dot)?, name.get(dot + 1..)?)));
        let mut found = splits.map(|(section, field)| {
            let inside = best(&all, section, |field| field.section.as_ref());
            best(&inside, field, |field| Some(&field.name))
        });
        found.find(|fields| !fields.is_empty()).unwrap_or_default()
    }

    /// Returns the value of the one field that `name` means. If there is no such field, if it is empty, or if there are
    /// several, the error names `flag`, with which the user can name another field.
    pub fn value(&self, name: &str, flag: &str) -> Result<&Secret<String>> {
        let reason = match self.fields(name).as_slice() {
            [field] => match field.value() {
                Some(value) => return Ok(value),
                None => "it is empty; fill it in".to_owned(),
            },
            [] => format!("it isn't there; add it, or name another field with {flag}"),
            fields => {
                let places: Vec<String> = fields.iter().map(|field| field.place()).collect();
                let (count, places) = (places.len(), places.join("; "));
                format!(
                    "{count} fields match ({places}); choose one as SECTION.FIELD or by id with {flag}"
                )
            }
        };
        bail!(Refusal::Final(format!(
            "cannot read field '{name}' of 1Password item '{}': {reason}",
            self.called
        )))
    }

    /// Returns whether a field that `name` means has a value.
    pub fn has_value(&self, name: &str) -> bool {
        self.fields(name)
            .iter()
            .any(|field| field.value().is_some())
    }

    /// Returns the value of the one field that `name` means, or `None` if it is empty or not the only one.
    pub fn known_value(&self, name: &str) -> Option<&str> {
        match self.fields(name).as_slice() {
            [field] => field.value().map(|value| value.expose().as_str()),
            _ => None,
        }
    }
}

/// Returns the fields whose name fits best: by label, else by id, else by label without regard to case and spaces.
fn best<'a>(
    fields: &[&'a Field],
    name: &str,
    named: impl Fn(&Field) -> Option<&Name>,
) -> Vec<&'a Field> {
    let ways: [&dyn Fn(&Name) -> bool; 3] = [
        &|other| other.label.as_deref() == Some(name),
        &|other| other.id == name,
        &|other| other.is_called(name),
    ];
    let fitting = |fits: &dyn Fn(&Name) -> bool| -> Vec<&'a Field> {
        fields
            .iter()
            .copied()
            .filter(|field| named(field).is_some_and(fits))
            .collect()
    };
    let mut found = ways.into_iter().map(fitting);
    found.find(|fields| !fields.is_empty()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_may_be_labelled_in_the_items_list_alone() {
        let json = r#"{"id": "x", "sections": [{"id": "1", "label": "Other"}, {"id": "2", "label": "AWS"}],
            "fields": [{"id": "y", "label": "cache", "section": {"id": "2"}}]}"#;
        let item = Item::parse(json.as_bytes()).expect("an item");
        let labels = item
            .fields("AWS.cache")
            .into_iter()
            .map(Field::section_label);
        assert_eq!(labels.collect::<Vec<_>>(), [Some("AWS")]);
        assert!(item.fields("Other.cache").is_empty());
    }
}
