//! Prints a plan as a tree: self times with bars, then findings.

use std::fmt::Write as _;

use plan::rules::Judged;
use plan::{Derived, Node, Plan};

use super::style;
use crate::cli::terminal::plain;

/// Width of the bar for the whole time, characters.
const BAR: f64 = 20.0;
/// Deeper levels are not indented further.
pub const MAX_INDENT: usize = 60;

/// ` on orders o`; empty for a node without an object.
pub fn on_object(node: &Node) -> String {
    node.object().map(|object| format!(" on {object}")).unwrap_or_default()
}

/// The text, each line with its newline.
pub fn tree(plan: &Plan, derived: &Derived, findings: &[Judged]) -> String {
    let mut text = String::new();
    let whole = derived.nodes_ms.filter(|ms| *ms > 0.0);
    for (place, (node, of)) in plan.nodes.iter().zip(&derived.nodes).enumerate() {
        let share = whole.zip(of.self_ms).map_or(0.0, |(whole, own)| own / whole);
        let bar = "█".repeat((BAR * share).clamp(0.0, BAR).round() as usize);
        let own = of.self_ms.map_or_else(|| "not measured".to_owned(), |ms| format!("{ms:.3} ms"));
        let room = " ".repeat((BAR as usize).saturating_sub(bar.chars().count()));
        let _ = writeln!(
            text,
            "{}  {own:>14}  {}{room}  {}{}{}",
            style::dim(&format!("{:>4}", place + 1)),
            style::share(share, &bar),
            "  ".repeat(node.depth.min(MAX_INDENT)),
            style::bold(&plain(&node.title())),
            plain(&on_object(node))
        );
    }
    if let Some(ms) = plan.execution_ms() {
        let _ = writeln!(text, "Execution {ms:.3} ms");
    }
    for Judged { node, saves_ms, finding, .. } in findings {
        let at = node.map(|place| format!(" (node {})", place + 1)).unwrap_or_default();
        let saves = saves_ms.map(|ms| format!(", up to {ms:.1} ms")).unwrap_or_default();
        let word = style::severity(finding.severity, finding.severity.as_str());
        let _ = writeln!(text, "\n{word}{at}{saves}: {}", plain(&finding.message));
        let _ = writeln!(text, "    {}", plain(&finding.remedy.message));
        if let Some(sql) = &finding.remedy.sql {
            let _ = writeln!(text, "    {}", style::bold(&plain(sql)));
        }
    }
    text
}
