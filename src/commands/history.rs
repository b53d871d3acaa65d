//! `lumabill history`: what was written through this machine and what became of it. Reads the journal alone,
//! with no key, keyring or network.

mod table;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use serde_json::{Map, Value, json};

use super::connect::{block_on, journal};
use crate::failure::{Exit, Failure};
use crate::journal::{Filter, Intent, Journal, State, since};
use crate::settings::{Settings, me};
use crate::terminal;
use crate::text::visible;
use table::Names;

/// Show what was written through this machine, by whom, and what became of it
#[derive(clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    override_usage = USAGE,
    after_help = EXAMPLES
)]
pub struct Args {
    /// From when on: `today`, `yesterday`, `12h`, `7d`, a day or an RFC 3339 time [default: 30d]
    ///
    /// Writes whose fate is not known are shown whatever their age.
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// Print one JSON object instead: a list `changes`, open ones first
    #[arg(long)]
    json: bool,
    /// Remove what is settled and older than this, in the forms of `--since` or `now`; open writes stay
    #[arg(long, value_name = "BEFORE", conflicts_with = "since")]
    forget: Option<String>,
    #[command(subcommand)]
    action: Option<Action>,
}

const USAGE: &str = "lumabill history [OPTIONS]
       lumabill history settle <N> <--created <ID>|--not-created>";

const EXAMPLES: &str = "\
Examples:
  lumabill history --since today
  lumabill history --since 2026-11-01 --json
  lumabill history settle 17 --created 7c9e6679-7425-40de-944b-e07fc1f90ae7
  lumabill history --forget 30d";

#[derive(clap::Subcommand)]
enum Action {
    /// Say what became of a write whose answer was lost, after a look into the books
    Settle(Settle),
}

#[derive(clap::Args)]
#[command(override_usage = "lumabill history settle <N> <--created <ID>|--not-created>")]
struct Settle {
    /// The write's number, as `lumabill history` shows it
    #[arg(value_name = "N")]
    number: i64,
    #[command(flatten)]
    fate: Fate,
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Fate {
    /// It took effect, and this is the id of its record
    #[arg(long, value_name = "ID")]
    created: Option<String>,
    /// It did not take effect
    #[arg(long)]
    not_created: bool,
}

/// How far back the list goes where nobody says it.
const DAYS: i64 = 30;

pub fn run(args: &Args) -> Result<(), Failure> {
    let settings = Settings::load()?;
    let journal = journal(&settings);
    let zone = TimeZone::try_system().unwrap_or(TimeZone::UTC);
    let now = Timestamp::now().to_zoned(zone);
    let said = match (&args.action, &args.forget) {
        (Some(Action::Settle(settle)), _) => block_on(settle_by_hand(&journal, &settings, settle))??,
        (None, Some(before)) => block_on(forget(&journal, &settings, before, &now, args.json))??,
        (None, None) => block_on(show(&journal, &settings, args, &now))??,
    };
    terminal::line(&said);
    Ok(())
}

async fn show(journal: &Journal, settings: &Settings, args: &Args, now: &Zoned) -> Result<String, Failure> {
    let from = match &args.since {
        Some(text) => since(text, now)?,
        None => now.checked_sub(DAYS.days()).map_or(Timestamp::MIN, |from| from.timestamp()),
    };
    let intents = journal.history(Filter { since: Some(from), ..Filter::default() }).await?;
    // One more than are shown: is there anything older?
    let one_more = Filter { limit: Some(intents.len() + 1), ..Filter::default() };
    let older = journal.history(one_more).await?.len() > intents.len();
    let names = Names::known(settings);
    if args.json {
        return Ok(listed(&intents, &names, from, older && args.since.is_none()).to_string());
    }
    let mut said = match (intents.is_empty(), older) {
        (false, _) => table::text(&intents, &names, now),
        (true, true) => format!("nothing was written since {}", table::day(from, now.time_zone())),
        (true, false) => "nothing was written through this machine yet".to_owned(),
    };
    if older && (args.since.is_none() || intents.is_empty()) {
        let kept = settings.history_kept().as_secs() / (24 * 3600);
        said = format!("{said}\nolder writes are kept too: {} history --since {kept}d", me());
    }
    Ok(said)
}

/// The object of `--json`; `partial` where older writes were left out without being asked to.
fn listed(intents: &[Intent], names: &Names, from: Timestamp, partial: bool) -> Value {
    let changes: Vec<Value> = intents
        .iter()
        .map(|intent| {
            let mut entry = intent.json();
            if let Some(name) = names.profile(intent) {
                entry.insert("profile_name".to_owned(), json!(name));
            }
            shown(Value::Object(entry))
        })
        .collect();
    let mut object = Map::new();
    object.insert("n".to_owned(), json!(changes.len()));
    object.insert("open".to_owned(), json!(open(intents)));
    object.insert("since".to_owned(), json!(format!("{from:.0}")));
    object.insert("complete".to_owned(), json!(!partial));
    if partial {
        object.insert("go_on".to_owned(), json!("give `--since` for older ones"));
    }
    object.insert("changes".to_owned(), Value::Array(changes));
    Value::Object(object)
}

/// Hidden characters in texts from outside written out.
fn shown(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(visible(&text)),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, shown(value))).collect(),
        other => other,
    }
}

