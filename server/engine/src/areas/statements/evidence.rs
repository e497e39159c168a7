//! What the rules of this area have in common: how long they look, and their numbers.

use model::statements::{Key, Statements, Window};
use model::{Evidence, Finding, Harm, Known, Object, Reason, Remedy, Severity, Unit};

use crate::rule::InForce;

/// The window, once it covers that many seconds.
pub fn watched_for(statements: &Statements, seconds: f64) -> Known<&Window> {
    let window = statements.window()?;
    if (window.covered_ms as f64) < 1_000.0 * seconds {
        return Err(Reason::NeedsReadings { for_s: seconds as u32 });
    }
    Ok(window)
}

/// A number of a finding.
pub fn number(name: &str, value: f64, unit: Unit) -> Evidence {
    Evidence { name: name.into(), value, unit }
}

/// A finding about a statement: what to do, and when it is no fault.
pub fn about(
    key: &Key,
    limits: &InForce<'_>,
    message: String,
    evidence: Vec<Evidence>,
    (remedy, refuted_by): (&str, &str),
) -> Finding {
    Finding {
        rule: limits.rule(),
        severity: Severity::Info,
        object: Object::from(format!("statement {}", key.queryid)),
        message,
        evidence,
        harm: Harm::Hygiene,
        root: None,
        same_root: Vec::new(),
        remedy: Remedy {
            message: remedy.into(),
            refuted_by: Some(refuted_by.into()),
            ..Remedy::default()
        },
    }
}
