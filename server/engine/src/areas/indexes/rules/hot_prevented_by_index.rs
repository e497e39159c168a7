//! Rule: updates change an indexed column, so that they cannot be HOT.

use std::sync::Arc;

use model::indexes::{Index, Indexes, Owner};
use model::object::qualified;
use model::{About, Finding, Harm, Known, Limit, Object, Reason, Remedy, Severity, Unit, quantity};

use super::remedy::{databases, evidence, heaviest};
use crate::rule::InForce;

/// Updates from which the rule speaks.
const MIN_UPDATES: Limit = Limit {
    name: "min_updates",
    default: 10_000.0,
    unit: Unit::Count,
    source: "with fewer the cost is not worth a decision",
};
/// Share of updates that found room on their page and were not HOT.
const MIN_PERCENT: Limit = Limit {
    name: "min_percent",
    default: 25.0,
    unit: Unit::Percent,
    source: "a quarter of all updates could have been HOT",
};
/// The first major that counts updates to another page.
const TOLD_SINCE: u16 = 16;
/// The most indexes that are named.
const MOST_NAMED: usize = 3;

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "Updates of an indexed column are not HOT",
    effect: "Such an update writes an entry to every index of the table, and leaves as many dead ones to VACUUM.",
    remedy: "Find the column that the updates change, and whether an index on it is worth that. A BRIN index does not prevent HOT from 16 on.",
    docs: "https://www.postgresql.org/docs/current/storage-hot.html",
    limits: &[MIN_UPDATES, MIN_PERCENT],
};

/// Judges updates that stayed on their page: that they were not HOT can only be for a changed column of an index
/// (`heap_update`). Those that moved to another page are counted apart since 16; before, the cause is not known.
pub fn hot_prevented_by_index(evidence: &Indexes, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let databases = databases(evidence)?;
    let mut found = Vec::new();
    for (datname, database) in &databases {
        for owner in database.owners.iter().filter(|owner| !owner.partitioned) {
            let updates = owner.n_tup_upd as f64;
            let percent = |count: f64| count * 100.0 / updates.max(1.0);
            let not_hot = updates - owner.n_tup_hot_upd as f64;
            let much = |count: f64| {
                updates >= limits.get(&MIN_UPDATES) && percent(count) >= limits.get(&MIN_PERCENT)
            };
            let Some(prevented) = prevented(owner) else {
                if much(not_hot) {
                    return Err(Reason::TooOld { needs: TOLD_SINCE, has: database.major });
                }
                continue;
            };
            if !much(prevented) {
                continue;
            }
            let percent = percent(prevented);
            let of = (*datname, owner.as_ref(), database.of_table(owner.oid));
            found.push((prevented, finding(of, (prevented, percent), limits)));
        }
    }
    heaviest(evidence, found)
}

/// Updates that stayed on their page and were not HOT.
pub fn prevented(owner: &Owner) -> Option<f64> {
    let other = owner.n_tup_hot_upd.saturating_add(owner.n_tup_newpage_upd?);
    Some(owner.n_tup_upd.saturating_sub(other).max(0) as f64)
}

fn finding(
    (datname, owner, indexes): (&str, &Owner, &[Arc<Index>]),
    (prevented, percent): (f64, f64),
    limits: &InForce<'_>,
) -> Finding {
    let mut candidates: Vec<&Arc<Index>> = indexes
        .iter()
        .filter(|index| !index.not_ready && !index.indisprimary && index.amname != "brin")
        .collect();
    candidates.sort_by_key(|index| index.idx_scan);
    let named: Vec<String> = candidates
        .iter()
        .take(MOST_NAMED)
        .map(|index| {
            let scans = quantity::plural(index.idx_scan, "scan", "scans");
            format!("{} ({scans})", qualified(&owner.nspname, &index.relname))
        })
        .collect();
    let which = match named.is_empty() {
        true => String::new(),
        false => format!(" Its indexes with the fewest scans are {}.", named.join(", ")),
    };
    let object = Object::table(datname, &owner.nspname, &owner.relname);
    Finding {
        rule: limits.rule(),
        severity: Severity::Info,
        object: object.clone(),
        message: format!(
            "Of {} updates of table {} in database {datname}, {} had room on their page and were not HOT, because they changed a column of an index. PostgreSQL does not count which.{which}",
            quantity::grouped(owner.n_tup_upd as f64),
            qualified(&owner.nspname, &owner.relname),
            quantity::number(percent, Unit::Percent),
        ),
        evidence: vec![
            evidence("updates", owner.n_tup_upd as f64, Unit::Count),
            evidence("HOT updates", owner.n_tup_hot_upd as f64, Unit::Count),
            evidence("kept from HOT by an index", prevented, Unit::Count),
        ],
        remedy: Remedy {
            message: ABOUT.remedy.into(),
            refuted_by: Some(
                "the queries that the index serves are worth more than the writes.".into(),
            ),
            ..Remedy::default()
        },
        harm: Harm::Hygiene,
        root: Some(object),
        same_root: Vec::new(),
    }
}
