//! Lists that tell the truth: walks whatever paging the API has, checks every row against the filters
//! that were asked for, counts, sums per currency where the list is whole, shows what a person would ask
//! for, and says how to go on.

mod cursor;
mod filters;
mod go_on;
mod rows;
mod sums;
mod walk;

pub use go_on::{Stop, Way, command};
pub use walk::Walk;

use serde_json::Value;

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
