//! What counts as the same, and how far one gets with it.

use super::*;

#[test]
fn one_that_works_on_it_makes_the_other_wait_until_it_is_settled() {
    let folder = Folder::new();
    block(async {
        let (here, there) = (folder.journal(), folder.journal());
        let ticket = granted(&here, create(1)).await;
        for journal in [&here, &there] {
            let claim = journal.claim(create(1)).await.unwrap();
            assert!(matches!(claim, Claim::Busy(busy, Likeness::Same) if busy.number == ticket.number));
        }
        here.sending(&ticket).await.unwrap();
        assert!(matches!(there.claim(create(1)).await.unwrap(), Claim::Busy(..)));
        here.lost(&ticket, Duration::from_secs(10)).await.unwrap();
        assert!(matches!(there.claim(create(1)).await.unwrap(), Claim::Busy(..)));
        assert!(matches!(here.claim(create(1)).await.unwrap(), Claim::Busy(..)));
        here.settle(&ticket, made("r1")).await.unwrap();
        let Claim::Known(known, Likeness::Same) = there.claim(create(1)).await.unwrap() else { panic!() };
        assert_eq!((known.number, known.record_id.as_deref()), (ticket.number, Some("r1")));
        assert_eq!((known.state, known.lost, known.answered), (State::Created, true, false));
        assert_eq!(known.settles_at, None);
    });
}

#[test]
fn what_took_no_effect_does_not_count() {
    let folder = Folder::new();
    block(async {
        let journal = folder.journal();
        for state in [State::Refused, State::NotSent, State::Absent] {
            let ticket = sent(&journal, twin(1, None, None)).await;
            journal.settle(&ticket, End::of(state)).await.unwrap();
        }
        granted(&journal, twin(1, None, None)).await;
    });
}

#[test]
fn an_effect_counts_for_its_window_and_until_its_record_is_gone() {
    let folder = Folder::new();
    block(async {
        let journal = folder.journal();
        let first = told(&journal, create(1), "r1").await;
        assert!(matches!(journal.claim(create(1)).await.unwrap(), Claim::Known(..)));
        let past = granted(&journal, guarded(1, |guard| guard.past = vec![first])).await;
        journal.settle(&past, End::of(State::Refused)).await.unwrap();
        let short = guarded(1, |guard| guard.window = Duration::ZERO);
        let ticket = granted(&journal, short).await;
        journal.settle(&ticket, End::of(State::NotSent)).await.unwrap();
        folder.sql("update intent set settled_at = settled_at - 86400000");
        granted(&journal, create(1)).await;
    });
}

#[test]
fn another_one_on_purpose_passes_only_what_was_settled_and_told() {
    let folder = Folder::new();
    block(async {
        let journal = folder.journal();
        let another = || guarded(1, |guard| guard.allow_duplicate = true);
        let ticket = sent(&journal, create(1)).await;
        assert!(matches!(journal.claim(another()).await.unwrap(), Claim::Busy(..)));
        // An answer that says "unknown" tells nothing of the record.
        journal.lost(&ticket, Duration::from_secs(10)).await.unwrap();
        journal.answered(ticket.number);
        journal.settle(&ticket, made("r1")).await.unwrap();
        assert!(!look(&journal, ticket.number).await.answered);
        assert!(matches!(journal.claim(another()).await.unwrap(), Claim::Known(..)));
        journal.answered(ticket.number);
        let second = sent(&journal, another()).await;
        journal.settle(&second, made("r2")).await.unwrap();
        let Claim::Known(known, _) = journal.claim(another()).await.unwrap() else { panic!() };
        assert_eq!(known.number, second.number, "the newest, which nobody was told of");
    });
}

#[test]
fn other_books_are_other_things_and_another_account_is_not() {
    let folder = Folder::new();
    block(async {
        let journal = folder.journal();
        granted(&journal, twin(1, None, None)).await;
        let mut other = twin(1, None, None);
        other.scope.profile = "p2".into();
        granted(&journal, other).await;
        let mut other = twin(1, None, None);
        other.scope.origin = "sandbox".into();
        granted(&journal, other).await;
        let mut same = twin(1, None, None);
        same.scope.account = "second-key".into();
        assert!(matches!(journal.claim(same).await.unwrap(), Claim::Busy(..)));
    });
}

