//! The history over a real journal, filled as a gateway fills it.

use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde_json::Value;

use super::{Args, Fate, Settle, forget, settle_by_hand, show};
use crate::failure::{Exit, Failure};
use crate::journal::{Claim, Confirmed, End, Guard, Journal, Kind, NewIntent, Scope, State, Ticket};
use crate::settings::{Environment, Settings};

const ID: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
const PROFILE: &str = "6f1c2b3a-9d4e-4f5a-8b6c-7d8e9f0a1b2c";

/// A journal and the settings around it, in a folder that goes away with the test.
struct Books {
    folder: PathBuf,
    journal: Journal,
    settings: Settings,
}

impl Drop for Books {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

impl Books {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("lumabill-history-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&folder).unwrap();
        let accounts = format!(
            "version = 1\n[accounts.acme]\nservice = \"lumabill\"\norigin = \"https://api.lumabill.ch\"\n\
             stored_in = \"keyring\"\nprofiles = [{{ id = \"{PROFILE}\", name = \"Muster AG\" }}]\n"
        );
        std::fs::write(folder.join("config.toml"), accounts).unwrap();
        let settings = Settings::of(Environment::from(|name| match name {
            "LUMABILL_CONFIG_DIR" | "LUMABILL_STATE_DIR" => Some(folder.clone().into_os_string()),
            _ => None,
        }))
        .unwrap();
        let journal = Journal::new(&settings.folders.state, settings.history_kept());
        Self { folder, journal, settings }
    }

    async fn sent(&self, tool: &'static str, kind: Kind, content: &str) -> Ticket {
        let guard = matches!(kind, Kind::Create | Kind::Act).then(|| Guard {
            fingerprint: self.journal.digest(&[tool, content]).unwrap(),
            twin: None,
            window: Duration::from_secs(24 * 3600),
            allow_duplicate: false,
            past: Vec::new(),
            source: None,
        });
        let intent = NewIntent {
            scope: Scope {
                account: "acme".to_owned(),
                origin: "https://api.lumabill.ch".to_owned(),
                profile: PROFILE.to_owned(),
            },
            tool: tool.to_owned(),
            kind,
            client: "claude-code".to_owned(),
            confirmed: if kind == Kind::Create { Confirmed::NotAsked } else { Confirmed::Person },
            guard,
            record_id: (kind != Kind::Create).then(|| ID.to_owned()),
            record_number: None,
            party: None,
            fields: Vec::new(),
            before: None,
        };
        let Claim::Granted(ticket) = self.journal.claim(intent).await.unwrap() else { panic!("not granted") };
        self.journal.sending(&ticket).await.unwrap();
        ticket
    }

    async fn created(&self, number: &str) -> i64 {
        let ticket = self.sent("create_invoice", Kind::Create, number).await;
        let end = End {
            state: State::Created,
            record_id: Some(ID.to_owned()),
            record_number: Some(number.to_owned()),
        };
        self.journal.settle(&ticket, end).await.unwrap();
        self.journal.answered(ticket.number);
        self.journal.flush().await;
        ticket.number
    }

    /// Sent, its answer lost, and nobody looks after it.
    async fn lost(&self, content: &str) -> i64 {
        let ticket = self.sent("create_invoice", Kind::Create, content).await;
        let number = ticket.number;
        self.journal.lost(&ticket, Duration::ZERO).await.unwrap();
        self.journal.release(ticket).await.unwrap();
        number
    }

    async fn list(&self, since: Option<&str>, json: bool) -> String {
        let args = Args { since: since.map(str::to_owned), json, forget: None, action: None };
        show(&self.journal, &self.settings, &args, &now()).await.unwrap()
    }

    async fn json(&self) -> Value {
        serde_json::from_str(&self.list(None, true).await).unwrap()
    }

