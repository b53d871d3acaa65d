//! How much a record looks like one of ours: by the names of its fields alone, cheap.

use std::collections::HashSet;

use serde_json::Value;

use super::{Named, OTHERS};
use crate::spec::schema::{self, Property};

/// Keys of what every record has.
const EVERYWHERE: &[&str] =
    &["id", "at created", "at updated", "uuid", "created", "updated", "created on", "on updated", "object"];

/// How many fields of an object are like those of ours: cheap, for telling records apart.
pub struct Likeness {
    keys: HashSet<String>,
    subject: Vec<String>,
}

impl Likeness {
    pub fn of(ours: &Value, subject: &[String]) -> Self {
        let mut keys: HashSet<String> = HashSet::new();
        for property in schema::properties(ours) {
            let named = Named::of(property, subject, false);
            keys.insert(named.bare);
            keys.insert(named.key);
        }
        Self { keys, subject: subject.to_vec() }
    }

    pub fn count(&self, theirs: &Value) -> usize {
        schema::properties(theirs).into_iter().filter(|one| self.has(*one)).count()
    }

    /// Without what every record has.
    pub fn telling(mut self) -> Self {
        self.keys.retain(|key| !EVERYWHERE.contains(&key.as_str()));
        self
    }

    /// Fields that not every record has.
    pub fn own(&self, object: &Value) -> usize {
        let named = schema::properties(object).into_iter().map(|one| Named::of(one, &self.subject, false));
        named.filter(|one| !EVERYWHERE.contains(&one.bare.as_str())).count()
    }

    fn has(&self, property: Property<'_>) -> bool {
        let named = Named::of(property, &self.subject, false);
        let known = |key: &str| {
            self.keys.contains(key)
                || OTHERS.get(key).is_some_and(|all| all.iter().any(|(ours, _)| self.keys.contains(ours)))
        };
        known(&named.key) || known(&named.bare)
    }
}
