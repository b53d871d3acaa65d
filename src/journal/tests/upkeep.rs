//! What is kept, shown and forgotten, and what it costs.

use std::time::Instant;

use super::*;

#[test]
fn history_gives_the_open_ones_first_and_then_the_newest() {
    let folder = Folder::new();
    block(async {
        let journal = folder.journal();
        let open = sent(&journal, create(1)).await.number;
        let old = told(&journal, create(2), "r2").await;
        let mut elsewhere = create(3);
        elsewhere.scope.profile = "p2".into();
        elsewhere.scope.account = "second".into();
        let other = told(&journal, elsewhere, "r3").await;
        let newest = told(&journal, create(4), "r4").await;
        journal.flush().await;
        let shown = async |filter: Filter| {
            let found = folder.journal().history(filter).await.unwrap();
            found.iter().map(|intent| intent.number).collect::<Vec<_>>()
        };
        assert_eq!(shown(Filter::default()).await, [open, newest, other, old]);
        assert_eq!(shown(Filter { limit: Some(2), ..Filter::default() }).await, [open, newest]);
        let of = |profile: &str| Filter { profile: Some(profile.into()), ..Filter::default() };
        assert_eq!(shown(of("p2")).await, [other]);
        let second = Filter { account: Some("second".into()), ..Filter::default() };
        assert_eq!(shown(second).await, [other]);
        let sandbox = Filter { origin: Some("sandbox".into()), ..Filter::default() };
        assert!(shown(sandbox).await.is_empty());
        folder.sql(&format!(
            "update intent set claimed_at = claimed_at - 86400000 where number in ({open}, {old})"
        ));
        let since = jiff::Timestamp::now() - Duration::from_secs(3600);
        let since = Filter { since: Some(since), ..Filter::default() };
        assert_eq!(shown(since).await, [open, newest, other]);
    });
}

#[test]
fn a_row_holds_everything_it_was_given() {
    let folder = Folder::new();
    block(async {
        let journal = folder.journal();
        let fields = vec![
            Field { path: "lines.0.price".into(), hash: digest(1) },
            Field { path: String::new(), hash: digest(2) },
            Field { path: "notiz.über".into(), hash: digest(3) },
        ];
        let act = NewIntent {
            kind: Kind::Act,
            confirmed: Confirmed::Person,
            record_id: Some("r1".into()),
            record_number: Some("IV-001".into()),
            before: Some(digest(4)),
            fields: fields.clone(),
            ..create(1)
        };
        let ticket = sent(&journal, act).await;
        journal.settle(&ticket, End::of(State::Done)).await.unwrap();
        let row = look(&journal, ticket.number).await;
        assert_eq!((row.scope, row.tool.as_str(), row.kind), (scope(), "create_invoice", Kind::Act));
        assert_eq!((row.client.as_str(), row.confirmed), ("claude-code", Confirmed::Person));
        assert_eq!(row.fields, fields);
        assert_eq!((row.before, row.fingerprint), (Some(digest(4)), Some(digest(1))));
        assert_eq!(row.record_id.as_deref(), Some("r1"));
        assert_eq!(row.record_number.as_deref(), Some("IV-001"));
        assert_eq!((row.key, row.state), (ticket.key, State::Done));
        assert!(row.claimed_at <= row.sent_at.unwrap() && row.sent_at <= row.settled_at);
    });
}

#[test]
fn known_records_are_what_creates_have_made() {
    let folder = Folder::new();
    block(async {
        let journal = folder.journal();
        let first = told(&journal, create(1), "r1").await;
        let act = NewIntent { kind: Kind::Act, record_id: Some("r2".into()), ..create(2) };
        let act = sent(&journal, act).await;
        journal.settle(&act, End::of(State::Done)).await.unwrap();
        let refused = sent(&journal, create(3)).await;
        journal.settle(&refused, End::of(State::Refused)).await.unwrap();
        let ids = || ["r1", "r2", "r3"].map(str::to_owned).to_vec();
        let known = journal.known_records(&scope(), ids()).await.unwrap();
        assert_eq!(known.into_iter().collect::<Vec<_>>(), ["r1"]);
        let elsewhere = Scope { profile: "p2".into(), ..scope() };
        assert!(journal.known_records(&elsewhere, ids()).await.unwrap().is_empty());
        let before = async |scope, byte, number| {
            journal.took_effect_before(&scope, digest(byte), number).await.unwrap()
        };
        assert!(before(scope(), 1, 99).await);
        assert!(!before(scope(), 1, first).await, "itself does not count");
        assert!(!before(scope(), 3, 99).await, "it was refused");
        assert!(!before(elsewhere.clone(), 1, 99).await);
    });
}

