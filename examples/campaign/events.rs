//! What happened, by task and by process: kept in memory, printed for what went wrong.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The log of a campaign.
pub struct Events {
    began: Instant,
    tasks: Mutex<BTreeMap<usize, Vec<(Instant, String)>>>,
    processes: Mutex<Vec<(Instant, String)>>,
}

impl Events {
    pub fn new() -> Self {
        Self { began: Instant::now(), tasks: Mutex::default(), processes: Mutex::default() }
    }

    /// Since the campaign began.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    pub fn task(&self, task: usize, what: String) {
        let mut tasks = self.tasks.lock().expect("no thread panicked");
        tasks.entry(task).or_default().push((Instant::now(), what));
    }

    pub fn process(&self, what: String) {
        self.processes.lock().expect("no thread panicked").push((Instant::now(), what));
    }

    /// Everything in the order of time.
    pub fn all(&self) -> String {
        let tasks = self.tasks.lock().expect("no thread panicked");
        let processes = self.processes.lock().expect("no thread panicked");
        let tasks = tasks
            .iter()
            .flat_map(|(task, own)| own.iter().map(move |(at, what)| (*at, format!("task {task} {what}"))));
        let mut lines: Vec<_> = tasks.chain(processes.iter().cloned()).collect();
        lines.sort_by_key(|(at, _)| *at);
        let told =
            lines.iter().map(|(at, what)| format!("{:9.3} s  {what}\n", (*at - self.began).as_secs_f64()));
        told.collect::<Vec<_>>().concat()
    }

    /// The story of a task, with what happened to the processes meanwhile.
    pub fn story(&self, task: usize) -> String {
        let tasks = self.tasks.lock().expect("no thread panicked");
        let own = tasks.get(&task).map_or(&[][..], Vec::as_slice);
        let (Some((from, _)), Some((to, _))) = (own.first(), own.last()) else {
            return String::from("    nothing is known of it\n");
        };
        let processes = self.processes.lock().expect("no thread panicked");
        let around = processes.iter().filter(|(at, _)| (from..=to).contains(&at));
        let mut lines: Vec<_> = own.iter().chain(around).collect();
        lines.sort_by_key(|(at, _)| *at);
        let told =
            lines.iter().map(|(at, what)| format!("    {:9.3} s  {what}", (*at - self.began).as_secs_f64()));
        told.collect::<Vec<_>>().join("\n") + "\n"
    }
}
