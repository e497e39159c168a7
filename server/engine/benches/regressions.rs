//! Accusations on generated healthy days: our judge, and beside it Welch's t-test and a z-score on the same
//! data; how often planted changes are found, and how soon. Then the time until a dropped index is found and
//! named on a real server, by the default windows.
//!
//! `cargo bench -p engine --bench regressions [-- tuning | proof | planted | real]`; without a word all but the
//! first. Limits are chosen by the seeds of `tuning` only.

#[path = "../tests/support/days.rs"]
mod days;
#[path = "../tests/support/planted.rs"]
mod planted;

use std::ops::Range;
use std::time::Duration;

use days::{
    BEFORE, DAY, JUDGED, Judge, Minute, PROOF, Random, STATEMENTS, TUNING, When, healthy, often,
    plain, slow, wide,
};
use model::statements::regression::Change;

/// Accusations on healthy days of these seeds.
fn accused(name: &str, seeds: Range<u64>) {
    let (mut noisy, mut slower, mut busier, mut judged) = (0, 0, 0, 0);
    let (mut by_t, mut by_z) = (0, 0);
    let mut ours = Vec::new();
    for seed in seeds.clone() {
        let days = healthy(BEFORE + JUDGED, seed);
        let mut judge = Judge::new(&days);
        for minute in BEFORE * DAY..(BEFORE + JUDGED) * DAY {
            let verdicts = judge.all_at(minute);
            slower += u64::from(verdicts.slower_together > 0);
            busier += u64::from(verdicts.busier_together > 0);
            for one in verdicts.found.into_iter().flatten().flatten() {
                if one.change.is_accusation() {
                    ours.push((seed, minute, one.key.queryid as usize, one.change));
                } else {
                    noisy += 1;
                }
            }
            judged += STATEMENTS.len();
        }
        for all in &days.minutes {
            let (t, z) = plain(all, BEFORE * DAY);
            by_t += t;
            by_z += z;
        }
    }
    println!(
        "{name}: {} times {JUDGED} healthy days of {} statements (seeds {seeds:?}), {judged} verdicts",
        seeds.clone().count(),
        STATEMENTS.len()
    );
    println!("  accusations: pgdeck {}, Welch's t-test {by_t}, z-score {by_z}", ours.len());
    println!(
        "  minutes in which the server is called slower {slower}, busier {busier}; statements too noisy to say: {noisy}"
    );
    for (seed, minute, statement, change) in ours.iter().take(20) {
        let name = STATEMENTS.get(*statement).map_or("?", |statement| statement.0);
        let (day, of_day) = (minute / DAY, minute % DAY);
        println!("  seed {seed}, day {day}, minute {of_day}: {name} {change:?}");
    }
}

/// Minutes after which a planted change counts as not found.
const PATIENCE: usize = 30;
/// Minutes in which it should be found: two windows, and the one that it begins in.
const SOON: usize = 3;

/// What became of planted changes of one kind.
#[derive(Default)]
struct Found {
    /// Minutes until it was told.
    after: Vec<usize>,
    /// Said to be too noisy and never found.
    noisy: usize,
    /// Nothing was said.
    silent: usize,
}

impl Found {
    fn add(&mut self, other: &Self) {
        self.after.extend(&other.after);
        self.noisy += other.noisy;
        self.silent += other.silent;
    }

    fn print(mut self, what: &str, factor: f64, of: &str) {
        self.after.sort_unstable();
        let all = (self.after.len() + self.noisy + self.silent).max(1);
        let share = |count: usize| 100.0 * count as f64 / all as f64;
        let soon = self.after.iter().filter(|after| **after <= SOON).count();
        let half = self.after.get(self.after.len() / 2).map_or("-".to_owned(), usize::to_string);
        println!(
            "  {what:<10} × {factor:<4} {of:<8} {all:>5} planted: within {SOON} min {:>3.0} %, within {PATIENCE} min {:>3.0} %, median {half:>2} min; too noisy to say {:>3.0} %, below the limits {:>3.0} %",
            share(soon),
            share(self.after.len()),
            share(self.noisy),
            share(self.silent),
        );
    }
}

/// Plants one change at one moment, and waits.
fn plant(
    judge: &mut Judge<'_>,
    (statement, from): (usize, usize),
    change: &dyn Fn(&mut Minute),
    kinds: &[Change],
    found: &mut Found,
) {
    let mut noisy = false;
    for minute in from..from + PATIENCE {
        let said = judge.at_changed_from(from, statement, minute, change);
        if said.iter().any(|one| kinds.contains(&one.change)) {
            return found.after.push(minute - from + 1);
        }
        noisy |= said.iter().any(|one| one.change == Change::TooNoisy);
    }
    if noisy { found.noisy += 1 } else { found.silent += 1 }
}

/// A change of a factor, by what it is called.
type Planted = (&'static str, fn(f64) -> Box<dyn Fn(&mut Minute)>, &'static [Change]);

/// What is planted.
const KINDS: [Planted; 3] = [
    ("slower", |factor| Box::new(slow(factor)), &[Change::Slower]),
    ("calls", |factor| Box::new(often(factor)), &[Change::MoreCalls]),
    ("blocks", |factor| Box::new(wide(factor)), &[Change::MoreRows, Change::MoreBlocks]),
];

/// Changes of each size, one a day, at any time of the day, in each statement that runs with the load or always.
fn sizes(seeds: Range<u64>) {
    println!("planted changes, one a day and statement at any time of the day, seeds {seeds:?}:");
    let all: Vec<days::Days> = seeds.map(|seed| healthy(BEFORE + JUDGED, seed)).collect();
    let runs = [When::Load, When::Always, When::Weekdays];
    for (what, change, kinds) in KINDS {
        for factor in [1.5, 2.0, 4.0] {
            let mut total = Found::default();
            let statements = STATEMENTS.iter().enumerate();
            for (number, (name, ..)) in statements.filter(|(_, one)| runs.contains(&one.4)) {
                let mut found = Found::default();
                for (at, days) in all.iter().enumerate() {
                    let mut random = Random(at as u64);
                    let mut judge = Judge::new(days);
                    for day in BEFORE..BEFORE + JUDGED - 1 {
                        let of_day = (random.unit() * (DAY - PATIENCE) as f64) as usize;
                        let place = (number, day * DAY + of_day);
                        plant(&mut judge, place, &change(factor), kinds, &mut found);
                    }
                }
                total.add(&found);
                found.print(what, factor, name);
            }
            total.print(what, factor, "all");
        }
    }
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
    let words: Vec<String> =
        std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let wanted = |part: &str| {
        words.iter().any(|word| word == part) || (words.is_empty() && part != "tuning")
    };
    if wanted("tuning") {
        accused("tuning", TUNING);
    }
    if wanted("proof") {
        accused("proof", PROOF);
    }
    if wanted("planted") {
        sizes(PROOF.start..PROOF.start + 4);
    }
    if wanted("real") {
        tokio::runtime::Runtime::new()?.block_on(on_a_real_server())?;
    }
    Ok(())
}
