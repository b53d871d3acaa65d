//! Limits under a clock of the test's own, in real files.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::block::{Grant, HEADER, Header, position};
use super::ledger::Ledger;
use super::limiter::{Limiter, now};
use super::{AHEAD, Answer, Ask, FRESH, Moment, Permit, RateLimits, Rates, WINDOW, Waits, Why};
use crate::api::Safety;
use crate::credentials::{Key, Origin, Secret};

const SECOND: u64 = 1_000_000;
const START: u64 = 1_795_000_000 * SECOND;

/// Removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("lumabill-limits-{}", uuid::Uuid::new_v4())))
    }

    fn file(&self) -> PathBuf {
        self.0.join("limits/0123456789abcdef-reads")
    }

    fn ledger(&self, owner: u32) -> Ledger {
        Ledger::new(self.file(), owner)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// Asks with `wait` seconds of patience.
fn ask(ledger: &mut Ledger, limit: u32, now: u64, wait: u64) -> Answer {
    let ask = Ask { now, latest: now + wait * SECOND, limit };
    ledger.ask(&ask, &mut Vec::new()).unwrap().unwrap()
}

/// Slots granted one after the other at `now`, until there is none.
fn drain(ledger: &mut Ledger, limit: u32, now: u64) -> usize {
    let granted = |answer| matches!(answer, Answer::Granted { .. });
    (0..200_000).take_while(|_| granted(ask(ledger, limit, now, 0))).count()
}

/// No window of 61 s holds more than `limit` of these.
fn assert_within(limit: usize, slots: &[u64]) {
    assert!(slots.is_sorted(), "slots are given in order");
    for (place, pair) in slots.windows(limit + 1).enumerate() {
        assert!(pair[limit] - pair[0] >= WINDOW, "{} slots from {place} on within a window", limit + 1);
    }
}

/// The same numbers at every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

#[test]
fn no_window_ever_holds_more_than_the_limit() {
    for limit in [1, 2, 7, 20, 60, 300] {
        let folder = Folder::new();
        let mut processes: Vec<_> = (1..=4).map(|owner| folder.ledger(owner)).collect();
        let (mut dice, mut time, mut slots) = (Dice(u64::from(limit)), START, Vec::new());
        for _ in 0..5_000 {
            // Mostly more than the limit allows, with a rest now and then.
            time += if dice.below(2_000) == 0 {
                100 * SECOND
            } else {
                dice.below(60 * SECOND / u64::from(limit))
            };
            let process = usize::try_from(dice.below(4)).unwrap();
            if dice.below(50) == 0 {
                processes[process] = folder.ledger([1, 2, 3, 4][process]);
            }
            let patience = dice.below(9);
            if let Answer::Granted { at, .. } = ask(&mut processes[process], limit, time, patience) {
                assert!(at >= time && at <= time + patience * SECOND);
                slots.push(at);
            }
        }
        assert!(slots.len() > 2 * limit as usize, "{limit}: {}", slots.len());
        assert_within(limit as usize, &slots);
    }
}

#[test]
fn a_file_that_is_not_whole_counts_as_empty() {
    let folder = Folder::new();
    let full = |damage: &dyn Fn(&Path)| {
        drop(fs::remove_file(folder.file()));
        let mut ledger = folder.ledger(1);
        assert_eq!(drain(&mut ledger, 60, START), 60);
        assert_eq!(drain(&mut folder.ledger(1), 60, START + SECOND), 0);
        damage(&folder.file());
        drain(&mut folder.ledger(1), 60, START + 2 * SECOND)
    };
    let edit = |path: &Path, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = fs::read(path).unwrap();
        change(&mut bytes);
        fs::write(path, bytes).unwrap();
    };
    assert_eq!(full(&|_| {}), 0);
    assert_eq!(full(&|path| edit(path, &Vec::clear)), 60);
    assert_eq!(full(&|path| edit(path, &|bytes| bytes.truncate(700))), 60);
    assert_eq!(full(&|path| edit(path, &|bytes| bytes.push(0))), 60);
    assert_eq!(full(&|path| edit(path, &|bytes| bytes.fill(0xA5))), 60);
    assert_eq!(full(&|path| edit(path, &|bytes| bytes[100] ^= 1)), 60);
    // A grant that cannot be read counts as if it had just been made.
    assert_eq!(full(&|path| edit(path, &|bytes| bytes[HEADER] ^= 1)), 0);
}

