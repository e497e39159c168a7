//! Rule: a sort exceeded work_mem and spilled to disk.

use model::quantity::number;
use model::{About, Remedy, Unit};

use super::case::evidence;
use super::setting::Setting;
use super::{Case, InForce, Judged, Missing};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Sort spilled to disk",
    effect: "The rows are written to temporary files and read back in several passes.",
    remedy: "Raise work_mem for this statement, sort fewer or narrower rows, or read them in order from an index.",
    docs: "https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-WORK-MEM",
    limits: &[],
};

/// Judges the space a sort took.
pub fn sort_spill(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    case.analyzed()?;
    let mut found = vec![];
    for (at, node, own) in case.nodes() {
        let Some(disk_kb) = spilled_kb(node) else { continue };
        // On disk rows are packed; in memory they take two to three times the space.
        let needed_mb = (disk_kb * 3.0 / 1024.0).ceil().max(1.0);
        let message = format!(
            "{} by {} wrote {} to disk; in memory it would need about {} of work_mem.",
            node.name(),
            node.get("Sort Key").unwrap_or_default(),
            number(disk_kb * 1024.0, Unit::Bytes),
            number(needed_mb * 1_048_576.0, Unit::Bytes)
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
    Ok(found)
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
