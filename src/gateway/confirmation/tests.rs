//! A yes counts once, for its own call, and for ten minutes.

use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::{Binding, Confirmations, Void};

fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("lumabill-confirmation-{}-{name}", std::process::id()));
    drop(std::fs::remove_dir_all(&path));
    path
}

fn binding<'a>(tool: &'a str, arguments: &'a Value) -> Binding<'a> {
    Binding { account: "a", origin: "https://h", profile: "p", tool, arguments, shown: "IV-001" }
}

#[test]
fn a_seal_opens_once_for_its_own_call_only() {
    let confirmations = Confirmations::new(&folder("seal"));
    let arguments = json!({"id": "1", "b": 2});
    let state = confirmations.seal(&binding("delete_invoice", &arguments)).unwrap();
    let swapped = json!({"id": "2", "b": 2});
    assert_eq!(confirmations.open(&state, &binding("delete_invoice", &swapped)).unwrap(), Err(Void::Foreign));
    assert_eq!(
        confirmations.open(&state, &binding("delete_client", &arguments)).unwrap(),
        Err(Void::Foreign)
    );
    assert_eq!(
        confirmations.open("x.1.00", &binding("delete_invoice", &arguments)).unwrap(),
        Err(Void::Foreign)
    );
    let reordered = json!({"b": 2, "id": "1"});
    assert_eq!(confirmations.open(&state, &binding("delete_invoice", &reordered)).unwrap(), Ok(()));
    assert_eq!(confirmations.open(&state, &binding("delete_invoice", &arguments)).unwrap(), Err(Void::Used));
}

#[test]
fn another_process_of_the_same_user_opens_it_too_but_only_one_of_them() {
    let path = folder("shared");
    let (first, second) = (Confirmations::new(&path), Confirmations::new(&path));
    let arguments = json!({});
    let state = first.seal(&binding("t", &arguments)).unwrap();
    assert_eq!(second.open(&state, &binding("t", &arguments)).unwrap(), Ok(()));
    assert_eq!(first.open(&state, &binding("t", &arguments)).unwrap(), Err(Void::Used));
}

#[test]
fn the_second_call_needs_a_first_and_uses_it_up() {
    let confirmations = Confirmations::new(&folder("pending"));
    let arguments = json!({"id": "1"});
    assert!(!confirmations.redeem(&binding("t", &arguments)).unwrap());
    confirmations.announce(&binding("t", &arguments)).unwrap();
    assert!(confirmations.redeem(&binding("t", &arguments)).unwrap());
    assert!(!confirmations.redeem(&binding("t", &arguments)).unwrap());
}

#[test]
fn an_emptied_key_is_made_anew() {
    let path = folder("emptied");
    let (confirmations, arguments) = (Confirmations::new(&path), json!({}));
    let state = confirmations.seal(&binding("t", &arguments)).unwrap();
    let key = path.join("confirmations").join("key");
    std::fs::write(&key, "").unwrap();
    assert_eq!(confirmations.open(&state, &binding("t", &arguments)).unwrap(), Err(Void::Foreign));
    assert_eq!(std::fs::read(&key).unwrap().len(), 32);
}

#[test]
fn an_unusable_folder_refuses() {
    let confirmations = Confirmations::new(std::path::Path::new("/dev/null/x"));
    assert_eq!(confirmations.seal(&binding("t", &json!({}))).unwrap_err().code, "state_unusable");
}
/// A clock that runs this many seconds ahead of the real one.
fn ahead(confirmations: &mut Confirmations) -> Arc<AtomicU64> {
    let seconds = Arc::new(AtomicU64::new(0));
    let read = Arc::clone(&seconds);
    confirmations.clock =
        Arc::new(move || SystemTime::now() + Duration::from_secs(read.load(Ordering::SeqCst)));
    seconds
}

#[test]
fn a_seal_is_bound_to_each_part_of_its_call() {
    let confirmations = Confirmations::new(&folder("parts"));
    let (arguments, others) = (json!({"id": "1"}), json!({"id": "1", "allow_duplicate": true}));
    let own = || binding("t", &arguments);
    let state = confirmations.seal(&own()).unwrap();
    for other in [
        Binding { account: "b", ..own() },
        Binding { origin: "https://other", ..own() },
        Binding { profile: "q", ..own() },
        Binding { tool: "u", ..own() },
        Binding { arguments: &others, ..own() },
        Binding { shown: "IV-002", ..own() },
        // The parts are told apart, however they are joined.
        Binding { account: "", origin: "ahttps://h", ..own() },
    ] {
        assert_eq!(confirmations.open(&state, &other).unwrap(), Err(Void::Foreign));
        confirmations.announce(&own()).unwrap();
        assert!(!confirmations.redeem(&other).unwrap());
    }
    assert!(confirmations.redeem(&own()).unwrap());
    assert_eq!(confirmations.open(&state, &own()).unwrap(), Ok(()));
}

