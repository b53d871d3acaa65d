//! A bridged account beside a bridge that passes bytes and understands nothing, and a direct client: the same
//! server, interleaved in the same run.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::Load;
use crate::figures::{Table, median, percentile};
use crate::peer::{Kind, Peer};
use crate::remote::{self, Client, Remote};

/// Large results that are timed.
const LARGE: usize = 15;
const ACCOUNT: &str = "bench";

/// Adds the rows; where the product cannot be logged in, the reference runs alone.
pub fn rows(directory: &Path, load: &Load, table: &mut Table) {
    let remote = remote::start();
    let mut kinds = vec![Kind::byte_bridge(directory, &remote.url)];
    match account(directory, &remote) {
        Ok(kind) => kinds.push(kind),
        Err(why) => println!("the bridge of bytes runs alone: {why}\n"),
    }
    calls(&kinds, &remote, load, table);
    large(&kinds, &remote, table);
}

/// `lumabill serve` with an account of the remote server, whose tools are said to read.
fn account(directory: &Path, remote: &Remote) -> Result<Kind, String> {
    let kind = Kind::bridged(directory, ACCOUNT).ok_or("`lumabill` is missing")?;
    let login = Command::new(&kind.program)
        .args(["login", "--account", ACCOUNT, "--service", &remote.url, "--insecure-storage"])
        .env_clear()
        .envs(kind.environment.iter().cloned())
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    if !login.status.success() {
        return Err(format!("`lumabill login`: {}", String::from_utf8_lossy(&login.stderr).trim()));
    }
    let file = kind.config_file();
    let text = std::fs::read_to_string(&file).map_err(|error| error.to_string())?;
    let head = format!("[accounts.{ACCOUNT}]\n");
    let reads = format!("{head}reads = [\"get\", \"large\"]\n");
    std::fs::write(&file, text.replace(&head, &reads)).map_err(|error| error.to_string())?;
    Ok(kind)
}

/// One call in flight: what a bridge adds to the same call, and the CPU that it spends.
fn calls(kinds: &[Kind], remote: &Remote, load: &Load, table: &mut Table) {
    let mut client = Client::of(remote);
    let mut peers: Vec<Peer> = kinds.iter().map(|kind| Peer::start(kind).0).collect();
    let mut direct = Vec::new();
    let mut bridged = vec![Vec::new(); peers.len()];
    for _ in 0..load.calls_a_round {
        client.call("get");
        for peer in &mut peers {
            peer.call();
        }
    }
    let before: Vec<Duration> = peers.iter().map(Peer::cpu).collect();
    for _ in 0..load.rounds {
        for _ in 0..load.calls_a_round {
            direct.push(client.call("get"));
        }
        for (peer, times) in peers.iter_mut().zip(&mut bridged) {
            for _ in 0..load.calls_a_round {
                times.push(peer.call());
            }
        }
    }
    let done = u32::try_from(direct.len()).expect("not that many");
    let cpu: Vec<f64> = peers
        .iter()
        .zip(before)
        .map(|(peer, before)| (peer.cpu().saturating_sub(before) / done).as_secs_f64() * 1e6)
        .collect();
    for (percent, name) in [(50, "bridged: added per call, p50"), (95, "bridged: added per call, p95")] {
        let base = percentile(&mut direct, percent).as_secs_f64();
        let added: Vec<f64> =
            bridged.iter_mut().map(|times| (percentile(times, percent).as_secs_f64() - base) * 1e6).collect();
        let budget = if percent == 50 { 2.0 * added[0] } else { f64::INFINITY };
        table.row(name, "µs", &added, budget);
    }
    println!("the same call by a bare client: {:.0} µs at p50\n", median(&mut direct).as_secs_f64() * 1e6);
    table.row("bridged: CPU per call", "µs", &cpu, f64::INFINITY);
}

/// A result of 8 MB: how long until it is read, and what it costs.
fn large(kinds: &[Kind], remote: &Remote, table: &mut Table) {
    let mut client = Client::of(remote);
    let kinds: Vec<Kind> =
        kinds.iter().map(|kind| kind.calling(r#"{"name":"large","arguments":{}}"#)).collect();
    let mut peers: Vec<Peer> = kinds.iter().map(|kind| Peer::start(kind).0).collect();
    let mut direct = Vec::new();
    let mut bridged = vec![Vec::new(); peers.len()];
    let before: Vec<Duration> = peers.iter().map(Peer::cpu).collect();
    for _ in 0..LARGE {
        direct.push(client.call("large"));
        for (peer, times) in peers.iter_mut().zip(&mut bridged) {
            times.push(peer.call());
        }
    }
    let each = u32::try_from(LARGE).expect("not that many");
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    let cpu: Vec<f64> = peers
        .iter()
        .zip(before)
        .map(|(peer, before)| milliseconds(peer.cpu().saturating_sub(before) / each))
        .collect();
    let times: Vec<f64> = bridged.iter_mut().map(|times| milliseconds(median(times))).collect();
    let peak: Vec<f64> = peers.iter().map(|peer| peer.memory_mb("VmHWM")).collect();
    println!("a result of 8 MB by a bare client: {:.1} ms at p50\n", milliseconds(median(&mut direct)));
    table.row("bridged: a result of 8 MB, p50", "ms", &times, 120.0);
    table.row("bridged: a result of 8 MB, CPU", "ms", &cpu, f64::INFINITY);
    table.row("bridged: a result of 8 MB, peak memory", "MB", &peak, 60.0);
}
