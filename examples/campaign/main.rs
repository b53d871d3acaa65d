//! `just campaign`: does `lumabill serve` ever write twice? Thousands of creates by several processes with two
//! keys through an API that resets, errs, truncates, hangs and answers 429, before and after committing, while
//! processes are killed and stopped and callers repeat what failed in every way that assistants do. A black
//! box: it knows the built binary, its environment and MCP, and shares no code with it.
//!
//! Ends with 1 if anything is not as it has to be, and tells the stories of the tasks where it was not.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a driver that people watch: it stops at the first thing that is not as it should be"
)]

mod answer;
mod books;
mod caller;
mod chance;
mod chaos;
mod cost;
mod events;
mod faults;
mod history;
mod http;
pub(crate) mod options;
mod process;
mod tasks;
mod upstream;
mod verdict;
mod windows;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use caller::Errand;
use chance::Chance;
use events::Events;
use history::History;
use options::Options;
use process::{Program, Server};
use tasks::Task;
use upstream::Upstream;
use verdict::{Finished, Verdict};

/// After the faults: the settling time of a timeout, the looking up, and some patience.
const AFTERWARDS: Duration = Duration::from_secs(240);

/// Everything that callers and tormentors share.
pub struct World {
    options: Options,
    events: Arc<Events>,
    upstream: Arc<Upstream>,
    servers: Vec<Arc<Server>>,
    finished: Mutex<Vec<Finished>>,
    faulty: AtomicBool,
    over: AtomicBool,
    cancelled: AtomicUsize,
    overdue: AtomicUsize,
    /// How calls were answered, by kind.
    told: Mutex<BTreeMap<String, usize>>,
}

fn main() -> ExitCode {
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            println!("{message}");
            return ExitCode::from(2);
        }
    };
    if run(options) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs a campaign and prints its report; true if everything is as it has to be.
pub(crate) fn run(mut options: Options) -> bool {
    options.lumabill = options.lumabill.canonicalize().expect("the binary under test is there");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let cost = cost::measure(&options).await;
        let met = campaign(options).await;
        match &cost {
            Some(cost) => println!(
                "\nclaim + sending + settle, median: {} µs (a create {} µs, a read {} µs)",
                cost.of_the_journal().as_micros(),
                cost.create.as_micros(),
                cost.read.as_micros()
            ),
            None => println!("\nclaim + sending + settle: a create without faults was not answered"),
        }
        met && cost.is_some()
    })
}

async fn campaign(options: Options) -> bool {
    let tasks = tasks::plan(&options);
    let (world, program) = World::new(options);
    for server in &world.servers {
        server.start().await;
    }
    world.set_faulty(true);
    let mut torments = tokio::task::JoinSet::new();
    for server in &world.servers {
        torments.spawn(chaos::torment(Arc::clone(&world), Arc::clone(server)));
    }
    let mut callers = tokio::task::JoinSet::new();
    for task in tasks {
        callers.spawn(bill(Arc::clone(&world), Arc::new(task)));
    }
    let all = callers.len();
    let watch = watch(&world, all);
    let calls = async {
        tokio::time::sleep(world.options.faults).await;
        world.set_faulty(false);
        while torments.join_next().await.is_some() {}
        let through = async { while callers.join_next().await.is_some() {} };
        if tokio::time::timeout(AFTERWARDS, through).await.is_err() {
            world.over.store(true, Ordering::SeqCst);
            while callers.join_next().await.is_some() {}
        }
    };
    tokio::select! { () = calls => {}, () = watch => {} }
    let history = settle(&world, &program).await;
    for server in &world.servers {
        server.end();
    }
    let finished = world.finished.lock().expect("no thread panicked");
    let verdict = Verdict::of(&world, &finished, history.as_ref());
    println!("{}", verdict.report(&world));
    if verdict.is_met() {
        program.clean();
    } else {
        let log = program.folder.join("events.log");
        std::fs::write(&log, world.events.all()).expect("the temporary folder can be written");
        println!("  state, logs and events: {}", program.folder.display());
    }
    verdict.is_met()
}

