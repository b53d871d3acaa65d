//! What a gateway talks to: one account, its address, its profiles and the tools that follow. It is looked
//! up again while nobody is logged in, so that a login in another terminal needs no restart here.

use std::sync::{Arc, PoisonError};

use super::Gateway;
use super::profiles::{Profile, Profiles};
use super::recovery::ServerClock;
use super::redaction::quoted;
use super::setup::Facts;
use super::tools::{self, Selection, Served};
use crate::api;
use crate::catalogue::Endpoint;
use crate::spec::Kept;

/// One account as it is known now. Replaced as a whole, never changed.
pub struct Connection {
    pub account: String,
    /// What confirmations are bound to beside the account.
    pub bound_to: String,
    pub client: api::Client,
    pub clock: ServerClock,
    pub profiles: Profiles,
    pub served: Served,
    logged_in: bool,
    facts: Facts,
}

impl Connection {
    pub fn new(facts: Facts, selection: &Selection) -> Self {
        let named = |(id, name): &(String, String)| Profile { id: id.clone(), name: quoted(name) };
        let known = facts.known_profiles.iter().map(named).collect();
        let extras = facts.described.as_deref().map(|kept| tools::extras(&kept.extra)).unwrap_or_default();
        Self {
            account: facts.account.clone(),
            bound_to: facts.bound_to.clone(),
            client: api::Client::new(facts.origin.clone(), facts.trust.clone(), facts.user_agent),
            clock: ServerClock::default(),
            profiles: Profiles::new(facts.fixed_profile.clone(), facts.chosen_profile.clone(), known),
            served: Served::new(selection, facts.read_only).narrowed(facts.described.as_deref()).with_extras(
                selection,
                facts.read_only,
                &extras,
            ),
            logged_in: facts.logged_in,
            facts,
        }
    }

    /// What the user's description of the API says.
    pub fn described(&self) -> Option<&Kept> {
        self.facts.described.as_deref()
    }

    /// True where the API has no parameter for a filter of a list, as its description says.
    pub fn lacks(&self, list: &Endpoint, parameter: &str) -> bool {
        self.described().is_some_and(|kept| kept.dialect.lacks(list.tool, parameter))
    }
}

impl Gateway {
    /// The connection of a call that begins now.
    pub(super) fn connection(&self) -> Arc<Connection> {
        let known = Arc::clone(&self.connection.read().unwrap_or_else(PoisonError::into_inner));
        if known.logged_in {
            return known;
        }
        match (self.reload)() {
            Some(facts) if facts.logged_in => self.replace(facts),
            _ => known,
        }
    }

    /// The key has shown that it only reads: the writing tools disappear.
    pub(super) fn becomes_read_only(&self) {
        let facts = self.connection().facts.clone();
        self.replace(Facts { read_only: true, ..facts });
        (self.remember_read_only)();
    }

    fn replace(&self, facts: Facts) -> Arc<Connection> {
        let fresh = Arc::new(Connection::new(facts, &self.selection));
        *self.connection.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&fresh);
        self.changes.send_modify(|change| *change += 1);
        fresh
    }
}
