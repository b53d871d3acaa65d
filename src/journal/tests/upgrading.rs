//! The file moves forward, and what a process of an older version may still do once it has.

use super::*;
use crate::journal::version::{Newer, STEPS, VERSION, forward};
use crate::journal::{Presence, Running};

fn raised(folder: &Folder) {
    folder.sql(&format!(
        "begin immediate; alter table intent add column theirs text not null default 'x';
         insert or replace into upgrade values ({0}, '9.8.7', 0); pragma user_version = {0}; commit",
        VERSION + 1
    ));
}

fn version(connection: &Connection) -> i64 {
    connection.query_row("pragma user_version", [], |row| row.get(0)).unwrap()
}

#[track_caller]
fn newer<T: std::fmt::Debug>(done: Result<T, JournalError>, asked_by: Option<&str>) {
    let Err(JournalError::Newer { newer, client, .. }) = done else { panic!("{done:?}") };
    assert_eq!(newer, Newer { version: VERSION + 1, program: Some("9.8.7".to_owned()) });
    assert_eq!(client.as_deref(), asked_by);
}

#[test]
fn there_is_a_step_to_every_version_and_each_may_be_taken_twice() {
    assert_eq!(i64::try_from(STEPS.len()).unwrap(), VERSION);
    for from in 0..=STEPS.len() {
        let mut connection = Connection::open_in_memory().unwrap();
        for step in STEPS.iter().take(from) {
            connection.execute_batch(step).unwrap();
        }
        if from > 0 {
            connection.execute_batch("pragma application_id = 1280131658").unwrap();
            connection.execute_batch(&format!("pragma user_version = {from}")).unwrap();
        }
        forward(&mut connection).unwrap();
        assert_eq!(version(&connection), VERSION);
        for step in STEPS {
            connection.execute_batch(step).unwrap();
        }
    }
}

/// No table, index or column of an earlier version is missing or another one after a later step.
#[test]
fn steps_only_add() {
    let connection = Connection::open_in_memory().unwrap();
    let mut known: Vec<(String, String)> = Vec::new();
    for step in STEPS {
        connection.execute_batch(step).unwrap();
        let mut columns = connection
            .prepare("select s.name || '.' || c.name, c.type || c.pk from sqlite_schema s, pragma_table_info(s.name) c")
            .unwrap();
        let now: Vec<(String, String)> = columns
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert!(known.iter().all(|column| now.contains(column)) && now.len() > known.len(), "{now:?}");
        known = now;
    }
}

/// What is on the disk when a process is killed in the middle: the file and its log, with the steps taken, the pages
/// spilled, and nothing committed.
#[test]
fn a_step_that_was_not_committed_never_was() {
    let (folder, copy) = (Folder::new(), Folder::new());
    std::fs::create_dir_all(&folder.0).unwrap();
    std::fs::create_dir_all(&copy.0).unwrap();
    let connection = Connection::open(folder.file()).unwrap();
    connection.execute_batch("pragma journal_mode = wal").unwrap();
    connection.execute_batch(STEPS[0]).unwrap();
    connection
        .execute_batch("pragma application_id = 1280131658; pragma user_version = 1; pragma cache_size = 1")
        .unwrap();
    connection.execute_batch("begin immediate").unwrap();
    for step in &STEPS[1..] {
        connection.execute_batch(step).unwrap();
    }
    connection
        .execute_batch(&format!(
            "pragma user_version = {VERSION};
             with recursive n (i) as (select 1 union all select i + 1 from n where i < 500)
             insert into upgrade select i + 100, hex(randomblob(500)), 0 from n"
        ))
        .unwrap();
    let log = "journal.db-wal";
    assert!(
        std::fs::metadata(folder.0.join(log)).unwrap().len() > 100_000,
        "nothing of it is on the disk yet"
    );
    for name in ["journal.db", log] {
        std::fs::copy(folder.0.join(name), copy.0.join(name)).unwrap();
    }
    assert_eq!(version(&Connection::open(copy.file()).unwrap()), 1);
    block(async {
        granted(&copy.journal(), create(1)).await;
    });
    let after = Connection::open(copy.file()).unwrap();
    let upgrades: i64 = after.query_row("select count(*) from upgrade", [], |row| row.get(0)).unwrap();
    assert_eq!((version(&after), upgrades), (VERSION, 1));
}

#[test]
fn an_older_process_begins_nothing_and_still_writes_down_what_became_of_its_own() {
    let folder = Folder::new();
    block(async {
        let old = folder.journal();
        let claimed = granted(&old, create(1)).await;
        let (settled, lost) = (sent(&old, create(2)).await, sent(&old, create(3)).await);
        let dead = folder.journal();
        let open = sent(&dead, create(4)).await;
        kill(dead).await;
        let done = told(&old, create(5), "r5").await;
        raised(&folder);

        newer(old.claim(create(6)).await, Some("claude-code"));
        newer(old.is_free(create(6)).await, Some("claude-code"));
        newer(old.sending(&claimed).await, Some("claude-code"));
        newer(old.take(open.number).await, Some("claude-code"));
        newer(old.abandoned(&scope(), 5).await, Some("claude-code"));
        newer(old.settle_by_hand(open.number, None).await, Some("claude-code"));
        newer(old.forget(jiff::Timestamp::now()).await, Some("claude-code"));
        newer(old.history(Filter::default()).await, None);
        newer(old.health().await, None);

        old.settle(&settled, made("r2")).await.unwrap();
        old.answered(settled.number);
        old.lost(&lost, Duration::from_secs(10)).await.unwrap();
        old.flush().await;
        let state = |intent: Intent| (intent.state, intent.answered);
        assert_eq!(state(look(&old, claimed.number).await), (State::NotSent, false));
        assert_eq!(state(look(&old, settled.number).await), (State::Created, true));
        assert_eq!(state(look(&old, lost.number).await), (State::Unknown, false));
        assert_eq!(state(look(&old, open.number).await), (State::Sending, false));
        assert_eq!(state(look(&old, done).await), (State::Created, true));
        // One that starts only now has nothing of its own.
        let fresh = folder.journal();
        newer(fresh.claim(create(6)).await, Some("claude-code"));
    });
}

#[test]
fn a_server_in_use_is_seen_until_it_is_gone() {
    let folder = Folder::new();
    let running = |client: &str| Running {
        version: "0.1.0".to_owned(),
        pid: 7,
        client: client.to_owned(),
        since: "2026-11-21T13:02:11Z".to_owned(),
        program: None,
    };
    assert!(Running::all(&folder.0).is_empty() && !folder.0.exists());
    let (one, other) = (running("one"), running("other"));
    let first = Presence::enter(&folder.0, &one).unwrap();
    let second = Presence::enter(&folder.0, &other).unwrap();
    assert_eq!(Running::all(&folder.0).len(), 2);
    drop(first);
    assert_eq!(Running::all(&folder.0), [other]);
    drop(second);
    assert_eq!(std::fs::read_dir(folder.0.join("running")).unwrap().count(), 0);
    // What a killed one left: nobody holds its lock.
    for (name, text) in [("dead", ""), ("dead.json", "{}"), ("lone.json", ""), ("half.new", "")] {
        std::fs::write(folder.0.join("running").join(name), text).unwrap();
    }
    assert!(Running::all(&folder.0).is_empty());
    let third = Presence::enter(&folder.0, &one).unwrap();
    assert_eq!(
        (Running::all(&folder.0), std::fs::read_dir(folder.0.join("running")).unwrap().count()),
        (vec![one], 2)
    );
    drop(third);
}
