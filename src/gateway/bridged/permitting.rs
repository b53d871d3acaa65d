//! Whether a person is asked before a remote tool is called, and in which words: ours first, what comes from outside
//! last and quoted.

use serde_json::{Map, Value};

use super::super::answer;
use super::super::confirmation::{Binding, Void};
use super::super::consent::{Agreed, Asker, Asking};
use super::super::policy::Level;
use super::super::redaction::{quoted, quoted_whole};
use super::super::{Answered, Question};
use super::Bridged;
use super::records::{currency_in, id_in, net_total, number_in};
use super::work::Work;
use crate::catalogue::{Effect, remote};
use crate::failure::Failure;
use crate::rules::money;

/// Characters of all arguments together that a question shows.
const SHOWN: usize = 1_500;
/// Parts of names of arguments that decide where money, mail or data goes: shown whole, and before the others.
const TELLING: &[&str] = &[
    "iban",
    "bic",
    "account",
    "mail",
    "recipient",
    "to",
    "cc",
    "bcc",
    "url",
    "uri",
    "target",
    "webhook",
    "phone",
    "address",
];

impl Bridged {
    /// A question where a person has to say yes first and has not.
    pub(super) fn permit(
        &self,
        work: &mut Work,
        answered: Option<Answered>,
    ) -> Result<Option<Question>, Failure> {
        if !self.asks_first(work) {
            return unasked(work, answered.as_ref()).map(|()| None);
        }
        let message = self.question(work);
        let label = label(work);
        let asking = Asking { label: &label, message: &message, would: &message, shown: "", facts: None };
        let (arguments, shown) = (work.bound(), shown(work, &message));
        let tool = work.offered.tool.name.clone();
        let asker = Asker {
            confirmations: &self.confirmations,
            binding: self.binding(work, &arguments, &shown),
            tool: &tool,
            confirm_number: work.confirm_number.as_deref(),
            can_ask: work.caller.can_ask,
            command: format!("lumabill call --account {} {}", self.setup.account, work.offered.tool.name),
        };
        match asker.agree(answered, &asking)? {
            Agreed::Yes(confirmed) => {
                work.confirmed = confirmed;
                Ok(None)
            }
            Agreed::Ask(question) => Ok(Some(question)),
        }
    }

    /// Whether a person is asked before this call.
    pub(super) fn asks_first(&self, work: &Work) -> bool {
        let offered = &work.offered;
        // Only while the sentence is that of the page: what is not accepted asks for another reason.
        let page = remote::known(self.setup.service, work.remote_name())
            .filter(|known| known.asks == offered.asks.as_deref());
        let spared = page.is_some_and(|known| {
            !known.only_with.is_empty() && !has_any(&Value::Object(work.given.clone()), known.only_with)
        });
        needs_yes(self.setup.level, offered.effect, offered.asks.is_some() && !spared)
    }

    /// What a yes, or an answer to a question of the server's, is bound to.
    pub(super) fn binding<'a>(&'a self, work: &'a Work, arguments: &'a Value, shown: &'a str) -> Binding<'a> {
        Binding {
            account: &self.setup.account,
            origin: &self.origin,
            profile: &self.scope.profile,
            tool: work.remote_name(),
            arguments,
            shown,
        }
    }

    fn question(&self, work: &Work) -> String {
        let who = if self.setup.account == self.setup.service || self.setup.service == "url" {
            format!("{} ({})", self.setup.account, self.host())
        } else {
            format!("{} ({}, {})", self.setup.account, self.setup.service, self.host())
        };
        let does = work.offered.asks.as_deref().unwrap_or_else(|| sentence(work.offered.effect));
        let mut lines = vec![format!("{who}: `{}`. {does}", quoted(work.remote_name()))];
        if work.allow_duplicate {
            lines.push("It may have been done before: another one is meant.".to_owned());
        }
        if let Some(total) = net_total(&work.given) {
            let currency =
                currency_in(&work.given).map(|code| format!("{} ", quoted(&code))).unwrap_or_default();
            lines.push(format!(
                "Net total of the lines, by our own arithmetic: {currency}{}",
                money::cents(total)
            ));
        }
        lines.extend(arguments(&work.given));
        lines.join("\n")
    }
}

