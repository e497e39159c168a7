//! Generated days of a server: load with a daily and a weekly course, latencies with heavy tails, jobs by the
//! clock, stalls. Healthy, but for what is planted.
#![allow(dead_code, unused_imports, reason = "each user uses its part")]

mod judged;
mod random;

use engine::areas::statements::regressions::span::Span;
use model::statements::Measure;

pub use judged::{Judge, often, plain, slow, wide};
pub use random::Random;

/// The seeds by which limits are chosen: what is found on these proves nothing.
pub const TUNING: std::ops::Range<u64> = 1_000..1_005;
/// The seeds of the proof. Nothing was chosen by them: whoever changes the judge because of what they give
/// takes others.
pub const PROOF: std::ops::Range<u64> = 551_770..551_780;
/// Days that are only looked back on.
pub const BEFORE: usize = 14;
/// Days that are judged.
pub const JUDGED: usize = 24;

/// Minutes of a day.
pub const DAY: usize = 1_440;
/// Executions of a minute whose times are drawn one by one where their logarithm is normal and wide, or narrow;
/// of more the sum is drawn. With a power law each is drawn: no sum stands for them.
const DRAWN: [f64; 2] = [120.0, 20.0];

/// How times are distributed.
#[derive(Clone, Copy)]
pub enum Tail {
    /// By their logarithm.
    LogNormal(f64),
    /// By a power: below 2 without a variance.
    Pareto(f64),
}

/// When a statement runs.
#[derive(Clone, Copy, PartialEq)]
pub enum When {
    /// With the load.
    Load,
    /// Always alike.
    Always,
    /// In the first two minutes of each hour.
    Hourly,
    /// From two to about three in the night, beginning when it begins.
    Nightly,
    /// On Sundays from three to four.
    Weekly,
    /// With the load, and not on weekends.
    Weekdays,
}

/// A statement: its calls per second, its time per call in ms and its course.
pub type Statement = (&'static str, f64, f64, Tail, When);

/// What the server runs.
pub const STATEMENTS: &[Statement] = &[
    ("look-up", 200.0, 0.2, Tail::LogNormal(0.8), When::Load),
    ("update", 50.0, 2.0, Tail::LogNormal(1.2), When::Load),
    ("search", 5.0, 40.0, Tail::LogNormal(1.5), When::Load),
    ("web", 4.0, 30.0, Tail::Pareto(1.8), When::Load),
    ("report", 0.05, 400.0, Tail::Pareto(1.6), When::Load),
    ("queue", 20.0, 2.0, Tail::LogNormal(0.5), When::Always),
    ("hourly", 30.0, 10.0, Tail::LogNormal(1.0), When::Hourly),
    ("nightly", 40.0, 20.0, Tail::LogNormal(1.0), When::Nightly),
    ("weekly", 30.0, 30.0, Tail::LogNormal(1.0), When::Weekly),
    ("office", 20.0, 15.0, Tail::LogNormal(1.0), When::Weekdays),
];

/// What a statement did in a minute.
#[derive(Clone, Copy, Debug, Default)]
pub struct Minute {
    /// Calls.
    pub calls: f64,
    /// Their time, ms.
    pub time: f64,
    /// The sum of its squares.
    pub squares: f64,
    /// Rows.
    pub rows: f64,
    /// Blocks.
    pub blocks: f64,
}

impl Minute {
    /// Adds another.
    pub fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.time += other.time;
        self.squares += other.squares;
        self.rows += other.rows;
        self.blocks += other.blocks;
    }

    /// The minute as the judge takes it.
    pub fn span(&self) -> Span {
        self.over(1.0, f64::from(u8::from(self.calls > 0.0)), self.calls)
    }

    /// As one of so many minutes, moved in so many of them.
    pub fn over(&self, minutes: f64, moved: f64, most_calls: f64) -> Span {
        let sums = [
            (Measure::Calls, self.calls),
            (Measure::ExecTime, self.time),
            (Measure::ExecTimeSquares, self.squares),
            (Measure::Rows, self.rows),
            (Measure::SharedHit, self.blocks),
        ];
        Span {
            covered_ms: 60_000.0 * minutes,
            readings: minutes,
            moved,
            most_calls,
            sums: sums.into_iter().collect(),
        }
    }
}

