//! Waiting for what comes of a request, and answering what its server asks before.

use tokio::time::sleep_until;

use super::super::Outcome;
use super::asking::Wanted;
use super::outcome::Fate;
use super::sending::{Arrived, Running};
use super::work::Work;
use super::{Bridged, answers, writing};
use crate::bridge::Asked;
use crate::failure::{Exit, Failure, Sent};

/// How often one call asks, over all its questions.
const ROUNDS: u32 = 8;

/// What comes of a request next.
enum Event {
    Arrived(Box<Arrived>),
    Asked(Asked),
}

impl Bridged {
    /// Waits for the answer of a request that is under way, and answers what the server asks before.
    pub(super) async fn attend(&self, work: Work, mut running: Running) -> Result<Outcome, Failure> {
        let mut rounds = ROUNDS;
        loop {
            let arrived = match self.next(&work, &mut running).await? {
                Event::Arrived(arrived) => *arrived,
                Event::Asked(asked) => match self.put(&work, asked) {
                    Some((ask, answer)) => {
                        let question = self.await_answer(&work, running, ask, answer)?;
                        return Ok(Outcome::Ask(question));
                    }
                    None => continue,
                },
            };
            let (Fate::Asks, Ok(result)) = (arrived.fate, &arrived.answer) else {
                return self.conclude(&work, arrived).await;
            };
            rounds -= 1;
            match self.wanted(&work, result, arrived.held, rounds).await? {
                Wanted::Person(question) => return Ok(Outcome::Ask(*question)),
                Wanted::Nobody { held, more } => running = self.send_again(&work, held, more).await?,
            }
        }
    }

    /// What comes next of a request: a write that left is not given up by who waits for it.
    async fn next(&self, work: &Work, running: &mut Running) -> Result<Event, Failure> {
        let mut questions = true;
        loop {
            tokio::select! {
                biased;
                arrived = &mut running.task => {
                    return arrived.map(|arrived| Event::Arrived(Box::new(arrived))).map_err(|_| defect(work));
                }
                asked = running.questions.recv(), if questions => match asked {
                    Some(asked) => return Ok(Event::Asked(asked)),
                    None => questions = false,
                },
                () = work.caller.cancelled.cancelled(), if !running.writes => {
                    running.stop.cancel();
                    return Err(writing::cancelled(work));
                }
                () = sleep_until(work.ends) => {
                    if !running.writes {
                        running.stop.cancel();
                    }
                    return Err(answers::takes_long(self, work));
                }
            }
        }
    }
}

/// The task of a request ended by a defect of ours.
fn defect(work: &Work) -> Failure {
    let message = format!("`{}` hit a defect of lumabill and did not finish", work.tool);
    let sent = if work.writes() { Sent::Unknown } else { Sent::Read };
    Failure::new("defect", Exit::Defect, message)
        .hint("look whether it took effect before calling it again, and report what lumabill wrote to stderr")
        .sent(sent)
}
