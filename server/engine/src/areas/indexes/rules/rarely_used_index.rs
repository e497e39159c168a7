//! Rule: an index is written far more often than it is scanned.

use model::indexes::Indexes;
use model::{About, Finding, Known, Limit, Remedy, Severity, Unit, duration, quantity};

use super::remedy::{Place, databases, evidence, heaviest};
use crate::rule::InForce;

/// Scans below which an index counts as rarely used.
const MAX_SCANS: Limit = Limit {
    name: "max_scans",
    default: 100.0,
    unit: Unit::Count,
    source: "fewer than a hundred scans; postgres_dba's i1 looks at scans against writes too",
};
/// Entries written for each scan.
const MIN_ENTRIES_PER_SCAN: Limit = Limit {
    name: "min_entries_per_scan",
    default: 1_000.0,
    unit: Unit::Count,
    source: "a scan saves at most the reading of the table, and a thousand entries cost more than that on most tables",
};
/// Entries written from which the rule speaks.
const MIN_ENTRIES: Limit = Limit {
    name: "min_entries",
    default: 100_000.0,
    unit: Unit::Count,
    source: "with fewer the cost is not worth a decision, and the counters are young",
};
/// Smaller ones are left out.
const MIN_BYTES: Limit = Limit {
    name: "min_bytes",
    default: 1_048_576.0,
    unit: Unit::Bytes,
    source: "one MiB: what is smaller costs little to keep",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "An index is written far more often than scanned",
    effect: "It costs every write and helps few queries.",
    remedy: "Find the statements that scan it and how much slower they would be without it; then decide.",
    docs: "https://www.postgresql.org/docs/current/indexes-examine.html",
    limits: &[MAX_SCANS, MIN_ENTRIES_PER_SCAN, MIN_ENTRIES, MIN_BYTES],
};

/// Judges indexes that do nothing but being scanned. It gives no statement: a rare scan may be the one that matters.
pub fn rarely_used_index(evidence: &Indexes, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let mut found = Vec::new();
    for (datname, database) in databases(evidence)? {
        for index in &database.indexes {
            let used = index.idx_scan > 0 && (index.idx_scan as f64) < limits.get(&MAX_SCANS);
            if !used || index.has_duty() || !index.works() || index.parent.is_some() {
                continue;
            }
            let Some(place) = Place::find((datname, database), index.indrelid, index.oid) else {
                continue;
            };
            // A partial index gets fewer entries than its table gets rows: how many is not counted.
            let entries = place.owner.index_entries() as f64;
            let per_scan = entries / index.idx_scan as f64;
            let much = entries >= limits.get(&MIN_ENTRIES)
                && per_scan >= limits.get(&MIN_ENTRIES_PER_SCAN)
                && place.bytes() >= limits.get(&MIN_BYTES)
                && index.texts.predicate.is_none();
            let supports =
                || database.keys_of(index.indrelid).iter().any(|k| k.is_supported_by(index));
            if much && !supports() {
                found.push((place.bytes(), finding(&place, entries, limits)));
            }
        }
    }
    heaviest(evidence, found)
}

fn finding(place: &Place<'_>, entries: f64, limits: &InForce<'_>) -> Finding {
    let scans = place.index.idx_scan;
    let counted_ms = place.database.counted_for_ms(place.index);
    let message = format!(
        "Index {} of table {} in database {} was scanned {} and got {} entries{}.",
        place.name(),
        place.table(),
        place.datname,
        quantity::plural(scans, "time", "times"),
        quantity::grouped(entries),
        span(counted_ms),
    );
    let mut finding = place.finding(limits.rule(), Severity::Info, message);
    finding.evidence.push(evidence("scans", scans as f64, Unit::Count));
    finding.evidence.push(evidence("entries written", entries, Unit::Count));
    finding.evidence.extend(counted_ms.map(|ms| evidence("counted for", ms as f64, Unit::Ms)));
    finding.remedy = Remedy {
        message: ABOUT.remedy.into(),
        refuted_by: Some("the few scans are of a report that matters, or standbys scan it: their scans are counted there.".into()),
        ..Remedy::default()
    };
    finding
}

/// Over which span that was seen: few scans in an hour say less than few in a year.
fn span(counted_ms: Option<i64>) -> String {
    match counted_ms {
        Some(ms) => format!(" in {}, since the last reset or crash", duration(ms as f64)),
        None => "; since when that is counted is not known".to_owned(),
    }
}
