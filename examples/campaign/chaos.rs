//! Kills and stops: what laptops, people and the kernel do to processes.

use std::sync::Arc;
use std::time::Duration;

use super::World;
use super::chance::Chance;
use super::process::Server;

/// Kills and stops one process at random as long as faults happen.
pub async fn torment(world: Arc<World>, server: Arc<Server>) {
    let mut chance = Chance::new(world.options.seed, u64::MAX - 1 - server.number as u64);
    let (from, to) = world.options.calm;
    loop {
        // Some live long enough to wait for an answer in vain.
        let calm = chance.time(from, to) * if server.number % 3 == 2 { 4 } else { 1 };
        world.while_faulty(calm).await;
        if !world.is_faulty() {
            return;
        }
        if chance.permille(450) {
            server.signal("STOP");
            let short = Duration::from_secs(1);
            let longest = if chance.permille(850) { short * 3 } else { world.options.longest_stop };
            let asleep = chance.time(short, longest.max(short * 2));
            world.while_faulty(asleep).await;
            if chance.permille(800) || !world.is_faulty() {
                server.signal("CONT");
                continue;
            }
        }
        server.kill();
        if chance.permille(500) {
            let gone = chance.millis(0, 2000);
            world.while_faulty(gone).await;
        }
        server.start().await;
    }
}
