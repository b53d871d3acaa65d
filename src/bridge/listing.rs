//! Lists, walked to their end.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::time::Instant;

use super::error::BridgeError;
use super::link::Link;
use super::wire::Time;
use super::{Listing, Request, Server, Watch};
use crate::https::Safety;

/// For all pages together.
const TIME: Duration = Duration::from_secs(30);
const PAGES: usize = 1_000;
const ROWS: usize = 10_000;

impl Link {
    /// What the server says of itself.
    pub async fn server(self: &Arc<Self>, watch: &Watch) -> Result<Arc<Server>, BridgeError> {
        let request = reading("initialize", Map::new(), Instant::now() + TIME);
        let session = self.session(&request, watch, Time::until(request.until)).await?;
        Ok(Arc::clone(&session.server))
    }

    /// All rows of a list; empty where the server has no such list.
    pub async fn list(self: &Arc<Self>, listing: Listing, watch: &Watch) -> Result<Vec<Value>, BridgeError> {
        let rows = self.walk(listing, watch).await?;
        if listing == Listing::Tools {
            self.mirrored.learn(&rows);
        }
        Ok(rows)
    }

    async fn walk(self: &Arc<Self>, listing: Listing, watch: &Watch) -> Result<Vec<Value>, BridgeError> {
        let (method, field) = listing.names();
        let until = Instant::now() + TIME;
        let endless = |why| {
            let host = self.wire.host().to_owned();
            BridgeError::Endless { host, what: method.to_owned(), why }
        };
        let declared = self.server(watch).await?.capabilities.get(listing.capability()).is_some();
        if !declared && listing != Listing::Tools {
            return Ok(Vec::new());
        }
        let (mut rows, mut params, mut cursors) = (Vec::new(), Map::new(), HashSet::new());
        for _ in 0..PAGES {
            let mut page = match self.request(reading(method, params, until), watch).await {
                Ok(page) => page,
                Err(BridgeError::Rpc { code, .. }) if rows.is_empty() && (code == -32601 || !declared) => {
                    return Ok(rows);
                }
                Err(error) => return Err(error),
            };
            if let Some(Value::Array(more)) = page.remove(field) {
                rows.extend(more);
            }
            if rows.len() > ROWS {
                return Err(endless("more than 10,000 rows"));
            }
            let Some(Value::String(cursor)) = page.remove("nextCursor") else { return Ok(rows) };
            if !cursors.insert(cursor.clone()) {
                return Err(endless("the same page came twice"));
            }
            params = Map::new();
            params.insert("cursor".into(), cursor.into());
        }
        Err(endless("more than 1,000 pages"))
    }
}

impl Listing {
    /// What a server declares that has such a list.
    fn capability(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Prompts => "prompts",
            Self::Resources | Self::Templates => "resources",
        }
    }
}

fn reading(method: &str, params: Map<String, Value>, until: Instant) -> Request {
    Request { method: method.to_owned(), params, safety: Safety::Read, until }
}