fn open(intents: &[Intent]) -> usize {
    intents.iter().filter(|intent| intent.state.is_open()).count()
}

async fn forget(
    journal: &Journal,
    settings: &Settings,
    before: &str,
    now: &Zoned,
    as_json: bool,
) -> Result<String, Failure> {
    let moment = since(before, now)?;
    let forgotten = if is_empty(journal).await? { 0 } else { journal.forget(moment).await? };
    let still_open = Filter { since: Some(Timestamp::MAX), ..Filter::default() };
    let open = open(&journal.history(still_open).await?);
    if as_json {
        return Ok(json!({ "forgotten": forgotten, "open": open }).to_string());
    }
    let stay = match open {
        0 => String::new(),
        1 => "; 1 open write stays until it is settled".to_owned(),
        n => format!("; {n} open writes stay until they are settled"),
    };
    let mut said = format!("forgot {}{stay}", counted(forgotten, "settled write"));
    let window = settings.duplicate_window();
    let recent = now.timestamp().checked_sub(window).is_ok_and(|start| moment > start);
    if forgotten > 0 && recent {
        said = format!(
            "{said}\nthe duplicate guard looks back {} h, and no longer knows what was forgotten of them",
            hours(settings)
        );
    }
    Ok(said)
}

/// `1 write`, `2 writes`.
fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// Nothing is kept. Looks without making a journal.
async fn is_empty(journal: &Journal) -> Result<bool, Failure> {
    Ok(journal.history(Filter { limit: Some(1), ..Filter::default() }).await?.is_empty())
}

async fn settle_by_hand(journal: &Journal, settings: &Settings, settle: &Settle) -> Result<String, Failure> {
    let number = settle.number;
    let found = if is_empty(journal).await? { None } else { journal.look(number).await? };
    let Some(intent) = found else {
        return Err(refused(format!("there is no write {number}; nothing was changed"))
            .hint("see the numbers with `lumabill history`"));
    };
    if !intent.state.is_open() {
        return Err(not_open(&intent));
    }
    if let Some(id) = &settle.fate.created {
        check_id(&intent, id)?;
    }
    let Some(settled) = journal.settle_by_hand(number, settle.fate.created.clone()).await? else {
        return Err(match journal.look(number).await? {
            Some(intent) if !intent.state.is_open() => not_open(&intent),
            _ => refused(format!(
                "a running `lumabill` works on write {number} right now; nothing was changed"
            ))
            .hint("wait until that call is answered, or end that process, and look with `lumabill history`"),
        });
    };
    let what = table::line_of(&settled.what());
    let consequence = if settle.fate.created.is_some() && settled.state == State::NotSent {
        "it never left this machine, so that record is not its own; the same call may be sent again"
            .to_owned()
    } else {
        consequence(&settled, settings)
    };
    let effect = if settled.state.took_effect() { String::new() } else { format!(": {}", settled.result()) };
    Ok(format!("write {number} is settled: {what}{effect}\n{consequence}"))
}

/// What the word of a person means for the next call.
fn consequence(settled: &Intent, settings: &Settings) -> String {
    match (settled.fingerprint, settled.state.took_effect()) {
        (None, _) => "it was taken as said, and not looked up".to_owned(),
        (Some(_), false) => "the same call may be sent again".to_owned(),
        (Some(_), true) => format!(
            "the same call is answered with this record and not sent again, as long as it is a duplicate: {} h, \
             the setting `duplicate_window`",
            hours(settings)
        ),
    }
}

fn hours(settings: &Settings) -> u64 {
    settings.duplicate_window().as_secs().div_ceil(3600)
}

/// Refuses what cannot be the id of the record: a later call would look for it in vain, take it for deleted,
/// and send again.
fn check_id(intent: &Intent, id: &str) -> Result<(), Failure> {
    let is_uuid = |text: &str| uuid::Uuid::try_parse(text).is_ok();
    let odd = |c: char| c.is_control() || c.is_whitespace() || "/\\?#%".contains(c);
    let known = [intent.record_id.as_deref(), intent.party.as_deref(), intent.profile()];
    let bad = |why: &str| {
        let id: String = id.chars().take(60).collect();
        refused(format!("`{}` is not the id of the record: {why}; nothing was changed", visible(&id)))
    };
    if id.is_empty() || id.len() > 200 || id.contains(odd) {
        return Err(bad("an id is one word"));
    }
    if let Some(record) = intent.record_id.as_deref().filter(|record| *record != id) {
        return Err(bad(&format!("this write is about `{}`", table::line_of(record))));
    }
    if known.into_iter().flatten().any(is_uuid) && !is_uuid(id) {
        return Err(bad("ids of this account are UUIDs").hint(
            "look the record up, for example `lumabill call get_invoice number=IV-010`, and give its `id`",
        ));
    }
    Ok(())
}

fn not_open(intent: &Intent) -> Failure {
    refused(format!(
        "write {} is not open: {}: {}; nothing was changed",
        intent.number,
        table::line_of(&intent.what()),
        intent.result()
    ))
}

fn refused(message: String) -> Failure {
    Failure::new("not_settled", Exit::Refused, message)
}

#[cfg(test)]
mod tests;
