//! Time as it is counted on connections: with the time that the machine was asleep, which the steady clock
//! of some systems leaves out.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// How often a wait looks at the wall clock.
const TICK: Duration = Duration::from_secs(1);

/// A point in time on both clocks.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    steady: Instant,
    wall: SystemTime,
}

impl Moment {
    pub fn now() -> Self {
        Self { steady: Instant::now(), wall: SystemTime::now() }
    }

    /// This point, had the machine slept since.
    #[cfg(test)]
    pub fn slept(self, time: Duration) -> Self {
        Self { wall: self.wall - time, ..self }
    }

    /// This point, had so much passed on the steady clock and the wall clock been set to this since.
    #[cfg(test)]
    pub fn later(self, steady: Duration, wall: SystemTime) -> Self {
        Self { steady: self.steady + steady, wall }
    }

    /// What the wall clock showed.
    pub fn wall(self) -> SystemTime {
        self.wall
    }

    /// Time since then, on the clock that moved further: a clock that was set back costs nothing.
    pub fn elapsed(self) -> Duration {
        self.elapsed_until(Self::now())
    }

    /// The same at a later point.
    pub fn elapsed_until(self, later: Self) -> Duration {
        self.steady_until(later).max(later.wall.duration_since(self.wall).unwrap_or_default())
    }

    /// The same on the steady clock alone.
    pub fn steady_until(self, later: Self) -> Duration {
        later.steady.saturating_duration_since(self.steady)
    }

    /// How much further one clock moved than the other: the machine slept, or its clock was set.
    pub fn drift(self) -> Duration {
        self.drift_until(Self::now())
    }

    /// The same at a later point.
    pub fn drift_until(self, later: Self) -> Duration {
        let steady = self.steady_until(later);
        match later.wall.duration_since(self.wall) {
            Ok(wall) => wall.abs_diff(steady),
            Err(back) => steady + back.duration(),
        }
    }
}

/// Awaits `future` until `limit` has passed since `start`; `None` when it did.
pub async fn within<F: Future>(start: Moment, limit: Duration, future: F) -> Option<F::Output> {
    let mut future = std::pin::pin!(future);
    loop {
        let left = limit.saturating_sub(start.elapsed());
        if let Ok(output) = tokio::time::timeout(left.min(TICK), &mut future).await {
            return Some(output);
        }
        if left <= TICK {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{Moment, within};

    #[tokio::test(start_paused = true)]
    async fn a_wait_ends_at_its_limit() {
        let start = Moment::now();
        let slow = tokio::time::sleep(Duration::from_secs(60));
        assert_eq!(within(start, Duration::from_millis(2500), slow).await, None);
        assert_eq!(start.elapsed().as_millis() / 100, 25);
        assert_eq!(within(start, Duration::from_secs(5), async { 7 }).await, Some(7));
    }

    #[tokio::test]
    async fn time_asleep_counts() {
        let mut start = Moment::now();
        start.wall = SystemTime::now() - Duration::from_secs(600);
        assert!(start.elapsed() >= Duration::from_secs(600));
        assert!(start.drift() >= Duration::from_secs(599));
        assert_eq!(within(start, Duration::from_secs(25), std::future::pending::<()>()).await, None);
        start.wall = SystemTime::now() + Duration::from_secs(600);
        assert!(start.elapsed() < Duration::from_secs(5), "a clock that was set back ends nothing");
        assert!(start.drift() >= Duration::from_secs(599));
    }
}
