//! Rule: the sequence of a column, or the column's type, comes to its end.

use model::object::qualified;
use model::tables::schema::Sequence;
use model::tables::{Table, Tables};
use model::{About, Evidence, Finding, Harm, Known, Limit, Reason, Remedy, Severity, Unit};

use crate::areas::tables::judge::{InDatabase, Weighed, count, finding, in_each_database};
use crate::rule::InForce;

/// Share from which the rule warns.
const WARN_FROM_PERCENT: Limit = Limit {
    name: "warn_from_percent",
    default: 75.0,
    unit: Unit::Percent,
    source: "changing the type of a large table's key takes weeks to prepare; PgHero warns at 90 %, check_postgres at 85 %",
};
/// Share from which it is critical.
const CRITICAL_FROM_PERCENT: Limit = Limit {
    name: "critical_from_percent",
    default: 90.0,
    unit: Unit::Percent,
    source: "PgHero's limit for sequences",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "A key is running out of values",
    effect: "After the last value every INSERT that asks the sequence for one fails.",
    remedy: "Move the key to bigint before: add a bigint column, fill it in parts, keep it in step by a trigger, and exchange the two in one short transaction. ALTER COLUMN … TYPE bigint rewrites the table under ACCESS EXCLUSIVE.",
    docs: "https://www.postgresql.org/docs/current/datatype-numeric.html#DATATYPE-INT",
    limits: &[WARN_FROM_PERCENT, CRITICAL_FROM_PERCENT],
};

/// Judges sequences that belong to a column. Those that our role may not read are not judged, and the rule is not
/// checked unless another one is found.
pub fn key_running_out(evidence: &Tables, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    in_each_database(evidence, |database| {
        let sequences = database.schema()?.sequences.as_ref().map_err(Clone::clone)?;
        let own = || sequences.iter().filter_map(|one| Some((one, database.table(one.oid)?)));
        let judged = |(sequence, table): (&Sequence, &Table)| {
            let used = used_percent(sequence)?;
            let severity = severity(used, limits)?;
            Some(Weighed {
                weight: used,
                finding: judged(database, (sequence, table), (used, severity), limits),
            })
        };
        let found: Vec<Weighed> = own().filter_map(judged).collect();
        let hidden = own().find(|(sequence, _)| !sequence.is_readable);
        match hidden {
            Some((sequence, _)) if found.is_empty() => Err(unreadable(sequence)),
            _ => Ok(found),
        }
    })
}

fn unreadable(sequence: &Sequence) -> Reason {
    let schema = model::identifier::quote_ident(&sequence.seq_nspname);
    let sql = format!("grant select on all sequences in schema {schema} to pg_monitor;");
    Reason::missing_grant("the values of sequences", sql)
}

/// The largest value that the column can hold and the sequence gives.
fn largest(sequence: &Sequence) -> i64 {
    let of_type = match sequence.typname.as_str() {
        "int2" => i64::from(i16::MAX),
        "int4" => i64::from(i32::MAX),
        _ => i64::MAX,
    };
    of_type.min(sequence.seqmax)
}

fn used_percent(sequence: &Sequence) -> Option<f64> {
    let begins_again = sequence.seqcycle && sequence.seqmax <= largest(sequence);
    let last = sequence.last_value.filter(|_| !begins_again)?;
    Some(100.0 * last as f64 / (largest(sequence) as f64).max(1.0))
}

fn severity(used: f64, limits: &InForce<'_>) -> Option<Severity> {
    if used >= limits.get(&CRITICAL_FROM_PERCENT) {
        Some(Severity::Critical)
    } else {
        (used >= limits.get(&WARN_FROM_PERCENT)).then_some(Severity::Warning)
    }
}

fn judged(
    database: &InDatabase<'_>,
    (sequence, table): (&Sequence, &Table),
    (used, severity): (f64, Severity),
    limits: &InForce<'_>,
) -> Finding {
    let name = qualified(&table.nspname, &table.relname);
    let left = largest(sequence).saturating_sub(sequence.last_value.unwrap_or_default());
    let due_s = sequence.seconds_left(left);
    let when = due_s.map_or_else(String::new, |seconds| {
        format!(
            " At the pace of the time that pgdeck has watched it, that is enough for {}.",
            model::duration(seconds * 1_000.0)
        )
    });
    let message = format!(
        "Column {} of table {name} in database {} has used {used:.0} % of the values of its {}; {left} are left.{when}",
        sequence.attname,
        database.datname,
        if sequence.seqmax < i64::MAX && sequence.seqmax <= largest(sequence) {
            "sequence"
        } else {
            "type"
        },
    );
    let evidence = vec![
        Evidence { name: "used".into(), value: used, unit: Unit::Percent },
        count("left", left as f64),
    ];
    let found =
        finding(limits, severity, database.object(table), message, evidence, remedy(sequence));
    Finding { harm: Harm::Risk { due_s }, ..found }
}

/// A column that could hold more needs a larger sequence only.
fn remedy(sequence: &Sequence) -> Remedy {
    let name = qualified(&sequence.seq_nspname, &sequence.seq_relname);
    if sequence.typname != "int8" {
        return Remedy {
            message: ABOUT.remedy.into(),
            refuted_by: Some("nothing asks the sequence for values any more.".into()),
            ..Remedy::default()
        };
    }
    Remedy {
        message: "The column is bigint and only its sequence is small: let that one give all values of bigint.".into(),
        sql: Some(format!("alter sequence {name} as bigint no maxvalue;")),
        lock: Some("SHARE ROW EXCLUSIVE on the sequence for a moment.".into()),
        undo: Some("None: smaller values can be had only as long as none beyond them was given.".into()),
        refuted_by: Some("something outside of the database cannot take larger values.".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(typname: &str, seqmax: i64, last_value: i64) -> Sequence {
        let last_value = Some(last_value);
        Sequence {
            typname: typname.into(),
            seqmax,
            last_value,
            is_readable: true,
            ..Sequence::default()
        }
    }

    #[test]
    fn the_smaller_of_column_and_sequence_decides() {
        let half = i64::from(i32::MAX) / 2 + 1;
        assert_eq!(used_percent(&sequence("int4", i64::MAX, half)).map(f64::round), Some(50.0));
        assert_eq!(used_percent(&sequence("int8", 1_000, 900)), Some(90.0));
        assert!(used_percent(&sequence("int8", i64::MAX, half)) < Some(0.001));
        let cycles = Sequence { seqcycle: true, ..sequence("int8", 1_000, 999) };
        assert_eq!(used_percent(&cycles), None, "it begins again");
        let overflows = Sequence { seqcycle: true, ..sequence("int2", 1_000_000, 32_000) };
        assert!(used_percent(&overflows).is_some(), "the column ends before it does");
    }
}
