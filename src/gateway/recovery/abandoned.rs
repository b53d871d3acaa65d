//! Open intents that nobody works on any more are looked after on the way of other writes, so that none
//! stays open for want of a repetition: briefly, and never at the cost of the write that comes by.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::{Settling, Verdict, took_effect_of};
use crate::failure::Failure;
use crate::gateway::fingerprint::scope;
use crate::gateway::held::Held;
use crate::gateway::rate_limit::Waits;
use crate::gateway::{Gateway, Work};
use crate::journal::{End, State};

/// Abandoned intents that one write looks after on its way.
const MOST: usize = 3;
/// Requests for all of them together, of those that the user's programs share.
const REQUESTS: u32 = 5;
/// Waits for the limit of requests.
const WAITS: Duration = Duration::from_secs(1);
/// Time for all of it, and for the looks alone.
const TIME: Duration = Duration::from_secs(2);
const LOOKS: Duration = Duration::from_millis(1_700);

impl Gateway {
    /// What fails here hinders no write, and takes nothing of what that may wait and ask.
    pub(in crate::gateway) async fn look_after_abandoned(&self, work: &mut Work) {
        let began = Instant::now();
        let own = std::mem::replace(&mut work.waits, Waits::brief(WAITS, REQUESTS));
        let looked = timeout_at(began + TIME, self.looked_after(work, began + LOOKS)).await;
        work.waits = own;
        if let Ok(Err(failure)) = looked {
            tracing::info!("open intents were not looked after: {}", failure.message);
        }
    }

    async fn looked_after(&self, work: &Work, until: Instant) -> Result<(), Failure> {
        for intent in self.journal.abandoned(&scope(work), MOST).await? {
            if Instant::now() >= until || work.waits.is_used_up() {
                break;
            }
            let Some(ticket) = self.journal.take(intent.number).await? else { continue };
            let mut held = Held::new(&self.journal, ticket);
            let mut settling = Settling::from(None);
            settling.take_in(&intent);
            let settled = settling.left().is_zero();
            match self.look_once(work, &intent, until).await {
                Verdict::TookEffect(record) => drop(held.settle(took_effect_of(&intent, &record)).await),
                Verdict::Absent if settled => drop(held.settle(End::of(State::Absent)).await),
                Verdict::Absent | Verdict::Unknown { .. } => held.release().await?,
            }
        }
        Ok(())
    }
}
