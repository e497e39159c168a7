//! What one entry did in one span of time, and what that is per call.

use model::statements::{Figures, Measure, Sums};

/// What an entry did in a span that was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Span {
    /// How much of it was read, ms.
    pub covered_ms: f64,
    /// Readings in it.
    pub readings: f64,
    /// Readings in which the entry had moved.
    pub moved: f64,
    /// Calls in the reading with the most.
    pub most_calls: f64,
    /// What it did.
    pub sums: Sums,
}

/// An entry in the same hour of an earlier day, which may be a day on which it did nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Day {
    /// How many days ago.
    pub ago: u32,
    /// What it did.
    pub span: Span,
}

/// Time per call, and what can explain a change of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Costs {
    /// Executing, ms.
    pub exec_ms: f64,
    /// Planning, ms.
    pub plan_ms: f64,
    /// How often it was planned, per call.
    pub plans: f64,
    /// Rows.
    pub rows: f64,
    /// Shared and local blocks, found or read.
    pub blocks: f64,
    /// Shared and local blocks, read.
    pub read: f64,
    /// Time reading these, ms.
    pub read_ms: f64,
    /// Temporary blocks, read or written.
    pub temp: f64,
    /// Time for these, ms.
    pub temp_ms: f64,
    /// Time compiling, ms.
    pub jit_ms: f64,
    /// Share of calls with a generic plan, of those that say which they had.
    pub generic: f64,
}

impl Span {
    /// Calls.
    pub fn calls(&self) -> f64 {
        self.sums.get(Measure::Calls)
    }

    /// Calls per ms.
    pub fn rate(&self) -> f64 {
        self.calls() / self.covered_ms.max(1.0)
    }

    /// The rate of the reading with the most calls.
    pub fn peak_rate(&self) -> f64 {
        let each_ms = self.covered_ms / self.readings.max(1.0);
        self.most_calls / each_ms.max(1.0)
    }

    /// Per call; zeros without one.
    pub fn costs(&self) -> Costs {
        let calls = self.calls();
        if calls <= 0.0 {
            return Costs::default();
        }
        let of =
            |measures: &[Measure]| measures.iter().map(|m| self.sums.get(*m)).sum::<f64>() / calls;
        let (generic, custom) = (of(&[Measure::GenericPlans]), of(&[Measure::CustomPlans]));
        Costs {
            exec_ms: of(&[Measure::ExecTime]),
            plan_ms: of(&[Measure::PlanTime]),
            plans: of(&[Measure::Plans]),
            rows: of(&[Measure::Rows]),
            blocks: of(&BLOCKS),
            read: of(&[Measure::SharedRead, Measure::LocalRead]),
            read_ms: of(&[Measure::SharedReadTime, Measure::LocalReadTime]),
            temp: of(&[Measure::TempRead, Measure::TempWritten]),
            temp_ms: of(&[Measure::TempReadTime, Measure::TempWriteTime]),
            jit_ms: of(&JIT),
            generic: if generic + custom > 0.0 { generic / (generic + custom) } else { 0.0 },
        }
    }
}

const BLOCKS: [Measure; 4] =
    [Measure::SharedHit, Measure::SharedRead, Measure::LocalHit, Measure::LocalRead];
const JIT: [Measure; 4] = [
    Measure::JitGenerationTime,
    Measure::JitInliningTime,
    Measure::JitOptimizationTime,
    Measure::JitEmissionTime,
];

/// What is read of earlier days.
pub const MEASURES: [Measure; 21] = [
    Measure::Calls,
    Measure::Rows,
    Measure::ExecTime,
    Measure::SharedHit,
    Measure::SharedRead,
    Measure::LocalHit,
    Measure::LocalRead,
    Measure::TempRead,
    Measure::TempWritten,
    Measure::SharedReadTime,
    Measure::LocalReadTime,
    Measure::TempReadTime,
    Measure::TempWriteTime,
    Measure::Plans,
    Measure::PlanTime,
    Measure::JitGenerationTime,
    Measure::JitInliningTime,
    Measure::JitOptimizationTime,
    Measure::JitEmissionTime,
    Measure::GenericPlans,
    Measure::CustomPlans,
];

impl Costs {
    /// Time per call, ms, with planning or without.
    pub const fn time_ms(&self, with_planning: bool) -> f64 {
        if with_planning { self.exec_ms + self.plan_ms } else { self.exec_ms }
    }

    /// What people are shown.
    pub const fn figures(&self, calls_per_ms: f64, with_planning: bool) -> Figures {
        Figures {
            calls_per_s: 1_000.0 * calls_per_ms,
            time_ms: self.time_ms(with_planning),
            rows: self.rows,
            blocks: self.blocks,
            blocks_read: self.read,
            temp_blocks: self.temp,
        }
    }
}
