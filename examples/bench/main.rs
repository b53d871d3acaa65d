//! `just bench`: lumabill beside a bare MCP server and a bare HTTP client, interleaved in one run, printed
//! against the budgets. Prints ratios for people; it is no test, since times on shared machines are noise.
//!
//! Usage: `bench DIRECTORY` with the release binaries `lumabill`, `examples/bare` and `examples/byte_bridge` in it.
//! `BENCH_QUICK=1` makes a tenth of the calls.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a driver that people watch: it stops at the first thing that is not as it should be"
)]

mod bridge;
mod figures;
mod peer;
mod remote;
mod tokens;
mod upstream;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use figures::{Table, median, percentile};
use peer::{Kind, Peer};

/// How much of everything is done.
struct Load {
    starts: usize,
    rounds: usize,
    calls_a_round: usize,
    flood: usize,
    long: usize,
}

fn main() {
    let directory = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "target/release".to_owned()));
    let load = if std::env::var_os("BENCH_QUICK").is_some() {
        Load { starts: 7, rounds: 10, calls_a_round: 50, flood: 1_000, long: 10_000 }
    } else {
        Load { starts: 30, rounds: 50, calls_a_round: 100, flood: 4_000, long: 100_000 }
    };
    let upstream = upstream::start();
    let mut kinds = vec![Kind::bare(&directory, &upstream)];
    // Until the product serves, the reference runs alone: the driver then measures itself.
    match Kind::lumabill(&directory, &upstream) {
        Some(kind) => kinds.push(kind),
        None => println!("{} is missing: the reference runs alone\n", directory.join("lumabill").display()),
    }

    let mut table = Table::default();
    starts(&kinds, &load, &mut table);
    calls(&kinds, &upstream, &load, &mut table);
    throughput(&kinds, &load, &mut table);
    memory(&kinds, &load, &mut table);
    size(&kinds, &mut table);
    bridge::rows(&directory, &load, &mut table);
    if kinds.len() > 1 {
        tokens::list(&directory, &upstream, &mut table);
    }
    table.print();
}

/// Process start to `initialize` answered, and end of input to gone.
fn starts(kinds: &[Kind], load: &Load, table: &mut Table) {
    let mut up = vec![Vec::new(); kinds.len()];
    let mut down = vec![Vec::new(); kinds.len()];
    for _ in 0..load.starts {
        for (index, kind) in kinds.iter().enumerate() {
            let (peer, started) = Peer::start(kind);
            up[index].push(started);
            down[index].push(peer.end());
        }
    }
    let up: Vec<f64> = up.iter_mut().map(|times| median(times).as_secs_f64() * 1e3).collect();
    let down: Vec<f64> = down.iter_mut().map(|times| median(times).as_secs_f64() * 1e3).collect();
    table.row("start to `initialize`, median", "ms", &up, (2.0 * up[0] + 2.0).min(15.0));
    table.row("end of input, idle, to gone", "ms", &down, 200.0);
}

/// One call in flight: what a server adds to the same GET, and the CPU that it spends.
fn calls(kinds: &[Kind], upstream: &upstream::Upstream, load: &Load, table: &mut Table) {
    let mut client = upstream.client();
    let mut peers: Vec<Peer> = kinds.iter().map(|kind| Peer::start(kind).0).collect();
    let mut direct = Vec::new();
    let mut served = vec![Vec::new(); peers.len()];
    for _ in 0..load.calls_a_round {
        client.get();
        for peer in &mut peers {
            peer.call();
        }
    }
    let before: Vec<Duration> = peers.iter().map(Peer::cpu).collect();
    for _ in 0..load.rounds {
        for _ in 0..load.calls_a_round {
            direct.push(client.get());
        }
        for (peer, times) in peers.iter_mut().zip(&mut served) {
            for _ in 0..load.calls_a_round {
                times.push(peer.call());
            }
        }
    }
    let done = (load.rounds * load.calls_a_round) as f64;
    let cpu: Vec<f64> = peers
        .iter()
        .zip(before)
        .map(|(peer, before)| peer.cpu().saturating_sub(before).as_secs_f64() * 1e6 / done)
        .collect();
    println!(
        "the same GET by a bare client: {:.0} µs at p50\n",
        percentile(&mut direct, 50).as_secs_f64() * 1e6
    );
    for (percent, name) in
        [(50, "added per call, p50"), (95, "added per call, p95"), (99, "added per call, p99")]
    {
        let base = percentile(&mut direct, percent).as_secs_f64();
        let added: Vec<f64> =
            served.iter_mut().map(|times| (percentile(times, percent).as_secs_f64() - base) * 1e6).collect();
        let budget = if percent == 50 { 2.0 * added[0] + 20.0 } else { f64::INFINITY };
        table.row(name, "µs", &added, budget);
    }
    table.row("CPU per call at 1 in flight", "µs", &cpu, 1.7 * cpu[0]);
}

/// Calls a second with more and more of them in flight.
fn throughput(kinds: &[Kind], load: &Load, table: &mut Table) {
    let mut peers: Vec<Peer> = kinds.iter().map(|kind| Peer::start(kind).0).collect();
    for in_flight in [1, 8, 64] {
        let mut rates = vec![Vec::new(); peers.len()];
        let mut cpu = vec![Duration::ZERO; peers.len()];
        for _ in 0..5 {
            for (index, peer) in peers.iter_mut().enumerate() {
                let (began, used) = (Instant::now(), peer.cpu());
                peer.flood(load.flood, in_flight);
                rates[index].push(began.elapsed());
                cpu[index] += peer.cpu().saturating_sub(used);
            }
        }
        let rates: Vec<f64> =
            rates.iter_mut().map(|times| load.flood as f64 / median(times).as_secs_f64()).collect();
        let floor = if in_flight == 64 { 0.6 * rates[0] } else { 0.0 };
        table.row_at_least(&format!("calls a second, {in_flight} in flight"), "/s", &rates, floor);
        if in_flight == 1 {
            // Told by `calls` already.
            continue;
        }
        let cpu: Vec<f64> =
            cpu.iter().map(|used| used.as_secs_f64() * 1e6 / (5 * load.flood) as f64).collect();
        table.row(&format!("CPU per call at {in_flight} in flight"), "µs", &cpu, 1.7 * cpu[0]);
    }
}

/// Memory when idle, at the peak of 64 in flight, and after a long day.
fn memory(kinds: &[Kind], load: &Load, table: &mut Table) {
    let (mut idle, mut peak, mut after) = (Vec::new(), Vec::new(), Vec::new());
    for kind in kinds {
        let (mut peer, _) = Peer::start(&kind.unlimited());
        std::thread::sleep(Duration::from_secs(1));
        idle.push(peer.memory_mb("VmRSS"));
        peer.flood(load.flood, 64);
        peak.push(peer.memory_mb("VmHWM"));
        peer.flood(load.long, 8);
        after.push(peer.memory_mb("VmRSS"));
    }
    table.row("memory idle", "MB", &idle, 10.0);
    table.row("memory, peak at 64 in flight", "MB", &peak, 24.0);
    table.row(&format!("memory after {} calls", load.long), "MB", &after, 16.0);
}

/// The stripped binary.
fn size(kinds: &[Kind], table: &mut Table) {
    let megabytes = |path: &Path| std::fs::metadata(path).expect("the binary is there").len() as f64 / 1e6;
    let sizes: Vec<f64> = kinds.iter().map(|kind| megabytes(&kind.program)).collect();
    table.row("stripped binary", "MB", &sizes, 9.0);
}
