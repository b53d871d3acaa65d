//! `lumabill call`: one tool call from the terminal, under the same rules as the assistant's.

mod asking;
mod passed;
mod typing;

use std::io::{IsTerminal, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::connect::{self, Choice};
use super::{present, tools};
use crate::failure::{Exit, Failure};
use crate::gateway::{Accounts, Call, Caller, Done, Outcome, Passed};
use crate::terminal;

/// Call one tool, as the assistant would; without a tool: list them by topic
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The tool, for example `list_invoices`
    tool: Option<String>,
    /// Arguments; lists and objects as JSON
    #[arg(value_name = "NAME=VALUE")]
    arguments: Vec<String>,
    /// All arguments as one JSON object; `-` reads it from standard input
    #[arg(long = "args", value_name = "JSON|-", conflicts_with = "arguments")]
    all_arguments: Option<String>,
    /// Show what would be sent, and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Print the exact result as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    choice: Choice,
}

/// A call that is done by then shows no progress at a terminal.
const SHORT: Duration = Duration::from_millis(400);
/// Between two lines of progress elsewhere.
const LONG: Duration = Duration::from_secs(5);

const EXAMPLES: &str = "\
Examples:
  lumabill call list_invoices status=unpaid
  lumabill call create_invoice client_name='Muster AG' 'lines=[{\"description\":\"Consulting\",\"quantity\":3,\"price\":180}]'
  lumabill call get_profit_and_loss period=2026-Q1 --json
  lumabill call --sandbox list_clients search=Meier      practice, without an account";

pub fn run(args: Args) -> Result<(), Failure> {
    let mut arguments = arguments(&args)?;
    let in_words = args.all_arguments.is_none();
    let (choice, as_json) = (args.choice, args.json);
    let Some(tool) = args.tool else { return tools::list(&choice, as_json) };
    // Naming a tool serves it: the default set spares an assistant's context, not a person's.
    let choice = choice.naming(&tool);
    let choice = if choice.lean { choice } else { Choice { toolsets: vec!["default".to_owned()], ..choice } };
    let served = connect::Connected::new(&choice, connect::Missing::Fails)?;
    if in_words && !served.remotes.is_empty() {
        let tools = served.accounts.tools();
        if let Some(known) = tools.iter().find(|known| known.name == tool) {
            typing::type_words(&known.input_schema, &mut arguments);
        }
    }
    let outcome = connect::block_on(call(&served.accounts, &tool, arguments))?;
    let receipt = match outcome {
        Ok(Answer::Ours(done)) => {
            show(&tool, &done.structured, as_json);
            done.receipt
        }
        Ok(Answer::Theirs(passed)) => {
            let failed = passed::failure(&tool, &passed.result);
            if as_json {
                terminal::json(&Value::Object(passed.result).to_string());
            } else if failed.is_none() {
                terminal::print(&passed::text(&tool, &passed.result, terminal::width()));
            }
            if let Some(failure) = failed {
                return Err(failure);
            }
            passed.receipt
        }
        Err(failure) => {
            if as_json {
                terminal::json(&failure.json().to_string());
            }
            return Err(failure);
        }
    };
    if let Some(receipt) = receipt {
        receipt.hand_in();
        connect::block_on(served.accounts.close())?;
    }
    Ok(())
}

/// What a call gave.
enum Answer {
    Ours(Done),
    /// A remote server's own result.
    Theirs(Passed),
}

fn show(tool: &str, structured: &Map<String, Value>, as_json: bool) {
    if as_json {
        // Its text may begin with words for a model.
        terminal::json(&Value::Object(structured.clone()).to_string());
    } else if let Some(Value::String(csv)) = structured.get("csv") {
        // For a file or another program: the rows alone, and what they are beside them.
        let mut facts = structured.clone();
        facts.shift_remove("csv");
        let beside = present::result(tool, &facts, None);
        if !beside.trim_end().is_empty() {
            terminal::note(beside.trim_end());
        }
        terminal::print(csv);
    } else {
        terminal::print(&present::result(tool, structured, terminal::width()));
    }
}

