//! What makes a write the same as another, by its content and never by what the model says: the
//! fingerprint of what was asked for, the twin key of the same thing in other words, and a hash of each
//! field that is sent, by which a record whose answer was lost is known again.

use rust_decimal::Decimal;
use serde_json::Value;

use super::{Gateway, Work, described};
use crate::catalogue::{Effect, Place, request::Wire};
use crate::failure::Failure;
use crate::journal::{Digest, Field, Guard, Journal, JournalError, Kind, NewIntent, Scope, Twin};
use crate::rules::money;

/// The party of a document: whom a lost record is looked up by.
const PARTIES: &[&str] = &["client_id", "vendor_id"];

impl Gateway {
    /// The intent of a call whose request is `wire`.
    pub(super) fn intent(&self, work: &Work, wire: &Wire) -> Result<NewIntent, Failure> {
        let endpoint = work.endpoint;
        let kind = match endpoint.effect {
            Effect::Creates => Kind::Create,
            Effect::Updates => Kind::Update,
            Effect::Deletes => Kind::Delete,
            Effect::Acts | Effect::Reads => Kind::Act,
        };
        let scope = scope(work);
        let body = wire.body.as_ref().unwrap_or(&Value::Null);
        let guarded = matches!(kind, Kind::Create | Kind::Act);
        let guard = if guarded { Some(self.guard(work, wire, &scope)?) } else { None };
        let record = work.current.as_ref();
        let mut fields = match kind {
            Kind::Delete => Vec::new(),
            Kind::Update => self.changes_of(work)?,
            Kind::Create | Kind::Act => self.fields(body)?,
        };
        if kind == Kind::Create {
            fields.extend(self.derived(body)?);
        }
        if let (Kind::Act, Some(record)) = (kind, record) {
            fields.extend(self.status_before(record)?);
        }
        Ok(NewIntent {
            scope,
            tool: work.tool().to_owned(),
            kind,
            client: work.caller.name.clone(),
            confirmed: work.confirmed,
            guard,
            record_id: record_id(work),
            record_number: record.and_then(|record| text_of(record, "number")),
            party: PARTIES.iter().find_map(|name| text_of(body, name)),
            fields,
            before: match (kind, record, work.source()) {
                (Kind::Act, Some(record), _) => Some(self.state_of(record)?),
                (Kind::Create, _, Some(source)) => Some(self.source_of(source)?),
                _ => None,
            },
        })
    }

    fn guard(&self, work: &Work, wire: &Wire, scope: &Scope) -> Result<Guard, Failure> {
        let tool = work.tool();
        let mut given = work.given.clone();
        let takes_file = work.endpoint.params.iter().any(|param| param.place == Place::File);
        if takes_file {
            // The statement itself, whatever its file is called.
            given.retain(|name, _| name != "file" && name != "xml");
        }
        let content = normal(&Value::Object(given));
        let file = wire.file.as_deref().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let parts = ["fingerprint", &scope.origin, &scope.profile, tool, &content];
        let fingerprint =
            self.journal.digest(&[&parts[..], &[file.as_deref().unwrap_or_default()]].concat())?;
        let twin = if takes_file { None } else { twin(&self.journal, work, wire)? };
        Ok(Guard {
            fingerprint,
            twin,
            window: self.duplicate_window,
            allow_duplicate: work.allow_duplicate,
            past: Vec::new(),
            source: work.named_source().map(str::to_owned),
        })
    }

    /// A hash of each value that is sent, by its place.
    fn fields(&self, body: &Value) -> Result<Vec<Field>, JournalError> {
        let mut leaves = Vec::new();
        collect(body, String::new(), &mut leaves);
        let hashed = |(path, value): (String, &Value)| Ok(Field { hash: self.hash_of(&path, value)?, path });
        leaves.into_iter().map(hashed).collect()
    }

    /// The hash of a value at a place: equal values of a record and a request have equal hashes.
    pub(super) fn hash_of(&self, path: &str, value: &Value) -> Result<Digest, JournalError> {
        self.journal.digest(&["field", path, &super::recovery::loose(path, value)])
    }

    /// The hash of the record that a copy is made of.
    pub(super) fn source_of(&self, id: &str) -> Result<Digest, JournalError> {
        self.journal.digest(&["source", id])
    }
}

/// Whose books the call writes to.
pub(super) fn scope(work: &Work) -> Scope {
    let account = work.connection.account.clone();
    let profile = match work.profile.id() {
        "" => format!("account:{account}"),
        id => id.to_owned(),
    };
    Scope { account, origin: work.connection.bound_to.clone(), profile }
}

/// The record that a call is about, where it names one.
fn record_id(work: &Work) -> Option<String> {
    if work.endpoint.is_extra() {
        return described::named_in_path(work.endpoint, &work.arguments).into_iter().next_back();
    }
    let argument = ["id", "bank_account_id"].iter().find_map(|name| work.arguments.get(*name));
    argument.and_then(Value::as_str).map(str::to_owned).filter(|_| work.endpoint.path.contains("{id}"))
}

