//! What the campaign comes to: counted from the truth, printed for people, and met or not.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::World;
use super::books::Whose;
use super::books::{Books, Commit};
use super::caller::{Acknowledged, Wrong};
use super::history::History;

/// Stories that are printed at the most.
const STORIES: usize = 5;

/// One task when its callers are through.
pub struct Finished {
    pub task: usize,
    /// The first errand, and the second where one was wanted.
    pub known: Vec<Option<Acknowledged>>,
    /// Records that answers to cancelled calls named after nobody waited for them.
    pub late: Vec<(Instant, String)>,
}

/// The figures.
#[derive(Default)]
pub struct Verdict {
    tasks: usize,
    seconds: usize,
    commits: usize,
    duplicates: usize,
    /// Made with `allow_duplicate` after the answer to a cancelled call was in the pipe.
    crossed: usize,
    unacknowledged: usize,
    wrong: BTreeMap<Wrong, usize>,
    /// Open intents in `lumabill history`; `None` where it cannot be read.
    unknown: Option<usize>,
    /// Records that were made, and history does not name them.
    untold: Option<usize>,
    /// Records that history names, and no caller's request made them.
    invented: Option<usize>,
    over: usize,
    /// Tasks whose stories are worth telling.
    suspects: BTreeSet<usize>,
}

impl Verdict {
    /// Compares what callers were told with what was made.
    pub fn of(world: &World, finished: &[Finished], history: Option<&History>) -> Self {
        let books = world.upstream.books();
        let mut verdict = Self {
            tasks: finished.len(),
            unknown: history.map(|history| history.open),
            over: world.upstream.windows().over,
            commits: books.commits.values().map(Vec::len).sum(),
            suspects: world.options.log.iter().copied().collect(),
            ..Self::default()
        };
        for task in finished {
            verdict.add(task, &books);
        }
        if let Some(history) = history {
            verdict.compare(history, &books);
        }
        verdict
    }

    fn add(&mut self, finished: &Finished, books: &Books) {
        let made = books.commits.get(&finished.task).map_or(&[][..], Vec::as_slice);
        self.seconds += finished.known.len() - 1;
        let surplus = made.len().saturating_sub(finished.known.len());
        let crossed = crossed(made, finished).min(surplus);
        self.crossed += crossed;
        self.duplicates += surplus - crossed;
        if surplus > crossed {
            self.suspects.insert(finished.task);
        }
        for known in &finished.known {
            match known {
                None => {
                    self.unacknowledged += 1;
                    self.suspects.insert(finished.task);
                }
                Some(Acknowledged { wrong: Some(wrong), .. }) => {
                    *self.wrong.entry(*wrong).or_default() += 1;
                    self.suspects.insert(finished.task);
                }
                Some(_) => {}
            }
        }
    }

    /// Holds the history against the truth.
    fn compare(&mut self, history: &History, books: &Books) {
        let made =
            books.commits.iter().flat_map(|(task, made)| made.iter().map(move |commit| (*task, commit)));
        let untold: Vec<usize> =
            made.filter(|(_, commit)| !history.created.contains(&commit.id)).map(|(task, _)| task).collect();
        let invented: Vec<_> = history
            .created
            .iter()
            .map(|id| books.whose(id))
            .filter(|whose| !matches!(whose, Some(Whose::Task(_))))
            .collect();
        (self.untold, self.invented) = (Some(untold.len()), Some(invented.len()));
        self.suspects.extend(untold);
        self.suspects.extend(invented.into_iter().filter_map(|whose| match whose {
            Some(Whose::Stranger(task)) => Some(task),
            _ => None,
        }));
    }

    /// What has to be nought, in words, and how often it happened.
    fn figures(&self) -> Vec<(&'static str, Option<usize>)> {
        let wrong = |wrong| Some(self.wrong.get(&wrong).copied().unwrap_or(0));
        vec![
            ("duplicates", Some(self.duplicates)),
            ("acknowledged records missing upstream", wrong(Wrong::Missing)),
            ("adopted strangers", wrong(Wrong::Stranger)),
            ("records of other callers told as one's own", wrong(Wrong::Other)),
            ("first records told as the second", wrong(Wrong::Again)),
            ("callers without an acknowledgement", Some(self.unacknowledged)),
            ("unknowns left", self.unknown),
            ("records made that history does not name", self.untold),
            ("records in history that no caller's request made", self.invented),
            ("requests over the limit", Some(self.over)),
        ]
    }

    /// True if everything that has to be nought is.
    pub fn is_met(&self) -> bool {
        self.figures().iter().all(|(_, count)| *count == Some(0))
    }