#[test]
fn a_process_that_dies_while_it_writes_takes_nothing_along() {
    let folder = Folder::new();
    let mut ledger = folder.ledger(1);
    for second in 0..90 {
        ask(&mut ledger, 60, START + second * SECOND, 8);
    }
    let before = fs::read(folder.file()).unwrap();
    let time = START + 120 * SECOND;
    let granted = drain(&mut folder.ledger(1), 60, time);
    assert!(granted > 0 && granted < 60, "{granted}");
    // The grant of one who was killed before the header followed.
    let mut bytes = before;
    let header = Header::read(&bytes).unwrap();
    let place = usize::try_from(position(header.head)).unwrap();
    let torn = Grant { at: header.newest + 9 * SECOND, owner: 2 }.bytes();
    bytes[place..place + torn.len()].copy_from_slice(&torn);
    fs::write(folder.file(), bytes).unwrap();
    assert_eq!(drain(&mut folder.ledger(1), 60, time), granted);
}

#[test]
fn a_clock_that_is_set_costs_a_window_at_most() {
    let folder = Folder::new();
    let (mut ledger, mut other) = (folder.ledger(1), folder.ledger(1));
    assert_eq!(drain(&mut ledger, 60, START), 60);
    let back = START - 3600 * SECOND;
    let Answer::Later { at, .. } = ask(&mut ledger, 60, back, 8) else { panic!("all slots are used") };
    assert!(at > back + WINDOW && at <= back + WINDOW + AHEAD, "{}", at - back);
    assert_eq!(drain(&mut other, 60, back + WINDOW), 0);
    assert_eq!(drain(&mut other, 60, back + WINDOW + AHEAD), 60);
    // Set forward: the API's own 429 corrects it.
    assert_eq!(drain(&mut ledger, 60, START + 3600 * SECOND), 60);
}

#[test]
fn of_two_limits_the_smaller_holds_for_a_window() {
    let folder = Folder::new();
    let (mut large, mut small) = (folder.ledger(1), folder.ledger(1));
    assert_eq!(drain(&mut small, 10, START), 10);
    assert_eq!(drain(&mut large, 60, START + SECOND), 0, "the smaller one asked a second ago");
    assert_eq!(drain(&mut large, 60, START + WINDOW + SECOND), 60);
    assert_eq!(drain(&mut small, 10, START + WINDOW + 2 * SECOND), 0);
    let Answer::Later { at, .. } = ask(&mut small, 10, START + WINDOW + 2 * SECOND, 0) else { panic!() };
    assert_eq!(at, START + 2 * WINDOW + SECOND);
    // Interleaved, what both get together keeps within the smaller limit.
    let (mut slots, start) = (Vec::new(), START + 1000 * SECOND);
    for step in 0..4000 {
        let time = start + step * SECOND / 4;
        let (ledger, limit) = if step % 2 == 0 { (&mut small, 10) } else { (&mut large, 60) };
        if let Answer::Granted { at, .. } = ask(ledger, limit, time, 8) {
            slots.push(at);
        }
    }
    assert_within(10, &slots);
    assert!(slots.len() >= 10 * (1000 / 61));
}

#[test]
fn a_large_limit_keeps_what_was_granted_before() {
    let folder = Folder::new();
    assert_eq!(drain(&mut folder.ledger(1), 60, START), 60);
    let time = START + WINDOW / 2;
    // The 60 count, as does the smaller limit of the last window.
    assert_eq!(drain(&mut folder.ledger(2), 2_000, time), 0);
    let time = START + WINDOW - SECOND;
    assert_eq!(drain(&mut folder.ledger(1), 2_000, time), 0);
    let time = START + WINDOW + 1;
    assert_eq!(drain(&mut folder.ledger(1), 2_000, time), 2_000);
    assert_eq!(drain(&mut folder.ledger(1), 2_000, time + SECOND), 0);
    assert_eq!(drain(&mut folder.ledger(1), 2_000, time + WINDOW), 2_000);
}

