//! What follows from an [`ApiError`]: its code, exit code, hint and facts.

use serde_json::{Map, Value, json};

use super::error::ApiError;
use super::refusal::{ErrorBody, Forbidden, Refusal};
use crate::failure::{Exit, Explain, Sent};
use crate::https::Unreachable;

impl Explain for ApiError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoKey(no_key) => no_key.failure.code,
            Self::NotSigned { .. } => "wrong_origin",
            Self::Unsendable { .. } => "unsendable",
            Self::NotDescribed { .. } | Self::NoPlace { .. } | Self::WouldLose { .. } => "not_described",
            Self::Cancelled { .. } => "cancelled",
            Self::NoTrust { .. } => "no_trust",
            Self::Unreachable { .. } => "unreachable",
            Self::Silent { .. } => "no_answer",
            Self::Broken { .. } => "answer_cut",
            Self::Redirected { .. } => "redirected",
            Self::TooLarge { .. } => "answer_too_large",
            Self::NotTheApi { .. } => "not_the_api",
            Self::Unreadable { .. } => "answer_unreadable",
            Self::Busy { .. } => "rate_limited",
            Self::Unavailable { .. } => "api_unavailable",
            Self::Refused { refusal, .. } => refused_code(refusal),
            Self::Lost { .. } => "outcome_unknown",
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::NoKey(no_key) => no_key.failure.exit,
            Self::Refused { refusal, .. } if refusal.status == 401 => Exit::NotLoggedIn,
            Self::NotSigned { .. }
            | Self::Unsendable { .. }
            | Self::NotDescribed { .. }
            | Self::NoPlace { .. }
            | Self::WouldLose { .. }
            | Self::Cancelled { .. }
            | Self::TooLarge { .. }
            | Self::Refused { .. } => Exit::Refused,
            Self::NoTrust { .. }
            | Self::Unreachable { .. }
            | Self::Silent { .. }
            | Self::Broken { .. }
            | Self::Redirected { .. }
            | Self::NotTheApi { .. }
            | Self::Unreadable { .. }
            | Self::Busy { .. }
            | Self::Unavailable { .. }
            | Self::Lost { .. } => Exit::Unavailable,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoKey(no_key) => return no_key.failure.hint.clone(),
            Self::NotSigned { .. } => "run `lumabill login` for this address",
            Self::Unsendable { .. } => "leave out control characters and line breaks, and call again",
            Self::NotDescribed { .. } => "see what it has: `lumabill spec show`",
            Self::NoPlace { fields, .. } => return Some(no_place_hint(fields)),
            Self::WouldLose { .. } => {
                "change it in the web app, or name the field's place with `x-lumabill-field` in a copy of the \
                 description, and run `lumabill spec use` with it"
            }
            Self::Cancelled { .. } => return None,
            Self::NoTrust { .. } => "name a readable certificate file: `lumabill login --ca-file FILE`",
            Self::Unreachable { why, .. } => unreachable_hint(why),
            Self::Silent { .. } | Self::Broken { .. } => "call again; `lumabill status` shows the address",
            Self::Redirected { .. } | Self::NotTheApi { .. } => {
                "check the address with `lumabill status`; `lumabill login --api-url URL` sets another"
            }
            Self::TooLarge { .. } => "ask for less: a smaller `limit`, a shorter period, or one record",
            Self::Unreadable { .. } => "call again; if it stays, check the address with `lumabill status`",
            Self::Busy { refusal, .. } => return Some(wait_hint(refusal, "wait a minute and call again")),
            Self::Unavailable { refusal, .. } => {
                return Some(wait_hint(refusal, "call again in a few minutes"));
            }
            Self::Refused { refusal, .. } => refused_hint(refusal),
            Self::Lost { .. } => "look at the record or the list before sending it again",
        };
        Some(hint.to_owned())
    }

    fn sent(&self) -> Sent {
        match self {
            Self::NoKey(_)
            | Self::NotSigned { .. }
            | Self::Unsendable { .. }
            | Self::NotDescribed { .. }
            | Self::NoPlace { .. }
            | Self::WouldLose { .. }
            | Self::Cancelled { .. }
            | Self::NoTrust { .. }
            | Self::Unreachable { .. } => Sent::Nothing,
            Self::Busy { .. } | Self::Refused { .. } => Sent::Refused,
            Self::Lost { .. } => Sent::Unknown,
            // A write that ends like this is `Lost`.
            Self::Silent { .. }
            | Self::Broken { .. }
            | Self::Redirected { .. }
            | Self::TooLarge { .. }
            | Self::NotTheApi { .. }
            | Self::Unreadable { .. }
            | Self::Unavailable { .. } => Sent::Read,
        }
    }

    fn facts(&self) -> Map<String, Value> {
        let mut facts = match self {
            Self::NoKey(no_key) => return no_key.failure.facts.clone(),
            _ => Map::new(),
        };
        if let Some(status) = self.status() {
            facts.insert("http_status".into(), json!(status));
        }
        if let Some(refusal) = self.refusal() {
            add_refusal(&mut facts, refusal);
        }
        facts.insert("retryable".into(), json!(self.retryable()));
        facts
    }
}

