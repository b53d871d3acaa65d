//! What happened, why, what to do next, and the exit code: the same words in the terminal and in a
//! failed tool result. A leaf: it imports nothing of ours. Where a failure arises it has a type of its
//! own that implements [`Explain`]; only this file joins the parts into words.

use std::sync::OnceLock;

use serde_json::{Map, Value, json};

/// Exit codes of the program, documented in the README.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// The request was refused or failed.
    Refused = 1,
    /// The command line was wrong.
    Usage = 2,
    /// No key is stored, or the API refused it.
    NotLoggedIn = 3,
    /// The network or the API is unavailable.
    Unavailable = 4,
    /// A defect of ours; please report it.
    Defect = 70,
}

/// Whether anything reached the API before the failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Nothing left this machine.
    Nothing,
    /// It was sent and the API answered with a refusal: nothing was changed.
    Refused,
    /// It was sent and no clear answer came back: it may have taken effect.
    Unknown,
    /// It was sent, its answer was lost, and a look-up has shown that it did not take effect.
    WithoutEffect,
    /// It was a read: whatever came back, it changed nothing.
    Read,
}

impl Sent {
    /// The word used in structured results.
    pub fn word(self) -> &'static str {
        match self {
            Self::Nothing => "nothing_sent",
            Self::Refused => "refused_by_api",
            Self::Unknown => "unknown",
            Self::WithoutEffect => "sent_without_effect",
            Self::Read => "read_only",
        }
    }
}

/// A failure in the words that people and assistants read.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Stable, machine-readable name, for example `unknown_argument`.
    pub code: &'static str,
    /// What happened and to what: lower case, no full stop, the user's own words in backticks.
    pub message: String,
    /// One line per cause, nearest first.
    pub causes: Vec<String>,
    /// One imperative that works here and now.
    pub hint: Option<String>,
    pub exit: Exit,
    pub sent: Sent,
    /// Further facts for structured results: `http_status`, `field_issues`, `retry_after_s`, …
    pub facts: Map<String, Value>,
}

impl Failure {
    pub fn new(code: &'static str, exit: Exit, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            causes: Vec::new(),
            hint: None,
            exit,
            sent: Sent::Nothing,
            facts: Map::new(),
        }
    }

    #[must_use]
    pub fn because(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub fn sent(mut self, sent: Sent) -> Self {
        self.sent = sent;
        self
    }

    #[must_use]
    pub fn fact(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }

    /// `error:`, `caused by:` and `hint:` lines, without a trailing line break.
    pub fn text(&self) -> String {
        let mut lines = vec![format!("error: {}", self.message)];
        lines.extend(self.causes.iter().map(|cause| format!("caused by: {cause}")));
        lines.extend(self.hint.iter().map(|hint| format!("hint: {}", here(hint))));
        lines.join("\n")
    }

    /// The same facts as [`Failure::text`], for structured results and `--json`.
    pub fn json(&self) -> Value {
        let mut error = Map::new();
        error.insert("code".into(), json!(self.code));
        error.insert("message".into(), json!(self.message));
        if !self.causes.is_empty() {
            error.insert("caused_by".into(), json!(self.causes));
        }
        if let Some(hint) = &self.hint {
            error.insert("hint".into(), json!(here(hint)));
        }
        error.insert("sent".into(), json!(self.sent.word()));
        for (name, value) in &self.facts {
            error.insert(name.clone(), value.clone());
        }
        json!({ "error": error })
    }
}

/// How this program is called in a shell of this machine, asked for only where a hint needs it.
static PROGRAM: OnceLock<fn() -> String> = OnceLock::new();

/// From now on [`here`] writes the command that works here for `lumabill`.
pub fn call_program(name: fn() -> String) {
    let _already_named = PROGRAM.set(name);
}

/// The words behind `lumabill` that make a command of ours out of it.
pub const COMMANDS: &[&str] = &[
    "login",
    "logout",
    "status",
    "serve",
    "tools",
    "call",
    "sandbox",
    "install",
    "uninstall",
    "doctor",
    "history",
    "config",
    "spec",
    "completions",
];

