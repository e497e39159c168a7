//! Rule: a large table is read as a whole, again and again.

use model::object::qualified;
use model::tables::{Kind, Tables};
use model::{About, Evidence, Finding, Known, Limit, Remedy, Severity, Unit, quantity};

use crate::areas::tables::judge::{Weighed, count, finding, in_each_database, rows};
use crate::rule::InForce;

/// Size of the heap from which the rule speaks.
const MIN_BYTES: Limit = Limit {
    name: "min_bytes",
    default: 67_108_864.0,
    unit: Unit::Bytes,
    source: "64 MiB: a smaller table is read as a whole in some tens of milliseconds",
};
/// Sequential scans from which the rule speaks.
const MIN_SCANS: Limit = Limit {
    name: "min_scans",
    default: 1_000.0,
    unit: Unit::Count,
    source: "a thousand are no report and no dump, but an application",
};
/// Rows that a scan reads, as a share of the table's, from which it counts as one of the whole.
const WHOLE_PERCENT: Limit = Limit {
    name: "whole_percent",
    default: 50.0,
    unit: Unit::Percent,
    source: "a scan that LIMIT ends early reads fewer",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "A large table is read as a whole again and again",
    effect: "Each such scan reads all blocks of the table, and shares disk and memory with everybody else.",
    remedy: "Look at the statements that name the table, and which of them keeps few of the rows that it reads: an index serves it. A statement that needs most rows is better off with the scan.",
    docs: "https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ALL-TABLES-VIEW",
    limits: &[MIN_BYTES, MIN_SCANS, WHOLE_PERCENT],
};

/// Judges sequential scans since the statistics were reset by the rows that one reads in the mean. Parallel workers
/// count as a scan each.
pub fn repeated_sequential_scans(evidence: &Tables, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    in_each_database(evidence, |database| {
        let own = database.tables().filter(|table| table.kind != Kind::Partitioned);
        let judged = own.filter_map(|table| {
            let bytes = table.heap_bytes(database.read.block_bytes) as f64;
            let (scans, read) = (table.counters.seq_scan, table.counters.seq_tup_read as f64);
            if bytes < limits.get(&MIN_BYTES) || (scans as f64) < limits.get(&MIN_SCANS) {
                return None;
            }
            let each = 100.0 * read / scans as f64 / rows(table).max(1) as f64;
            if each < limits.get(&WHOLE_PERCENT) {
                return None;
            }
            let message = format!(
                "Table {} in database {} takes {} and was read as a whole {} times; {} of its scans were by index.",
                qualified(&table.nspname, &table.relname),
                database.datname,
                quantity::number(bytes, Unit::Bytes),
                quantity::grouped(scans as f64),
                quantity::number(index_percent(scans, table.counters.idx_scan), Unit::Percent),
            );
            let remedy = Remedy {
                message: ABOUT.remedy.into(),
                refuted_by: Some("its statements need most of the rows.".into()),
                ..Remedy::default()
            };
            let evidence = vec![
                Evidence { name: "heap".into(), value: bytes, unit: Unit::Bytes },
                count("sequential scans", scans as f64),
                count("rows read by them", read),
            ];
            let object = database.object(table);
            let finding = finding(limits, Severity::Info, object, message, evidence, remedy);
            Some(Weighed { weight: read, finding })
        });
        Ok(judged.collect())
    })
}

/// The share of scans that were by index, percent.
fn index_percent(seq_scan: i64, idx_scan: i64) -> f64 {
    let all = seq_scan.saturating_add(idx_scan).max(1);
    100.0 * idx_scan as f64 / all as f64
}
