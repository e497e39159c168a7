//! Rule: planning takes longer than execution.

use model::quantity::number;
use model::{About, Limit, Unit};

use super::case::{count, evidence};
use super::claims::Claim;
use super::measured::words;
use super::{Case, InForce, Judged, Missing};

/// Planning time from which it is reported.
const MIN_MS: Limit =
    Limit { name: "min_ms", default: 20.0, unit: Unit::Ms, source: "less is not felt" };

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Planning takes longer than execution",
    effect: "Many tables, partitions or indexes are considered for a statement that executes quickly.",
    remedy: "Prepare the statement, prune partitions by constants, or drop unused indexes.",
    docs: "https://www.postgresql.org/docs/current/sql-prepare.html",
    limits: &[MIN_MS],
};

/// Blocks read for planning from which the catalog is large or bloated.
const MANY_BLOCKS: f64 = 10_000.0;
/// Time for a block from which planning waited.
const MS_PER_BLOCK: f64 = 20.0;
/// Scans and joins from which they are many: join_collapse_limit is 8, and GEQO starts at 12.
const MANY_SCANS: usize = 50;
const MANY_JOINS: usize = 8;

/// Judges planning time against execution time; without one, whether it is felt.
pub fn slow_planning(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    let ms = case.plan.planning_ms().ok_or(Missing { option: "SUMMARY".into() })?;
    let whole = case.whole_ms();
    // Planning that no execution can be compared with has to be long by itself.
    if ms < limits.get(&MIN_MS) || ms < whole.unwrap_or(5.0 * limits.get(&MIN_MS)) {
        return Ok(vec![]);
    }
    let (cause, advice) = cause(case, ms);
    let execution = match whole {
        Some(whole) => format!(", execution {}", number(whole, Unit::Ms)),
        None => String::new(),
    };
    let message = format!("Planning took {}{execution}.{cause}", number(ms, Unit::Ms));
    let remedy =
        words(advice, "it is the first statement of its session, which fills the catalog caches.");
    let mut numbers = vec![evidence("planning", ms, Unit::Ms)];
    numbers.extend(whole.map(|whole| evidence("execution", whole, Unit::Ms)));
    let saves = whole.map(|_| ms);
    let one = case.whole_finding(limits, "planning".into(), saves, message, numbers, remedy);
    Ok(vec![one.claiming(Claim::Planning)])
}

/// What made planning long, as far as the plan tells, and what to do about that.
fn cause(case: &Case<'_>, ms: f64) -> (String, &'static str) {
    let blocks: Vec<f64> = ["Hit", "Read"]
        .iter()
        .filter_map(|kind| case.plan.number(&format!("Planning/Shared {kind} Blocks")))
        .collect();
    let blocks = (!blocks.is_empty()).then(|| blocks.iter().sum::<f64>());
    if let Some(few) = blocks.filter(|blocks| ms / blocks.max(1.0) >= MS_PER_BLOCK) {
        return (
            format!(" It read {} blocks meanwhile: it waited.", count(few)),
            "Planning locks each table and index of the statement: look for ALTER TABLE, CREATE INDEX, LOCK or VACUUM FULL that held one, and give such statements a lock_timeout.",
        );
    }
    let nodes = || case.plan.nodes.iter();
    let removed: f64 = nodes().filter_map(|node| node.number("Subplans Removed")).sum();
    let scans = nodes().filter(|node| node.relation.is_some()).count();
    let joins = nodes()
        .filter(|node| matches!(node.kind.as_str(), "Nested Loop" | "Hash Join" | "Merge Join"))
        .count();
    if scans as f64 + removed >= MANY_SCANS as f64 {
        return (
            format!(" The plan has {} scans of tables.", count(scans as f64 + removed)),
            "Compare the partition key with constants, which leaves out partitions before they are planned; make fewer and larger partitions; prepare the statement.",
        );
    }
    if joins >= MANY_JOINS {
        return (
            format!(" It joins {} tables.", joins.saturating_add(1)),
            "The orders of joining grow with each table: join fewer, lower join_collapse_limit for this statement with the joins written in a good order, or prepare it.",
        );
    }
    match blocks.filter(|blocks| *blocks >= MANY_BLOCKS) {
        Some(many) => (
            format!(" It read {} blocks of the catalog and of the ends of indexes.", count(many)),
            "VACUUM the system catalogs (temporary tables bloat pg_attribute and pg_class), and the tables of the statement: the planner reads the ends of indexes, past dead rows, for the least and greatest value.",
        ),
        None => (String::new(), ABOUT.remedy),
    }
}
