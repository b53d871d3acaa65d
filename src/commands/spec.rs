//! `lumabill spec`: the vendor's API description in the user's hands. `check` compares it with what our tools expect, `use`
//! keeps what follows from it for an account, `show` says what is in use, `reset` goes back.

mod changes;
mod discovering;
mod further;
mod keeping;
mod report;
mod showing;
mod source;
mod wire_words;

use serde_json::json;

use super::connect::block_on;
use crate::failure::{Exit, Failure};
use crate::settings::{Account, Settings, SettingsError, is_account_name, me};
use crate::spec::{Comparison, Document, Kept, OURS, Verdict};
use crate::terminal;
use further::Further;
use source::Given;

pub use keeping::{Prepared, forget};
pub use showing::{Copy, State, state};

/// Compare the vendor's OpenAPI file with what our tools expect, and talk to the API as the file says
#[derive(clap::Args)]
#[command(disable_help_subcommand = true, after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

const EXAMPLES: &str = "\
Examples:
  lumabill spec check openapi.yaml                       look, and change nothing
  lumabill spec use https://api.example.com/openapi.json
  lumabill spec use --discover                           look at the usual places of the API's own address
  lumabill spec show
  lumabill spec reset

OpenAPI 3.0 and 3.1, as JSON or YAML. It is fetched without your key, and only by these commands.
Calls go to the account's own address whatever the file says: of its `servers` only the path counts.

Exit codes of `check`: 0 every tool was found, 1 some tool is missing or the file cannot be used,
2 wrong command line, 4 the address does not answer";

#[derive(clap::Subcommand)]
enum Action {
    /// Show which description is in use, and what it changes
    Show(Whose),
    /// Compare a description with the tools, and change nothing
    Check(From),
    /// Keep a description: tools take its paths and names, and what is new in it becomes further tools
    Use(From),
    /// Forget the description: tools take the built-in paths and names again
    Reset(Whose),
}

#[derive(clap::Args)]
struct Whose {
    /// The account that it is for, as `lumabill status` names it
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// Print one JSON object instead
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
struct From {
    /// A file, `-` for standard input, or the https address of one
    #[arg(value_name = "FILE|URL", required_unless_present = "discover", conflicts_with = "discover")]
    source: Option<String>,
    /// Try the usual places below the account's own address instead
    #[arg(long)]
    discover: bool,
    #[command(flatten)]
    whose: Whose,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let settings = Settings::load()?;
    match &args.action {
        Action::Show(whose) => {
            showing::run(&account(whose.account.as_deref(), &settings)?, &settings, whose.json)
        }
        Action::Check(from) => check(from, &settings),
        Action::Use(from) => take(from, &settings),
        Action::Reset(whose) => reset(whose, &settings),
    }
}

/// The account, which has to be one of Lumabill's own API.
fn account(named: Option<&str>, settings: &Settings) -> Result<Account, Failure> {
    let account = settings.account(named)?;
    if account.service.is_remote() {
        let message = format!(
            "account `{}` is one of {}, a remote MCP server, which says itself what its tools are; nothing was changed",
            account.name, account.service
        );
        return Err(Failure::new("no_spec_for_service", Exit::Usage, message)
            .hint("a description is for Lumabill's own API: name such an account with `--account`"));
    }
    Ok(account)
}

/// A description beside the catalogue.
struct Compared {
    given: Given,
    comparison: Comparison,
    further: Further,
}

impl Compared {
    fn of(given: Given) -> Result<Self, Failure> {
        let ours = Document::parse(OURS.as_bytes())?;
        let comparison = Comparison::of(&ours, &given.document);
        let further = Further::of(&comparison.new);
        Ok(Self { given, comparison, further })
    }

    fn missing(&self) -> Vec<&'static str> {
        let missing = self.comparison.rows.iter().filter(|row| row.verdict == Verdict::Missing);
        missing.map(|row| row.tool).collect()
    }

    /// What is to be kept of it for `account`.
    fn kept(&self, account: &Account) -> Kept {
        let (title, version) = self.given.document.title();
        Kept {
            version: Kept::VERSION,
            origin: account.origin.clone(),
            source: self.given.source.clone(),
            title: format!("{title} {version}").trim().to_owned(),
            digest: keeping::digest(&self.given.bytes),
            taken: keeping::now(),
            dialect: self.comparison.dialect.clone(),
            extra: self.further.tools.clone(),
        }
    }

