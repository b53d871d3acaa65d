//! Names and numbers in place of ids. A name is exact but for case and spaces; where several records or none bear
//! it, the candidates are named, and nothing is said to be missing that was not looked for everywhere.

use serde_json::{Map, Value, json};

use super::shown;
use crate::catalogue;
use crate::failure::{Exit, Failure};
use crate::gateway::redaction::quoted;
use crate::gateway::{Gateway, Work};

/// An argument that names a record in words, and where the record is looked up.
struct Lookup {
    argument: &'static str,
    /// The id argument that it stands for.
    becomes: &'static str,
    list: &'static str,
    filter: &'static str,
    field: &'static str,
}

const CLIENT: Lookup = Lookup {
    argument: "client_name",
    becomes: "client_id",
    list: "list_clients",
    filter: "search",
    field: "name",
};
const VENDOR: Lookup = Lookup {
    argument: "vendor_name",
    becomes: "vendor_id",
    list: "list_vendors",
    filter: "search",
    field: "name",
};
const INVOICE: Lookup = Lookup {
    argument: "invoice_number",
    becomes: "invoice_id",
    list: "list_invoices",
    filter: "number",
    field: "number",
};

/// Where names may stand in place of ids too.
const NESTED: &[&str] = &[catalogue::CHANGES, "allocations"];

/// Candidates that are named when a name is ambiguous.
const CANDIDATES: usize = 10;

impl Gateway {
    pub(super) async fn resolve_names(&self, work: &mut Work) -> Result<(), Failure> {
        let mut arguments = std::mem::take(&mut work.arguments);
        for lookup in [&CLIENT, &VENDOR, &INVOICE] {
            // The record's own id, where that is what the name stands for.
            let own = work.endpoint.argument("id").is_some_and(|id| id.or == Some(lookup.argument));
            let becomes = if own { "id" } else { lookup.becomes };
            self.put_id(work, &Lookup { becomes, ..*lookup }, &mut arguments).await?;
            for name in NESTED {
                let rows = match arguments.get_mut(*name) {
                    Some(Value::Array(rows)) => rows.as_mut_slice(),
                    Some(one) => std::slice::from_mut(one),
                    None => continue,
                };
                for row in rows.iter_mut().filter_map(Value::as_object_mut) {
                    self.put_id(work, lookup, row).await?;
                }
            }
        }
        self.resolve_number(work, &mut arguments).await?;
        work.arguments = arguments;
        Ok(())
    }

    async fn put_id(
        &self,
        work: &Work,
        lookup: &Lookup,
        arguments: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        let Some(name) = arguments.shift_remove(lookup.argument) else { return Ok(()) };
        let id = self.find_one(work, lookup, &plain(&shown(&name))).await?;
        arguments.insert(lookup.becomes.to_owned(), id);
        Ok(())
    }

    /// `number` in place of `id`.
    async fn resolve_number(&self, work: &Work, arguments: &mut Map<String, Value>) -> Result<(), Failure> {
        let tool = work.endpoint.tool;
        let unnamed = ["recurring", "journal"].iter().any(|kind| tool.contains(kind));
        let either = work.endpoint.argument("id").is_some_and(|id| unnamed || id.or == Some("number"));
        if !either || arguments.contains_key("id") {
            return Ok(());
        }
        let Some(number) = arguments.shift_remove("number") else { return Ok(()) };
        let list = match tool {
            _ if tool.contains("recurring") => "list_recurring_invoices",
            _ if tool.contains("journal") => "list_journal_entries",
            _ if tool.contains("offer") => "list_offers",
            _ => "list_invoices",
        };
        let has_number = |row: &catalogue::Endpoint| row.params.iter().any(|param| param.name == "number");
        let filter = if catalogue::find(list).is_some_and(has_number) { "number" } else { "search" };
        let lookup = Lookup { argument: "number", becomes: "id", list, filter, field: "number" };
        let id = self.find_one(work, &lookup, &plain(&shown(&number))).await?;
        arguments.insert("id".to_owned(), id);
        Ok(())
    }

