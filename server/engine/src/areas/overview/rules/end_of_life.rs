//! Rule: the server's major gets no more minor releases, or soon will not.

use model::overview::Overview;
use model::version::{LIVES, life_of};
use model::{About, Evidence, Finding, Harm, Known, Limit, Reason, Remedy, Severity, Unit};

use crate::rule::InForce;

/// How long before the end it is said.
const AHEAD_DAYS: Limit = Limit {
    name: "ahead_days",
    default: 180.0,
    unit: Unit::Count,
    source: "half a year: an upgrade to another major is a project with tests of its own",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "The major version is at its end of life",
    effect: "The PostgreSQL project makes no more minor releases of it: faults and security holes found from then on stay.",
    remedy: "Plan the upgrade to a supported major, with pg_upgrade, or with logical replication for a short switch-over.",
    docs: "https://www.postgresql.org/support/versioning/",
    limits: &[AHEAD_DAYS],
};

/// Judges the major by the time of the newest reading.
pub fn end_of_life(evidence: &Overview, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let major = evidence.facts.major;
    let now_ms = evidence.windows.last().ok_or(Reason::NeedsTwoReadings)?.at_ms;
    // A major newer than those listed ends after them.
    let Some(life) = life_of(major) else { return Ok(vec![]) };
    let left_ms = life.ends.ms().saturating_sub(now_ms) as f64;
    if left_ms > limits.get(&AHEAD_DAYS) * 86_400_000.0 {
        return Ok(vec![]);
    }
    let past = left_ms <= 0.0;
    let message = if past {
        format!(
            "PostgreSQL {major} reached its end of life on {}: it gets no more fixes, not even of security holes.",
            life.ends
        )
    } else {
        format!(
            "PostgreSQL {major} reaches its end of life on {}, in {}.",
            life.ends,
            model::duration(left_ms)
        )
    };
    let newest = LIVES.last().filter(|newest| newest.major > major && newest.ends.ms() > now_ms);
    let newest = newest.map_or(String::new(), |newest| {
        format!(" PostgreSQL {} is supported until {}.", newest.major, newest.ends)
    });
    Ok(vec![Finding {
        rule: limits.rule(),
        severity: Severity::Info,
        object: format!("PostgreSQL {major}").into(),
        message,
        evidence: vec![Evidence {
            name: if past { "past its end for" } else { "left" }.into(),
            value: left_ms.abs(),
            unit: Unit::Ms,
        }],
        harm: Harm::Hygiene,
        root: None,
        same_root: Vec::new(),
        remedy: Remedy {
            message: format!("{}{newest}", ABOUT.remedy),
            refuted_by: Some(
                "a vendor still maintains this major, such as a cloud provider's extended support."
                    .into(),
            ),
            ..Remedy::default()
        },
    }])
}