/// What was shown, and what the server said of the tool by then: a tool that has become another one since needs a
/// new yes.
pub(super) fn shown(work: &Work, message: &str) -> String {
    format!("{message}\n{}", Value::Object((*work.offered.definition).clone()))
}

/// An answer to a question that this call does not ask, forged or of a time when it did: a no in it must not be
/// passed over.
pub(super) fn unasked(work: &Work, answered: Option<&Answered>) -> Result<(), Failure> {
    match answered {
        None => Ok(()),
        Some(_) => Err(answer::void_confirmation(&work.tool, Void::Foreign)),
    }
}

/// One of these fields is somewhere among the arguments, however it is spelled.
fn has_any(arguments: &Value, fields: &[&str]) -> bool {
    let squeezed = |name: &str| {
        let last = name.rsplit('.').next().unwrap_or(name);
        last.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
    };
    match arguments {
        Value::Object(given) => given.iter().any(|(name, value)| {
            let name = squeezed(name);
            fields.iter().any(|field| squeezed(field) == name) || has_any(value, fields)
        }),
        Value::Array(items) => items.iter().any(|item| has_any(item, fields)),
        _ => false,
    }
}

/// Whether a person is asked.
fn needs_yes(level: Level, effect: Effect, known_to_ask: bool) -> bool {
    match level {
        Level::Never => false,
        Level::Writes => effect != Effect::Reads,
        Level::Destructive => {
            matches!(effect, Effect::Acts | Effect::Deletes) || (known_to_ask && effect != Effect::Reads)
        }
    }
}

/// What a tool does of which nothing else is known.
fn sentence(effect: Effect) -> &'static str {
    match effect {
        Effect::Reads => "This reads.",
        Effect::Creates => "This creates a record.",
        Effect::Updates => "This changes a record.",
        Effect::Deletes => "This deletes, and it may not be possible to undo that.",
        Effect::Acts => {
            "It is not known what this does: it may send, charge or delete, and it may not be possible to undo that."
        }
    }
}

/// How the record is called that a call is about: its number, else its id, else the tool by its name here, which is
/// plain whatever the server calls it.
pub(super) fn label(work: &Work) -> String {
    number_in(&work.given).or_else(|| id_in(&work.given)).unwrap_or_else(|| work.offered.tool.name.clone())
}

/// The arguments by their dotted names, those first that say where money or mail goes.
fn arguments(given: &Map<String, Value>) -> Vec<String> {
    let mut leaves = Vec::new();
    collect(&Value::Object(given.clone()), String::new(), &mut leaves);
    let (telling, others): (Vec<_>, Vec<_>) = leaves.into_iter().partition(|(name, _)| is_telling(name));
    let mut lines: Vec<String> = telling
        .iter()
        .map(|(name, text)| format!("{}: \u{201c}{}\u{201d}", quoted(name), quoted_whole(text)))
        .collect();
    let mut spent = 0;
    let all = others.len();
    for (at, (name, text)) in others.iter().enumerate() {
        let line = format!("{}: \u{201c}{}\u{201d}", quoted(name), quoted(text));
        spent += line.chars().count();
        if spent > SHOWN {
            lines.push(format!("and {} more arguments that are not shown here", all - at));
            break;
        }
        lines.push(line);
    }
    lines
}

fn is_telling(name: &str) -> bool {
    let last = name.rsplit('.').find(|part| !part.bytes().all(|byte| byte.is_ascii_digit())).unwrap_or(name);
    let last = last.to_lowercase();
    TELLING.iter().any(|word| if word.len() <= 3 { last == *word } else { last.contains(word) })
}

fn collect(value: &Value, path: String, leaves: &mut Vec<(String, String)>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Null => {}
        Value::Object(fields) => fields.iter().for_each(|(name, value)| collect(value, below(name), leaves)),
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(at, value)| collect(value, below(&(at + 1).to_string()), leaves));
        }
        Value::String(text) => leaves.push((path, text.clone())),
        Value::Bool(_) | Value::Number(_) => leaves.push((path, value.to_string())),
    }
}
