//! Pages in the API's words: our `page` (from 1), `limit`, `offset` and `cursor` as parameters of theirs, and what an
//! answer says of further pages in ours.

use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::{Listing, Sides, Spoken};

/// A name that is theirs, whatever we call so: only links hold such.
const THEIRS: char = '=';
/// Sizes that divide into pages of ten, by which a walk knows a full page.
const ROUND: u64 = 5;

/// The page that was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    page: Option<u64>,
    offset: Option<u64>,
    limit: Option<u64>,
}

impl Asked {
    fn page(self) -> u64 {
        self.page.unwrap_or(1).max(1)
    }

    /// Records before the page.
    fn from(self) -> u64 {
        self.offset.unwrap_or_else(|| (self.page() - 1).saturating_mul(self.limit.unwrap_or(0)))
    }
}

/// A parameter of theirs as it is, in a link of theirs.
pub(super) fn as_theirs(name: &str) -> Option<&str> {
    name.strip_prefix(THEIRS)
}

impl Sides {
    /// Their parameters for a page of ours. Those that they do not have are left out.
    pub(super) fn ask(&self, words: &[(&str, &str)]) -> (Vec<(String, String)>, Asked) {
        let text = |name: &str| words.iter().find(|(word, _)| *word == name).map(|(_, value)| *value);
        let number = |name: &str| text(name).and_then(|value| value.parse::<u64>().ok());
        let mut asked = Asked { page: number("page"), offset: number("offset"), limit: number("limit") };
        let mut query = Vec::new();
        if let (Some(limit), Some((_, Some(most)))) = (asked.limit, &self.limit)
            && limit > *most
        {
            asked.limit = Some(if *most > ROUND { most - most % ROUND } else { (*most).max(1) });
        }
        match (&self.page, &self.offset, &self.cursor) {
            (_, _, Some(name)) if text("cursor").is_some() => {
                query.push((name.clone(), text("cursor").unwrap_or_default().to_owned()));
            }
            (Some((name, first)), offset, _) => match (asked.offset, offset, asked.limit) {
                (Some(records), Some(name), _) => query.push((name.clone(), records.to_string())),
                (Some(records), None, Some(limit)) => {
                    asked = Asked { page: Some(records / limit.max(1) + 1), offset: None, ..asked };
                    query.push((name.clone(), (records / limit.max(1) + first).to_string()));
                }
                _ if asked.page.is_some() => {
                    query.push((name.clone(), (asked.page() - 1 + first).to_string()));
                }
                _ => {}
            },
            (None, Some(name), _) => {
                asked.offset = Some(asked.from());
                if asked.from() > 0 {
                    query.push((name.clone(), asked.from().to_string()));
                }
            }
            (None, None, _) => {}
        }
        match (&self.limit, asked.limit) {
            (Some((name, _)), Some(limit)) => query.push((name.clone(), limit.to_string())),
            (Some(_), None) => {}
            (None, _) => asked.limit = None,
        }
        (query, asked)
    }

    /// Our word for a parameter of theirs.
    pub(super) fn word(&self, theirs: &str) -> Option<&'static str> {
        let is = |side: Option<&String>| side.is_some_and(|name| name == theirs);
        match () {
            () if is(self.limit.as_ref().map(|(name, _)| name)) => Some("limit"),
            () if is(self.page.as_ref().map(|(name, _)| name)) => Some("page"),
            () if is(self.offset.as_ref()) => Some("offset"),
            () if is(self.cursor.as_ref()) => Some("cursor"),
            () => None,
        }
    }

    /// The number of the page as we count it, where an envelope that is not described tells it from nought.
    pub(super) fn renumber(&self, envelope: &mut Map<String, Value>, asked: Asked) {
        let Some((_, first @ 0)) = self.page else { return };
        let theirs = asked.page() - 1 + first;
        let is_page = |name: &str, value: &Value| {
            let name = name.replace('_', "").to_lowercase();
            matches!(name.as_str(), "page" | "currentpage" | "pagenumber") && number(value) == Some(theirs)
        };
        for (name, value) in envelope.iter_mut().filter(|(name, _)| *name != "data") {
            if is_page(name, value) {
                *value = json!(asked.page());
            } else if let Value::Object(inner) = value {
                for (name, value) in inner.iter_mut() {
                    if is_page(name, value) {
                        *value = json!(asked.page());
                    }
                }
            }
        }
    }

    /// One parameter of a link of theirs in our words.
    fn ours(&self, name: &str, value: &str) -> Option<(&'static str, String)> {
        let is = |side: &Option<String>| side.as_deref() == Some(name);
        match (&self.page, &self.limit) {
            (Some((page, first)), _) if page == name => {
                let page = value.parse::<u64>().ok()?;
                Some(("page", page.saturating_sub(*first).saturating_add(1).to_string()))
            }
            (_, Some((limit, _))) if limit == name => Some(("limit", value.to_owned())),
            _ if is(&self.offset) => Some(("offset", value.to_owned())),
            _ if is(&self.cursor) => Some(("cursor", value.to_owned())),
            _ => None,
        }
    }
}

