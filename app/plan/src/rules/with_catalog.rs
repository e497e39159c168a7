//! Findings checked against the catalog: an index that exists already and why it was not used,
//! stale or insufficient statistics, table sizes, current settings.

use model::{Remedy, Unit};

use super::case::{count, evidence};
use super::proposal::{IndexProposal, Proposal, Table};
use super::setting::Setting;
use super::{Case, Judged, index_parent, index_size};
use crate::catalog::{Catalog, Index, Relation};
use crate::node::Node;

/// Share of rows changed since the last ANALYZE from which statistics are old; autovacuum's default.
const STALE_SHARE: f64 = 0.1;
/// Below this correlation the rows of a range lie all over the table.
const LOW_CORRELATION: f64 = 0.5;
/// Share of the most common value from which a column is skewed.
const SKEWED_SHARE: f64 = 0.5;

/// Adds to one finding what the catalog knows.
pub(super) fn judge_with_catalog(case: &Case<'_>, catalog: &Catalog, judged: &mut Judged) {
    let node = judged.node.and_then(|at| case.plan.nodes.get(at));
    let reader = node.filter(|node| node.relation.is_some()).or_else(|| {
        case.first_child(judged.node?)
            .map(|(_, child)| child)
            .filter(|child| child.relation.is_some())
    });
    let table = reader.and_then(|node| Some((node, catalog.relation_of(node)?)));
    match (&judged.proposal, table) {
        (Proposal::Index(proposal), Some((node, relation))) => {
            let proposal = proposal.clone();
            existing_index(node, relation, &proposal, judged);
            index_parent::on_parent(relation, judged);
            index_size::name_size(relation, judged);
            if let Some(bytes) = relation.size_bytes {
                judged.finding.evidence.push(evidence("table size", bytes, Unit::Bytes));
            }
        }
        (Proposal::Analyze(_), Some((node, relation))) => statistics(node, relation, judged),
        (Proposal::Setting(setting), _) if setting.name == Setting::WORK_MEM => {
            if let Some(work_mem) = catalog.settings.get(setting.name) {
                let now = format!(" work_mem on the server is {work_mem}.");
                judged.finding.message.push_str(&now);
            }
        }
        _ => {}
    }
}

/// The first of the conditions by which a scan finds or filters its rows.
fn condition_of(node: &Node) -> String {
    let condition = ["Filter", "Index Cond", "Recheck Cond"].iter().find_map(|key| node.get(key));
    condition.unwrap_or_default().into_owned()
}

/// Replaces the proposal where an index that serves it exists already.
fn existing_index(node: &Node, relation: &Relation, proposal: &IndexProposal, judged: &mut Judged) {
    // The index that was read is not one that was left aside.
    let unused = |index: &&Index| node.index.as_ref() != Some(&index.name) || !index.indisvalid;
    let mut there = relation.indexes.iter().filter(unused);
    let Some(index) = there.find(|index| proposal.is_served_by(index)) else { return };
    let why = why_unused(node, relation, proposal, index);
    judged
        .finding
        .message
        .push_str(&format!(" The existing index {} fits, but {why}.", index.name));
    judged.finding.remedy = Remedy {
        message: format!("Do not create another index: {} exists, but {why}.", index.name),
        lock: (!index.indisvalid).then(|| {
            "Takes SHARE UPDATE EXCLUSIVE on the table; reads and writes continue.".into()
        }),
        refuted_by: Some("the index was created after this plan was made.".into()),
        ..Remedy::default()
    };
    judged.proposal =
        if index.indisvalid { Proposal::Nothing } else { Proposal::Reindex(index.name.clone()) };
}

