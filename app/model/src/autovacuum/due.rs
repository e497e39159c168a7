//! What makes a table due for autovacuum, and how far each is.

use serde::{Deserialize, Serialize};

use super::{Autovacuum, Options};
use crate::tables::{Table, Toast};

/// What may make autovacuum take a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// The age of `relfrozenxid`, also where autovacuum is off.
    Wraparound,
    /// The age of `relminmxid`, also where autovacuum is off.
    MultixactWraparound,
    /// Dead rows.
    DeadRows,
    /// Rows inserted since the last VACUUM.
    Inserts,
    /// Rows changed since the last ANALYZE.
    Analyze,
}

impl Trigger {
    /// As pages and findings call it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wraparound => "transaction ID age",
            Self::MultixactWraparound => "multixact age",
            Self::DeadRows => "dead rows",
            Self::Inserts => "inserts",
            Self::Analyze => "changes since ANALYZE",
        }
    }

    /// Whether it asks for a VACUUM; otherwise for an ANALYZE.
    pub fn is_vacuum(self) -> bool {
        self != Self::Analyze
    }

    /// Whether it is there even if autovacuum is off.
    pub fn is_forced(self) -> bool {
        matches!(self, Self::Wraparound | Self::MultixactWraparound)
    }
}

/// What is known of a table or TOAST table.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measured {
    /// `pg_class.reltuples`; None if never counted, which counts as 0.
    pub reltuples: Option<f64>,
    /// Whether `reltuples` is infinite or NaN: no count of rows is ever above a share of it.
    pub reltuples_is_broken: bool,
    /// The share of pages that are not all-frozen; 1 before 18.
    pub unfrozen_share: f64,
    /// Dead rows.
    pub dead: i64,
    /// Rows inserted since the last VACUUM.
    pub inserted: i64,
    /// Rows changed since the last ANALYZE.
    pub changed: i64,
    /// `age(relfrozenxid)`.
    pub xid_age: Option<i64>,
    /// `mxid_age(relminmxid)`.
    pub multixact_age: Option<i64>,
    /// Whether ANALYZE takes it: TOAST tables and `pg_statistic` are never analysed.
    pub is_analyzed: bool,
}

impl From<&Table> for Measured {
    fn from(table: &Table) -> Self {
        Self {
            reltuples: table.reltuples,
            reltuples_is_broken: table.reltuples_is_broken,
            unfrozen_share: unfrozen_share(table.relpages, table.relallfrozen),
            dead: table.counters.n_dead_tup,
            inserted: table.counters.n_ins_since_vacuum,
            changed: table.counters.n_mod_since_analyze,
            xid_age: table.xid_age,
            multixact_age: table.multixact_age,
            is_analyzed: !(&*table.nspname == "pg_catalog" && table.relname == "pg_statistic"),
        }
    }
}

impl From<&Toast> for Measured {
    fn from(toast: &Toast) -> Self {
        Self {
            reltuples: toast.reltuples,
            reltuples_is_broken: false,
            unfrozen_share: unfrozen_share(toast.relpages, toast.relallfrozen),
            dead: toast.counters.n_dead_tup,
            inserted: toast.counters.n_ins_since_vacuum,
            changed: 0,
            xid_age: toast.xid_age,
            multixact_age: toast.multixact_age,
            is_analyzed: false,
        }
    }
}

/// `pcnt_unfrozen` of autovacuum.c; since 18, before which `relallfrozen` is not told.
fn unfrozen_share(relpages: u32, relallfrozen: Option<u32>) -> f64 {
    match relallfrozen {
        Some(frozen) if relpages > 0 => 1.0 - f64::from(frozen.min(relpages)) / f64::from(relpages),
        _ => 1.0,
    }
}

/// How far one trigger is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pressure {
    /// Which.
    pub trigger: Trigger,
    /// Rows, transactions or multixacts.
    pub value: f64,
    /// The trigger fires above this.
    pub threshold: f64,
}

impl Pressure {
    /// Whether it fires: strictly above. Rows are counted in single precision, as PostgreSQL does; ages are exact.
    pub fn is_due(&self) -> bool {
        match self.trigger.is_forced() {
            true => self.value > self.threshold,
            false => self.value as f32 > self.threshold as f32,
        }
    }

    /// Value to threshold; a threshold below 1 counts as 1.
    pub fn ratio(&self) -> f64 {
        self.value / self.threshold.max(1.0)
    }
}

/// All triggers that are in force for a table, the farthest first (manual, "The Autovacuum Daemon";
/// `relation_needs_vacanalyze` in autovacuum.c).
///
/// The limit for multixacts shrinks once their members need more than half of their space, which 14 to 18 do not
/// tell: beyond that a table is due earlier than by this.
pub fn pressures(measured: &Measured, options: &Options, settings: &Autovacuum) -> Vec<Pressure> {
    let mut found = Vec::with_capacity(5);
    let mut add = |trigger, value: i64, threshold: f64| {
        found.push(Pressure { trigger, value: value as f64, threshold });
    };
    if let Some(age) = measured.xid_age {
        add(Trigger::Wraparound, age, f64::from(options.freeze_max_age));
    }
    if let Some(age) = measured.multixact_age {
        let limit = f64::from(options.multixact_freeze_max_age);
        add(Trigger::MultixactWraparound, age, limit);
    }
    // A table at risk is vacuumed even if autovacuum is off for it, and then its rows are counted too.
    let forced = found.iter().any(Pressure::is_due);
    if settings.is_active() && (options.enabled || forced) && !measured.reltuples_is_broken {
        rows(measured, options, &mut found);
    }
    found.sort_by(|a, b| b.ratio().total_cmp(&a.ratio()));
    found
}

