//! Accounts side by side: names, filters, and those that cannot be served.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use super::{Absent, Accounts, Served};
use crate::bridge::{self, Transport};
use crate::credentials::{FixedKey, Key, Origin, Secret};
use crate::failure::{Exit, Failure};
use crate::gateway::bridged::definitions::Definitions;
use crate::gateway::bridged::{Bridged, Setup};
use crate::gateway::policy::Level;
use crate::gateway::{Call, Caller, Listed, Outcome, Selection};
use crate::https::Trust;
use crate::journal::Journal;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("lumabill-accounts-{}-{name}", std::process::id()));
        drop(std::fs::remove_dir_all(&path));
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// Nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:9/mcp";

fn setup(account: &str, service: &'static str, folder: &Path) -> Setup {
    let origin = Origin::parse(NOWHERE).unwrap();
    Setup {
        account: account.to_owned(),
        service,
        remote: bridge::Setup {
            origin: origin.clone(),
            trust: Trust::default(),
            user_agent: "lumabill/test",
            keys: Arc::new(FixedKey(Key::new(Secret::new("bb_sk_0123456789".into()), origin))),
            transport: Transport::Streamable,
            headers: Vec::new(),
        },
        reads: Vec::new(),
        selection: Selection::default(),
        read_only: false,
        level: Level::Destructive,
        files: Vec::new(),
        state_folder: folder.to_owned(),
        rates: None,
        journal: Arc::new(Journal::new(folder, Duration::from_secs(86_400))),
        duplicate_window: Duration::from_secs(86_400),
    }
}

fn store(folder: &Path, account: &str) {
    let tools = ["list_clients", "create_invoice", "send_invoice"];
    let tools = tools.map(|name| json!({ "name": name, "description": "says", "inputSchema": {}, "outputSchema": { "type": "object" } }));
    let mut definitions = Definitions::of(
        json!({ "capabilities": { "resources": {} }, "instructions": "Be quick.\u{200b}" }),
        tools.into(),
    );
    definitions.prompts = vec![json!({ "name": "hello" })];
    definitions.resources = vec![json!({ "uri": "acme://one", "name": "one" })];
    definitions.store(folder, account, NOWHERE, true).unwrap();
}

fn remote(setup: Setup) -> (String, Served) {
    (setup.account.clone(), Served::Remote(Arc::new(Bridged::new(setup))))
}

fn absent(account: &str) -> (String, Served) {
    let why = Failure::new("not_logged_in", Exit::NotLoggedIn, format!("nobody is logged in to `{account}`"));
    (
        account.to_owned(),
        Served::Absent(Absent { account: account.to_owned(), why, again: Box::new(|| None) }),
    )
}

fn names(accounts: &Accounts) -> Vec<String> {
    accounts.tools().iter().map(|tool| tool.name.clone()).collect()
}

async fn fails(accounts: &Accounts, tool: &str) -> Failure {
    fails_with(accounts, tool, Map::new()).await
}

async fn fails_with(accounts: &Accounts, tool: &str, arguments: Map<String, Value>) -> Failure {
    let caller = Caller {
        name: "test".to_owned(),
        can_ask: false,
        elicitation: None,
        cancelled: CancellationToken::new(),
        progress: None,
        until: None,
    };
    let call = Call { tool: tool.to_owned(), arguments, answered: None, caller };
    match accounts.call(call).await {
        Outcome::Failed(failure) => failure,
        _ => panic!("`{tool}` did not fail"),
    }
}

