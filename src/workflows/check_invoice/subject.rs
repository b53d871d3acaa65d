//! What is checked: the record, or the arguments in the names of a record with what the profile adds, and the two
//! parties to it.

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::Findings;
use crate::catalogue;
use crate::failure::Failure;
use crate::gateway::calls::{Calls, quoted};
use crate::rules::invoice;
use crate::workflows::copying::{self, CREATE, is_empty, text};
use crate::workflows::own_profile;

/// What the profile decides where the arguments say nothing, by its own names.
const DEFAULTS: &[(&str, &str)] = &[
    ("currency", "default_currency"),
    ("tax_rate", "default_tax_rate"),
    ("round_to_five_rappen", "round_to_five_rappen"),
];

/// An invoice and who is in it.
pub struct Subject {
    /// In the names of the API's records.
    pub document: Value,
    /// It is in the books; else it would be created.
    pub is_record: bool,
    pub client: Option<Value>,
    /// The profile.
    pub sender: Option<Value>,
    pub today: Date,
}

impl Subject {
    /// Reads what is there. Parties that cannot be read are a note; the record itself has to be read.
    pub async fn read(calls: &dyn Calls, findings: &mut Findings) -> Result<Self, Failure> {
        let id = calls.arguments().get("id").and_then(Value::as_str);
        let mut document = match id {
            Some(id) => calls.record("get_invoice", id).await?,
            None => as_record(calls.arguments()),
        };
        let sender = sender(calls, findings).await;
        let client = client(calls, &document, findings).await;
        if id.is_none() {
            complete(&mut document, sender.as_ref(), client.as_ref(), calls.today(), findings);
        }
        Ok(Self { document, is_record: id.is_some(), client, sender, today: calls.today() })
    }

    pub fn lines(&self) -> &[Value] {
        self.document.get("lines").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    pub fn date(&self, name: &str) -> Option<Date> {
        invoice::day(&self.document, name)
    }

    pub fn issued(&self) -> Date {
        self.date("issue_date").unwrap_or(self.today)
    }

    /// First and last day of the supply; both are the day of issue where no day of service is said.
    pub fn supply(&self) -> (Date, Date) {
        let (from, to) = (self.date("service_date_from"), self.date("service_date_to"));
        let last = to.or(from).unwrap_or_else(|| self.issued());
        (from.unwrap_or(last), last)
    }

    /// In capitals.
    pub fn currency(&self) -> Option<String> {
        invoice::currency(&self.document)
    }

    /// Of the sender's address, two capital letters.
    pub fn country(&self) -> Option<String> {
        country_of(self.sender.as_ref()?)
    }
}

/// The country of a party's address, as two capital letters; `None` where it says none.
pub fn country_of(party: &Value) -> Option<String> {
    let code = party.get("address").map(|address| text(address, "country").to_uppercase())?;
    (code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase())).then_some(code)
}

/// Arguments under the names that a record has.
fn as_record(arguments: &Map<String, Value>) -> Value {
    let fields = catalogue::find(CREATE).map_or(&[][..], |row| row.params);
    let wire = |name: &String| {
        fields
            .iter()
            .find(|field| field.name == *name)
            .map_or(name.as_str(), |field| field.wire_name())
            .to_owned()
    };
    Value::Object(arguments.iter().map(|(name, value)| (wire(name), value.clone())).collect())
}

/// Puts in what the server would decide, as far as the profile says it.
fn complete(
    document: &mut Value,
    sender: Option<&Value>,
    client: Option<&Value>,
    today: Date,
    findings: &mut Findings,
) {
    let Some(fields) = document.as_object_mut() else { return };
    fields.entry("issue_date").or_insert_with(|| json!(today.to_string()));
    let Some(sender) = sender else { return };
    let own = text(sender, "default_currency");
    let theirs = client.map(|client| text(client, "currency")).unwrap_or_default();
    if !fields.contains_key("currency") && !theirs.is_empty() && !own.is_empty() && theirs != own {
        let what = format!(
            "left out: the profile's is {}, the client's {}; name the one that is meant",
            quoted(own),
            quoted(theirs)
        );
        findings.warning("currency", what);
    }
    let registered = sender.get("vat_registered").and_then(Value::as_bool);
    for (name, default) in DEFAULTS {
        let value = match *name {
            "tax_rate" if registered == Some(false) => json!(0),
            _ => sender.get(*default).cloned().unwrap_or_default(),
        };
        if !is_empty(&value) {
            fields.entry(*name).or_insert(value);
        }
    }
}

async fn sender(calls: &dyn Calls, findings: &mut Findings) -> Option<Value> {
    let read = own_profile::read(calls).await;
    read.map_err(|failure| findings.note("sender", format!("not checked: {}", failure.message))).ok()
}

async fn client(calls: &dyn Calls, document: &Value, findings: &mut Findings) -> Option<Value> {
    let id = copying::client_of(document);
    let Some(id) = id.as_ref().and_then(Value::as_str) else {
        findings.error("client_id", "no client");
        return None;
    };
    let read = calls.record("get_client", id).await;
    read.map_err(|failure| findings.note("client", format!("not checked: {}", failure.message))).ok()
}
