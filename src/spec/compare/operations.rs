//! Which operation is which tool. First those that the user named, then equal paths, then by words: the operations of
//! one resource of theirs belong to one subject of ours, and within it method and shape decide. Nothing is accepted that
//! is not clearly ahead of everything else.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::records::Records;
use super::seen::{Role, Seen};
use super::wanted::Wanted;
use crate::spec::operation::{Operation, Verb};
use crate::spec::subjects::{Meaning, SUBJECTS};
use crate::spec::words::{is_noise, key, singular, split};

/// Names the tool of an operation: wins over every guess, not over method and shape.
pub const ANNOTATION: &str = "x-lumabill-tool";

/// From where on a resource is one of ours: a sure name of path or operations alone, or a likely one with fields.
const ENOUGH: f64 = 2.8;
/// How far ahead of the next one it has to be.
const AHEAD: f64 = 1.2;

/// What was found for each tool, by its place among the wanted.
#[derive(Default)]
pub struct Assigned {
    /// Place among theirs.
    pub found: BTreeMap<usize, usize>,
    /// For people, about tools without an operation.
    pub notes: BTreeMap<usize, Vec<String>>,
    taken: HashSet<usize>,
}

impl Assigned {
    fn take(&mut self, wanted: usize, theirs: usize) {
        self.found.insert(wanted, theirs);
        self.taken.insert(theirs);
    }

    fn note(&mut self, wanted: usize, note: String) {
        self.notes.entry(wanted).or_default().push(note);
    }
}

/// All of theirs that are about one thing.
struct Family {
    members: Vec<usize>,
}

pub fn assign(wanted: &[Wanted<'_>], theirs: &[Seen<'_>]) -> Assigned {
    let mut assigned = Assigned::default();
    by_annotation(wanted, theirs, &mut assigned);
    let records = Records::of(wanted);
    by_path(wanted, theirs, &records, &mut assigned);
    let families = families(theirs);
    let scored = scores(wanted, theirs, &families, &records);
    by_words(wanted, theirs, &families, &scored, &mut assigned);
    tell_left(wanted, theirs, &mut assigned);
    assigned
}

/// Names what was looked at for a tool and not taken: an id in the path too many, a name that says something else.
fn tell_left(wanted: &[Wanted<'_>], theirs: &[Seen<'_>], assigned: &mut Assigned) {
    for (at, want) in wanted.iter().enumerate() {
        if assigned.found.contains_key(&at) || assigned.notes.contains_key(&at) {
            continue;
        }
        let near = theirs.iter().enumerate().filter(|(their, seen)| {
            let sure =
                seen.by_path.iter().chain(&seen.by_id).any(|one| one.sure && one.subject == want.subject);
            sure && want.is_method(seen.operation.verb) && !assigned.taken.contains(their)
        });
        let told = |seen: &Seen<'_>| match want.acting_word(seen) {
            Some(word) => format!("{} (says `{word}`, this tool reads)", line(seen)),
            None => line(seen),
        };
        let names: Vec<String> = near.take(3).map(|(_, seen)| told(seen)).collect();
        if !names.is_empty() {
            assigned.note(at, format!("near, but not taken: {}", names.join(", ")));
        }
    }
}

fn by_annotation(wanted: &[Wanted<'_>], theirs: &[Seen<'_>], assigned: &mut Assigned) {
    for (at, want) in wanted.iter().enumerate() {
        let tool = want.endpoint.tool;
        let named: Vec<usize> = (0..theirs.len())
            .filter(|at| theirs.get(*at).is_some_and(|seen| annotation(seen.operation) == Some(tool)))
            .collect();
        match named.as_slice() {
            [] => {}
            [only] => match theirs.get(*only) {
                Some(seen) if want.is_safe(seen) => assigned.take(at, *only),
                Some(seen) => assigned.note(
                    at,
                    format!(
                        "{} says `{ANNOTATION}`, but its method, path parameters or words that act are none for it",
                        line(seen)
                    ),
                ),
                None => {}
            },
            _ => assigned.note(at, format!("several operations say `{ANNOTATION}: {tool}`")),
        }
    }
}

fn annotation(operation: &Operation) -> Option<&str> {
    operation.extensions.get(ANNOTATION).and_then(Value::as_str)
}

/// `GET /v1/invoices`
pub fn line(seen: &Seen<'_>) -> String {
    format!("{} {}", verb(seen.operation.verb), seen.operation.path)
}

pub fn verb(verb: Verb) -> &'static str {
    match verb {
        Verb::Get => "GET",
        Verb::Post => "POST",
        Verb::Put => "PUT",
        Verb::Patch => "PATCH",
        Verb::Delete => "DELETE",
    }
}