/// Minutes of each statement of `STATEMENTS`.
pub struct Days {
    /// By statement.
    pub minutes: Vec<Vec<Minute>>,
}

/// That many healthy days; the first is a Monday.
pub fn healthy(days: usize, seed: u64) -> Days {
    let mut random = Random(seed);
    let mut minutes: Vec<Vec<Minute>> =
        STATEMENTS.iter().map(|_| Vec::with_capacity(days * DAY)).collect();
    for day in 0..days {
        let of_day = random.log_normal(0.15);
        let night = 120.0 + 15.0 * random.normal();
        for minute in 0..DAY {
            let load = of_day * course(day, minute) * random.log_normal(0.1);
            // All wait for a disk, a checkpoint, a neighbour.
            let stall = if random.unit() < 0.002 { 5.0 } else { 1.0 };
            let checkpoint = if minute % 5 == 0 { 1.3 } else { 1.0 };
            let slower = (1.0 + 0.3 * load) * stall * checkpoint;
            for (statement, kept) in STATEMENTS.iter().zip(&mut minutes) {
                let when = active(statement.4, day, minute as f64, night, load);
                kept.push(one(&mut random, statement, when, slower));
            }
        }
    }
    Days { minutes }
}

/// The load at that time, about 1 at most.
fn course(day: usize, minute: usize) -> f64 {
    let of_hour = 0.55 - 0.45 * (std::f64::consts::TAU * (minute as f64 / 1_440.0 - 0.08)).cos();
    of_hour * if day % 7 >= 5 { 0.35 } else { 1.0 }
}

fn active(when: When, day: usize, minute: f64, night: f64, load: f64) -> f64 {
    let on = |is_on: bool| f64::from(u8::from(is_on));
    match when {
        When::Load => load,
        When::Always => 1.0,
        When::Hourly => on(minute % 60.0 < 2.0),
        When::Nightly => on((night..night + 50.0).contains(&minute)),
        When::Weekly => on(day % 7 == 6 && (180.0..240.0).contains(&minute)),
        When::Weekdays => load * on(day % 7 < 5),
    }
}

fn one(random: &mut Random, statement: &Statement, active: f64, slower: f64) -> Minute {
    let (_, per_s, ms, tail, _) = *statement;
    let calls = if active > 0.0 { random.poisson(60.0 * per_s * active) } else { 0.0 };
    if calls == 0.0 {
        return Minute::default();
    }
    let (work, squares) = draws(random, tail, calls);
    let unit = ms * slower;
    // Rows and blocks follow the time of the healthy server.
    Minute {
        calls,
        time: work * unit,
        squares: squares * unit * unit,
        rows: 5.0 * work,
        blocks: 20.0 * work,
    }
}

/// The sum of so many draws, and of their squares.
fn draws(random: &mut Random, tail: Tail, calls: f64) -> (f64, f64) {
    let [wide, narrow] = DRAWN;
    let drawn = match tail {
        Tail::LogNormal(deviation) => calls.min(if deviation > 1.3 { wide } else { narrow }),
        Tail::Pareto(_) => calls,
    };
    let (mut sum, mut squares) = (0.0, 0.0);
    for _ in 0..drawn as usize {
        let draw = match tail {
            Tail::LogNormal(deviation) => random.log_normal(deviation),
            Tail::Pareto(power) => random.unit().powf(-1.0 / power),
        };
        sum += draw;
        squares += draw * draw;
    }
    if let Tail::LogNormal(deviation) = tail {
        let rest = calls - drawn;
        let (mean, square) = ((deviation.powi(2) / 2.0).exp(), (2.0 * deviation.powi(2)).exp());
        let spread = (rest * (square - mean * mean)).sqrt();
        sum += rest.mul_add(mean, spread * random.normal()).max(0.0);
        squares += rest * square;
    }
    (sum, squares)
}