#[test]
fn what_is_forgotten_leaves_the_file_and_what_is_open_stays() {
    let folder = Folder::new();
    block(async {
        let journal = folder.journal();
        for number in 0..40 {
            told(&journal, create(number), &format!("forgotten-{number}")).await;
        }
        let mut open = create(99);
        open.record_number = Some("remembered".into());
        let open = sent(&journal, open).await;
        let anywhere =
            |text: &str| contains(&folder.file(), text) || contains(&folder.0.join("journal.db-wal"), text);
        assert!(anywhere("forgotten-7"));
        let hour = Duration::from_secs(3600);
        assert_eq!(journal.forget(jiff::Timestamp::now() - hour).await.unwrap(), 0);
        assert_eq!(journal.forget(jiff::Timestamp::now() + hour).await.unwrap(), 40);
        assert!(!anywhere("forgotten-"));
        assert!(anywhere("remembered"));
        assert_eq!(journal.history(Filter::default()).await.unwrap().len(), 1);
        journal.settle(&open, made("r")).await.unwrap();
        let next = granted(&journal, create(1)).await;
        assert_eq!(next.number, open.number + 1, "numbers are not given twice");
    });
}

#[test]
fn settled_rows_go_when_their_time_is_over_but_not_while_they_guard() {
    let folder = Folder::new();
    block(async {
        let first = Journal::new(&folder.0, KEEP);
        told(&first, create(1), "r1").await;
        sent(&first, create(2)).await;
        told(&first, create(3), "r3").await;
        first.flush().await;
        folder.sql(
            "update intent set settled_at = settled_at - 3 * 86400000 where number = 1;
             update intent set settled_at = settled_at - 3600000 where number = 3",
        );
        let short = Journal::new(&folder.0, Duration::from_secs(60));
        granted(&short, create(4)).await;
        let left = short.history(Filter::default()).await.unwrap();
        assert_eq!(left.iter().map(|intent| intent.number).collect::<Vec<_>>(), [4, 2, 3]);
    });
}

#[test]
fn every_statement_of_the_guard_finds_its_rows_by_an_index() {
    let folder = Folder::new();
    block(async {
        told(&folder.journal(), create(1), "r1").await;
    });
    let connection = Connection::open(folder.file()).unwrap();
    let plan = |condition: &str| -> String {
        let sql = format!("explain query plan select * from intent where {condition}");
        connection.query_row(&sql, [], |row| row.get(3)).unwrap()
    };
    assert!(plan("fingerprint = x'00' and origin = ''").contains("intent_fingerprint"));
    assert!(plan("about = x'00' and origin = ''").contains("intent_about"));
    assert!(plan("record_id = x'00' and origin = ''").contains("intent_record"));
    assert!(plan("settled_at is null and origin = ''").contains("intent_open"));
    assert!(plan("settled_at is null and idempotency_key = ''").contains("intent_open"));
}

#[test]
#[ignore = "a measurement: cargo test --bin lumabill -- --ignored --nocapture what_a_write_costs"]
fn what_a_write_costs() {
    let folder = Folder::new();
    block(async {
        let journal = folder.journal();
        let mut took = Vec::new();
        for number in 0..1000_u32 {
            let [high, low] = u16::try_from(number).unwrap().to_be_bytes();
            let mut intent = create(0);
            let mut fingerprint = [0; 16];
            fingerprint[..2].copy_from_slice(&[high, low]);
            intent.guard.as_mut().unwrap().fingerprint = Digest(fingerprint);
            let began = Instant::now();
            let ticket = sent(&journal, intent).await;
            journal.settle(&ticket, made("r")).await.unwrap();
            took.push(began.elapsed());
        }
        took.sort();
        println!("claim + sending + settle: median {} µs", took[500].as_micros());
        assert!(took[500] < Duration::from_secs(1));
    });
}