/// Why the planner did not use an index that serves the condition.
fn why_unused(node: &Node, relation: &Relation, proposal: &IndexProposal, index: &Index) -> String {
    if !index.indisvalid {
        return "it is invalid: its build did not finish".into();
    }
    if let Some(predicate) = &index.predicate {
        return format!("it is partial, on {predicate}, which the statement does not imply");
    }
    let first = proposal.keys.first().map(|key| key.key.as_str()).unwrap_or_default();
    // That of a varchar column to text is only how PostgreSQL prints it.
    let condition = condition_of(node).replace(")::text", ")").replace(")::bpchar", ")");
    if condition.contains(&format!("({first})::")) || condition.contains(&format!(".{first})::")) {
        return format!(
            "the statement casts {first} to another type; compare it with a value of its own type"
        );
    }
    if condition.contains("COLLATE") {
        return "the statement compares in another collation".into();
    }
    let column = relation.columns.iter().find(|column| column.name == first);
    let correlation = column.and_then(|column| column.correlation);
    match correlation.filter(|value| value.abs() < LOW_CORRELATION) {
        Some(correlation) => format!(
            "its rows are scattered over the table (correlation {correlation:.2}), so that reading it as a whole looked cheaper"
        ),
        None => {
            "the planner considered it more expensive; check random_page_cost and the estimates"
                .into()
        }
    }
}

/// Says whether stale statistics explain a misestimate, and what to do if they do not.
fn statistics(node: &Node, relation: &Relation, judged: &mut Judged) {
    let rows = relation.reltuples.filter(|rows| *rows > 0.0);
    let changed = relation.n_mod_since_analyze.unwrap_or(0.0);
    let table = Table::of_relation(relation);
    if relation.analyze_age_seconds.is_none() && rows.is_none() {
        judged.finding.message.push_str(&format!(" {table} has never been analyzed."));
    } else if changed > rows.unwrap_or(0.0) * STALE_SHARE {
        let age = relation
            .analyze_age_seconds
            .map(|seconds| format!(" {} ago", model::duration(seconds * 1_000.0)));
        judged.finding.message.push_str(&format!(
            " {} rows of {table} have changed since its last ANALYZE{}.",
            count(changed),
            age.unwrap_or_default()
        ));
        judged.finding.evidence.push(evidence("rows changed since ANALYZE", changed, Unit::Count));
    } else {
        fresh_statistics(node, relation, table, judged);
    }
}

/// Statistics are fresh: then columns depend on each other, or one value is very common.
fn fresh_statistics(node: &Node, relation: &Relation, table: Table, judged: &mut Judged) {
    let condition = condition_of(node);
    let mentioned = |name: &str| {
        condition.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == name)
    };
    let columns: Vec<String> = relation
        .columns
        .iter()
        .map(|column| column.name.clone())
        .filter(|name| mentioned(name))
        .collect();
    let covered = relation
        .extended
        .iter()
        .any(|own| columns.iter().all(|column| own.columns.contains(column)));
    if columns.len() > 1 && !covered {
        judged.finding.message.push_str(&format!(
            " Its statistics are fresh: {} depend on each other.",
            columns.join(", ")
        ));
        judged.finding.remedy.message =
            "Create extended statistics, which tell the planner that the columns depend on each other.".into();
        judged.proposal = Proposal::Statistics { table, columns };
        return;
    }
    let skewed = relation.columns.iter().find(|column| {
        mentioned(&column.name)
            && column.most_common_freq.is_some_and(|share| share >= SKEWED_SHARE)
    });
    if let Some(column) = skewed {
        judged.finding.message.push_str(&format!(
            " Its statistics are fresh: one value makes up {:.0} % of {}.",
            column.most_common_freq.unwrap_or(0.0) * 100.0,
            column.name
        ));
        judged.proposal = Proposal::StatisticsTarget { table, column: column.name.clone() };
    } else if relation.n_mod_since_analyze.is_some() {
        judged.finding.message.push_str(" Its statistics are fresh.");
        judged.finding.remedy.message =
            "ANALYZE changes nothing here. Of an expression, statistics are collected by CREATE STATISTICS on it; of a subquery's result there are none: rewrite it as a join.".into();
        judged.proposal = Proposal::Analyze(None);
    }
}
