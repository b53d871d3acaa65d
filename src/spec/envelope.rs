//! Where the records stand in an answer or a request, and how a list is walked through: read from schemas.

use serde_json::Value;

use super::dialect::{Listing, Sides};
use super::operation::{In, Operation};
use super::schema::{self, Kind, Property};
use super::words::{names, split, squashed};

/// Levels of envelopes around records.
const DEPTH: usize = 4;

/// What an answer holds.
#[derive(Clone, Debug)]
pub struct Found<'a> {
    /// The whole answer.
    pub schema: &'a Value,
    /// Of a list: the keys to the array, and the schema of its members.
    pub records: Option<(Vec<String>, &'a Value)>,
}

/// Stand around records, never in one of ours: what envelopes hold beside the records.
const BESIDE: &str = "success, status, statuscode, message, messages, meta, metadata, links, error, errors, code, \
     ok, requestid, warnings, included, timestamp, jsonapi, version, pagination, paging, page, \
     pages, pageinfo, cursor, cursors, count, limit, offset, size, perpage, pagesize, pagenumber, \
     hasmore, hasnext, hasprevious, hasprev, hasnextpage, more, next, previous, prev, first, last, \
     object, url, kind, etag, number, numberofelements, empty, sort, pageable, self, currentpage, \
     nextpage, prevpage, lastpage, nextcursor, nextlink, nextpagetoken, from, to, path, took, \
     aggregations, summary, sums, filters, skip, take, top, start, response, providername, \
     datetimeutc, odatacontext, odatacount, odatanextlink, istruncated, hasmorerecords, \
     responsemetadata, debug, totals, isfirst, islast, query";
/// Lists that are never the records.
const ASIDE: &str = "errors, warnings, links, included, messages, sort, filters";
/// Where two lists stand side by side, these are the records.
const LISTS: &str = "data, items, results, records, rows, entries, content, list, value, values, elements";

const TOTALS: &str = "total, totalcount, totalitems, totalrecords, totalresults, totalelements, totalentries, \
     totalrows, totalhits, totalnumber, numfound, recordcount, recordstotal, itemcount, \
     resultcount, itemstotal, odatacount, gesamt, anzahl, totalsize";
const CURSORS: &str = "nextcursor, endcursor, nextpagetoken, nexttoken, continuationtoken, cursornext, \
     nextpagecursor, after, nextafter, cursor";
const MORE: &str =
    "hasmore, hasnext, hasnextpage, more, hasmorerecords, istruncated, moreavailable, morerecords";

const PAGE: &str = "page, pagenumber, pageno, pagenum, pageindex, currentpage, p, seite, pageid";
const LIMIT: &str = "limit, perpage, pagesize, size, count, take, top, maxresults, pagelimit, itemsperpage, \
     rowsperpage, resultsperpage, recordsperpage, max, pagecount, rows, maxitems, proseite";
const OFFSET: &str = "offset, skip, startindex, startat, firstresult, pageoffset, start";
const CURSOR: &str = "cursor, after, startingafter, pagetoken, nexttoken, continuationtoken, nextcursor, pageafter, \
     marker, pagecursor";

fn has(list: &'static str, name: &str) -> bool {
    names(list).any(|one| one == name)
}

/// Names of lists of records, the likeliest first, without case and separators.
pub fn lists() -> impl Iterator<Item = &'static str> {
    names(LISTS)
}

/// True for the name of a list that never holds the records.
pub fn is_aside(name: &str) -> bool {
    has(ASIDE, &squashed(name))
}

/// What an answer holds; `None` where its schema says nothing.
pub fn found(answer: &Value) -> Option<Found<'_>> {
    if schema::kind(answer) == Kind::List {
        return Some(Found {
            schema: answer,
            records: Some((Vec::new(), schema::items(answer).unwrap_or(&Value::Null))),
        });
    }
    if schema::properties(answer).is_empty() {
        return None;
    }
    Some(Found { schema: answer, records: records(answer, DEPTH) })
}

