//! A person's yes to one call: asked for, carried back, or given by number where nobody can be asked.

use serde_json::{Map, Value};

use super::confirmation::Binding;
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
        let binding = Binding {
            account: &work.connection.account,
            origin: &work.connection.bound_to,
            profile: work.profile.id(),
            tool: work.tool(),
            arguments: &arguments,
            shown: asking.shown,
        };
        let label = quoted(asking.label);
        let named = work.confirm_number.as_ref().is_some_and(|given| quoted(given) == label);
        match answered.map(|answer| (answer.action, answer.state)) {
            Some((Action::Accept, state)) => match self.confirmations.open(&state, &binding)? {
                Ok(()) => {
                    self.confirmations.withdraw(&binding)?;
                    return Ok(Agreed::Yes(Confirmed::Person));
                }
                Err(void) => return Err(answer::void_confirmation(work.tool(), void)),
            },
            Some((Action::Decline, state)) => {
                // The question is used up: no later yes to it counts, and no number in its place.
                let _ = self.confirmations.open(&state, &binding)?;
                self.confirmations.withdraw(&binding)?;
                return Err(answer::declined(work.tool()));
            }
            Some((Action::Cancel, state)) => {
                let _ = self.confirmations.open(&state, &binding)?;
            }
            None => {
                if named && self.confirmations.redeem(&binding)? {
                    return Ok(Agreed::Yes(Confirmed::Repeated));
                }
                // A number that no first call has opened takes nobody's place who can be asked.
                if work.caller.can_ask {
                    let state = self.confirmations.seal(&binding)?;
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
            self.confirmations.announce(&binding)?;
        }
        let mut refusal = answer::confirmation_required(work, &label, asking.would);
        refusal.facts.extend(asking.facts.cloned().unwrap_or_default());
        Err(refusal)
    }
}
