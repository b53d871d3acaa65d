//! What a text is to be with an entry in it, and the changes that lead there: kept so that taking them back, the
//! last one first, leaves the text as it was.

use serde_json::Value;

use super::super::installed::{Record, digest};
use crate::install::Client;
use crate::install::edit::{self, NotEdited};
use crate::install::undo::{between, undo};

/// A text with the entry in it.
pub struct Planned {
    pub after: String,
    /// The text without the entry.
    pub without: String,
    pub record: Record,
}

/// `text` with the entry `name`, which is `wanted`; `record` is what is known of the file.
pub fn plan(
    client: &Client,
    text: &str,
    record: &Record,
    (name, wanted): (&str, &Value),
) -> Result<Planned, NotEdited> {
    if let Some(planned) = anew(client, text, record, (name, wanted))? {
        return Ok(planned);
    }
    let after = client.put(text, name, wanted)?;
    // One change per entry: from the text without it to the text with it.
    let earlier = record.changes.iter().find(|known| known.name == name);
    let without = match earlier {
        Some(known) => undo(text, &known.change, &client.spot, name)?,
        None => edit::remove(text, &client.spot, name)?,
    };
    let mut record = record.clone();
    record.changed(name, between(&without, &after));
    Ok(Planned { after, without, record })
}

/// The same where another entry of ours was put in later, on top of this one: both go out and in again, which
/// can be told from their changes as long as nobody else changed the file.
fn anew(
    client: &Client,
    text: &str,
    record: &Record,
    (name, wanted): (&str, &Value),
) -> Result<Option<Planned>, NotEdited> {
    let below = record.changes.iter().any(|known| known.name == name)
        && record.changes.last().is_some_and(|last| last.name != name);
    if !below {
        return Ok(None);
    }
    let there = edit::entries(text, &client.spot)?;
    let mut bare = text.to_owned();
    for known in record.changes.iter().rev() {
        bare = undo(&bare, &known.change, &client.spot, &known.name)?;
    }
    if digest(&bare) != record.before {
        return Ok(None);
    }
    let (mut after, mut planned) = (bare.clone(), Record { changes: Vec::new(), ..record.clone() });
    for known in &record.changes {
        let Some(listed) = there.iter().find(|listed| listed.name == known.name) else { return Ok(None) };
        let entry = if known.name == name { wanted } else { &listed.entry };
        let next = client.put(&after, &known.name, entry)?;
        planned.changed(&known.name, between(&after, &next));
        after = next;
    }
    Ok(Some(Planned { after, without: bare, record: planned }))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::plan;
    use crate::commands::install::installed::{Record, digest};
    use crate::install::clients::by_id;
    use crate::install::undo::undo;

    /// All changes taken back, the last one first.
    fn taken_back(text: &str, record: &Record) -> String {
        let client = by_id("cursor").unwrap();
        let back = |text: String, change: &crate::commands::install::installed::Named| {
            undo(&text, &change.change, &client.spot, &change.name).unwrap()
        };
        record.changes.iter().rev().fold(text.to_owned(), back)
    }

    #[test]
    fn an_entry_below_another_one_is_changed_and_both_can_go() {
        let client = by_id("cursor").unwrap();
        let text = "{ } // mine\n";
        let mut record = Record::new("cursor", Path::new("/x"), false);
        record.before = digest(text);
        let entry = |word: &str| json!({ "command": "/lumabill", "args": ["serve", word] });
        let first = plan(client, text, &record, ("lumabill", &entry("a"))).unwrap();
        let second = plan(client, &first.after, &first.record, ("lumabill-sandbox", &entry("b"))).unwrap();
        let third = plan(client, &second.after, &second.record, ("lumabill", &entry("c"))).unwrap();
        assert_eq!(third.record.changes.len(), 2);
        assert!(third.after.contains("\"b\"") && third.after.contains("\"c\""), "{}", third.after);
        assert_eq!(taken_back(&third.after, &third.record), text);
        // Somebody changed the file since: their change stays, and so does the other entry.
        let edited = second.after.replace("// mine", "// ours");
        let third = plan(client, &edited, &second.record, ("lumabill", &entry("c"))).unwrap();
        assert!(third.after.contains("// ours") && third.after.contains("\"b\""), "{}", third.after);
        let left = taken_back(&third.after, &third.record);
        assert!(left.contains("// ours") && !left.contains("lumabill"), "{left}");
    }
}
