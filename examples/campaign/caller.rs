//! A caller who wants something billed once, and behaves as an assistant does: what failed or was lost is
//! called again, in the same words, in other words, or with `allow_duplicate`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::World;
use super::answer::{self, Told};
use super::books::Whose;
use super::chance::Chance;
use super::process::{Answer, Server};
use super::tasks::{Task, WORDINGS};

/// No client waits longer for a call: 50 s are promised, and the process may be stopped for 30 s.
const PATIENCE: Duration = Duration::from_secs(100);

/// What a caller came to know.
#[derive(Clone, Debug)]
pub struct Acknowledged {
    pub id: String,
    /// What is wrong with it.
    pub wrong: Option<Wrong>,
}

/// An answer that no caller may get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wrong {
    /// No such record was made.
    Missing,
    /// An older record of the same content.
    Stranger,
    /// A record that another caller asked for.
    Other,
    /// The record that was there before the second one was asked for.
    Again,
}

/// One wish, from the first call to the acknowledgement.
pub struct Errand {
    world: Arc<World>,
    task: Arc<Task>,
    chance: Chance,
    /// The record of the first errand, where this is about a second one.
    before: Option<String>,
    /// Calls that were cancelled: an answer may have been in the pipe already.
    pub late: Vec<Answer>,
    attempts: usize,
}

/// What became of one attempt.
enum Attempt {
    Told(Told),
    /// The process was gone.
    Lost,
    /// The client gave up.
    Cancelled,
}

impl Errand {
    pub fn new(world: &Arc<World>, task: &Arc<Task>, before: Option<String>) -> Self {
        let stream = 2 * task.number as u64 + u64::from(before.is_some()) + 1;
        let chance = Chance::new(world.options.seed, stream);
        let (world, task) = (Arc::clone(world), Arc::clone(task));
        Self { world, task, chance, before, late: Vec::new(), attempts: 0 }
    }

    /// Calls until a record is acknowledged; `None` where the campaign ended before.
    pub async fn run(&mut self) -> Option<Acknowledged> {
        let wants_second = self.before.is_some();
        let (mut wording, mut insist) = (self.chance.below(WORDINGS), wants_second);
        // Once another's record is in the way, only `allow_duplicate` leads on.
        let mut must_insist = wants_second;
        if self.task.doubled && !wants_second {
            for attempt in self.both(wording).await {
                if let Some(known) = self.judge(attempt, &mut must_insist) {
                    return Some(known);
                }
            }
            self.pause(50, 2000).await;
        }
        while !self.world.is_over() {
            let attempt = self.attempt(wording, insist).await;
            let lost = !matches!(attempt, Attempt::Told(_));
            if let Some(known) = self.judge(attempt, &mut must_insist) {
                return Some(known);
            }
            let (from, to) = if lost { (50, 1500) } else { (300, 4000) };
            self.pause(from, to).await;
            if let Some(known) = self.late(&mut must_insist) {
                return Some(known);
            }
            if self.chance.permille(350) {
                wording = self.chance.below(WORDINGS);
            }
            insist = if must_insist { self.chance.permille(850) } else { self.chance.permille(250) };
        }
        None
    }

    /// The same call at the same moment by two clients.
    async fn both(&mut self, wording: usize) -> [Attempt; 2] {
        let servers = self.world.servers_of(self.task.profile);
        let one = self.chance.below(servers.len());
        let (first, second) = (&servers[one], &servers[(one + 1) % servers.len()]);
        let arguments = self.task.arguments(wording, &self.world.upstream.today());
        self.note(&format!(
            "called in wording {wording} by two clients, process {} and {}",
            first.number, second.number
        ));
        let calls = [first.call("create_invoice", &arguments), second.call("create_invoice", &arguments)];
        let mut attempts = [Attempt::Lost, Attempt::Lost];
        for (attempt, call) in attempts.iter_mut().zip(calls) {
            if let Some((_, answer)) = call {
                *attempt = match tokio::time::timeout(PATIENCE, answer).await {
                    Ok(Ok((_, message))) => Attempt::Told(answer::read(&message)),
                    _ => Attempt::Lost,
                };
            }
        }
        attempts
    }

