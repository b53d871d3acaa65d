//! Operations that have nothing to do with ours, or only look like ours: matching one of them is a wrong match.

use serde_json::{Value, json};

use super::dice::Dice;
use super::plan::Plan;
use super::style::{Act, Case, Operations};

/// One unrelated operation.
pub struct Noise {
    pub method: String,
    /// As the document has it.
    pub path: String,
    pub operation: Value,
    pub kind: Kind,
}

/// What the server does when it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Sends an invoice: its state becomes sent.
    Send,
    Pdf,
    /// Answers a made-up record.
    Other,
}

/// Path behind the invoice's (`{i}`), the client's (`{c}`), or from the root; method; words of the name; kind.
const NOISE: &[(&str, &str, &str, Kind)] = &[
    ("{i}/send", "post", "send_{}", Kind::Send),
    ("{i}/pdf", "get", "download_{}_pdf", Kind::Pdf),
    ("{i}/payments", "get", "list_{}_payments", Kind::Other),
    ("{i}/payments", "post", "create_{}_payment", Kind::Other),
    ("{i}/attachments", "get", "list_{}_attachments", Kind::Other),
    ("{i}/duplicate", "post", "duplicate_{}", Kind::Other),
    ("{i}/void", "post", "void_{}", Kind::Other),
    ("{i}/history", "get", "get_{}_history", Kind::Other),
    ("{c}/notes", "get", "list_client_notes", Kind::Other),
    ("{c}/notes", "post", "create_client_note", Kind::Other),
    ("{c}/statement", "get", "get_client_statement", Kind::Other),
    ("/webhooks", "get", "list_webhooks", Kind::Other),
    ("/webhooks", "post", "create_webhook", Kind::Other),
    ("/webhooks/{id}", "delete", "delete_webhook", Kind::Other),
    ("/users", "get", "list_users", Kind::Other),
    ("/users/{id}", "get", "get_user", Kind::Other),
    ("/credit-notes", "get", "list_credit_notes", Kind::Other),
    ("/credit-notes", "post", "create_credit_note", Kind::Other),
    ("/credit-notes/{id}", "get", "get_credit_note", Kind::Other),
    ("/purchase-orders", "get", "list_purchase_orders", Kind::Other),
    ("/purchase-orders", "post", "create_purchase_order", Kind::Other),
    ("/time-entries", "get", "list_time_entries", Kind::Other),
    ("/time-entries", "post", "create_time_entry", Kind::Other),
    ("/projects", "get", "list_projects", Kind::Other),
    ("/tax-rates", "get", "list_tax_rates", Kind::Other),
    ("/currencies", "get", "list_currencies", Kind::Other),
    ("/reports/aged-receivables", "get", "get_aged_receivables", Kind::Other),
    ("/reports/trial-balance", "get", "get_trial_balance", Kind::Other),
    ("/reports/cash-flow", "get", "get_cash_flow", Kind::Other),
    ("/delivery-notes", "get", "list_delivery_notes", Kind::Other),
];

/// The unrelated operations of a variant.
pub fn operations(plan: &Plan) -> Vec<Noise> {
    if !plan.noise {
        return Vec::new();
    }
    let naming =
        Dice::of(plan.seed, "noise naming").pick(&[Operations::Snake, Operations::Camel, Operations::Pascal]);
    let case = match naming {
        Operations::Snake => Case::Snake,
        Operations::Camel => Case::Camel,
        _ => Case::Pascal,
    };
    let record_path = |tool: &str| plan.route(tool).map(|route| route.path.clone()).unwrap_or_default();
    let (invoice, client) = (record_path("get_invoice"), record_path("get_client"));
    let words = &plan.names.resources;
    let root = plan.route("list_invoices").map(|route| prefix(&route.path)).unwrap_or_default();
    let mut all: Vec<Noise> = Vec::new();
    for (path, method, name, kind) in NOISE {
        if !Dice::of(plan.seed, &format!("noise {path} {method}")).chance(60) {
            continue;
        }
        let path = match path.split_at(3) {
            ("{i}", rest) => format!("{invoice}{rest}"),
            ("{c}", rest) => format!("{client}{rest}"),
            _ => format!("{root}{path}"),
        };
        let name = name.replace("{}", words.one("invoice")).replace("client", words.one("client"));
        let operation = described(&path, method, &case.of(&name), *kind);
        all.push(Noise { method: (*method).to_owned(), path, operation, kind: *kind });
    }
    all.extend(deprecated(plan, &root));
    all
}

/// The version prefix that all paths share.
fn prefix(path: &str) -> String {
    let first = path.split('/').nth(1).unwrap_or_default();
    let second = path.split('/').nth(2).unwrap_or_default();
    match (first, second) {
        ("api", version) => format!("/api/{version}"),
        (version, _) if version.starts_with('v') && version.len() == 2 || version == "2026-01" => {
            format!("/{version}")
        }
        _ => String::new(),
    }
}

fn described(path: &str, method: &str, name: &str, kind: Kind) -> Value {
    let record = json!({ "type": "object", "properties": {
        "id": { "type": "string" }, "name": { "type": "string" }, "date": { "type": "string", "format": "date" } } });
    let content = if kind == Kind::Pdf {
        json!({ "application/pdf": { "schema": { "type": "string", "format": "binary" } } })
    } else {
        json!({ "application/json": { "schema": record } })
    };
    let names = path.split('{').skip(1).filter_map(|part| part.split_once('}')).map(
        |(name, _)| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }),
    );
    let mut operation = json!({ "operationId": name, "parameters": names.collect::<Vec<_>>(),
        "responses": { "200": { "description": "OK", "content": content } } });
    if method == "post" {
        let schema = json!({ "type": "object", "properties": { "name": { "type": "string" }, "amount": { "type": "number" } } });
        operation["requestBody"] = json!({ "content": { "application/json": { "schema": schema } } });
    }
    operation
}

/// An older twin of a list, marked as deprecated; its server says that it is gone.
fn deprecated(plan: &Plan, root: &str) -> Option<Noise> {
    let mut dice = Dice::of(plan.seed, "deprecated");
    if !dice.chance(30) {
        return None;
    }
    let tool = dice.pick(&["list_clients", "list_invoices", "list_expenses"]);
    let route = plan.route(tool)?;
    let path = format!("{root}/legacy{}", route.path.strip_prefix(root)?);
    let mut operation = described(&path, "get", &format!("legacy_{}", route.many), Kind::Other);
    operation["deprecated"] = json!(true);
    if route.act != Act::List {
        return None;
    }
    Some(Noise { method: "get".to_owned(), path, operation, kind: Kind::Other })
}
