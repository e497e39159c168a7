//! What became of statements, compared with the same hour of earlier days: slower, more frequent, new, gone;
//! and what explains it.

use serde::{Deserialize, Serialize};

use super::tick::Key;
use crate::finding::Unit;

macro_rules! words {
    ($(#[$type_doc:meta])* $type:ident { $($(#[$doc:meta])* $name:ident $word:literal;)+ }) => {
        $(#[$type_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $type { $($(#[$doc])* $name,)+ }

        impl $type {
            const COUNT: usize = [$(Self::$name),+].len();

            /// All of them.
            pub const ALL: [Self; Self::COUNT] = [$(Self::$name),+];

            /// In a few words.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }
        }
        crate::named::named!($type);
    };
}

words! {
    /// What changed.
    Change {
        /// An execution takes longer.
        Slower "slower";
        /// It runs more often.
        MoreCalls "more calls";
        /// An execution returns or changes more rows, in about the same time.
        MoreRows "more rows per call";
        /// An execution touches more blocks, in about the same time.
        MoreBlocks "more blocks per call";
        /// It was not there on earlier days.
        New "new";
        /// It ran all the time and does no longer.
        Gone "gone";
        /// It looks slower, but its times vary too much, or it ran too seldom, to say so.
        TooNoisy "too noisy to say";
    }
}

impl Change {
    /// Whether it says that something is not what it was.
    pub fn is_accusation(self) -> bool {
        self != Self::TooNoisy
    }
}

words! {
    /// What can explain a change.
    CauseKind {
        /// It is run more often.
        Traffic "traffic";
        /// An execution returns or changes more rows.
        Rows "rows";
        /// An execution touches more blocks for as many rows: an index is missing, the plan is another, or
        /// what it reads has grown.
        Blocks "blocks";
        /// What no longer fits into memory goes through temporary files.
        Temp "temporary files";
        /// Blocks that were in shared buffers have to be read.
        Cache "cache";
        /// Planning takes longer.
        Planning "planning";
        /// Its plan is another one than before.
        PlanFlip "another plan";
        /// It runs with a generic plan where it had one for its values, or the other way round.
        GenericPlan "generic plan";
        /// Its plan is compiled.
        Jit "JIT";
        /// Its sessions wait for something, as sampled.
        Waits "waits";
    }
}

/// A cause that explains at least half of a change, and the numbers that say so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cause {
    /// Which.
    pub kind: CauseKind,
    /// How much of the change it explains, percent.
    pub explains_percent: f64,
    /// What the number is.
    pub what: String,
    /// It before.
    pub before: f64,
    /// It now.
    pub now: f64,
    /// Its unit.
    pub unit: Unit,
}

/// What an execution took, on average.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Executions per second.
    pub calls_per_s: f64,
    /// Time of an execution, ms; with planning where that is recorded.
    pub time_ms: f64,
    /// Rows.
    pub rows: f64,
    /// Blocks found in memory or read.
    pub blocks: f64,
    /// Of these, read.
    pub blocks_read: f64,
    /// Blocks of temporary files.
    pub temp_blocks: f64,
}

/// The last event before a change: no proof, but where to look first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventBefore {
    /// When, ms since the epoch.
    pub at_ms: i64,
    /// What kind of event, one word.
    pub kind: String,
    /// What it says in one line.
    pub title: String,
}

/// A statement that is not what it was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Regression {
    /// Which.
    pub key: Key,
    /// The name of its database.
    #[serde(default)]
    pub database: String,
    /// The name of its role.
    #[serde(default)]
    pub role: String,
    /// What changed.
    pub change: Change,
    /// Since when at the latest, ms since the epoch: begin of the first window in which it was seen.
    pub since_ms: i64,
    /// The median of the same hour of earlier days; None for what is new.
    pub before: Option<Figures>,
    /// The two windows in which it was seen; None for what is gone.
    pub now: Option<Figures>,
    /// How many days the median is of.
    pub days: u32,
    /// How many sessions more it keeps busy than before.
    pub more_sessions: f64,
    /// Its share of the time of all statements now, percent.
    pub share_percent: f64,
    /// How far off the change of the time can be by chance, ms: one standard deviation.
    pub error_ms: Option<f64>,
    /// What explains at least half of it, the first cause first.
    pub causes: Vec<Cause>,
    /// What might explain it and is not recorded on this server.
    pub unmeasured: Vec<CauseKind>,
    /// What happened shortly before.
    pub event: Option<EventBefore>,
    /// Whether it may have done more than is known: its entry was removed in between.
    pub at_least: bool,
}

/// The comparison with earlier days.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Regressions {
    /// When it was made, ms since the epoch.
    pub at_ms: i64,
    /// Begin of the first of the two windows that are compared.
    pub from_ms: i64,
    /// End of the second.
    pub to_ms: i64,
    /// Earlier days on which the server was read at this hour.
    pub days: u32,
    /// Statements that were compared.
    pub compared: i64,
    /// Statements that ran on too few of these days to be compared.
    pub without_baseline: i64,
    /// Whether so many statements are new or gone at once that their identities have changed, as after an
    /// upgrade: then none is called new or gone.
    pub renamed: bool,
    /// How many statements are slower at once without a cause of their own, where that is most of them: then
    /// it is the machine, and none of them is accused. 0 where it is not so.
    #[serde(default)]
    pub slower_together: i64,
    /// How many statements run more often at once, beyond what a busy day explains, where that is most of them:
    /// then it is the server's traffic, and none of them is accused. 0 where it is not so.
    #[serde(default)]
    pub busier_together: i64,
    /// What changed, the costliest first.
    pub found: Vec<Regression>,
}