impl Spoken {
    /// Addresses of further pages with our names in their queries: what comes back in a request is translated there.
    pub(super) fn link(&self, header: &str) -> String {
        let mut parts = header.split('<');
        let mut ours = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            ours.push('<');
            match part.split_once('>') {
                Some((address, rest)) => {
                    ours.push_str(&self.address(address));
                    ours.push('>');
                    ours.push_str(rest);
                }
                None => ours.push_str(part),
            }
        }
        ours
    }

    pub(super) fn address(&self, address: &str) -> String {
        let (address, mark) =
            address.split_once('#').map_or((address, ""), |(address, mark)| (address, mark));
        let Some((before, query)) = address.split_once('?') else { return address.to_owned() };
        let mut ours = form_urlencoded::Serializer::new(String::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let (name, value) = self.parameter(&name, &value);
            ours.append_pair(&name, &value);
        }
        let mark = if mark.is_empty() { String::new() } else { format!("#{mark}") };
        format!("{before}?{}{mark}", ours.finish())
    }

    fn parameter(&self, name: &str, value: &str) -> (String, String) {
        if let Some((name, value)) = self.list.as_ref().and_then(|list| list.asks.ours(name, value)) {
            return (name.to_owned(), value);
        }
        if let Some((ours, field)) = self.query.iter().find(|(_, field)| field.name == name) {
            return (ours.clone(), field.value_of(value).unwrap_or(value).to_owned());
        }
        let is_ours = self.query.contains_key(name) || (self.list.is_some() && is_paging(name));
        (if is_ours { format!("{THEIRS}{name}") } else { name.to_owned() }, value.to_owned())
    }
}

/// Our words for pages.
pub(super) fn is_paging(name: &str) -> bool {
    matches!(name, "page" | "limit" | "offset" | "cursor")
}

impl Listing {
    /// What the envelope says of further pages, in our words; `None` where it says nothing, so that it is left to
    /// whoever reads envelopes of every kind.
    pub(super) fn pagination(
        &self,
        envelope: &Value,
        count: u64,
        asked: Asked,
        spoken: &Spoken,
    ) -> Option<Map<String, Value>> {
        let total = at(envelope, &self.total).and_then(number);
        let more = at(envelope, &self.more).and_then(yes);
        let cursor = at(envelope, &self.cursor);
        let mut said = Map::new();
        if let Some(total) = total {
            said.insert("total".into(), json!(total));
        }
        match cursor {
            // Left out on the last page by some, and by others told elsewhere: that says nothing.
            None => {}
            Some(Value::String(text)) if text.contains("://") || text.starts_with(['/', '?']) => {
                said.insert("next".into(), json!(spoken.address(text)));
            }
            Some(cursor) if self.asks.cursor.is_some() => {
                said.insert("next_cursor".into(), cursor.clone());
            }
            Some(cursor) => {
                said.insert("has_more".into(), json!(!cursor.is_null() && cursor.as_str() != Some("")));
            }
        }
        let more = more.or_else(|| said.get("has_more").and_then(Value::as_bool));
        // The next offset comes from the rows that came, never from the size that was asked for: the API may give fewer.
        let by_rows = self.asks.offset.is_some() && asked.offset.is_some();
        if said.is_empty() && more.is_none() && !by_rows {
            return None;
        }
        self.count(&mut said, more, count, asked);
        Some(said)
    }

    /// Where the next page begins, for an API that is asked by numbers.
    fn count(&self, said: &mut Map<String, Value>, more: Option<bool>, count: u64, asked: Asked) {
        let total = said.get("total").and_then(Value::as_u64);
        let goes_on =
            said.get("next").or_else(|| said.get("next_cursor")).is_some_and(|next| !next.is_null());
        if self.asks.page.is_some() && asked.offset.is_none() {
            said.insert("page".into(), json!(asked.page()));
            // How many a page holds is not asked of the API: it may hold fewer than were asked for.
            let left = total.and_then(|total| match asked.page().saturating_mul(count) {
                0 => Some(false),
                seen if seen >= total => Some(false),
                // The last one, if each page held what was asked for.
                _ if asked.page() > 1 && asked.from().saturating_add(count) == total => None,
                _ => Some(true),
            });
            if let Some(more) = more.or(left).filter(|more| *more || !goes_on) {
                said.insert("has_more".into(), json!(more));
            }
        } else if self.asks.offset.is_some() {
            said.insert("offset".into(), json!(asked.from()));
            let more = more.or_else(|| (total.is_none() && !goes_on).then_some(count > 0));
            said.extend(more.map(|more| ("has_more".to_owned(), json!(more))));
        } else if let Some(more) = more {
            said.insert("has_more".into(), json!(more));
        }
    }
}

/// What stands at a place; `None` where the place is not named.
fn at<'a>(envelope: &'a Value, keys: &[String]) -> Option<&'a Value> {
    if keys.is_empty() {
        return None;
    }
    keys.iter().try_fold(envelope, |value, key| value.get(key))
}

fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn yes(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(yes) => Some(*yes),
        Value::Number(number) => number.as_u64().map(|number| number != 0),
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        },
        _ => None,
    }
}
