//! The table for one tool and its operation: path, names, values, envelopes; and what a person should know of it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::operations::verb;
use super::seen::{Role, template};
use super::wanted::Wanted;
use crate::catalogue::{Confirms, Effect};
use crate::spec::dialect::{Field, Listing, Shape, Sides, Spoken};
use crate::spec::envelope;
use crate::spec::fields::{self, Likeness, Matched, Nouns, Sight};
use crate::spec::operation::{In, Operation, Verb};
use crate::spec::schema::{self, Kind, Property};
use crate::spec::subjects::SUBJECTS;
use crate::spec::words::{canonical, is_dangerous, split};

/// Found by the record of another operation on the same resource.
pub struct Elsewhere<'a> {
    /// Ours and theirs.
    pub pairs: &'a [(String, String)],
    /// For answers that the description leaves out.
    pub answers: Option<&'a Shape>,
    /// What they call our resources.
    pub nouns: &'a Nouns,
}

/// What is said of one tool.
pub struct Told {
    pub spoken: Spoken,
    pub notes: Vec<String>,
    /// A name of the two differs, or is only in one of them.
    pub renamed: bool,
    /// Names of the record's fields, for requests and other tools of the same resource.
    pub pairs: Vec<(String, String)>,
}

pub fn told(want: &Wanted<'_>, theirs: &Operation, elsewhere: &Elsewhere<'_>) -> Told {
    let mut notes = Vec::new();
    if want.ours.verb != theirs.verb {
        notes.push(format!("{} → {}", verb(want.ours.verb), verb(theirs.verb)));
    }
    if template(&want.ours.path) != template(&theirs.path) {
        notes.push(format!("path {} → {}", want.ours.path, theirs.path));
    }
    let before = notes.len();
    let subject = SUBJECTS.get(want.subject).map(|subject| canonical(subject.name)).unwrap_or_default();
    let (answers, list, mut pairs, lacks) = answers(want, theirs, &subject, elsewhere, &mut notes);
    if pairs.is_empty() {
        pairs.extend_from_slice(elsewhere.pairs);
    }
    let sight = Sight::of(&subject, true, &pairs, elsewhere.nouns);
    let record = Record { shapes: [Some(&answers), elsewhere.answers] };
    let query = query(want, theirs, &sight, &record, &mut notes);
    let sends = sends(want, theirs, &sight, &record, &mut notes);
    let confirms = confirms(want, theirs, &mut notes);
    let listed = list.is_some();
    let same_list = || list.as_ref() == Some(&own_list(want.ours));
    let renamed = notes.len() > before || lacks || !query.is_empty() || (listed && !same_list());
    let list = list.filter(|_| want.role == Role::List);
    notes.sort_by_key(|note| !is_grave(note));
    let spoken =
        Spoken { verb: theirs.verb, path: theirs.path.clone(), query, sends, answers, list, confirms };
    Told { spoken, notes, renamed, pairs }
}

/// Whether a note is never left out where few are shown: calls that will be refused, and wrong amounts.
pub fn is_grave(note: &str) -> bool {
    ["REQUIRED", "cents", "hundred", "money"].iter().any(|word| note.contains(word))
}

fn own_list(ours: &Operation) -> Listing {
    let answer = ours.answer.as_ref().and_then(|answer| envelope::found(&answer.schema));
    envelope::listing(ours, answer.as_ref())
}

/// What is known of the record that a request is about.
struct Record<'a> {
    /// How it is read: in this answer, in that of another operation.
    shapes: [Option<&'a Shape>; 2],
}

impl Record<'_> {
    /// Gives a name of a request that has no values there the values of the record's field of the same name.
    fn lend(&self, matched: &mut Matched, ours: &[Property<'_>], theirs: &[Property<'_>]) {
        let listed = |all: &[Property<'_>], name: &str| -> Vec<String> {
            let found = all.iter().find(|one| one.name == name).map(|one| one.schema);
            let values = found.map(|one| [Some(one), schema::items(one)].into_iter().flatten());
            values.into_iter().flatten().flat_map(schema::values).map(str::to_owned).collect()
        };
        for (name, their) in &matched.pairs {
            let known = self.shapes.iter().flatten().find_map(|shape| shape.fields.get(name));
            let Some(known) = known.filter(|_| listed(theirs, their).is_empty()) else { continue };
            let own = listed(ours, name);
            let values: BTreeMap<String, String> =
                known.values.clone().into_iter().filter(|(value, _)| own.contains(value)).collect();
            if values.is_empty() {
                continue;
            }
            let told = values.iter().map(|(ours, theirs)| format!("{name}: {ours} → {theirs}"));
            matched.notes.extend(told);
            let same = || Field { name: their.clone(), ..Field::default() };
            matched.fields.entry(name.clone()).or_insert_with(same).values = values;
        }
    }
}

