//! What `pg_stat_statements` adds up for each entry, in the order in which the extension's versions
//! brought it.

use crate::finding::Unit;

macro_rules! measures {
    ($($since:literal { $($(#[$doc:meta])* $name:ident $word:literal $unit:ident;)+ })+) => {
        /// A counter of `pg_stat_statements`. Differences of it between two readings are never negative.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Measure { $($($(#[$doc])* $name,)+)+ }

        impl Measure {
            /// How many there are.
            pub const COUNT: usize = [$($(Self::$name),+),+].len();

            /// All of them, those of the oldest version first.
            pub const ALL: [Self; Self::COUNT] = [$($(Self::$name),+),+];

            /// Its name in JSON and in the history: the column's of the newest version, the unit at its end.
            pub const fn as_str(self) -> &'static str {
                match self { $($(Self::$name => $word,)+)+ }
            }

            /// The version 1.x of the extension that brought it, x.
            pub const fn since(self) -> u16 {
                match self { $($(Self::$name)|+ => $since,)+ }
            }

            /// Its unit.
            pub const fn unit(self) -> Unit {
                match self { $($(Self::$name => Unit::$unit,)+)+ }
            }
        }
    };
}

measures! {
    9 {
        /// Executions.
        Calls "calls" Count;
        /// Rows returned or affected.
        Rows "rows" Count;
        /// Time executing, ms.
        ExecTime "total_exec_time_ms" Ms;
        /// The sum of the squares of execution times, ms²: calls × (stddev² + mean²). With it the standard
        /// deviation is exact over any window.
        ExecTimeSquares "sum_squares_exec_time_ms2" Count;
        /// Shared blocks found in shared buffers.
        SharedHit "shared_blks_hit" Count;
        /// Shared blocks read.
        SharedRead "shared_blks_read" Count;
        /// Shared blocks dirtied.
        SharedDirtied "shared_blks_dirtied" Count;
        /// Shared blocks written.
        SharedWritten "shared_blks_written" Count;
        /// Local blocks found in local buffers.
        LocalHit "local_blks_hit" Count;
        /// Local blocks read.
        LocalRead "local_blks_read" Count;
        /// Local blocks dirtied.
        LocalDirtied "local_blks_dirtied" Count;
        /// Local blocks written.
        LocalWritten "local_blks_written" Count;
        /// Temporary blocks read.
        TempRead "temp_blks_read" Count;
        /// Temporary blocks written.
        TempWritten "temp_blks_written" Count;
        /// Time reading shared blocks, ms; `blk_read_time` before 1.11.
        SharedReadTime "shared_blk_read_time_ms" Ms;
        /// Time writing shared blocks, ms; `blk_write_time` before 1.11.
        SharedWriteTime "shared_blk_write_time_ms" Ms;
        /// WAL records.
        WalRecords "wal_records" Count;
        /// WAL full page images.
        WalFullPages "wal_fpi" Count;
        /// WAL.
        WalBytes "wal_bytes" Bytes;
        /// Times planned, while `pg_stat_statements.track_planning` is on.
        Plans "plans" Count;
        /// Time planning, ms.
        PlanTime "total_plan_time_ms" Ms;
    }
    10 {
        /// Time reading temporary blocks, ms.
        TempReadTime "temp_blk_read_time_ms" Ms;
        /// Time writing temporary blocks, ms.
        TempWriteTime "temp_blk_write_time_ms" Ms;
        /// Functions compiled by JIT.
        JitFunctions "jit_functions" Count;
        /// Time generating JIT code, ms.
        JitGenerationTime "jit_generation_time_ms" Ms;
        /// Times functions were inlined.
        JitInlining "jit_inlining_count" Count;
        /// Time inlining, ms.
        JitInliningTime "jit_inlining_time_ms" Ms;
        /// Times the code was optimised.
        JitOptimization "jit_optimization_count" Count;
        /// Time optimising, ms.
        JitOptimizationTime "jit_optimization_time_ms" Ms;
        /// Times code was emitted.
        JitEmission "jit_emission_count" Count;
        /// Time emitting code, ms.
        JitEmissionTime "jit_emission_time_ms" Ms;
    }
    11 {
        /// Time reading local blocks, ms.
        LocalReadTime "local_blk_read_time_ms" Ms;
        /// Time writing local blocks, ms.
        LocalWriteTime "local_blk_write_time_ms" Ms;
        /// Tuple deform functions compiled by JIT.
        JitDeform "jit_deform_count" Count;
        /// Time compiling them, ms.
        JitDeformTime "jit_deform_time_ms" Ms;
    }
    12 {
        /// Times WAL buffers were full.
        WalBuffersFull "wal_buffers_full" Count;
        /// Parallel workers planned.
        WorkersToLaunch "parallel_workers_to_launch" Count;
        /// Parallel workers launched.
        WorkersLaunched "parallel_workers_launched" Count;
    }
    13 {
        /// Executions with a generic plan.
        GenericPlans "generic_plan_calls" Count;
        /// Executions with a custom plan.
        CustomPlans "custom_plan_calls" Count;
    }
}
crate::named::named!(Measure);

impl Measure {
    /// Its bit in a set of measures.
    pub(super) const fn bit(self) -> u64 {
        1 << self as u8
    }
}
