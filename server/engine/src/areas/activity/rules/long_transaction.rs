//! Rule: a transaction is open for so long that it holds back vacuum.

use model::activity::{Activity, Session};
use model::{About, Evidence, Finding, Harm, Known, Limit, Object, Remedy, Severity, Unit};

use crate::rule::InForce;

/// Age at which the rule warns, seconds.
const WARN_FROM_S: Limit = Limit {
    name: "warn_from_s",
    default: 300.0,
    unit: Unit::Seconds,
    source: "an OLTP transaction takes milliseconds; five minutes is a report or a mistake",
};
/// Age at which it is critical, seconds.
const CRITICAL_FROM_S: Limit = Limit {
    name: "critical_from_s",
    default: 3_600.0,
    unit: Unit::Seconds,
    source: "an hour of dead tuples on a busy table",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "A transaction has been open for a long time",
    effect: "Vacuum cannot remove tuples that died after it began, in any table of its database; it keeps its locks.",
    remedy: "Let it finish or cancel it; move long reports to a standby; set transaction_timeout (17) or statement_timeout for the role.",
    docs: "https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-SPACE-RECOVERY",
    limits: &[WARN_FROM_S, CRITICAL_FROM_S],
};

/// Judges active client transactions; those idle in transaction have a rule of their own.
pub fn long_transaction(evidence: &Activity, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    evidence.others.clone()?;
    let suspects = evidence.sessions.iter().filter(|session| {
        session.is_client()
            && session.leader_pid.is_none()
            && !session.own
            && !session.is_idle_in_transaction()
    });
    Ok(suspects.filter_map(|session| judged(session, limits)).collect())
}

fn judged(session: &Session, limits: &InForce<'_>) -> Option<Finding> {
    let age_s = session.xact_age_ms? / 1_000.0;
    let severity = if age_s >= limits.get(&CRITICAL_FROM_S) {
        Severity::Critical
    } else if age_s >= limits.get(&WARN_FROM_S) {
        Severity::Warning
    } else {
        return None;
    };
    let mut numbers =
        vec![Evidence { name: "transaction age".into(), value: age_s, unit: Unit::Seconds }];
    if let Some(xmin) = session.backend_xmin_age {
        numbers.push(Evidence {
            name: "holds back xmin by".into(),
            value: xmin as f64,
            unit: Unit::Xids,
        });
    }
    Some(Finding {
        rule: limits.rule(),
        severity,
        object: Object::Session { pid: session.pid },
        message: format!(
            "pid {}{} has had a transaction open for {}.",
            session.pid,
            super::super::named(session),
            super::super::minutes(age_s)
        ),
        evidence: numbers,
        harm: Harm::Risk { due_s: None },
        root: Some(Object::Session { pid: session.pid }),
        same_root: Vec::new(),
        remedy: Remedy {
            message: ABOUT.remedy.into(),
            sql: Some(format!("select pg_cancel_backend({});", session.pid)),
            lock: Some("None; the running statement of that session ends with an error.".into()),
            undo: Some("None: the transaction is rolled back and must be repeated.".into()),
            refuted_by: Some("A backup or a migration that is meant to take this long.".into()),
        },
    })
}