    /// The id of the one record that is called exactly `name`; otherwise the candidates are named. What the
    /// API's own search does not find is looked for in the whole list.
    async fn find_one(&self, work: &Work, lookup: &Lookup, name: &str) -> Result<Value, Failure> {
        let searched = self.search(work, lookup, name, Some(lookup.filter)).await?;
        let found = if searched.hits.is_empty() {
            let listed = self.search(work, lookup, name, None).await?;
            // The search's rows are the nearer candidates.
            let others =
                if searched.others.is_empty() { listed.others_like(lookup, name) } else { searched.others };
            Found { others, ..listed }
        } else {
            searched
        };
        match (found.hits.as_slice(), &found.cut_off) {
            ([only], None) => only.get("id").cloned().ok_or_else(|| without_id(lookup.list)),
            (_, None) => Err(not_one(lookup, name, &found)),
            (hits, Some(why)) => {
                let what =
                    if hits.is_empty() { "was not found in a part of it" } else { "may stand in it twice" };
                let message = format!(
                    "`{}` {what}: `{}` could not be read to its end ({why}); nothing was sent",
                    quoted(name),
                    lookup.list
                );
                Err(Failure::new("ambiguous", Exit::Refused, message)
                    .hint(format!("find it with `{}` and give `{}`", lookup.list, lookup.becomes)))
            }
        }
    }

    async fn search(
        &self,
        work: &Work,
        lookup: &Lookup,
        name: &str,
        filter: Option<&str>,
    ) -> Result<Found, Failure> {
        let Some(endpoint) = catalogue::find(lookup.list) else {
            return Err(Failure::new(
                "defect",
                Exit::Defect,
                format!("the catalogue has no `{}`", lookup.list),
            ));
        };
        let filters = filter.map(|filter| (filter.to_owned(), json!(name))).into_iter().collect();
        let mut found = Found { hits: Vec::new(), others: Vec::new(), cut_off: None };
        let mut take = |page: Vec<Value>| found.take(lookup, name, page);
        let walk = self.walk_through(work, endpoint, filters, &mut take).await?;
        if let Some(failure) = walk.failure() {
            return Err(failure.clone());
        }
        found.cut_off =
            (!walk.holds_all()).then(|| walk.doubt().unwrap_or_else(|| "it is longer".to_owned()));
        Ok(found)
    }
}

/// What a look for a name came to.
struct Found {
    /// Records that are called so.
    hits: Vec<Value>,
    /// Others, of which only id and name are kept.
    others: Vec<Value>,
    /// Why there may be more.
    cut_off: Option<String>,
}

impl Found {
    fn take(&mut self, lookup: &Lookup, name: &str, page: Vec<Value>) {
        for row in page {
            let called = row.get(lookup.field).map(shown);
            let row = json!({ "id": row.get("id"), lookup.field: called });
            if called.is_some_and(|called| same_name(&called, name)) {
                self.hits.push(row);
            } else if self.others.len() < MOST_OTHERS {
                self.others.push(row);
            }
        }
    }

    /// Those of a whole list whose name has a word in common.
    fn others_like(&self, lookup: &Lookup, name: &str) -> Vec<Value> {
        let name = name.to_lowercase();
        let words: Vec<&str> = name.split(' ').filter(|word| word.len() > 2).collect();
        let like = |row: &&Value| {
            let called = row.get(lookup.field).map(shown).unwrap_or_default().to_lowercase();
            words.iter().any(|word| called.contains(word))
        };
        self.others.iter().filter(like).cloned().collect()
    }
}

/// Others that are looked through for candidates.
const MOST_OTHERS: usize = 2_000;

/// One space between words and none around them.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Equal but for case and spaces.
fn same_name(left: &str, right: &str) -> bool {
    plain(left).to_lowercase() == plain(right).to_lowercase()
}

fn not_one(lookup: &Lookup, name: &str, found: &Found) -> Failure {
    let (code, what) = if found.hits.is_empty() {
        ("not_found", "no record is")
    } else {
        ("ambiguous", "several records are")
    };
    let candidates = if found.hits.is_empty() { &found.others } else { &found.hits };
    let message =
        format!("{what} called exactly `{}` (`{}`); nothing was sent", quoted(name), lookup.argument);
    let listed: Vec<_> = candidates
        .iter()
        .take(CANDIDATES)
        .map(|row| json!({ "id": row.get("id"), lookup.field: row.get(lookup.field).map(|field| quoted(&shown(field))) }))
        .collect();
    let hint = match listed.as_slice() {
        [] => format!("look with `{}`, or create it first", lookup.list),
        some => {
            let part = |row: &Value, field: &str| shown(row.get(field).unwrap_or(&Value::Null));
            let names: Vec<_> =
                some.iter().map(|row| format!("{} = {}", part(row, lookup.field), part(row, "id"))).collect();
            format!("ask the person which one is meant and give `{}`: {}", lookup.becomes, names.join("; "))
        }
    };
    Failure::new(code, Exit::Refused, message).hint(hint).fact("candidates", Value::Array(listed))
}

fn without_id(list: &str) -> Failure {
    Failure::new(
        "bad_answer",
        Exit::Unavailable,
        format!("the API's answer to `{list}` has a record without `id`; nothing was sent"),
    )
}
