//! How a server answers to somebody without a credential.

use std::sync::Arc;
use std::time::Duration;

use super::error::BridgeError;
use super::link::Link;
use super::wire::Time;
use super::{Setup, Transport, Watch, era};
use crate::credentials::{Carried, FixedKey, Key, Secret};

/// For all attempts together.
const TIME: Duration = Duration::from_secs(15);

/// How a server answers to somebody without a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    pub transport: Transport,
    pub wants: Wants,
}

/// What a server wants to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wants {
    Nothing,
    /// 401, with its `WWW-Authenticate` where it sent one.
    Credential(Option<String>),
}

/// Asks a server without any credential which transport it speaks and whether it wants one. `setup.transport` is tried
/// first.
pub async fn probe(setup: &Setup) -> Result<Probe, BridgeError> {
    let nothing = Key::new(Secret::new(String::new()), setup.origin.clone()).carried(Carried::Nothing);
    let link = Arc::new(Link::new(Setup { keys: Arc::new(FixedKey(nothing)), ..setup.clone() }));
    let wants = match era::open(&link, &Watch::default(), Time::of(TIME)).await {
        Ok(session) => {
            link.end(&session).await;
            Wants::Nothing
        }
        Err(BridgeError::Refused(refusal)) if refusal.status == 401 => Wants::Credential(refusal.challenge),
        Err(error) => return Err(error),
    };
    Ok(Probe { transport: link.transport(), wants })
}
