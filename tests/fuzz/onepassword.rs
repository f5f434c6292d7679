//! The part of `src/onepassword.rs` that starts no program.

#[path = "../../src/onepassword/field.rs"]
mod field;
#[path = "../../src/onepassword/item.rs"]
mod item;
#[path = "../../src/onepassword/lookup.rs"]
mod lookup;

pub use field::Field;
pub use item::Item;
