//! The record of the profile that a call works in.

use serde_json::{Map, Value};

use crate::failure::{Exit, Failure};
use crate::gateway::calls::Calls;

/// By its id, or out of the list where the API has no address for one; where none is chosen, the only one there is.
pub async fn read(calls: &dyn Calls) -> Result<Value, Failure> {
    let chosen = calls.profile().map(|profile| profile.id.clone());
    let refused = match &chosen {
        Some(id) => match calls.record("get_profile", id).await {
            Ok(profile) => return Ok(profile),
            Err(failure) => failure,
        },
        None => Failure::new("no_profile", Exit::Refused, "no profile is chosen: give `profile_id`"),
    };
    let Ok(listed) = calls.rows("list_profiles", Map::new()).await else { return Err(refused) };
    let only = chosen.is_none() && listed.records.len() == 1;
    let meant = |profile: &Value| only || profile.get("id").and_then(Value::as_str) == chosen.as_deref();
    listed.records.into_iter().find(meant).ok_or(refused)
}
