//! Rule: a write whose WAL is mostly full page images.

use model::quantity::number;
use model::{About, Limit, Remedy, Unit};

use super::case::{count, evidence};
use super::proposal::Proposal;
use super::setting::{Scope, Setting, SettingValue};
use super::{Case, InForce, Judged, Missing};

/// Bytes of a page image without compression.
const PAGE_BYTES: f64 = 8192.0;
/// Bytes of WAL from which it is reported.
const MIN_WAL_BYTES: Limit = Limit {
    name: "min_wal_bytes",
    default: 1_048_576.0,
    unit: Unit::Bytes,
    source: "one sixteenth of a WAL segment",
};
/// Share of page images from which they are the matter.
const MIN_SHARE_PERCENT: Limit = Limit {
    name: "min_share_percent",
    default: 50.0,
    unit: Unit::Percent,
    source: "more than all changes together",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Full-page images",
    effect: "The first change of each page after a checkpoint writes the whole page to WAL: more to write, to archive and to send to standbys.",
    remedy: "Checkpoint less often (max_wal_size, checkpoint_timeout), turn wal_compression on, and write rows that are stored together.",
    docs: "https://www.postgresql.org/docs/current/wal-configuration.html",
    limits: &[MIN_WAL_BYTES, MIN_SHARE_PERCENT],
};

/// Judges the share of page images in what a statement wrote.
pub fn full_page_images(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    case.analyzed()?;
    let writes = case.plan.nodes.iter().any(|node| node.kind == "ModifyTable");
    let printed = case.plan.nodes.iter().any(|node| node.number("WAL Bytes").is_some());
    if writes && !printed {
        return Err(Missing { option: "WAL".into() });
    }
    // The root counts for all nodes.
    let Some((at, node, _)) = case.nodes().next() else { return Ok(vec![]) };
    let bytes = node.number("WAL Bytes").unwrap_or(0.0);
    let images = node.number("WAL FPI").unwrap_or(0.0);
    let percent = (100.0 * images * PAGE_BYTES / bytes.max(1.0)).min(100.0);
    if bytes < limits.get(&MIN_WAL_BYTES) || percent < limits.get(&MIN_SHARE_PERCENT) {
        return Ok(vec![]);
    }
    let message = format!(
        "{} wrote {} full-page images, at most {percent:.0} % of its {} of WAL.",
        node.name(),
        count(images),
        number(bytes, Unit::Bytes)
    );
    let numbers = vec![
        evidence("full-page images", images, Unit::Count),
        evidence("WAL written", bytes, Unit::Bytes),
    ];
    let remedy = Remedy {
        message: ABOUT.remedy.into(),
        lock: Some("Takes no lock; takes effect after select pg_reload_conf().".into()),
        undo: Some("alter system reset wal_compression;".into()),
        refuted_by: Some("the statement happened to run right after a checkpoint.".into()),
        ..Remedy::default()
    };
    let compressed =
        Setting { scope: Scope::System, name: "wal_compression", value: SettingValue::Word("lz4") };
    let one = case.finding(limits, at, None, message, numbers, remedy);
    Ok(vec![one.proposing(Proposal::Setting(compressed))])
}
