//! What the journal costs: creates beside reads through the same process, one after the other, no faults.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::events::Events;
use super::options::Options;
use super::process::{Program, Server};
use super::tasks;
use super::upstream::Upstream;

/// Calls of each kind.
const CALLS: usize = 200;

/// Median times.
pub struct Cost {
    pub create: Duration,
    pub read: Duration,
}

impl Cost {
    /// Claim, `sending` and settle, as far as a black box can tell.
    pub fn of_the_journal(&self) -> Duration {
        self.create.saturating_sub(self.read)
    }
}

/// Measures with a state folder of its own.
pub async fn measure(options: &Options) -> Option<Cost> {
    // No waiting for permits.
    let options = &Options { limit: (60_000, 60_000), ..options.clone() };
    let events = Arc::new(Events::new());
    let upstream = Upstream::start(options, Arc::clone(&events));
    let program = Arc::new(Program::new(options, &upstream.url, "cost"));
    let server = Server::new(0, options, &program, &events);
    server.start().await;
    let (mut creates, mut reads) = (Vec::new(), Vec::new());
    for number in 0..CALLS {
        let task = tasks::sweeper(number, 0);
        upstream.books().expect(&task);
        let (took, made) = call(&server, "create_invoice", &task.arguments(0, "")).await?;
        let id = made["result"]["structuredContent"]["record"]["id"].as_str()?.to_owned();
        let id = Map::from_iter([("id".to_owned(), json!(id))]);
        creates.push(took);
        reads.push(call(&server, "get_invoice", &id).await?.0);
    }
    server.end();
    program.clean();
    Some(Cost { create: median(&mut creates), read: median(&mut reads) })
}

async fn call(server: &Server, tool: &str, arguments: &Map<String, Value>) -> Option<(Duration, Value)> {
    let began = Instant::now();
    let (_, answer) = server.call(tool, arguments)?;
    let (read, message) = answer.await.ok()?;
    Some((read - began, message))
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
