//! [`Left`]: a look at how much of the limits of a key is left, which takes nothing of it and makes no file.

use std::time::Duration;

use super::ledger::{self, Used};
use super::{Ask, RateLimits, Rates, limiter};
use crate::credentials::Key;

/// What all processes together may still send with one key within the current window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    pub reads: u32,
    pub writes: u32,
    /// What there is in a minute.
    pub rates: Rates,
    /// The API asked for a pause of so long.
    pub pause: Duration,
}

impl RateLimits {
    /// `None` where there are no limits. A file that is not there, or is damaged, counts as empty.
    pub fn left(&self, key: &Key) -> Option<Left> {
        let rates = self.rates?;
        let now = limiter::now();
        let used = |class: &str, limit: u32| {
            let ask = Ask { now, latest: now, limit };
            ledger::used(&self.file_of(key, class), &ask).unwrap_or_default()
        };
        let (reads, writes) = (used("reads", rates.reads), used("writes", rates.writes));
        let left = |used: &Used, limit: u32| limit.saturating_sub(used.grants);
        let pause = reads.blocked_until.max(writes.blocked_until).saturating_sub(now);
        Some(Left {
            reads: left(&reads, rates.reads),
            writes: left(&writes, rates.writes),
            rates,
            pause: Duration::from_micros(pause),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{RateLimits, Rates};
    use crate::api::Safety;
    use crate::credentials::{Key, Origin, Secret};

    #[tokio::test]
    async fn a_look_takes_nothing_and_makes_no_file() {
        let folder = std::env::temp_dir().join(format!("lumabill-left-{}", uuid::Uuid::new_v4()));
        let origin = Origin::parse("https://api.lumabill.ch").unwrap();
        let key = Key::new(Secret::new("lmb_0123456789abcdef".into()), origin);
        let limits = RateLimits::new(Some(Rates { reads: 60, writes: 20 }), &folder, None);
        let left = || limits.left(&key).map(|left| (left.reads, left.writes)).unwrap();
        assert_eq!(left(), (60, 20));
        assert!(!folder.exists());
        for _ in 0..3 {
            limits.count(&key, Safety::Read).await;
        }
        limits.count(&key, Safety::Write).await;
        assert_eq!(left(), (57, 19));
        assert_eq!(left(), (57, 19));
        assert!(RateLimits::new(None, &folder, None).left(&key).is_none());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
