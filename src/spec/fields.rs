//! Which field of theirs is which of ours, in objects and queries: by name, spelling, synonym and type, always one for
//! one. What could be either of two stays unmatched; with money even a likely one does.

mod concepts;
mod doubts;
mod fitting;
mod likeness;
mod named;
mod nouns;
mod refusing;
mod values;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use serde_json::Value;

use super::dialect::{Field, Shape};
use super::schema::{self, Property};
use super::words::{canonical, key, names as list};
use concepts::{ALONE, FIELDS};
use fitting::{alike_inside, inside, is_money, split_has, unusual};
use refusing::is_allowed;

pub use likeness::Likeness;
use named::{Named, TIERS, Tier};
pub use nouns::Nouns;

/// How many names further a rival's synonym has to stand for another one to win. With money none wins.
const NEARER: usize = 3;
/// Levels of objects in objects.
const DEPTH: usize = 5;
/// Says which of ours a property or parameter is: wins over every guess.
pub const ANNOTATION: &str = "x-lumabill-field";

/// Others' names, as keys of words, with the fields of ours that they may be and how near they are.
static OTHERS: LazyLock<HashMap<String, Vec<(String, usize)>>> = LazyLock::new(|| {
    let mut others: HashMap<String, Vec<(String, usize)>> = HashMap::new();
    for (ours, names) in FIELDS {
        for (rank, name) in list(names).enumerate() {
            others.entry(key(&canonical(name))).or_default().push((key(&canonical(ours)), rank));
        }
    }
    others
});

/// From where two objects are looked at.
#[derive(Clone, Copy)]
pub struct Sight<'a> {
    /// Words of what the object is, canonical: `invoice_date` of an invoice is its `date`.
    pub subject: &'a [String],
    /// A request: what only the server sets does not count.
    pub sending: bool,
    /// Pairs, ours and theirs, that were found for the same record elsewhere.
    pub known: &'a [(String, String)],
    /// What they call our resources: `sales invoice` for the `invoice`.
    pub nouns: &'a Nouns,
    /// In front of names in notes: `lines.`.
    pub place: &'a str,
    pub depth: usize,
}

impl<'a> Sight<'a> {
    pub fn of(subject: &'a [String], sending: bool, known: &'a [(String, String)], nouns: &'a Nouns) -> Self {
        Self { subject, sending, known, nouns, place: "", depth: DEPTH }
    }
}

/// What was found.
#[derive(Debug, Default)]
pub struct Matched {
    /// What is spelled differently, or holds something that is.
    pub fields: BTreeMap<String, Field>,
    /// All pairs, ours and theirs.
    pub pairs: Vec<(String, String)>,
    /// For people.
    pub notes: Vec<String>,
    /// Of ours, with no counterpart.
    pub missing: Vec<String>,
    /// Of theirs: required, and nothing of ours.
    pub demanded: Vec<String>,
}

/// Matches the properties of two objects.
pub fn objects(ours: &Value, theirs: &Value, sight: &Sight<'_>) -> Matched {
    let hidden = if sight.sending { "readOnly" } else { "writeOnly" };
    let theirs: Vec<Property<'_>> =
        schema::properties(theirs).into_iter().filter(|one| !schema::flag(one.schema, hidden)).collect();
    properties(&schema::properties(ours), &theirs, sight)
}

/// Their names of what a request may carry, where the description lists them and does not take anything else besides.
pub fn listed(theirs: &Value) -> Option<Vec<String>> {
    let all = schema::properties(theirs);
    if all.is_empty() || schema::is_open(theirs) {
        return None;
    }
    let settable = all.into_iter().filter(|one| !schema::flag(one.schema, "readOnly"));
    Some(settable.map(|one| one.name.to_owned()).collect())
}