/// The same thing in other words: whom it is about and how much, without texts and numbers. `None` where
/// nothing but words tells two apart.
fn twin(journal: &Journal, work: &Work, wire: &Wire) -> Result<Option<Twin>, JournalError> {
    let body = wire.body.as_ref().unwrap_or(&Value::Null);
    let Some((about, amount)) = (match work.endpoint.effect {
        Effect::Acts if work.endpoint.is_extra() => {
            let named = described::named_in_path(work.endpoint, &work.arguments);
            (!named.is_empty()).then_some((named, None))
        }
        Effect::Acts => record_id(work).map(|id| (vec![id], None)),
        _ => about(body),
    }) else {
        return Ok(None);
    };
    let mut parts = vec!["twin", work.endpoint.tool];
    parts.extend(about.iter().map(String::as_str));
    let amount = amount.map(|amount| journal.digest(&["amount", &amount])).transpose()?;
    let currency = text_of(body, "currency").map(|code| journal.digest(&["currency", &code.to_uppercase()]));
    Ok(Some(Twin { about: journal.digest(&parts)?, amount, currency: currency.transpose()? }))
}

/// Whom a new record is about, and its amount where that can be told.
fn about(body: &Value) -> Option<(Vec<String>, Option<String>)> {
    let of = |names: &[&str]| -> Vec<String> {
        names.iter().map(|name| text_of(body, name).unwrap_or_default().to_lowercase()).collect()
    };
    let lines = body.get("lines").and_then(Value::as_array);
    if lines.is_some() && body.get("client_id").is_some() {
        // Offers, invoices and series: the client and the net total.
        let totals = money::preview(body);
        let net = totals.as_ref().and_then(|totals| totals.get("subtotal")).map(normal);
        return Some((of(PARTIES), net));
    }
    if let Some(lines) = lines {
        let debit = |line: &Value| line.get("debit").and_then(money::decimal).unwrap_or_default();
        let sum = lines.iter().try_fold(Decimal::ZERO, |sum, line| sum.checked_add(debit(line)));
        return Some((of(&["date"]), sum.map(|sum| sum.normalize().to_string())));
    }
    if let Some(amount) = body.get("amount") {
        return Some((of(&["vendor_id", "date"]), Some(normal(amount))));
    }
    ["iban", "name", "start_date"]
        .iter()
        .find(|name| body.get(**name).is_some())
        .map(|name| (of(&[name]), None))
}

fn text_of(record: &Value, name: &str) -> Option<String> {
    match record.get(name)? {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Values by their dotted place, without what is null.
fn collect<'a>(value: &'a Value, path: String, leaves: &mut Vec<(String, &'a Value)>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Null => {}
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| collect(value, below(name), leaves));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, value)| collect(value, below(&at.to_string()), leaves));
        }
        leaf => leaves.push((path, leaf)),
    }
}

/// JSON in one form: names sorted, nulls left out, numbers without needless digits, texts without outer
/// white space, the order of lists as given.
pub(super) fn normal(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let mut parts: Vec<_> = fields.iter().filter(|(_, value)| !value.is_null()).collect();
            parts.sort_by_key(|(name, _)| *name);
            let parts =
                parts.iter().map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), normal(value)));
            format!("{{{}}}", parts.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(normal).collect::<Vec<_>>().join(",")),
        Value::Number(_) => match money::decimal(value) {
            Some(number) => number.normalize().to_string(),
            None => value.to_string(),
        },
        Value::String(text) => Value::from(text.trim()).to_string(),
        other => other.to_string(),
    }
}

/// The value at a dotted place.
pub(super) fn at<'a>(record: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(record, |value, name| match value {
        Value::Array(items) => items.get(name.parse::<usize>().ok()?),
        other => other.get(name),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{about, at, collect, normal};

    #[test]
    fn numbers_white_space_and_order_of_names_do_not_matter_order_of_lines_does() {
        let parse = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
        let one = parse(r#"{"b":"x ","a":[{"price":49.90},{"price":1e2}],"n":null}"#);
        let other = parse(r#"{"a":[{"price":49.9},{"price":100.00}],"b":" x"}"#);
        assert_eq!(normal(&one), normal(&other));
        let turned = parse(r#"{"a":[{"price":100},{"price":49.9}],"b":"x"}"#);
        assert_ne!(normal(&one), normal(&turned));
        assert_ne!(normal(&json!("1")), normal(&json!(1)));
    }

    #[test]
    fn other_words_for_the_same_are_about_the_same() {
        let one = json!({"client_id": "C", "lines": [{"description": "a", "quantity": 2, "price": 75}]});
        let other = json!({"client_id": "C", "issue_date": "2026-11-21", "title": "t",
            "lines": [{"description": "b", "quantity": 1, "price": 100}, {"description": "c", "quantity": 1, "price": "50.00"}]});
        assert_eq!(about(&one), about(&other));
        let more = json!({"client_id": "C", "lines": [{"description": "a", "quantity": 3, "price": 75}]});
        assert_ne!(about(&one), about(&more));
        let ticket = json!({"vendor_id": "V", "date": "2026-11-20", "amount": 4.60, "description": "bus"});
        assert_eq!(about(&ticket), Some((vec!["v".into(), "2026-11-20".into()], Some("4.6".into()))));
        assert_eq!(about(&json!({"notes": "x"})), None);
    }

    #[test]
    fn places_lead_back_to_their_values() {
        let body = json!({"client_id": "C", "lines": [{"price": 1, "note": null}, {"price": 2}]});
        let mut leaves = Vec::new();
        collect(&body, String::new(), &mut leaves);
        let places: Vec<_> = leaves.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(places, ["client_id", "lines.0.price", "lines.1.price"]);
        assert!(leaves.iter().all(|(path, value)| at(&body, path) == Some(*value)));
    }
}