/// A process that has work all the time, and comes back when it was told to, a little late.
struct Busy {
    ledger: Ledger,
    next: u64,
    slots: Vec<u64>,
}

/// Runs busy processes until `end`; each begins at its own time.
fn compete(folder: &Folder, limit: u32, begins: &[u64], end: u64) -> Vec<Vec<u64>> {
    let mut dice = Dice(7);
    let mut all: Vec<_> = (1..)
        .zip(begins)
        .map(|(owner, begin)| Busy { ledger: folder.ledger(owner), next: *begin, slots: Vec::new() })
        .collect();
    loop {
        let busy = all.iter_mut().min_by_key(|busy| busy.next).unwrap();
        if busy.next > end {
            return all.into_iter().map(|busy| busy.slots).collect();
        }
        let time = busy.next;
        busy.next = match ask(&mut busy.ledger, limit, time, 8) {
            Answer::Granted { at, .. } => {
                busy.slots.push(at);
                at.max(time) + 1_000 + dice.below(20_000)
            }
            // Whole seconds, as it is said to callers.
            Answer::Later { at, .. } => time + (at - time).div_ceil(SECOND) * SECOND + dice.below(30_000),
        };
    }
}

fn merged(parts: &[Vec<u64>]) -> Vec<u64> {
    let mut slots = parts.concat();
    slots.sort_unstable();
    slots
}

#[test]
fn one_process_alone_may_use_all() {
    let folder = Folder::new();
    let minutes = 10;
    let slots = compete(&folder, 60, &[START], START + minutes * 60 * SECOND).remove(0);
    assert!(slots.len() as u64 >= minutes * 60 * 95 / 100, "{}", slots.len());
    assert_within(60, &slots);
}

#[test]
fn busy_processes_use_all_and_share_it() {
    for limit in [20, 60] {
        for count in [2, 3, 5] {
            let folder = Folder::new();
            let minutes = 20;
            let begins: Vec<u64> = (0..count).map(|late| START + late * 10_000).collect();
            let parts = compete(&folder, limit, &begins, START + minutes * 60 * SECOND);
            let slots = merged(&parts);
            assert_within(limit as usize, &slots);
            let used = slots.len() as u64 * 100 / (minutes * u64::from(limit));
            assert!(used >= 90, "{count} at {limit}: {used} %");
            let even = slots.len() / parts.len();
            // The first one had a minute for itself before the others were known.
            assert!(parts.iter().all(|part| part.len() * 10 >= even * 8), "{:?}", lengths(&parts));
        }
    }
}

fn lengths(parts: &[Vec<u64>]) -> Vec<usize> {
    parts.iter().map(Vec::len).collect()
}

#[test]
fn a_third_process_has_its_share_after_a_window() {
    let folder = Folder::new();
    let begin = START + 200 * SECOND;
    let parts = compete(&folder, 60, &[START, START, begin], START + 600 * SECOND);
    let early = parts[2].iter().filter(|at| **at < begin + WINDOW + 10 * SECOND).count();
    assert!(early >= 15, "{early}");
    assert_within(60, &merged(&parts));
}

#[test]
fn beside_one_that_asks_now_and_then_there_is_room_for_it() {
    let folder = Folder::new();
    let (mut busy, mut calm) = (folder.ledger(1), folder.ledger(2));
    let mut waits = 0;
    for second in 0..1200 {
        let time = START + second * SECOND;
        if second % 30 == 20 && matches!(ask(&mut calm, 60, time, 0), Answer::Later { .. }) {
            waits += 1;
        }
        drain(&mut busy, 60, time + SECOND / 2);
    }
    assert!(waits <= 2, "{waits} of 40 were turned away");
}

