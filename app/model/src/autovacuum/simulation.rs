//! When autovacuum would have run on a table over its recorded past, with any settings.

use serde::{Deserialize, Serialize};

use super::due::{Measured, Pressure, Trigger, pressures};
use super::{Autovacuum, Options};

/// A table at one moment of its past.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// When, ms since the epoch.
    pub at_ms: i64,
    /// Rows inserted since the step before.
    pub inserted: f64,
    /// Rows updated since the step before.
    pub updated: f64,
    /// Rows deleted since the step before.
    pub deleted: f64,
    /// Dead rows (`n_dead_tup`).
    pub dead: f64,
    /// Rows inserted since the last VACUUM (`n_ins_since_vacuum`).
    pub inserted_since_vacuum: f64,
    /// Rows changed since the last ANALYZE (`n_mod_since_analyze`).
    pub changed_since_analyze: f64,
    /// `pg_class.reltuples`; None if never counted.
    pub reltuples: Option<f64>,
    /// Live rows (`n_live_tup`).
    pub live: f64,
    /// `age(relfrozenxid)`.
    pub xid_age: Option<f64>,
}

/// A run that would have been.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// When, ms since the epoch: the launcher looks once in a naptime.
    pub at_ms: i64,
    /// What was due, the farthest first.
    pub why: Vec<Pressure>,
}

impl Run {
    /// Whether it would have been a VACUUM; otherwise only an ANALYZE.
    pub fn is_vacuum(&self) -> bool {
        self.why.iter().any(|one| one.trigger.is_vacuum())
    }

    /// Whether it would have analysed.
    pub fn is_analyze(&self) -> bool {
        self.why.iter().any(|one| one.trigger == Trigger::Analyze)
    }
}

/// When a table with these options would have been vacuumed or analysed. It begins as the first step has it, and
/// takes from the others only what was changed: a run is done in no time, removes all dead rows, and counts the rows
/// anew.
///
/// Not in it: workers that were busy elsewhere, locks that made it give way, dead rows that an old transaction
/// kept, and pages frozen by another frequency (`unfrozen_share` is that of now).
pub fn simulate(
    steps: &[Step],
    options: &Options,
    settings: &Autovacuum,
    unfrozen_share: f64,
) -> Vec<Run> {
    let Some(first) = steps.first() else { return Vec::new() };
    let mut state = State::begin(first);
    let mut runs = Vec::new();
    let kept = kept_share(steps);
    let naptime_ms = i64::from(settings.naptime_s) * 1_000;
    let mut launch_ms = first.at_ms;
    for (before, step) in std::iter::once((first, first)).chain(pairs(steps)) {
        if step.at_ms != first.at_ms {
            state.grow(before, step, kept);
        }
        if step.at_ms < launch_ms {
            continue;
        }
        launch_ms += naptime_ms * ((step.at_ms - launch_ms) / naptime_ms.max(1) + 1);
        let measured = Measured { unfrozen_share, ..state.measured() };
        let mut why = pressures(&measured, options, settings);
        why.retain(Pressure::is_due);
        if !why.is_empty() {
            let run = Run { at_ms: step.at_ms, why };
            state.done(&run, step);
            runs.push(run);
        }
    }
    runs
}

/// A run that was seen in the recorded past, by anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The first step after it, ms since the epoch.
    pub at_ms: i64,
    /// Whether the table was vacuumed.
    pub vacuum: bool,
    /// Whether it was analysed.
    pub analyze: bool,
}

/// The runs that the recorded past shows: fewer rows inserted since the last VACUUM than before, less than half of
/// the dead rows (pages that are pruned lose some, too), or fewer rows changed since the last ANALYZE.
pub fn seen(steps: &[Step]) -> Vec<Seen> {
    let of = |(before, step): (&Step, &Step)| {
        let vacuum = was_vacuumed(before, step);
        let analyze = step.changed_since_analyze < before.changed_since_analyze;
        (vacuum || analyze).then_some(Seen { at_ms: step.at_ms, vacuum, analyze })
    };
    pairs(steps).filter_map(of).collect()
}

