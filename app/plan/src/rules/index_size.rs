//! How large a proposed index will be, from the statistics of its columns.

use model::Unit;
use model::identifier::quote_ident;
use model::quantity::number;

use super::Judged;
use super::proposal::{IndexProposal, Proposal};
use crate::catalog::{Column, Relation};

/// Header and line pointer of an entry, bytes (`IndexTupleData`, `ItemIdData`).
const ENTRY_BYTES: f64 = 12.0;
/// A row's place in a list of equal keys (deduplication), bytes.
const PLACE_BYTES: f64 = 6.0;
/// Rows of one key from which equal keys share an entry.
const SHARED: f64 = 3.0;
/// How full pages of a new B-tree are.
const FILL: f64 = 0.9;
/// A row of BRIN summarises 128 blocks of 8 kB.
const BRIN_RANGE_BYTES: f64 = 1_048_576.0;

/// Says what the index will take; of a method whose size depends on what is in the values, nothing.
pub(super) fn name_size(relation: &Relation, judged: &mut Judged) {
    let Proposal::Index(index) = &judged.proposal else { return };
    let Some(bytes) = bytes(relation, index) else { return };
    let whole = if index.predicate.is_some() { " at most" } else { "" };
    let part = if index.partitioned { " for this part" } else { "" };
    let size = number(bytes, Unit::Bytes);
    judged.finding.remedy.message.push_str(&format!(" It takes about {size}{whole}{part}."));
}

/// How large the index will be, bytes.
pub(super) fn bytes(relation: &Relation, index: &IndexProposal) -> Option<f64> {
    let rows = relation.reltuples.filter(|rows| *rows > 0.0)?;
    match index.method {
        None => {}
        Some("brin") => {
            let ranges = (relation.size_bytes? / BRIN_RANGE_BYTES).ceil();
            return Some(8192.0 * 3.0 + ranges * 40.0);
        }
        Some(_) => return None,
    }
    let names = index.keys.iter().map(|key| &key.key).chain(&index.include);
    let column =
        |name: &String| relation.columns.iter().find(|column| quote_ident(&column.name) == *name);
    let columns: Vec<&Column> = names.map(column).collect::<Option<_>>()?;
    let width: f64 = columns.iter().map(|column| column.avg_width).sum::<Option<f64>>()?;
    let keys: f64 = columns.iter().map(|column| distinct(column, rows)).product();
    let of_one_key = rows / keys.clamp(1.0, rows);
    // Indexes with INCLUDE are not deduplicated.
    let each = match of_one_key >= SHARED && index.include.is_empty() {
        true => PLACE_BYTES,
        false => ENTRY_BYTES + (width / 8.0).ceil() * 8.0,
    };
    Some(rows * each / FILL)
}

fn distinct(column: &Column, rows: f64) -> f64 {
    match column.n_distinct {
        Some(count) if count > 0.0 => count,
        Some(share) if share < 0.0 => -share * rows,
        _ => rows,
    }
}
