//! Whom replay on a standby waits for, from the sessions of that standby.

use model::activity::{Activity, Session};

use crate::area::ReplayHold;

/// What the startup process waits for, if it is a session; None when it sees nothing.
pub fn replay_held(activity: &Activity) -> Option<ReplayHold> {
    let startup =
        activity.sessions.iter().find(|s| s.backend_type.as_deref() == Some("startup"))?;
    let event = startup.wait_event.as_deref()?;
    if !(event.starts_with("RecoveryConflict") || event == "BufferPin" || startup.waits_for_lock())
    {
        return None;
    }
    let oldest = |session: &&Session| session.is_client() && session.backend_xmin_age.is_some();
    let blockers = activity.sessions.iter().filter(oldest);
    let blocker = blockers.max_by_key(|session| session.backend_xmin_age);
    let Some(blocker) = blocker else {
        let message = format!("replay waits for a query there ({event}).");
        return Some(ReplayHold { message, sql: None, on_purpose: false });
    };
    let open = blocker
        .xact_age_ms
        .map_or(String::new(), |ms| format!(", open for {}", model::duration(ms)));
    let name = blocker.application_name.as_deref().filter(|name| !name.is_empty());
    let name = name.map_or(String::new(), |name| format!(" ({name})"));
    Some(ReplayHold {
        message: format!(
            "replay waits ({event}) for queries there; the oldest transaction is that of pid {}{name}{open}.",
            blocker.pid
        ),
        sql: Some(format!("select pg_terminate_backend({});", blocker.pid)),
        on_purpose: false,
    })
}
