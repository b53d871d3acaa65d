//! What a tool of a remote server does, as far as that is known: by the vendor's page, else by its hints as far as they
//! are believed, else by its name, else the worst. A server's word makes a tool more careful, never less.

use serde_json::{Map, Value};

use super::super::redaction::quoted;
use crate::catalogue::remote::{self, Known};
use crate::catalogue::{Effect, Toolset};

/// First words of names that add something.
const CREATING: &[&str] = &["create", "add", "new"];
/// First words of names that change something, whatever else is said of them.
const WRITING: &[&str] = &[
    "accept",
    "activate",
    "add",
    "adjust",
    "apply",
    "approve",
    "archive",
    "assign",
    "book",
    "cancel",
    "charge",
    "clear",
    "close",
    "confirm",
    "convert",
    "create",
    "deactivate",
    "delete",
    "destroy",
    "disable",
    "drop",
    "duplicate",
    "edit",
    "enable",
    "execute",
    "finalize",
    "import",
    "insert",
    "invite",
    "issue",
    "mark",
    "modify",
    "move",
    "new",
    "pay",
    "post",
    "publish",
    "purge",
    "reconcile",
    "record",
    "refund",
    "register",
    "reject",
    "remind",
    "remove",
    "rename",
    "replace",
    "reset",
    "restore",
    "revoke",
    "save",
    "send",
    "set",
    "submit",
    "transfer",
    "update",
    "upload",
    "upsert",
    "void",
    "withdraw",
    "write",
];
/// Topics by words of a name, the narrower ones first.
const TOPICS: &[(Toolset, &[&str])] = &[
    (
        Toolset::Reports,
        &[
            "report",
            "reports",
            "stat",
            "stats",
            "statistics",
            "analytics",
            "profit",
            "vat",
            "balance",
            "revenue",
            "kpi",
            "dashboard",
        ],
    ),
    (
        Toolset::Settings,
        &[
            "setting",
            "settings",
            "profile",
            "profiles",
            "company",
            "business",
            "webhook",
            "webhooks",
            "template",
            "templates",
            "account_info",
            "branding",
        ],
    ),
    (Toolset::Banking, &["bank", "transaction", "transactions", "statement", "camt"]),
    (Toolset::Bookkeeping, &["journal", "ledger", "accounts", "fiscal", "booking", "bookings"]),
    (Toolset::Expenses, &["expense", "expenses", "receipt", "receipts", "bill", "bills", "incoming"]),
    (
        Toolset::Invoicing,
        &[
            "invoice",
            "invoices",
            "offer",
            "offers",
            "quote",
            "quotes",
            "estimate",
            "estimates",
            "reminder",
            "reminders",
            "credit",
            "recurring",
            "payment",
            "payments",
        ],
    ),
    (
        Toolset::Contacts,
        &[
            "client",
            "clients",
            "customer",
            "customers",
            "contact",
            "contacts",
            "vendor",
            "vendors",
            "supplier",
            "suppliers",
        ],
    ),
    (
        Toolset::Catalog,
        &[
            "product", "products", "item", "items", "catalog", "article", "articles", "bundle", "bundles",
            "service", "services",
        ],
    ),
];

/// Where tools are found that fit no topic.
pub const EXTRA: &str = "extra";

/// What is decided of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    pub effect: Effect,
    /// The word for `--toolsets`.
    pub toolset: &'static str,
    /// A person is asked first, with this sentence.
    pub asks: Option<String>,
}

/// What there is to decide by.
pub struct Evidence<'a> {
    /// The service's name; `url` for a server that nobody here knows.
    pub service: &'a str,
    pub host: &'a str,
    /// The user says that this tool only reads.
    pub said_to_read: bool,
    /// The user has accepted the definition as it is.
    pub accepted: bool,
}

/// What a tool does.
pub fn judge(definition: &Map<String, Value>, evidence: &Evidence<'_>) -> Judged {
    let name = definition.get("name").and_then(Value::as_str).unwrap_or_default();
    let known = remote::known(evidence.service, name);
    let toolset = toolset(name, known);
    // It stands in sentences of ours, and has to look like a name there.
    let shown = quoted(name);
    if !evidence.accepted {
        let asks = format!(
            "`{shown}` is new at {} or was defined otherwise when its tools were accepted: nobody has looked at what it does now.",
            evidence.host
        );
        return Judged { effect: Effect::Acts, toolset, asks: Some(asks) };
    }
    let effect = effect(name, known, hints(definition), evidence);
    let known = known.filter(|known| known.effect == effect);
    let asks = match (known.and_then(|known| known.asks), effect) {
        (Some(sentence), _) => Some(sentence.to_owned()),
        (None, Effect::Acts | Effect::Deletes) => Some(format!(
            "Nothing is known here of what `{shown}` does at {}: it may send, charge, change or delete something.",
            evidence.host
        )),
        (None, Effect::Reads | Effect::Creates | Effect::Updates) => None,
    };
    Judged { effect, toolset, asks }
}

/// `readOnlyHint` and `destructiveHint`, as the server gives them.
fn hints(definition: &Map<String, Value>) -> (Option<bool>, Option<bool>) {
    let hint = |name: &str| definition.get("annotations")?.get(name)?.as_bool();
    (hint("readOnlyHint"), hint("destructiveHint"))
}

