//! The figures of a ranking: what a column shows, and which measures it is made of.

use super::measure::Measure;
use super::measure::Measure::*;
use super::sums::Sums;
use crate::finding::Unit;

/// A figure of what statements did over a window.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// Its name in the address.
    pub id: &'static str,
    /// Its heading.
    pub label: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// The measures it is made of.
    pub measures: &'static [Measure],
    /// Its value; None where it has none.
    pub value: fn(&Sums) -> Option<f64>,
}

impl Figure {
    /// The figure of that name.
    pub fn named(id: &str) -> Option<&'static Self> {
        FIGURES.iter().find(|figure| figure.id == id)
    }

    /// The version 1.x of the extension without which it is unknown, x.
    pub fn since(&self) -> u16 {
        self.measures.iter().map(|measure| measure.since()).max().unwrap_or_default()
    }
}

/// A set of columns: its name in the address, what its link says, and the names of its figures.
pub type ColumnSet = (&'static str, &'static str, &'static [&'static str]);

/// The sets of columns. The first is shown unless the address says otherwise.
pub const COLUMN_SETS: [ColumnSet; 4] = [
    ("", "Time", &["total", "calls", "mean", "stddev", "rows"]),
    ("blocks", "Blocks", &["total", "calls", "hit", "read", "dirtied", "written", "local", "temp"]),
    (
        "io",
        "I/O and WAL",
        &["total", "calls", "read-time", "write-time", "temp-time", "wal", "wal-records", "fpi"],
    ),
    (
        "plans",
        "Planning and JIT",
        &[
            "total",
            "calls",
            "plans",
            "plan-time",
            "jit-time",
            "jit-functions",
            "generic",
            "custom",
            "workers",
        ],
    ),
];

/// All of them.
pub const FIGURES: &[Figure] = &[
    figure("total", "Total time", Unit::Ms, &[ExecTime], |s| Some(s.get(ExecTime))),
    figure("calls", "Calls", Unit::Count, &[Calls], |s| Some(s.get(Calls))),
    figure("mean", "Mean", Unit::Ms, &[ExecTime, Calls], Sums::mean_ms),
    figure("stddev", "Std dev", Unit::Ms, &[ExecTime, Calls, ExecTimeSquares], Sums::stddev_ms),
    figure("rows", "Rows per call", Unit::Count, &[Rows, Calls], |s| s.per_call(s.get(Rows))),
    figure("hit", "Shared hit", Unit::Count, &[SharedHit], |s| Some(s.get(SharedHit))),
    figure("read", "Shared read", Unit::Count, &[SharedRead], |s| Some(s.get(SharedRead))),
    figure("dirtied", "Dirtied", Unit::Count, &[SharedDirtied], |s| Some(s.get(SharedDirtied))),
    figure("written", "Written", Unit::Count, &[SharedWritten], |s| Some(s.get(SharedWritten))),
    figure(
        "local",
        "Local blocks",
        Unit::Count,
        &[LocalHit, LocalRead, LocalDirtied, LocalWritten],
        |s| Some(s.get(LocalHit) + s.get(LocalRead) + s.get(LocalDirtied) + s.get(LocalWritten)),
    ),
    figure("temp", "Temp blocks", Unit::Count, &[TempRead, TempWritten], |s| {
        Some(s.get(TempRead) + s.get(TempWritten))
    }),
    figure("read-time", "Read time", Unit::Ms, &[SharedReadTime], |s| Some(s.get(SharedReadTime))),
    figure("write-time", "Write time", Unit::Ms, &[SharedWriteTime], |s| {
        Some(s.get(SharedWriteTime))
    }),
    figure("temp-time", "Temp I/O time", Unit::Ms, &[TempReadTime, TempWriteTime], |s| {
        Some(s.get(TempReadTime) + s.get(TempWriteTime))
    }),
    figure("wal", "WAL", Unit::Bytes, &[WalBytes], |s| Some(s.get(WalBytes))),
    figure("wal-records", "WAL records", Unit::Count, &[WalRecords], |s| Some(s.get(WalRecords))),
    figure("fpi", "Full page images", Unit::Count, &[WalFullPages], |s| Some(s.get(WalFullPages))),
    figure("plans", "Plans", Unit::Count, &[Plans], |s| Some(s.get(Plans))),
    figure("plan-time", "Planning", Unit::Ms, &[PlanTime], |s| Some(s.get(PlanTime))),
    figure("jit-time", "JIT time", Unit::Ms, JIT, |s| Some(JIT.iter().map(|m| s.get(*m)).sum())),
    figure("jit-functions", "JIT functions", Unit::Count, &[JitFunctions], |s| {
        Some(s.get(JitFunctions))
    }),
    figure("generic", "Generic plans", Unit::Count, &[GenericPlans], |s| Some(s.get(GenericPlans))),
    figure("custom", "Custom plans", Unit::Count, &[CustomPlans], |s| Some(s.get(CustomPlans))),
    figure("workers", "Workers launched", Unit::Count, &[WorkersLaunched], |s| {
        Some(s.get(WorkersLaunched))
    }),
];

const JIT: &[Measure] = &[JitGenerationTime, JitInliningTime, JitOptimizationTime, JitEmissionTime];

const fn figure(
    id: &'static str,
    label: &'static str,
    unit: Unit,
    measures: &'static [Measure],
    value: fn(&Sums) -> Option<f64>,
) -> Figure {
    Figure { id, label, unit, measures, value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_a_figure_and_every_figure_a_column() {
        let of_sets: Vec<&str> =
            COLUMN_SETS.iter().flat_map(|(.., ids)| ids.iter().copied()).collect();
        assert!(of_sets.iter().all(|id| Figure::named(id).is_some()));
        assert!(FIGURES.iter().all(|figure| of_sets.contains(&figure.id)));
        assert_eq!(Figure::named("custom").map(Figure::since), Some(13));
    }
}
