//! Why a watched standby lags, told where one looks first: in the findings of the server it streams from.

use model::ranking::ranked;
use model::replication::Replication;
use model::server::ConnectionState;
use model::{Finding, Harm, Object, Remedy, ServerId, Severity};

use super::{ReplicationArea, words};
use crate::area::ReplayHold;
use crate::engine::Engine;

/// The rules on what this server's standbys have not replayed.
const LAG: [&str; 3] =
    ["replication/replication_lag", "replication/lagging_slot", "replication/inactive_slot"];

impl Engine {
    /// Adds to each finding on a lagging standby that is watched too what that standby knows. One that
    /// is delayed by its configuration is information.
    pub(crate) fn explain_lag(&self, id: &ServerId, findings: &mut Vec<Finding>) {
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
            let held = self.server(standby).and_then(|server| server.store.replay_held());
            let Some(cause) = held else { continue };
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
        for (at, node) in topology.nodes.iter().enumerate() {
            let Some(standby) = node.server.as_ref().filter(|standby| *standby != id) else {
                continue;
            };
            if topology.streams.iter().all(|stream| stream.to != at) {
                self.explain_slot(standby, findings);
            }
        }
        // What is wanted so is no longer the worst.
        *findings = ranked(std::mem::take(findings));
    }
}

impl Engine {
    /// A watched standby that streams from nobody: its slot is the only thing of it that is seen where it
    /// should stream from.
    fn explain_slot(&self, standby: &ServerId, findings: &mut [Finding]) {
        let Some(server) = self.server(standby) else { return };
        let latest = server.store.slot::<ReplicationArea>().latest();
        let slot = latest.value().and_then(|reading| reading.position.primary_slot_name.clone());
        let Some(slot) = slot.map(|name| Object::Slot { name }) else { return };
        let lost = match server.summary().link {
            ConnectionState::Lost { reason, .. } => Some(reason),
            _ => None,
        };
        let cause = lost.as_ref().map(|reason| ReplayHold {
            message: format!("pgdeck does not reach it either. {}", reason.message()),
            sql: None,
            on_purpose: false,
        });
        let Some(cause) = cause.or_else(|| server.store.replay_held()) else { return };
        let folded = findings.iter_mut().flat_map(|finding| {
            let Finding { same_root, .. } = finding;
            same_root.iter_mut()
        });
        let of =
            |finding: &&mut Finding| LAG.contains(&finding.rule.as_str()) && finding.object == slot;
        folded.filter(of).for_each(|finding| stopped(finding, standby, &cause, lost.is_none()));
        let found = findings.iter_mut().filter(of);
        found.for_each(|finding| stopped(finding, standby, &cause, lost.is_none()));
    }
}

/// A standby that answers comes back: its slot is not to be dropped.
fn stopped(finding: &mut Finding, standby: &ServerId, cause: &ReplayHold, answers: bool) {
    add(finding, standby, cause);
    if answers {
        finding.remedy = Remedy {
            message: format!(
                "Find in the log of {standby} why it does not stream, and mend that: it then catches up from this slot. Drop the slot only if the standby is not wanted any more."
            ),
            sql: cause.sql.as_ref().map(|sql| format!("{sql} -- on {standby}")),
            refuted_by: finding.remedy.refuted_by.take(),
            ..Remedy::default()
        };
    }
}

fn add(finding: &mut Finding, standby: &ServerId, cause: &ReplayHold) {
    finding.message.push_str(&format!(" {standby}: {}", cause.message));
    if cause.on_purpose {
        finding.severity = Severity::Info;
        finding.harm = Harm::Hygiene;
    }
    if let Some(sql) = &cause.sql {
        finding.remedy.sql = Some(format!("{sql} -- on {standby}"));
    }
}

/// What a standby's own settings and state keep it from replaying; None when it is neither paused nor
/// delayed, and receives WAL.
pub fn replay_held(replication: &Replication) -> Option<ReplayHold> {
    let position = &replication.position;
    if position.replay_paused == Some(true) {
        let sql = Some("select pg_wal_replay_resume();".to_owned());
        let message = "replay is paused by hand.".into();
        return Some(ReplayHold { message, sql, on_purpose: false });
    }
    if position.streams == Some(true) && matches!(replication.receiver, Ok(None)) {
        let message =
            "no WAL receiver is running; what stopped it stands in the log of that server.".into();
        return Some(ReplayHold { message, sql: None, on_purpose: false });
    }
    let delay = words::time(position.apply_delay_ms.filter(|delay| *delay > 0.0)?);
    let message = format!("replay is delayed by {delay} on purpose (recovery_min_apply_delay).");
    Some(ReplayHold { message, sql: None, on_purpose: true })
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
        let sql = replay_held(&reading(paused)).and_then(|cause| cause.sql);
        assert_eq!(sql.as_deref(), Some("select pg_wal_replay_resume();"));
        let delayed = Position { apply_delay_ms: Some(1_800_000.0), ..Position::default() };
        let message = replay_held(&reading(delayed)).map(|cause| cause.message);
        assert!(message.is_some_and(|message| message.contains("30 min")));
        assert_eq!(replay_held(&reading(Position::default())), None);
    }
}
