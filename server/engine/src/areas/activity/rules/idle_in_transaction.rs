//! Rule: a session is idle in transaction for too long.

use model::activity::{Activity, Session};
use model::{About, Evidence, Finding, Known, Limit, Object, Severity, Unit};

use super::held;
use crate::rule::InForce;

/// Time idle in transaction at which the rule warns, seconds.
const WARN_FROM_S: Limit = Limit {
    name: "warn_from_s",
    default: 60.0,
    unit: Unit::Seconds,
    source: "an application that is idle in a transaction for a minute has usually forgotten it",
};
/// Time at which it is critical, if it blocks others or holds xmin back beyond its limit, seconds.
const CRITICAL_FROM_S: Limit = Limit {
    name: "critical_from_s",
    default: 60.0,
    unit: Unit::Seconds,
    source: "a minute in which others are hurt and it did no work",
};
/// Time at which one that holds nothing is worth knowing of, seconds.
const INFO_FROM_S: Limit = Limit {
    name: "info_from_s",
    default: 600.0,
    unit: Unit::Seconds,
    source: "it costs a connection, and the next statement may make it hold a lock",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "A session is idle in transaction",
    effect: "It keeps its locks and keeps vacuum from removing dead tuples, while doing no work.",
    remedy: "End the session; set idle_in_transaction_session_timeout for the role; fix where the application leaves transactions open.",
    docs: "https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-IDLE-IN-TRANSACTION-SESSION-TIMEOUT",
    limits: &[WARN_FROM_S, CRITICAL_FROM_S, INFO_FROM_S, held::CRITICAL_FROM_XIDS],
};

/// Judges client sessions by the time they have been idle in transaction and by what they hold.
pub fn idle_in_transaction(evidence: &Activity, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    evidence.others.clone()?;
    evidence.blockers.clone()?;
    let idle = evidence.sessions.iter().filter(|session| session.is_idle_in_transaction());
    Ok(idle.filter_map(|session| judged(session, limits)).collect())
}

fn severity(session: &Session, idle_s: f64, limits: &InForce<'_>) -> Option<Severity> {
    if held::is_harmless(session) {
        return (idle_s >= limits.get(&INFO_FROM_S)).then_some(Severity::Info);
    }
    if idle_s >= limits.get(&CRITICAL_FROM_S)
        && held::hurts(session, limits.get(&held::CRITICAL_FROM_XIDS))
    {
        return Some(Severity::Critical);
    }
    (idle_s >= limits.get(&WARN_FROM_S)).then_some(Severity::Warning)
}

fn judged(session: &Session, limits: &InForce<'_>) -> Option<Finding> {
    let idle_s = session.state_age_ms? / 1_000.0;
    let severity = severity(session, idle_s, limits)?;
    let seconds = |name: &str, value| Evidence { name: name.into(), value, unit: Unit::Seconds };
    let mut numbers = vec![seconds("idle in transaction", idle_s)];
    numbers.extend(session.xact_age_ms.map(|ms| seconds("transaction age", ms / 1_000.0)));
    numbers.extend(held::evidence(session));
    let holds = match held::is_harmless(session) {
        true => "; it holds no lock and keeps nothing from VACUUM".to_owned(),
        false => held::blocking(session),
    };
    Some(Finding {
        rule: limits.rule(),
        severity,
        object: Object::Session { pid: session.pid },
        message: format!(
            "pid {}{} has been idle in transaction for {}{holds}.",
            session.pid,
            super::super::named(session),
            super::super::minutes(idle_s)
        ),
        evidence: numbers,
        harm: held::harm(session),
        root: Some(Object::Session { pid: session.pid }),
        same_root: Vec::new(),
        remedy: held::ending(
            session,
            ABOUT.remedy,
            "Somebody at a psql prompt who knows what the session holds.",
        ),
    })
}
