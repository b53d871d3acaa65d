//! What a person should look at although the names agree: other types, whole cents, net beside gross.

use super::fitting::{is_in_hundredths, is_kind, is_money, shares_a_word, split_has};
use super::{Named, Pairing};
use crate::spec::schema;

impl Pairing<'_, '_> {
    /// Says what a person should look at although the names agree.
    pub(super) fn doubt(&mut self, our: &Named<'_>, their: &Named<'_>, place: &str) {
        let (ours, theirs) = (schema::kind(our.property.schema), schema::kind(their.property.schema));
        if !is_kind(ours, theirs) {
            self.notes.push(format!("{place}: another type there"));
        }
        if !is_money(&our.property) {
            return;
        }
        if is_in_hundredths(&their.property) {
            self.notes.push(format!(
                "{place}: `{}` looks like whole cents there, amounts would be wrong by a hundred: check first",
                their.property.name
            ));
        }
        let side = |named: &Named<'_>, word: &str| split_has(&named.key, word);
        let sided = side(their, "gross") || side(their, "net");
        let free = self.theirs.iter().enumerate().filter(|(at, _)| !self.taken.contains(at));
        let beside = free.map(|(_, other)| other).find(|other| {
            !sided && (side(other, "gross") || side(other, "net")) && shares_a_word(&other.key, &their.key)
        });
        if let Some(beside) = beside.filter(|_| our.property.name == "amount" || our.property.name == "price")
        {
            self.notes.push(format!(
                "{place}: `{}` stands beside `{}` there; check which money is net",
                their.property.name, beside.property.name
            ));
        }
    }
}