fn by_path(wanted: &[Wanted<'_>], theirs: &[Seen<'_>], records: &Records, assigned: &mut Assigned) {
    let mut by_template: BTreeMap<(Verb, String), usize> = BTreeMap::new();
    for (at, seen) in theirs.iter().enumerate() {
        by_template.insert((seen.operation.verb, seen.template()), at);
    }
    for (at, want) in wanted.iter().enumerate() {
        if assigned.found.contains_key(&at) || assigned.notes.contains_key(&at) {
            continue;
        }
        let Some(found) = by_template.get(&(want.ours.verb, want.template.clone())).copied() else {
            continue;
        };
        let Some(seen) = theirs.get(found).filter(|_| !assigned.taken.contains(&found)) else { continue };
        let newer = seen.operation.deprecated
            && theirs
                .iter()
                .any(|other| !other.operation.deprecated && other.key == seen.key && other.can_be(want.role));
        let another = is_another(want.subject, seen)
            || want.role.does().is_some_and(|does| seen.contradicts(does))
            || records.alike(want.subject, seen) == Some(0.0);
        if annotation(seen.operation).is_some() || newer || !want.is_safe(seen) {
            continue;
        }
        if another {
            assigned.note(at, format!("{} is there, but is about something else", line(seen)));
        } else {
            assigned.take(at, found);
        }
    }
}

/// Its name speaks of another subject alone.
fn is_another(subject: usize, seen: &Seen<'_>) -> bool {
    let sure = |meanings: &[Meaning]| {
        !meanings.is_empty()
            && meanings.iter().all(|meaning| meaning.subject != subject)
            && meanings.iter().any(|meaning| meaning.sure)
    };
    sure(&seen.by_id)
}

fn families(theirs: &[Seen<'_>]) -> Vec<Family> {
    let mut by_key: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, seen) in theirs.iter().enumerate() {
        if seen.other || annotation(seen.operation).is_some() {
            continue;
        }
        let sure = seen.by_id.iter().find(|meaning| meaning.sure);
        let key = match sure {
            // A path without a word of ours: the names of the operations hold the family together.
            Some(meaning) if seen.by_path.is_empty() => format!("#{}", meaning.subject),
            _ => seen.key.clone(),
        };
        by_key.entry(key).or_default().push(at);
    }
    by_key.into_values().map(|members| Family { members }).collect()
}

/// Points of a family for a subject.
#[derive(Clone, Copy)]
struct Score {
    subject: usize,
    family: usize,
    points: f64,
}

fn scores(wanted: &[Wanted<'_>], theirs: &[Seen<'_>], families: &[Family], records: &Records) -> Vec<Score> {
    let mut scores = Vec::new();
    for subject in 0..SUBJECTS.len() {
        let roles: Vec<Role> =
            wanted.iter().filter(|want| want.subject == subject).map(|want| want.role).collect();
        let ours = wanted.iter().find(|want| want.subject == subject).map(|want| literal(&want.ours.path));
        for (family, all) in families.iter().enumerate() {
            let members: Vec<&Seen<'_>> = all.members.iter().filter_map(|at| theirs.get(*at)).collect();
            if !members.iter().any(|seen| means(subject, seen)) {
                continue;
            }
            let fitting: Vec<&Seen<'_>> = members
                .into_iter()
                .filter(|seen| roles.iter().any(|role| seen.can_be(*role)) && !is_another(subject, seen))
                .collect();
            if let Some(points) = points(subject, &fitting, records, ours.as_deref()) {
                scores.push(Score { subject, family, points });
            }
        }
    }
    scores.sort_by(|one, other| other.points.total_cmp(&one.points));
    scores
}

fn literal(path: &str) -> String {
    let words = path.split('/').filter(|segment| !segment.starts_with('{')).flat_map(split);
    let words: Vec<String> =
        words.filter(|word| !is_noise(word)).map(|word| singular(&word).to_owned()).collect();
    key(&words)
}

fn means(subject: usize, seen: &Seen<'_>) -> bool {
    seen.by_path.iter().chain(&seen.by_id).any(|meaning| meaning.subject == subject)
}