    async fn settle(&self, number: i64, created: Option<&str>) -> Result<String, Failure> {
        let fate = Fate { created: created.map(str::to_owned), not_created: created.is_none() };
        settle_by_hand(&self.journal, &self.settings, &Settle { number, fate }).await
    }
}

fn now() -> Zoned {
    Timestamp::now().to_zoned(TimeZone::UTC)
}

#[tokio::test]
async fn what_was_written_is_listed_open_ones_first_then_the_newest() {
    let books = Books::new();
    assert_eq!(books.list(None, false).await, "nothing was written through this machine yet");
    let first = books.created("IV-001").await;
    let lost = books.lost("another").await;
    let ticket = books.sent("delete_invoice", Kind::Delete, "").await;
    books.journal.settle(&ticket, End::of(State::Deleted)).await.unwrap();

    let json = books.json().await;
    let numbers: Vec<i64> =
        json["changes"].as_array().unwrap().iter().map(|entry| entry["number"].as_i64().unwrap()).collect();
    assert_eq!(numbers, [lost, ticket.number, first]);
    assert_eq!((&json["n"], &json["open"], &json["complete"]), (&3.into(), &1.into(), &true.into()));
    let created = &json["changes"][2];
    assert_eq!((&created["profile_name"], &created["answered"]), (&"Muster AG".into(), &true.into()));
    assert_eq!((&created["record"]["number"], &created["record"]["id"]), (&"IV-001".into(), &ID.into()));
    assert_eq!(
        (&json["changes"][1]["confirmed"], &json["changes"][1]["answered"]),
        (&"person".into(), &false.into())
    );

    let text = books.list(Some("today"), false).await;
    assert!(text.starts_with("OPEN: of 1 write"), "{text}");
    for part in ["created invoice IV-001", "deleted invoice", &format!("id {ID}"), "account acme, Muster AG"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[tokio::test]
async fn older_writes_are_not_passed_over_in_silence() {
    let books = Books::new();
    books.created("IV-001").await;
    let args = || Args { since: None, json: false, forget: None, action: None };
    let later = &now().checked_add(jiff::SignedDuration::from_hours(31 * 24)).unwrap();
    let text = show(&books.journal, &books.settings, &args(), later).await.unwrap();
    assert!(text.starts_with("nothing was written since") && text.contains("--since 400d"), "{text}");
    let as_json = Args { json: true, ..args() };
    let json: Value =
        serde_json::from_str(&show(&books.journal, &books.settings, &as_json, later).await.unwrap()).unwrap();
    assert_eq!((&json["n"], &json["complete"]), (&0.into(), &false.into()), "{json}");
    let all = Args { since: Some("400d".to_owned()), ..args() };
    let text = show(&books.journal, &books.settings, &all, later).await.unwrap();
    assert!(text.contains("IV-001") && !text.contains("--since"), "{text}");
    books.lost("another").await;
    let text = show(&books.journal, &books.settings, &args(), later).await.unwrap();
    assert!(text.contains("OPEN") && !text.contains("IV-001") && text.contains("--since 400d"), "{text}");
}

#[tokio::test]
async fn forgetting_takes_what_is_settled_and_leaves_what_is_open() {
    let books = Books::new();
    books.created("IV-001").await;
    books.created("IV-002").await;
    let lost = books.lost("another").await;
    let none = forget(&books.journal, &books.settings, "7d", &now(), false).await.unwrap();
    assert_eq!(none, "forgot 0 settled writes; 1 open write stays until it is settled");
    let later = now().checked_add(jiff::SignedDuration::from_secs(5)).unwrap();
    let all = forget(&books.journal, &books.settings, "now", &later, false).await.unwrap();
    assert!(all.starts_with("forgot 2 settled writes; 1 open write stays"), "{all}");
    assert!(all.contains("looks back 24 h"), "{all}");
    let json = books.json().await;
    assert_eq!((json["n"].as_i64(), json["changes"][0]["number"].as_i64()), (Some(1), Some(lost)), "{json}");
    let future = forget(&books.journal, &books.settings, "2999-01-01", &now(), false).await.unwrap_err();
    assert_eq!((future.code, future.exit), ("bad_time", Exit::Usage));
}

#[tokio::test]
async fn a_person_settles_what_is_open_and_nothing_else() {
    let books = Books::new();
    let missing = books.settle(1, None).await.unwrap_err();
    assert!(missing.message.contains("there is no write 1"), "{}", missing.message);
    let created = books.created("IV-001").await;
    let (one, other) = (books.lost("one").await, books.lost("other").await);
    let held = books.sent("create_invoice", Kind::Create, "held").await;

    let settled = books.settle(created, None).await.unwrap_err();
    assert!(settled.message.contains("is not open: created invoice IV-001: done"), "{}", settled.message);
    let busy = books.settle(held.number, None).await.unwrap_err();
    assert!(busy.message.contains("works on write"), "{}", busy.message);
    for (id, word) in [("IV-001", "UUID"), ("two words", "one word"), ("", "one word"), ("a/b", "one word")] {
        let wrong = books.settle(one, Some(id)).await.unwrap_err();
        assert!(
            wrong.message.contains(word) && wrong.message.contains("nothing was changed"),
            "{}",
            wrong.message
        );
    }
    assert_eq!(books.json().await["open"], 3);

    let said = books.settle(one, Some(ID)).await.unwrap();
    assert!(
        said.contains(&format!("created invoice {ID}")) && said.contains("answered with this record"),
        "{said}"
    );
    let said = books.settle(other, None).await.unwrap();
    assert!(said.contains("create invoice: not created") && said.contains("may be sent again"), "{said}");
    assert_eq!(books.json().await["open"], 1);
    assert!(books.settle(one, None).await.is_err());
}

#[tokio::test]
async fn an_act_is_settled_with_the_record_that_it_is_about() {
    let books = Books::new();
    let ticket = books.sent("reconcile_transaction", Kind::Act, "one").await;
    let number = ticket.number;
    books.journal.lost(&ticket, Duration::ZERO).await.unwrap();
    books.journal.release(ticket).await.unwrap();
    let other = books.settle(number, Some(PROFILE)).await.unwrap_err();
    assert!(other.message.contains(&format!("this write is about `{ID}`")), "{}", other.message);
    let said = books.settle(number, Some(ID)).await.unwrap();
    assert!(said.contains("reconciled transaction"), "{said}");
}