fn records(object: &Value, depth: usize) -> Option<(Vec<String>, &Value)> {
    let below = depth.checked_sub(1)?;
    let properties = schema::properties(object);
    let is_record = properties.iter().any(|one| squashed(one.name) == "id");
    let lists: Vec<&Property<'_>> = properties.iter().filter(|one| is_list_of_records(one)).collect();
    let others = |counts: bool| {
        let unknown = properties.iter().filter(|one| !is_beside(one.name) && !is_list_of_records(one));
        let kinds = unknown.map(|one| schema::kind(one.schema)).filter(|kind| *kind != Kind::Object);
        kinds.filter(|kind| counts || !matches!(kind, Kind::Integer | Kind::Number | Kind::Boolean)).count()
    };
    let is_named = |one: &Property<'_>| has(LISTS, &squashed(one.name));
    let named = || lists.iter().find(|one| is_named(one));
    let list = match lists.as_slice() {
        [] => None,
        [only] => Some(only),
        _ => named(),
    };
    // Beside a list of any name stands at most a figure; else it may be the lines of a record.
    let fits = |list: &Property<'_>| others(true) <= 1 && (is_named(list) || others(false) == 0);
    if let Some(list) = list.filter(|list| fits(list) && (!is_record || others(true) == 0)) {
        let items = schema::items(list.schema).unwrap_or(&Value::Null);
        return Some((vec![list.name.to_owned()], items));
    }
    if is_record || others(true) > 1 || !lists.is_empty() {
        return None;
    }
    properties.iter().filter(|one| schema::kind(one.schema) == Kind::Object).find_map(|one| {
        let (mut keys, items) = records(one.schema, below)?;
        keys.insert(0, one.name.to_owned());
        Some((keys, items))
    })
}

fn is_list_of_records(property: &Property<'_>) -> bool {
    schema::kind(property.schema) == Kind::List
        && !has(ASIDE, &squashed(property.name))
        && schema::items(property.schema)
            .is_none_or(|items| matches!(schema::kind(items), Kind::Object | Kind::Unknown))
}

fn is_beside(name: &str) -> bool {
    let name = squashed(name);
    has(BESIDE, &name) || has(TOTALS, &name) || name.starts_with("total")
}

/// Keys to the one record in an answer or a request: the object whose fields are most like ours. `likeness` counts
/// the fields that are.
pub fn record<'a>(whole: &'a Value, likeness: &impl Fn(&'a Value) -> usize) -> (Vec<String>, &'a Value) {
    let (mut best, mut most) = ((Vec::new(), whole), likeness(whole));
    let mut level = vec![(Vec::new(), whole)];
    for _ in 0..DEPTH - 1 {
        let mut next = Vec::new();
        for (keys, object) in &level {
            for property in schema::properties(object) {
                if schema::kind(property.schema) != Kind::Object {
                    continue;
                }
                let mut keys: Vec<String> = keys.clone();
                keys.push(property.name.to_owned());
                let alike = likeness(property.schema);
                if alike > most {
                    (best, most) = ((keys.clone(), property.schema), alike);
                }
                next.push((keys, property.schema));
            }
        }
        // Bounded: a record of many objects is no envelope.
        next.truncate(64);
        level = next;
    }
    best
}

/// Envelope and paging of a list.
pub fn listing(operation: &Operation, found: Option<&Found<'_>>) -> Listing {
    let mut listing = Listing { asks: asks(operation), ..Listing::default() };
    let Some(found) = found else { return listing };
    let Some((keys, _)) = &found.records else { return listing };
    listing.records.clone_from(keys);
    let around = around(found.schema, keys);
    let first = |list: &'static str, kinds: &[Kind]| {
        names(list).find_map(|wanted| {
            around.iter().find_map(|(keys, property)| {
                let fits =
                    squashed(property.name) == wanted && kinds.contains(&schema::kind(property.schema));
                fits.then(|| [keys.as_slice(), &[property.name.to_owned()]].concat())
            })
        })
    };
    listing.total = first(TOTALS, &[Kind::Integer, Kind::Number, Kind::Unknown]).unwrap_or_default();
    listing.more = first(MORE, &[Kind::Boolean, Kind::Unknown]).unwrap_or_default();
    if listing.asks.cursor.is_some() {
        let cursor = first(CURSORS, &[Kind::Text, Kind::Integer, Kind::Unknown]);
        let next = || {
            let (keys, property) = around.iter().find(|(_, property)| squashed(property.name) == "next")?;
            let link = schema::format(property.schema).starts_with("uri")
                || ["link", "url", "uri"]
                    .iter()
                    .any(|word| mentions(schema::description(property.schema), word));
            (schema::kind(property.schema) == Kind::Text && !link)
                .then(|| [keys.as_slice(), &[property.name.to_owned()]].concat())
        };
        listing.cursor = cursor.or_else(next).unwrap_or_default();
    }
    listing
}

