//! Several processes, some of which die.

use super::*;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

#[test]
fn of_many_at_once_one_goes_on() {
    let folder = Folder::new();
    for round in 0..5 {
        let start = Arc::new(std::sync::Barrier::new(6));
        let threads: Vec<_> = (0..6)
            .map(|_| {
                let (journal, start) = (folder.journal(), Arc::clone(&start));
                std::thread::spawn(move || {
                    start.wait();
                    let claim = block(journal.claim(create(round))).unwrap();
                    // Alive until all have claimed.
                    start.wait();
                    matches!(claim, Claim::Granted(_))
                })
            })
            .collect();
        let granted: Vec<bool> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert_eq!(granted.iter().filter(|granted| **granted).count(), 1, "round {round}");
    }
}

#[test]
fn several_write_at_once_and_none_is_turned_away() {
    let folder = Folder::new();
    let threads: Vec<_> = (0..4_u8)
        .map(|thread| {
            let journal = folder.journal();
            std::thread::spawn(move || {
                block(async {
                    for number in 0..10 {
                        told(&journal, create(thread * 10 + number), &format!("r{thread}{number}")).await;
                    }
                    journal.flush().await;
                });
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let written = block(folder.journal().history(Filter::default())).unwrap();
    let records: std::collections::HashSet<_> =
        written.iter().filter(|intent| intent.answered).map(|intent| intent.record_id.clone()).collect();
    assert_eq!((written.len(), records.len()), (40, 40));
}

#[test]
fn what_a_dead_process_only_claimed_was_not_sent() {
    let folder = Folder::new();
    block(async {
        let (dead, here) = (folder.journal(), folder.journal());
        let ticket = granted(&dead, create(1)).await;
        kill(dead).await;
        let next = granted(&here, create(1)).await;
        assert_ne!(next.number, ticket.number);
        let settled = look(&here, ticket.number).await;
        assert_eq!((settled.state, settled.lost), (State::NotSent, false));
        assert!(settled.settled_at.is_some());
    });
}

#[test]
fn what_a_dead_process_was_sending_is_to_be_looked_up_by_one() {
    let folder = Folder::new();
    block(async {
        let (dead, here, there) = (folder.journal(), folder.journal(), folder.journal());
        let ticket = sent(&dead, twin(1, Some(1), None)).await;
        folder.sql("update intent set sent_at = sent_at - 17000");
        kill(dead).await;
        let Claim::Open(taken, open, Likeness::Twin) = here.claim(twin(2, Some(1), None)).await.unwrap()
        else {
            panic!()
        };
        assert_eq!((taken.number, &taken.key), (ticket.number, &ticket.key));
        assert_eq!((open.state, open.lost), (State::Unknown, true));
        // Its connection may have lasted until it was seen to be gone.
        let settling = open.settles_at.unwrap().as_millisecond() - open.sent_at.unwrap().as_millisecond();
        assert!((107_000..112_000).contains(&settling), "{settling}");
        let claim = there.claim(twin(1, Some(1), None)).await.unwrap();
        assert!(matches!(claim, Claim::Busy(_, Likeness::Same)));
        here.release(taken).await.unwrap();
        let Claim::Open(taken, ..) = there.claim(twin(1, Some(1), None)).await.unwrap() else { panic!() };
        there.settle(&taken, End::of(State::Absent)).await.unwrap();
        granted(&here, twin(1, Some(1), None)).await;
    });
}

#[test]
fn what_a_dead_process_did_not_know_is_taken_over_as_it_stands() {
    let folder = Folder::new();
    block(async {
        let (dead, here) = (folder.journal(), folder.journal());
        let ticket = sent(&dead, create(1)).await;
        dead.lost(&ticket, Duration::from_secs(10)).await.unwrap();
        let settles_at = look(&dead, ticket.number).await.settles_at;
        kill(dead).await;
        let Claim::Open(_, open, Likeness::Same) = here.claim(create(1)).await.unwrap() else { panic!() };
        assert_eq!(open.settles_at, settles_at);
        assert_eq!(open.fields, create(1).fields);
        assert_eq!((open.party.as_deref(), open.fingerprint), (Some("client-1"), Some(digest(1))));
    });
}

#[test]
fn what_was_sent_and_let_go_is_unknown_and_free() {
    let folder = Folder::new();
    block(async {
        let (here, there) = (folder.journal(), folder.journal());
        let ticket = sent(&here, create(1)).await;
        here.let_go(&ticket);
        here.flush().await;
        let open = look(&there, ticket.number).await;
        assert_eq!((open.state, open.lost), (State::Unknown, true));
        let settling = open.settles_at.unwrap().as_millisecond() - open.sent_at.unwrap().as_millisecond();
        assert!((90_000..95_000).contains(&settling), "{settling}");
        assert!(matches!(there.claim(create(1)).await.unwrap(), Claim::Open(..)));
        // Given back twice by one who no longer has it.
        here.release(ticket).await.unwrap();
        assert!(matches!(here.claim(create(1)).await.unwrap(), Claim::Busy(..)));
    });
}

#[test]
fn an_owner_without_a_file_is_dead() {
    let folder = Folder::new();
    block(async {
        let (gone, here) = (folder.journal(), folder.journal());
        let ticket = sent(&gone, create(1)).await;
        std::fs::remove_dir_all(folder.0.join("owners")).unwrap();
        let Claim::Open(taken, ..) = here.claim(create(1)).await.unwrap() else { panic!() };
        // The one whose file was taken away cannot settle what is another's now.
        let late = gone.settle(&ticket, made("r1")).await;
        assert!(matches!(late, Err(JournalError::NotOurs { number }) if number == ticket.number));
        here.settle(&taken, made("r1")).await.unwrap();
    });
}

#[test]
fn nothing_is_sent_or_settled_twice_nor_by_another() {
    let folder = Folder::new();
    block(async {
        let (here, there) = (folder.journal(), folder.journal());
        granted(&there, create(9)).await;
        let ticket = granted(&here, create(1)).await;
        let not_ours = |done: Result<(), JournalError>| matches!(done, Err(JournalError::NotOurs { number }) if number == ticket.number);
        assert!(not_ours(there.sending(&ticket).await));
        here.sending(&ticket).await.unwrap();
        assert!(not_ours(here.sending(&ticket).await));
        assert!(not_ours(there.settle(&ticket, made("r1")).await));
        assert!(not_ours(there.lost(&ticket, Duration::ZERO).await));
        assert!(not_ours(here.settle(&ticket, End::of(State::Unknown)).await));
        here.settle(&ticket, made("r1")).await.unwrap();
        here.settle(&ticket, made("r1")).await.unwrap();
        assert!(not_ours(here.settle(&ticket, made("r2")).await));
        assert!(not_ours(here.settle(&ticket, End::of(State::Refused)).await));
        assert!(not_ours(there.settle(&ticket, made("r1")).await));
        assert!(not_ours(here.lost(&ticket, Duration::ZERO).await));
        assert_eq!(look(&here, ticket.number).await.record_id.as_deref(), Some("r1"));
    });
}

#[test]
fn a_caller_that_goes_away_leaves_nothing_open() {
    let folder = Folder::new();
    block(async {
        let journal = folder.journal();
        // Ready before it is asked for: the answer lies there when the future is dropped.
        let mut claim = Box::pin(journal.claim(create(1)));
        assert!(futures_poll(&mut claim).is_none());
        journal.flush().await;
        drop(claim);
        // Dropped while the thread has not even begun.
        let mut claim = Box::pin(journal.claim(create(2)));
        assert!(futures_poll(&mut claim).is_none());
        drop(claim);
        let ticket = granted(&journal, create(3)).await;
        let mut sending = Box::pin(journal.sending(&ticket));
        assert!(futures_poll(&mut sending).is_none());
        journal.flush().await;
        drop(sending);
        let claimed = granted(&journal, create(4)).await;
        journal.let_go(&claimed);
        journal.flush().await;
        let history = journal.history(Filter::default()).await.unwrap();
        assert_eq!(history.len(), 4);
        assert!(history.iter().all(|intent| intent.state == State::NotSent), "{history:?}");
    });
}

/// Polls once.
fn futures_poll<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::Pin::new(future).poll(&mut context) {
        std::task::Poll::Ready(output) => Some(output),
        std::task::Poll::Pending => None,
    }
}

#[test]
fn what_nobody_carries_is_found_and_taken_once_its_time_has_passed() {
    let folder = Folder::new();
    block(async {
        let (dead, here, there) = (folder.journal(), folder.journal(), folder.journal());
        let claimed = granted(&dead, create(1)).await;
        let sending = sent(&dead, create(2)).await;
        let unknown = sent(&dead, create(3)).await;
        dead.lost(&unknown, Duration::ZERO).await.unwrap();
        let mut elsewhere = create(4);
        elsewhere.scope.profile = "p2".into();
        sent(&dead, elsewhere).await;
        assert!(here.abandoned(&scope(), 9).await.unwrap().is_empty(), "their owner lives");
        kill(dead).await;
        let numbers = |found: Vec<Intent>| found.iter().map(|intent| intent.number).collect::<Vec<_>>();
        assert_eq!(numbers(here.abandoned(&scope(), 9).await.unwrap()), [unknown.number]);
        assert_eq!(look(&here, claimed.number).await.state, State::NotSent);
        folder.sql("update intent set settles_at = settles_at - 90000, sent_at = sent_at - 90000");
        let all = [sending.number, unknown.number];
        assert_eq!(numbers(here.abandoned(&scope(), 9).await.unwrap()), all);
        assert_eq!(numbers(here.abandoned(&scope(), 1).await.unwrap()), all[..1]);

        let taken = here.take(sending.number).await.unwrap().unwrap();
        assert_eq!(taken.key, sending.key);
        assert!(here.take(sending.number).await.unwrap().is_none(), "another call of ours has it");
        assert!(there.take(sending.number).await.unwrap().is_none());
        assert_eq!(numbers(there.abandoned(&scope(), 9).await.unwrap()), [unknown.number]);
        here.settle(&taken, made("r2")).await.unwrap();
        assert!(there.take(sending.number).await.unwrap().is_none());
        assert!(there.take(4711).await.unwrap().is_none());
    });
}

#[test]
fn a_person_settles_what_nobody_carries() {
    let folder = Folder::new();
    block(async {
        let (dead, here) = (folder.journal(), folder.journal());
        let lost = sent(&dead, create(1)).await;
        let absent = sent(&dead, create(2)).await;
        let unsent = granted(&dead, create(3)).await;
        assert!(here.settle_by_hand(lost.number, None).await.unwrap().is_none());
        kill(dead).await;
        let settled = here.settle_by_hand(lost.number, Some("r1".into())).await.unwrap().unwrap();
        assert_eq!((settled.state, settled.record_id.as_deref()), (State::Created, Some("r1")));
        assert!(settled.answered);
        let settled = here.settle_by_hand(absent.number, None).await.unwrap().unwrap();
        assert_eq!(settled.state, State::Absent);
        let settled = here.settle_by_hand(unsent.number, Some("r3".into())).await.unwrap().unwrap();
        assert_eq!((settled.state, settled.record_id), (State::NotSent, None));
        assert!(here.settle_by_hand(lost.number, None).await.unwrap().is_none());
        assert!(matches!(here.claim(create(1)).await.unwrap(), Claim::Known(..)));
        granted(&here, create(2)).await;
    });
}

#[test]
fn files_of_dead_owners_go_and_those_of_the_living_and_the_needed_stay() {
    let folder = Folder::new();
    block(async {
        let (done, stuck, here) = (folder.journal(), folder.journal(), folder.journal());
        told(&done, create(1), "r1").await;
        sent(&stuck, create(2)).await;
        kill(done).await;
        kill(stuck).await;
        assert_eq!(std::fs::read_dir(folder.0.join("owners")).unwrap().count(), 2);
        granted(&here, create(3)).await;
        here.flush().await;
        let left = std::fs::read_dir(folder.0.join("owners")).unwrap();
        assert_eq!(left.count(), 2, "the one with an open intent, and ours");
    });
}

/// A process of its own that has made [`create`] 1 as far as `stage` and waits there.
fn process(folder: &Folder, stage: &str) -> Child {
    std::fs::create_dir_all(&folder.0).unwrap();
    std::fs::write(folder.0.join("stage"), stage).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["journal::tests::several::a_process_to_be_killed", "--exact", "--ignored", "--nocapture"])
        .current_dir(&folder.0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line.ends_with("it is there")));
    child
}

#[test]
#[ignore = "not a test by itself: another one starts it, and kills it"]
fn a_process_to_be_killed() {
    let stage = std::fs::read_to_string("stage").expect("it is started in a folder that names a stage");
    block(async {
        let journal = Journal::new(Path::new("."), KEEP);
        let ticket = granted(&journal, create(1)).await;
        if stage != "claimed" {
            journal.sending(&ticket).await.unwrap();
        }
        if stage == "unknown" {
            journal.lost(&ticket, Duration::from_secs(10)).await.unwrap();
        }
        let mut out = std::io::stdout();
        writeln!(out, "it is there").unwrap();
        out.flush().unwrap();
        let mut nothing = Vec::new();
        std::io::stdin().read_to_end(&mut nothing).unwrap();
    });
}

#[test]
fn a_killed_process_frees_what_it_carried() {
    for (stage, state) in
        [("claimed", State::Claimed), ("sending", State::Sending), ("unknown", State::Unknown)]
    {
        let folder = Folder::new();
        let mut child = process(&folder, stage);
        block(async {
            let journal = folder.journal();
            assert!(matches!(journal.claim(create(1)).await.unwrap(), Claim::Busy(..)), "{stage}");
            child.kill().unwrap();
            child.wait().unwrap();
            let found = folder.journal().history(Filter::default()).await.unwrap();
            assert_eq!(found.iter().map(|intent| intent.state).collect::<Vec<_>>(), [state]);
            match journal.claim(create(1)).await.unwrap() {
                Claim::Granted(_) => assert_eq!(state, State::Claimed),
                Claim::Open(..) => assert_ne!(state, State::Claimed),
                other => panic!("{stage}: {other:?}"),
            }
        });
    }
}

#[test]
#[cfg(unix)]
fn a_stopped_process_keeps_what_it_carries() {
    use rustix::process::{Pid, Signal, kill_process};
    let folder = Folder::new();
    let mut child = process(&folder, "sending");
    kill_process(Pid::from_child(&child), Signal::STOP).unwrap();
    block(async {
        let journal = folder.journal();
        assert!(matches!(journal.claim(create(1)).await.unwrap(), Claim::Busy(..)));
        assert!(journal.settle_by_hand(1, None).await.unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(matches!(journal.claim(create(1)).await.unwrap(), Claim::Open(..)));
    });
}

#[test]
fn a_log_left_by_a_killed_process_is_read_without_writing() {
    let folder = Folder::new();
    let mut child = process(&folder, "sending");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(std::fs::metadata(folder.0.join("journal.db-wal")).unwrap().len() > 0);
    block(async {
        let found = folder.journal().history(Filter::default()).await.unwrap();
        assert_eq!(found[0].state, State::Sending);
    });
}

#[test]
fn what_a_look_did_not_tell_is_given_again_after_growing_pauses() {
    let folder = Folder::new();
    block(async {
        let journal = folder.journal();
        let ticket = sent(&journal, create(1)).await;
        journal.lost(&ticket, Duration::ZERO).await.unwrap();
        journal.let_go(&ticket);
        let given = async || journal.abandoned(&scope(), 9).await.unwrap().len();
        assert_eq!(given().await, 1, "dropped without a look");
        let looked = async || {
            let ticket = journal.take(ticket.number).await.unwrap().unwrap();
            journal.release(ticket).await.unwrap();
        };
        let hour = 3_600_000_i64;
        let day = 24 * hour;
        let age = |age: i64| {
            folder.sql(&format!("update intent set claimed_at = {} - {age}", super::super::now()));
        };
        for (old, early, late) in
            [(0, 58_000, 61_000), (hour, 350_000, 362_000), (40 * day, 23 * hour, 25 * hour)]
        {
            looked().await;
            age(old);
            assert_eq!(given().await, 0);
            for (since, wanted) in [(early, 0), (late, 1)] {
                let at = super::super::now() - since;
                folder.sql(&format!("update intent set looked_at = {at}"));
                assert_eq!(given().await, wanted, "{old} ms old, looked at {since} ms ago");
            }
            // Whoever repeats it is given it at once.
            looked().await;
            let Claim::Open(ticket, ..) = journal.claim(create(1)).await.unwrap() else { panic!() };
            journal.release(ticket).await.unwrap();
        }
    });
}
