//! The catalogue beside a description: which operation is which tool, and what is spelled differently there.

mod operations;
mod records;
mod seen;
mod translation;
mod wanted;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::fields::Nouns;
use super::operation::Verb;
use super::subjects::{Names, SUBJECTS};
use super::words::canonical;
use super::{Dialect, Document, Operation, Shape, Spoken};
use crate::catalogue;
use operations::Assigned;
use seen::{Role, Seen};
use translation::{Elsewhere, Told};
use wanted::Wanted;

/// All tools of the catalogue, each with what was found for it, and what no tool calls.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// In the order of the catalogue.
    pub rows: Vec<Row>,
    /// Operations that no tool calls, in the order of the document.
    pub new: Vec<Operation>,
    /// How to talk to an API that follows the description.
    pub dialect: Dialect,
}

#[derive(Clone, Debug)]
pub struct Row {
    pub tool: &'static str,
    pub verdict: Verdict,
    /// What is spelled differently, for people: `client_id → customerId`, one a line; what is only in one of the two, too.
    pub notes: Vec<String>,
}

impl Row {
    /// Whether one of the notes is always shown, however many there are.
    pub fn is_grave(note: &str) -> bool {
        translation::is_grave(note)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The same method and path, and every name the same.
    Same,
    /// Another path.
    Moved,
    /// Another method (and maybe path).
    OtherVerb,
    /// Only names of fields, parameters, values or the envelope differ.
    Renamed,
    /// The description has no such operation, or none that could be told from others.
    Missing,
}

/// Any report by its name: the one tool without an operation of its own.
const ANY_REPORT: &str = "get_report";

impl Comparison {
    /// Compares. `ours` is what the catalogue was made from.
    pub fn of(ours: &Document, theirs: &Document) -> Self {
        let (ours, theirs) = (ours.operations(), theirs.operations());
        let names = Names::new();
        let skip = seen::shared_prefix(&theirs, &names);
        let wanted: Vec<Wanted<'_>> = ours.iter().filter_map(Wanted::of).collect();
        let seen: Vec<Seen<'_>> = theirs.iter().map(|one| Seen::of(one, skip, &names)).collect();
        let mut assigned = operations::assign(&wanted, &seen);
        let mut found = told(&wanted, &seen, &assigned);
        let mut rows = Vec::new();
        let mut dialect = Dialect::default();
        let mut used: BTreeSet<usize> = assigned.found.values().copied().collect();
        for endpoint in catalogue::all() {
            let at = wanted.iter().position(|want| want.endpoint.tool == endpoint.tool);
            let told = at.and_then(|at| Some((wanted.get(at)?, found.remove(&at)?)));
            let row = match (told, at) {
                (Some((want, told)), _) => {
                    let verdict = verdict(want, &told);
                    dialect.spoken.insert(endpoint.tool.to_owned(), told.spoken);
                    Row { tool: endpoint.tool, verdict, notes: told.notes }
                }
                (None, Some(at)) => {
                    let notes = assigned.notes.remove(&at).unwrap_or_default();
                    Row { tool: endpoint.tool, verdict: Verdict::Missing, notes }
                }
                (None, None) => Row { tool: endpoint.tool, verdict: Verdict::Missing, notes: Vec::new() },
            };
            rows.push(row);
        }
        // It stands where the others were found.
        for row in rows.iter_mut().filter(|row| row.tool == ANY_REPORT) {
            if let Some(path) = any_report(&seen, &dialect, &mut used) {
                *row = by_name(path, &mut dialect);
            }
        }
        let all = theirs.iter().enumerate().filter(|(at, _)| !used.contains(at));
        let new = all.map(|(_, operation)| operation.clone()).collect();
        Self { rows, new, dialect }
    }
}

/// The tables of all tools that were found. The record of a resource is read where it is described best, and its names
/// count for the other operations too.
fn told(wanted: &[Wanted<'_>], seen: &[Seen<'_>], assigned: &Assigned) -> BTreeMap<usize, Told> {
    let mut order: Vec<usize> = assigned.found.keys().copied().collect();
    let rank = |at: &usize| match wanted.get(*at).map(|want| want.role) {
        Some(Role::Get) => 0,
        Some(Role::List) => 1,
        _ => 2,
    };
    order.sort_by_key(rank);
    let mut pairs: BTreeMap<usize, Vec<(String, String)>> = BTreeMap::new();
    let mut shapes: BTreeMap<usize, Shape> = BTreeMap::new();
    let nouns = nouns(wanted, seen, assigned);
    let mut found = BTreeMap::new();
    for at in order {
        let their = assigned.found.get(&at).and_then(|their| seen.get(*their));
        let (Some(want), Some(their)) = (wanted.get(at), their) else { continue };
        let elsewhere = Elsewhere {
            pairs: pairs.get(&want.subject).map_or(&[], Vec::as_slice),
            answers: shapes.get(&want.subject),
            nouns: &nouns,
        };
        let told = translation::told(want, their.operation, &elsewhere);
        let known = pairs.entry(want.subject).or_default();
        if known.is_empty() {
            known.clone_from(&told.pairs);
        }
        if !told.spoken.answers.fields.is_empty() {
            let shape = Shape { inside: Vec::new(), ..told.spoken.answers.clone() };
            shapes.entry(want.subject).or_insert(shape);
        }
        found.insert(at, told);
    }
    found
}

/// What the paths of the operations that were found call our resources.
fn nouns(wanted: &[Wanted<'_>], seen: &[Seen<'_>], assigned: &Assigned) -> Nouns {
    Nouns::of(assigned.found.iter().filter_map(|(at, their)| {
        let (want, seen) = (wanted.get(*at)?, seen.get(*their)?);
        let of_records = !matches!(want.role, Role::Act | Role::Only);
        let subject = SUBJECTS.get(want.subject).filter(|_| of_records)?;
        Some((canonical(seen.noun()?), canonical(subject.name)))
    }))
}

fn verdict(want: &Wanted<'_>, told: &Told) -> Verdict {
    if want.ours.verb != told.spoken.verb {
        Verdict::OtherVerb
    } else if seen::template(&want.ours.path) != seen::template(&told.spoken.path) {
        Verdict::Moved
    } else if told.renamed {
        Verdict::Renamed
    } else {
        Verdict::Same
    }
}

/// The path of [`ANY_REPORT`]: of the operation that gives a report by its name, else where the reports that were found
/// stand side by side.
fn any_report(seen: &[Seen<'_>], dialect: &Dialect, used: &mut BTreeSet<usize>) -> Option<String> {
    let report = super::subjects::of_tool(ANY_REPORT);
    let by_name: Vec<(usize, &Seen<'_>)> = seen
        .iter()
        .enumerate()
        .filter(|(at, one)| {
            let about = one.by_path.iter().any(|meaning| meaning.sure && Some(meaning.subject) == report);
            let alone = one.operation.verb == Verb::Get && one.parameters == 1 && one.trailing;
            about && alone && one.acting.is_empty() && !one.other && !used.contains(at)
        })
        .collect();
    match by_name.as_slice() {
        [(at, one)] => {
            used.insert(*at);
            Some(one.operation.path.clone())
        }
        [] => beside_reports(&dialect.spoken),
        _ => None,
    }
}

fn by_name(path: String, dialect: &mut Dialect) -> Row {
    let ours = catalogue::find(ANY_REPORT).map_or("", |endpoint| endpoint.path);
    let same = seen::template(&path) == seen::template(ours);
    let notes = if same { Vec::new() } else { vec![format!("path {ours} → {path}")] };
    let spoken = Spoken {
        verb: Verb::Get,
        path,
        query: BTreeMap::new(),
        sends: Shape::default(),
        answers: Shape::default(),
        list: None,
        confirms: false,
    };
    dialect.spoken.insert(ANY_REPORT.to_owned(), spoken);
    Row { tool: ANY_REPORT, verdict: if same { Verdict::Same } else { Verdict::Moved }, notes }
}

/// `/v2/reports/{name}`, where at least two of our reports stand in one place.
fn beside_reports(spoken: &BTreeMap<String, Spoken>) -> Option<String> {
    let mut parents = ["get_profit_and_loss", "get_balance_sheet", "get_vat_report"]
        .iter()
        .filter_map(|tool| Some(spoken.get(*tool)?.path.rsplit_once('/')?.0));
    let parent = parents.next()?;
    let mut others = parents.peekable();
    (others.peek().is_some() && others.all(|other| other == parent)).then(|| format!("{parent}/{{name}}"))
}
