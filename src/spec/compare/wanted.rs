//! What the catalogue asks for: a tool, its subject and its role.

use super::seen::{Role, Seen, template};
use crate::catalogue::{self, Effect, Endpoint};
use crate::spec::envelope;
use crate::spec::operation::{Operation, Verb};
use crate::spec::subjects;

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

    /// Method and number of parameters: what even the user's word does not change.
    pub fn is_safe(&self, seen: &Seen<'_>) -> bool {
        let verb = seen.operation.verb;
        let on_record = verb != Verb::Post || self.role != Role::Update || seen.parameters > 0;
        self.is_method(verb) && on_record && seen.parameters == self.parameters()
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
