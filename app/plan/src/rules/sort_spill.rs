//! Rule: a sort exceeded work_mem and spilled to disk.

use model::quantity::number;
use model::{About, Limit, Remedy, Unit};

use super::case::evidence;
use super::setting::{Setting, work_mem_mb};
use super::{Case, InForce, Judged, Missing};
/// Bytes of a row from which it is the width that makes the sort large.
const WIDE_BYTES: Limit = Limit {
    name: "wide_bytes",
    default: 400.0,
    unit: Unit::Bytes,
    source: "twenty rows to a block; keys and a row's place take a tenth of that",
};
/// What a row takes on disk besides its columns.
const ROW_BYTES: f64 = 16.0;

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Sort spilled to disk",
    effect: "The rows are written to temporary files and read back in several passes.",
    remedy: "Raise work_mem for this statement, sort fewer or narrower rows, or read them in order from an index.",
    docs: "https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-WORK-MEM",
    limits: &[WIDE_BYTES],
};

/// Judges the space a sort took.
pub fn sort_spill(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    let (mut found, mut sorts) = (vec![], false);
    for (at, node, own) in case.nodes() {
        sorts |= matches!(node.kind.as_str(), "Sort" | "Incremental Sort");
        let expected = (!case.is_analyzed()).then(|| expected_kb(case, at, node)).flatten();
        let Some(disk_kb) = spilled_kb(node).or(expected) else { continue };
        // On disk rows are packed; in memory they take two to three times the space.
        let needed_mb = (disk_kb * 3.0 / 1024.0).ceil().max(1.0);
        let width = node.cost.map_or(0.0, |cost| cost.width);
        let message = format!(
            "{} by {} {} {} to disk; in memory it would need about {} of work_mem.{}",
            node.name(),
            node.get("Sort Key").unwrap_or_default(),
            if expected.is_some() { "would write" } else { "wrote" },
            number(disk_kb * 1024.0, Unit::Bytes),
            number(needed_mb * 1_048_576.0, Unit::Bytes),
            if width >= limits.get(&WIDE_BYTES) { wide(width) } else { String::new() }
        );
        let numbers = vec![
            evidence("on disk", disk_kb * 1024.0, Unit::Bytes),
            evidence("work_mem needed (estimate)", needed_mb * 1_048_576.0, Unit::Bytes),
        ];
        let remedy = Remedy {
            message: Setting::advice(case, needed_mb, ABOUT.remedy),
            lock: Some("Takes no lock; applies to one transaction.".into()),
            undo: Some("Undone when the transaction ends.".into()),
            refuted_by: Some("too many sessions do this at the same time: work_mem applies to each sort in each session.".into()),
            ..Remedy::default()
        };
        let proposal = Setting::work_mem(case, needed_mb);
        found.push(
            case.finding(limits, at, own.self_ms.map(|ms| ms / 2.0), message, numbers, remedy)
                .proposing(proposal),
        );
    }
    case.or_analyze(found, sorts)
}

fn wide(width: f64) -> String {
    format!(
        " A row has about {}: sort the keys alone and fetch the other columns for the rows that are left.",
        number(width, Unit::Bytes)
    )
}

/// Kilobytes that a sort is expected to write, where the memory it has is known and far too little. Below a
/// Limit only the first rows are kept.
fn expected_kb(case: &Case<'_>, at: usize, node: &crate::node::Node) -> Option<f64> {
    let above = node.parent.and_then(|above| case.plan.nodes.get(above));
    let is_top = above.is_some_and(|above| above.kind == "Limit");
    let has_kb = work_mem_mb(case)? * 1024.0;
    let width = node.cost.filter(|_| node.kind == "Sort" && !is_top)?.width;
    let kb = case.rows(at) * (width + ROW_BYTES) / 1024.0;
    (kb > 2.0 * has_kb).then_some(kb)
}

/// Kilobytes on disk of a sort, or of one of its workers.
fn spilled_kb(node: &crate::node::Node) -> Option<f64> {
    let own = (node.get("Sort Space Type").as_deref() == Some("Disk"))
        .then(|| node.number("Sort Space Used"))
        .flatten();
    let groups = ["Full-sort Groups", "Pre-sorted Groups"]
        .iter()
        .find_map(|key| node.number(&format!("{key}/Sort Space Disk/Peak Sort Space Used")));
    own.or(groups)
}
