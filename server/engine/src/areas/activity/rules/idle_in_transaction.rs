//! Rule: a session is idle in transaction for too long.

use model::activity::{Activity, Session};
use model::{About, Evidence, Finding, Harm, Known, Limit, Object, Remedy, Severity, Unit};

use crate::rule::InForce;

/// Time idle in transaction at which the rule warns, seconds.
const WARN_FROM_S: Limit = Limit {
    name: "warn_from_s",
    default: 60.0,
    unit: Unit::Seconds,
    source: "an application that is idle in a transaction for a minute has usually forgotten it",
};
/// Time at which it is critical, seconds.
const CRITICAL_FROM_S: Limit = Limit {
    name: "critical_from_s",
    default: 600.0,
    unit: Unit::Seconds,
    source: "ten minutes of locks and of a held xmin horizon",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "A session is idle in transaction",
    effect: "It keeps its locks and keeps vacuum from removing dead tuples, while doing no work.",
    remedy: "End the session; set idle_in_transaction_session_timeout for the role; fix the application's transaction handling.",
    docs: "https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-IDLE-IN-TRANSACTION-SESSION-TIMEOUT",
    limits: &[WARN_FROM_S, CRITICAL_FROM_S],
};

/// Judges client sessions by the time they have been idle in transaction.
pub fn idle_in_transaction(evidence: &Activity, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    evidence.others.clone()?;
    let idle = evidence.sessions.iter().filter(|session| session.is_idle_in_transaction());
    Ok(idle.filter_map(|session| judged(session, limits)).collect())
}

fn judged(session: &Session, limits: &InForce<'_>) -> Option<Finding> {
    let idle_s = session.state_age_ms? / 1_000.0;
    let severity = if idle_s >= limits.get(&CRITICAL_FROM_S) {
        Severity::Critical
    } else if idle_s >= limits.get(&WARN_FROM_S) {
        Severity::Warning
    } else {
        return None;
    };
    let mut numbers =
        vec![Evidence { name: "idle in transaction".into(), value: idle_s, unit: Unit::Seconds }];
    if let Some(xact_ms) = session.xact_age_ms {
        numbers.push(Evidence {
            name: "transaction age".into(),
            value: xact_ms / 1_000.0,
            unit: Unit::Seconds,
        });
    }
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
            "pid {}{} has been idle in transaction for {}.",
            session.pid,
            super::super::named(session),
            super::super::minutes(idle_s)
        ),
        evidence: numbers,
        harm: Harm::Risk { due_s: None },
        root: Some(Object::Session { pid: session.pid }),
        same_root: Vec::new(),
        remedy: Remedy {
            message: ABOUT.remedy.into(),
            sql: Some(format!("select pg_terminate_backend({});", session.pid)),
            lock: Some("None; the session ends and its locks are released.".into()),
            undo: Some("None: its transaction is rolled back.".into()),
            refuted_by: Some("Somebody at a psql prompt who knows what the session holds.".into()),
        },
    })
}
