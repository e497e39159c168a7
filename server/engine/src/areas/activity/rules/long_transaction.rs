//! Rule: a transaction is open for so long that it holds back vacuum.

use model::activity::{Activity, Session};
use model::{About, Evidence, Finding, Known, Limit, Object, Severity, Unit};

use super::held;
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
    remedy: "Let it finish or end it; move long reports to a standby; set transaction_timeout (17) or statement_timeout for the role.",
    docs: "https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-SPACE-RECOVERY",
    limits: &[WARN_FROM_S, CRITICAL_FROM_S, held::CRITICAL_FROM_XIDS],
};

/// Judges the transactions of clients and background workers by their age, whatever the session does at the moment. A VACUUM
/// holds back nothing, and its locks are judged where somebody waits for them; who has committed and
/// waits for a standby has a rule of its own, and so has who holds nothing.
pub fn long_transaction(evidence: &Activity, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    evidence.others.clone()?;
    evidence.blockers.clone()?;
    let suspects = evidence.sessions.iter().filter(|session| {
        session.has_own_transactions()
            && !session.own
            && !session.vacuums
            && !session.waits_for_sync_standby()
            && !held::is_harmless(session)
    });
    Ok(suspects.filter_map(|session| judged(session, limits)).collect())
}

/// Critical by age is one that works; one that does nothing must hurt somebody.
fn severity(session: &Session, age_s: f64, limits: &InForce<'_>) -> Option<Severity> {
    if age_s < limits.get(&WARN_FROM_S) {
        return None;
    }
    let hurts = held::hurts(session, limits.get(&held::CRITICAL_FROM_XIDS));
    let old = age_s >= limits.get(&CRITICAL_FROM_S);
    let critical = old && (hurts || !session.is_idle_in_transaction());
    Some(if critical { Severity::Critical } else { Severity::Warning })
}

fn judged(session: &Session, limits: &InForce<'_>) -> Option<Finding> {
    let age_s = session.xact_age_ms? / 1_000.0;
    let severity = severity(session, age_s, limits)?;
    let mut numbers =
        vec![Evidence { name: "transaction age".into(), value: age_s, unit: Unit::Seconds }];
    numbers.extend(held::evidence(session));
    let kind = session.backend_type.as_deref().filter(|_| !session.is_client());
    let kind = kind.map(|kind| format!(", a {kind},")).unwrap_or_default();
    let now = match session.is_idle_in_transaction() {
        true => ", idle at the moment",
        false => "",
    };
    Some(Finding {
        rule: limits.rule(),
        severity,
        object: Object::Session { pid: session.pid },
        message: format!(
            "pid {}{}{kind} has had a transaction open for {}{now}{}.",
            session.pid,
            super::super::named(session),
            super::super::minutes(age_s),
            held::blocking(session),
        ),
        evidence: numbers,
        harm: held::harm(session),
        root: Some(Object::Session { pid: session.pid }),
        same_root: Vec::new(),
        remedy: held::ending(
            session,
            ABOUT.remedy,
            "A backup or a migration that is meant to take this long.",
        ),
    })
}