#[tokio::test]
async fn one_remote_account_keeps_its_names() {
    let folder = Folder::new("one");
    store(&folder.0, "billbot");
    let accounts = Accounts::new(vec![remote(setup("billbot", "billbot", &folder.0))]);
    assert_eq!(names(&accounts), ["list_clients", "create_invoice", "send_invoice"]);
    let tools = accounts.tools();
    let hints: Vec<_> =
        tools.iter().map(|tool| (tool.read_only, tool.destructive, tool.output_schema.is_some())).collect();
    assert_eq!(hints, [(true, None, true), (false, Some(false), false), (false, None, false)]);
    let properties = |at: usize| {
        tools[at].input_schema["properties"].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    assert!(properties(0).is_empty());
    assert_eq!(properties(1), ["allow_duplicate", "dry_run"]);
    assert_eq!(properties(2), ["confirm_number", "allow_duplicate", "dry_run"]);
    assert!(
        accounts.instructions().ends_with("127.0.0.1 says: Be quick.\\u{200b}"),
        "{}",
        accounts.instructions()
    );
    assert_eq!(accounts.why_not("list_client").facts["nearest"], "list_clients");
}

#[tokio::test]
async fn several_accounts_are_told_apart_by_their_names() {
    let folder = Folder::new("several");
    store(&folder.0, "billbot");
    store(&folder.0, "other");
    let accounts = Accounts::new(vec![
        remote(setup("billbot", "billbot", &folder.0)),
        remote(setup("other", "url", &folder.0)),
        absent("third"),
    ]);
    let names = names(&accounts);
    assert_eq!(names[0], "billbot__list_clients");
    assert_eq!(&names[5..], ["other__send_invoice", "third__why_not_available"]);
    let prompts = accounts.listed(Listed::Prompts);
    assert_eq!(
        prompts.iter().map(|row| &row["name"]).collect::<Vec<_>>(),
        ["billbot__hello", "other__hello"]
    );
    assert_eq!(accounts.listed(Listed::Resources).len(), 1, "an address is listed once");
    let said = accounts.instructions();
    assert_eq!(said.matches("NOT CREATED AGAIN").count(), 1, "{said}");
    assert_eq!(said.matches(" says: Be quick.").count(), 2);
    let failure = fails(&accounts, "list_clients").await;
    assert!(failure.hint.unwrap().contains("`billbot__list_clients` or `other__list_clients`"));
    assert_eq!(fails(&accounts, "nobody__list_clients").await.code, "unknown_tool");
    assert_eq!(fails(&accounts, "third__why_not_available").await.code, "not_logged_in");
    assert_eq!(fails(&accounts, "third__create_invoice").await.code, "not_logged_in");
}

#[tokio::test]
async fn an_account_of_which_nothing_is_known_says_why() {
    let folder = Folder::new("nothing");
    let accounts = Accounts::new(vec![remote(setup("billbot", "billbot", &folder.0))]);
    assert_eq!(names(&accounts), ["why_not_available"]);
    for tool in ["why_not_available", "list_clients"] {
        assert_eq!(fails(&accounts, tool).await.code, "unreachable", "{tool}");
    }
    // Another process has logged in meanwhile.
    store(&folder.0, "billbot");
    assert_eq!(names(&accounts).len(), 3);
}

#[tokio::test]
async fn an_account_that_was_absent_is_served_once_it_can_be() {
    let folder = Folder::new("again");
    store(&folder.0, "billbot");
    let path = folder.0.clone();
    let again = move || path.join("in").exists().then(|| remote(setup("billbot", "billbot", &path)).1);
    let why = Failure::new("not_logged_in", Exit::NotLoggedIn, "nobody is logged in");
    let absent = Absent { account: "billbot".to_owned(), why, again: Box::new(again) };
    let accounts = Accounts::new(vec![("billbot".to_owned(), Served::Absent(absent))]);
    let changes = accounts.tools_changed();
    assert_eq!(names(&accounts), ["why_not_available"]);
    std::fs::write(folder.0.join("in"), "").unwrap();
    assert_eq!(names(&accounts).len(), 3);
    assert!(changes.has_changed().unwrap());
}

#[tokio::test]
async fn the_filters_hold_for_remote_tools() {
    let folder = Folder::new("filters");
    store(&folder.0, "billbot");
    let with = |read_only: bool, selection: Selection| {
        let setup = Setup { selection, read_only, ..setup("billbot", "billbot", &folder.0) };
        Accounts::new(vec![remote(setup)])
    };
    let reading = with(true, Selection::default());
    assert_eq!(names(&reading), ["list_clients"]);
    assert_eq!(fails(&reading, "send_invoice").await.code, "read_only");
    let contacts = with(false, Selection { toolsets: vec!["contacts".into()], ..Selection::default() });
    assert_eq!(names(&contacts), ["list_clients"]);
    assert!(fails(&contacts, "send_invoice").await.hint.unwrap().contains("--toolsets invoicing"));
    let one = with(false, Selection { tools: vec!["send_invoice".into()], ..Selection::default() });
    assert_eq!(names(&one), ["send_invoice"]);
    let lean = with(false, Selection { lean: true, ..Selection::default() });
    assert_eq!(names(&lean), ["search_tools", "describe_tool", "run_read", "run_write"]);
    assert_eq!(fails(&lean, "run_read").await.code, "missing_argument");
    let arguments = Map::from_iter([("tool".to_owned(), json!("send_invoice"))]);
    assert_eq!(fails_with(&lean, "run_read", arguments).await.code, "wrong_runner");
}
