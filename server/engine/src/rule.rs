//! Rules on areas: `model::rule` with an area's reading as evidence and `Reason` for what is unknown.

use model::{Finding, Known, NotChecked};

pub use model::rule::{InForce, Limits};
pub(crate) use model::rules;

/// A rule on an area's reading `E`. Unknown evidence is handed on with `?`, never judged: the page
/// shows the rule as not checked.
pub type Rule<E> = model::rule::Rule<fn(&E, &InForce<'_>) -> Known<Vec<Finding>>>;

/// Runs one rule.
pub fn run<E>(rule: &Rule<E>, evidence: &E, limits: &Limits) -> Known<Vec<Finding>> {
    model::rule::run(rule, limits, |judge, in_force| judge(evidence, in_force))
}

/// Runs all rules of an area: findings, ranked, and the rules that could not be run.
pub fn judge<E>(
    rules: &[Rule<E>],
    evidence: &E,
    limits: &Limits,
) -> (Vec<Finding>, Vec<NotChecked>) {
    let (findings, unknown) =
        model::rule::judge(rules, limits, |judge, in_force| judge(evidence, in_force));
    let not_checked = unknown
        .into_iter()
        .map(|(rule, reason)| NotChecked { rule: rule.to_owned(), reason })
        .collect();
    (model::ranking::ranked(findings), not_checked)
}
