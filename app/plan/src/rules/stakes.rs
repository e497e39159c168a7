//! Stakes that add up: one account of the execution's time, from which every finding takes its own.
//!
//! Each finding claims time of nodes. The deepest cause is served first; a finding most of whose
//! time another one has already is put within that one. What is left over all findings that stand
//! for themselves is never more than the execution took, and planning has an account of its own.

use std::collections::BTreeMap;

use model::Unit;
use model::quantity::number;

use super::case::evidence;
use super::claims::{Claim, Claims, Part};
use super::spoiled::spoiled;
use super::{Case, Judged, Proposal, Whole};

/// A finding stands for itself if at least this share of its time is claimed by nothing deeper.
const OWN_SHARE: f64 = 0.5;
/// Claims that differ by less than this share of the execution are served by what they propose.
const ALIKE_SHARE: f64 = 0.01;

/// Rules that show what another fault leads to, or a better way of what is done anyway: served last.
const CONSEQUENCES: [&str; 13] = [
    "plan/cold_reads",
    "plan/hash_spill",
    "plan/heap_fetches",
    "plan/io_waits",
    "plan/lossy_bitmap",
    "plan/memoize_miss",
    "plan/missing_workers",
    "plan/nested_loop_over_many_rows",
    "plan/random_page_cost",
    "plan/repeated_subplan",
    "plan/sort_spill",
    "plan/spilled_tuplestore",
    "plan/uncovered_index",
];
/// The rule whose findings are served behind all causes on the nodes themselves.
const MISESTIMATE: &str = "plan/row_misestimate";
/// Rules on temporary files, which a wrong estimate may have led to.
const SPILLS: [&str; 3] = ["plan/sort_spill", "plan/hash_spill", "plan/spilled_tuplestore"];

/// What the findings served so far hold of each account.
struct Accounts {
    /// What is left of it when time is taken off that was measured apart (compilation, triggers).
    left: Vec<f64>,
    /// What is taken of that. Two findings on one node are taken to be about the same milliseconds, so
    /// a claim finds only what it asks for beyond this.
    taken: Vec<f64>,
    /// The finding that holds the most of it.
    holders: Vec<Option<(usize, f64)>>,
    /// What is left of the execution: self times may add up to more than it.
    execution: f64,
}

impl Accounts {
    fn free_part(&self, part: &Part) -> f64 {
        let (left, taken) = (self.left.get(part.at), self.taken.get(part.at));
        left.zip(taken).map_or(0.0, |(left, taken)| (left.min(part.ms) - taken).max(0.0))
    }

    /// What a claim still finds.
    fn free(&self, claim: &[Part]) -> f64 {
        claim.iter().fold(0.0, |sum, part| sum + self.free_part(part))
    }

    /// The finding that holds most of what a claim does not find.
    fn holder(&self, claim: &[Part]) -> Option<usize> {
        let mut held: BTreeMap<usize, f64> = BTreeMap::new();
        for part in claim {
            if let Some((by, _)) = self.holders.get(part.at).copied().flatten() {
                *held.entry(by).or_default() += part.ms - self.free_part(part);
            }
        }
        held.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(by, _)| by)
    }

    /// Takes this share of what a claim still finds.
    fn take(&mut self, finding: usize, claim: &[Part], share: f64, apart: bool) {
        for part in claim {
            let ms = self.free_part(part) * share;
            let (left, taken) = (self.left.get_mut(part.at), self.taken.get_mut(part.at));
            match (left, taken) {
                (Some(left), _) if apart => *left = (*left - ms).max(0.0),
                (_, Some(taken)) => *taken += ms,
                _ => {}
            }
            if let Some(holder) = self.holders.get_mut(part.at)
                && holder.is_none_or(|(_, most)| ms > most)
            {
                *holder = Some((finding, ms));
            }
        }
    }
}

/// Settles what each finding has at stake; gives them by that, each followed by those within it.
pub(super) fn settle(case: &Case<'_>, mut found: Vec<Judged>) -> Vec<Judged> {
    let claims: Vec<Vec<Part>> =
        found.iter_mut().map(|one| merged(std::mem::take(&mut one.parts))).collect();
    let whole = case.whole_ms().unwrap_or(0.0);
    let mut accounts = accounts(case, whole);
    let mut within: Vec<Option<usize>> = vec![None; found.len()];
    for at in order(&found, &claims, whole) {
        let (Some(judged), Some(claim)) = (found.get_mut(at), claims.get(at)) else { continue };
        let Some(wanted) = judged.saves_ms else { continue };
        let claimed = total(claim);
        let most = if judged.whole == Whole::Execution { whole } else { claimed };
        let wanted = wanted.min(claimed).min(most);
        let free = accounts.free(claim);
        let holder = accounts.holder(claim).filter(|_| free < wanted * OWN_SHARE);
        if let Some(slot) = within.get_mut(at).filter(|_| holder.is_some()) {
            *slot = holder;
            lower(case, judged, wanted);
            continue;
        }
        let own = match judged.whole {
            Whole::Execution => wanted.min(free).min(accounts.execution),
            Whole::Planning => wanted.min(free),
        };
        let share = if free > 0.0 { own / free } else { 0.0 };
        accounts.take(at, claim, share, is_apart(judged));
        if judged.whole == Whole::Execution {
            accounts.execution = (accounts.execution - own).max(0.0);
        }
        lower(case, judged, own);
    }
    listed(found, &within)
}

