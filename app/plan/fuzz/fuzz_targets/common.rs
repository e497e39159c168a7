//! What every fuzz target does with a paste: parse, derive, judge and lay out, without a panic.
#![allow(dead_code, reason = "each target takes what it needs")]

use plan::layout;
use plan::rules::{Limits, judge};
use plan::{Format, Plan};

/// Reads a paste and everything that follows from it.
pub fn read(paste: &str, format: Format) {
    let Ok(parsed) = plan::parse(paste) else { return };
    assert!(!parsed.plans.is_empty());
    for plan in parsed.plans.iter().filter(|plan| plan.format == format) {
        all(plan);
    }
}

/// Everything that follows from a plan.
pub fn all(plan: &Plan) {
    for (at, node) in plan.nodes.iter().enumerate() {
        assert!(node.parent.is_none_or(|parent| parent < at));
        assert!(node.lines.0 <= node.lines.1);
        let _ = (node.title(), node.object(), plan::node_help::help(node));
    }
    let derived = plan::derive(plan);
    assert_eq!(derived.nodes.len(), plan.nodes.len());
    let (found, _) = judge(plan, &derived, &Limits::new());
    assert!(found.iter().all(|one| one.node.is_none_or(|at| at < plan.nodes.len())));
    let groups = layout::groups(plan, &derived);
    let picture = layout::tree(plan, &groups, &layout::Window::default(), layout::Size::default());
    assert!(picture.tiles.iter().all(|tile| tile.x >= 0.0 && tile.x.is_finite()));
    let _ = picture.visible(0.0, 0.0, 1000.0, 1000.0).count();
    let flame = layout::flame(plan, &derived, 0.01);
    assert_eq!(flame.rects.iter().map(|rect| rect.nodes).sum::<usize>(), plan.nodes.len());
    let _ = layout::totals(plan, &derived);
    if let Some(query) = &plan.query {
        for at in 0..plan.nodes.len().min(8) {
            for span in plan::query_spans(query, plan, at) {
                assert!(query.get(span).is_some());
            }
        }
    }
}