fn points(subject: usize, members: &[&Seen<'_>], records: &Records, literal: Option<&str>) -> Option<f64> {
    let first = members.first()?;
    let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    let worth = |meanings: &[Meaning]| match meanings.iter().find(|meaning| meaning.subject == subject) {
        Some(meaning) if meaning.sure => 1.0,
        Some(_) => 0.5,
        None if meanings.iter().any(|meaning| meaning.sure) => -0.5,
        None => 0.0,
    };
    let mean = |of: &dyn Fn(&Seen<'_>) -> f64| {
        members.iter().map(|seen| of(seen)).sum::<f64>() / count(members.len())
    };
    let path = worth(&first.by_path);
    let id = mean(&|seen| worth(&seen.by_id));
    let tags = mean(&|seen| worth(&seen.by_tags));
    let summary = mean(&|seen| worth(&seen.by_summary));
    let alike = members.iter().filter_map(|seen| records.alike(subject, seen)).reduce(f64::max);
    let sure = path >= 1.0 || id >= 0.9;
    // A word that means other things elsewhere needs a record that looks like ours, where records are described; and a
    // sure one is none with a record that has nothing of ours.
    if alike.is_some_and(|alike| alike <= if sure { 0.0 } else { 0.34 }) {
        return None;
    }
    let same = if Some(first.literal.as_str()) == literal { 1.0 } else { 0.0 };
    let kept = 3.0 * alike.unwrap_or(0.0);
    Some(4.0 * path + 3.0 * id + 1.5 * tags + summary + same + kept)
}

fn by_words(
    wanted: &[Wanted<'_>],
    theirs: &[Seen<'_>],
    families: &[Family],
    scored: &[Score],
    assigned: &mut Assigned,
) {
    let mut done: HashSet<usize> = HashSet::new();
    let mut used: HashSet<usize> = HashSet::new();
    for score in scored {
        if done.contains(&score.subject) || score.points < ENOUGH {
            continue;
        }
        let Some(family) = families.get(score.family) else { continue };
        if used.contains(&score.family) && !shares(score.subject) {
            continue;
        }
        done.insert(score.subject);
        let rivals: Vec<&Score> = scored
            .iter()
            .filter(|other| {
                let close = other.points > score.points - AHEAD;
                let same_subject = other.subject == score.subject && other.family != score.family;
                let same_family = other.family == score.family && other.subject != score.subject;
                close
                    && ((same_subject && !used.contains(&other.family))
                        || (same_family && !done.contains(&other.subject) && !shares(score.subject)))
            })
            .collect();
        let open: Vec<usize> = (0..wanted.len())
            .filter(|at| wanted.get(*at).is_some_and(|want| want.subject == score.subject))
            .filter(|at| !assigned.found.contains_key(at))
            .collect();
        if rivals.is_empty() {
            used.insert(score.family);
            for at in open {
                choose(at, wanted, theirs, family, assigned);
            }
        } else {
            for at in open {
                let among = rivals.iter().filter_map(|rival| families.get(rival.family)).chain([family]);
                tell_rivals(at, wanted, theirs, among, assigned);
            }
        }
    }
}

/// The company and its profile are often one resource: a list, a record and the one of this account.
fn shares(subject: usize) -> bool {
    SUBJECTS.get(subject).is_some_and(|subject| matches!(subject.name, "company info" | "profile"))
}

fn tell_rivals<'f>(
    at: usize,
    wanted: &[Wanted<'_>],
    theirs: &[Seen<'_>],
    among: impl Iterator<Item = &'f Family>,
    assigned: &mut Assigned,
) {
    let Some(want) = wanted.get(at) else { return };
    let mut names: Vec<String> = among
        .flat_map(|family| &family.members)
        .filter_map(|member| theirs.get(*member))
        .filter(|seen| seen.can_be(want.role))
        .map(line)
        .collect();
    names.sort();
    names.dedup();
    if !names.is_empty() {
        assigned.note(at, could_be(&names));
    }
}

fn could_be(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(4).map(String::as_str).collect();
    format!("could be {}: say which with `{ANNOTATION}`", shown.join(" or "))
}

/// The operation of a family that the tool calls: the best one, if it is better than the next.
fn choose(at: usize, wanted: &[Wanted<'_>], theirs: &[Seen<'_>], family: &Family, assigned: &mut Assigned) {
    let Some(want) = wanted.get(at) else { return };
    let mut found: Vec<(_, usize)> = family
        .members
        .iter()
        .filter(|member| !assigned.taken.contains(member))
        .filter_map(|member| Some((theirs.get(*member)?, *member)))
        .filter(|(seen, _)| seen.can_be(want.role) && want.is_safe(seen) && !is_another(want.subject, seen))
        .map(|(seen, member)| (preference(want, seen), member))
        .collect();
    found.sort_unstable();
    match found.as_slice() {
        [] => {}
        [(_, only)] => assigned.take(at, *only),
        [(best, first), (next, _), ..] if best < next => assigned.take(at, *first),
        several => {
            let names: Vec<String> =
                several.iter().filter_map(|(_, member)| theirs.get(*member)).map(line).collect();
            assigned.note(at, could_be(&names));
        }
    }
}

/// The smaller, the better.
fn preference(want: &Wanted<'_>, seen: &Seen<'_>) -> (bool, bool, u32, bool, usize, bool, u8) {
    let searches =
        ["search", "find", "query", "lookup"].iter().any(|word| seen.operation.path.contains(word));
    let segment =
        seen.operation.path.split('/').rfind(|segment| !segment.is_empty() && !segment.starts_with('{'));
    let plural = segment.is_some_and(|segment| segment.ends_with('s'));
    let number = (want.role == Role::List && !plural) || (want.role == Role::Only && plural);
    let method = match seen.operation.verb {
        Verb::Put => 0,
        Verb::Patch => 1,
        _ => 2,
    };
    let exact = seen.template() != want.template;
    (
        seen.operation.deprecated,
        exact,
        u32::MAX - seen.version,
        searches,
        seen.path_does.len(),
        number,
        method,
    )
}