type Answers = (Shape, Option<Listing>, Vec<(String, String)>, bool);

/// The record in the answer, the envelope of a list, all pairs of names, and whether something is lacking.
fn answers(
    want: &Wanted<'_>,
    theirs: &Operation,
    subject: &[String],
    elsewhere: &Elsewhere<'_>,
    notes: &mut Vec<String>,
) -> Answers {
    let there = theirs.answer.as_ref().and_then(|answer| envelope::found(&answer.schema));
    let list = (want.role == Role::List).then(|| envelope::listing(theirs, there.as_ref()));
    let ours = want.ours.answer.as_ref().and_then(|answer| envelope::found(&answer.schema));
    let (Some(ours), Some(found)) = (ours, there) else {
        let same = elsewhere.answers.filter(|_| want.ours.answer.is_some());
        return (same.cloned().unwrap_or_default(), list, Vec::new(), false);
    };
    let record = ours.records.map_or(ours.schema, |(_, items)| items);
    let likeness = Likeness::of(record, subject);
    let (inside, object) = match &found.records {
        // Records of their own in each member: `{edges: [{node: {…}}]}`.
        Some((_, items)) => envelope::record(items, &|object| likeness.count(object)),
        None => envelope::record(found.schema, &|object| likeness.count(object)),
    };
    if schema::properties(object).is_empty() {
        return (Shape { inside, ..Shape::default() }, list, Vec::new(), false);
    }
    let outside = found.records.as_ref().map_or(found.schema, |(_, items)| items);
    let beside = !inside.is_empty() && has_id(outside);
    if beside && has_id(object) {
        notes.push(format!("the id outside `{}` there is lost, that inside is read", inside.join(".")));
    }
    let sight = Sight::of(subject, false, elsewhere.pairs, elsewhere.nouns);
    let mut matched = fields::objects(record, object, &sight);
    if beside && !has_id(object) {
        // Reading puts it into the record.
        matched.missing.retain(|name| name != "id");
    }
    let lacks = !matched.missing.is_empty() || !inside.is_empty();
    note(&matched, "answers: not there", notes);
    let shape = Shape { fields: matched.fields, inside, only: None };
    (shape, list, matched.pairs, lacks)
}

fn has_id(object: &Value) -> bool {
    schema::properties(object).iter().any(|one| one.name == "id")
}

fn note(matched: &Matched, lacking: &str, notes: &mut Vec<String>) {
    for line in &matched.notes {
        if !notes.contains(line) {
            notes.push(line.clone());
        }
    }
    if !matched.missing.is_empty() {
        notes.push(format!("{lacking}: {}", matched.missing.join(", ")));
    }
}

fn query(
    want: &Wanted<'_>,
    theirs: &Operation,
    sight: &Sight<'_>,
    record: &Record<'_>,
    notes: &mut Vec<String>,
) -> BTreeMap<String, Field> {
    let (paging, own_paging) = (envelope::asks(theirs), envelope::asks(want.ours));
    let schemas = |operation: &Operation, paging: &Sides| -> Vec<(String, Value, bool)> {
        let asked = operation.parameters.iter().filter(|one| one.place == In::Query);
        let filters = asked.filter(|one| !envelope::is_paging(paging, &one.name));
        filters.map(|one| (one.name.clone(), with_description(one), one.required)).collect()
    };
    let (ours, there) = (schemas(want.ours, &own_paging), schemas(theirs, &paging));
    let ours = as_properties(&ours);
    // A field to sort by is spelled in their words: without the same parameter it is left to this side.
    let filters: Vec<Property<'_>> = ours.iter().filter(|one| one.name != "sort").copied().collect();
    // `filter[status]`
    let subject = [sight.subject, &["filter".to_owned()]].concat();
    let sight = Sight { subject: &subject, ..*sight };
    let there = as_properties(&there);
    let mut matched = fields::properties(&filters, &there, &sight);
    record.lend(&mut matched, &filters, &there);
    let mut query = matched.fields.clone();
    let sort = ours.iter().any(|one| one.name == "sort") && there.iter().all(|one| one.name != "sort");
    for name in matched.missing.iter().map(String::as_str).chain(sort.then_some("sort")) {
        query.insert(name.to_owned(), Field::default());
    }
    note(&matched, "parameters not there, left out", notes);
    let demanded: Vec<&String> = matched.demanded.iter().filter(|name| *name != "sort").collect();
    if !demanded.is_empty() {
        notes.push(refused("parameters", &demanded));
    }
    query
}