/// Matches properties, or parameters given as such.
pub fn properties(ours: &[Property<'_>], theirs: &[Property<'_>], sight: &Sight<'_>) -> Matched {
    let ours: Vec<Named<'_>> =
        ours.iter().map(|one| Named::of(*one, sight.subject, !sight.place.is_empty())).collect();
    let theirs = theirs.iter().map(|one| {
        let named = Named::of(*one, sight.subject, !sight.place.is_empty());
        Named { noun: sight.nouns.ours(one.name), ..named }
    });
    let theirs: Vec<Named<'_>> = theirs.collect();
    let mut pairing = Pairing::new(&ours, &theirs, sight);
    for tier in TIERS {
        pairing.pair(*tier);
    }
    pairing.pair_unusual();
    pairing.told()
}

struct Pairing<'a, 's> {
    ours: &'a [Named<'a>],
    theirs: &'a [Named<'a>],
    sight: &'s Sight<'s>,
    /// By place in ours: place in theirs.
    pairs: BTreeMap<usize, usize>,
    taken: HashSet<usize>,
    /// Of ours: which of theirs it could be, so that nothing weaker is tried.
    unclear: BTreeMap<usize, Vec<usize>>,
    notes: Vec<String>,
}

impl<'a, 's> Pairing<'a, 's> {
    fn new(ours: &'a [Named<'a>], theirs: &'a [Named<'a>], sight: &'s Sight<'s>) -> Self {
        Self {
            ours,
            theirs,
            sight,
            pairs: BTreeMap::new(),
            taken: HashSet::new(),
            unclear: BTreeMap::new(),
            notes: Vec::new(),
        }
    }

    fn pair(&mut self, tier: Tier) {
        let mut wanted: BTreeMap<usize, (usize, Vec<usize>)> = BTreeMap::new();
        for (at, our) in self.ours.iter().enumerate() {
            if self.pairs.contains_key(&at) || self.unclear.contains_key(&at) {
                continue;
            }
            let found = self.candidates(our, tier);
            if !found.1.is_empty() {
                wanted.insert(at, found);
                continue;
            }
            let doubtful = self.doubtful(our, tier);
            if !doubtful.is_empty() {
                self.unclear.insert(at, doubtful);
            }
        }
        for (at, (rank, found)) in &wanted {
            match found.as_slice() {
                [only] => {
                    let money = self.ours.get(*at).is_none_or(|our| is_money(&our.property));
                    let mut rivals =
                        wanted.iter().filter(|(other, (_, all))| *other != at && all.contains(only));
                    // One of our names is much nearer to it: `qr_reference` is the payment's, not ours for the client.
                    if rivals.all(|(_, (other, _))| !money && *other >= rank + NEARER) {
                        self.pairs.insert(*at, *only);
                        self.taken.insert(*only);
                    }
                }
                several => {
                    self.unclear.insert(*at, several.to_vec());
                }
            }
        }
    }

    /// Which of theirs ours may be by this tier, and how near they are.
    fn candidates(&self, our: &Named<'_>, tier: Tier) -> (usize, Vec<usize>) {
        let free = self.theirs.iter().enumerate().filter(|(at, _)| !self.taken.contains(at));
        let mut found: Vec<(usize, usize)> = free
            .filter(|(_, their)| {
                // Said to be another one: it is nothing else.
                matches!(tier, Tier::Annotated) == their.annotated.is_some()
            })
            .filter_map(|(at, their)| Some((self.rank(our, their, tier)?, at, their)))
            .filter(|(.., their)| is_allowed(&our.property, &their.property, tier, self.sight.nouns))
            .map(|(rank, at, _)| (rank, at))
            .collect();
        found.sort_unstable();
        let is_money = is_money(&our.property);
        let best = found.first().map(|(rank, _)| *rank);
        let all = found.into_iter().filter(|(rank, _)| is_money || Some(*rank) == best).map(|(_, at)| at);
        (best.unwrap_or_default(), all.collect())
    }

    fn rank(&self, our: &Named<'_>, their: &Named<'_>, tier: Tier) -> Option<usize> {
        let name = our.property.name;
        let yes = match tier {
            Tier::Annotated => their.annotated == Some(name),
            Tier::Exact => their.property.name == name,
            Tier::Spelled => their.squashed == our.squashed,
            Tier::Known => {
                self.sight.known.iter().any(|(ours, theirs)| ours == name && theirs == their.property.name)
            }
            Tier::Words => their.key == our.key,
            Tier::Noun => their.noun.as_ref() == Some(&our.key),
            Tier::Bare => {
                their.bare == our.key
                    || (self.is_bare(our) && (their.bare == our.bare || their.key == our.bare))
            }
            Tier::Synonym => {
                let rank = |theirs: &str, ours: &str| {
                    let rows = OTHERS.get(theirs)?;
                    rows.iter().find(|(name, _)| name == ours).map(|(_, rank)| *rank)
                };
                if !self.stands_beside(&their.key) || !self.is_of_this(our, their) {
                    return None;
                }
                return rank(&their.key, &our.key)
                    .or_else(|| rank(&their.bare, &our.key))
                    .or_else(|| rank(&their.key, &our.bare).filter(|_| self.is_bare(our)));
            }
        };
        yes.then_some(0)
    }

    /// Some names mean ours only beside another, or without it: a rate alone may be that of the tax, and `since` alone is
    /// when records were changed.
    fn stands_beside(&self, their: &str) -> bool {
        let has = |words: &[&str]| {
            self.theirs.iter().any(|other| words.iter().any(|word| split_has(&other.key, word)))
        };
        match their {
            "rate" => has(&["tax"]),
            "since" => has(&["to", "until", "end", "before", "through", "max", "lte"]),
            // Beside the other one it is not said which of the two is meant.
            "net price" | "net price unit" => !self
                .theirs
                .iter()
                .any(|other| ["gross", "price"].iter().all(|word| split_has(&other.key, word))),
            _ => true,
        }
    }

    fn is_of_this(&self, our: &Named<'_>, their: &Named<'_>) -> bool {
        let mut rows = ALONE
            .iter()
            .filter(|(ours, theirs, _)| *ours == our.property.name && key(&canonical(theirs)) == their.key);
        rows.all(|(.., of)| self.sight.subject.iter().any(|word| word == of))
    }

    /// Without the words of the object it is no other field of ours: `bank_reference` is not the `reference`.
    fn is_bare(&self, our: &Named<'_>) -> bool {
        our.bare == our.key || !self.ours.iter().any(|other| other.key == our.bare)
    }

    /// What is left over of a type that both have once: a list of lines, a mail address, an enumeration of the same
    /// values.
    fn pair_unusual(&mut self) {
        let left = |named: &[Named<'_>], skip: &dyn Fn(usize) -> bool| -> Vec<(usize, String)> {
            let free = named.iter().enumerate().filter(|(at, one)| !skip(*at) && one.annotated.is_none());
            free.filter_map(|(at, one)| Some((at, unusual(&one.property)?))).collect()
        };
        let ours = left(self.ours, &|at| self.pairs.contains_key(&at) || self.unclear.contains_key(&at));
        let theirs = left(self.theirs, &|at| self.taken.contains(&at));
        for (at, what) in &ours {
            let one = ours.iter().filter(|(_, other)| other == what).count() == 1;
            let mut same = theirs.iter().filter(|(_, other)| other == what);
            let (Some((their, _)), None, true) = (same.next(), same.next(), one) else { continue };
            let (Some(our), Some(with)) = (self.ours.get(*at), self.theirs.get(*their)) else { continue };
            if alike_inside(our.property.schema, with.property.schema) {
                self.pairs.insert(*at, *their);
                self.taken.insert(*their);
            }
        }
    }

    fn told(mut self) -> Matched {
        let mut matched = Matched::default();
        for (at, our) in self.ours.iter().enumerate() {
            let name = our.property.name;
            let their = self.pairs.get(&at).and_then(|their| self.theirs.get(*their));
            if let Some(their) = their {
                matched.pairs.push((name.to_owned(), their.property.name.to_owned()));
                self.spell(our, their, &mut matched);
            } else {
                matched.missing.push(format!("{}{name}", self.sight.place));
                self.say_unclear(at, name);
                // Kept from being read and sent under the same name.
                if let Some(note) = self.told_scaled(our) {
                    self.notes.insert(0, note);
                    matched.fields.insert(name.to_owned(), Field::default());
                }
            }
        }
        // Rows in rows alone differ in nothing.
        let differs = |(name, field): (&String, &Field)| !field.again || *name != field.name;
        if !matched.fields.iter().any(differs) {
            matched.fields.clear();
        }
        let free = self.theirs.iter().enumerate().filter(|(at, _)| !self.taken.contains(at));
        for (_, their) in free.filter(|(_, their)| their.property.required) {
            if their.property.schema.get("default").is_none() {
                matched.demanded.push(format!("{}{}", self.sight.place, their.property.name));
            }
        }
        matched.notes.splice(0..0, self.notes);
        matched
    }

    fn say_unclear(&mut self, at: usize, name: &str) {
        let Some(candidates) = self.unclear.get(&at) else { return };
        let names: Vec<String> = candidates
            .iter()
            .filter_map(|at| Some(format!("`{}`", self.theirs.get(*at)?.property.name)))
            .collect();
        let place = self.sight.place;
        let what = if self.ours.get(at).is_some_and(|our| is_money(&our.property)) { "money, " } else { "" };
        self.notes.push(format!("{place}{name}: could be {}; {what}not translated", names.join(" or ")));
    }

    /// Writes down a pair: its name where it differs, its values, what it holds.
    fn spell(&mut self, our: &Named<'_>, their: &Named<'_>, matched: &mut Matched) {
        let (name, theirs) = (our.property.name, their.property.name);
        let place = format!("{}{name}", self.sight.place);
        if name != theirs {
            self.notes.push(format!("{place} → {theirs}"));
        }
        self.doubt(our, their, &place);
        let (values, lacking) = values::same(our.property.schema, their.property.schema, self.sight.nouns);
        for (ours, theirs) in &values {
            self.notes.push(format!("{place}: {ours} → {theirs}"));
        }
        if !lacking.is_empty() {
            self.notes.push(format!("{place}: no value there for {}", lacking.join(", ")));
        }
        let inner = inner(our, their, self.sight, &place);
        let inner = inner.map(|inner| {
            matched.missing.extend(inner.missing);
            // An optional object that is never sent demands nothing.
            matched.demanded.extend(inner.demanded);
            self.notes.extend(inner.notes);
            let only = inside(their.property.schema).and_then(listed).filter(|_| self.sight.sending);
            Shape { fields: inner.fields, only, ..Shape::default() }
        });
        let inner = inner.filter(|shape| !shape.fields.is_empty() || shape.only.is_some());
        let again = is_again(our, their, self.sight);
        if name != theirs || !values.is_empty() || inner.is_some() || again {
            matched.fields.insert(name.to_owned(), Field { name: theirs.to_owned(), values, inner, again });
        }
    }
}

/// Both hold a list that is left open, inside an object of a list: where rows hold rows, the reader stops.
fn is_again(our: &Named<'_>, their: &Named<'_>, sight: &Sight<'_>) -> bool {
    let open = |named: &Named<'_>| {
        let items = inside(named.property.schema).and_then(Value::as_object);
        items.is_some_and(serde_json::Map::is_empty)
    };
    !sight.sending && !sight.place.is_empty() && open(our) && open(their)
}

/// The fields of an object in an object, or of the objects in a list.
fn inner(our: &Named<'_>, their: &Named<'_>, sight: &Sight<'_>, place: &str) -> Option<Matched> {
    let depth = sight.depth.checked_sub(1)?;
    let (ours, theirs) = (inside(our.property.schema)?, inside(their.property.schema)?);
    if schema::properties(ours).is_empty() || schema::properties(theirs).is_empty() {
        return None;
    }
    let subject = [canonical(our.property.name), canonical(their.property.name)].concat();
    let place = format!("{place}.");
    let known: &[(String, String)] = &[];
    let sight = Sight { subject: &subject, known, place: &place, depth, ..*sight };
    Some(objects(ours, theirs, &sight))
}
