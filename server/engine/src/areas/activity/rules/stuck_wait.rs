//! Rule: sessions wait for something that is no lock and ends only when somebody else acts.

use model::activity::{Activity, Session};
use model::{About, Evidence, Finding, Harm, Known, Limit, Object, Remedy, Severity, Unit};

use crate::rule::InForce;

/// How long pgdeck must have seen the longest of these waits, seconds.
const WARN_FROM_S: Limit = Limit {
    name: "warn_from_s",
    default: 30.0,
    unit: Unit::Seconds,
    source: "cursors, short transactions and the archiver are done within seconds",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "Sessions wait for something that is not a lock",
    effect: "They wait without a limit, and no lock shows for whom: a pinned buffer, concurrent SERIALIZABLE transactions, the archiver.",
    remedy: "Find what they wait for by the wait event, and end that.",
    docs: "https://www.postgresql.org/docs/current/monitoring-stats.html#WAIT-EVENT-TABLE",
    limits: &[WARN_FROM_S],
};

/// Judges such waits by kind; that for a synchronous standby has a rule of its own.
pub fn stuck_wait(evidence: &Activity, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    evidence.others.clone()?;
    let mut kinds: Vec<(&str, Vec<&Session>)> = Vec::new();
    for session in &evidence.sessions {
        let Some(by) = session.held_up_by().filter(|_| !session.waits_for_sync_standby()) else {
            continue;
        };
        match kinds.iter_mut().find(|(known, _)| *known == by) {
            Some((_, sessions)) => sessions.push(session),
            None => kinds.push((by, vec![session])),
        }
    }
    Ok(kinds.iter().filter_map(|(by, sessions)| judged(by, sessions, limits)).collect())
}

fn seen_s(session: &Session) -> f64 {
    session.held_up_ms.unwrap_or_default() / 1_000.0
}

fn judged(by: &str, sessions: &[&Session], limits: &InForce<'_>) -> Option<Finding> {
    let first = sessions.iter().copied().max_by(|a, b| seen_s(a).total_cmp(&seen_s(b)))?;
    let (longest_s, together_s) = (seen_s(first), sessions.iter().map(|s| seen_s(s)).sum::<f64>());
    if longest_s < limits.get(&WARN_FROM_S) {
        return None;
    }
    let number = |name: &str, value, unit| Evidence { name: name.into(), value, unit };
    let others = match sessions.len() - 1 {
        0 => String::new(),
        1 => " and 1 other session".into(),
        more => format!(" and {more} other sessions"),
    };
    Some(Finding {
        rule: limits.rule(),
        severity: Severity::Warning,
        object: Object::Session { pid: first.pid },
        message: format!(
            "pid {}{}{others} {} been waiting for {by} for {} or longer.",
            first.pid,
            super::super::named(first),
            if others.is_empty() { "has" } else { "have" },
            super::super::minutes(longest_s),
        ),
        evidence: vec![
            number("sessions waiting", sessions.len() as f64, Unit::Count),
            number("longest wait seen", longest_s, Unit::Seconds),
            number("waited in total", together_s, Unit::Seconds),
        ],
        harm: Harm::Hurts { sessions: sessions.len() as u32, seconds: together_s },
        root: Some(root(first)),
        same_root: Vec::new(),
        remedy: remedy(first),
    })
}

/// What causes it: the archiver where it is that, otherwise no more is known than who waits.
fn root(session: &Session) -> Object {
    match session.wait_event.as_deref() {
        Some("BackupWaitWalArchive") => "archiver".into(),
        _ => Object::Session { pid: session.pid },
    }
}

fn remedy(session: &Session) -> Remedy {
    let (message, sql) = match session.wait_event.as_deref() {
        Some("SafeSnapshot") => (
            "The statement lists the transactions it waits for: let them end, or begin the report without DEFERRABLE.",
            Some(format!("select pg_safe_snapshot_blocking_pids({});", session.pid)),
        ),
        Some("BackupWaitWalArchive") => (
            "The backup ends once its last WAL segments are archived: see what archive_command or archive_library reports in the server's log. Cancelling leaves a backup that cannot be restored.",
            None,
        ),
        Some("RecoveryConflictSnapshot" | "RecoveryConflictTablespace") => (
            "Replay waits for queries on this standby, up to max_standby_streaming_delay: let them end, or cancel them.",
            None,
        ),
        _ => (
            "A session keeps a page of the table pinned, usually by a cursor that is open and not being read; PostgreSQL does not record which one. Look for sessions idle in transaction that have one.",
            None,
        ),
    };
    Remedy {
        message: message.into(),
        lock: sql.as_ref().map(|_| "None: it reads.".into()),
        sql,
        undo: None,
        refuted_by: Some("what they wait for is known and about to end.".into()),
    }
}
