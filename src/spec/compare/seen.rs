//! An operation as the comparison sees it: the words of its path, name, tags and summary, what they mean, and the shape
//! of its path and answer.

use crate::spec::envelope::{self, Found};
use crate::spec::operation::{Operation, Verb};
use crate::spec::subjects::{self, Meaning, Names};
use crate::spec::words::{self, Does, canonical, key};

/// What one of our tools does, by method and shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    List,
    /// One record by its id.
    Get,
    /// One object that needs no id: a report, the company.
    Only,
    Create,
    Update,
    Delete,
    /// Something is done to a record.
    Act,
}

impl Role {
    /// What a name says that is this; `None` for acts, which have words of their own.
    pub fn does(self) -> Option<Does> {
        match self {
            Self::List | Self::Get | Self::Only => Some(Does::Looks),
            Self::Create => Some(Does::Creates),
            Self::Update => Some(Does::Updates),
            Self::Delete => Some(Does::Deletes),
            Self::Act => None,
        }
    }
}

#[derive(Debug)]
pub struct Seen<'a> {
    pub operation: &'a Operation,
    /// Words of the path without parameters behind the last word, verbs and prefixes; `{}` for a parameter between words.
    pub key: String,
    /// The same, each word as it stands: how far they are ours without synonyms.
    pub literal: String,
    pub version: u32,
    /// Parameters in the path.
    pub parameters: usize,
    /// The last of them stands at the end, but for a verb behind it.
    pub trailing: bool,
    /// Verbs in the path, and in the `operationId`.
    pub path_does: Vec<Does>,
    pub id_does: Vec<Does>,
    pub by_path: Vec<Meaning>,
    pub by_id: Vec<Meaning>,
    pub by_tags: Vec<Meaning>,
    pub by_summary: Vec<Meaning>,
    /// The path or the name says that this is not the thing itself (`archived`, `template`).
    pub other: bool,
    /// A word of the name is that of an act that cannot be taken back.
    pub acts: bool,
    /// Words of name, summary and path that say that something is done, mail apart: `getClientByEmail` mails nobody.
    pub acting: Vec<String>,
    /// What the answer holds, where it is described.
    pub found: Option<Found<'a>>,
}

impl<'a> Seen<'a> {
    /// `skip` is how many segments in front all paths share.
    pub fn of(operation: &'a Operation, skip: usize, names: &Names) -> Self {
        let path = PathWords::of(&operation.path, skip);
        let (id_words, id_does) = said(operation.id.as_deref().unwrap_or_default());
        let by_path = names.meant(&path.words).to_vec();
        let by_id = names.meant(&id_words).to_vec();
        let by_tags = operation.tags.iter().flat_map(|tag| names.meant(&said(tag).0).to_vec()).collect();
        let summary = said(operation.summary.split(['.', ',', ';', '(', ':']).next().unwrap_or_default());
        Self {
            key: path.key,
            literal: key(&path.literal),
            version: path.version,
            parameters: path.parameters,
            trailing: path.trailing,
            path_does: path.does,
            id_does,
            other: (by_path.is_empty() && subjects::is_other(&path.words))
                || (by_path.is_empty() && by_id.is_empty() && subjects::is_other(&id_words))
                || subjects::is_a_part(&id_words),
            acts: words::split(operation.id.as_deref().unwrap_or_default())
                .iter()
                .any(|word| words::is_dangerous(word)),
            acting: acting(operation, skip),
            by_path,
            by_id,
            by_tags,
            by_summary: names.meant(&summary.0).to_vec(),
            found: operation.answer.as_ref().and_then(|answer| envelope::found(&answer.schema)),
            operation,
        }
    }

    /// Whether it can be what a tool of this role calls: the method and the shape of its path, and no verb that says
    /// otherwise. This is what keeps a delete from ever being anything else.
    pub fn can_be(&self, role: Role) -> bool {
        let verb = self.operation.verb;
        let on_record = self.parameters == 1 && self.trailing;
        let on_all = self.parameters == 0;
        let shaped = match role {
            Role::List => verb == Verb::Get && on_all && self.lists() != Some(false),
            Role::Only => verb == Verb::Get && on_all && self.lists() != Some(true),
            Role::Get => verb == Verb::Get && on_record && self.lists() != Some(true),
            Role::Create => verb == Verb::Post && on_all,
            Role::Update => matches!(verb, Verb::Put | Verb::Patch | Verb::Post) && on_record,
            Role::Delete => verb == Verb::Delete && on_record,
            Role::Act => matches!(verb, Verb::Post | Verb::Put) && self.parameters == 1,
        };
        let says = role.does().is_none_or(|wanted| self.says(wanted, verb));
        shaped && says && (!on_record || role == Role::Act || self.takes_an_id())
    }

    /// Verbs of path and name do not contradict, and an act that cannot be taken back is none of these.
    fn says(&self, wanted: Does, verb: Verb) -> bool {
        let acts = self.acts && !self.id_does.iter().any(|does| agrees(*does, wanted, verb));
        self.path_does.iter().all(|does| agrees(*does, wanted, verb)) && !self.contradicts(wanted) && !acts
    }