    /// The whole report.
    pub fn report(&self, world: &World) -> String {
        let mut text = String::new();
        let mut line = |name: &str, value: &str, mark: &str| {
            let _ = writeln!(text, "{name:<52} {value:>9} {mark}");
        };
        let sum = |of: fn(&super::process::Server) -> usize| {
            world.servers.iter().map(|server| of(server)).sum::<usize>().to_string()
        };
        let strangers = world.upstream.books().strangers.to_string();
        let most = world.upstream.windows().most;
        line("tasks", &self.tasks.to_string(), "");
        line("  and second ones wanted on purpose", &self.seconds.to_string(), "");
        line("records made", &self.commits.to_string(), "");
        line("older records of the same content", &strangers, "");
        line("requests that reached the API", &world.upstream.requests().to_string(), "");
        line("calls cancelled by callers", &world.cancelled.load(Ordering::SeqCst).to_string(), "");
        line("calls without an answer in 100 s", &world.overdue.load(Ordering::SeqCst).to_string(), "");
        line("SIGKILLs", &sum(|server| server.kills.load(Ordering::SeqCst)), "");
        line("SIGSTOPs", &sum(|server| server.stops.load(Ordering::SeqCst)), "");
        line("most reads / writes of a key in a minute", &format!("{}/{}", most.0, most.1), "");
        line("asked for again while the answer was in the pipe", &self.crossed.to_string(), "");
        for (how, count) in world.told.lock().expect("no thread panicked").iter() {
            line(&format!("calls answered: {how}"), &count.to_string(), "");
        }
        let refused = world.upstream.refused.load(Ordering::SeqCst).to_string();
        line("fault: new connections refused for a while", &refused, "");
        for ((class, fault), count) in &world.upstream.faults().counted {
            line(&format!("fault, {class}: {}", fault.words()), &count.to_string(), "");
        }
        for (name, count) in self.figures() {
            let value = count.map_or_else(|| "?".to_owned(), |count| count.to_string());
            line(name, &value, if count == Some(0) { "ok" } else { "NOT MET" });
        }
        for task in self.suspects.iter().take(STORIES.max(world.options.log.len())) {
            let _ =
                write!(text, "\n  seed {}, task {task}\n{}", world.options.seed, world.events.story(*task));
        }
        if self.suspects.len() > STORIES {
            let _ =
                write!(text, "\n  and tasks {:?}\n", self.suspects.iter().skip(STORIES).collect::<Vec<_>>());
        }
        text
    }
}

/// Records beyond the first that were asked for after an answer naming an earlier one had left the server: the
/// caller had cancelled that call, and no server can know what its client still reads.
fn crossed(made: &[Commit], finished: &Finished) -> usize {
    let arrived: HashMap<&str, Instant> =
        made.iter().map(|commit| (commit.id.as_str(), commit.arrived)).collect();
    let later = |commit: &&Commit| {
        finished.late.iter().any(|(told, id)| {
            *id != commit.id
                && *told < commit.arrived
                && arrived.get(id.as_str()).is_some_and(|first| *first < commit.arrived)
        })
    };
    made.iter().filter(later).count()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::super::books::{Books, Clock, Whose};
    use super::super::caller::{Acknowledged, Wrong};
    use super::super::history::History;
    use super::super::http::Request;
    use super::super::tasks::{Task, sweeper};
    use super::{Finished, Verdict};

    fn commit(books: &mut Books, task: &Task) -> String {
        let request = Request {
            method: "POST".into(),
            path: "/v1/invoices".into(),
            query: Vec::new(),
            key: String::new(),
            idempotency: String::new(),
            body: serde_json::to_vec(&task.arguments(0, "2026-11-21")).unwrap(),
            arrived: Instant::now(),
        };
        books.commit(0, &request).unwrap()
    }

    fn told(id: &str, wrong: Option<Wrong>) -> Acknowledged {
        Acknowledged { id: id.to_owned(), wrong }
    }

    #[test]
    fn a_second_record_counts_unless_it_was_asked_for() {
        let mut books = Books::new(Clock { skew: 0 }, 5);
        let task = sweeper(7, 0);
        books.expect(&task);
        let (one, other) = (commit(&mut books, &task), commit(&mut books, &task));
        let finished = |known, late| Finished { task: 7, known, late };
        let count = |finished: &Finished| {
            let mut verdict = Verdict::default();
            verdict.add(finished, &books);
            (verdict.duplicates, verdict.crossed)
        };
        assert_eq!(count(&finished(vec![Some(told(&one, None))], Vec::new())), (1, 0));
        assert_eq!(
            count(&finished(vec![Some(told(&one, None)), Some(told(&other, None))], Vec::new())),
            (0, 0)
        );
        let before = Instant::now().checked_sub(Duration::from_secs(60)).unwrap();
        assert_eq!(count(&finished(vec![Some(told(&other, None))], vec![(before, one.clone())])), (0, 1));
        let after = Instant::now();
        assert_eq!(count(&finished(vec![Some(told(&other, None))], vec![(after, one)])), (1, 0));
    }

    #[test]
    fn whatever_is_wrong_is_not_met() {
        let mut books = Books::new(Clock { skew: 0 }, 5);
        let task = sweeper(7, 0);
        books.expect(&task);
        books.stranger(&task, 0, Duration::from_secs(3600));
        let made = commit(&mut books, &task);
        let good = History { open: 0, created: [made.clone()].into() };
        let verdict = |known, history: &History| {
            let mut verdict = Verdict { unknown: Some(history.open), ..Verdict::default() };
            verdict.add(&Finished { task: 7, known: vec![known], late: Vec::new() }, &books);
            verdict.compare(history, &books);
            verdict
        };
        assert!(verdict(Some(told(&made, None)), &good).is_met());
        assert!(!verdict(None, &good).is_met());
        for wrong in [Wrong::Missing, Wrong::Stranger, Wrong::Other, Wrong::Again] {
            assert!(!verdict(Some(told("x", Some(wrong))), &good).is_met(), "{wrong:?}");
        }
        let open = History { open: 1, created: [made.clone()].into() };
        let untold = History::default();
        let invented = History { open: 0, created: [made.clone(), "x".to_owned()].into() };
        for history in [open, untold, invented] {
            assert!(!verdict(Some(told(&made, None)), &history).is_met(), "{history:?}");
        }
        assert_eq!(books.whose(&made), Some(Whose::Task(7)));
    }
}
