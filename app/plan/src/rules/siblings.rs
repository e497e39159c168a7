//! Findings of one rule on the partitions of a table, or on the arms of a UNION ALL, as one finding.

use std::collections::BTreeMap;

use super::case::count;
use super::proposal::Proposal;
use super::{Case, Judged};

/// Puts those of one rule that stand below one Append together; the first one speaks for all.
pub(super) fn together(case: &Case<'_>, found: Vec<Judged>) -> Vec<Judged> {
    let mut of: BTreeMap<(usize, String), Vec<Judged>> = BTreeMap::new();
    let mut all = vec![];
    for judged in found {
        match append_above(case, &judged) {
            Some(above) => of.entry((above, judged.finding.rule.clone())).or_default().push(judged),
            None => all.push(judged),
        }
    }
    all.extend(of.into_iter().flat_map(|((above, _), siblings)| one_of(case, above, siblings)));
    all
}

/// The Append that a finding's node stands right below, where it is about a scan of a table.
fn append_above(case: &Case<'_>, judged: &Judged) -> Option<usize> {
    let node = case.plan.nodes.get(judged.node?)?;
    let above = node.parent.filter(|_| node.relation.is_some())?;
    let kind = &case.plan.nodes.get(above)?.kind;
    matches!(kind.as_str(), "Append" | "Merge Append").then_some(above)
}

fn one_of(case: &Case<'_>, above: usize, siblings: Vec<Judged>) -> Vec<Judged> {
    if siblings.len() < 2 {
        return siblings;
    }
    let others = siblings.len().saturating_sub(1) as f64;
    let times: Option<f64> = siblings.iter().map(|one| one.saves_ms).sum();
    let parts = siblings.iter().flat_map(|one| one.parts.iter().copied()).collect();
    let worst =
        |a: &Judged, b: &Judged| a.saves_ms.unwrap_or(0.0).total_cmp(&b.saves_ms.unwrap_or(0.0));
    // With the catalog an index is proposed on the partitioned table itself, by each of them.
    let common = siblings.first().map(|one| one.proposal.clone());
    let common = common.filter(|_| {
        siblings.windows(2).all(|pair| matches!(pair, [a, b] if a.proposal == b.proposal))
    });
    let Some(mut one) = siblings.into_iter().max_by(worst) else { return vec![] };
    (one.saves_ms, one.parts) = (times, parts);
    one.finding.severity = case.severity(times);
    let parent = case.plan.nodes.get(above).map(|node| node.kind.as_str()).unwrap_or_default();
    one.finding
        .message
        .push_str(&format!(" The same holds for {} more below the {parent}.", count(others)));
    if let Some(common) = common {
        one.proposal = common;
        return vec![one];
    }
    if !matches!(one.proposal, Proposal::Nothing) {
        one.finding.remedy.message.push_str(
            " The plan does not name the partitioned table: change it there, and all partitions follow; of a UNION ALL change each table.",
        );
    }
    one.proposal = Proposal::Nothing;
    vec![one]
}
