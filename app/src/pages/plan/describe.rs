//! A plan as text: verdict, node names, formatted figures. Invisible and bidirectional control
//! characters of a plan are escaped visibly.

use std::borrow::Cow;

pub use model::shorten::shortened as short;
use model::{Severity, Unit};
use plan::Node;
use plan::derive::DerivedNode;

use super::analysis::Analysis;
use crate::ui::format;

/// A single node that takes at least this share is named alone, 0 to 1.
const ONE_NODE_FROM: f64 = 0.3;
/// Otherwise as many nodes are counted as take this share together, 0 to 1.
const MOST_OF_IT: f64 = 0.8;
/// Below this share of the longest node, no node is worth naming, 0 to 1.
const EVEN_BELOW: f64 = 0.05;
/// An estimate is mentioned when it is off by this factor: pev2's first threshold.
pub const WRONG_FROM: f64 = 10.0;

/// Characters of a printed value that are shown before it is folded.
pub const FOLD_AFTER: usize = 400;

/// Text with control characters and those that turn the direction of writing spelled out, as in
/// `\u{202e}`; line ends and tabs stay.
pub fn shown(text: &str) -> Cow<'_, str> {
    let hidden = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    if !text.chars().any(hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if hidden(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// The node's kind: `Seq Scan`.
pub fn title(node: &Node) -> String {
    shown(&node.title()).into_owned()
}

/// What it works on: `on orders o`, `using orders_pkey on orders`, or its subplan's name.
pub fn object(node: &Node) -> String {
    shown(&node.target_or_key(usize::MAX).unwrap_or_default()).into_owned()
}

/// Kind and object in one line, cut to a readable length.
pub fn name(node: &Node) -> String {
    short(&shown(&node.name_with_key(usize::MAX)), 160).into_owned()
}

/// The family a node belongs to, as a class: it has a colour of its own.
pub fn family(kind: &str) -> &'static str {
    match kind {
        kind if kind.ends_with("Scan") => "family-scan",
        kind if kind.ends_with("Join") || kind == "Nested Loop" => "family-join",
        "Sort" | "Incremental Sort" | "Hash" | "Materialize" | "Memoize" | "Unique" => {
            "family-sort"
        }
        "Aggregate" | "Group" | "WindowAgg" | "SetOp" => "family-group",
        "ModifyTable" | "LockRows" => "family-write",
        kind if kind.starts_with("Gather") => "family-gather",
        _ => "family-other",
    }
}

/// Milliseconds with a unit, or a dash.
pub fn ms(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |ms| format::number(ms, Unit::Ms))
}

/// A count, or a dash.
pub fn count(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |count| format::grouped(count.round()))
}

/// A share from 0 to 1 as percent.
pub fn percent(share: f64) -> String {
    format::number(share * 100.0, Unit::Percent)
}

/// How far the estimate is off: `12 times more`, `exact` below 1.05.
pub fn estimate(own: &DerivedNode) -> Option<String> {
    let estimate = own.estimate?;
    Some(if estimate.factor < 1.05 {
        "exact".to_owned()
    } else {
        let word = if estimate.more { "more" } else { "fewer" };
        format!("{} {word}", format::times(estimate.factor))
    })
}

/// What a node did, after its name: `reads 200,000 rows to keep 400`.
fn did(node: &Node, own: &DerivedNode) -> String {
    let (rows, removed) = (own.rows, own.removed_rows.filter(|removed| *removed >= 1.0));
    let loops = node.actual.map_or(0.0, |actual| actual.loops);
    let mut message = match (rows, removed) {
        (Some(rows), Some(removed)) if removed > rows => {
            format!(
                "reads {} rows to keep {}",
                format::grouped((rows + removed).round()),
                format::grouped(rows.round())
            )
        }
        (Some(rows), _) => {
            format!("returns {}", format::plural(rows.round() as i64, "row", "rows"))
        }
        (None, _) => "was planned, not executed".to_owned(),
    };
    if let Some(estimate) = own.estimate.filter(|e| e.factor >= WRONG_FROM && !own.cut_short) {
        let word = if estimate.more { "more" } else { "fewer" };
        message.push_str(&format!(", {} {word} than expected", format::times(estimate.factor)));
    }
    if loops > 1.0 {
        message.push_str(&format!(", in {} loops", format::grouped(loops)));
    }
    message
}