fn effect(
    name: &str,
    known: Option<&Known>,
    (reads, destroys): (Option<bool>, Option<bool>),
    evidence: &Evidence<'_>,
) -> Effect {
    if let Some(known) = known {
        return if known.effect == Effect::Reads && destroys == Some(true) {
            Effect::Acts
        } else {
            known.effect
        };
    }
    let first = words(name).next().unwrap_or_default();
    // A server of the user's own is believed by nobody but the user.
    let believed = if remote::is_named(evidence.service) {
        reads == Some(true) && !WRITING.contains(&first.as_str())
    } else {
        evidence.said_to_read && reads != Some(false)
    };
    if destroys == Some(true) {
        Effect::Acts
    } else if believed {
        Effect::Reads
    } else if CREATING.contains(&first.as_str()) {
        Effect::Creates
    } else {
        Effect::Acts
    }
}

fn toolset(name: &str, known: Option<&Known>) -> &'static str {
    if let Some(known) = known {
        return known.toolset.name();
    }
    let words: Vec<String> = words(name).collect();
    let fits = |topic: &[&str]| words.iter().any(|word| topic.contains(&word.as_str()));
    TOPICS.iter().find(|(_, topic)| fits(topic)).map_or(EXTRA, |(set, _)| set.name())
}

/// The words of a name, in lower case: `createInvoice`, `create-invoice` and `invoices.create` alike.
fn words(name: &str) -> impl Iterator<Item = String> {
    let mut words = vec![String::new()];
    let mut before_small = false;
    for letter in name.chars() {
        let starts = letter.is_uppercase() && before_small;
        before_small = letter.is_lowercase();
        if (starts || !letter.is_alphanumeric()) && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphanumeric()) {
            word.extend(letter.to_lowercase());
        }
    }
    words.into_iter().filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::{Evidence, judge, words};
    use crate::catalogue::Effect;

    fn definition(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }

    fn effect(service: &str, said_to_read: bool, value: Value) -> Effect {
        let evidence = Evidence { service, host: "h", said_to_read, accepted: true };
        let judged = judge(&definition(value), &evidence);
        let asked = matches!(judged.effect, Effect::Acts | Effect::Deletes);
        assert!(!asked || judged.asks.is_some(), "acts and deletes are asked about");
        judged.effect
    }

    fn hinted(name: &str, hints: &Value) -> Value {
        json!({ "name": name, "annotations": hints })
    }

    #[test]
    fn a_page_outweighs_what_the_server_says_unless_that_is_worse() {
        let flipped = json!({ "readOnlyHint": true, "destructiveHint": false });
        assert_eq!(effect("billbot", false, hinted("send_invoice", &flipped)), Effect::Acts);
        assert_eq!(effect("faktoora", false, hinted("delete_invoice", &flipped)), Effect::Deletes);
        assert_eq!(effect("billbot", false, json!({ "name": "list_clients" })), Effect::Reads);
        let worse = json!({ "destructiveHint": true });
        assert_eq!(effect("billbot", false, hinted("list_clients", &worse)), Effect::Acts);
    }

    #[test]
    fn hints_on_reading_are_believed_of_named_services_and_of_tools_that_the_user_names() {
        let reads = json!({ "readOnlyHint": true });
        assert_eq!(effect("billstride", false, hinted("get_analytics", &reads)), Effect::Reads);
        assert_eq!(effect("billstride", false, json!({ "name": "get_analytics" })), Effect::Acts);
        assert_eq!(effect("billstride", false, hinted("void_invoice", &reads)), Effect::Acts);
        assert_eq!(effect("url", false, hinted("get_rows", &reads)), Effect::Acts);
        assert_eq!(effect("url", true, hinted("get_rows", &reads)), Effect::Reads);
        assert_eq!(effect("url", true, json!({ "name": "get_rows" })), Effect::Reads);
        assert_eq!(effect("url", true, hinted("get_rows", &json!({ "readOnlyHint": false }))), Effect::Acts);
        let both = json!({ "readOnlyHint": true, "destructiveHint": true });
        assert_eq!(effect("url", true, hinted("get_rows", &both)), Effect::Acts);
    }

    #[test]
    fn names_that_create_are_creates_and_everything_else_acts() {
        for (name, wanted) in [
            ("create_thing", Effect::Creates),
            ("addThing", Effect::Creates),
            ("new-thing", Effect::Creates),
            ("update_thing", Effect::Acts),
            ("delete_thing", Effect::Acts),
            ("newsletter_send", Effect::Acts),
            ("get_thing", Effect::Acts),
            ("", Effect::Acts),
        ] {
            assert_eq!(effect("url", false, json!({ "name": name })), wanted, "{name}");
        }
        let destroys = hinted("create_thing", &json!({ "destructiveHint": true }));
        assert_eq!(effect("url", false, destroys), Effect::Acts);
    }

    #[test]
    fn what_was_not_accepted_acts_whatever_it_is() {
        let evidence =
            Evidence { service: "billbot", host: "billbot.io", said_to_read: true, accepted: false };
        let judged = judge(&definition(json!({ "name": "list_clients" })), &evidence);
        assert_eq!((judged.effect, judged.toolset), (Effect::Acts, "contacts"));
        assert!(judged.asks.unwrap().contains("billbot.io"));
    }

    #[test]
    fn topics_follow_from_the_words_of_a_name() {
        let set = |name: &str| {
            let evidence = Evidence { service: "url", host: "h", said_to_read: false, accepted: true };
            judge(&definition(json!({ "name": name })), &evidence).toolset
        };
        for (name, wanted) in [
            ("getInvoiceStats", "reports"),
            ("void_invoice", "invoicing"),
            ("customers.search", "contacts"),
            ("echo", "extra"),
        ] {
            assert_eq!(set(name), wanted, "{name}");
        }
        assert_eq!(words("getInvoicePDF v2").collect::<Vec<_>>(), ["get", "invoice", "pdf", "v2"]);
    }
}
