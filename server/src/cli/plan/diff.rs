//! `pgdeck plan diff A B`: compares two plans as text, by change and node by node, or as JSON.

use std::fmt::Write as _;
use std::process::ExitCode;

use plan::diff::{Comparison, Delta, compare};
use plan::{Derived, Plan};

use super::json::escaped;
use super::style;
use super::tree::{MAX_INDENT, on_object};
use super::{doubts, exit_code, is_whole, read_plans};
use crate::cli;
use crate::cli::error::Failure;
use crate::cli::terminal::plain;

/// The first plan of a file.
struct First {
    plan: Plan,
    derived: Derived,
    /// Whether all of the file was understood.
    whole: bool,
    /// What has to be known before any figure.
    doubts: String,
}

/// Reads both files and prints the comparison of the first plan of each.
pub fn diff(args: &cli::PlanDiff) -> Result<ExitCode, Failure> {
    if args.before == "-" && args.after == "-" {
        return Err(Failure::usage("standard input holds one plan; give a file for the other."));
    }
    let (before, after) = (first_plan(&args.before)?, first_plan(&args.after)?);
    let compared = compare((&before.plan, &before.derived), (&after.plan, &after.derived));
    if args.json {
        let json = serde_json::to_string(&compared).map_err(Failure::failed)?;
        println!("{}", escaped(&json));
    } else {
        anstream::print!("{}{}", before.doubts, after.doubts);
        anstream::print!("{}", as_text(&compared, &before.plan, &after.plan));
    }
    Ok(exit_code(before.whole && after.whole))
}

fn first_plan(file: &str) -> Result<First, Failure> {
    let parsed = read_plans(file)?;
    let (whole, doubts) = (is_whole(&parsed), doubts(&parsed));
    if parsed.plans.len() > 1 {
        let file = plain(file);
        eprintln!(
            "pgdeck: {file}: contains {} plans; the first one is compared.",
            parsed.plans.len()
        );
    }
    let plan = parsed.plans.into_iter().next().unwrap_or_default();
    let derived = plan::derive(&plan);
    Ok(First { plan, derived, whole, doubts })
}

fn as_text(compared: &Comparison, before: &Plan, after: &Plan) -> String {
    let mut text = String::new();
    for (what, delta, unit) in [
        ("Execution", compared.totals.total_ms, " ms"),
        ("Planning", compared.planning_ms, " ms"),
        ("Blocks", compared.totals.blocks, ""),
        ("Blocks read", compared.totals.read_blocks, ""),
        ("Cost", compared.totals.cost, ""),
    ] {
        if let (Some(was), Some(is)) = (delta.before, delta.after) {
            let digits = if unit.is_empty() { 0 } else { 3 };
            let is = format!("{is:.digits$}{unit}");
            let _ = writeln!(
                text,
                "{what:<12} {} instead of {was:.digits$}{unit}",
                coloured(&delta, &is)
            );
        }
    }
    text.push('\n');
    if compared.changes.is_empty() {
        text.push_str("No significant change.\n");
    }
    for change in &compared.changes {
        let effect = change.effect_ms.map(|ms| format!("{ms:+.3} ms")).unwrap_or_default();
        let delta = Delta { before: Some(0.0), after: change.effect_ms };
        let _ = writeln!(
            text,
            "{}  {}",
            coloured(&delta, &format!("{effect:>14}")),
            plain(&change.message)
        );
    }
    text.push('\n');
    nodes(&mut text, compared, before, after);
    text
}

/// The tree of the second plan with both times, then the nodes that only the first plan has.
fn nodes(text: &mut String, compared: &Comparison, before: &Plan, after: &Plan) {
    let _ = writeln!(text, "{:>14}  {:>14}     self time before, after", "before", "after");
    let mut of_after = vec![None; after.nodes.len()];
    for pair in &compared.pairs {
        if let Some(place) = of_after.get_mut(pair.after) {
            *place = Some(pair);
        }
    }
    let ms = |ms: Option<f64>| ms.map(|ms| format!("{ms:.3} ms")).unwrap_or_default();
    for (node, pair) in after.nodes.iter().zip(&of_after) {
        let delta = pair.map(|pair| pair.figures.self_ms).unwrap_or_default();
        let own = format!("{:>14}", ms(delta.after));
        let mark = if pair.is_some() { " " } else { "+" };
        let _ = writeln!(
            text,
            "{:>14}  {}  {}  {}{}",
            ms(delta.before),
            coloured(&delta, &own),
            style::notable(mark),
            "  ".repeat(node.depth.min(MAX_INDENT)),
            plain(&name(node))
        );
    }
    for node in compared.only_before.iter().filter_map(|at| before.nodes.get(*at)) {
        let _ = writeln!(text, "{:>30}  {}  {}", "", style::notable("-"), plain(&name(node)));
    }
}

/// The node without its index, unlike `Node::name`: the changes above name indexes.
fn name(node: &plan::Node) -> String {
    format!("{}{}", node.title(), on_object(node))
}

fn coloured(delta: &Delta, text: &str) -> String {
    match delta.more() {
        Some(more) if more > 0.0 => style::bad(text),
        Some(more) if more < 0.0 => style::good(text),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unstyled(text: String) -> String {
        anstream::adapter::strip_str(&text).to_string()
    }

    #[test]
    fn added_and_gone_nodes_are_marked() {
        let read = |paste: &str| {
            let plan = plan::parse(paste).unwrap().plans.remove(0);
            let derived = plan::derive(&plan);
            (plan, derived)
        };
        let scan = "Seq Scan on t  (cost=0.00..1.00 rows=1 width=4) (actual time=0.010..2.000 rows=1 loops=1)";
        let (a, of_a) = read(scan);
        let (b, of_b) = read(&format!(
            "Sort  (cost=0.00..1.00 rows=1 width=4) (actual time=0.010..5.000 rows=1 loops=1)\n  Sort Key: x\n  ->  {scan}"
        ));
        let text = unstyled(as_text(&compare((&a, &of_a), (&b, &of_b)), &a, &b));
        assert!(text.contains("+  Sort") && text.contains("A Sort by x was added"), "{text}");
        let text = unstyled(as_text(&compare((&b, &of_b), (&a, &of_a)), &b, &a));
        assert!(text.contains("-  Sort") && text.contains("A Sort by x was removed"), "{text}");
        let text = unstyled(as_text(&compare((&a, &of_a), (&a, &of_a)), &a, &a));
        assert!(text.contains("No significant change"), "{text}");
    }
}
