//! How much of a limit one process may hold while others use the same key. Pure.

use super::WINDOW;
use super::block::{Grant, Owner};

/// One process that asks for a slot.
pub struct Share<'a> {
    pub owner: u32,
    pub limit: u32,
    /// The youngest grants, oldest first, no more of them than the limit.
    pub grants: &'a [Grant],
    pub owners: &'a [Owner],
}

impl Share<'_> {
    /// Another process used the key, or asked for it, within the last window.
    pub fn is_contested(owners: &[Owner], owner: u32, now: u64) -> bool {
        owners.iter().any(|other| other.tag != owner && (other.seen_until > now || other.wants_until > now))
    }

    /// The first moment from `slot` on at which one more slot keeps within the share.
    pub fn earliest(&self, slot: u64) -> u64 {
        if self.admits(slot) {
            return slot;
        }
        // The share grows where a grant leaves the window or another process is no longer reckoned with.
        let expiries = self.grants.iter().map(|grant| grant.at + WINDOW);
        let partings = self.owners.iter().flat_map(|other| [other.seen_until, other.wants_until]);
        let mut moments: Vec<u64> = expiries.chain(partings).filter(|moment| *moment > slot).collect();
        moments.sort_unstable();
        moments.dedup();
        let first = moments.iter().find(|moment| self.admits(**moment));
        first.or(moments.last()).copied().unwrap_or(slot)
    }

    /// One more slot at `moment` keeps within the share.
    fn admits(&self, moment: u64) -> bool {
        let held = |mine: bool| {
            let held = self.within(moment).filter(|grant| (grant.owner == self.owner) == mine);
            u32::try_from(held.count()).unwrap_or(u32::MAX)
        };
        held(true) < self.most(moment, held(false))
    }

    /// Slots that this process may hold at `moment`, where others hold `others`.
    fn most(&self, moment: u64, others: u32) -> u32 {
        let rivals = || self.owners.iter().filter(|other| other.tag != self.owner);
        let wanting: Vec<u32> =
            rivals().filter(|other| other.wants_until > moment).map(|other| other.tag).collect();
        if !wanting.is_empty() {
            let content = self.within(moment);
            let content =
                content.filter(|grant| grant.owner != self.owner && !wanting.contains(&grant.owner));
            let content = u32::try_from(content.count()).unwrap_or(u32::MAX);
            let claims = u32::try_from(wanting.len() + 1).unwrap_or(u32::MAX);
            return self.limit.saturating_sub(content).div_ceil(claims).max(1);
        }
        if others > 0 || rivals().any(|other| other.seen_until > moment) {
            return (2 * self.limit.saturating_sub(others)).div_ceil(3).max(1);
        }
        self.limit
    }

    fn within(&self, moment: u64) -> impl Iterator<Item = &Grant> {
        let from = moment.saturating_sub(WINDOW);
        self.grants.iter().skip_while(move |grant| grant.at <= from)
    }
}

#[cfg(test)]
mod tests {
    use super::super::WINDOW;
    use super::{Grant, Owner, Share};

    const NOW: u64 = 1_000 * WINDOW;

    fn share<'a>(grants: &'a [Grant], owners: &'a [Owner]) -> Share<'a> {
        Share { owner: 1, limit: 60, grants, owners }
    }

    fn held(parts: &[(u32, u64, usize)]) -> Vec<Grant> {
        let grants = parts.iter().flat_map(|&(owner, at, count)| vec![Grant { at, owner }; count]);
        grants.collect()
    }

    fn seen(tag: u32) -> Owner {
        Owner { tag, seen_until: NOW + WINDOW, wants_until: 0 }
    }

    fn wanting(tag: u32) -> Owner {
        Owner { wants_until: NOW + WINDOW, ..seen(tag) }
    }

    #[test]
    fn alone_a_process_may_hold_all() {
        let grants = held(&[(1, NOW - 1, 59)]);
        assert_eq!(share(&grants, &[seen(1)]).earliest(NOW), NOW);
    }

    #[test]
    fn beside_another_it_holds_two_thirds_of_what_that_leaves() {
        let owners = [seen(1), seen(2)];
        let grants = held(&[(2, NOW - 5, 3), (1, NOW - 4, 37)]);
        assert_eq!(share(&grants, &owners).earliest(NOW), NOW);
        let grants = held(&[(2, NOW - 5, 3), (1, NOW - 4, 38)]);
        assert_eq!(share(&grants, &owners).earliest(NOW), NOW - 5 + WINDOW, "38 = 2/3 of 57");
    }

    #[test]
    fn those_who_asked_in_vain_get_equal_parts() {
        let owners = [wanting(1), wanting(2), wanting(3)];
        let mut grants = held(&[(1, NOW - 9, 1), (1, NOW - 4, 18)]);
        assert_eq!(share(&grants, &owners).earliest(NOW), NOW);
        grants.push(Grant { at: NOW - 3, owner: 1 });
        assert_eq!(share(&grants, &owners).earliest(NOW), NOW - 9 + WINDOW);
        // One that has what it wanted keeps it, and the others part the rest.
        let owners = [seen(2), wanting(3)];
        let grants = held(&[(2, NOW - 8, 10), (1, NOW - 4, 24)]);
        assert_eq!(share(&grants, &owners).earliest(NOW), NOW);
        let grants = held(&[(2, NOW - 8, 10), (1, NOW - 4, 25)]);
        assert_eq!(share(&grants, &owners).earliest(NOW), NOW - 8 + WINDOW);
    }

    #[test]
    fn who_went_away_is_not_waited_for() {
        let owners = [Owner { tag: 2, seen_until: NOW + 7, wants_until: NOW + 5 }];
        let grants = held(&[(1, NOW - 4, 45)]);
        assert_eq!(share(&grants, &owners).earliest(NOW), NOW + 7);
    }

    #[test]
    fn there_is_always_a_way_on() {
        for limit in 1..8 {
            for rivals in 0..20 {
                let owners: Vec<_> = (2..2 + rivals).map(wanting).collect();
                let share = Share { owner: 1, limit, grants: &[], owners: &owners };
                assert_eq!(share.earliest(NOW), NOW);
            }
        }
    }
}
