//! The rule registry: a rule is data (`About`) plus one pure function, and its id is its path.

use std::collections::BTreeMap;

use model::finding::LimitEntry;
use model::{About, Finding, Known, Limit, NotChecked, RuleEntry};

/// A rule of an area. `judge` is not run to a verdict on unknown evidence: it hands the reason on
/// with `?`, and the page shows the rule as not checked.
pub struct Rule<E: 'static> {
    /// `area/rule`, the path of its file.
    pub id: &'static str,
    /// What it says about itself.
    pub about: &'static About,
    /// The verdict on the evidence under the limits in force.
    pub judge: fn(&E, &InForce<'_>) -> Known<Vec<Finding>>,
}

/// Declares the rules of an area: `rules! { Activity, "activity": long_transaction, … }` makes the
/// modules and the list `RULES`.
macro_rules! rules {
    ($evidence:ty, $area:literal: $($name:ident),+ $(,)?) => {
        $(pub mod $name;)+
        /// The rules of this area.
        pub const RULES: &[$crate::rules::Rule<$evidence>] = &[$($crate::rules::Rule {
            id: concat!($area, "/", stringify!($name)),
            about: &$name::ABOUT,
            judge: $name::$name,
        }),+];
    };
}
pub(crate) use rules;

/// Limits set in the configuration: rule id, limit name, value.
#[derive(Clone, Debug, Default)]
pub struct Limits(BTreeMap<(String, String), f64>);

impl Limits {
    /// Sets a limit of a rule. Error: one sentence, when there is no such rule or limit.
    pub fn set(&mut self, rule: &str, limit: &str, value: f64) -> Result<(), String> {
        let Some(about) = known().find(|(id, _)| *id == rule).map(|(_, about)| about) else {
            return Err(format!("There is no rule “{rule}”; /rules lists them."));
        };
        if !value.is_finite() || value < 0.0 {
            return Err(format!("The limit {limit} of {rule} must be zero or more."));
        }
        if !about.limits.iter().any(|known| known.name == limit) {
            let names: Vec<_> = about.limits.iter().map(|limit| limit.name).collect();
            return Err(format!(
                "The rule {rule} has no limit “{limit}”; it has {}.",
                names.join(", ")
            ));
        }
        self.0.insert((rule.to_owned(), limit.to_owned()), value);
        Ok(())
    }

    /// The limits set for rules on plans.
    pub fn of_plans(&self) -> plan::rules::Limits {
        let is_of_plans = |((rule, _), _): &(&(String, String), &f64)| rule.starts_with("plan/");
        self.0.iter().filter(is_of_plans).map(|(key, value)| (key.clone(), *value)).collect()
    }

    fn get(&self, rule: &str, limit: &Limit) -> f64 {
        self.0.get(&(rule.to_owned(), limit.name.to_owned())).copied().unwrap_or(limit.default)
    }
}

/// The limits in force for one rule.
pub struct InForce<'a> {
    rule: &'static str,
    limits: &'a Limits,
}

impl InForce<'_> {
    /// The rule's id, for its findings.
    pub fn rule(&self) -> String {
        self.rule.to_owned()
    }

    /// The value of a limit.
    pub fn get(&self, limit: &Limit) -> f64 {
        self.limits.get(self.rule, limit)
    }
}

/// Runs one rule.
pub fn run<E>(rule: &Rule<E>, evidence: &E, limits: &Limits) -> Known<Vec<Finding>> {
    (rule.judge)(evidence, &InForce { rule: rule.id, limits })
}

/// Runs all rules of an area: findings, worst first, and the rules that could not be run.
pub fn judge<E>(
    rules: &[Rule<E>],
    evidence: &E,
    limits: &Limits,
) -> (Vec<Finding>, Vec<NotChecked>) {
    let (mut findings, mut not_checked) = (Vec::new(), Vec::new());
    for rule in rules {
        match run(rule, evidence, limits) {
            Ok(found) => findings.extend(found),
            Err(reason) => not_checked.push(NotChecked { rule: rule.id.to_owned(), reason }),
        }
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    (findings, not_checked)
}

/// Every rule there is, of areas and of plans: its id and what it says about itself.
pub fn known() -> impl Iterator<Item = (&'static str, &'static About)> {
    crate::areas::abouts().chain(plan::rules::RULES.iter().map(|rule| (rule.id, rule.about)))
}

/// A rule as listed at `/rules`.
pub fn entry(id: &str, about: &About, limits: &Limits) -> RuleEntry {
    RuleEntry {
        id: id.to_owned(),
        title: about.title.to_owned(),
        effect: about.effect.to_owned(),
        remedy: about.remedy.to_owned(),
        docs: about.docs.to_owned(),
        limits: about
            .limits
            .iter()
            .map(|limit| LimitEntry {
                name: limit.name.to_owned(),
                value: limits.get(id, limit),
                default: limit.default,
                unit: limit.unit,
                source: limit.source.to_owned(),
            })
            .collect(),
    }
}
