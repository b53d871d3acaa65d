//! Keys that are known by the name in front of them: a header of faktoora or Billstride in an entry that has
//! the service's address, or a variable that is called after the service.

use std::ops::Range;

use super::neighbourhood::Entries;
use super::placeholder::is_placeholder;
use crate::settings::Service;

/// Nothing shorter is a key.
const SHORTEST: usize = 8;

/// Nothing longer is a key; a signed token of Billstride is long.
const LONGEST: usize = 4096;

/// A name and whose key the value behind it is.
struct Name {
    /// In lower case.
    text: &'static str,
    service: Service,
    /// Host that the same entry has to name; `None` where the name itself says whose key it is.
    host: Option<&'static str>,
    /// True where `Bearer` stands between name and key.
    bearer: bool,
}

const fn header(text: &'static str, service: Service, host: &'static str, bearer: bool) -> Name {
    Name { text, service, host: Some(host), bearer }
}

const fn variable(text: &'static str, service: Service) -> Name {
    Name { text, service, host: None, bearer: false }
}

const NAMES: &[Name] = &[
    header("x-api-key", Service::Faktoora, "faktoora.com", false),
    header("authorization", Service::Billstride, "billstride.com", true),
    variable("faktoora_api_key", Service::Faktoora),
    variable("faktoora_api_token", Service::Faktoora),
    variable("faktoora_token", Service::Faktoora),
    variable("billstride_api_key", Service::Billstride),
    variable("billstride_access_token", Service::Billstride),
    variable("billstride_token", Service::Billstride),
];

/// Every key with its service, in no order.
pub fn places(text: &str) -> Vec<(Service, Range<usize>)> {
    if !mentions_vendor(text) {
        return Vec::new();
    }
    let lower = text.to_ascii_lowercase();
    let mut places = Vec::new();
    let mut entries = Entries::of(&lower);
    for name in NAMES {
        for (start, _) in lower.match_indices(name.text) {
            let Some(at) = value(text, start + name.text.len(), name.bearer) else { continue };
            if name.host.is_none_or(|host| entries.name(start, host)) {
                places.push((name.service, at));
            }
        }
    }
    places
}

/// True where a vendor's host or a variable called after a vendor stands in the text. By single letters, since
/// those are found many times faster than words.
fn mentions_vendor(text: &str) -> bool {
    ['.', '_'].iter().flat_map(|sign| text.match_indices(*sign)).any(|(at, _)| {
        ["faktoora", "billstride"].iter().any(|vendor| {
            let word = at.checked_sub(vendor.len()).and_then(|start| text.get(start..at));
            word.is_some_and(|word| word.eq_ignore_ascii_case(vendor))
        })
    })
}

/// The key behind a name that ends at `from`.
fn value(text: &str, from: usize, bearer: bool) -> Option<Range<usize>> {
    let mut rest = behind_sign(text.get(from..)?)?;
    if bearer {
        let (scheme, token) = rest.split_at_checked("bearer".len())?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        rest = token.trim_start_matches(' ').trim_start_matches("%20").trim_start_matches('+');
        if rest.len() == token.len() {
            return None;
        }
    }
    let of_key = |letter: char| letter.is_ascii_alphanumeric() || "-._~+/=".contains(letter);
    let word = rest.find(|letter| !of_key(letter)).map_or(rest, |end| rest.split_at(end).0);
    let elided = word.ends_with("..") || rest.get(word.len()..).is_some_and(|rest| rest.starts_with('…'));
    let key = word.trim_end_matches('.');
    // Keys with a prefix of their own are judged by it.
    let other = key.starts_with("lmb_") || key.starts_with("bb_");
    let start = text.len() - rest.len();
    let is_key = !elided && !other && (SHORTEST..=LONGEST).contains(&key.len()) && !is_placeholder(key);
    is_key.then(|| start..start + key.len())
}

/// What stands behind `:` or `=`, with the quotes and blanks around it, on the same line; or behind the word
/// `value` of the next field, as in `{"name": "X-API-KEY", "value": "…"}`.
fn behind_sign(rest: &str) -> Option<&str> {
    let (mut rest, mut sign) = (rest, false);
    loop {
        let first = rest.chars().next()?;
        let step = match first {
            ' ' | '\t' | '"' | '\'' | '\\' => 1,
            ':' | '=' => {
                sign = true;
                1
            }
            '%' if !sign || rest.starts_with("%20") || rest.starts_with("%22") => {
                let code = rest.get(..3)?.to_ascii_lowercase();
                sign |= matches!(code.as_str(), "%3a" | "%3d");
                if !matches!(code.as_str(), "%3a" | "%3d" | "%20" | "%22") {
                    return None;
                }
                3
            }
            ',' if !sign => return behind_sign(behind_value(rest.get(1..)?)?),
            '\r' | '\n' if !sign => return behind_sign(behind_value(rest)?),
            _ => return sign.then_some(rest),
        };
        rest = rest.get(step..)?;
    }
}

/// What stands behind the word `value`, where that is the next one.
fn behind_value(rest: &str) -> Option<&str> {
    let quote = |letter: char| letter.is_whitespace() || matches!(letter, '"' | '\'' | '\\');
    rest.trim_start_matches(quote).strip_prefix("value")
}
