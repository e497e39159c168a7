//! Rule: a hash table exceeded work_mem and was processed in batches on disk.

use model::quantity::number;
use model::{About, Remedy, Unit};

use super::case::{count, evidence};
use super::setting::Setting;
use super::{Case, InForce, Judged, Missing};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Hash spilled to disk",
    effect: "Rows are written to temporary files in batches and read back.",
    remedy: "Raise work_mem (times hash_mem_multiplier) for this statement, or hash fewer rows.",
    docs: "https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-HASH-MEM-MULTIPLIER",
    limits: &[],
};

/// Judges the batches of hashes and hash aggregates.
pub fn hash_spill(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    case.analyzed()?;
    let mut found = vec![];
    for (at, node, own) in case.nodes() {
        let batches = node.number("Hash Batches").or(node.number("HashAgg Batches")).unwrap_or(1.0);
        if batches <= 1.0 {
            continue;
        }
        let peak_kb = node.number("Peak Memory Usage").unwrap_or(0.0);
        let disk_kb = node.number("Disk Usage").unwrap_or(0.0);
        let needed_kb = (peak_kb * batches).max(peak_kb + disk_kb * 2.0);
        let needed_mb = (needed_kb / 1024.0).ceil().max(1.0);
        let message = format!(
            "{} used {} batches in temporary files; a single batch would need about {}.",
            node.name(),
            count(batches),
            number(needed_mb * 1_048_576.0, Unit::Bytes)
        );
        let numbers = vec![
            evidence("batches", batches, Unit::Count),
            evidence("peak memory", peak_kb * 1024.0, Unit::Bytes),
            evidence("memory needed (estimate)", needed_mb * 1_048_576.0, Unit::Bytes),
        ];
        let remedy = Remedy {
            message: Setting::advice(case, needed_mb, ABOUT.remedy),
            lock: Some("Takes no lock; applies to one transaction.".into()),
            undo: Some("Undone when the transaction ends.".into()),
            refuted_by: Some("too many sessions do this at the same time.".into()),
            ..Remedy::default()
        };
        // The join above reads the batches back.
        let above = node
            .parent
            .filter(|_| node.kind == "Hash")
            .and_then(|above| case.derived.nodes.get(above))
            .and_then(|above| above.self_ms);
        let half = own.self_ms.map(|ms| (ms + above.unwrap_or(0.0)) / 2.0);
        let saves = half.map(|ms| {
            case.temp_ms([Some(at), node.parent].into_iter().flatten())
                .map_or(ms, |most| ms.min(most))
        });
        let proposal = Setting::hash_mem(case, needed_mb, peak_kb / 1024.0);
        found.push(case.finding(limits, at, saves, message, numbers, remedy).proposing(proposal));
    }
    Ok(found)
}
