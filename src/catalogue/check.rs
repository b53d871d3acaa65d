//! Arguments as they come from a client, checked against the row and brought into one form: the rest of
//! the program sees no unknown name, no wrong type and no number that is not exact. Everything that is
//! wrong is said at once.

mod argument_error;
mod nearest;
mod schema;
mod value;

use serde_json::{Map, Value};

pub use argument_error::{ArgumentError, Issue};
pub use value::{is_segment, unquoted};

use super::{CHANGES, Effect, Endpoint, Kind, Param, Place, params};

/// The arguments that the row takes: names known, required ones there, numbers exact, days real. Numbers,
/// whole numbers and booleans may come as text, lists and objects as JSON text; null and empty text mean
/// "left out". Within `changes` of an update null is kept and empties the field, and a field of `changes`
/// that stands beside it is put in.
pub fn check(
    endpoint: &Endpoint,
    arguments: Map<String, Value>,
) -> Result<Map<String, Value>, ArgumentError> {
    let mut walk = Checker { tool: endpoint.tool, named: !endpoint.is_extra(), issues: Vec::new() };
    let arguments = match endpoint.effect {
        Effect::Updates => walk.fold(endpoint, arguments),
        _ => arguments,
    };
    let accepted: Vec<&Param> = endpoint.accepted().collect();
    let mut checked = walk.fields(&accepted, arguments, "");
    if endpoint.effect == Effect::Updates {
        walk.changes(endpoint, &mut checked);
    }
    if walk.issues.is_empty() {
        Ok(checked)
    } else {
        Err(ArgumentError { tool: endpoint.tool, issues: walk.issues })
    }
}

struct Checker {
    tool: &'static str,
    /// Names stand for ids, which the gateway then looks up.
    named: bool,
    issues: Vec<Issue>,
}

impl Checker {
    /// Moves fields that belong into `changes` there, since models often leave that level out.
    fn fold(&mut self, endpoint: &Endpoint, arguments: Map<String, Value>) -> Map<String, Value> {
        let (mut kept, mut folded) = (Map::new(), Map::new());
        for (name, value) in arguments {
            let belongs = endpoint.argument(&name).is_none()
                && endpoint.changes().iter().any(|field| field.name == name);
            if !belongs {
                kept.insert(name, value);
            } else if !value.is_null() {
                folded.insert(name, value);
            }
        }
        if folded.is_empty() {
            return kept;
        }
        let given = kept.remove(CHANGES).map_or_else(|| Value::Object(Map::new()), unquoted);
        let Value::Object(mut changes) = given else {
            kept.insert(CHANGES.to_owned(), given);
            return kept;
        };
        for (name, value) in folded {
            if changes.get(&name).is_some_and(|other| *other != value) {
                self.issues.push(Issue::Twice { path: name });
            } else {
                changes.insert(name, value);
            }
        }
        kept.insert(CHANGES.to_owned(), Value::Object(changes));
        kept
    }

    /// `changes` itself has passed as an object; here its fields are checked, none of which is required.
    fn changes(&mut self, endpoint: &Endpoint, checked: &mut Map<String, Value>) {
        let Some(Value::Object(given)) = checked.remove(CHANGES) else { return };
        let accepted = endpoint.changes();
        if given.is_empty() {
            let names = accepted.iter().map(|field| field.name).collect();
            self.issues.push(Issue::Empty { path: CHANGES.to_owned(), accepted: names });
        }
        let mut changes = Map::new();
        for (name, value) in given {
            let path = format!("{CHANGES}.{name}");
            match accepted.iter().find(|field| field.name == name) {
                None if self.stands_for(&name, &accepted.iter().collect::<Vec<_>>()).is_some() => {
                    if let Some(value) = self.value(&params::CLIENT_NAME, value, &path) {
                        changes.insert(name, value);
                    }
                }
                None => self.unknown(path, &name, accepted.iter()),
                Some(field) if value.is_null() && !field.required => {
                    changes.insert(name, value);
                }
                Some(field) => {
                    if let Some(value) = self.value(field, value, &path) {
                        changes.insert(name, value);
                    }
                }
            }
        }
        checked.insert(CHANGES.to_owned(), Value::Object(changes));
    }

