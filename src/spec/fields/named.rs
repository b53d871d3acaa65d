//! A name as it is matched: its words, and without what only says where it stands.

use serde_json::Value;

use super::ANNOTATION;
use crate::spec::schema::Property;
use crate::spec::words::{canonical, key, squashed};

/// One name with what is made of it.
pub struct Named<'a> {
    pub property: Property<'a>,
    pub squashed: String,
    pub key: String,
    /// Without the words of the object itself.
    pub bare: String,
    /// With our word for the resource that it names.
    pub noun: Option<String>,
    pub annotated: Option<&'a str>,
}

impl<'a> Named<'a> {
    pub fn of(property: Property<'a>, subject: &[String], inner: bool) -> Self {
        let words = canonical(property.name);
        let rest: Vec<&String> = words.iter().filter(|word| !subject.contains(word)).collect();
        let all = key(&words);
        Self {
            squashed: squashed(property.name),
            // `itemId` of a line is the id of an item, and not of the line.
            bare: if rest.is_empty() || (inner && rest == ["id"]) { all.clone() } else { key(&rest) },
            key: all,
            noun: None,
            annotated: property.schema.get(ANNOTATION).and_then(Value::as_str),
            property,
        }
    }
}

/// How sure a name is; the order is that in which pairs are made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    Annotated,
    Exact,
    Spelled,
    Known,
    Noun,
    Words,
    Bare,
    Synonym,
}

pub const TIERS: &[Tier] = &[
    Tier::Annotated,
    Tier::Exact,
    Tier::Spelled,
    Tier::Known,
    Tier::Words,
    Tier::Noun,
    Tier::Bare,
    Tier::Synonym,
];
