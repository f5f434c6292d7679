//! What `op item edit` is told, read by the rules of the stand-in for `op`.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::config;
use crate::credentials::Secret;
use crate::onepassword::target::Target;

#[path = "../../fixtures/op/assignment.rs"]
mod stand_in;

/// A name with what has a meaning in an assignment in every second place.
fn any_name() -> impl Strategy<Value = String> {
    let special = select(&['\\', '.', '=', '[', ']', '"', '\'', '-', ' ', '\n'][..]);
    vec(prop_oneof![special, any::<char>()], 1..12).prop_map(String::from_iter)
}

fn any_value() -> impl Strategy<Value = String> {
    prop_oneof![any_name(), Just(String::new()), "[A-Za-z0-9+/]{4,80}={0,2}"]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn an_assignment_is_read_as_it_was_meant(
        section in option::of(any_name()), label in any_name(), value in any_value(),
    ) {
        let target = Target { section: section.as_deref(), label: &label };
        let text = target.assign(&Secret::new(value.clone()));
        let read = stand_in::Assignment::parse(text.expose()).expect("an assignment");
        prop_assert_eq!(read.section, section);
        prop_assert_eq!(read.field, label);
        prop_assert_eq!(read.value, value);
    }
}