    /// The name says that something else is done: a search by POST is no create.
    pub fn contradicts(&self, wanted: Does) -> bool {
        let verb = self.operation.verb;
        !self.id_does.is_empty() && !self.id_does.iter().any(|does| agrees(*does, wanted, verb))
    }

    /// The last segment of the path that is no parameter: what they call the record.
    pub fn noun(&self) -> Option<&str> {
        self.operation.path.split('/').rfind(|segment| !segment.is_empty() && !segment.starts_with('{'))
    }

    /// The path with every parameter as `{}`: equal for the same path.
    pub fn template(&self) -> String {
        template(&self.operation.path)
    }

    /// `true` for a list of records, `false` for one object, `None` where nothing is said.
    fn lists(&self) -> Option<bool> {
        self.found.as_ref().map(|found| found.records.is_some())
    }

    /// The parameter in the path is no year, mail address or the like.
    fn takes_an_id(&self) -> bool {
        const NOT_AN_ID: &[&str] = &[
            "year", "month", "date", "email", "status", "type", "name", "period", "slug", "state", "format",
        ];
        let names = self.operation.path.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
        !names.map(canonical).any(|words| words.last().is_some_and(|last| NOT_AN_ID.contains(&last.as_str())))
    }
}

fn acting(operation: &Operation, skip: usize) -> Vec<String> {
    let path = operation.path.split('/').filter(|segment| !segment.is_empty()).skip(skip);
    let path = path.filter(|segment| !segment.starts_with('{')).flat_map(words::split);
    // The day of issue is no act.
    let summary = operation.summary.to_lowercase().replace("issue date", "").replace("date of issue", "");
    let all = words::split(operation.id.as_deref().unwrap_or_default()).into_iter();
    let all = all.chain(words::split(&summary)).chain(path);
    all.filter(|word| words::is_dangerous(word) && !word.contains("mail")).collect()
}

/// The path with every parameter as `{}`.
pub fn template(path: &str) -> String {
    let mut inside = false;
    path.chars()
        .filter(|letter| {
            let was = inside;
            inside = (inside || *letter == '{') && *letter != '}';
            !was || *letter == '}'
        })
        .collect()
}

/// `put` and `post` in a name are often just the method.
fn agrees(does: Does, wanted: Does, verb: Verb) -> bool {
    let is_method = matches!(verb, Verb::Post | Verb::Put) && does == Does::Creates;
    does == wanted || (is_method && wanted == Does::Updates)
}

/// Words of a name without verbs and noise, and its verbs.
fn said(text: &str) -> (Vec<String>, Vec<Does>) {
    let mut does = Vec::new();
    let mut rest = String::new();
    for word in words::split(text) {
        match words::does(&word).or_else(|| words::does(words::singular(&word))) {
            Some(verb) => does.push(verb),
            None if words::is_noise(&word) => {}
            None => {
                rest.push(' ');
                rest.push_str(&word);
            }
        }
    }
    (canonical(&rest), does)
}

#[derive(Default)]
struct PathWords {
    key: String,
    words: Vec<String>,
    literal: Vec<String>,
    does: Vec<Does>,
    version: u32,
    parameters: usize,
    trailing: bool,
}

impl PathWords {
    fn of(path: &str, skip: usize) -> Self {
        let mut read = Self::default();
        // `Invoices({id})` and `{id}:send` are segments like others.
        let segments = path.split(['/', '(', ':']).map(|segment| segment.trim_end_matches(')'));
        let mut parts: Vec<String> = Vec::new();
        for (index, segment) in segments.filter(|segment| !segment.is_empty()).enumerate() {
            if segment.starts_with('{') {
                read.parameters += 1;
                read.trailing = true;
                parts.push("{}".to_owned());
                continue;
            }
            let (found, does) = said(segment);
            read.does.extend(does);
            if let Some(version) = words::split(segment).iter().find_map(|word| words::version(word)) {
                read.version = version;
            }
            if index < skip || found.is_empty() {
                continue;
            }
            read.trailing = false;
            read.literal.extend(
                words::split(segment)
                    .iter()
                    .filter(|word| words::does(word).is_none() && !words::is_noise(word))
                    .map(|word| words::singular(word).to_owned()),
            );
            parts.push(key(&found));
            read.words.extend(found);
        }
        if read.trailing {
            parts.pop();
        }
        // One order for words that are not divided by a parameter.
        let groups = parts.split(|part| part == "{}");
        read.key = groups.map(key).collect::<Vec<_>>().join(" {} ");
        read
    }
}

/// How many segments in front are the same for all paths: `/acme/public/…` says nothing.
pub fn shared_prefix(operations: &[Operation], names: &Names) -> usize {
    let literal = |path: &str, index: usize| {
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        // A last segment is the resource.
        let segment = *segments.get(index)?;
        (index + 1 < segments.len() && !segment.starts_with('{')).then(|| segment.to_owned())
    };
    let Some(first) = operations.first().filter(|_| operations.len() > 3) else { return 0 };
    let mut index = 0;
    while let Some(segment) = literal(&first.path, index) {
        let all = operations.iter().all(|one| literal(&one.path, index).as_ref() == Some(&segment));
        if !all || !names.meant(&said(&segment).0).is_empty() {
            break;
        }
        index += 1;
    }
    index
}