fn as_properties(all: &[(String, Value, bool)]) -> Vec<Property<'_>> {
    all.iter().map(|(name, schema, required)| Property { name, schema, required: *required }).collect()
}

fn refused(what: &str, names: &[&String]) -> String {
    let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
    format!("REQUIRED {what} that no tool sends: {}; calls will be refused", names.join(", "))
}

/// The schema of a parameter with what stands beside it.
fn with_description(parameter: &crate::spec::Parameter) -> Value {
    let mut schema = parameter.schema.clone();
    if let Value::Object(map) = &mut schema
        && !map.contains_key("description")
    {
        map.insert("description".into(), Value::String(parameter.description.clone()));
    }
    schema
}

fn sends(
    want: &Wanted<'_>,
    theirs: &Operation,
    sight: &Sight<'_>,
    record: &Record<'_>,
    notes: &mut Vec<String>,
) -> Shape {
    let Some(ours) = &want.ours.body else { return Shape::default() };
    let Some(body) = theirs.body.as_ref().filter(|body| !schema::properties(&body.schema).is_empty()) else {
        return named(&ours.schema, sight.known);
    };
    let likeness = Likeness::of(&ours.schema, sight.subject);
    let (inside, object) = envelope::record(&body.schema, &|object| likeness.count(object));
    let mut matched = fields::objects(&ours.schema, object, sight);
    record.lend(&mut matched, &schema::properties(&ours.schema), &schema::properties(object));
    note(&matched, "requests: not there", notes);
    let demanded: Vec<&String> = matched.demanded.iter().collect();
    if !demanded.is_empty() && theirs.verb != Verb::Patch {
        notes.push(refused("fields", &demanded));
    }
    if !inside.is_empty() {
        notes.push(format!("requests: inside `{}`", inside.join(".")));
    }
    Shape { fields: matched.fields, inside, only: fields::listed(object) }
}

/// A request that the description leaves out: its names are those of the record.
fn named(ours: &Value, pairs: &[(String, String)]) -> Shape {
    let fields = schema::properties(ours).into_iter().filter_map(|one| {
        let (_, theirs) = pairs.iter().find(|(ours, theirs)| ours == one.name && ours != theirs)?;
        Some((one.name.to_owned(), Field { name: theirs.clone(), ..Field::default() }))
    });
    Shape { fields: fields.collect(), ..Shape::default() }
}

/// Whether a person has to be asked although the row does not ask.
fn confirms(want: &Wanted<'_>, theirs: &Operation, notes: &mut Vec<String>) -> bool {
    if want.endpoint.confirms == Confirms::Always {
        return false;
    }
    let own = [want.endpoint.tool, &want.ours.summary, &want.ours.path].map(split).concat();
    let id = theirs.id.as_deref().unwrap_or_default();
    let mut words = split(id);
    if want.endpoint.effect != Effect::Reads {
        words.extend(split(&theirs.summary));
    }
    let method = verb(theirs.verb).to_ascii_lowercase();
    let is_method = |word: &str| word.strip_suffix('s').unwrap_or(word) == method;
    let mut found: Vec<String> = words
        .into_iter()
        .filter(|word| is_dangerous(word) && !own.contains(word) && !is_method(word))
        // `getClientByEmail` mails nobody.
        .filter(|word| want.endpoint.effect != Effect::Reads || !word.contains("mail"))
        .collect();
    let body = theirs.body.as_ref().map(|body| schema::properties(&body.schema)).unwrap_or_default();
    found.extend(body.iter().filter(|one| sends_by_itself(one)).map(|one| one.name.to_owned()));
    found.dedup();
    if let Some(word) = found.first() {
        notes.push(format!("asks first: the description says `{word}`"));
    }
    !found.is_empty()
}

/// A switch that acts unless it is turned off.
fn sends_by_itself(property: &Property<'_>) -> bool {
    schema::kind(property.schema) == Kind::Boolean
        && schema::flag(property.schema, "default")
        && split(property.name).iter().any(|word| is_dangerous(word))
}
