//! Prints a plan as a tree: self times or costs with bars, rows, loops, blocks and conditions.

use std::fmt::Write as _;

use app::PlanAnalysis;
use model::Unit;
use model::quantity::{grouped, number, plural};
use model::shorten::shortened;
use plan::Node;
use plan::derive::{Counter, Counters, DerivedNode};

use super::style;
use crate::cli::terminal::plain;

/// Least width of a figure, characters.
const MIN_WIDTH: usize = 14;
/// Width of the bar for the whole time, characters.
const BAR: f64 = 20.0;
/// Deeper levels are not indented further.
pub const MAX_INDENT: usize = 60;
/// Characters of a condition that are shown.
const CONDITION_CHARS: usize = 400;
/// What stands below a node, where it is printed.
const CONDITIONS: [&str; 13] = [
    "Index Cond",
    "Recheck Cond",
    "TID Cond",
    "Hash Cond",
    "Merge Cond",
    "Join Filter",
    "One-Time Filter",
    "Filter",
    "Order By",
    "Sort Key",
    "Presorted Key",
    "Group Key",
    "Remote SQL",
];

/// ` on orders o`; empty for a node without an object.
pub fn on_object(node: &Node) -> String {
    node.object().map(|object| format!(" on {object}")).unwrap_or_default()
}

/// The text, each line with its newline.
pub fn tree(analysis: &PlanAnalysis) -> String {
    let (plan, derived) = (&analysis.plan, &analysis.derived);
    let mut text = String::new();
    let timed = derived.nodes_ms.is_some();
    let cost: f64 = derived.nodes.iter().filter_map(|own| own.self_cost).sum();
    let whole = if timed { derived.nodes_ms } else { Some(cost) }.filter(|whole| *whole > 0.0);
    let figure = |of: &DerivedNode| if timed { of.self_ms } else { of.self_cost };
    let shown = |of: &DerivedNode| match (timed, figure(of)) {
        (true, Some(ms)) => format!("{ms:.3} ms"),
        (false, Some(cost)) => format!("cost {cost:.2}"),
        _ => "not measured".to_owned(),
    };
    let width = derived.nodes.iter().map(|of| shown(of).len()).fold(MIN_WIDTH, usize::max);
    for (place, (node, of)) in plan.nodes.iter().zip(&derived.nodes).enumerate() {
        let share = whole.zip(figure(of)).map_or(0.0, |(whole, own)| own / whole);
        let bar = "█".repeat((BAR * share).clamp(0.0, BAR).round() as usize);
        let own = shown(of);
        let room = " ".repeat((BAR as usize).saturating_sub(bar.chars().count()));
        let indent = "  ".repeat(node.depth.min(MAX_INDENT));
        let _ = writeln!(
            text,
            "{}  {own:>width$}  {}{room}  {indent}{}{}{}",
            style::dim(&format!("{:>4}", place + 1)),
            style::share(share, &bar),
            plain(&node.subplan.as_ref().map(|name| format!("{name}: ")).unwrap_or_default()),
            style::bold(&plain(&node.title())),
            plain(&node.target().map(|target| format!(" {target}")).unwrap_or_default())
        );
        let margin = format!("{:1$}{indent}", "", width + BAR as usize + 10);
        for line in details(node, of) {
            let _ = writeln!(text, "{margin}{}", style::dim(&plain(&line)));
        }
    }
    totals(&mut text, analysis);
    text
}

/// The lines below a node.
fn details(node: &Node, own: &DerivedNode) -> Vec<String> {
    let mut lines = vec![rows(node, own)];
    lines.extend(own.counters.as_ref().and_then(blocks));
    lines.extend(memory(node));
    for key in CONDITIONS {
        if let Some(value) = node.get(key) {
            lines.push(format!("{key}: {}", shortened(&value, CONDITION_CHARS)));
        }
    }
    lines.retain(|line| !line.is_empty());
    lines
}