    async fn attempt(&mut self, wording: usize, insist: bool) -> Attempt {
        let mut arguments = self.task.arguments(wording, &self.world.upstream.today());
        if insist {
            arguments.insert("allow_duplicate".into(), json!(true));
        }
        let server = self.free_server().await;
        let Ok(_slot) = server.slots.acquire().await else { return Attempt::Lost };
        let Some((call, mut answer)) = server.call("create_invoice", &arguments) else {
            return Attempt::Lost;
        };
        self.attempts += 1;
        let duplicate = if insist { " with allow_duplicate" } else { "" };
        self.note(&format!("called in wording {wording}{duplicate} by process {}", server.number));
        let patience = self.patience();
        match tokio::time::timeout(patience, &mut answer).await {
            Ok(Ok((_, message))) => Attempt::Told(answer::read(&message)),
            Ok(Err(_)) => {
                self.note("the process was gone before it answered");
                Attempt::Lost
            }
            Err(_) => {
                self.note(&format!("cancelled after {} ms", patience.as_millis()));
                self.world.cancelled();
                if patience == PATIENCE {
                    self.world.overdue();
                }
                server.cancel(call);
                self.late.push(answer);
                Attempt::Cancelled
            }
        }
    }

    /// A process whose calls go to the right books, and which has a slot free if there is one.
    async fn free_server(&mut self) -> Arc<Server> {
        loop {
            let servers = self.world.servers_of(self.task.profile);
            let from = self.chance.below(servers.len());
            for step in 0..servers.len() {
                let server = &servers[(from + step) % servers.len()];
                if server.slots.available_permits() > 0 {
                    return Arc::clone(server);
                }
            }
            self.pause(5, 40).await;
        }
    }

    /// How long this client waits: most wait for the end, some people press a key before.
    fn patience(&mut self) -> Duration {
        if !self.world.is_faulty() || !self.chance.permille(120) {
            return PATIENCE;
        }
        let longest = if self.chance.permille(600) { 20 } else { 15_000 };
        self.chance.millis(0, longest)
    }

    /// Whether the answer ends the errand.
    fn judge(&mut self, attempt: Attempt, must_insist: &mut bool) -> Option<Acknowledged> {
        let told = match attempt {
            Attempt::Told(told) => told,
            Attempt::Lost | Attempt::Cancelled => return None,
        };
        self.world.told(told.word());
        let (id, created) = match told {
            Told::Created(id) => (id, true),
            Told::NotAgain(id) => (id, false),
            Told::Failed { text, .. } => {
                let line: String = text.lines().collect::<Vec<_>>().join(" · ");
                self.note(&format!("answered: {}", line.chars().take(300).collect::<String>()));
                return None;
            }
        };
        let whose = self.world.upstream.books().whose(&id);
        self.note(&format!("answered: created: {created}, {id} ({whose:?})"));
        let first_again = self.before.as_ref() == Some(&id);
        let wrong = match whose {
            None => Some(Wrong::Missing),
            Some(Whose::Stranger(_)) => Some(Wrong::Stranger),
            Some(Whose::Task(number)) if number != self.task.number || first_again => {
                if !created {
                    // Not what was asked for: an assistant that reads the record asks for one of its own.
                    *must_insist = true;
                    return None;
                }
                Some(if first_again { Wrong::Again } else { Wrong::Other })
            }
            Some(Whose::Task(_)) => None,
        };
        Some(Acknowledged { id, wrong })
    }

    /// Answers to cancelled calls that had been on their way.
    fn late(&mut self, must_insist: &mut bool) -> Option<Acknowledged> {
        for mut answer in std::mem::take(&mut self.late) {
            match answer.try_recv() {
                Ok((_, message)) => {
                    self.note("an answer to a cancelled call had been on its way");
                    if let Some(known) = self.judge(Attempt::Told(answer::read(&message)), must_insist) {
                        return Some(known);
                    }
                }
                Err(tokio::sync::oneshot::error::TryRecvError::Empty) => self.late.push(answer),
                Err(tokio::sync::oneshot::error::TryRecvError::Closed) => {}
            }
        }
        None
    }

    async fn pause(&mut self, from: u64, to: u64) {
        let wait = self.chance.millis(from, to);
        tokio::time::sleep(wait).await;
    }

    fn note(&self, what: &str) {
        let second = if self.before.is_some() { "caller of the second" } else { "caller" };
        self.world.events.task(self.task.number, format!("{second}: {what}"));
    }
}

/// Answers that came after nobody waited for them: which records they named, and when.
pub fn named_late(late: Vec<Answer>) -> Vec<(Instant, String)> {
    let answers = late.into_iter().filter_map(|mut answer| answer.try_recv().ok());
    answers
        .filter_map(|(at, message): (Instant, Value)| match answer::read(&message) {
            Told::Created(id) | Told::NotAgain(id) => Some((at, id)),
            Told::Failed { .. } => None,
        })
        .collect()
}