/// The `autovacuum_vacuum_scale_factor` with which a table would have been vacuumed about once in `every_ms`, for its
/// updated and deleted rows; None where too little is recorded. Never above the server's, never below a
/// thousandth.
pub fn scale_factor_for(steps: &[Step], every_ms: i64, settings: &Autovacuum) -> Option<f64> {
    let (first, last) = (steps.first()?, steps.last()?);
    let span_ms = (last.at_ms - first.at_ms) as f64;
    let rows = last.reltuples.filter(|rows| *rows > 0.0)?;
    let changed: f64 = steps.iter().skip(1).map(|step| step.updated + step.deleted).sum();
    if span_ms <= 0.0 || changed <= 0.0 {
        return None;
    }
    let dead = kept_share(steps) * changed * every_ms as f64 / span_ms;
    let factor = (dead - f64::from(settings.vacuum_threshold)) / rows;
    Some(
        ((factor * 1_000.0).round() / 1_000.0)
            .clamp(0.001, settings.vacuum_scale_factor.max(0.001)),
    )
}

fn pairs(steps: &[Step]) -> impl Iterator<Item = (&Step, &Step)> {
    steps.iter().zip(steps.iter().skip(1))
}

/// Whether a VACUUM came between two steps: then the count of dead rows says nothing of what became dead. Pruning
/// takes some away, too, but not more than half at once.
fn was_vacuumed(before: &Step, step: &Step) -> bool {
    let fewer_dead = before.dead > 0.0 && step.dead < before.dead / 2.0;
    fewer_dead || step.inserted_since_vacuum < before.inserted_since_vacuum
}

/// Which share of updated and deleted rows became dead rows for VACUUM: pages are pruned on the way (HOT), which
/// takes dead rows away too. 1 where that was never seen.
fn kept_share(steps: &[Step]) -> f64 {
    let (mut dead, mut changed) = (0.0, 0.0);
    for (before, step) in pairs(steps).filter(|(before, step)| !was_vacuumed(before, step)) {
        dead += step.dead - before.dead;
        changed += step.updated + step.deleted;
    }
    if changed > 0.0 { (dead / changed).clamp(0.0, 1.0) } else { 1.0 }
}

struct State {
    dead: f64,
    inserted: f64,
    changed: f64,
    reltuples: Option<f64>,
    xid_age: Option<f64>,
}

impl State {
    fn begin(first: &Step) -> Self {
        Self {
            dead: first.dead,
            inserted: first.inserted_since_vacuum,
            changed: first.changed_since_analyze,
            reltuples: first.reltuples,
            xid_age: first.xid_age,
        }
    }

    fn grow(&mut self, before: &Step, step: &Step, kept: f64) {
        self.dead += match was_vacuumed(before, step) {
            true => kept * (step.updated + step.deleted),
            false => step.dead - before.dead,
        };
        self.dead = self.dead.max(0.0);
        self.inserted += step.inserted;
        self.changed += step.inserted + step.updated + step.deleted;
        // An age that fell was frozen in fact, not here: it goes on as fast as before.
        let aged = step.xid_age.zip(before.xid_age).map(|(now, then)| (now - then).max(0.0));
        self.xid_age = self.xid_age.zip(aged).map(|(age, aged)| age + aged).or(self.xid_age);
    }

    fn measured(&self) -> Measured {
        Measured {
            reltuples: self.reltuples,
            reltuples_is_broken: false,
            unfrozen_share: 1.0,
            dead: self.dead.round() as i64,
            inserted: self.inserted.round() as i64,
            changed: self.changed.round() as i64,
            xid_age: self.xid_age.map(|age| age.round() as i64),
            multixact_age: None,
            is_analyzed: true,
        }
    }