#[test]
fn another_tool_is_another_thing_but_a_twin_by_what_it_is_about() {
    let folder = Folder::new();
    block(async {
        let journal = folder.journal();
        let by = |tool: &str, intent| NewIntent { tool: tool.to_owned(), ..intent };
        let ticket = sent(&journal, by("create_invoice", twin(1, Some(1), None))).await;
        let copy = || by("duplicate_invoice", twin(2, Some(1), None));
        assert!(matches!(journal.claim(copy()).await.unwrap(), Claim::Busy(_, Likeness::Twin)));
        journal.settle(&ticket, made("r1")).await.unwrap();
        folder.sql("update intent set settled_at = settled_at - 3000");
        assert!(matches!(journal.claim(copy()).await.unwrap(), Claim::Known(_, Likeness::Twin)));
        journal.answered(ticket.number);
        journal.flush().await;
        let ticket = sent(&journal, copy()).await;
        let again = || by("create_invoice", twin(3, Some(1), None));
        assert!(matches!(journal.claim(again()).await.unwrap(), Claim::Busy(_, Likeness::Twin)));
        journal.lost(&ticket, Duration::from_secs(10)).await.unwrap();
        journal.settle(&ticket, made("r2")).await.unwrap();
        assert!(matches!(journal.claim(again()).await.unwrap(), Claim::Known(_, Likeness::Twin)));
        // The same content by another tool is not the same call.
        granted(&journal, by("create_offer", create(1))).await;
    });
}

#[test]
fn what_made_the_source_of_a_copy_is_known_to_whoever_copies_it() {
    let folder = Folder::new();
    block(async {
        let journal = folder.journal();
        let ticket = sent(&journal, twin(1, Some(1), None)).await;
        let copy_of = |source: &str| {
            let mut copy = twin(2, Some(1), None);
            copy.guard.as_mut().unwrap().source = Some(source.to_owned());
            NewIntent { tool: "duplicate_invoice".to_owned(), ..copy }
        };
        assert!(matches!(journal.claim(copy_of("r1")).await.unwrap(), Claim::Busy(..)), "nobody knows yet");
        journal.settle(&ticket, made("r1")).await.unwrap();
        folder.sql("update intent set settled_at = settled_at - 3000");
        let claim = journal.claim(copy_of("r0")).await.unwrap();
        assert!(matches!(claim, Claim::Known(known, Likeness::Twin) if known.number == ticket.number));
        granted(&journal, copy_of("r1")).await;
    });
}

#[test]
fn updates_and_deletes_are_never_held_up() {
    let folder = Folder::new();
    block(async {
        let journal = folder.journal();
        let update = || NewIntent { kind: Kind::Update, guard: None, ..create(1) };
        let first = sent(&journal, update()).await;
        let second = sent(&journal, update()).await;
        assert_ne!((first.number, first.key), (second.number, second.key));
    });
}

#[test]
fn a_twin_waits_for_what_is_open_and_follows_what_was_in_doubt() {
    let folder = Folder::new();
    block(async {
        let (here, there) = (folder.journal(), folder.journal());
        let ticket = granted(&here, twin(1, Some(1), Some(1))).await;
        let claim = there.claim(twin(2, Some(1), Some(1))).await.unwrap();
        assert!(matches!(claim, Claim::Busy(_, Likeness::Twin)));
        here.sending(&ticket).await.unwrap();
        here.lost(&ticket, Duration::from_secs(10)).await.unwrap();
        here.settle(&ticket, made("r1")).await.unwrap();
        here.answered(ticket.number);
        here.flush().await;
        let claim = there.claim(twin(2, Some(1), Some(1))).await.unwrap();
        assert!(matches!(claim, Claim::Known(known, Likeness::Twin) if known.number == ticket.number));
        // Other amounts and currencies are other things, and what cannot be told is the same.
        let other = granted(&there, twin(3, Some(2), Some(1))).await;
        there.settle(&other, End::of(State::NotSent)).await.unwrap();
        let other = granted(&there, twin(4, Some(1), Some(2))).await;
        there.settle(&other, End::of(State::NotSent)).await.unwrap();
        for like in [twin(5, None, Some(1)), twin(6, Some(1), None), twin(7, None, None)] {
            assert!(matches!(there.claim(like).await.unwrap(), Claim::Known(_, Likeness::Twin)));
        }
        // Told, so it may be passed on purpose; and it is over after a quarter of an hour.
        let mut on_purpose = twin(8, Some(1), Some(1));
        on_purpose.guard.as_mut().unwrap().allow_duplicate = true;
        let other = granted(&there, on_purpose).await;
        there.settle(&other, End::of(State::NotSent)).await.unwrap();
        let mut past = twin(9, Some(1), Some(1));
        past.guard.as_mut().unwrap().past = vec![ticket.number];
        let other = granted(&there, past).await;
        there.settle(&other, End::of(State::NotSent)).await.unwrap();
        folder.sql("update intent set settled_at = settled_at - 900000");
        granted(&there, twin(10, Some(1), Some(1))).await;
    });
}

#[test]
fn a_twin_of_what_went_well_is_another_thing_unless_nobody_was_told() {
    let folder = Folder::new();
    block(async {
        let journal = folder.journal();
        told(&journal, twin(1, Some(1), None), "r1").await;
        let second = sent(&journal, twin(2, Some(1), None)).await;
        journal.settle(&second, made("r2")).await.unwrap();
        // Its answer may be on its way: that is waited for, and then it is in doubt.
        let on_its_way = journal.claim(twin(3, Some(1), None)).await.unwrap();
        assert!(matches!(on_its_way, Claim::Busy(_, Likeness::Twin)));
        folder.sql("update intent set settled_at = settled_at - 3000");
        let Claim::Known(known, Likeness::Twin) = journal.claim(twin(3, Some(1), None)).await.unwrap() else {
            panic!()
        };
        assert_eq!(known.number, second.number);
        let mut on_purpose = twin(3, Some(1), None);
        on_purpose.guard.as_mut().unwrap().allow_duplicate = true;
        assert!(matches!(journal.claim(on_purpose).await.unwrap(), Claim::Known(..)));
    });
}

