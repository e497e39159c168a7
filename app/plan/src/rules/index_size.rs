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

/// Header of an index entry, bytes (`IndexTupleData`); with a bitmap of nulls, twice as much by alignment.
const HEADER_BYTES: f64 = 8.0;
/// To what entries are aligned, bytes (MAXALIGN).
const ALIGNED_BYTES: f64 = 8.0;

/// The average size of an entry of a B-tree, bytes, as it is written; `None` of another method, of an expression,
/// and where there are no statistics.
pub(super) fn entry_bytes(relation: &Relation, index: &IndexProposal) -> Option<f64> {
    if index.method.is_some() {
        return None;
    }
    let aligned = |bytes: f64, to: f64| (bytes / to).ceil() * to;
    let (mut full, mut without_null, mut stored) = (HEADER_BYTES, 1.0, 0.0);
    for name in index.keys.iter().map(|key| &key.key).chain(&index.include) {
        let column = relation.columns.iter().find(|own| quote_ident(&own.name) == *name)?;
        let own = relation.types.as_ref()?.iter().find(|own| own.name == column.name)?;
        let to = f64::from(own.alignment).max(1.0);
        let (width, null) = (column.avg_width?, column.null_frac?);
        full = aligned(full, to) + width;
        without_null *= 1.0 - null;
        stored += width * (1.0 - null);
    }
    let full = aligned(full, ALIGNED_BYTES);
    let some_null = 1.0 - without_null;
    // Of the entries that have a null the columns that are there: what is stored in all, less that of full ones.
    let there = (stored - without_null * (full - HEADER_BYTES)).max(0.0);
    let with_null =
        2.0 * HEADER_BYTES + aligned(there / some_null.max(f64::EPSILON), ALIGNED_BYTES);
    Some(if some_null > 0.0 { full * without_null + with_null * some_null } else { full })
}

fn distinct(column: &Column, rows: f64) -> f64 {
    match column.n_distinct {
        Some(count) if count > 0.0 => count,
        Some(share) if share < 0.0 => -share * rows,
        _ => rows,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::ColumnType;
    use crate::rules::{IndexKey, Table};

    #[test]
    fn an_entry_is_aligned_as_its_columns_are() {
        let relation = |null_frac| Relation {
            columns: [("a", 4.0), ("b", 8.0), ("c", 9.0)]
                .map(|(name, width)| Column {
                    name: name.into(),
                    avg_width: Some(width),
                    null_frac: Some(null_frac),
                    ..Column::default()
                })
                .to_vec(),
            types: Some(
                [("a", 4), ("b", 8), ("c", 1)]
                    .map(|(name, alignment)| ColumnType {
                        name: name.into(),
                        alignment,
                        ..ColumnType::default()
                    })
                    .to_vec(),
            ),
            ..Relation::default()
        };
        let index = |keys: &[&str]| {
            let keys = keys.iter().map(|key| IndexKey::plain(*key)).collect();
            IndexProposal::new(Table { schema: None, name: "t".into() }, keys)
        };
        let bytes = |keys: &[&str], null| entry_bytes(&relation(null), &index(keys));
        for (keys, expected) in [
            (&["a"][..], 16.0),
            (&["b"], 16.0),
            (&["a", "b"], 24.0),
            (&["b", "a"], 24.0),
            (&["a", "a"], 16.0),
            (&["c"], 24.0),
        ] {
            assert_eq!(bytes(keys, 0.0), Some(expected), "{keys:?}");
        }
        // A null alone is its bitmap; half of the rows are.
        assert_eq!(bytes(&["b"], 0.5), Some(16.0));
        assert_eq!(bytes(&["(lower(c))"], 0.0), None);
    }
}
