//! Rule: much of an index is room that nobody uses.

use model::object::qualified;
use model::tables::{Band, IndexSize, Tables};
use model::{About, Finding, Known, Limit, Object, Severity, Unit};

use crate::areas::tables::judge::{Weighed, finding, in_each_database};
use crate::areas::tables::rewrite::{HELD_FOR_S, Place, evidence, of_index, of_its, rewriting};
use crate::rule::InForce;

/// What comes back at least, of the index.
const MIN_PERCENT: Limit = Limit {
    name: "min_percent",
    default: 40.0,
    unit: Unit::Percent,
    source: "low end of the estimate: a B-tree with random keys has 30 % of room again soon after it was built",
};
/// Less is not worth a rebuild.
const MIN_BYTES: Limit = Limit {
    name: "min_bytes",
    default: 67_108_864.0,
    unit: Unit::Bytes,
    source: "64 MiB: a rebuild reads the table twice",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "An index has much room that nobody uses",
    effect: "Scans and VACUUM read it, shared buffers hold it, and the disk fills.",
    remedy: "Build it anew with REINDEX CONCURRENTLY, which blocks nobody.",
    docs: "https://www.postgresql.org/docs/current/routine-reindex.html",
    limits: &[MIN_PERCENT, MIN_BYTES, HELD_FOR_S],
};

/// Judges B-trees by the low end of the estimate; of other access methods nothing is estimated.
pub fn bloated_index(evidence: &Tables, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    in_each_database(evidence, |database| {
        let rewriting = rewriting(database)?;
        let held_for_ms = limits.get(&HELD_FOR_S) * 1e3;
        let mut found = Vec::new();
        for table in database.tables() {
            let Some(Ok(bloat)) = table.bloat.as_deref() else { continue };
            let place = Place { database, rewriting, table, held_for_ms };
            for index in &table.indexes {
                let Some(Ok(band)) = bloat.index(index.oid) else { continue };
                let is_much = band.low_percent() >= limits.get(&MIN_PERCENT)
                    && band.low as f64 >= limits.get(&MIN_BYTES);
                if is_much {
                    let heap = bloat.heap.as_ref().unwrap_or(band);
                    let finding = judged(&place, (index, band), heap, limits);
                    found.push(Weighed { weight: band.low as f64, finding });
                }
            }
        }
        Ok(found)
    })
}

fn judged(
    place: &Place<'_>,
    (index, band): (&IndexSize, &Band),
    heap: &Band,
    limits: &InForce<'_>,
) -> Finding {
    let (table, datname) = (place.table, place.database.datname);
    let cause = place.cause(heap);
    let message = format!(
        "Index {} of table {} in database {datname} would give back {} if it were built anew. {}",
        qualified(&table.nspname, &index.relname),
        qualified(&table.nspname, &table.relname),
        of_its(band),
        cause.sentence(table, heap)
    );
    let object = Object::index(datname, &table.nspname, &index.relname);
    let remedy = of_index(place, &cause, (&index.relname, band));
    finding(limits, Severity::Info, object, message, evidence(band), remedy)
}
