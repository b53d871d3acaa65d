//! Document numbers: prefix and counter, unique in a profile.

use super::Kind;
use crate::sandbox::answer::{Error, Record};
use crate::sandbox::context::Context;
use crate::sandbox::fields;
use crate::sandbox::store::Filter;

/// `IV-010` for prefix `IV-` and 10.
pub fn format(prefix: &str, counter: i64) -> String {
    format!("{prefix}{counter:03}")
}

/// The body's own number if it is free, the old record's, or the next of the series.
pub fn assign(cx: &Context<'_>, kind: &Kind, body: &Record, old: Option<&Record>) -> Result<String, Error> {
    let before = old.map(|old| fields::text(old, "number"));
    if let Some(wanted) = fields::said(body, "number") {
        if before == Some(wanted) || !is_taken(cx, kind, wanted)? {
            return Ok(wanted.to_owned());
        }
        return Err(Error::conflict("number_taken", format!("the number {wanted} is already used")));
    }
    if let Some(before) = before {
        return Ok(before.to_owned());
    }
    loop {
        let number = format(cx.profile_text(kind.prefix), cx.tx.next(kind.shape.resource)?);
        if !is_taken(cx, kind, &number)? {
            return Ok(number);
        }
    }
}

fn is_taken(cx: &Context<'_>, kind: &Kind, number: &str) -> Result<bool, Error> {
    Ok(cx.tx.count(kind.shape.resource, vec![Filter::Is("number", number.to_owned())])? > 0)
}
