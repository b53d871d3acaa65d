//! A scripted API with one list of clients or invoices, for what the sandbox's seed cannot show: any number of
//! records, any envelope, any text.

use serde_json::{Value, json};

use crate::support::{Answer, Lumabill, PLANTED_KEY, Recorded, ScriptedServer, json as json_answer};

/// The only profile of the scripted API.
pub const PROFILE: &str = "0b7e1a52-93c4-4c39-8a55-1d2f00c0a001";

/// `GET /v1/profiles`.
pub fn profiles() -> Answer {
    let body = json!({ "data": [{ "id": PROFILE, "company_name": "Muster GmbH" }], "total": 1 });
    Answer::Bytes(json_answer(200, &body.to_string()))
}

/// An answer with this status and body.
pub fn answer(status: u16, body: &Value) -> Answer {
    Answer::Bytes(json_answer(status, &body.to_string()))
}

/// A run of ours against a scripted API.
pub fn run(server: &ScriptedServer, arguments: &[&str]) -> Lumabill {
    Lumabill::new(arguments).with_api(&server.url(), PLANTED_KEY)
}

/// The value of a query parameter, not decoded.
pub fn query(request: &Recorded, name: &str) -> Option<String> {
    let (_, query) = request.target.split_once('?')?;
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
}

/// The id of the `n`-th record.
pub fn id(n: usize) -> String {
    format!("6f1d8e0a-2a57-4a0e-9d55-{n:012}")
}

/// So many clients.
pub fn clients(count: usize) -> Vec<Value> {
    (0..count).map(|n| json!({ "id": id(n), "name": format!("Client {n}") })).collect()
}

/// The page of `rows` that a request asks for by `page` and `limit`, and the number of that page.
pub fn page<'a>(request: &Recorded, rows: &'a [Value]) -> (&'a [Value], usize) {
    let number = |name, other| query(request, name).and_then(|text| text.parse().ok()).unwrap_or(other);
    let (page, limit) = (number("page", 1_usize), number("limit", 50_usize));
    let from = ((page - 1) * limit).min(rows.len());
    (&rows[from..(from + limit).min(rows.len())], page)
}

/// A server whose lists hold `rows`, with page number and total beside them.
pub fn listing(rows: Vec<Value>) -> ScriptedServer {
    ScriptedServer::start(move |request| {
        if request.target.starts_with("/v1/profiles") {
            return profiles();
        }
        let (cut, number) = page(request, &rows);
        let limit: usize = query(request, "limit").and_then(|limit| limit.parse().ok()).unwrap_or(50);
        let pagination = json!({ "page": number, "limit": limit, "total": rows.len() });
        answer(200, &json!({ "data": cut, "pagination": pagination }))
    })
}

/// A server whose lists hold `rows` as bare arrays, at most `cap` in one.
pub fn bare(rows: Vec<Value>, cap: usize) -> ScriptedServer {
    ScriptedServer::start(move |request| {
        let number: usize = query(request, "page").and_then(|page| page.parse().ok()).unwrap_or(1);
        let limit: usize = query(request, "limit").and_then(|limit| limit.parse().ok()).unwrap_or(cap);
        let limit = limit.min(cap);
        let from = ((number - 1) * limit).min(rows.len());
        answer(200, &json!(rows[from..(from + limit).min(rows.len())]))
    })
}