impl ApiError {
    /// True where the same call may work later, and cannot do harm twice.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Unreachable { why, .. } => !why.is_final(),
            Self::Silent { .. } | Self::Broken { .. } | Self::Busy { .. } | Self::Unavailable { .. } => true,
            _ => false,
        }
    }
}

fn add_refusal(facts: &mut Map<String, Value>, refusal: &Refusal) {
    if let Some(code) = &refusal.code {
        facts.insert("api_code".into(), json!(code));
    }
    if !refusal.field_issues.is_empty() {
        let issues: Vec<Value> = refusal
            .field_issues
            .iter()
            .map(|issue| json!({"field": issue.field, "issue": issue.issue}))
            .collect();
        facts.insert("field_issues".into(), Value::Array(issues));
    }
    if let Some(wait) = refusal.retry_after_s() {
        facts.insert("retry_after_s".into(), json!(wait));
    }
    if let Some(id) = &refusal.request_id {
        facts.insert("request_id".into(), json!(id));
    }
}

fn refused_code(refusal: &Refusal) -> &'static str {
    match refusal.status {
        401 => "key_refused",
        402 => "plan_lapsed",
        403 => match refusal.forbidden() {
            Forbidden::Plan => "plan_lapsed",
            Forbidden::ReadOnlyKey => "read_only_key",
            Forbidden::Scope => "out_of_scope",
            Forbidden::Untold => "forbidden",
        },
        404 if refusal.path_unknown() => "unknown_path",
        404 => "not_found",
        409 => "conflict",
        400 | 422 => "invalid",
        _ => "refused",
    }
}

fn no_place_hint(fields: &[String]) -> String {
    let last = fields.first().map_or("", |field| field.rsplit('.').next().unwrap_or(field));
    format!(
        "leave it out; or where the API calls it otherwise, write `x-lumabill-field: {last}` beside that property in your \
         copy of the description and run `lumabill spec use` again"
    )
}

fn refused_hint(refusal: &Refusal) -> &'static str {
    match refusal.status {
        401 => "run `lumabill login`",
        402 => "the API needs the plan Pro or Lifetime: check it in the web app",
        403 => match refusal.forbidden() {
            Forbidden::Plan => "the API needs the plan Pro or Lifetime: check it in the web app",
            Forbidden::ReadOnlyKey => "make a read-write key in the web app and run `lumabill login`",
            Forbidden::Scope => "name a profile that this key reaches: `list_profiles` shows them",
            Forbidden::Untold => {
                "the key may be read-only or belong to another profile, or the plan has lapsed: check it in the web app"
            }
        },
        404 if refusal.body == ErrorBody::Page => {
            "the address may not be the API: `lumabill status` shows it, `lumabill login --api-url URL` sets another"
        }
        404 if refusal.path_unknown() && refusal.described => {
            "the API description in use may be out of date: `lumabill spec show` names it, and \
             `lumabill spec use FILE|URL` or `lumabill spec use --discover` takes a newer one"
        }
        404 if refusal.path_unknown() => {
            "the path may differ from our map: compare it with the API's description, \
             `lumabill spec check FILE|URL`, or have one looked for at the API, `lumabill spec use --discover`"
        }
        404 => "look the id up in the list, also in the other profiles",
        409 => "read the record again and see its state",
        400 | 422 => "correct what the API names and call again",
        413 => "send less at once",
        _ => "see what the API says and call again",
    }
}

fn unreachable_hint(why: &Unreachable) -> &'static str {
    match why {
        Unreachable::Certificate(_) => {
            "behind a company's proxy, give its certificate: `lumabill login --ca-file FILE`"
        }
        Unreachable::Proxy => "check `HTTPS_PROXY` and `NO_PROXY`",
        Unreachable::Name | Unreachable::Refused | Unreachable::Tls(_) => {
            "check the network and the address: `lumabill status` shows it, `lumabill login --api-url URL` sets another"
        }
        Unreachable::Slow(_) | Unreachable::Other(_) => "check the network and call again",
    }
}

fn wait_hint(refusal: &Refusal, else_say: &str) -> String {
    match refusal.retry_after_s().filter(|wait| *wait > 0) {
        Some(wait) => format!("wait {wait} s and call again"),
        None => else_say.to_owned(),
    }
}
