//! Runs of the program against a variant, held against a run against the sandbox itself and against the generator's
//! own truth.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::journey::{Desk, PROMPTS};
use crate::support::{Era, Home, Lumabill, McpSession, SandboxProcess};
use crate::variants::{Front, Plan};

/// What came of a variant.
#[derive(Default)]
pub struct Outcome {
    /// Prompts that did not work, with the reason.
    pub failed: Vec<(&'static str, String)>,
    /// Facts that differ from the run against the sandbox, by prompt and path.
    pub differing: Vec<String>,
    /// Tools that call another operation than theirs, or one that the variant does not have.
    pub wrong: Vec<String>,
    /// Tools whose operation was not found.
    pub unmatched: Vec<String>,
    /// Fields and parameters that are taken for another one.
    pub wrong_fields: Vec<String>,
    /// Fields and parameters that were sent although the description has none of that name: an API that ignores what
    /// it does not know would do something else than was asked for.
    pub blind: Vec<String>,
    /// Fields and parameters that were not found, with what they are called there.
    pub unmapped: Vec<String>,
}

const PROFILE: &str = "Muster Consulting GmbH";
const SERVE: [&str; 3] = ["serve", "--toolsets", "all"];

/// The facts of all prompts, asked of the sandbox itself.
fn direct() -> &'static BTreeMap<&'static str, Value> {
    static FACTS: OnceLock<BTreeMap<&'static str, Value>> = OnceLock::new();
    FACTS.get_or_init(|| {
        let sandbox = SandboxProcess::start(&[]);
        let run = |key: &str| {
            let run = Lumabill::new(&SERVE).with_api(&sandbox.url, key);
            run.env("LUMABILL_PROFILE_ID", &sandbox.profile(PROFILE))
        };
        let session = McpSession::with_elicitation(&run(&sandbox.key()), Era::Legacy);
        let read_only = run(&sandbox.read_only_key());
        let mut desk = Desk { session, sandbox: &sandbox, front: None, read_only };
        PROMPTS.iter().map(|(name, prompt)| (*name, prompt(&mut desk))).collect()
    })
}

/// A home that knows the variant's server, and the file of its description.
pub struct Office {
    pub front: Front,
    pub home: Arc<Home>,
    pub file: String,
}

impl Office {
    pub fn open(plan: &Arc<Plan>) -> Self {
        let front = Front::start(plan);
        let home = Arc::new(Home::new());
        let ending = if plan.yaml { "yaml" } else { "json" };
        let file = home.path().join(format!("vendor.{ending}")).display().to_string();
        std::fs::write(&file, crate::variants::text(plan)).unwrap();
        Self { front, home, file }
    }

    /// A run of the program with a key for the variant's server.
    pub fn run(&self, arguments: &[&str]) -> Lumabill {
        self.run_with(arguments, &self.front.sandbox.key())
    }

    pub fn run_with(&self, arguments: &[&str], key: &str) -> Lumabill {
        let run = Lumabill::at(&self.home, arguments).with_api(&self.front.url(), key);
        run.env("LUMABILL_PROFILE_ID", &self.front.sandbox.profile(PROFILE))
    }

    /// The file that `spec use` wrote.
    pub fn kept(&self) -> Value {
        let files = self.home.files();
        let kept = files.iter().find(|(path, _)| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            path.parent().is_some_and(|folder| folder.ends_with("spec")) && !name.contains(".openapi.")
        });
        let (_, bytes) = kept.unwrap_or_else(|| panic!("`spec use` kept nothing"));
        serde_json::from_slice(bytes).unwrap()
    }
}

/// Everything about one variant.
pub fn hold(plan: &Arc<Plan>) -> Outcome {
    let office = Office::open(plan);
    let mut outcome = Outcome::default();
    let used = office.run(&["spec", "use", &office.file]).run();
    if used.code != Some(0) {
        outcome.failed.push(("spec use", used.stderr));
        return outcome;
    }
    super::truth::check(plan, &office.kept(), &mut outcome);
    ask_all(plan, &office, &mut outcome);
    outcome
}

/// All prompts, held against the run on the sandbox.
pub fn ask_all(plan: &Plan, office: &Office, outcome: &mut Outcome) {
    let facts = direct();
    let session = McpSession::with_elicitation(&office.run(&SERVE), Era::Modern);
    let read_only = office.run_with(&SERVE, &office.front.sandbox.read_only_key());
    let sandbox = Arc::clone(&office.front.sandbox);
    let mut desk = Desk { session, sandbox: &sandbox, front: Some(&office.front), read_only };
    for (name, prompt) in PROMPTS {
        match catch_unwind(AssertUnwindSafe(|| prompt(&mut desk))) {
            Ok(answered) => compare(&facts[name], &answered, name, plan, &mut outcome.differing),
            Err(panic) => outcome.failed.push((name, message(panic.as_ref()))),
        }
        for called in office.front.take_called() {
            if called.starts_with("noise") && !called.ends_with("/send") {
                outcome.wrong.push(format!("{name}: {called}"));
            } else if called.starts_with("unknown ") && !outcome.blind.contains(&called) {
                outcome.blind.push(called);
            }
        }
    }
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

/// Told by the sandbox, and in no schema of its document: what a variant calls them cannot be known.
const UNDOCUMENTED: &[&str] =
    &["expense of 49.90 · record · profile_id", "vat · report · profile_id", "vat · report · currency"];

/// Made anew in every run, or of the machine's clock.
const MADE_ANEW: &[&str] = &[
    "id",
    "created_at",
    "updated_at",
    "sent_at",
    "journal_entry_id",
    "request_id",
    "cursor",
    "next_cursor",
    "environment",
    "recovered",
];

/// What of the facts of the direct run is missing or different. Further facts are no difference.
fn compare(wanted: &Value, found: &Value, at: &str, plan: &Plan, differing: &mut Vec<String>) {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(_)) => {
            let anew = |name: &str| MADE_ANEW.contains(&name) || plan.names.is_lost(name);
            for (name, value) in wanted.iter().filter(|(name, _)| !anew(name)) {
                match found.get(name) {
                    Some(inner) => compare(value, inner, &format!("{at} · {name}"), plan, differing),
                    None if UNDOCUMENTED.iter().any(|known| format!("{at} · {name}").ends_with(known)) => {}
                    None => differing.push(format!("{at} · {name}: missing")),
                }
            }
        }
        (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => {
            for (wanted, found) in wanted.iter().zip(found) {
                compare(wanted, found, at, plan, differing);
            }
        }
        (Value::Number(wanted), Value::Number(found)) if same_number(wanted, found) => {}
        _ if wanted == found => {}
        _ => {
            let cut = |value: &Value| value.to_string().chars().take(160).collect::<String>();
            differing.push(format!("{at}: {} became {}", cut(wanted), cut(found)));
        }
    }
}

fn same_number(one: &serde_json::Number, other: &serde_json::Number) -> bool {
    super::journey::exact(&Value::Number(one.clone())) == super::journey::exact(&Value::Number(other.clone()))
}