fn mentions(text: &str, wanted: &str) -> bool {
    split(text).iter().any(|word| word == wanted)
}

/// The properties around the records, with the keys to them: of the envelopes, and of the objects beside.
fn around<'a>(whole: &'a Value, records: &[String]) -> Vec<(Vec<String>, Property<'a>)> {
    let mut found = Vec::new();
    let mut level: Vec<(Vec<String>, &Value)> = vec![(Vec::new(), whole)];
    for _ in 0..DEPTH {
        let mut next = Vec::new();
        for (keys, object) in level {
            for property in schema::properties(object) {
                let mut inner = keys.clone();
                inner.push(property.name.to_owned());
                if inner == records {
                    continue;
                }
                if schema::kind(property.schema) == Kind::Object {
                    next.push((inner, property.schema));
                }
                found.push((keys.clone(), property));
            }
        }
        level = next;
    }
    found
}

/// The parameters that ask for a page.
pub fn asks(operation: &Operation) -> Sides {
    let mut asks = Sides::default();
    for list in [PAGE, LIMIT, OFFSET, CURSOR] {
        for name in names(list) {
            let parameters = operation.parameters.iter().filter(|one| one.place == In::Query);
            let Some(parameter) = parameters.into_iter().find(|one| squashed(&one.name) == name) else {
                continue;
            };
            let kind = schema::kind(&parameter.schema);
            let counts = matches!(kind, Kind::Integer | Kind::Number | Kind::Unknown) || name.len() > 4;
            let said = |keyword: &str| parameter.schema.get(keyword).and_then(Value::as_u64);
            match names(list).next() {
                Some("page") if asks.page.is_none() && counts && kind != Kind::Object => {
                    let first = first_page(&parameter.schema, &parameter.description);
                    asks.page = Some((parameter.name.clone(), first));
                }
                Some("limit") if asks.limit.is_none() && counts => {
                    let most = said("maximum").or_else(|| said("exclusiveMaximum")?.checked_sub(1));
                    asks.limit = Some((parameter.name.clone(), most.filter(|most| *most > 0)));
                }
                Some("offset") if asks.offset.is_none() && counts && is_a_count(parameter) => {
                    asks.offset = Some(parameter.name.clone());
                }
                Some("cursor") if asks.cursor.is_none() && is_no_date(parameter) => {
                    asks.cursor = Some(parameter.name.clone());
                }
                _ => {}
            }
        }
    }
    asks
}

fn is_a_count(parameter: &super::Parameter) -> bool {
    is_no_date(parameter) && schema::kind(&parameter.schema) != Kind::Text
}

fn is_no_date(parameter: &super::Parameter) -> bool {
    !schema::format(&parameter.schema).starts_with("date") && !mentions(&parameter.description, "date")
}

/// 0 or 1: the default, else the least, else what the description says.
fn first_page(schema: &Value, description: &str) -> u64 {
    let said = |keyword: &str| schema.get(keyword).and_then(Value::as_u64).filter(|first| *first < 2);
    let description = description.to_ascii_lowercase();
    let words = [
        "0-based",
        "zero-based",
        "zero based",
        "0 based",
        "starts at 0",
        "starting at 0",
        "starts with 0",
        "starting from 0",
        "0..n",
        "first page is 0",
    ];
    said("default")
        .or_else(|| said("minimum"))
        .unwrap_or_else(|| u64::from(!words.iter().any(|word| description.contains(word))))
}

/// Names of the query that ask for a page: no filter of a list.
pub fn is_paging(asks: &Sides, name: &str) -> bool {
    let page = asks.page.as_ref().map(|(name, _)| name);
    let limit = asks.limit.as_ref().map(|(name, _)| name);
    [page, limit, asks.offset.as_ref(), asks.cursor.as_ref()].into_iter().flatten().any(|one| one == name)
}
