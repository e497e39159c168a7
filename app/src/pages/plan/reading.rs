//! Reading and comparing plans, by code that is fetched with the first plan (`parts.rs`). What is called
//! through these pointers may be called in no other way from the rest of the page.

use plan::rules::Limits;
use plan::{Catalog, ParseError};

use super::analysis::{Analysis, Compared, ParsedPlans, Shared};
use crate::live::lazy_code::LazyCode;

/// Analyses the plan at an index.
type Analyse = fn(&ParsedPlans, usize, &Limits, Option<&Catalog>) -> Option<Shared<Analysis>>;

/// Reading and judging a plan.
#[derive(Clone, Copy)]
pub struct ReadingCode {
    /// Parses a text.
    pub read: fn(String) -> Result<Shared<ParsedPlans>, ParseError>,
    /// Analyses the plan at an index.
    pub analyse: Analyse,
    /// The verdict in a sentence, and its CSS class.
    pub verdict: fn(&Analysis) -> (String, &'static str),
}

/// Comparing two plans.
#[derive(Clone, Copy)]
pub struct ComparingCode {
    /// Compares them.
    pub compare: fn(Shared<Analysis>, Shared<Analysis>) -> Shared<Compared>,
    /// The comparison in a sentence.
    pub verdict: fn(&Compared) -> String,
}

/// Fetched with the first plan, and `code::REPORT` with it.
pub static READING: LazyCode<ReadingCode> = LazyCode::new();
/// Fetched with a plan to compare with, and `code::COMPARISON` with it.
pub static COMPARING: LazyCode<ComparingCode> = LazyCode::new();