    /// One level of named values; `path` is empty at the top, else it ends with a point.
    fn fields(&mut self, accepted: &[&Param], given: Map<String, Value>, path: &str) -> Map<String, Value> {
        let mut checked = Map::new();
        // A wrong value is not reported as a missing one too.
        let mut seen = Vec::new();
        for (name, value) in given {
            let named = accepted.iter().copied().find(|param| param.name == name);
            let Some(param) = named.or_else(|| self.stands_for(&name, accepted)) else {
                self.unknown(format!("{path}{name}"), &name, accepted.iter().copied());
                continue;
            };
            if value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty()) {
                continue;
            }
            if seen.contains(&param.name) {
                self.issues.push(Issue::Both { path: format!("{path}{name}"), other: param.name });
            }
            seen.push(param.name);
            let param = if named.is_some() { param } else { &params::CLIENT_NAME };
            if let Some(value) = self.value(param, value, &format!("{path}{name}")) {
                checked.insert(name, value);
            }
        }
        for param in accepted {
            let here = seen.contains(&param.name);
            let other = param.or.filter(|other| seen.contains(other));
            match (here, other) {
                (true, Some(other)) => {
                    self.issues.push(Issue::Both { path: format!("{path}{}", param.name), other });
                }
                (false, None) if param.required => {
                    let path = format!("{path}{}", param.name);
                    self.issues.push(Issue::Missing { path, or: param.or });
                }
                _ => {}
            }
        }
        checked
    }

    fn value(&mut self, param: &Param, given: Value, path: &str) -> Option<Value> {
        match param.kind {
            Kind::Object(_) if param.name == CHANGES => match unquoted(given) {
                Value::Object(given) => Some(Value::Object(given)),
                _ => self.wrong(path, value::wants_object(param.kind)),
            },
            Kind::Object(fields) => match unquoted(given) {
                Value::Object(given) => Some(self.nested(fields, given, path)),
                _ => self.wrong(path, value::wants_object(param.kind)),
            },
            Kind::Objects(fields) => self.list(param, fields, given, path),
            Kind::Schema(schema) => {
                let value = self.described(schema, given, path)?;
                let is_one = value::text(value.clone()).is_some_and(|text| is_segment(text.trim()));
                match param.place {
                    Place::Path if !is_one => self.wrong(path, value::ONE_ID.to_owned()),
                    _ => Some(value),
                }
            }
            _ => match value::scalar(param.kind, value::joined(param, given)) {
                Ok(value) => Some(value),
                Err(wanted) => self.wrong(path, wanted),
            },
        }
    }

    fn list(&mut self, param: &Param, fields: &[Param], given: Value, path: &str) -> Option<Value> {
        let rows = match unquoted(given) {
            Value::Array(rows) => rows,
            // One row without its list is a common slip with one meaning.
            Value::Object(row) => vec![Value::Object(row)],
            _ => return self.wrong(path, value::wants_object(param.kind)),
        };
        if rows.is_empty() && param.required {
            return self.wrong(path, "a list with at least one object".to_owned());
        }
        let mut checked = Vec::with_capacity(rows.len());
        for (index, row) in rows.into_iter().enumerate() {
            let path = format!("{path}[{index}]");
            match unquoted(row) {
                Value::Object(row) => checked.push(self.nested(fields, row, &path)),
                _ => return self.wrong(&path, value::wants_object(Kind::Object(&[]))),
            }
        }
        Some(Value::Array(checked))
    }

    fn nested(&mut self, fields: &[Param], given: Map<String, Value>, path: &str) -> Value {
        let accepted: Vec<&Param> = fields.iter().collect();
        Value::Object(self.fields(&accepted, given, &format!("{path}.")))
    }

    /// The id that a name stands for: accepted beside every id of a record that people know by name or number,
    /// declared only where that is what most calls want.
    fn stands_for<'a>(&self, name: &str, accepted: &[&'a Param]) -> Option<&'a Param> {
        let id = match name {
            _ if !self.named => return None,
            "client_name" if self.tool.ends_with("_client") => "id",
            "vendor_name" if self.tool.ends_with("_vendor") => "id",
            "client_name" => "client_id",
            "vendor_name" => "vendor_id",
            "invoice_number" => "invoice_id",
            "number" if ["recurring", "journal"].iter().any(|kind| self.tool.contains(kind)) => "id",
            _ => return None,
        };
        accepted.iter().copied().find(|param| param.name == id)
    }

    fn wrong(&mut self, path: &str, wanted: String) -> Option<Value> {
        self.issues.push(Issue::Wrong { path: path.to_owned(), wanted });
        None
    }

    fn unknown<'a>(&mut self, path: String, name: &str, accepted: impl Iterator<Item = &'a Param>) {
        let accepted: Vec<&'static str> = accepted.map(|param| param.name).collect();
        let nearest = nearest::find(name, &accepted);
        self.issues.push(Issue::Unknown { path, nearest, accepted });
    }
}

#[cfg(test)]
mod tests;
