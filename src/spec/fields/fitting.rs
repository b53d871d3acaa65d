//! Which types can be the same field under two names, and which amounts may not be taken for each other.

use serde_json::Value;

use super::concepts::{HUNDREDTHS, MONEY};
use super::{Likeness, Nouns, values};
use crate::spec::schema::{self, Kind, Property};
use crate::spec::words::{canonical, names as list, split};

pub fn inside(schema: &Value) -> Option<&Value> {
    match schema::kind(schema) {
        Kind::Object => Some(schema),
        Kind::List => schema::items(schema),
        _ => None,
    }
}

/// What makes a type unusual enough to be recognised by.
pub fn unusual(property: &Property<'_>) -> Option<String> {
    let schema = property.schema;
    match schema::kind(schema) {
        Kind::List if inside(schema).is_some_and(|items| !schema::properties(items).is_empty()) => {
            Some("list".to_owned())
        }
        Kind::Object if !schema::properties(schema).is_empty() => Some("object".to_owned()),
        Kind::Text if matches!(schema::format(schema), "email" | "uri") => {
            Some(schema::format(schema).to_owned())
        }
        _ => None,
    }
}

pub fn alike_inside(ours: &Value, theirs: &Value) -> bool {
    match (inside(ours), inside(theirs)) {
        (Some(ours), Some(theirs)) => {
            let all = Likeness::of(ours, &[]);
            let count = schema::properties(ours).len().min(schema::properties(theirs).len());
            let alike = all.count(theirs);
            alike >= 2 && alike * 2 >= count
        }
        _ => true,
    }
}

/// Types that can be the same field under two names.
pub fn fits(ours: &Property<'_>, theirs: &Property<'_>, nouns: &Nouns) -> bool {
    let (our, their) = (schema::kind(ours.schema), schema::kind(theirs.schema));
    if !is_kind(our, their) || (is_money(ours) && is_in_hundredths(theirs)) {
        return false;
    }
    let (one, other) = (content(ours.schema), content(theirs.schema));
    if one == Content::Date && matches!(their, Kind::Integer | Kind::Number) {
        return false;
    }
    let (values, others) = (schema::values(ours.schema), schema::values(theirs.schema));
    let said = match (one, other) {
        // What ours is said to be may be left unsaid there, but is then none of a few words.
        (_, Content::Any) => one == Content::Any || others.is_empty() || !values.is_empty(),
        // A date is no currency and no name, and an id no text, whatever it is called.
        (Content::Any, Content::Date | Content::Id) => our == Kind::Unknown,
        (Content::Any, _) => values.is_empty(),
        _ => one == other,
    };
    said && (values.is_empty() || others.is_empty() || values::overlap(ours.schema, theirs.schema, nouns))
}

/// What a text holds, where the schema says it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    Any,
    Date,
    Id,
    Email,
    Address,
}

fn content(schema: &Value) -> Content {
    match schema::format(schema) {
        "date" | "date-time" | "datetime" => Content::Date,
        "uuid" => Content::Id,
        "email" => Content::Email,
        "uri" | "url" => Content::Address,
        _ => Content::Any,
    }
}

pub fn is_kind(ours: Kind, theirs: Kind) -> bool {
    ours == theirs
        || ours == Kind::Unknown
        || theirs == Kind::Unknown
        || matches!(
            (ours, theirs),
            (Kind::Number | Kind::Integer, Kind::Number | Kind::Integer | Kind::Text)
                | (Kind::Text, Kind::Integer)
        )
}

pub fn is_money(property: &Property<'_>) -> bool {
    let number = matches!(schema::kind(property.schema), Kind::Number | Kind::Unknown);
    number && canonical(property.name).iter().any(|word| list(MONEY).any(|money| money == word))
}

pub fn is_in_hundredths(property: &Property<'_>) -> bool {
    let said = |text: &str| split(text).iter().any(|word| list(HUNDREDTHS).any(|small| small == word));
    said(property.name)
        || (schema::kind(property.schema) == Kind::Integer && said(schema::description(property.schema)))
}

pub fn split_has(key: &str, word: &str) -> bool {
    key.split(' ').any(|one| one == word)
}

pub fn shares_a_word(one: &str, other: &str) -> bool {
    one.split(' ').any(|word| split_has(other, word))
}