/// One task: begun at its time, billed once, and once more where that is wanted.
async fn bill(world: Arc<World>, task: Arc<Task>) {
    let mut chance = Chance::new(world.options.seed, u64::MAX / 2 + task.number as u64);
    world.upstream.books().expect(&task);
    if chance.permille(150) {
        // Days, hours and minutes old when the campaign begins.
        for age in [24 * 3600, 3600, 240] {
            strange(&world, &task, &mut chance, age);
        }
    }
    tokio::time::sleep(task.at).await;
    if chance.permille(50) {
        // Made by somebody else just before: older than any intent, if only by two minutes.
        strange(&world, &task, &mut chance, 120);
    }
    let mut errand = Errand::new(&world, &task, None);
    let first = errand.run().await;
    let mut late = std::mem::take(&mut errand.late);
    let before = first.as_ref().filter(|_| task.second).map(|known| known.id.clone());
    let mut known = vec![first];
    if before.is_some() {
        let mut second = Errand::new(&world, &task, before);
        known.push(second.run().await);
        late.append(&mut second.late);
    }
    let late = caller::named_late(late);
    world.finished.lock().expect("no thread panicked").push(Finished { task: task.number, known, late });
}

fn strange(world: &World, task: &Task, chance: &mut Chance, seconds: u64) {
    let wording = chance.below(tasks::WORDINGS);
    let age = Duration::from_secs(seconds) + chance.millis(0, 20_000);
    world.upstream.books().stranger(task, wording, age);
}

/// Makes writes until no intent is open and no record is still to come; gives the history at the end.
async fn settle(world: &Arc<World>, program: &Program) -> Option<History> {
    world.over.store(false, Ordering::SeqCst);
    let end = world.events.elapsed() + AFTERWARDS;
    let timer = tokio::spawn({
        let world = Arc::clone(world);
        async move {
            tokio::time::sleep(AFTERWARDS).await;
            world.over.store(true, Ordering::SeqCst);
        }
    });
    let mut number = world.options.creates;
    loop {
        let keys: Vec<&str> = world.servers.iter().map(|server| server.key.as_str()).collect();
        let history = match History::ask(program, keys[0]) {
            Ok(history) => history,
            Err(message) => {
                println!("{message}");
                return None;
            }
        };
        if (history.open == 0 && world.upstream.late() == 0) || world.events.elapsed() > end {
            timer.abort();
            return Some(history);
        }
        tokio::time::sleep(Duration::from_secs(3)).await;
        for profile in 0..if world.options.own_profiles { books::PROFILES } else { 1 } {
            bill(Arc::clone(world), Arc::new(tasks::sweeper(number, profile))).await;
            number += 1;
        }
    }
}

/// Says every ten seconds how far it is.
async fn watch(world: &World, all: usize) {
    loop {
        tokio::time::sleep(Duration::from_secs(10)).await;
        let through = world.finished.lock().expect("no thread panicked").len();
        println!("{:4} s: {through} of {all} tasks through", world.events.elapsed().as_secs());
    }
}

impl World {
    /// An upstream that behaves and processes that are not started yet.
    fn new(options: Options) -> (Arc<Self>, Arc<Program>) {
        let events = Arc::new(Events::new());
        let upstream = Upstream::start(&options, Arc::clone(&events));
        let program = Arc::new(Program::new(&options, &upstream.url, "fire"));
        let servers: Vec<_> = (0..options.processes)
            .map(|number| Arc::new(Server::new(number, &options, &program, &events)))
            .collect();
        let world = Arc::new(Self {
            options,
            events,
            upstream,
            servers,
            finished: Mutex::default(),
            faulty: AtomicBool::new(false),
            over: AtomicBool::new(false),
            cancelled: AtomicUsize::new(0),
            overdue: AtomicUsize::new(0),
            told: Mutex::default(),
        });
        (world, program)
    }

    fn set_faulty(&self, faulty: bool) {
        self.faulty.store(faulty, Ordering::SeqCst);
        self.upstream.set_faulty(faulty);
    }

    fn is_faulty(&self) -> bool {
        self.faulty.load(Ordering::SeqCst)
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    fn cancelled(&self) {
        self.cancelled.fetch_add(1, Ordering::SeqCst);
    }

    fn told(&self, how: &str) {
        *self.told.lock().expect("no thread panicked").entry(how.to_owned()).or_default() += 1;
    }

    fn overdue(&self) {
        self.overdue.fetch_add(1, Ordering::SeqCst);
    }

    /// The processes whose key reaches these books.
    fn servers_of(&self, profile: usize) -> Vec<Arc<Server>> {
        self.servers.iter().filter(|server| server.profile == profile).cloned().collect()
    }

    /// Waits, but no longer than faults happen.
    async fn while_faulty(&self, time: Duration) {
        let end = tokio::time::Instant::now() + time;
        while self.is_faulty() && tokio::time::Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(50).min(time)).await;
        }
    }
}
