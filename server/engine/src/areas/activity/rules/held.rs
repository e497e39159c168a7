//! What an open transaction keeps from others, and what ends it: shared by the rules on transactions.

use model::activity::Session;
use model::{Evidence, Harm, Limit, Remedy, Unit};

/// Transactions by which the xmin horizon may be held back before it is critical.
pub const CRITICAL_FROM_XIDS: Limit = Limit {
    name: "critical_from_xids",
    default: 1_000_000.0,
    unit: Unit::Xids,
    source: "the dead tuples of a million transactions: at a thousand a second, a quarter of an hour",
};

/// Whether it keeps nothing from anybody: no transaction id, no snapshot, no lock. What is not known
/// is not harmless.
pub fn is_harmless(session: &Session) -> bool {
    session.holds_back_xids().is_none() && session.blocks == 0 && session.locks_held == Some(0)
}

/// Whether it hurts others now: it blocks somebody, or holds the xmin horizon back beyond the limit.
pub fn hurts(session: &Session, critical_from_xids: f64) -> bool {
    session.blocks > 0
        || session.holds_back_xids().is_some_and(|xids| xids as f64 >= critical_from_xids)
}

/// Whom it hurts: those it blocks now; what it holds breaks something in time.
pub fn harm(session: &Session) -> Harm {
    match session.blocks {
        0 if is_harmless(session) => Harm::Hygiene,
        0 => Harm::Risk { due_s: None },
        sessions => Harm::Hurts { sessions, seconds: session.blocked_ms / 1_000.0 },
    }
}

/// ` and blocks 5 sessions`, for the end of a sentence.
pub fn blocking(session: &Session) -> String {
    match session.blocks {
        0 => String::new(),
        1 => " and blocks 1 session".into(),
        many => format!(" and blocks {many} sessions"),
    }
}

/// The numbers a finding on a transaction rests on, besides its times.
pub fn evidence(session: &Session) -> Vec<Evidence> {
    let number = |name: &str, value: f64, unit| Evidence { name: name.into(), value, unit };
    let mut numbers = Vec::new();
    if let Some(xids) = session.holds_back_xids() {
        numbers.push(number("holds back xmin by", xids as f64, Unit::Xids));
    }
    if let Some(locks) = session.locks_held {
        numbers.push(number("locks held", locks as f64, Unit::Count));
    }
    if session.blocks > 0 {
        numbers.push(number("sessions blocked", session.blocks.into(), Unit::Count));
        let longest_ms = session.blocks_for_ms.unwrap_or_default();
        numbers.push(number("longest wait behind it", longest_ms / 1_000.0, Unit::Seconds));
    }
    numbers
}

/// What ends the transaction in the state the session is in: cancelling does nothing to one that runs
/// nothing, and undoes nothing in one that has already committed. A background worker is started
/// again by whoever owns it, so no statement is offered.
pub fn ending(session: &Session, message: &str, refuted_by: &str) -> Remedy {
    let pid = session.pid;
    let state = session.state.as_deref().filter(|_| session.is_client());
    let (sql, lock, undo) = match state {
        Some("active" | "fastpath function call") if !session.waits_for_sync_standby() => (
            format!("select pg_cancel_backend({pid});"),
            "None; the running statement of that session ends with an error.",
            "None: the transaction is rolled back and must be repeated.",
        ),
        Some(state) if state.starts_with("idle") => (
            format!("select pg_terminate_backend({pid});"),
            "None; the session ends and its locks are released.",
            "None: its transaction is rolled back.",
        ),
        _ => {
            return Remedy {
                message: message.into(),
                refuted_by: Some(refuted_by.into()),
                ..Remedy::default()
            };
        }
    };
    Remedy {
        message: message.into(),
        sql: Some(sql),
        lock: Some(lock.into()),
        undo: Some(undo.into()),
        refuted_by: Some(refuted_by.into()),
    }
}
