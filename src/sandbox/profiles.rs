//! Profiles (companies inside an account), read-only through the API, and the company of the chosen one.

use serde_json::Value;

use super::answer::{Answer, Error, Record};
use super::context::{Context, Input};
use super::dispatch::Handlers;
use super::store::Tx;
use super::{documents, fields, keys, list};

pub const HANDLERS: Handlers =
    &[("list_profiles", list_profiles), ("get_profile", get_profile), ("get_company_info", get_company_info)];

/// The profile that `tx` is bound to, with the number its next invoice will get.
pub fn read(tx: Tx<'_>) -> Result<Option<Record>, Error> {
    let Some(mut profile) = tx.get("profiles", tx.profile_id())? else { return Ok(None) };
    let prefix = profile.get("invoice_prefix").and_then(Value::as_str).unwrap_or_default();
    let next = documents::numbers::format(prefix, tx.counter("invoices")? + 1);
    profile.insert("next_invoice_number".to_owned(), next.into());
    Ok(Some(profile))
}

/// Id and company name of every profile, the default first.
pub fn names(tx: Tx<'_>) -> Result<Vec<(String, String)>, Error> {
    let mut names = Vec::new();
    for id in [keys::MAIN_PROFILE_ID, keys::SECOND_PROFILE_ID] {
        if let Some(profile) = tx.of_profile(id).get("profiles", id)? {
            names.push((id.to_owned(), fields::text(&profile, "company_name").to_owned()));
        }
    }
    Ok(names)
}

#[expect(clippy::unnecessary_wraps, reason = "handlers have one signature")]
fn list_profiles(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    Ok(list::cut(&input.query, cx.profiles.to_vec()))
}

fn get_profile(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let wanted = cx.profiles.iter().find(|profile| profile.get("id").is_some_and(|id| *id == *input.id));
    wanted.cloned().map(Answer::ok).ok_or_else(|| {
        Error::new(404, "not_found", format!("this API key reaches no profile with id {}", input.id))
    })
}

#[expect(clippy::unnecessary_wraps, reason = "handlers have one signature")]
fn get_company_info(cx: &Context<'_>, _: &Input) -> Result<Answer, Error> {
    Ok(Answer::ok(cx.profile.clone()))
}
