//! Rule: an index costs every write and nobody scans it.

use model::indexes::{Indexes, ProblemKind};
use model::{About, Finding, Known, Limit, Remedy, Severity, Unit, duration, quantity};

use super::remedy::{Place, databases, evidence, heaviest};
use crate::rule::InForce;

const DAY_MS: f64 = 86_400_000.0;

/// How long nobody may have scanned it before it is told to be dropped.
pub const MIN_STATS_AGE_DAYS: Limit = Limit {
    name: "min_stats_age_days",
    default: 35.0,
    unit: Unit::Count,
    source: "a month's end and the days around it must lie within; pganalyze waits 35 days too",
};
/// Smaller ones are not worth a decision.
const MIN_BYTES: Limit = Limit {
    name: "min_bytes",
    default: 1_048_576.0,
    unit: Unit::Bytes,
    source: "one MiB: what is smaller costs little to keep; pganalyze ignores less than 32 KiB",
};
/// Scans of and writes to the table since then, from which a lack of scans of one index says something.
const MIN_TABLE_USES: Limit = Limit {
    name: "min_table_uses",
    default: 1_000.0,
    unit: Unit::Count,
    source: "statistics of a table that nobody has used yet tell nothing of its indexes",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "An index is not used",
    effect: "Each insert, and each update that is not HOT, writes to it; it takes memory and WAL, and VACUUM reads it.",
    remedy: "Drop it, if no server of the cluster scans it and no yearly or quarterly job does.",
    docs: "https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ALL-INDEXES-VIEW",
    limits: &[MIN_STATS_AGE_DAYS, MIN_BYTES, MIN_TABLE_USES],
};

/// What other servers of the cluster say of an index.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Others {
    /// The watched standbys that did not scan it, and since when they count, ms.
    pub counted_for_ms: Vec<(String, i64)>,
}

/// Judges indexes without scans that do nothing else: no constraint, no replica identity, no support of a foreign
/// key, no part of a partitioned table's index. Standbys scan by themselves: where one is connected, this server
/// alone cannot say that an index may go.
pub fn unused_index(evidence: &Indexes, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let mut found = Vec::new();
    for (datname, database) in databases(evidence)? {
        for problem in database.problems.iter().filter(|one| one.kind == ProblemKind::Unused) {
            let place = Place::find((datname, database), problem.indrelid, problem.oid);
            let Some(place) = place.filter(|place| is_worth_it(place, limits)) else { continue };
            found.push((place.bytes(), judged(&place, &Others::default(), limits)));
        }
    }
    heaviest(evidence, found)
}

fn is_worth_it(place: &Place<'_>, limits: &InForce<'_>) -> bool {
    let (database, owner) = (place.database, place.owner);
    let indexes = database.of_table(owner.oid).iter().map(|index| index.idx_scan);
    let scans = indexes.fold(owner.seq_scan, i64::saturating_add);
    let uses = scans.saturating_add(owner.writes());
    database.track_counts
        && place.bytes() >= limits.get(&MIN_BYTES)
        && uses as f64 >= limits.get(&MIN_TABLE_USES)
}

/// The verdict on one index, with what other servers say of it.
pub fn judged(place: &Place<'_>, others: &Others, limits: &InForce<'_>) -> Finding {
    let missing = missing(place, others, limits);
    let severity = if missing.is_empty() { Severity::Warning } else { Severity::Info };
    let counted_ms = place.database.counted_for_ms(place.index);
    let since = counted_ms.map_or_else(String::new, |ms| format!(" for {}", duration(ms as f64)));
    let also: String = others
        .counted_for_ms
        .iter()
        .map(|(name, ms)| format!(" Nor did {name}, which counts for {}.", duration(*ms as f64)))
        .collect();
    let lacks = match missing.is_empty() {
        true => String::new(),
        false => format!(" Missing before it can go: {}.", missing.join("; ")),
    };
    let message = format!(
        "Index {} of table {} in database {} ({}) was not scanned on this server{since}.{also}{lacks}",
        place.name(),
        place.table(),
        place.datname,
        quantity::number(place.bytes(), Unit::Bytes),
    );
    let mut finding = place.finding(limits.rule(), severity, message);
    finding.evidence.extend(
        [
            Some(evidence("scans", 0.0, Unit::Count)),
            counted_ms.map(|ms| evidence("counted for", ms as f64, Unit::Ms)),
            Some(evidence("entries written", place.owner.index_entries() as f64, Unit::Count)),
            place
                .database
                .entries_per_s(place.owner)
                .map(|per_s| evidence("entries", per_s, Unit::PerSecond)),
        ]
        .into_iter()
        .flatten(),
    );
    finding.remedy = match missing.is_empty() {
        true => place.drop(ABOUT.remedy),
        false => Remedy {
            message: "Wait for what is missing, then look again.".into(),
            ..Remedy::default()
        },
    };
    finding.remedy.refuted_by = Some(
        "a job that runs more seldom than scans are counted needs it, or it was made lately: the catalog does not say when.".into(),
    );
    finding
}

/// The evidence that is missing, as clauses.
fn missing(place: &Place<'_>, others: &Others, limits: &InForce<'_>) -> Vec<String> {
    let least_ms = limits.get(&MIN_STATS_AGE_DAYS) * DAY_MS;
    let wanted = || duration(least_ms);
    let mut missing = Vec::new();
    match place.database.counted_for_ms(place.index) {
        None => missing.push("since when scans are counted is not known".to_owned()),
        Some(ms) if (ms as f64) < least_ms => missing.push(format!(
            "scans are counted for {} only, since the last reset or crash, and {} are asked for",
            duration(ms as f64),
            wanted()
        )),
        Some(_) => {}
    }
    let young = others.counted_for_ms.iter().filter(|(_, ms)| (*ms as f64) < least_ms);
    missing.extend(
        young.map(|(name, ms)| format!("standby {name} counts for {} only", duration(*ms as f64))),
    );
    let seen = i64::try_from(others.counted_for_ms.len()).unwrap_or(i64::MAX);
    match (place.database.standbys, place.database.idle_slots) {
        (Some(standbys), Some(idle)) => {
            let unseen = standbys.saturating_sub(seen);
            if unseen > 0 {
                missing.push(format!(
                    "{} whose scans pgdeck does not see",
                    match unseen {
                        1 => "a standby is connected".to_owned(),
                        many => format!("{many} standbys are connected"),
                    }
                ));
            }
            if idle > 0 && unseen <= 0 && standbys == 0 && seen == 0 {
                missing.push("a replication slot waits for a standby that is away".to_owned());
            }
        }
        _ => missing.push("whether standbys are connected is hidden from our role".to_owned()),
    }
    missing
}
