//! What the catalogue asks for: a tool, its subject and its role.

use super::seen::{Role, Seen, template};
use crate::catalogue::{self, Effect, Endpoint};
use crate::spec::envelope;
use crate::spec::operation::{Operation, Verb};
use crate::spec::subjects;
use crate::spec::words::{singular, split};

/// A tool of ours that wants its operation.
pub struct Wanted<'a> {
    pub endpoint: &'static Endpoint,
    pub ours: &'a Operation,
    pub subject: usize,
    pub role: Role,
    pub template: String,
}

impl<'a> Wanted<'a> {
    /// `None` for an operation that is no tool's.
    pub fn of(ours: &'a Operation) -> Option<Self> {
        let endpoint = catalogue::find(ours.id.as_deref()?)?;
        let on_record = ours.path.ends_with('}');
        let lists = || {
            let answer = ours.answer.as_ref().and_then(|answer| envelope::found(&answer.schema));
            answer.is_some_and(|found| found.records.is_some())
        };
        let role = match endpoint.effect {
            Effect::Reads if on_record => Role::Get,
            Effect::Reads if lists() => Role::List,
            Effect::Reads => Role::Only,
            Effect::Creates => Role::Create,
            Effect::Updates => Role::Update,
            Effect::Deletes => Role::Delete,
            Effect::Acts => Role::Act,
        };
        let template = template(&ours.path);
        Some(Self { endpoint, ours, subject: subjects::of_tool(endpoint.tool)?, role, template })
    }

    fn parameters(&self) -> usize {
        self.template.matches("{}").count()
    }

    /// Method, number of parameters, and that nothing acts under a tool that reads: what even the user's word does not
    /// change.
    pub fn is_safe(&self, seen: &Seen<'_>) -> bool {
        let verb = seen.operation.verb;
        let on_record = verb != Verb::Post || self.role != Role::Update || seen.parameters > 0;
        self.is_method(verb)
            && on_record
            && seen.parameters == self.parameters()
            && self.acting_word(seen).is_none()
    }

    /// For tools that read: the word that says that their operation acts, whatever its method.
    pub fn acting_word<'s>(&self, seen: &'s Seen<'_>) -> Option<&'s str> {
        let own = [self.endpoint.tool, &self.ours.summary, &self.ours.path].map(split).concat();
        let is_own = |word: &str| own.iter().any(|one| singular(one) == singular(word));
        let mut acting = seen.acting.iter().map(String::as_str);
        acting.find(|word| self.endpoint.effect == Effect::Reads && !is_own(word))
    }

    pub fn is_method(&self, verb: Verb) -> bool {
        match self.role {
            Role::List | Role::Get | Role::Only => verb == Verb::Get,
            Role::Create => verb == Verb::Post,
            Role::Update => matches!(verb, Verb::Put | Verb::Patch | Verb::Post),
            Role::Delete => verb == Verb::Delete,
            Role::Act => matches!(verb, Verb::Post | Verb::Put),
        }
    }
}
