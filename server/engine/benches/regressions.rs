//! Accusations on generated healthy days: our judge, and beside it Welch's t-test and a z-score on the same
//! data; how often planted changes are found. Then the time until a dropped index is found and named on a real
//! server, by the default windows.

#[path = "../tests/support/days.rs"]
mod days;
#[path = "../tests/support/planted.rs"]
mod planted;

use std::time::Duration;

use days::{DAY, Judge, STATEMENTS, healthy, plain};

const BEFORE: usize = 14;
const JUDGED: usize = 24;

fn simulated() {
    let (mut ours, mut noisy, mut together) = (0, 0, 0_u64);
    let (mut by_t, mut by_z, mut judged) = (0, 0, 0_u64);
    for seed in 0..5 {
        let days = healthy(BEFORE + JUDGED, 1_000 + seed);
        let mut judge = Judge::new(&days);
        for minute in BEFORE * DAY..(BEFORE + JUDGED) * DAY {
            let (found, at_once) = judge.all_at(minute);
            let accused = found.iter().filter(|one| one.change.is_accusation()).count();
            ours += accused;
            noisy += found.len() - accused;
            together += u64::from(at_once > 0);
            judged += STATEMENTS.len() as u64;
        }
        for all in &days.minutes {
            let (t, z) = plain(all, BEFORE * DAY);
            by_t += t;
            by_z += z;
        }
    }
    println!(
        "five times {JUDGED} healthy days, {judged} windows of {} statements",
        STATEMENTS.len()
    );
    println!("  accusations: pgdeck {ours}, Welch's t-test {by_t}, z-score {by_z}");
    println!(
        "  too noisy to say: {noisy}; minutes in which most statements were slower at once: {together}"
    );
}

/// How long it takes until a dropped index is found on a real server, by the default windows.
async fn on_a_real_server() -> anyhow::Result<()> {
    let planted = planted::start(18).await?;
    planted::compared(&planted.engine, Duration::from_secs(240)).await?;
    planted.server.exec("drop index visits_customer").await?;
    let (took, cause) = planted::found(&planted.engine, Duration::from_secs(300)).await?;
    let took = took.as_secs_f64();
    println!("a dropped index on PostgreSQL 18: found after {took:.0} s, named: {cause}");
    Ok(())
}

fn main() -> anyhow::Result<()> {
    simulated();
    tokio::runtime::Runtime::new()?.block_on(on_a_real_server())
}
