//! Rule: much of a table is room that nobody uses.

use model::object::qualified;
use model::tables::{Band, TableBloat, Tables};
use model::{About, Finding, Known, Limit, Severity, Unit};

use crate::areas::tables::judge::{Weighed, finding, in_each_database};
use crate::areas::tables::rewrite::{
    Cause, HELD_FOR_S, Place, evidence, of_its, of_table, rewriting,
};
use crate::rule::InForce;

/// What comes back at least, of the table.
const MIN_PERCENT: Limit = Limit {
    name: "min_percent",
    default: 20.0,
    unit: Unit::Percent,
    source: "low end of the estimate: at 20 % it accused none of 366 measured tables falsely; room of less is taken again by updates",
};
/// Less is not worth a rewrite.
const MIN_BYTES: Limit = Limit {
    name: "min_bytes",
    default: 67_108_864.0,
    unit: Unit::Bytes,
    source: "64 MiB: a rewrite reads and writes all of the table and its indexes",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "A table has much room that nobody uses",
    effect: "Scans read it, shared buffers hold it, backups copy it, and the disk fills.",
    remedy: "Remove the cause, then VACUUM; where the disk needs the bytes, write the table once more online.",
    docs: "https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-SPACE-RECOVERY",
    limits: &[MIN_PERCENT, MIN_BYTES, HELD_FOR_S],
};

/// Judges heaps with their TOAST tables by the low end of the estimate.
pub fn bloated_table(evidence: &Tables, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    in_each_database(evidence, |database| {
        let rewriting = rewriting(database)?;
        let held_for_ms = limits.get(&HELD_FOR_S) * 1e3;
        let found = database.tables().filter_map(|table| {
            let band = with_toast(table.bloat.as_deref()?.as_ref().ok()?)?;
            let is_much = band.low_percent() >= limits.get(&MIN_PERCENT)
                && band.low as f64 >= limits.get(&MIN_BYTES);
            let place = Place { database, rewriting, table, held_for_ms };
            let finding = is_much.then(|| judged(&place, &band, limits))?;
            Some(Weighed { weight: band.low as f64, finding })
        });
        Ok(found.collect())
    })
}

/// The heap with its TOAST table, where that is known.
fn with_toast(bloat: &TableBloat) -> Option<Band> {
    let heap = bloat.heap.as_ref().ok()?.clone();
    let Some(Ok(toast)) = &bloat.toast else { return Some(heap) };
    Some(Band {
        of_bytes: heap.of_bytes.saturating_add(toast.of_bytes),
        point: heap.point.zip(toast.point).map(|(heap, toast)| heap.saturating_add(toast)),
        low: heap.low.saturating_add(toast.low),
        high: heap.high.saturating_add(toast.high),
        dead: heap.dead.saturating_add(toast.dead),
        ..heap
    })
}

fn judged(place: &Place<'_>, band: &Band, limits: &InForce<'_>) -> Finding {
    let (table, database) = (place.table, place.database);
    let cause = place.cause(band);
    let message = format!(
        "Table {} in database {} would give back {} if it were written anew. {}",
        qualified(&table.nspname, &table.relname),
        database.datname,
        of_its(band),
        cause.sentence(table, band)
    );
    let remedy = of_table(place, &cause, band);
    finding(limits, severity(&cause), database.object(table), message, evidence(band), remedy)
}

/// Where the cause goes on the table grows; room that is free is waiting for new rows.
fn severity(cause: &Cause<'_>) -> Severity {
    match cause {
        Cause::Held(_) | Cause::OffForTable | Cause::OffForServer | Cause::Behind => {
            Severity::Warning
        }
        _ => Severity::Info,
    }
}
