//! Rules on plans: each is data (`About`) plus one pure function from a plan to findings.
//!
//! Rules judge the plan alone; what they propose (an index, statistics, a setting) stays data until
//! it has been checked against the catalog, where one is known, and is then rendered as SQL.

mod candidates;
mod case;
mod claims;
mod column_types;
mod columns_read;
mod conditions;
mod immutable;
mod index_parent;
mod index_proposal;
mod index_size;
mod measured;
mod proposal;
mod search;
mod setting;
mod siblings;
mod spoiled;
mod stakes;
mod with_catalog;

use model::Finding;
pub use model::rule::{InForce, Limits};
use serde::{Deserialize, Serialize};

use crate::catalog::Catalog;
use crate::derive::Derived;
use crate::node::Plan;

pub use candidates::{Candidate, candidates};
pub use case::Case;
use claims::{Claim, Part};
pub use columns_read::columns_read;
pub use proposal::{IndexKey, IndexProposal, Proposal, Table};
pub use setting::{Scope, Setting, SettingValue};

/// A finding, where it was found, and the time at stake.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// The place of the node, if it is about one.
    pub node: Option<usize>,
    /// Milliseconds that the remedy could save at most. Over the findings that are within no other
    /// one they add up to no more than the whole.
    pub saves_ms: Option<f64>,
    /// What they are part of.
    #[serde(default)]
    pub whole: Whole,
    /// The place, in the list, of the finding that this one is part of: a deeper cause claims most of
    /// the same milliseconds. It stands before this one.
    #[serde(default)]
    pub within: Option<usize>,
    /// The finding; its remedy holds the proposal as SQL.
    pub finding: Finding,
    /// What it proposes to run; does not travel.
    #[serde(skip)]
    pub proposal: Proposal,
    /// Whose time it would save.
    #[serde(skip)]
    pub(crate) claim: Claim,
    /// That time, node by node.
    #[serde(skip)]
    pub(crate) parts: Vec<Part>,
}

/// The time of which a finding has a part at stake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Whole {
    /// The execution.
    #[default]
    Execution,
    /// Planning, which comes before it.
    Planning,
}

impl Whole {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Execution => "execution",
            Self::Planning => "planning",
        }
    }
}

/// What a plan would have to print for a rule to be run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// The option of EXPLAIN.
    pub option: String,
}

/// Options that came after PostgreSQL 14.
const SINCE: [(&str, u8); 3] = [("IO", 19), ("MEMORY", 17), ("SERIALIZE", 17)];

impl Missing {
    /// Why the rule was not run and what to do, as one sentence.
    pub fn message(&self) -> String {
        let (option, how) = (&self.option, self.how());
        if self.is_setting() {
            return format!(
                "The plan was made {how}; with that setting on, EXPLAIN (ANALYZE, BUFFERS) would show what this rule needs."
            );
        }
        let since = SINCE.iter().find(|(newer, _)| option == newer);
        let since =
            since.map_or(String::new(), |(_, major)| format!(" of PostgreSQL {major} or newer"));
        format!(
            "The plan was made {how}; EXPLAIN ({option}){since} would show what this rule needs."
        )
    }

    /// How the plan was made: `without BUFFERS`, `with track_io_timing off`.
    pub fn how(&self) -> String {
        match self.is_setting() {
            true => format!("with {} off", self.option),
            false => format!("without {}", self.option),
        }
    }

    /// Whether it is a setting of the server: EXPLAIN's options are in capitals.
    fn is_setting(&self) -> bool {
        self.option.starts_with(|first: char| first.is_ascii_lowercase())
    }
}

/// What a rule on plans does; not run to a verdict on figures that are not printed.
pub type Judge = fn(&Case<'_>, &InForce<'_>) -> Result<Vec<Judged>, Missing>;
/// A rule on plans.
pub type Rule = model::rule::Rule<Judge>;

