//! Rule: much of a table has changed since it was analysed.

use model::object::qualified;
use model::tables::{Kind, Table, Tables};
use model::{About, Evidence, Finding, Known, Limit, Remedy, Severity, Unit};

use crate::areas::tables::judge::{Weighed, count, finding, in_each_database, rows};
use crate::rule::InForce;

/// Rows from which the rule speaks.
const MIN_ROWS: Limit = Limit {
    name: "min_rows",
    default: 10_000.0,
    unit: Unit::Count,
    source: "a table of fewer rows is read as a whole in milliseconds, whatever the plan",
};
/// Rows changed since the last ANALYZE, as a share of the table.
const CHANGED_PERCENT: Limit = Limit {
    name: "changed_percent",
    default: 50.0,
    unit: Unit::Percent,
    source: "autovacuum analyses at 10 % (autovacuum_analyze_scale_factor): at five times that it has not come",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "Statistics of a table are stale",
    effect: "The planner estimates by what the table was: it may choose an index for many rows, or a loop where a hash were right.",
    remedy: "Analyse the table, and find out why autovacuum did not: it is off, its threshold is too high for this table, or its workers are busy.",
    docs: "https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-STATISTICS",
    limits: &[MIN_ROWS, CHANGED_PERCENT],
};

/// Judges rows modified since the last ANALYZE against the rows of the table. The time since then proves nothing.
pub fn stale_statistics(evidence: &Tables, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    in_each_database(evidence, |database| {
        let own =
            database.tables().filter(|t| t.kind != Kind::Partitioned && t.reltuples.is_some());
        let judged = own.filter_map(|table| {
            let (rows, changed) = (rows(table) as f64, changed(table) as f64);
            let percent = 100.0 * changed / rows.max(1.0);
            if rows < limits.get(&MIN_ROWS) || percent < limits.get(&CHANGED_PERCENT) {
                return None;
            }
            let name = qualified(&table.nspname, &table.relname);
            let message = format!(
                "{changed:.0} rows of table {name} in database {} were changed since it was analysed, {percent:.0} % of those that it has.",
                database.datname
            );
            let remedy = Remedy {
                message: ABOUT.remedy.into(),
                sql: Some(format!("analyze {name};")),
                lock: Some("SHARE UPDATE EXCLUSIVE on the table: it blocks neither reads nor writes.".into()),
                undo: Some("None: statistics only become better.".into()),
                refuted_by: Some("it was loaded a moment ago and autovacuum is about to come.".into()),
            };
            let evidence = vec![count("rows changed", changed), Evidence { name: "changed".into(), value: percent, unit: Unit::Percent }];
            let finding = finding(limits, Severity::Warning, database.object(table), message, evidence, remedy);
            Some(Weighed { weight: changed, finding })
        });
        Ok(judged.collect())
    })
}

/// Rows changed since ANALYZE. Work and its ANALYZE in one session, within a second or in one transaction, are
/// counted twice, for the session's own counts arrive after those of ANALYZE: so there cannot be more changes than
/// updates, deletes, and the rows by which the table has grown.
fn changed(table: &Table) -> i64 {
    let counters = &table.counters;
    let live = counters.n_live_tup.min(counters.n_tup_ins.saturating_sub(counters.n_tup_del));
    let grown = live.saturating_sub(table.reltuples.unwrap_or_default() as i64).max(0);
    let deleted = counters.n_tup_del.saturating_mul(2);
    let most = counters.n_tup_upd.saturating_add(deleted).saturating_add(grown);
    counters.n_mod_since_analyze.min(most)
}
