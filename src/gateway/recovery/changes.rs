//! What a record shows of an update: each value of `changes` by its place on the wire, what is emptied too.

use serde_json::Value;

use super::Verdict;
use crate::catalogue::{self, Endpoint, Kind, Param};
use crate::failure::Failure;
use crate::gateway::creating::endpoint_of;
use crate::gateway::fingerprint::at;
use crate::gateway::{Gateway, Work, difference};
use crate::journal::{Digest, Field, Intent, JournalError};

impl Gateway {
    /// A hash of each value that an update sets. A place that is emptied is kept as such, and of a list the
    /// place after its last row is one.
    pub(in crate::gateway) fn changes_of(&self, work: &Work) -> Result<Vec<Field>, JournalError> {
        let changes = catalogue::request::changes(work.endpoint, &work.arguments).unwrap_or_default();
        let mut places = Vec::new();
        collect(Kind::Object(work.endpoint.changes()), &changes, "", &mut places);
        let hashed = |path: String| {
            let hash = self.hash_at(work.endpoint, &changes, &path)?;
            Ok(Field { path, hash })
        };
        places.into_iter().map(hashed).collect()
    }

    /// An update may be repeated: what the record does not show is taken for not done.
    pub(super) async fn look_for_update(&self, work: &Work, intent: &Intent) -> Result<Verdict, Failure> {
        let (Some(endpoint), Some(id)) = (endpoint_of(&intent.tool), &intent.record_id) else {
            return Ok(Verdict::Absent);
        };
        let Some(record) = self.record(work, endpoint.path, id).await? else { return Ok(Verdict::Absent) };
        for field in &intent.fields {
            if self.hash_at(endpoint, &record, &field.path)? != field.hash {
                return Ok(Verdict::Absent);
            }
        }
        Ok(if intent.fields.is_empty() { Verdict::Absent } else { Verdict::TookEffect(record) })
    }

    /// The hash of what stands at a place, in one form for all its spellings; missing and empty are one.
    fn hash_at(&self, endpoint: &Endpoint, record: &Value, path: &str) -> Result<Digest, JournalError> {
        let value = at(record, path).unwrap_or(&Value::Null);
        self.hash_of(path, &difference::plain(kind_at(endpoint.changes(), path), value))
    }
}

/// The places of the values of `changes`, by their names on the wire.
fn collect(kind: Kind, value: &Value, path: &str, places: &mut Vec<String>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match (kind, value) {
        (Kind::Object(fields), Value::Object(given)) => {
            for (name, value) in given {
                collect(kind_at(fields, name), value, &below(name), places);
            }
        }
        (Kind::Objects(fields), Value::Array(rows)) => {
            for (index, row) in rows.iter().enumerate() {
                collect(Kind::Object(fields), row, &below(&index.to_string()), places);
            }
            places.push(below(&rows.len().to_string()));
        }
        _ => places.push(path.to_owned()),
    }
}

/// The kind of the field at a place of the wire.
fn kind_at(fields: &'static [Param], path: &str) -> Kind {
    path.split('.').fold(Kind::Object(fields), |kind, name| match kind {
        Kind::Objects(fields) => Kind::Object(fields),
        Kind::Object(fields) => {
            fields.iter().find(|field| field.wire_name() == name).map_or(Kind::Text, |field| field.kind)
        }
        _ => Kind::Text,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{collect, kind_at};
    use crate::catalogue::{self, Kind, request};
    use crate::gateway::{difference, fingerprint::at};

    /// Whether a record shows what an update of an invoice set.
    fn shows(changes: &Value, record: &Value) -> bool {
        let endpoint = catalogue::find("update_invoice").unwrap();
        let arguments = json!({ "id": "X", "changes": changes });
        let changes = request::changes(endpoint, arguments.as_object().unwrap()).unwrap();
        let mut places = Vec::new();
        collect(Kind::Object(endpoint.changes()), &changes, "", &mut places);
        assert!(!places.is_empty());
        places.iter().all(|path| {
            let kind = kind_at(endpoint.changes(), path);
            let form = |value| difference::plain(kind, at(value, path).unwrap_or(&Value::Null));
            form(&changes) == form(record)
        })
    }

    #[test]
    fn a_renamed_field_is_looked_for_by_its_name_on_the_wire() {
        let changes = json!({ "service_from": "2026-11-01" });
        assert!(shows(&changes, &json!({ "service_date_from": "2026-11-01T00:00:00Z" })));
        assert!(!shows(&changes, &json!({ "service_date_from": "2026-10-01" })));
        assert!(!shows(&changes, &json!({ "service_from": "2026-11-01" })));
    }

    #[test]
    fn what_is_emptied_is_missing_null_or_empty() {
        for changes in [json!({ "notes": null }), json!({ "notes": " " })] {
            for record in [json!({}), json!({ "notes": null }), json!({ "notes": "" })] {
                assert!(shows(&changes, &record));
            }
            assert!(!shows(&changes, &json!({ "notes": "old" })));
        }
        assert!(!shows(&json!({ "notes": "new", "title": null }), &json!({ "notes": "new", "title": "T" })));
    }

    #[test]
    fn a_list_has_as_many_rows_as_were_sent_and_what_the_server_adds_to_them_does_not_matter() {
        let one = json!({ "description": "Work", "quantity": 1, "price": "49.90" });
        let shown =
            json!({ "id": "l-1", "description": "Work", "quantity": 1.0, "price": 49.9, "tax_rate": 8.1 });
        let changes = json!({ "lines": [one] });
        assert!(shows(&changes, &json!({ "lines": [shown] })));
        assert!(!shows(&changes, &json!({ "lines": [shown, shown] })));
        assert!(!shows(&changes, &json!({ "lines": [] })));
    }
}