pub mod cartesian_product;
pub mod coarse_brin;
pub mod cold_reads;
pub mod compared_pairs;
pub mod cte_fence;
pub mod decompressed_rows;
pub mod disabled_node;
pub mod discarded_offset;
pub mod discarded_recursion;
pub mod filtered_index_scan;
pub mod filtered_seq_scan;
pub mod foreign_fetch;
pub mod full_page_images;
pub mod generic_plan;
pub mod gin_pending_list;
pub mod hash_spill;
pub mod heap_fetches;
pub mod inexact_index;
pub mod io_waits;
pub mod jit_cost;
pub mod late_or_filter;
pub mod leading_wildcard;
pub mod lock_wait;
pub mod lossy_bitmap;
pub mod many_blocks_per_row;
pub mod many_index_searches;
pub mod memoize_miss;
pub mod missing_workers;
pub mod multiplied_rows;
pub mod nested_loop_over_many_rows;
pub mod random_page_cost;
pub mod repeated_subplan;
pub mod row_by_row_function;
pub mod row_misestimate;
pub mod serialization_cost;
pub mod slow_planning;
pub mod slow_trigger;
pub mod sort_spill;
pub mod spilled_tuplestore;
pub mod uncovered_index;
pub mod unhashed_subplan;
pub mod unindexed_join;
pub mod unpruned_partitions;
pub mod unsorted_limit;
pub mod wrapped_column;

model::rules! {
    Rule, "plan":
    cartesian_product,
    coarse_brin,
    cold_reads,
    compared_pairs,
    cte_fence,
    decompressed_rows,
    disabled_node,
    discarded_offset,
    discarded_recursion,
    filtered_index_scan,
    filtered_seq_scan,
    foreign_fetch,
    full_page_images,
    generic_plan,
    gin_pending_list,
    hash_spill,
    heap_fetches,
    inexact_index,
    io_waits,
    jit_cost,
    late_or_filter,
    leading_wildcard,
    lock_wait,
    lossy_bitmap,
    many_blocks_per_row,
    many_index_searches,
    memoize_miss,
    missing_workers,
    multiplied_rows,
    nested_loop_over_many_rows,
    random_page_cost,
    repeated_subplan,
    row_by_row_function,
    row_misestimate,
    serialization_cost,
    slow_planning,
    slow_trigger,
    sort_spill,
    spilled_tuplestore,
    uncovered_index,
    unhashed_subplan,
    unindexed_join,
    unpruned_partitions,
    unsorted_limit,
    wrapped_column,
}

/// Of two indexes on one table for the same time, the one of the finding that stands above is offered.
fn alternatives(found: &mut [Judged]) {
    let table = |proposal: &Proposal| match proposal {
        Proposal::Index(index) => Some(index.table.clone()),
        _ => None,
    };
    let offered: Vec<Option<Table>> = found.iter().map(|one| table(&one.proposal)).collect();
    for judged in found.iter_mut() {
        let own = table(&judged.proposal);
        let above = judged.within.and_then(|head| offered.get(head));
        if own.is_some() && above == Some(&own) {
            judged.proposal = Proposal::Nothing;
            judged.finding.remedy.message.push_str(" Try the index above first.");
        }
    }
}

/// Runs all rules on a plan alone, as on a pasted one.
pub fn judge(
    plan: &Plan,
    derived: &Derived,
    limits: &Limits,
) -> (Vec<Judged>, Vec<(&'static str, Missing)>) {
    judge_with(plan, derived, limits, None)
}

/// Runs all rules: findings by the time they could save, then by severity, each followed by those
/// that are part of it; and the rules that could not be run, by id. With a catalog they also say what
/// exists already and what is old.
pub fn judge_with(
    plan: &Plan,
    derived: &Derived,
    limits: &Limits,
    catalog: Option<&Catalog>,
) -> (Vec<Judged>, Vec<(&'static str, Missing)>) {
    let mut case = Case::new(plan, derived);
    case.catalog = catalog;
    let (mut found, not_checked) =
        model::rule::judge(RULES, limits, |judge, in_force| judge(&case, in_force));
    if let Some(catalog) = catalog {
        for judged in &mut found {
            with_catalog::judge_with_catalog(&case, catalog, judged);
        }
    }
    stakes::claim(&case, &mut found);
    found = stakes::settle(&case, siblings::together(&case, found));
    alternatives(&mut found);
    let takes_statements = plan.system().is_none_or(|system| system.takes_statements());
    for judged in &mut found {
        if !takes_statements {
            judged.proposal = Proposal::Nothing;
        }
        if let Proposal::Setting(setting) = &judged.proposal {
            judged.finding.remedy.message.push_str(&setting.warning(&case));
        }
        judged.finding.remedy.sql = judged.proposal.sql();
        if judged.finding.remedy.sql.is_none() {
            // Both are about the statement.
            (judged.finding.remedy.lock, judged.finding.remedy.undo) = (None, None);
        }
    }
    (found, not_checked)
}