    fn done(&mut self, run: &Run, step: &Step) {
        if run.is_vacuum() {
            (self.dead, self.inserted) = (0.0, 0.0);
        }
        if run.is_analyze() {
            self.changed = 0.0;
        }
        self.reltuples = Some(step.live);
        if run.why.iter().any(|one| one.trigger == Trigger::Wraparound) {
            self.xid_age = Some(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::Table;

    fn server() -> Autovacuum {
        Autovacuum {
            enabled: true,
            track_counts: true,
            vacuum_threshold: 50,
            vacuum_scale_factor: 0.2,
            vacuum_insert_threshold: 1_000,
            vacuum_insert_scale_factor: 0.2,
            analyze_threshold: 1_000_000,
            freeze_max_age: 1_000,
            ..Autovacuum::default()
        }
    }

    fn runs(steps: &[Step], reloptions: &[&str]) -> Vec<(i64, Trigger)> {
        let reloptions = reloptions.iter().map(|option| (*option).to_owned()).collect();
        let options = Options::of_table(&server(), &Table { reloptions, ..Table::default() });
        let runs = simulate(steps, &options, &server(), 1.0);
        runs.iter().filter_map(|run| Some((run.at_ms, run.why.first()?.trigger))).collect()
    }

    /// A hundred updates a step on a thousand rows, vacuumed in fact every fourth step.
    fn churn() -> Vec<Step> {
        let step = |i: i64| Step {
            at_ms: i,
            updated: 100.0,
            dead: ((i % 4) * 100) as f64,
            reltuples: Some(1_000.0),
            live: 1_000.0,
            ..Step::default()
        };
        (0..12).map(step).collect()
    }

    #[test]
    fn its_own_settings_give_its_own_past_and_others_another() {
        let dead = |at: &[i64]| -> Vec<(i64, Trigger)> {
            at.iter().map(|at| (*at, Trigger::DeadRows)).collect()
        };
        assert_eq!(runs(&churn(), &[]), dead(&[3, 6, 9]), "above 250, at the third hundred");
        let seen = seen(&churn()).iter().map(|run| run.at_ms).collect::<Vec<_>>();
        assert_eq!(seen, [4, 8], "it was done each fourth step");
        let often = ["autovacuum_vacuum_scale_factor=0.1"];
        assert_eq!(runs(&churn(), &often), dead(&[2, 4, 6, 8, 10]), "above 150");
        assert_eq!(runs(&churn(), &["autovacuum_enabled=off"]), []);
    }

    #[test]
    fn inserts_and_ages_have_their_own_triggers() {
        let grown = |i: i64| Step {
            at_ms: i,
            inserted: 600.0,
            inserted_since_vacuum: 600.0 * i as f64,
            reltuples: Some(0.0),
            live: 600.0 * i as f64,
            xid_age: Some(400.0 * i as f64),
            ..Step::default()
        };
        let steps: Vec<Step> = (0..4).map(grown).collect();
        assert_eq!(runs(&steps, &[]), [(2, Trigger::Inserts), (3, Trigger::Wraparound)]);
        assert_eq!(runs(&[], &[]), []);
    }

    #[test]
    fn a_factor_for_once_in_a_while_follows_from_what_changed() {
        assert_eq!(scale_factor_for(&churn(), 2, &server()), Some(0.15), "200 dead rows of 1,000");
        assert_eq!(scale_factor_for(&churn(), 100, &server()), Some(0.2), "not above the server's");
        assert_eq!(scale_factor_for(&[], 2, &server()), None);
    }

    #[test]
    fn pruned_rows_do_not_wait_for_a_vacuum() {
        let step = |i: i64| Step {
            at_ms: i,
            dead: (10 * i) as f64,
            ..Step { updated: 100.0, reltuples: Some(1_000.0), live: 1_000.0, ..Step::default() }
        };
        let steps: Vec<Step> = (0..12).map(step).collect();
        assert_eq!(runs(&steps, &[]), [], "110 of 1,200 updated rows are left");
    }
}
