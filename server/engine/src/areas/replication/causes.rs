//! Why a watched standby lags, told where one looks first: in the findings of the server it streams from.

use model::activity::{Activity, Session};
use model::replication::Replication;
use model::{Finding, ServerId};

use super::ReplicationArea;
use super::words;
use crate::areas::activity::ActivityArea;
use crate::engine::Engine;

/// The rules on what this server's standbys have not replayed.
const LAG: [&str; 2] = ["replication/replication_lag", "replication/lagging_slot"];

/// What a standby knows of its own lag.
#[derive(Debug, PartialEq)]
struct Cause {
    /// The rest of a sentence that begins with the standby's name.
    message: String,
    /// The statement that helps, run on the standby.
    sql: Option<String>,
}

impl Engine {
    /// Adds to each finding on a lagging standby that is watched too what that standby knows.
    pub(crate) fn explain_lag(&self, id: &ServerId, findings: &mut [Finding]) {
        let lags = |finding: &Finding| LAG.contains(&finding.rule.as_str());
        if !findings.iter().any(|one| lags(one) || one.same_root.iter().any(lags)) {
            return;
        }
        let topology = self.topology(id);
        for stream in &topology.streams {
            let node = |index: usize| topology.nodes.get(index).and_then(|n| n.server.as_ref());
            let (Some(sender), Some(standby)) = (&stream.sender, node(stream.to)) else { continue };
            if node(stream.from) != Some(id) {
                continue;
            }
            let Some(cause) = self.cause_on(standby) else { continue };
            let client = words::client(sender.kind(), sender.application_name.as_deref());
            let slot = sender.slot_name.as_ref().map(|name| format!("slot {name}"));
            let of = |finding: &Finding| {
                let object = finding.object.to_string();
                lags(finding) && (object == client || Some(object) == slot)
            };
            for finding in findings.iter_mut() {
                for folded in finding.same_root.iter_mut().filter(|one| of(one)) {
                    add(folded, standby, &cause);
                }
                if of(finding) {
                    add(finding, standby, &cause);
                }
            }
        }
    }

    fn cause_on(&self, standby: &ServerId) -> Option<Cause> {
        let server = self.server(standby)?;
        let replication = server.store.slot::<ReplicationArea>().latest();
        let activity = server.store.slot::<ActivityArea>().latest();
        if replication.failure.is_some() {
            return None;
        }
        cause(replication.value()?, activity.value().filter(|_| activity.failure.is_none()))
    }
}

fn add(finding: &mut Finding, standby: &ServerId, cause: &Cause) {
    finding.message.push_str(&format!(" {standby}: {}", cause.message));
    if let Some(sql) = &cause.sql {
        finding.remedy.sql = Some(format!("{sql} -- on {standby}"));
    }
}

/// What keeps a standby from replaying; None when it sees nothing.
fn cause(replication: &Replication, activity: Option<&Activity>) -> Option<Cause> {
    let position = &replication.position;
    if position.replay_paused == Some(true) {
        let sql = Some("select pg_wal_replay_resume();".to_owned());
        return Some(Cause { message: "replay is paused by hand.".into(), sql });
    }
    if let Some(delay) = position.apply_delay_ms.filter(|delay| *delay > 0.0) {
        let delay = words::time(delay);
        let message =
            format!("replay is delayed by {delay} on purpose (recovery_min_apply_delay).");
        return Some(Cause { message, sql: None });
    }
    let startup =
        activity?.sessions.iter().find(|s| s.backend_type.as_deref() == Some("startup"))?;
    let event = startup.wait_event.as_deref()?;
    if !(event.starts_with("RecoveryConflict") || event == "BufferPin" || startup.waits_for_lock())
    {
        return None;
    }
    let oldest = |session: &&Session| session.is_client() && session.backend_xmin_age.is_some();
    let blockers = activity?.sessions.iter().filter(oldest);
    let blocker = blockers.max_by_key(|session| session.backend_xmin_age);
    let Some(blocker) = blocker else {
        let message = format!("replay waits for a query there ({event}).");
        return Some(Cause { message, sql: None });
    };
    let open =
        blocker.xact_age_ms.map_or(String::new(), |ms| format!(", open for {}", words::time(ms)));
    let name = blocker.application_name.as_deref().filter(|name| !name.is_empty());
    let name = name.map_or(String::new(), |name| format!(" ({name})"));
    Some(Cause {
        message: format!(
            "replay waits ({event}) for queries there; the oldest transaction is that of pid {}{name}{open}.",
            blocker.pid
        ),
        sql: Some(format!("select pg_terminate_backend({});", blocker.pid)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Reason;
    use model::replication::Position;

    fn reading(position: Position) -> Replication {
        Replication {
            position,
            senders: Ok(vec![]),
            slots: Ok(vec![]),
            receiver: Ok(None),
            lag: Err(Reason::NotYet),
            subscriptions: Ok(vec![]),
            archiver: Err(Reason::NotYet),
            sync_waits: Err(Reason::NotYet),
            history: vec![],
        }
    }

    #[test]
    fn a_pause_comes_before_a_delay_and_nothing_is_made_up() {
        let paused = Position { replay_paused: Some(true), ..Position::default() };
        let sql = cause(&reading(paused), None).and_then(|cause| cause.sql);
        assert_eq!(sql.as_deref(), Some("select pg_wal_replay_resume();"));
        let delayed = Position { apply_delay_ms: Some(1_800_000.0), ..Position::default() };
        let message = cause(&reading(delayed), None).map(|cause| cause.message);
        assert!(message.is_some_and(|message| message.contains("30 min")));
        assert_eq!(cause(&reading(Position::default()), None), None);
    }
}
