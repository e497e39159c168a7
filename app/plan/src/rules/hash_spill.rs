//! Rule: a hash table exceeded work_mem and was processed in batches on disk.

use model::{About, Remedy, Unit};

use super::case::{count, evidence};
use super::proposal::Proposal;
use super::setting::Setting;
use super::{Case, InForce, Judged, Missing};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Hash on disk",
    effect: "Rows are written to temporary files, one batch after the other, and read back.",
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
            "{} used {} batches in temporary files; a single batch needs about {needed_mb:.0} MB.",
            node.name(),
            count(batches)
        );
        let numbers = vec![
            evidence("batches", batches, Unit::Count),
            evidence("peak memory", peak_kb * 1024.0, Unit::Bytes),
            evidence("memory needed, about", needed_mb * 1_048_576.0, Unit::Bytes),
        ];
        let remedy = Remedy {
            message: ABOUT.remedy.into(),
            lock: Some("None: it holds for one transaction.".into()),
            undo: Some("It ends with the transaction.".into()),
            refuted_by: Some("Too many sessions doing this at once.".into()),
            ..Remedy::default()
        };
        // The join above reads the batches back.
        let above = node
            .parent
            .filter(|_| node.kind == "Hash")
            .and_then(|above| case.derived.nodes.get(above))
            .and_then(|above| above.self_ms);
        let saves = own.self_ms.map(|ms| (ms + above.unwrap_or(0.0)) / 2.0);
        let proposal = Proposal::Setting(Setting::work_mem(needed_mb));
        found.push(case.finding(limits, at, saves, message, numbers, remedy).proposing(proposal));
    }
    Ok(found)
}