/// The same words with commands of ours as they work in a shell of this machine: PATH may have no `lumabill`, or
/// another one. For our own words only: what others wrote stays as it is.
pub fn here(words: &str) -> String {
    match PROGRAM.get() {
        Some(name) if commands_in(words).next().is_some() => called(words, &name()),
        _ => words.to_owned(),
    }
}

/// The same with this program called `name`.
pub fn called(words: &str, name: &str) -> String {
    let (mut said, mut from) = (String::with_capacity(words.len()), 0);
    for at in commands_in(words) {
        said.push_str(words.get(from..at).unwrap_or_default());
        said.push_str(name);
        from = at + OURS.len();
    }
    said.push_str(words.get(from..).unwrap_or_default());
    said
}

const OURS: &str = "lumabill";

/// Where a command of ours begins: not within a path, and not where the name stands for the program as such.
fn commands_in(words: &str) -> impl Iterator<Item = usize> {
    words.match_indices(OURS).map(|(at, _)| at).filter(|at| {
        let before = words.get(..*at).and_then(|before| before.chars().next_back());
        let behind =
            words.get(at + OURS.len()..).and_then(|behind| behind.strip_prefix(' ')).unwrap_or_default();
        let word = behind.split(|letter: char| !letter.is_ascii_lowercase()).next().unwrap_or_default();
        before.is_none_or(|letter| letter == '`' || letter.is_whitespace()) && COMMANDS.contains(&word)
    })
}

/// Implemented beside each area's own error type; turns it into a [`Failure`].
pub trait Explain: std::error::Error {
    fn code(&self) -> &'static str;
    fn exit(&self) -> Exit;
    fn hint(&self) -> Option<String> {
        None
    }
    fn sent(&self) -> Sent {
        Sent::Nothing
    }
    fn facts(&self) -> Map<String, Value> {
        Map::new()
    }
}

impl<E: Explain> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut causes = Vec::new();
        let mut source = error.source();
        while let Some(cause) = source {
            causes.push(cause.to_string());
            source = cause.source();
        }
        Self {
            code: error.code(),
            message: error.to_string(),
            causes,
            hint: error.hint(),
            exit: error.exit(),
            sent: error.sent(),
            facts: error.facts(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Exit, Failure, called};

    #[test]
    fn commands_of_ours_are_called_by_the_name_that_works() {
        for (said, here) in [
            ("run `lumabill login` again", "run `'/a b/l' login` again"),
            ("lumabill login, then lumabill call x", "'/a b/l' login, then '/a b/l' call x"),
            ("  lumabill history\n  lumabill status", "  '/a b/l' history\n  '/a b/l' status"),
            ("claude mcp add lumabill -- lumabill serve", "claude mcp add lumabill -- '/a b/l' serve"),
            ("another lumabill process; update lumabill", "another lumabill process; update lumabill"),
            ("`/bin/lumabill login` and `lumabill`", "`/bin/lumabill login` and `lumabill`"),
            ("`lumabill logins` (lumabill 2)", "`lumabill logins` (lumabill 2)"),
        ] {
            assert_eq!(called(said, "'/a b/l'"), here);
            assert_eq!(called(here, "'/a b/l'"), here, "once is enough");
        }
    }

    #[test]
    fn text_and_json_carry_the_same_facts() {
        let failure =
            Failure::new("keyring_silent", Exit::NotLoggedIn, "the OS keyring did not answer within 3 s")
                .because("the secret service is not running on this session's bus")
                .hint("unlock the keyring, or set `LUMABILL_API_KEY` for this session");
        assert_eq!(
            failure.text(),
            "error: the OS keyring did not answer within 3 s\n\
             caused by: the secret service is not running on this session's bus\n\
             hint: unlock the keyring, or set `LUMABILL_API_KEY` for this session"
        );
        assert_eq!(failure.json()["error"]["caused_by"][0], failure.causes[0].as_str());
    }
}