/// Calls, and puts questions to the person at the terminal.
async fn call(accounts: &Accounts, tool: &str, arguments: Map<String, Value>) -> Result<Answer, Failure> {
    let mut answered = None;
    let progress = Arc::new(Progress::new());
    loop {
        let call = Call {
            tool: tool.to_owned(),
            arguments: arguments.clone(),
            answered: answered.take(),
            caller: caller(&progress),
        };
        let outcome = Box::pin(accounts.call(call)).await;
        progress.clear();
        match outcome {
            Outcome::Done(done) => return Ok(Answer::Ours(done)),
            Outcome::Passed(passed) => return Ok(Answer::Theirs(passed)),
            Outcome::Failed(failure) => return Err(failure),
            Outcome::Rejected(rejected) => return Err(passed::rejected(tool, &rejected)),
            Outcome::Ask(question) => answered = Some(asking::ask(question)),
        }
    }
}

fn caller(progress: &Arc<Progress>) -> Caller {
    let progress = Arc::clone(progress);
    Caller {
        name: "terminal".to_owned(),
        can_ask: std::io::stdin().is_terminal() && std::io::stderr().is_terminal(),
        elicitation: None,
        cancelled: CancellationToken::new(),
        progress: Some(Arc::new(move |done, of, what| progress.show(done, of, what))),
        until: None,
    }
}

/// What a call does meanwhile, on stderr: one line that is written over at a terminal, else a line now and then.
struct Progress {
    at_terminal: bool,
    /// When a line was written last, and whether one stands there.
    last: Mutex<(Instant, bool)>,
}

impl Progress {
    fn new() -> Self {
        Self { at_terminal: std::io::stderr().is_terminal(), last: Mutex::new((Instant::now(), false)) }
    }

    fn show(&self, done: f64, of: Option<f64>, what: &str) {
        let waits = done == 0.0 || what.starts_with("waiting");
        let text = match (done, of) {
            _ if waits => what.to_owned(),
            (done, Some(of)) => format!("{done} of {of} {what}"),
            (done, None) => format!("{done} {what}"),
        };
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let (pause, stands) = if self.at_terminal { (SHORT, last.1) } else { (LONG, false) };
        if !waits && !stands && last.0.elapsed() < pause {
            return;
        }
        *last = (Instant::now(), true);
        if self.at_terminal {
            terminal::status(&text);
        } else {
            terminal::note(&text);
        }
    }

    /// Makes room for the answer or a question.
    fn clear(&self) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::replace(&mut last.1, false) && self.at_terminal {
            terminal::status("");
        }
    }
}

/// The arguments from `NAME=VALUE` words or from `--args`.
fn arguments(args: &Args) -> Result<Map<String, Value>, Failure> {
    let mut arguments = match args.all_arguments.as_deref() {
        Some("-") => {
            let mut text = String::new();
            std::io::stdin()
                .lock()
                .read_to_string(&mut text)
                .map_err(|error| usage(&format!("standard input could not be read: {error}")))?;
            object(&text)?
        }
        Some(text) => object(text)?,
        None => words(&args.arguments)?,
    };
    if args.dry_run {
        arguments.insert("dry_run".into(), Value::Bool(true));
    }
    Ok(arguments)
}

fn object(text: &str) -> Result<Map<String, Value>, Failure> {
    serde_json::from_str(text).map_err(|error| usage(&format!("`--args` is no JSON object: {error}")))
}

/// `name=value`; a value that starts with `[` or `{` is JSON, any other is text that the tool's schema types.
fn words(words: &[String]) -> Result<Map<String, Value>, Failure> {
    let pair = |word: &String| {
        let (name, value) =
            word.split_once('=').ok_or_else(|| usage(&format!("`{word}` is not NAME=VALUE")))?;
        let value = if value.starts_with(['[', '{']) {
            serde_json::from_str(value)
                .map_err(|error| usage(&format!("the value of `{name}` is no JSON: {error}")))?
        } else {
            Value::String(value.to_owned())
        };
        Ok::<_, Failure>((name.to_owned(), value))
    };
    let mut arguments = Map::new();
    for word in words {
        let (name, value) = pair(word)?;
        if arguments.contains_key(&name) {
            return Err(usage(&format!("`{name}` is given twice")));
        }
        arguments.insert(name, value);
    }
    Ok(arguments)
}

fn usage(message: &str) -> Failure {
    Failure::new("usage", Exit::Usage, format!("{message}; nothing was sent"))
        .hint("see `lumabill call --help`")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::words;

    #[test]
    fn words_become_arguments() {
        let words_of = |list: &[&str]| words(&list.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(
            serde_json::Value::Object(words_of(&["a=1", "b=x=y", "c=[1,2]"]).unwrap()),
            json!({"a": "1", "b": "x=y", "c": [1, 2]})
        );
        assert!(words_of(&["a"]).is_err());
        assert!(words_of(&["a=[1"]).is_err());
    }
}
