//! Classifies the lines of FORMAT TEXT.

use super::{figures, header, summary};
use crate::paste::Place;

/// A line of a plan.
pub(super) enum What<'a> {
    /// A node, without its arrow.
    Node(&'a str),
    /// `CTE t`, `InitPlan 1 (returns $0)`, `SubPlan 2`.
    Label(&'a str),
    /// `Worker 0:` and the rest of the line.
    Worker(u32, &'a str),
    /// `Key: value`.
    Property(&'a str, &'a str),
    /// What stands behind `Update on` below an `Update` of several tables.
    Target(&'a str),
    /// A line about the whole plan that has no key of EXPLAIN's form: its key, and the line.
    Note(&'a str, &'a str),
    /// None of these.
    Other,
}

/// Keys that only plans have; a wrapped line is not joined when the next starts with one.
const PROPERTIES: &[&str] = &[
    "Batches",
    "Buckets",
    "Buffers",
    "Cache Key",
    "Cache Mode",
    "Conflict Arbiter Indexes",
    "Conflict Filter",
    "Conflict Resolution",
    "Conflicting Tuples",
    "Disabled",
    "Estimates",
    "Filter",
    "Full-sort Groups",
    "Function Call",
    "Functions",
    "Group Key",
    "Hash Cond",
    "Hash Key",
    "Heap Blocks",
    "Heap Fetches",
    "Hits",
    "I/O",
    "I/O Timings",
    "Index Cond",
    "Index Searches",
    "Inner Unique",
    "Join Filter",
    "Merge Cond",
    "One-Time Filter",
    "Options",
    "Order By",
    "Output",
    "Params Evaluated",
    "Planned Partitions",
    "Pre-sorted Groups",
    "Prefetch",
    "Presorted Key",
    "Recheck Cond",
    "Remote SQL",
    "Replaces",
    "Rows Removed by Filter",
    "Rows Removed by Index Recheck",
    "Rows Removed by Join Filter",
    "Run Condition",
    "Sampling",
    "Single Copy",
    "Sort Key",
    "Sort Method",
    "Storage",
    "Subplans Removed",
    "TID Cond",
    "Timing",
    "Tuples Inserted",
    "WAL",
    "Window",
    "Workers Launched",
    "Workers Planned",
];

pub(super) fn classify(text: &str, first: bool) -> What<'_> {
    if is_arrow(text) {
        let title = text.strip_prefix("->").unwrap_or(text).trim_start();
        return What::Node(title);
    }
    if first {
        return What::Node(text);
    }
    if is_label(text) {
        return What::Label(text);
    }
    if let Some((number, rest)) = worker(text) {
        return What::Worker(number, rest);
    }
    if let Some((name, rest)) = property(text) {
        return What::Property(name, rest);
    }
    if let Some(rest) = target(text) {
        return What::Target(rest);
    }
    if let Some(slice) = slice(text) {
        return What::Note("Slices", slice);
    }
    if text.starts_with("----- ") {
        return What::Note("Warning", text.trim_matches(['-', ' ']));
    }
    if is_remark(text) {
        return What::Property("Send to", "leader");
    }
    // A node whose arrow is lost.
    if is_root(text, Place::Open, false) { What::Node(text) } else { What::Other }
}

/// `Update on t t_1`, without figures: what stands behind `on`.
fn target(text: &str) -> Option<&str> {
    let text = text.strip_prefix("Foreign ").unwrap_or(text);
    let rest = ["Update on ", "Delete on ", "Insert on ", "Merge on "]
        .iter()
        .find_map(|verb| text.strip_prefix(verb))?;
    figures::start(text).is_none().then_some(rest)
}

/// Greenplum's line about one slice: `(slice1)    Executor memory: 412K bytes avg x 18 workers`.
fn slice(text: &str) -> Option<&str> {
    text.trim_start_matches("* ").starts_with("(slice").then_some(text)
}

/// Redshift's lines without a key.
fn is_remark(text: &str) -> bool {
    text == "Send to leader" || text.starts_with("----- ")
}

/// Whether a line is a heading of Citus with an arrow, which has no figures.
pub(super) fn is_heading(text: &str) -> bool {
    let title = text.trim_start().trim_start_matches("->").trim();
    matches!(title, "Task" | "MapMergeJob") || title.starts_with("Distributed Subplan ")
}

/// Key and value of a line that an extension wrote in its own style: `scan1-stats-hint: (d >= 1)`.
pub(super) fn loose_property(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.split_once(": ")?;
    let fits = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.len() <= 48
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_[].".contains(c));
    fits.then(|| (name, rest.trim()))
}

/// Whether a key is one that only nodes have.
pub(super) fn is_of_node(name: &str) -> bool {
    PROPERTIES.contains(&name) || name.starts_with("Rows Removed by ")
}

pub(super) fn is_arrow(text: &str) -> bool {
    text.starts_with("->  ") || text.starts_with("-> ")
}

fn is_label(text: &str) -> bool {
    ["InitPlan", "SubPlan", "CTE"].iter().any(|word| {
        text.strip_prefix(word).is_some_and(|rest| {
            // `CTE Scan on t` is a node.
            (rest.is_empty() || rest.starts_with(' ')) && figures::start(text).is_none()
        })
    }) && !text.contains(": ")
}

/// `Worker 0:` and what follows.
fn worker(text: &str) -> Option<(u32, &str)> {
    let (number, rest) = text.strip_prefix("Worker ")?.split_once(':')?;
    Some((number.parse().ok()?, rest.trim()))
}

/// Key and value of a property line.
pub(super) fn property(text: &str) -> Option<(&str, &str)> {
    // The name of a trigger may hold anything.
    let at = if text.starts_with("Trigger ") {
        text.rfind(": time=").or_else(|| text.rfind(": calls="))?
    } else {
        text.find(':')?
    };
    let (name, rest) = text.split_at_checked(at)?;
    let rest = rest.strip_prefix(':')?;
    let fits = name.starts_with(|c: char| c.is_uppercase())
        && (rest.is_empty() || rest.starts_with(' '))
        && (text.starts_with("Trigger ")
            || name.len() <= 48
                && name.chars().all(|c| c.is_alphanumeric() || " -/_()[]".contains(c)));
    fits.then(|| (name, rest.trim()))
}

/// Whether a line starts with a key that only plans have.
pub(crate) fn is_known_property(text: &str) -> bool {
    worker(text).is_some()
        || property(text)
            .is_some_and(|(name, _)| PROPERTIES.contains(&name) || summary::is_key(name))
}

/// Whether a line can stand in a plan as it is.
pub(crate) fn is_item(text: &str, place: Place) -> bool {
    is_arrow(text)
        || is_label(text)
        || worker(text).is_some()
        || property(text).is_some()
        || target(text).is_some()
        || slice(text).is_some()
        || is_remark(text)
        || loose_property(text).is_some()
        || is_root(text, place, false)
}

/// Whether a line behind a blank one still belongs to the plan.
pub(super) fn continues_plan(text: &str) -> bool {
    let text = text.trim_start();
    is_arrow(text) || is_known_property(text) || is_label(text)
}

/// Whether a line is a node without an arrow: the root of a plan. `followed` says that the next
/// line looks like a part of a plan, which a root under COSTS OFF needs.
pub(crate) fn is_root(text: &str, place: Place, followed: bool) -> bool {
    let text = text.trim();
    if text.starts_with("->") {
        return figures::start(text).is_some();
    }
    if let Some(at) = figures::start(text) {
        let title = text.get(..at).unwrap_or_default();
        return title.starts_with(|c: char| c.is_alphabetic()) && !header::has_key(title);
    }
    (followed || place == Place::First) && header::is_kind(text)
}

/// Whether a line looks like the second line of a plan.
pub(crate) fn is_second(text: &str) -> bool {
    let item = text.trim();
    // An arrow tells even where indentation is lost.
    text.starts_with("->  ")
        || text.starts_with(' ')
            && (is_arrow(item)
                || is_known_property(item)
                || is_label(item)
                || target(item).is_some())
}

/// Whether a line is a root under COSTS OFF, where it is known that a plan can stand there.
pub(crate) fn is_lone_root(text: &str) -> bool {
    header::is_kind(text)
}
