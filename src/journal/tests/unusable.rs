//! What the journal says when it cannot be used, and that it works again once that is mended.

use super::*;
use crate::failure::{Explain, Failure, Sent};

fn code(error: JournalError) -> &'static str {
    let failure = Failure::from(error);
    assert!(failure.hint.is_some() && failure.sent == Sent::Nothing, "{failure:?}");
    failure.code
}

async fn refused(journal: &Journal) -> &'static str {
    code(journal.claim(create(1)).await.unwrap_err())
}

#[test]
fn nothing_is_touched_before_it_is_used() {
    let folder = Folder::new();
    block(async {
        let journal = folder.journal();
        journal.flush().await;
        assert!(journal.history(Filter::default()).await.unwrap().is_empty());
        assert!(journal.look(1).await.unwrap().is_none());
        assert!(journal.take(1).await.unwrap().is_none());
        assert!(journal.settle_by_hand(1, None).await.unwrap().is_none());
        assert!(journal.abandoned(&scope(), 1).await.unwrap().is_empty());
        assert!(journal.known_records(&scope(), vec!["r".into()]).await.unwrap().is_empty());
        assert!(!journal.took_effect_before(&scope(), digest(1), 1).await.unwrap());
        assert_eq!(journal.forget(jiff::Timestamp::now()).await.unwrap(), 0);
        journal.answered(1);
        journal.flush().await;
        let ticket = Ticket { number: 1, key: "k".into() };
        assert!(matches!(journal.sending(&ticket).await, Err(JournalError::NotOurs { number: 1 })));
        assert!(matches!(journal.settle(&ticket, made("r")).await, Err(JournalError::NotOurs { .. })));
        assert!(!folder.0.exists());
    });
}

#[test]
#[cfg(unix)]
fn it_is_readable_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    std::fs::create_dir_all(&folder.0).unwrap();
    std::fs::set_permissions(&folder.0, std::fs::Permissions::from_mode(0o755)).unwrap();
    block(async {
        let journal = folder.journal();
        granted(&journal, create(1)).await;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder.0), 0o700);
        assert_eq!(mode(&folder.0.join("owners")), 0o700);
        let mut files = Vec::new();
        for inside in [&folder.0, &folder.0.join("owners")] {
            let entries = std::fs::read_dir(inside).unwrap().map(|entry| entry.unwrap().path());
            files.extend(entries.filter(|path| path.is_file()));
        }
        assert!(files.len() >= 4, "{files:?}");
        for file in files {
            assert_eq!(mode(&file), 0o600, "{}", file.display());
        }
    });
}

#[test]
fn a_file_in_place_of_the_folder_and_a_folder_in_place_of_the_file() {
    let folder = Folder::new();
    block(async {
        std::fs::write(&folder.0, "").unwrap();
        let journal = folder.journal();
        assert_eq!(refused(&journal).await, "journal_unusable");
        assert_eq!(code(journal.digest(&["a"]).unwrap_err()), "journal_unusable");
        assert_eq!(code(journal.history(Filter::default()).await.unwrap_err()), "journal_unusable");
        std::fs::remove_file(&folder.0).unwrap();
        std::fs::create_dir_all(folder.file()).unwrap();
        assert_eq!(refused(&journal).await, "journal_unusable");
        std::fs::remove_dir(folder.file()).unwrap();
        granted(&journal, create(1)).await;
    });
}

#[test]
fn what_is_no_journal_is_left_alone() {
    let folder = Folder::new();
    block(async {
        let journal = folder.journal();
        std::fs::create_dir_all(&folder.0).unwrap();
        std::fs::write(folder.file(), [7; 8192]).unwrap();
        assert_eq!(refused(&journal).await, "journal_corrupt");
        assert_eq!(code(journal.history(Filter::default()).await.unwrap_err()), "journal_corrupt");
        assert_eq!(std::fs::read(folder.file()).unwrap(), [7; 8192]);
        std::fs::remove_file(folder.file()).unwrap();
        folder.sql("create table other (a)");
        assert_eq!(refused(&journal).await, "journal_corrupt");
        std::fs::remove_file(folder.file()).unwrap();
        granted(&journal, create(1)).await;
    });
}