    /// A description in which no tool of ours was found is one of something else.
    fn is_usable(&self) -> Result<(), Failure> {
        let rows = &self.comparison.rows;
        if rows.is_empty() || self.missing().len() < rows.len() {
            return Ok(());
        }
        let message = format!(
            "`{}` describes another API: none of the {} tools was found in it; nothing was changed",
            self.given.source,
            rows.len()
        );
        Err(Failure::new("spec_of_other_api", Exit::Refused, message).hint(
            "where it is the right one, say in a copy of it which operation is which tool: \
             `x-lumabill-tool: list_clients`",
        ))
    }
}

fn compared(from: &From, account: &Account, settings: &Settings) -> Result<Compared, Failure> {
    Compared::of(block_on(source::given(from.source.as_deref(), account, settings))??)
}

fn check(from: &From, settings: &Settings) -> Result<(), Failure> {
    let account = account(from.whose.account.as_deref(), settings)?;
    let compared = compared(from, &account, settings)?;
    if from.whose.json {
        terminal::json(&format!("{:#}", report::json(&compared, &account)));
    } else {
        terminal::line(&report::text(&compared, &account));
        terminal::line(&format!("\n{}", next_after_check(&compared, &account)));
    }
    let missing = compared.missing();
    if missing.is_empty() {
        return Ok(());
    }
    let message =
        format!("{} of {} tools are not in the description", missing.len(), compared.comparison.rows.len());
    Err(Failure::new("tools_missing", Exit::Refused, message)
        .hint(
            "they are not offered while it is in use; where one has another name there, write `x-lumabill-tool: TOOL` \
             at its operation in a copy of the file and check that",
        )
        .fact("missing", missing))
}

fn next_after_check(compared: &Compared, account: &Account) -> String {
    format!(
        "nothing was changed; to talk to the API as this says: {} spec use {}{}",
        me(),
        compared.given.again(),
        whose(account)
    )
}

/// `--account NAME` where it has to be said.
fn whose(account: &Account) -> String {
    if account.name == "lumabill" { String::new() } else { format!(" --account {}", account.name) }
}

fn take(from: &From, settings: &Settings) -> Result<(), Failure> {
    let account = account(from.whose.account.as_deref(), settings)?;
    let compared = compared(from, &account, settings)?;
    compared.is_usable()?;
    // What cannot be read is replaced: that is why the person is here.
    let before = Kept::load(&settings.folders.config, &account.name).ok().flatten();
    let kept = compared.kept(&account);
    let file = keeping::write(&kept, &compared.given.bytes, &account, settings)?;
    let changes = before.as_ref().map(|before| changes::between(before, &kept));
    if from.whose.json {
        let mut said = report::json(&compared, &account);
        if let Some(said) = said.as_object_mut() {
            said.insert("kept".to_owned(), json!(file));
            said.insert("changes".to_owned(), json!(changes.as_deref().map(changes::json)));
        }
        terminal::json(&format!("{said:#}"));
        return Ok(());
    }
    terminal::line(&report::text(&compared, &account));
    if let (Some(before), Some(changes)) = (&before, &changes) {
        terminal::line(&format!("\n{}", changes::text(before, changes)));
    }
    terminal::line(&format!(
        "\nin use from now on for account `{}`, kept in {}\nrestart your AI clients: a server that runs already goes on as \
         it began\nback to the built-in paths and names: {} spec reset{}",
        account.name,
        file.display(),
        me(),
        whose(&account)
    ));
    Ok(())
}

/// An account that is gone may have left a description: its name is enough.
fn reset(args: &Whose, settings: &Settings) -> Result<(), Failure> {
    let name = match args.account.as_deref() {
        Some(name) if !is_account_name(name) => {
            return Err(SettingsError::AccountName(name.to_owned()).into());
        }
        Some(name) if Kept::path(&settings.folders.config, name).exists() => name.to_owned(),
        named => account(named, settings)?.name,
    };
    let removed = forget(&name, settings)?;
    if args.json {
        terminal::json(&format!("{:#}", json!({"account": name, "removed": removed})));
    } else if removed {
        terminal::line(&format!(
            "removed the API description of account `{name}`: tools take the built-in paths and names again\n\
             restart your AI clients: a server that runs already goes on as it began"
        ));
    } else {
        terminal::line(&format!("account `{name}` has no API description; nothing was changed"));
    }
    Ok(())
}
