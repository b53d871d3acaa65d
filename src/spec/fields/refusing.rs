//! Which pairs are not made although the names would do: an id is no name, a percentage no amount, and amounts are
//! never in hundredths.

use super::fitting::{fits, is_in_hundredths, is_money};
use super::{Named, Nouns, Pairing, TIERS, Tier};
use crate::spec::schema::{self, Kind, Property};
use crate::spec::words::split;

/// One of these in a name says that it holds an id.
const IDS: &[&str] = &["id", "ids", "uuid", "guid", "uid", "key", "identifier"];

impl Pairing<'_, '_> {
    /// What has a synonym of our name, but maybe another meaning.
    pub(super) fn doubtful(&self, our: &Named<'_>, tier: Tier) -> Vec<usize> {
        if tier != Tier::Synonym {
            return Vec::new();
        }
        let free = self.theirs.iter().enumerate().filter(|(at, _)| !self.taken.contains(at));
        free.filter(|(_, their)| {
            their.annotated.is_none()
                && is_doubtful(&our.property, &their.property)
                && fits(&our.property, &their.property, self.sight.nouns)
                && self.rank(our, their, tier).is_some()
        })
        .map(|(at, _)| at)
        .collect()
    }

    /// Where they have an amount of ours in hundredths alone: what a person should know.
    pub(super) fn told_scaled(&self, our: &Named<'_>) -> Option<String> {
        let mut free = self.theirs.iter().enumerate().filter(|(at, _)| !self.taken.contains(at));
        let their = free.find(|(_, their)| {
            is_scaled(&our.property, &their.property)
                && TIERS.iter().any(|tier| self.rank(our, their, *tier).is_some())
        });
        let (_, their) = their?;
        let (place, name) = (self.sight.place, our.property.name);
        Some(format!(
            "{place}{name}: `{}` is in cents there, ours is not: not translated, neither read nor sent",
            their.property.name
        ))
    }
}

/// Whether the two may be a pair. Only the user's word may say so of amounts in hundredths.
pub fn is_allowed(ours: &Property<'_>, theirs: &Property<'_>, tier: Tier, nouns: &Nouns) -> bool {
    let guessed = matches!(tier, Tier::Bare | Tier::Synonym);
    tier == Tier::Annotated
        || (!is_scaled(ours, theirs)
            && (tier == Tier::Exact || fits(ours, theirs, nouns))
            && !(guessed && is_doubtful(ours, theirs)))
}

fn is_scaled(ours: &Property<'_>, theirs: &Property<'_>) -> bool {
    is_money(ours) && is_in_hundredths(theirs)
}

/// A name or an amount as likely as what ours is.
fn is_doubtful(ours: &Property<'_>, theirs: &Property<'_>) -> bool {
    let has = |name: &str, words: &[&str]| split(name).iter().any(|word| words.contains(&word.as_str()));
    if has(ours.name, &["id"]) {
        let is_id = schema::format(theirs.schema) == "uuid" || schema::kind(theirs.schema) == Kind::Integer;
        return !is_id && !has(theirs.name, IDS);
    }
    ours.name == "discount_percent" && !is_percentage(theirs)
}

fn is_percentage(theirs: &Property<'_>) -> bool {
    let said = |text: &str| {
        let is_word =
            |word: &String| ["percent", "prozent", "pct"].iter().any(|start| word.starts_with(start));
        text.contains('%') || split(text).iter().any(is_word)
    };
    let hundred = theirs.schema.get("maximum").is_some_and(|most| most.as_f64() == Some(100.0));
    hundred || said(theirs.name) || said(schema::description(theirs.schema))
}