#[test]
fn damage_met_later_is_named_too() {
    let folder = Folder::new();
    block(async {
        let journal = folder.journal();
        for number in 0..100 {
            granted(&journal, create(number)).await;
        }
        kill(journal).await;
        folder.sql("pragma wal_checkpoint(truncate); pragma journal_mode = delete");
        let mut bytes = std::fs::read(folder.file()).unwrap();
        bytes[8192..].fill(0xa5);
        std::fs::write(folder.file(), bytes).unwrap();
        let journal = folder.journal();
        assert_eq!(refused(&journal).await, "journal_corrupt");
        std::fs::remove_file(folder.file()).unwrap();
        granted(&journal, create(1)).await;
    });
}

#[test]
fn a_newer_file_is_left_to_the_newer_program() {
    let folder = Folder::new();
    block(async {
        let first = folder.journal();
        told(&first, create(1), "r1").await;
        kill(first).await;
        folder.sql("pragma user_version = 7");
        let journal = folder.journal();
        let error = journal.claim(create(2)).await.unwrap_err();
        assert!(error.to_string().contains("version 7"), "{error}");
        assert_eq!(error.code(), "journal_newer");
        assert_eq!(code(journal.history(Filter::default()).await.unwrap_err()), "journal_newer");
        folder.sql("pragma user_version = 1");
        granted(&journal, create(2)).await;
    });
}

#[test]
fn a_full_disk_refuses_and_what_was_done_is_written_down_once_there_is_room() {
    let folder = Folder::new();
    block(async {
        let journal = folder.journal();
        let ticket = sent(&journal, create(1)).await;
        let waiting = granted(&journal, create(2)).await;
        // The limit goes with the connection, which is opened anew after each error.
        let fill = || {
            journal.queue.ask(|worker| {
                let connection = worker.database.connection().unwrap();
                let pages: i64 = connection.query_row("pragma page_count", [], |row| row.get(0)).unwrap();
                connection.query_row(&format!("pragma max_page_count = {pages}"), [], |_| Ok(())).unwrap();
                connection
                    .execute_batch(
                        "create temp trigger full before update on main.intent begin
                   insert into fact values (hex(randomblob(8)), randomblob(100000)); end",
                    )
                    .unwrap();
                Ok(())
            })
        };
        let mut big = create(3);
        big.client = "x".repeat(100_000);
        fill().await.unwrap();
        assert_eq!(code(journal.claim(big).await.unwrap_err()), "journal_full");
        fill().await.unwrap();
        assert_eq!(code(journal.settle(&ticket, made("r1")).await.unwrap_err()), "journal_full");
        // Tried again before anything else is done.
        let settled = look(&journal, ticket.number).await;
        assert_eq!((settled.state, settled.record_id.as_deref()), (State::Created, Some("r1")));
        assert!(matches!(journal.claim(create(1)).await.unwrap(), Claim::Known(..)));
        fill().await.unwrap();
        assert_eq!(code(journal.sending(&waiting).await.unwrap_err()), "journal_full");
        assert_eq!(look(&journal, waiting.number).await.state, State::NotSent);
    });
}

#[test]
fn a_sending_that_cannot_be_written_down_is_settled_as_not_sent() {
    let folder = Folder::new();
    block(async {
        let journal = folder.journal();
        let ticket = granted(&journal, create(1)).await;
        journal
            .queue
            .ask(|worker| {
                let connection = worker.database.connection().unwrap();
                connection.pragma_update(None, "query_only", true).unwrap();
                Ok(())
            })
            .await
            .unwrap();
        assert_eq!(code(journal.sending(&ticket).await.unwrap_err()), "journal_unusable");
        assert_eq!(look(&journal, ticket.number).await.state, State::NotSent);
        granted(&journal, create(1)).await;
    });
}

