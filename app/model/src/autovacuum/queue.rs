//! The tables that are due, in the order in which autovacuum takes them.

use std::cmp::Ordering;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::due::{Measured, Pressure, Trigger, pressures};
use super::{Autovacuum, Options};
use crate::tables::{DatabaseTables, Kind, Table, Tables};

/// The first major that orders tables by need.
const SCORES_SINCE: u16 = 19;
/// Beyond the failsafe age the score of a transaction ID age is raised to its age over this (autovacuum.c of 19).
const FAILSAFE_POWER_XIDS: f64 = 100_000_000.0;
/// Failsafe is never below this share of the age at which autovacuum freezes by force (`vacuum_xid_failsafe_check`).
const FAILSAFE_SHARE: f64 = 1.05;

/// A row of `pg_stat_autovacuum_scores`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct Score {
    /// The table or TOAST table.
    pub oid: i64,
    /// Its score.
    pub score: f64,
    /// Whether autovacuum would take it now.
    pub is_due: bool,
}

/// One table in the queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Its database.
    pub datname: String,
    /// Its oid; of a TOAST table that of the TOAST table.
    pub oid: u32,
    /// Its schema; of a TOAST table that of the table it belongs to.
    pub nspname: String,
    /// Its name; of a TOAST table that of the table it belongs to.
    pub relname: String,
    /// Whether it is the TOAST table of that table.
    pub is_toast: bool,
    /// How far each trigger is, the farthest first.
    pub pressures: Vec<Pressure>,
    /// Where it stands in `pg_class`: autovacuum reads it from begin to end.
    pub catalog_order: Option<i64>,
    /// What 19 orders by: the largest of its parts, each times its weight.
    pub score: f64,
    /// The same as the server tells it (`pg_stat_autovacuum_scores`), moments later; None before 19.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_score: Option<f64>,
}

impl Place {
    /// Why it is due, the farthest first.
    pub fn due(&self) -> impl Iterator<Item = &Pressure> {
        self.pressures.iter().filter(|one| one.is_due())
    }

    /// Whether a VACUUM is due; otherwise it is only an ANALYZE.
    pub fn is_vacuum_due(&self) -> bool {
        self.due().any(|one| one.trigger.is_vacuum())
    }

    /// Whether it is vacuumed by force.
    pub fn is_forced(&self) -> bool {
        self.due().any(|one| one.trigger.is_forced())
    }

    /// The largest ratio of value to threshold.
    pub fn ratio(&self) -> f64 {
        self.pressures.first().map_or(0.0, Pressure::ratio)
    }
}

/// What autovacuum has before it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Queue {
    /// What is due, in the order in which it is taken. Databases take turns: within each the order holds.
    pub due: Vec<Place>,
    /// What is not due yet, the nearest first.
    pub waiting: Vec<Place>,
}

/// The queue of a server of that major.
///
/// The launcher takes databases at risk of wraparound first, then the one whose last worker began longest ago,
/// which no view tells: the time of the newest run on its tables stands for it. Within a database, workers of 14 to
/// 18 take tables in the order of `pg_class` and then the TOAST tables, whatever their need; those of 19 go by
/// score.
pub fn queue(tables: &Tables, major: u16) -> Queue {
    let mut databases: Vec<OfOne> = tables
        .databases
        .iter()
        .filter_map(|one| Some(of_database(&one.datname, one.known()?, major)))
        .collect();
    databases
        .sort_by(|a, b| a.risk().total_cmp(&b.risk()).reverse().then(a.last_ms.cmp(&b.last_ms)));
    let all = databases.into_iter().flat_map(|one| one.places);
    let (due, mut waiting): (Vec<_>, Vec<_>) = all.partition(|place| place.due().next().is_some());
    waiting.sort_by(|a, b| b.ratio().total_cmp(&a.ratio()));
    Queue { due, waiting }
}

struct OfOne {
    places: Vec<Place>,
    last_ms: Option<i64>,
}

impl OfOne {
    /// How far its oldest table is beyond the age of forced freezing; 0 if none is.
    fn risk(&self) -> f64 {
        let forced = self.places.iter().flat_map(|place| place.due());
        forced.filter(|one| one.trigger.is_forced()).map(Pressure::ratio).fold(0.0, f64::max)
    }
}

fn of_database(datname: &str, read: &DatabaseTables, major: u16) -> OfOne {
    let mut places = Vec::new();
    let mut last_ms = None;
    for table in read.tables.iter().filter(|table| table.kind != Kind::Partitioned) {
        let done = &table.maintenance;
        last_ms = last_ms.max(done.last_autovacuum_ms).max(done.last_autoanalyze_ms);
        let settings = &read.autovacuum;
        places.push(place(datname, table, settings));
        if let Some(toast) = &table.toast {
            let options = Options::of_toast(settings, table, toast);
            let pressures = pressures(&Measured::from(toast.as_ref()), &options, settings);
            places.push(Place {
                oid: toast.oid,
                is_toast: true,
                catalog_order: toast.catalog_order,
                score: score(&pressures, settings),
                pressures,
                ..named(datname, table)
            });
        }
    }
    let scores: HashMap<i64, f64> = read.scores.iter().map(|one| (one.oid, one.score)).collect();
    for place in &mut places {
        place.server_score = scores.get(&i64::from(place.oid)).copied();
    }
    places.sort_by(|a, b| if major < SCORES_SINCE { by_catalog(a, b) } else { by_score(a, b) });
    OfOne { places, last_ms }
}