#[test]
fn a_forged_seal_is_foreign() {
    let confirmations = Confirmations::new(&folder("forged"));
    let arguments = json!({});
    let own = binding("t", &arguments);
    let state = confirmations.seal(&own).unwrap();
    let (nonce, rest) = state.split_once('.').unwrap();
    let (time, tag) = rest.split_once('.').unwrap();
    let later = time.parse::<u64>().unwrap() + 1;
    let another = Confirmations::new(&folder("forged-elsewhere")).seal(&own).unwrap();
    for forged in [
        String::new(),
        "..".to_owned(),
        format!("{nonce}.{later}.{tag}"),
        format!("{}0.{time}.{tag}", &nonce[1..]),
        format!("{nonce}.{time}.{}", &tag[2..]),
        format!("{nonce}.{time}.{tag}00"),
        format!("{nonce}.{time}.{tag}.x"),
        format!("{nonce}.{time}."),
        format!("{nonce}.-1.{tag}"),
        format!("{nonce}.{time}.{}", "é".repeat(32)),
        format!("../../{nonce}.{time}.{tag}"),
        another,
    ] {
        assert_eq!(confirmations.open(&forged, &own).unwrap(), Err(Void::Foreign), "{forged}");
    }
    assert_eq!(confirmations.open(&state, &own).unwrap(), Ok(()), "none of that used it up");
}

#[test]
fn ten_minutes_are_the_end() {
    let mut confirmations = Confirmations::new(&folder("expired"));
    let clock = ahead(&mut confirmations);
    let arguments = json!({});
    let own = binding("t", &arguments);
    let (early, late) = (confirmations.seal(&own).unwrap(), confirmations.seal(&own).unwrap());
    confirmations.announce(&own).unwrap();
    clock.store(590, Ordering::SeqCst);
    assert_eq!(confirmations.open(&early, &own).unwrap(), Ok(()));
    assert!(confirmations.redeem(&own).unwrap());
    confirmations.announce(&own).unwrap();
    clock.store(602, Ordering::SeqCst);
    assert_eq!(confirmations.open(&late, &own).unwrap(), Err(Void::Expired));
    assert!(!confirmations.redeem(&own).unwrap());
    assert!(!confirmations.redeem(&own).unwrap(), "and it is used up");
    // A mark that is swept away opens nothing: its seal is older still.
    clock.store(3 * 600, Ordering::SeqCst);
    confirmations.announce(&own).unwrap();
    assert_eq!(confirmations.open(&early, &own).unwrap(), Err(Void::Expired));
}

#[test]
fn what_comes_from_the_future_is_too_old() {
    let path = folder("future");
    let mut confirmations = Confirmations::new(&path);
    let clock = ahead(&mut confirmations);
    let arguments = json!({});
    let own = binding("t", &arguments);
    clock.store(3600, Ordering::SeqCst);
    let state = confirmations.seal(&own).unwrap();
    // The clock was an hour fast and is set right.
    clock.store(0, Ordering::SeqCst);
    assert_eq!(confirmations.open(&state, &own).unwrap(), Err(Void::Expired));
    confirmations.announce(&own).unwrap();
    let mark = path.join("confirmations").join(confirmations.pending_name(&own).unwrap());
    let file = File::options().write(true).open(mark).unwrap();
    file.set_modified(SystemTime::now() + Duration::from_secs(3600)).unwrap();
    assert!(!confirmations.redeem(&own).unwrap());
}

#[test]
fn an_answer_takes_the_second_way_away() {
    let confirmations = Confirmations::new(&folder("withdrawn"));
    let arguments = json!({});
    let own = binding("t", &arguments);
    confirmations.announce(&own).unwrap();
    confirmations.withdraw(&own).unwrap();
    assert!(!confirmations.redeem(&own).unwrap());
    confirmations.withdraw(&own).unwrap();
}

/// Each of many at once has its own view of the folder, as processes have.
#[test]
fn of_many_who_redeem_one_yes_at_once_one_gets_it() {
    const MANY: usize = 8;
    for round in 0..20 {
        let path = folder(&format!("race-{round}"));
        let arguments = json!({});
        let state = Confirmations::new(&path).seal(&binding("t", &arguments)).unwrap();
        Confirmations::new(&path).announce(&binding("t", &arguments)).unwrap();
        let start = Barrier::new(MANY);
        let (opened, redeemed) = (AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for _ in 0..MANY {
                scope.spawn(|| {
                    let confirmations = Confirmations::new(&path);
                    start.wait();
                    if confirmations.open(&state, &binding("t", &arguments)).unwrap().is_ok() {
                        opened.fetch_add(1, Ordering::SeqCst);
                    }
                    if confirmations.redeem(&binding("t", &arguments)).unwrap() {
                        redeemed.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!((opened.into_inner(), redeemed.into_inner()), (1, 1));
    }
}

#[test]
fn the_marks_hold_no_text_and_only_their_owner_reads_the_key() {
    let path = folder("marks");
    let confirmations = Confirmations::new(&path);
    let arguments = json!({"id": "1"});
    let own = binding("delete_invoice", &arguments);
    let state = confirmations.seal(&own).unwrap();
    assert_eq!(confirmations.open(&state, &own).unwrap(), Ok(()));
    confirmations.announce(&own).unwrap();
    let mut marks = 0;
    for entry in std::fs::read_dir(path.join("confirmations")).unwrap() {
        let entry = entry.unwrap();
        let metadata = entry.metadata().unwrap();
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777, 0o600);
        let name = entry.file_name().into_string().unwrap();
        assert_eq!(metadata.len(), if name == "key" { 32 } else { 0 }, "{name}");
        marks += usize::from(name != "key");
    }
    assert_eq!(marks, 2);
}
