//! What an API that did not answer as it should means, and the way out of it.

use std::time::Duration;

use super::{Asking, named_roots};
use crate::api::{ApiError, ErrorBody, Forbidden, Refusal, Unreachable};
use crate::commands::doctor::accounts::whose;
use crate::commands::doctor::row::Row;
use crate::failure::Explain;
use crate::settings::StoredIn;

impl Asking<'_> {
    pub fn trouble(&self, error: &ApiError, took: Duration) -> Vec<Row> {
        let seen = error.to_string();
        match error {
            ApiError::Unreachable { why, .. } => {
                vec![Row::failed("api_reachable", self.unreached(&seen), self.way(why))]
            }
            ApiError::NoTrust { .. } => {
                vec![Row::failed("api_reachable", seen, self.authority())]
            }
            ApiError::Silent { .. } | ApiError::Broken { .. } => {
                let next = "try again; if it stays, ask who runs the network or the API";
                vec![Row::failed("api_reachable", self.unreached(&seen), next)]
            }
            ApiError::Redirected { .. }
            | ApiError::NotTheApi { .. }
            | ApiError::Unreadable { .. }
            | ApiError::TooLarge { .. } => vec![self.reached(took), self.elsewhere(&seen)],
            ApiError::Unavailable { .. } => {
                let next = "try again in a few minutes";
                vec![self.reached(took), Row::failed("api_answer", seen, next)]
            }
            ApiError::Busy { .. } => {
                let next = "wait a minute and run `lumabill doctor` again";
                vec![self.reached(took), Row::warning("api_answer", seen, next)]
            }
            ApiError::Refused { refusal, .. } => vec![self.reached(took), self.refused(refusal)],
            _ => {
                let next = error.hint().unwrap_or_else(|| "try again".to_owned());
                vec![Row::failed("api_answer", seen, next)]
            }
        }
    }

    /// What was seen on the way to it.
    fn unreached(&self, seen: &str) -> String {
        match self.client.proxy() {
            Some(proxy) => format!("{seen}, through the proxy {proxy}"),
            None => seen.to_owned(),
        }
    }

    fn way(&self, why: &Unreachable) -> String {
        match why {
            Unreachable::Name if self.client.proxy().is_none() => {
                format!("check the network and the name servers; if the name is wrong, {}", self.address())
            }
            Unreachable::Refused | Unreachable::Name | Unreachable::Slow(_) | Unreachable::Proxy
                if self.client.proxy().is_some() =>
            {
                "check the proxy in `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, or in the system's settings"
                    .to_owned()
            }
            Unreachable::Refused => {
                format!("see that the API runs at {}; if not, {}", self.account.origin, self.address())
            }
            Unreachable::Certificate(what) if what == "expired" || what == "not valid yet" => {
                "check the date of this machine; if it is right, tell who runs the API".to_owned()
            }
            Unreachable::Certificate(what) if what == "signed by an unknown authority" => self.authority(),
            Unreachable::Certificate(_) | Unreachable::Tls(_) => {
                format!("check the address, and what reads along on the way there; {}", self.address())
            }
            _ => "check the network, a firewall, and whether a proxy is needed (`HTTPS_PROXY`)".to_owned(),
        }
    }

    fn authority(&self) -> String {
        if self.account.stored_in == StoredIn::Environment {
            return "name the authority's certificate in `SSL_CERT_FILE`".to_owned();
        }
        let whose = whose(self.account);
        match named_roots() {
            Some(file) => format!(
                "run `lumabill login{whose} --ca-file {file}`: `SSL_CERT_FILE` does not count for a stored key"
            ),
            None => format!(
                "if your company reads along, or the API is your own: \
                 `lumabill login{whose} --ca-file FILE` with the authority's certificate"
            ),
        }
    }

    fn refused(&self, refusal: &Refusal) -> Row {
        let said = refusal.message.as_ref().map(|message| format!(": {message}")).unwrap_or_default();
        let status = refusal.status;
        if refusal.body == ErrorBody::Page {
            return self.elsewhere(&format!("it answers with a web page (HTTP {status})"));
        }
        let plan = format!("the plan does not include the API, or has lapsed (HTTP {status}{said})");
        let look = "look at the plan in Lumabill, Settings > Subscription";
        match (status, refusal.forbidden()) {
            (402, _) | (403, Forbidden::Plan) => Row::failed("key_accepted", plan, look),
            (403, Forbidden::Untold) => Row::failed(
                "key_accepted",
                format!("the API forbids the key to read (HTTP 403{said}); the plan may have lapsed"),
                look,
            ),
            (401 | 403, _) => {
                let seen = format!("the API refuses the key: it is revoked or wrong (HTTP {status}{said})");
                Row::failed("key_accepted", seen, self.another_key())
            }
            (404, _) if refusal.path_unknown() => {
                let path = if refusal.described {
                    "the path that the API description names"
                } else {
                    "`/v1/profiles`"
                };
                let mut row = self.elsewhere(&format!("it knows no {path} (HTTP {status}{said})"));
                let next = format!(
                    "{}; where the API has moved, `lumabill spec use FILE|URL{}` says where to",
                    self.address(),
                    whose(self.account)
                );
                row.next = Some(crate::failure::here(&next));
                row
            }
            _ => self.elsewhere(&format!("it knows no `/v1/profiles` (HTTP {status}{said})")),
        }
    }

    fn another_key(&self) -> String {
        let make = "make a new key in Lumabill, Settings > API";
        if self.account.stored_in == StoredIn::Environment {
            return format!("{make}, and store it: `lumabill login`, instead of `LUMABILL_API_KEY`");
        }
        format!("{make}, and store it: `lumabill login{}`", whose(self.account))
    }
}