/// `400 rows (1,000 expected) in each of 3 loops, 199,600 removed`, or what was planned.
fn rows(node: &Node, own: &DerivedNode) -> String {
    let expected = node.cost.map(|cost| grouped(cost.rows));
    let Some(actual) = node.actual else {
        let cost = node.cost.map(|cost| format!(", cost {:.2}..{:.2}", cost.startup, cost.total));
        return expected
            .map(|rows| format!("{rows} rows expected{}", cost.unwrap_or_default()))
            .unwrap_or_default();
    };
    if own.never_executed {
        return "never executed".into();
    }
    let rows = |rows: f64| match rows.fract() == 0.0 {
        true => plural(rows as i64, "row", "rows"),
        false => format!("{rows} rows"),
    };
    let mut parts = vec![match expected {
        Some(expected) => format!("{} ({expected} expected)", rows(actual.rows)),
        None => rows(actual.rows),
    }];
    if let Some(removed) = own.removed_rows.filter(|removed| *removed >= 1.0) {
        parts.push(format!("{} removed in all", grouped(removed.round())));
    }
    if actual.loops > 1.0 {
        let loops = format!("in each of {} loops", grouped(actual.loops));
        if let Some(rows) = parts.first_mut() {
            rows.push_str(&format!(" {loops}"));
        }
    }
    parts.join(", ")
}

/// `blocks: 120 hit, 3 read`: the node's own.
fn blocks(counters: &Counters) -> Option<String> {
    let named = [
        (Counter::SharedHit, "hit"),
        (Counter::SharedRead, "read"),
        (Counter::SharedDirtied, "dirtied"),
        (Counter::SharedWritten, "written"),
        (Counter::LocalHit, "local hit"),
        (Counter::LocalRead, "local read"),
        (Counter::TempRead, "temp read"),
        (Counter::TempWritten, "temp written"),
    ];
    let of = |(counter, word): (Counter, &str)| {
        let count = counters.get(counter);
        (count > 0.0).then(|| format!("{} {word}", grouped(count)))
    };
    let mut parts: Vec<String> = named.into_iter().filter_map(of).collect();
    let (read, write) = (counters.get(Counter::IoRead), counters.get(Counter::IoWrite));
    for (ms, word) in [(read, "reading"), (write, "writing")] {
        if ms > 0.0 {
            parts.push(format!("{} {word}", number(ms, Unit::Ms)));
        }
    }
    (!parts.is_empty()).then(|| format!("blocks: {}", parts.join(", ")))
}

/// What a sort or hash took.
fn memory(node: &Node) -> Option<String> {
    let bytes = |key: &str| node.number(key).map(|kb| number(kb * 1024.0, Unit::Bytes));
    let sort = bytes("Sort Space Used").map(|used| {
        let method = node.get("Sort Method").unwrap_or_default();
        let place = node.get("Sort Space Type").unwrap_or_default().to_lowercase();
        format!("{method}, {place} {used}")
    });
    let batches = node.number("Hash Batches").or_else(|| node.number("HashAgg Batches"));
    let hash = batches.map(|batches| {
        let peak = bytes("Peak Memory Usage").map(|peak| format!(", memory {peak}"));
        let disk = bytes("Disk Usage").map(|disk| format!(", disk {disk}"));
        let batches = plural(batches as i64, "batch", "batches");
        format!("{batches}{}{}", peak.unwrap_or_default(), disk.unwrap_or_default())
    });
    sort.or(hash)
}

/// The times of the whole.
fn totals(text: &mut String, analysis: &PlanAnalysis) {
    let (plan, derived) = (&analysis.plan, &analysis.derived);
    for (name, ms) in [
        ("Execution", plan.execution_ms()),
        ("Planning", plan.planning_ms()),
        ("Outside nodes", derived.outside_ms.filter(|ms| *ms >= 0.001)),
        ("Triggers", derived.triggers_ms),
        ("JIT", derived.jit_ms),
        ("Serialization", derived.serialization_ms),
    ] {
        if let Some(ms) = ms {
            let _ = writeln!(text, "{name} {ms:.3} ms");
        }
    }
    let settings: Vec<String> =
        plan.settings().map(|(name, value)| format!("{name} = {value}")).collect();
    if !settings.is_empty() {
        let _ = writeln!(text, "Settings: {}", plain(&settings.join(", ")));
    }
}
