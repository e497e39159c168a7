//! Rule engine: a rule is metadata (`About`) plus one pure function, run under configurable limits.
//!
//! Used for rules on areas (engine) and on plans (`plan`); the two differ only in the type of the
//! function, `J` below.

use std::collections::BTreeMap;

use crate::finding::{About, Limit, LimitEntry, RuleEntry};

/// A rule. `J` is the type of its function: `fn(&Evidence, &InForce<'_>) -> Result<Vec<F>, U>`.
/// Evidence that is unknown is handed on with `?`, and the rule is then shown as not checked.
pub struct Rule<J> {
    /// `area/rule`, the path of its file.
    pub id: &'static str,
    /// What it says about itself.
    pub about: &'static About,
    /// The verdict on the evidence under the limits in force.
    pub judge: J,
}

/// Lists the rules of a folder as `RULES`: `rules! { Rule<Activity>, "activity": long_transaction, … }`.
/// Each is a module in scope with a constant `ABOUT` and a function of the module's name.
#[macro_export]
macro_rules! rules {
    ($rule:ty, $folder:literal: $($name:ident),+ $(,)?) => {
        /// The rules of this folder.
        pub const RULES: &[$rule] = &[$($crate::rule::Rule {
            id: concat!($folder, "/", stringify!($name)),
            about: &$name::ABOUT,
            judge: $name::$name,
        }),+];
    };
}

/// Limits set in the configuration: rule id, limit name, value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits(BTreeMap<(String, String), f64>);

impl Limits {
    /// No limit set: the defaults hold.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a limit of one of the `known` rules.
    ///
    /// Error: one sentence, when there is no such rule or limit, or the value makes no sense.
    pub fn set(
        &mut self,
        known: impl IntoIterator<Item = (&'static str, &'static About)>,
        (rule, limit): (&str, &str),
        value: f64,
    ) -> Result<(), String> {
        let Some((_, about)) = known.into_iter().find(|(id, _)| *id == rule) else {
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

    /// Those set for the rules of one folder.
    pub fn of_folder(&self, folder: &str) -> Self {
        let in_folder = |rule: &str| rule.split_once('/').is_some_and(|(area, _)| area == folder);
        self.iter()
            .filter(|((rule, _), _)| in_folder(rule))
            .map(|(key, value)| (key.clone(), *value))
            .collect()
    }

    /// What was set: (rule id, limit name) and value.
    pub fn iter(&self) -> impl Iterator<Item = (&(String, String), &f64)> {
        self.0.iter()
    }

    /// The value of a rule's limit: as set, or its default.
    pub fn get(&self, rule: &str, limit: &Limit) -> f64 {
        let set = self.0.get(&(rule.to_owned(), limit.name.to_owned()));
        set.copied().unwrap_or(limit.default)
    }
}

impl FromIterator<((String, String), f64)> for Limits {
    fn from_iter<I: IntoIterator<Item = ((String, String), f64)>>(set: I) -> Self {
        Self(set.into_iter().collect())
    }
}

impl<const N: usize> From<[((String, String), f64); N]> for Limits {
    fn from(set: [((String, String), f64); N]) -> Self {
        set.into_iter().collect()
    }
}

impl IntoIterator for Limits {
    type Item = ((String, String), f64);
    type IntoIter = std::collections::btree_map::IntoIter<(String, String), f64>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
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

/// Runs one rule: `call` applies its function to the evidence.
pub fn run<J, T>(rule: &Rule<J>, limits: &Limits, call: impl Fn(&J, &InForce<'_>) -> T) -> T {
    call(&rule.judge, &InForce { rule: rule.id, limits })
}

/// What rules found, and by id why some could not be run.
pub type Verdicts<F, U> = (Vec<F>, Vec<(&'static str, U)>);

/// Runs all of them, in their order.
pub fn judge<J, F, U>(
    rules: &[Rule<J>],
    limits: &Limits,
    call: impl Fn(&J, &InForce<'_>) -> Result<Vec<F>, U>,
) -> Verdicts<F, U> {
    let (mut found, mut not_checked) = (Vec::new(), Vec::new());
    for rule in rules {
        match run(rule, limits, &call) {
            Ok(findings) => found.extend(findings),
            Err(unknown) => not_checked.push((rule.id, unknown)),
        }
    }
    (found, not_checked)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Unit;

    type Judge = fn(&f64, &InForce<'_>) -> Result<Vec<String>, &'static str>;

    mod too_big {
        use super::*;

        pub const FROM: Limit =
            Limit { name: "from", default: 5.0, unit: Unit::Count, source: "this test" };
        pub const ABOUT: About =
            About { title: "t", effect: "e", remedy: "r", docs: "d", limits: &[FROM] };

        pub fn too_big(value: &f64, limits: &InForce<'_>) -> Result<Vec<String>, &'static str> {
            let value = if value.is_nan() { Err("unknown") } else { Ok(*value) }?;
            Ok((value >= limits.get(&FROM)).then(|| limits.rule()).into_iter().collect())
        }
    }
    crate::rules! { Rule<Judge>, "test": too_big }

    fn known() -> impl Iterator<Item = (&'static str, &'static About)> {
        RULES.iter().map(|rule| (rule.id, rule.about))
    }

    fn judged(value: f64, limits: &Limits) -> Verdicts<String, &'static str> {
        judge(RULES, limits, |judge, in_force| judge(&value, in_force))
    }

    #[test]
    fn a_limit_is_the_default_until_it_is_set() {
        let mut limits = Limits::new();
        assert_eq!(judged(5.0, &limits).0, ["test/too_big"]);
        limits.set(known(), ("test/too_big", "from"), 9.0).expect("a limit");
        assert_eq!(judged(5.0, &limits).0, Vec::<String>::new());
        assert_eq!(limits.of_folder("test"), limits);
        assert_eq!(limits.of_folder("plan"), Limits::new());
    }

    #[test]
    fn unknown_evidence_is_not_checked() {
        assert_eq!(judged(f64::NAN, &Limits::new()).1, [("test/too_big", "unknown")]);
    }

    #[test]
    fn a_limit_that_does_not_exist_is_named() {
        let set = |rule, limit, value| Limits::new().set(known(), (rule, limit), value);
        assert!(set("test/nix", "from", 1.0).is_err_and(|message| message.contains("no rule")));
        assert!(
            set("test/too_big", "to", 1.0).is_err_and(|message| message.contains("it has from"))
        );
        assert!(
            set("test/too_big", "from", -1.0)
                .is_err_and(|message| message.contains("zero or more"))
        );
    }
}