/// Resolves what each finding claims, before those of one rule are put together.
pub(super) fn claim(case: &Case<'_>, found: &mut [Judged]) {
    let mut claims = Claims::new(case);
    for judged in found.iter_mut() {
        judged.saves_ms = judged.saves_ms.filter(|ms| ms.is_finite()).map(|ms| ms.max(0.0));
        judged.parts = claims.of(judged);
    }
    // A spill that a wrong estimate led to is part of what the estimate spoiled.
    let spills: BTreeMap<usize, Vec<Part>> = found
        .iter()
        .filter(|judged| SPILLS.contains(&judged.finding.rule.as_str()))
        .filter_map(|judged| Some((judged.node?, judged.parts.clone())))
        .collect();
    for judged in found.iter_mut().filter(|judged| judged.finding.rule == MISESTIMATE) {
        let timed = judged.node.and_then(|at| case.derived.nodes.get(at)?.self_ms);
        let Some(at) = judged.node.filter(|_| timed.is_some()) else { continue };
        judged.parts = merged(spoiled(case, &mut claims, &spills, at));
        let all = total(&judged.parts);
        let ms = all.min(case.whole_ms().unwrap_or(all));
        judged.saves_ms = Some(ms);
        judged.finding.severity = case.severity(judged.saves_ms);
        if ms > 0.0 {
            let took = number(ms, Unit::Ms);
            let led_to =
                format!(" The joins, sorts and scans that were chosen for it took {took}.");
            judged.finding.message.push_str(&led_to);
            judged.finding.evidence.push(evidence("time of what was chosen for it", ms, Unit::Ms));
        }
    }
}

/// Not a sum of nothing, which is −0.
fn total(parts: &[Part]) -> f64 {
    parts.iter().fold(0.0, |sum, part| sum + part.ms)
}

/// The same parts, each account once.
fn merged(parts: Vec<Part>) -> Vec<Part> {
    let mut by_account: BTreeMap<usize, f64> = BTreeMap::new();
    for part in parts {
        *by_account.entry(part.at).or_default() += part.ms;
    }
    by_account.into_iter().map(|(at, ms)| Part { at, ms }).collect()
}

fn accounts(case: &Case<'_>, whole: f64) -> Accounts {
    let mut left: Vec<f64> =
        case.derived.nodes.iter().map(|own| own.self_ms.unwrap_or(0.0)).collect();
    left.push(case.outside_ms());
    left.push(case.plan.planning_ms().unwrap_or(0.0));
    let count = left.len();
    Accounts { left, taken: vec![0.0; count], holders: vec![None; count], execution: whole }
}

/// Whether the time was measured as such: it is no node's, wherever it was spent.
fn is_apart(judged: &Judged) -> bool {
    judged.node.is_none() || matches!(judged.claim, Claim::Outside | Claim::Planning)
}

/// The order in which findings are served: time that was measured as such, faults of the nodes
/// themselves, wrong estimates, consequences; then the greater claim, then what offers an index, then
/// the deeper node.
fn order(found: &[Judged], claims: &[Vec<Part>], whole: f64) -> Vec<usize> {
    let key = |at: &usize| {
        let (Some(judged), Some(claim)) = (found.get(*at), claims.get(*at)) else {
            return (u8::MAX, 0, 0, 0);
        };
        let rule = judged.finding.rule.as_str();
        let depth = match rule {
            _ if is_apart(judged) => 0,
            MISESTIMATE => 2,
            _ if CONSEQUENCES.contains(&rule) => 3,
            _ => 1,
        };
        let claimed = total(claim);
        let steps = (claimed / (whole * ALIKE_SHARE).max(0.001)).round() as i64;
        let offers = match judged.proposal {
            Proposal::Index(_) => 0,
            Proposal::Nothing | Proposal::Analyze(None) => 2,
            _ => 1,
        };
        let node = judged.node.and_then(|node| i64::try_from(node).ok()).unwrap_or(0);
        (depth, steps.saturating_neg(), offers, node.saturating_neg())
    };
    let mut order: Vec<usize> = (0..found.len()).collect();
    order.sort_by_cached_key(key);
    order
}

/// Lowers a stake, and the severity with it where it was lowered.
fn lower(case: &Case<'_>, judged: &mut Judged, ms: f64) {
    if judged.saves_ms.is_some_and(|saves| ms < saves) {
        judged.saves_ms = Some(ms);
        judged.finding.severity = judged.finding.severity.min(case.severity(Some(ms)));
    }
}

/// The findings by the time they could save, then by severity; those within another one behind it.
fn listed(found: Vec<Judged>, within: &[Option<usize>]) -> Vec<Judged> {
    let rank = |judged: &Judged| (judged.saves_ms.unwrap_or(0.0), judged.finding.severity);
    let mut ranked: Vec<(usize, Judged)> = found.into_iter().enumerate().collect();
    ranked.sort_by(|(_, a), (_, b)| {
        let ((a_ms, a_severity), (b_ms, b_severity)) = (rank(a), rank(b));
        b_ms.total_cmp(&a_ms).then(b_severity.cmp(&a_severity))
    });
    let mut heads = vec![];
    let mut members: BTreeMap<usize, Vec<Judged>> = BTreeMap::new();
    for (at, judged) in ranked {
        match within.get(at).copied().flatten() {
            Some(head) => members.entry(head).or_default().push(judged),
            None => heads.push((at, judged)),
        }
    }
    let mut listed: Vec<Judged> = vec![];
    for (at, judged) in heads {
        let place = listed.len();
        listed.push(judged);
        for mut member in members.remove(&at).unwrap_or_default() {
            member.within = Some(place);
            listed.push(member);
        }
    }
    listed
}
