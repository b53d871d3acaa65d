//! A person's yes to one call: asked for, carried back, or given by number where nobody can be asked.

use serde_json::{Map, Value};

use super::confirmation::{Binding, Confirmations};
use super::redaction::quoted;
use super::{Action, Answered, Asks, Gateway, Question, Work, answer};
use crate::failure::Failure;
use crate::journal::Confirmed;

/// What a person is asked.
pub(super) struct Asking<'a> {
    /// What a client repeats in `confirm_number` that cannot ask.
    pub label: &'a str,
    /// The question in full.
    pub message: &'a str,
    /// What would happen, for a client that cannot ask.
    pub would: &'a str,
    /// What the yes is bound to.
    pub shown: &'a str,
    /// Further facts for a client that cannot ask.
    pub facts: Option<&'a Map<String, Value>>,
}

/// The call that needs a yes.
pub(super) struct Asker<'a> {
    pub confirmations: &'a Confirmations,
    /// What a yes is bound to.
    pub binding: Binding<'a>,
    /// The tool by its name here, for words.
    pub tool: &'a str,
    /// The argument of that name.
    pub confirm_number: Option<&'a str>,
    /// A person can be asked.
    pub can_ask: bool,
    /// The command by which a person calls the tool in a terminal.
    pub command: String,
}

/// What came of it, where it is no refusal.
pub(super) enum Agreed {
    Yes(Confirmed),
    Ask(Question),
}

impl Gateway {
    /// A yes that counts, or the question to put, or a refusal that says how to go on.
    pub(super) fn agree(
        &self,
        work: &Work,
        answered: Option<Answered>,
        asking: &Asking<'_>,
    ) -> Result<Agreed, Failure> {
        let mut arguments = work.arguments.clone();
        if work.allow_duplicate {
            // A yes to one is no yes to another one of the same.
            arguments.insert("allow_duplicate".into(), Value::Bool(true));
        }
        let arguments = Value::Object(arguments);
        let asker = Asker {
            confirmations: &self.confirmations,
            binding: Binding {
                account: &work.connection.account,
                origin: &work.connection.bound_to,
                profile: work.profile.id(),
                tool: work.tool(),
                arguments: &arguments,
                shown: asking.shown,
            },
            tool: work.tool(),
            confirm_number: work.confirm_number.as_deref(),
            can_ask: work.caller.can_ask,
            command: format!("lumabill call {}", work.tool()),
        };
        asker.agree(answered, asking)
    }
}

impl Asker<'_> {
    /// A yes that counts, or the question to put, or a refusal that says how to go on.
    pub(super) fn agree(&self, answered: Option<Answered>, asking: &Asking<'_>) -> Result<Agreed, Failure> {
        let (confirmations, binding, tool) = (self.confirmations, &self.binding, self.tool);
        let label = quoted(asking.label);
        let named = self.confirm_number.is_some_and(|given| quoted(given) == label);
        match answered.map(|answer| (answer.action, answer.state)) {
            Some((Action::Accept, state)) => match confirmations.open(&state, binding)? {
                Ok(()) => {
                    confirmations.withdraw(binding)?;
                    return Ok(Agreed::Yes(Confirmed::Person));
                }
                Err(void) => return Err(answer::void_confirmation(tool, void)),
            },
            Some((Action::Decline, state)) => {
                // The question is used up: no later yes to it counts, and no number in its place.
                let _ = confirmations.open(&state, binding)?;
                confirmations.withdraw(binding)?;
                return Err(answer::declined(tool, &self.command));
            }
            Some((Action::Cancel, state)) => {
                let _ = confirmations.open(&state, binding)?;
            }
            None => {
                if named && confirmations.redeem(binding)? {
                    return Ok(Agreed::Yes(Confirmed::Repeated));
                }
                // A number that no first call has opened takes nobody's place who can be asked.
                if self.can_ask {
                    let state = confirmations.seal(binding)?;
                    return Ok(Agreed::Ask(Question {
                        state,
                        message: asking.message.to_owned(),
                        asks: Asks::YesOrNo,
                    }));
                }
            }
        }
        // The right number opens nothing by itself: of many calls that bring it at once one acts.
        if !named {
            confirmations.announce(binding)?;
        }
        let mut refusal = answer::confirmation_required(tool, self.confirm_number, &label, asking.would);
        refusal.facts.extend(asking.facts.cloned().unwrap_or_default());
        Err(refusal)
    }
}
