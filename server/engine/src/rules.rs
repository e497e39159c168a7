//! The registry of all rules, of areas and of plans: their metadata and their limits.

use model::{About, RuleEntry};

use crate::areas;
use crate::rule::Limits;

/// The rules on areas that judge a stretch of time and not a moment, in their order: of a server that has just
/// been connected they say that it was not watched for long enough.
pub const JUDGED_OVER_TIME: [&str; 8] = [
    "overview/cache_misses",
    "statements/statistics_lost",
    "statements/statement_share",
    "statements/n_plus_one",
    "statements/offset_paging",
    "statements/analytical_scan",
    "statements/regression",
    "io/requested_checkpoints",
];

/// Every rule there is, those on plans last: its id and what it says about itself.
pub fn known() -> impl Iterator<Item = (&'static str, &'static About)> {
    areas::abouts().chain(plan::rules::RULES.iter().map(|rule| (rule.id, rule.about)))
}

/// The rules as listed at `/rules`.
pub fn entries(limits: &Limits) -> Vec<RuleEntry> {
    known().map(|(id, about)| model::rule::entry(id, about, limits)).collect()
}

/// Sets a limit of a rule. Error: one sentence, when there is no such rule or limit.
pub fn set_limit(limits: &mut Limits, rule: &str, limit: &str, value: f64) -> Result<(), String> {
    limits.set(known(), (rule, limit), value)
}
