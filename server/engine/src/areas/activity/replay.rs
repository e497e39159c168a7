//! Whom replay on a standby waits for, from the sessions of that standby.

use model::activity::{Activity, Session};

use crate::area::ReplayHold;

/// What the startup process waits for, if it is a session; None when it sees nothing.
pub fn replay_held(activity: &Activity) -> Option<ReplayHold> {
    let startup =
        activity.sessions.iter().find(|s| s.backend_type.as_deref() == Some("startup"))?;
    let event = startup.wait_event.as_deref()?;
    if startup.waits_for_lock() {
        return Some(for_lock(startup, activity));
    }
    let message = match event {
        "RecoveryConflictSnapshot" => return Some(for_snapshot(event, activity)),
        "RecoveryConflictTablespace" => {
            "replay waits to drop a tablespace that holds temporary files of queries there."
        }
        // So called before and from PostgreSQL 19.
        "BufferPin" | "BufferCleanup" => {
            "replay waits for a buffer that a query there has pinned; PostgreSQL does not say which query."
        }
        _ if event.starts_with("RecoveryConflict") => "replay waits for a query there.",
        _ => return None,
    };
    Some(hold(format!("{message} ({event})"), &[]))
}

/// Replay waits in the queue of a lock like a session, and the lock manager knows who holds it.
fn for_lock(startup: &Session, activity: &Activity) -> ReplayHold {
    let Some(wait) = &startup.lock_wait else {
        return hold("replay waits for a lock that a session there holds.".into(), &[]);
    };
    let holders = activity.sessions.iter().filter(|s| wait.blocked_by.contains(&s.pid));
    let named: Vec<_> = holders.map(described).collect();
    let who = if named.is_empty() { "a session".to_owned() } else { named.join(" and ") };
    hold(format!("replay waits for a lock on {} held by {who}.", wait.on), &wait.blocked_by)
}

/// PostgreSQL does not tell whom replay waits for, but a snapshot that is in its way is older than the
/// others: the oldest is one of them.
fn for_snapshot(event: &str, activity: &Activity) -> ReplayHold {
    let oldest = |session: &&Session| session.is_client() && session.backend_xmin_age.is_some();
    let sessions = activity.sessions.iter().filter(oldest);
    let Some(blocker) = sessions.max_by_key(|session| session.backend_xmin_age) else {
        return hold(format!("replay waits ({event}) for a query there."), &[]);
    };
    let message = format!(
        "replay waits ({event}) for queries there; the oldest snapshot is that of {}.",
        described(blocker)
    );
    hold(message, &[blocker.pid])
}

/// `pid 17 (reports), transaction open for 5 min, statement running for 12 s`.
fn described(session: &Session) -> String {
    let name = session.application_name.as_deref().filter(|name| !name.is_empty());
    let name = name.map_or(String::new(), |name| format!(" ({name})"));
    let open =
        session.xact_age_ms.map(|ms| format!(", transaction open for {}", model::duration(ms)));
    let active = session.state.as_deref() == Some("active");
    let running = session.query_age_ms.filter(|_| active);
    let running = running.map(|ms| format!(", statement running for {}", model::duration(ms)));
    let ages: String = [open, running].into_iter().flatten().collect();
    format!("pid {}{name}{ages}", session.pid)
}

fn hold(message: String, blockers: &[i32]) -> ReplayHold {
    let ends: Vec<_> = blockers.iter().map(|pid| format!("pg_terminate_backend({pid})")).collect();
    let sql = (!ends.is_empty()).then(|| format!("select {};", ends.join(", ")));
    ReplayHold { message, sql, on_purpose: false }
}