#[test]
fn a_pause_holds_for_all_and_is_believed_for_two_minutes() {
    let folder = Folder::new();
    let (mut one, mut two) = (folder.ledger(1), folder.ledger(2));
    let at = |now| Ask { now, latest: now, limit: 60 };
    assert!(one.block(&at(START), START + 7 * SECOND).unwrap());
    assert_eq!(ask(&mut two, 60, START, 0), Answer::Later { at: START + 7 * SECOND, why: Why::Blocked });
    assert_eq!(ask(&mut two, 60, START, 8), Answer::Granted { at: START + 7 * SECOND, why: Why::Blocked });
    assert!(one.block(&at(START), START + 9_000 * SECOND).unwrap());
    let Answer::Later { at, .. } = ask(&mut two, 60, START + SECOND, 8) else { panic!() };
    assert!(at <= START + 121 * SECOND, "{}", at - START);
}

#[cfg(unix)]
#[test]
fn the_folder_and_the_file_are_private_and_links_are_not_followed() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Folder::new();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    drain(&mut folder.ledger(1), 3, START);
    assert_eq!((mode(&folder.0.join("limits")), mode(&folder.file())), (0o700, 0o600));
    fs::set_permissions(folder.file(), fs::Permissions::from_mode(0o666)).unwrap();
    drain(&mut folder.ledger(1), 3, START);
    assert_eq!(mode(&folder.file()), 0o600);

    let elsewhere = folder.0.join("elsewhere");
    fs::rename(folder.file(), &elsewhere).unwrap();
    symlink(&elsewhere, folder.file()).unwrap();
    let asked = folder.ledger(1).ask(&Ask { now: START, latest: START, limit: 3 }, &mut Vec::new());
    asked.unwrap_err();
    // A file that somebody removed is made anew, where the others look for it.
    fs::remove_file(folder.file()).unwrap();
    let mut ledger = folder.ledger(1);
    assert_eq!(drain(&mut ledger, 3, START), 3);
    fs::remove_file(folder.file()).unwrap();
    std::thread::sleep(Duration::from_millis(110));
    assert_eq!(drain(&mut ledger, 3, START), 3);
    assert_eq!(drain(&mut folder.ledger(2), 3, START), 0);
}

#[tokio::test]
async fn without_its_folder_a_process_keeps_to_a_quarter() {
    let folder = Folder::new();
    fs::create_dir_all(&folder.0).unwrap();
    fs::write(folder.0.join("limits"), "no folder").unwrap();
    let limiter = Limiter::new(folder.file(), 1, 60);
    for _ in 0..15 {
        assert!(matches!(limiter.ask(Duration::ZERO).await, Answer::Granted { .. }));
    }
    let Answer::Later { at, why: Why::Limit } = limiter.ask(Duration::from_secs(8)).await else { panic!() };
    assert!(at > now() + WINDOW - 5 * SECOND);
    // What was sent meanwhile counts for all once the folder can be used.
    fs::remove_file(folder.0.join("limits")).unwrap();
    assert!(matches!(limiter.ask(Duration::ZERO).await, Answer::Granted { .. }));
    assert_eq!(drain(&mut folder.ledger(1), 60, now()), 60 - 16);
}

#[tokio::test]
async fn a_process_that_stopped_with_the_file_holds_nobody_up() {
    let folder = Folder::new();
    drain(&mut folder.ledger(1), 8, now());
    let held = fs::File::open(folder.file()).unwrap();
    held.lock().unwrap();
    let limiter = Limiter::new(folder.file(), 1, 60);
    let start = Moment::now();
    let first = limiter.ask(Duration::ZERO).await;
    assert!(start.elapsed() >= Duration::from_millis(500), "{:?}", start.elapsed());
    // What the file says is still seen: all 8 slots of it are used.
    assert!(matches!(first, Answer::Later { .. }), "{first:?}");
    let start = Moment::now();
    limiter.ask(Duration::ZERO).await;
    assert!(start.elapsed() < Duration::from_millis(250), "the patience is spent once");
    drop(held);
    assert!(matches!(limiter.ask(Duration::ZERO).await, Answer::Later { .. }));
}

