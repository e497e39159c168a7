//! Rule: TimescaleDB decompresses far more rows of a chunk than the statement keeps.

use model::{About, Limit, Unit};

use super::case::{count, evidence};
use super::measured::words;
use super::{Case, InForce, Judged, Missing};

/// Rows decompressed in vain from which it is reported.
const MIN_REMOVED_ROWS: Limit = Limit {
    name: "min_removed_rows",
    default: 10_000.0,
    unit: Unit::Count,
    source: "ten batches of 1000 rows",
};
/// Share of rows removed.
const MIN_REMOVED_PERCENT: Limit = Limit {
    name: "min_removed_percent",
    default: 90.0,
    unit: Unit::Percent,
    source: "from here ten times too much is decompressed",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Rows decompressed in vain",
    effect: "A compressed batch is opened as a whole, up to 1000 rows, and the condition is tested afterwards.",
    remedy: "Compress with segmentby on the column that conditions compare by =, and orderby on the one they compare by range: then whole batches are left out unopened.",
    docs: "https://docs.timescale.com/api/latest/compression/alter_table_compression/",
    limits: &[MIN_REMOVED_ROWS, MIN_REMOVED_PERCENT],
};

/// Judges the rows that scans of compressed chunks throw away, and those that changes decompress.
pub fn decompressed_rows(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    let (mut found, mut any) = (vec![], false);
    for (at, node, own) in case.nodes() {
        let Some(provider) = node.get("Custom Plan Provider") else { continue };
        let (removed, rows) = match provider.as_ref() {
            "DecompressChunk" | "ColumnarScan" => {
                (own.removed_rows.unwrap_or(0.0), own.rows.unwrap_or(0.0))
            }
            // INSERT, UPDATE and DELETE decompress what they may change.
            "HypertableModify" | "ModifyHypertable" => {
                (node.number("Tuples decompressed").unwrap_or(0.0), 0.0)
            }
            _ => continue,
        };
        any = true;
        let percent = 100.0 * removed / (removed + rows).max(1.0);
        if removed < limits.get(&MIN_REMOVED_ROWS) || percent < limits.get(&MIN_REMOVED_PERCENT) {
            continue;
        }
        let message = format!(
            "{} decompressed {} rows and kept {}.",
            node.name(),
            count(removed + rows),
            count(rows)
        );
        let numbers = vec![
            evidence("rows decompressed", removed + rows, Unit::Count),
            evidence("rows kept", rows, Unit::Count),
        ];
        let remedy =
            words(ABOUT.remedy, "the statement runs once, or the data is old and rarely read.");
        let saves = own.total_ms.map(|ms| ms * percent / 100.0);
        found.push(case.finding(limits, at, saves, message, numbers, remedy));
    }
    case.or_analyze(found, any)
}