fn place(datname: &str, table: &Table, settings: &Autovacuum) -> Place {
    let options = Options::of_table(settings, table);
    let pressures = pressures(&Measured::from(table), &options, settings);
    Place {
        catalog_order: table.catalog_order,
        score: score(&pressures, settings),
        pressures,
        ..named(datname, table)
    }
}

fn named(datname: &str, table: &Table) -> Place {
    Place {
        datname: datname.to_owned(),
        oid: table.oid,
        nspname: table.nspname.to_string(),
        relname: table.relname.clone(),
        is_toast: false,
        pressures: Vec::new(),
        catalog_order: None,
        score: 0.0,
        server_score: None,
    }
}

fn by_catalog(a: &Place, b: &Place) -> Ordering {
    (a.is_toast, a.catalog_order, a.oid).cmp(&(b.is_toast, b.catalog_order, b.oid))
}

fn by_score(a: &Place, b: &Place) -> Ordering {
    b.score.total_cmp(&a.score).then_with(|| by_catalog(a, b))
}

/// The score of 19.
fn score(pressures: &[Pressure], settings: &Autovacuum) -> f64 {
    let part = |one: &Pressure| {
        let (weight, failsafe, begins) = match one.trigger {
            Trigger::Wraparound => {
                (settings.freeze_score_weight, Some(settings.failsafe_age), settings.freeze_max_age)
            }
            Trigger::MultixactWraparound => (
                settings.multixact_freeze_score_weight,
                Some(settings.multixact_failsafe_age),
                settings.multixact_freeze_max_age,
            ),
            Trigger::DeadRows => (settings.vacuum_score_weight, None, 0),
            Trigger::Inserts => (settings.vacuum_insert_score_weight, None, 0),
            Trigger::Analyze => (settings.analyze_score_weight, None, 0),
        };
        let failsafe = failsafe.map(|age| f64::from(age).max(FAILSAFE_SHARE * f64::from(begins)));
        let ratio = match failsafe {
            Some(age) if one.value >= age => {
                one.ratio().powf((one.value / FAILSAFE_POWER_XIDS).max(1.0))
            }
            _ => one.ratio(),
        };
        weight.unwrap_or(1.0) * ratio
    };
    // What JSON can carry.
    pressures.iter().map(part).fold(0.0, f64::max).min(f64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::of_database::OfDatabase;
    use crate::tables::{Counters, Maintenance, Toast};

    fn settings() -> Autovacuum {
        Autovacuum {
            enabled: true,
            track_counts: true,
            vacuum_threshold: 50,
            vacuum_insert_threshold: -1,
            analyze_threshold: 1_000_000,
            freeze_max_age: 200_000_000,
            multixact_freeze_max_age: 400_000_000,
            failsafe_age: 1_600_000_000,
            multixact_failsafe_age: 1_600_000_000,
            ..Autovacuum::default()
        }
    }

    fn table(oid: u32, catalog_order: i64, n_dead_tup: i64) -> Table {
        let counters = Counters { n_dead_tup, ..Counters::default() };
        let catalog_order = Some(catalog_order);
        Table { oid, relname: format!("t{oid}"), catalog_order, counters, ..Table::default() }
    }

    fn database(datname: &str, tables: Vec<Table>) -> OfDatabase<DatabaseTables> {
        let autovacuum = settings();
        let tables = tables.into_iter().map(Arc::new).collect();
        let read = DatabaseTables { tables, autovacuum, ..DatabaseTables::default() };
        OfDatabase { datname: datname.into(), at_ms: 0, took_ms: 0.0, value: Ok(Arc::new(read)) }
    }

    fn oids(databases: Vec<OfDatabase<DatabaseTables>>, major: u16) -> Vec<u32> {
        let tables = Tables { databases, ..Tables::default() };
        queue(&tables, major).due.iter().map(|place| place.oid).collect()
    }

    #[test]
    fn before_19_the_catalog_decides_and_toast_comes_last() {
        let mut first = table(3, 1, 60);
        let counters = Counters { n_dead_tup: 500, ..Counters::default() }.into();
        let toast = Toast { oid: 9, catalog_order: Some(0), counters, ..Toast::default() };
        first.toast = Some(Box::new(toast));
        let one = || vec![database("a", vec![table(1, 2, 1_000), table(2, 3, 10), first.clone()])];
        assert_eq!(oids(one(), 17), [3, 1, 9]);
        assert_eq!(oids(one(), 19), [1, 9, 3], "by need");
    }

    #[test]
    fn databases_at_risk_come_first_then_those_not_seen_for_long() {
        let run = |oid, at_ms| {
            let last_autovacuum_ms = Some(at_ms);
            let maintenance = Maintenance { last_autovacuum_ms, ..Maintenance::default() };
            Table { maintenance: maintenance.into(), ..table(oid, 1, 60) }
        };
        let old = Table { xid_age: Some(200_000_200), ..run(3, 9) };
        let all = vec![
            database("late", vec![run(1, 8)]),
            database("early", vec![run(2, 7)]),
            database("old", vec![old]),
        ];
        assert_eq!(oids(all, 18), [3, 2, 1]);
    }

    #[test]
    fn beyond_failsafe_nothing_goes_before_the_age() {
        let old = Table { xid_age: Some(1_700_000_000), ..table(1, 1, 0) };
        assert_eq!(oids(vec![database("a", vec![table(2, 2, 5_000_000), old])], 19), [1, 2]);
    }
}
