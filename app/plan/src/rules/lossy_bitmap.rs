//! Rule: a bitmap heap scan became lossy for want of work_mem and rechecks whole pages.

use model::{About, Remedy, Unit};

use super::case::{count, evidence};
use super::coarse_brin::is_brin;
use super::setting::Setting;
use super::{Case, InForce, Judged, Missing};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Lossy bitmap",
    effect: "All rows of the pages are read and tested again.",
    remedy: "Raise work_mem so that the bitmap holds each row.",
    docs: "https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-WORK-MEM",
    limits: &[],
};

/// Judges the lossy pages of bitmap heap scans.
pub fn lossy_bitmap(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    case.analyzed()?;
    let mut found = vec![];
    for (at, node, own) in case.nodes() {
        let lossy = node.number("Lossy Heap Blocks").unwrap_or(0.0);
        let exact = node.number("Exact Heap Blocks").unwrap_or(0.0);
        // BRIN names ranges of pages and never a row, whatever the memory.
        if lossy <= 0.0 || is_brin(case, at) {
            continue;
        }
        let message = format!(
            "{} kept {} of {} pages without their row positions and rechecked {} rows that did not match.",
            node.name(),
            count(lossy),
            count(lossy + exact),
            count(own.removed_rows.unwrap_or(0.0))
        );
        let numbers = vec![
            evidence("lossy pages", lossy, Unit::Count),
            evidence("exact pages", exact, Unit::Count),
        ];
        // A page of the bitmap takes about 64 bytes.
        let needed_mb = ((lossy + exact) * 64.0 * 2.0 / 1_048_576.0).ceil().max(1.0);
        let remedy = Remedy {
            message: ABOUT.remedy.into(),
            lock: Some("Takes no lock; applies to one transaction.".into()),
            undo: Some("Undone when the transaction ends.".into()),
            refuted_by: Some("work_mem is already larger than that.".into()),
            ..Remedy::default()
        };
        // The pages are read all the same; what is saved is testing their other rows.
        let saves = own.self_ms.map(|ms| ms * lossy / (lossy + exact).max(1.0) / 2.0);
        let proposal = Setting::work_mem(case, needed_mb);
        found.push(case.finding(limits, at, saves, message, numbers, remedy).proposing(proposal));
    }
    Ok(found)
}
