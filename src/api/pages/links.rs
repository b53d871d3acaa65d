//! Links to the next page: their query is taken, their host and path never.

use serde_json::Value;
use url::form_urlencoded;

use super::Next;

/// The address in a link that is a text or an object.
pub fn href(link: &Value) -> Option<&str> {
    link.as_str().or_else(|| link.get("href").or_else(|| link.get("url")).and_then(Value::as_str))
}

/// The query of an address, whole or relative; without one there is no way on.
pub fn query_of(address: &str) -> Next {
    let address = address.split('#').next().unwrap_or_default();
    match address.split_once('?') {
        Some((_, query)) if !query.is_empty() => {
            Next::LinkQuery(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
        }
        _ => Next::Unknown,
    }
}

/// Reads `<…?page=2>; rel="next", <…>; rel="last"`. `None` where the header tells nothing about pages.
pub fn from_header(header: &str) -> Option<Next> {
    let mut pages = false;
    for part in header.split('<').skip(1) {
        let (address, rest) = part.split_once('>')?;
        for parameter in rest.split([';', ',']) {
            let Some((name, value)) = parameter.split_once('=') else { continue };
            if !name.trim().eq_ignore_ascii_case("rel") {
                continue;
            }
            for rel in value.trim().trim_matches('"').split_ascii_whitespace() {
                match rel.to_ascii_lowercase().as_str() {
                    "next" => return Some(query_of(address)),
                    "first" | "last" | "prev" | "previous" => pages = true,
                    _ => {}
                }
            }
        }
    }
    pages.then_some(Next::End)
}