/// The triggers that count rows, in single precision as PostgreSQL does.
fn rows(measured: &Measured, options: &Options, found: &mut Vec<Pressure>) {
    let reltuples = measured.reltuples.unwrap_or_default().max(0.0) as f32;
    let share = |base: i32, factor: f64, of: f32| base as f32 + factor as f32 * of;
    let mut add = |trigger, value: i64, threshold: f32| {
        let (value, threshold) = (value as f64, f64::from(threshold));
        found.push(Pressure { trigger, value, threshold });
    };
    let dead = share(options.vacuum_threshold, options.vacuum_scale_factor, reltuples);
    let most = options.vacuum_max_threshold.map_or(f32::INFINITY, |most| most as f32);
    add(Trigger::DeadRows, measured.dead, dead.min(most));
    if let Some(base) = options.vacuum_insert_threshold {
        let unfrozen = reltuples * measured.unfrozen_share as f32;
        let threshold = share(base, options.vacuum_insert_scale_factor, unfrozen);
        add(Trigger::Inserts, measured.inserted, threshold);
    }
    if measured.is_analyzed {
        let threshold = share(options.analyze_threshold, options.analyze_scale_factor, reltuples);
        add(Trigger::Analyze, measured.changed, threshold);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> Autovacuum {
        Autovacuum {
            enabled: true,
            track_counts: true,
            vacuum_threshold: 50,
            vacuum_scale_factor: 0.2,
            vacuum_max_threshold: Some(100_000_000),
            vacuum_insert_threshold: 1_000,
            vacuum_insert_scale_factor: 0.2,
            analyze_threshold: 50,
            analyze_scale_factor: 0.1,
            freeze_max_age: 200_000_000,
            multixact_freeze_max_age: 400_000_000,
            ..Autovacuum::default()
        }
    }

    fn measured() -> Measured {
        Measured {
            reltuples: Some(1_000.0),
            unfrozen_share: 1.0,
            xid_age: Some(10),
            is_analyzed: true,
            ..Measured::default()
        }
    }

    fn due(measured: &Measured, reloptions: &[&str]) -> Vec<Trigger> {
        let reloptions = reloptions.iter().map(|option| (*option).to_owned()).collect();
        let options = Options::of_table(&server(), &Table { reloptions, ..Table::default() });
        let found = pressures(measured, &options, &server());
        found.iter().filter(|one| one.is_due()).map(|one| one.trigger).collect()
    }

    #[test]
    fn each_fires_above_its_threshold_and_not_at_it() {
        let dead = |dead| due(&Measured { dead, ..measured() }, &[]);
        assert_eq!((dead(250), dead(251)), (vec![], vec![Trigger::DeadRows]));
        let inserted = |inserted| due(&Measured { inserted, ..measured() }, &[]);
        assert_eq!((inserted(1_200), inserted(1_201)), (vec![], vec![Trigger::Inserts]));
        let changed = |changed| due(&Measured { changed, ..measured() }, &[]);
        assert_eq!((changed(150), changed(151)), (vec![], vec![Trigger::Analyze]));
        let age = |age| due(&Measured { xid_age: Some(age), ..measured() }, &[]);
        assert_eq!((age(200_000_000), age(200_000_001)), (vec![], vec![Trigger::Wraparound]));
    }

    #[test]
    fn frozen_pages_do_not_count_for_inserts_and_the_cap_holds() {
        let frozen = Measured { inserted: 1_101, unfrozen_share: 0.5, ..measured() };
        assert_eq!(due(&frozen, &[]), [Trigger::Inserts]);
        let large = Measured { reltuples: Some(1e12), dead: 100_000_100, ..measured() };
        assert_eq!(due(&large, &[]), [Trigger::DeadRows]);
        assert_eq!(due(&large, &["autovacuum_vacuum_max_threshold=-1"]), []);
    }

    #[test]
    fn off_means_off_but_for_wraparound() {
        let dead = Measured { dead: 1_000, ..measured() };
        assert_eq!(due(&dead, &["autovacuum_enabled=off"]), []);
        let old = Measured { xid_age: Some(300_000_000), ..dead };
        assert_eq!(
            due(&old, &["autovacuum_enabled=off"]),
            [Trigger::DeadRows, Trigger::Wraparound],
            "taken by force, all is counted"
        );
        let uncounted = Autovacuum { track_counts: false, ..server() };
        let options = Options::of_table(&uncounted, &Table::default());
        let found = pressures(&dead, &options, &uncounted);
        assert!(found.iter().all(|one| one.trigger.is_forced()), "{found:?}");
    }

    #[test]
    fn rows_that_were_never_counted_are_none_and_infinite_ones_are_never_reached() {
        assert_eq!(
            due(&Measured { reltuples: None, dead: 51, ..measured() }, &[]),
            [Trigger::DeadRows]
        );
        let broken = Measured { reltuples_is_broken: true, dead: 1 << 40, ..measured() };
        assert_eq!(due(&broken, &[]), []);
    }
}
