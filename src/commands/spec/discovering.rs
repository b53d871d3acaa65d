//! The usual places of a description, tried one after the other below the account's own address, without its key.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use url::Url;

use crate::api::Moment;
use crate::api::description::{Fetched, NotFetched, Source, address};
use crate::commands::connect::USER_AGENT;
use crate::credentials::Origin;
use crate::failure::{Exit, Failure};
use crate::settings::{Account, Settings};
use crate::spec::Document;
use crate::terminal;

/// Places, with those that pages name.
const MOST: usize = 80;
/// All places together.
const LIMIT: Duration = Duration::from_secs(40);

/// The first description that is one, and what the places before it answered.
pub async fn find(
    account: &Account,
    settings: &Settings,
) -> Result<(Fetched, Vec<(String, String)>), Failure> {
    let origin = Origin::parse(&account.origin)?;
    let places = Source::places(&origin);
    let Some(first) = places.first() else { return Err(nowhere(&origin, &[], false)) };
    let source = Source::of(first, super::source::trust(account, settings), USER_AGENT)?;
    terminal::note(&format!("looking at the usual places of {origin}, without your key"));
    let (began, mut tried) = (Moment::now(), Vec::new());
    let mut places = VecDeque::from(places);
    let mut seen: HashSet<Url> = places.iter().cloned().collect();
    while let Some(place) = places.pop_front() {
        if began.elapsed() > LIMIT {
            return Err(nowhere(&origin, &tried, true));
        }
        let answered = match source.look(&place).await {
            Ok(fetched) => match Document::parse(&fetched.bytes) {
                Ok(_) => {
                    terminal::note(&format!("  {}: here it is", place.path()));
                    return Ok((fetched, tried));
                }
                Err(error) => error.to_string(),
            },
            // Where nobody answers, or nobody wants to be asked, it is so at the other places.
            Err(error @ (NotFetched::Trouble(_) | NotFetched::Status { status: 429, .. })) => {
                return Err(error.into());
            }
            Err(NotFetched::Status { status, .. }) => format!("HTTP {status}"),
            Err(error) => {
                if let NotFetched::Page { links, .. } = &error {
                    let named = links.iter().filter_map(|link| address(link).ok());
                    let named = named.filter(|link| seen.len() < MOST && seen.insert(link.clone()));
                    named.collect::<Vec<_>>().into_iter().rev().for_each(|link| places.push_front(link));
                }
                error.to_string()
            }
        };
        terminal::note(&format!("  {}: {answered}", place.path()));
        tried.push((place.path().to_owned(), answered));
    }
    Err(nowhere(&origin, &tried, false))
}

fn nowhere(origin: &Origin, tried: &[(String, String)], late: bool) -> Failure {
    let count = tried.len();
    let late = if late { format!(", then {} s were over", LIMIT.as_secs()) } else { String::new() };
    let message = format!(
        "no API description was found at {origin}: {count} places were tried{late}; nothing was changed"
    );
    let wants_login =
        tried.iter().any(|(_, answered)| answered.contains("HTTP 401") || answered.contains("HTTP 403"));
    Failure::new("spec_not_found", Exit::Refused, message).hint(if wants_login {
        "some places want a login, and your key is not sent there: download the description in the browser, and \
         `lumabill spec check FILE`"
    } else {
        "look for an OpenAPI file in the vendor's documentation, or ask the vendor for it, and \
         `lumabill spec check FILE|URL`"
    })
}
