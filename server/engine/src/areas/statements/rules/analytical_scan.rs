//! Rule: a statement reads whole tables on a server whose other statements are short.

use model::statements::{Measure, Ranked, StatementText, Statements, Window};
use model::{About, Finding, Known, Limit, Unit};

use super::super::evidence::{about, number, watched_for};
use crate::rule::InForce;

/// Over which time it is judged, seconds.
const OVER: Limit = Limit {
    name: "over_s",
    default: 300.0,
    unit: Unit::Seconds,
    source: "ours: the ten minutes that are in memory, half of them",
};
/// Blocks that one call touches.
const BLOCKS_FROM: Limit = Limit {
    name: "blocks_per_call_from",
    default: 8_192.0,
    unit: Unit::Count,
    source: "ours: 64 MB, half of the default shared_buffers",
};
/// Time per call, ms.
const MEAN_FROM: Limit = Limit {
    name: "mean_from_ms",
    default: 200.0,
    unit: Unit::Ms,
    source: "ours: a hundred times a short statement",
};
/// Its share of the blocks of all statements.
const SHARE_FROM: Limit = Limit {
    name: "share_of_blocks_from_percent",
    default: 30.0,
    unit: Unit::Percent,
    source: "ours: then it decides what is in memory",
};
/// Calls per second of everything from which the server has short work to do.
const BUSY_FROM: Limit = Limit {
    name: "calls_per_s_from",
    default: 20.0,
    unit: Unit::PerSecond,
    source: "ours: below, there is nobody whom it disturbs",
};
/// Share of calls that are short on such a server.
const SHORT_CALLS: f64 = 0.95;
/// What is short, ms per call.
const SHORT_MS: f64 = 10.0;
/// What reads whole tables on purpose, by its first word.
const MAINTENANCE: &[&str] =
    &["vacuum", "analyze", "reindex", "cluster", "copy", "create", "alter", "refresh", "repack"];

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "An analytical statement runs among short ones",
    effect: "It reads large parts of tables, so it pushes what the short statements need out of memory, and holds back vacuum while it runs.",
    remedy: "Run it on a standby, at a quieter time, or from a summary table; if it should be short, it lacks an index.",
    docs: "https://www.postgresql.org/docs/current/hot-standby.html",
    limits: &[OVER, BLOCKS_FROM, MEAN_FROM, SHARE_FROM, BUSY_FROM],
};

/// Judges what touches many blocks per call, where nearly all calls are short.
pub fn analytical_scan(evidence: &Statements, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let window = watched_for(evidence, limits.get(&OVER))?;
    let blocks_of_all = window.total.shared_blocks();
    if !has_short_work(window, limits) {
        return Ok(Vec::new());
    }
    let is_scan = |entry: &&Ranked| {
        let calls = entry.sums.get(Measure::Calls).max(1.0);
        let text = evidence.text(entry.key.queryid);
        entry.key.toplevel
            && entry.sums.shared_blocks() / calls >= limits.get(&BLOCKS_FROM)
            && 100.0 * entry.sums.shared_blocks() >= limits.get(&SHARE_FROM) * blocks_of_all
            && entry.sums.mean_ms().is_some_and(|mean| mean >= limits.get(&MEAN_FROM))
            && !text.is_some_and(is_maintenance)
    };
    let scans = window.top.iter().filter(is_scan);
    Ok(scans.map(|entry| finding(evidence, entry, blocks_of_all, limits)).collect())
}

/// Whether there are many calls and nearly all of them are short. What is not among the costliest is short.
fn has_short_work(window: &Window, limits: &InForce<'_>) -> bool {
    let calls = window.total.get(Measure::Calls);
    let is_long = |entry: &&Ranked| {
        entry.key.toplevel && entry.sums.mean_ms().is_some_and(|mean| mean > SHORT_MS)
    };
    let long: f64 =
        window.top.iter().filter(is_long).map(|entry| entry.sums.get(Measure::Calls)).sum();
    let per_s = 1_000.0 * calls / window.covered_ms.max(1) as f64;
    per_s >= limits.get(&BUSY_FROM) && calls - long >= SHORT_CALLS * calls
}

fn is_maintenance(text: &StatementText) -> bool {
    let first = text.text.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    MAINTENANCE.contains(&first.as_str())
}

fn finding(
    evidence: &Statements,
    entry: &Ranked,
    blocks_of_all: f64,
    limits: &InForce<'_>,
) -> Finding {
    let calls = entry.sums.get(Measure::Calls).max(1.0);
    let share = 100.0 * entry.sums.shared_blocks() / blocks_of_all.max(1.0);
    let who = evidence.role(entry.key.userid);
    let place = evidence.database(entry.key.dbid);
    let message = format!(
        "Among short statements, one of role {who} in database {place} touches {:.0} blocks per call: {share:.0} % of all blocks.",
        entry.sums.shared_blocks() / calls
    );
    let numbers = vec![
        number("calls", calls, Unit::Count),
        number("blocks per call", entry.sums.shared_blocks() / calls, Unit::Count),
        number("blocks read per call", entry.sums.get(Measure::SharedRead) / calls, Unit::Count),
        number("share of all blocks", share, Unit::Percent),
        number("mean", entry.sums.mean_ms().unwrap_or_default(), Unit::Ms),
    ];
    about(
        &entry.key,
        limits,
        message,
        numbers,
        (ABOUT.remedy, "it is a rare report that has to run here."),
    )
}