#[test]
fn what_was_told_to_another_is_told_to_nobody_else() {
    let folder = Folder::new();
    block(async {
        let journal = folder.journal();
        let first = sent(&journal, twin(1, Some(1), None)).await;
        journal.settle(&first, made("r1")).await.unwrap();
        folder.sql("update intent set settled_at = settled_at - 3000");
        let on_purpose = |n| {
            let mut intent = twin(n, Some(1), None);
            intent.guard.as_mut().unwrap().allow_duplicate = true;
            intent
        };
        let Claim::Known(known, Likeness::Twin) = journal.claim(on_purpose(2)).await.unwrap() else {
            panic!()
        };
        journal.told(known.number, on_purpose(2).guard.unwrap().fingerprint);
        journal.flush().await;
        assert!(!look(&journal, known.number).await.answered);
        // Neither its own caller, on purpose, nor others in other words pass, but those who were told do.
        assert!(matches!(journal.claim(on_purpose(1)).await.unwrap(), Claim::Known(_, Likeness::Same)));
        assert!(matches!(journal.claim(on_purpose(3)).await.unwrap(), Claim::Known(_, Likeness::Twin)));
        assert!(matches!(
            journal.claim(twin(2, Some(1), None)).await.unwrap(),
            Claim::Known(_, Likeness::Twin)
        ));
        let second = granted(&journal, on_purpose(2)).await;
        journal.settle(&second, End::of(State::NotSent)).await.unwrap();
        journal.answered(known.number);
        journal.flush().await;
        granted(&journal, on_purpose(1)).await;
    });
}

#[test]
fn a_clock_set_back_lets_nothing_through_and_holds_nothing_up_for_ever() {
    let folder = Folder::new();
    block(async {
        let journal = folder.journal();
        told(&journal, create(1), "r1").await;
        folder.sql("update intent set settled_at = settled_at + 3600000");
        assert!(matches!(journal.claim(create(1)).await.unwrap(), Claim::Known(..)));
        folder.sql("update intent set settled_at = settled_at + 10 * 86400000");
        let ticket = granted(&journal, create(1)).await;
        journal.sending(&ticket).await.unwrap();
        journal.lost(&ticket, Duration::from_secs(90)).await.unwrap();
        let number = ticket.number;
        journal.release(ticket).await.unwrap();
        folder.sql("update intent set sent_at = sent_at + 86400000, settles_at = settles_at + 86400000");
        let Claim::Open(_, open, _) = journal.claim(create(1)).await.unwrap() else { panic!() };
        assert_eq!(open.number, number);
        let ahead = open.settles_at.unwrap().as_millisecond() - super::super::now();
        assert!((0..=90_000).contains(&ahead), "{ahead} ms");
    });
}

#[test]
fn an_old_open_twin_is_told_of_once_and_passed_on_purpose() {
    let folder = Folder::new();
    block(async {
        let journal = folder.journal();
        let first = sent(&journal, twin(1, Some(1), None)).await;
        journal.lost(&first, Duration::ZERO).await.unwrap();
        let number = first.number;
        journal.release(first).await.unwrap();
        let on_purpose = |n| {
            let mut intent = twin(n, Some(1), None);
            intent.guard.as_mut().unwrap().allow_duplicate = true;
            intent
        };
        let open = async |intent: NewIntent| match journal.claim(intent).await.unwrap() {
            Claim::Open(ticket, ..) => journal.release(ticket).await.unwrap(),
            other => panic!("{other:?}"),
        };
        // Told of it while it is young counts for nothing.
        journal.told(number, digest(2));
        open(on_purpose(2)).await;
        folder.sql("update intent set claimed_at = claimed_at - 86400000");
        open(on_purpose(2)).await;
        journal.told(number, digest(2));
        journal.told(number, digest(1));
        open(twin(2, Some(1), None)).await;
        open(on_purpose(3)).await;
        open(on_purpose(1)).await;
        let second = granted(&journal, on_purpose(2)).await;
        journal.settle(&second, End::of(State::NotSent)).await.unwrap();
        // What became of it is told to nobody yet.
        let Claim::Open(first, ..) = journal.claim(twin(1, Some(1), None)).await.unwrap() else { panic!() };
        journal.settle(&first, made("r1")).await.unwrap();
        folder.sql("update intent set settled_at = settled_at - 3000");
        assert!(matches!(journal.claim(on_purpose(2)).await.unwrap(), Claim::Known(_, Likeness::Twin)));
        journal.told(number, digest(2));
        granted(&journal, on_purpose(2)).await;
    });
}
