//! Rule: the last partition by time is in use, and there is none behind it.

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use model::object::qualified;
use model::tables::schema::Partition;
use model::tables::{Table, Tables};
use model::{About, Evidence, Finding, Harm, Known, Limit, Remedy, Severity, Unit};

use crate::areas::tables::judge::{InDatabase, Weighed, finding, in_each_database};
use crate::rule::InForce;

/// How long before its end the last partition must have a successor, as a share of the time that it covers.
const LEAD_PERCENT: Limit = Limit {
    name: "lead_percent",
    default: 25.0,
    unit: Unit::Percent,
    source: "a week before the end of a month, six hours before the end of a day; pg_partman keeps four partitions ahead (premake)",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "The next partition is missing",
    effect: "After the end of the last partition inserts fail, or gather in the default partition.",
    remedy: "Make the next partitions now, and let a job make them ahead of time.",
    docs: "https://www.postgresql.org/docs/current/ddl-partitioning.html#DDL-PARTITIONING-DECLARATIVE-MAINTENANCE",
    limits: &[LEAD_PERCENT],
};

/// A partition by time: begin and end, seconds since the epoch.
struct Part<'a> {
    partition: &'a Partition,
    begins_s: i64,
    ends_s: i64,
}

/// Judges tables that are divided by a range of one date or timestamp, and whose last partition receives rows.
pub fn missing_next_partition(evidence: &Tables, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    in_each_database(evidence, |database| {
        let of_parent = database.partitions()?.chunk_by(|a, b| a.parent_oid == b.parent_oid);
        let judged = of_parent.filter_map(|parts| {
            let last = parts.iter().filter_map(part).max_by_key(|part| part.ends_s)?;
            let default = parts.iter().find(|part| part.is_default);
            judged(database, &last, default, limits)
        });
        Ok(judged.collect())
    })
}

fn judged(
    database: &InDatabase<'_>,
    last: &Part<'_>,
    default: Option<&Partition>,
    limits: &InForce<'_>,
) -> Option<Weighed> {
    let now_s = database.read.server_now_ms / 1_000;
    let covers_s = last.ends_s.saturating_sub(last.begins_s);
    let left_s = last.ends_s.saturating_sub(now_s);
    let lead_s = covers_s as f64 * limits.get(&LEAD_PERCENT) / 100.0;
    // One that ended long ago is no longer used.
    if left_s as f64 > lead_s || left_s < covers_s.saturating_neg() {
        return None;
    }
    let parent = database.table(last.partition.parent_oid)?;
    let table = database.table(last.partition.oid)?;
    if database.rows(table) == 0 && table.counters.n_tup_ins == 0 {
        return None;
    }
    let finding = finding_of(database, (parent, table), (left_s, last), default.is_some(), limits);
    Some(Weighed { weight: -(left_s as f64), finding })
}

fn finding_of(
    database: &InDatabase<'_>,
    (parent, table): (&Table, &Table),
    (left_s, last): (i64, &Part<'_>),
    has_default: bool,
    limits: &InForce<'_>,
) -> Finding {
    let then = if has_default { "rows gather in the default partition" } else { "inserts fail" };
    let span = model::duration(left_s.unsigned_abs() as f64 * 1_000.0);
    let when = if left_s >= 0 {
        format!("ends in {span}; then {then}")
    } else {
        format!("ended {span} ago: {then}")
    };
    let message = format!(
        "The last partition {} of {} in database {} {when}.",
        qualified(&table.nspname, &table.relname),
        qualified(&parent.nspname, &parent.relname),
        database.datname
    );
    let managed = match last.partition.is_managed {
        true => {
            " pg_partman is installed in this database: look whether it manages the table and its job runs."
        }
        false => "",
    };
    let remedy = Remedy {
        message: format!("{}{managed}", ABOUT.remedy),
        lock: Some("CREATE TABLE … PARTITION OF takes ACCESS EXCLUSIVE on the table for a moment; ATTACH of a table made beside it takes SHARE UPDATE EXCLUSIVE.".into()),
        refuted_by: Some("a job makes the partition at the last moment.".into()),
        ..Remedy::default()
    };
    let evidence =
        vec![Evidence { name: "time left".into(), value: left_s as f64, unit: Unit::Seconds }];
    let severity = if left_s < 0 && !has_default { Severity::Critical } else { Severity::Warning };
    let found = finding(limits, severity, database.object(parent), message, evidence, remedy);
    Finding { harm: Harm::Risk { due_s: Some(left_s.max(0) as f64) }, ..found }
}

/// A partition with both ends in time.
fn part(partition: &Partition) -> Option<Part<'_>> {
    let by_time = matches!(partition.key_typname.as_deref()?, "date" | "timestamp" | "timestamptz");
    if !by_time || partition.partstrat != "r" || partition.partnatts != 1 {
        return None;
    }
    let rest = partition.bound.as_deref()?.strip_prefix("FOR VALUES FROM ('")?;
    let (from, to) = rest.strip_suffix("')")?.split_once("') TO ('")?;
    let (begins_s, ends_s) = (seconds(from)?, seconds(to)?);
    (begins_s < ends_s).then_some(Part { partition, begins_s, ends_s })
}

/// A date or a moment as the server writes it with DateStyle ISO, seconds since the epoch. One without a zone is
/// taken for UTC.
fn seconds(text: &str) -> Option<i64> {
    let date = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0);
    let local = || NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok();
    let zoned = DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f%#z").ok();
    zoned.map(|at| at.timestamp()).or_else(|| Some(date().or_else(local)?.and_utc().timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partition(typname: &str, bound: &str) -> Partition {
        Partition {
            partstrat: "r".into(),
            partnatts: 1,
            key_typname: Some(typname.into()),
            bound: Some(bound.into()),
            ..Partition::default()
        }
    }

    #[test]
    fn bounds_are_read_as_the_server_writes_them() {
        for (typname, bound, ends_s) in [
            ("date", "FOR VALUES FROM ('1970-01-01') TO ('1970-01-02')", Some(86_400)),
            (
                "timestamptz",
                "FOR VALUES FROM ('1970-01-01 00:00:00+00') TO ('1970-01-01 02:00:00+01')",
                Some(3_600),
            ),
            (
                "timestamp",
                "FOR VALUES FROM ('1970-01-01 00:00:00') TO ('1970-01-01 00:00:01.5')",
                Some(1),
            ),
            (
                "timestamptz",
                "FOR VALUES FROM ('1970-01-01 00:00:00+05:30') TO ('1970-01-01 00:00:00-03:30')",
                Some(12_600),
            ),
            ("date", "FOR VALUES FROM (MINVALUE) TO ('1970-01-02')", None),
            ("date", "DEFAULT", None),
            ("int4", "FOR VALUES FROM (1) TO (2)", None),
        ] {
            let partition = partition(typname, bound);
            assert_eq!(part(&partition).map(|part| part.ends_s), ends_s, "{bound}");
        }
    }
}
