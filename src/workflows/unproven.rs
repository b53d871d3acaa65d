//! Records that do not show whether they are what was asked for. An API may apply a filter by what it does not show,
//! or ignore it: such records count, and that is said.

use serde_json::{Map, Value};

use crate::rules::invoice;

/// What is counted for the filters of one list.
pub struct Unproven {
    /// A field that some filter goes by, and how many records lack it.
    fields: Vec<(&'static str, u64)>,
}

impl Unproven {
    pub fn new(filters: &Map<String, Value>) -> Self {
        let has = |name: &str| filters.contains_key(name);
        let fields = [
            ("issue_date", has("from") || has("to")),
            ("client", has("client_id")),
            ("currency", has("currency")),
            ("status", has("status")),
        ];
        Self { fields: fields.into_iter().filter(|(_, asked)| *asked).map(|(field, _)| (field, 0)).collect() }
    }

    /// Takes in one page.
    pub fn look(&mut self, records: &[Value]) {
        for record in records {
            for (field, count) in &mut self.fields {
                let shown = match *field {
                    "client" => invoice::client(record).0.is_some(),
                    "issue_date" => invoice::day(record, field).is_some(),
                    _ => invoice::text(record, field).is_some(),
                };
                *count += u64::from(!shown);
            }
        }
    }

    /// A note for each such field.
    pub fn notes(&self) -> impl Iterator<Item = String> {
        self.fields.iter().filter(|(_, count)| *count > 0).map(|(field, count)| {
            format!("{count} of the invoices show no {field}, so whether they are among those asked for is the API's word")
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Unproven;

    #[test]
    fn what_no_filter_asks_for_may_be_missing() {
        let records =
            [json!({ "client": { "id": 7 }, "issue_date": "2026-01-01" }), json!({ "client": "Muster AG" })];
        for (filters, notes) in [
            (json!({}), 0),
            (json!({ "from": "2026-01-01" }), 1),
            (json!({ "client_id": "7", "to": "2026-01-01" }), 2),
            (json!({ "status": "unpaid" }), 1),
        ] {
            let mut unproven = Unproven::new(filters.as_object().unwrap());
            unproven.look(&records);
            let said: Vec<_> = unproven.notes().collect();
            assert_eq!(said.len(), notes, "{filters}: {said:?}");
        }
    }
}
