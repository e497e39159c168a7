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
    (model::ranking::ranked(findings.into_iter().map(with_sql_that_runs)), not_checked)
}

/// A name whose bytes are not of our encoding is shown with U+FFFD in it, and no statement finds it under
/// that name.
fn with_sql_that_runs(mut finding: Finding) -> Finding {
    let remedy = &mut finding.remedy;
    if remedy.sql.as_ref().is_some_and(|sql| sql.contains('\u{fffd}')) {
        (remedy.sql, remedy.lock, remedy.undo) = (None, None, None);
        remedy.message.push_str(
            " pgdeck cannot write the statement: the name holds bytes of another encoding.",
        );
    }
    finding
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{About, Harm, Object, Remedy, Severity};

    const ABOUT: About = About { title: "", effect: "", remedy: "", docs: "", limits: &[] };

    fn named(name: &&str, limits: &InForce<'_>) -> Known<Vec<Finding>> {
        Ok(vec![Finding {
            rule: limits.rule(),
            severity: Severity::Warning,
            object: Object::PreparedTransaction { gid: (*name).to_owned() },
            message: String::new(),
            evidence: vec![],
            remedy: Remedy {
                message: "End it.".into(),
                sql: Some(format!("rollback prepared '{name}';")),
                lock: Some("None.".into()),
                ..Remedy::default()
            },
            harm: Harm::Hygiene,
            root: None,
            same_root: vec![],
        }])
    }

    #[test]
    fn a_statement_with_a_name_that_was_not_readable_is_not_offered() {
        let rules: [Rule<&'static str>; 1] =
            [Rule { id: "test/named", about: &ABOUT, judge: named }];
        let remedy = |name: &'static str| {
            let (findings, _) = judge(&rules, &name, &Limits::default());
            findings.into_iter().next().map(|finding| finding.remedy).unwrap_or_default()
        };
        assert_eq!(remedy("café").sql.as_deref(), Some("rollback prepared 'café';"));
        let unreadable = remedy("caf\u{fffd}");
        assert_eq!((unreadable.sql, unreadable.lock), (None, None));
        assert!(unreadable.message.ends_with("bytes of another encoding."));
    }
}