#[test]
fn threads_at_once_get_no_more_than_there_is() {
    let folder = Folder::new();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let granted: usize = std::thread::scope(|scope| {
        let workers: Vec<_> = (1..=4)
            .map(|_| {
                let limiter = Limiter::new(folder.file(), 1, 500);
                scope.spawn(move || {
                    runtime().block_on(async {
                        let mut granted = 0;
                        for _ in 0..400 {
                            let answer = limiter.ask(Duration::ZERO).await;
                            granted += usize::from(matches!(answer, Answer::Granted { .. }));
                        }
                        granted
                    })
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    assert_eq!(granted, 500);
}

fn key() -> Key {
    let origin = Origin::parse("https://api.lumabill.ch").unwrap();
    Key::new(Secret::new("lmb_0123456789abcdef".into()), origin)
}

#[tokio::test]
async fn a_call_waits_for_seconds_and_not_for_longer() {
    let folder = Folder::new();
    let limits = RateLimits::new(Some(Rates { reads: 2, writes: 1 }), &folder.0, None);
    let told = std::sync::Mutex::new(Vec::new());
    let tell = |wait: Duration, why: &Why, limit: u32| told.lock().unwrap().push((wait, *why, limit));
    let brief = Waits::brief(Duration::from_secs(1), 2);
    assert!(brief.take_permit() && !brief.is_used_up() && brief.take_permit() && brief.is_used_up());
    assert!(!brief.take_permit() && !brief.spend(Duration::from_secs(2)));
    let waits = Waits::default();
    assert!(waits.take_permit() && !waits.is_used_up());
    let key = key();
    let admit = |safety| limits.admit(&key, safety, &waits, &tell);
    for safety in [Safety::Read, Safety::Read, Safety::Write] {
        assert!(!admit(safety).await.unwrap_or_else(|_| panic!("there is room")).is_stale());
    }
    let Err(late) = admit(Safety::Write).await else { panic!("the limit is 1") };
    assert_eq!((late.why, late.limit), (Why::Limit, 1));
    assert!(late.wait > Duration::from_secs(55) && late.wait <= Duration::from_secs(61));
    assert_eq!(waits.left(), Duration::from_secs(8), "a refusal takes no time from the call");

    // The API asks for a pause: the call waits for its end, and says so.
    let limits = RateLimits::new(Some(Rates { reads: 9, writes: 9 }), &folder.0.join("other"), None);
    let admit = |safety| limits.admit(&key, safety, &waits, &tell);
    admit(Safety::Read).await.unwrap_or_else(|_| panic!("there is room")).slot.unwrap();
    limits.block(Duration::from_secs(1));
    let start = Moment::now();
    admit(Safety::Write).await.unwrap_or_else(|_| panic!("a second is no long wait")).slot.unwrap();
    assert!(start.elapsed() >= Duration::from_millis(900), "{:?}", start.elapsed());
    let told = std::mem::take(&mut *told.lock().unwrap());
    assert!(matches!(told.as_slice(), [(_, Why::Blocked, 9)]), "{told:?}");
    assert!(waits.left() < Duration::from_millis(7_200) && waits.left() > Duration::from_secs(6));
    // Seven more seconds and what was waited are more than a call may wait.
    limits.block(Duration::from_secs(8));
    let Err(late) = admit(Safety::Read).await else { panic!("8 s are too long now") };
    assert_eq!(late.why, Why::Blocked);
}

#[test]
fn a_permit_is_good_for_half_a_second() {
    let permit = |slept| Permit { slot: Some((Moment::now().slept(slept), Duration::from_secs(2))) };
    assert!(!permit(Duration::ZERO).is_stale());
    assert!(!permit(Duration::from_millis(2_300)).is_stale());
    assert!(permit(Duration::from_secs(2) + FRESH).is_stale());
    assert!(!Permit { slot: None }.is_stale());
}

#[tokio::test]
async fn the_file_is_named_by_a_digest() {
    let folder = Folder::new();
    let limits = RateLimits::new(Some(Rates { reads: 2, writes: 1 }), &folder.0, Some("x"));
    let (waits, key) = (Waits::default(), key());
    let permit = limits.admit(&key, Safety::Write, &waits, &|_, _, _| {}).await;
    assert!(permit.is_ok_and(|permit| !permit.is_stale()));
    let names: Vec<_> =
        fs::read_dir(folder.0.join("limits")).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(names, [format!("{}-writes", key.limit_name("x")).as_str()]);
}
