//! Plans of statements that were seen.

use serde::{Deserialize, Serialize};

use crate::error::ApiError;
use crate::named::named;

/// How a plan was had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanSource {
    /// Planned without values: the plan that fits any.
    Generic,
    /// Planned for values that a person gave.
    RealParameters,
    /// Planned for the most common values of the columns.
    CommonValues,
    /// Planned for the values that a session ran it with.
    SessionValues,
    /// Executed, and logged by auto_explain.
    AutoExplain,
}

impl PlanSource {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Generic,
        Self::RealParameters,
        Self::CommonValues,
        Self::SessionValues,
        Self::AutoExplain,
    ];

    /// The word in the history.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::RealParameters => "real_parameters",
            Self::CommonValues => "common_values",
            Self::SessionValues => "session_values",
            Self::AutoExplain => "auto_explain",
        }
    }

    /// What people read.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Generic => "planned without values",
            Self::RealParameters => "planned for given values",
            Self::CommonValues => "planned for the most common values",
            Self::SessionValues => "planned for the values of a session",
            Self::AutoExplain => "executed, by auto_explain from the log",
        }
    }

    /// Whether each look may have other values: then plans may alternate, which is no change.
    pub const fn has_values_of_its_own(self) -> bool {
        matches!(self, Self::RealParameters | Self::SessionValues | Self::AutoExplain)
    }
}
named!(PlanSource);

/// A plan of a statement that was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeenPlan {
    /// The database.
    pub database: String,
    /// How it was had.
    pub source: PlanSource,
    /// What it does, in one line.
    pub line: String,
    /// Its total cost by the planner, when it was seen first.
    pub cost: Option<f64>,
    /// How long the run took that it was seen in first, ms; None where it was planned only.
    #[serde(default)]
    pub took_ms: Option<f64>,
    /// When it was seen first, ms since the epoch.
    pub first_ms: i64,
    /// When it was seen last.
    pub last_ms: i64,
    /// The plan as JSON, without values.
    pub plan: String,
    /// The place of the plan before it that was had in the same way.
    pub before: Option<usize>,
    /// What is different from that one, a sentence each.
    pub changes: Vec<String>,
}

/// That a plan was looked for, and why none was had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanLook {
    /// The statement.
    pub queryid: i64,
    /// The database.
    pub database: String,
    /// How one was to be had.
    pub source: PlanSource,
    /// When, ms since the epoch.
    pub at_ms: i64,
    /// Why there is no plan; None where there is one.
    pub failure: Option<String>,
}

/// What came of looking for a statement's plans at once, for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedNow {
    /// When, ms since the epoch.
    pub at_ms: i64,
    /// The ways in which a plan was had.
    pub had: Vec<PlanSource>,
    /// Why there is none in the other ways, a sentence each.
    pub failures: Vec<String>,
}

/// What the button "Plan it now" of a statement needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanNow {
    /// Databases that it ran in, the costliest first.
    pub databases: Vec<String>,
    /// Why nothing can be planned.
    pub refusal: Option<String>,
    /// What came of a form that was sent without JavaScript.
    pub sent: Option<Result<PlannedNow, ApiError>>,
}

/// What is known of a statement's plans.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SeenPlans {
    /// Newest first.
    pub plans: Vec<SeenPlan>,
    /// The newest looks at it that gave no plan.
    pub failures: Vec<PlanLook>,
    /// Whether a history is kept: without one none is looked for.
    pub is_kept: bool,
}