/// The verdict on a plan in one or two sentences, and the class that colours it.
pub fn verdict(analysis: &Analysis) -> (String, &'static str) {
    let class = match analysis.findings.iter().map(|found| found.finding.severity).max() {
        Some(Severity::Critical) => "critical",
        Some(Severity::Warning) => "warning",
        _ => "open",
    };
    let nodes = format::plural(analysis.plan.nodes.len() as i64, "node", "nodes");
    let Some(at) = analysis.heaviest() else { return ("The plan has no nodes.".into(), class) };
    let Some((node, own)) = analysis.node(at) else { return (String::new(), class) };
    let whole = analysis.plan.execution_ms().or(analysis.derived.nodes_ms);
    let (share, unit) = match (own.share, whole) {
        (Some(share), Some(whole)) => (share, format::number(whole, Unit::Ms)),
        _ => return (planned(analysis, at, &nodes), class),
    };
    if share >= ONE_NODE_FROM {
        let message = format!(
            "1 of {nodes} takes {} of {unit}: {} {}.",
            percent(share),
            name(node),
            did(node, own)
        );
        return (message, class);
    }
    let mut shares: Vec<f64> = analysis.derived.nodes.iter().filter_map(|own| own.share).collect();
    shares.sort_by(|a, b| b.total_cmp(a));
    let mut sum = 0.0;
    let mut most = 0;
    for share in shares {
        if sum >= MOST_OF_IT {
            break;
        }
        sum += share;
        most += 1;
    }
    if share < EVEN_BELOW {
        let share = percent(share);
        let message = format!(
            "The time ({unit}) is spread evenly over {nodes}; none takes more than {share}."
        );
        return (message, class);
    }
    let message = format!(
        "{most} of {nodes} take {} of {unit}. The longest, with {}, is {}: it {}.",
        percent(sum.min(1.0)),
        percent(share),
        name(node),
        did(node, own)
    );
    (message, class)
}

/// The verdict where nothing was timed.
fn planned(analysis: &Analysis, at: usize, nodes: &str) -> String {
    let ran = analysis.plan.nodes.iter().any(|node| node.actual.is_some());
    let told = if ran {
        "Times are missing (TIMING OFF)"
    } else {
        "Planned only, not executed: EXPLAIN (ANALYZE, BUFFERS) would show times"
    };
    let whole: f64 = analysis.derived.nodes.iter().filter_map(|own| own.self_cost).sum();
    match analysis.node(at).and_then(|(node, own)| Some((node, own.self_cost?))) {
        Some((node, cost)) if whole > 0.0 => format!(
            "{told}. 1 of {nodes} has {} of the cost of {}: {}.",
            percent(cost / whole),
            format::grouped(whole.round()),
            name(node)
        ),
        _ => format!("{told}. The plan has {nodes}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::plan::analysis::tests::{FILTERED, analysis};

    #[test]
    fn the_verdict_names_node_share_and_waste() {
        let (message, class) = verdict(&analysis(FILTERED));
        assert!(message.starts_with("1 of 1 node takes 99."), "{message}");
        assert!(message.contains("Seq Scan on orders reads 200,000 rows to keep 400"), "{message}");
        assert_eq!(class, "warning");
    }

    #[test]
    fn a_plan_without_times_speaks_of_cost() {
        let (message, _) =
            verdict(&analysis("Seq Scan on t  (cost=0.00..35.50 rows=2550 width=4)"));
        assert!(message.starts_with("Planned only"), "{message}");
        assert!(message.contains("100\u{a0}% of the cost of 36: Seq Scan on t."), "{message}");
    }

    #[test]
    fn invisible_characters_are_spelled_out() {
        assert_eq!(shown("a\u{202e}b\0c"), "a\\u{202e}b\\u{0}c");
        assert_eq!(shown("plain\n\ttext"), "plain\n\ttext");
        assert_eq!(short("äöü", 2), "äö…");
    }
}