#[test]
fn a_writer_that_does_not_end_is_told_of() {
    let folder = Folder::new();
    block(async {
        let journal = folder.journal();
        granted(&journal, create(1)).await;
        let mut other = Connection::open(folder.file()).unwrap();
        let held = other.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
        journal
            .queue
            .ask(|worker| {
                worker.database.connection().unwrap().busy_timeout(Duration::ZERO).unwrap();
                Ok(())
            })
            .await
            .unwrap();
        assert_eq!(code(journal.claim(create(2)).await.unwrap_err()), "journal_busy");
        drop(held);
        granted(&journal, create(2)).await;
    });
}

#[test]
fn rows_without_their_key_are_not_passed_over() {
    let folder = Folder::new();
    let key = folder.0.join("journal.key");
    block(async {
        let first = folder.journal();
        let hash = first.digest(&["ab", "c"]).unwrap();
        assert_ne!(hash, first.digest(&["a", "bc"]).unwrap());
        assert_eq!(hash, folder.journal().digest(&["ab", "c"]).unwrap());
        told(&first, create(1), "r1").await;
        kill(first).await;
        let right = std::fs::read(&key).unwrap();
        assert_eq!(right.len(), 32);

        std::fs::remove_file(&key).unwrap();
        let journal = folder.journal();
        assert_eq!(code(journal.digest(&["a"]).unwrap_err()), "journal_key_lost");
        assert_eq!(refused(&journal).await, "journal_key_lost");
        assert!(!key.exists(), "no new one");
        std::fs::write(&key, "").unwrap();
        assert_eq!(refused(&journal).await, "journal_key_lost");
        std::fs::write(&key, [1; 32]).unwrap();
        assert_eq!(code(journal.digest(&["a"]).unwrap_err()), "journal_key_changed");
        assert_eq!(refused(&journal).await, "journal_key_changed");
        assert_eq!(journal.history(Filter::default()).await.unwrap().len(), 1);
        std::fs::write(&key, right).unwrap();
        assert_eq!(journal.digest(&["ab", "c"]).unwrap(), hash);
        assert!(matches!(journal.claim(create(1)).await.unwrap(), Claim::Known(..)));
    });
}

#[test]
fn without_the_key_a_person_can_still_read_settle_and_forget() {
    let folder = Folder::new();
    block(async {
        let first = folder.journal();
        told(&first, create(1), "r1").await;
        let open = sent(&first, create(2)).await;
        kill(first).await;
        std::fs::remove_file(folder.0.join("journal.key")).unwrap();
        let journal = folder.journal();
        assert_eq!(refused(&journal).await, "journal_key_lost");
        assert_eq!(journal.history(Filter::default()).await.unwrap().len(), 2);
        assert!(journal.settle_by_hand(open.number, Some("r2".into())).await.unwrap().is_some());
        let later = jiff::Timestamp::now() + Duration::from_secs(1);
        assert_eq!(journal.forget(later).await.unwrap(), 2);
        // Nothing depends on the old key any more.
        granted(&journal, create(1)).await;
    });
}

#[test]
fn without_rows_another_key_does_no_harm() {
    let folder = Folder::new();
    let key = folder.0.join("journal.key");
    block(async {
        let here = folder.journal();
        let old = here.digest(&["a"]).unwrap();
        std::fs::remove_file(&key).unwrap();
        let there = folder.journal();
        assert_ne!(there.digest(&["a"]).unwrap(), old);
        // What was hashed under the old key is not written among rows of the new one.
        assert_eq!(refused(&here).await, "journal_key_changed");
        assert_eq!(here.digest(&["a"]).unwrap(), there.digest(&["a"]).unwrap());
        granted(&here, create(1)).await;
    });
}

#[test]
#[cfg(unix)]
fn a_file_moved_away_is_used_no_longer() {
    let folder = Folder::new();
    block(async {
        let (here, there) = (folder.journal(), folder.journal());
        told(&here, create(1), "r1").await;
        for end in ["", "-wal", "-shm"] {
            let name = folder.0.join(format!("journal.db{end}"));
            std::fs::rename(&name, folder.0.join(format!("old.db{end}"))).unwrap();
        }
        let ticket = granted(&there, create(2)).await;
        let claim = here.claim(create(2)).await.unwrap();
        assert!(matches!(claim, Claim::Busy(busy, _) if busy.number == ticket.number));
    });
}
