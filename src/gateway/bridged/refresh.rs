//! Keeping the stored lists fresh, behind everybody's back: after the first call that reached the server, when the
//! server says that they changed, and when a list is asked for and the stored one is old. Never before a list was
//! answered, and nobody waits for it.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, sleep};

use super::definitions::Definitions;
use super::offers::Offers;
use crate::bridge::Notice;
use crate::failure::{Exit, Failure};
use crate::gateway::Listed;
use crate::gateway::rate_limit::Waits;
use crate::https::Safety;

/// From then on a list that is asked for is asked for anew behind it.
const OLD: Duration = Duration::from_secs(600);
/// How long a server that could not be reached is left alone.
const PAUSE: Duration = Duration::from_secs(60);
/// Between a wish and the request: the list that was asked for goes out first, and wishes that come together are one.
const SETTLE: Duration = Duration::from_millis(250);
/// Refreshes that follow each other closer than this are a storm: a server that says of every list that it changed
/// would have it asked for without end. Each waits twice as long as the one before.
const CALM: Duration = Duration::from_secs(10);
/// Requests of one refresh.
const REQUESTS: u32 = 4;

impl Offers {
    /// A list was asked for: where the stored one is old it is refreshed soon.
    pub fn asked(self: &Arc<Self>) {
        let age = self.seen().definitions.age();
        if age.is_none_or(|age| age > OLD) && !self.tried_lately() && self.tend() {
            self.wanted.notify_one();
        }
    }

    /// A call has reached the server: after the first one the lists are refreshed.
    pub fn reached(self: &Arc<Self>) {
        if !self.reached.swap(true, Ordering::Relaxed) && self.tend() {
            self.wanted.notify_one();
        }
    }

    fn tried_lately(&self) -> bool {
        let tried = *self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        tried.is_some_and(|tried| tried.elapsed() < PAUSE)
    }

    /// Starts looking after the lists, once; false where nothing runs in the background, as in a terminal's list.
    pub fn tend(self: &Arc<Self>) -> bool {
        let Ok(runtime) = Handle::try_current() else { return false };
        if !self.tended.swap(true, Ordering::Relaxed) {
            let offers = Arc::clone(self);
            runtime.spawn(async move {
                let stop = offers.stop.clone();
                stop.run_until_cancelled(offers.keep_fresh()).await
            });
        }
        true
    }

    async fn keep_fresh(&self) {
        let mut heard = self.remote.notices();
        let (mut settle, mut last) = (SETTLE, None::<Instant>);
        loop {
            let notice = tokio::select! {
                () = self.wanted.notified() => None,
                notice = heard.recv() => match notice {
                    Ok(notice) => Some(notice),
                    // Some were missed: whatever they said, the lists tell.
                    Err(RecvError::Lagged(_)) => None,
                    Err(RecvError::Closed) => return,
                },
            };
            if let Some(notice @ Notice::ResourceUpdated(_)) = notice {
                self.notices.send(notice).ok();
                continue;
            }
            let stormy = last.is_some_and(|last| last.elapsed() < CALM);
            settle = if stormy { (settle * 2).min(PAUSE) } else { SETTLE };
            sleep(settle).await;
            // What was said meanwhile is part of the same change.
            while let Ok(notice) = heard.try_recv() {
                if let Notice::ResourceUpdated(_) = notice {
                    self.notices.send(notice).ok();
                }
            }
            if let Err(failure) = self.refresh().await {
                // Its words may quote the server's.
                tracing::info!("the tools of `{}` were not refreshed: {}", self.setup.account, failure.code);
            }
            last = Some(Instant::now());
        }
    }

    /// Asks the server for all lists, stores them, and says where they changed. Gives how many tools there are.
    pub async fn refresh(&self) -> Result<usize, Failure> {
        *self.tried.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        self.admit(REQUESTS).await?;
        let before = self.seen();
        let fetched = Definitions::fetch(&self.remote).await?;
        let tools = fetched.tools.len();
        let (setup, origin) = (Arc::clone(&self.setup), self.origin().to_owned());
        // Away from the calls: a disk may be slow.
        let stored = tokio::task::spawn_blocking(move || {
            fetched.store(&setup.state_folder, &setup.account, &origin, false)
        });
        stored.await.map_err(|_| Failure::new("defect", Exit::Defect, "storing the tools ended early"))??;
        let after = self.seen();
        let beside = [Listed::Prompts, Listed::Resources, Listed::Templates];
        if *before.list() != *after.list()
            || before.definitions.server != after.definitions.server
            || beside.iter().any(|list| before.listed(*list) != after.listed(*list))
        {
            self.changes.send_modify(|change| *change += 1);
        }
        for (lists, notice) in [
            (&[Listed::Prompts][..], Notice::PromptsChanged),
            (&[Listed::Resources, Listed::Templates], Notice::ResourcesChanged),
        ] {
            if lists.iter().any(|list| before.listed(*list) != after.listed(*list)) {
                self.notices.send(notice).ok();
            }
        }
        Ok(tools)
    }

    /// Permits for so many reads; waits for them as long as a call may.
    pub async fn admit(&self, requests: u32) -> Result<(), Failure> {
        if self.limits.are_off() {
            return Ok(());
        }
        let key = self.setup.remote.keys.key().await?;
        let waits = Waits::default();
        for _ in 0..requests {
            let permit = self.limits.admit_quietly(&key, Safety::Read, &waits).await;
            permit.map(drop).map_err(|wait| {
                let seconds = wait.as_secs() + 1;
                let host = self.setup.remote.origin.host();
                let message =
                    format!("nothing was sent: the limit of requests a minute to {host} is used up");
                Failure::new("rate_limited", Exit::Unavailable, message)
                    .hint(format!("call again in {seconds} s"))
                    .fact("retry_after_s", seconds)
                    .fact("retryable", true)
            })?;
        }
        Ok(())
    }
}
