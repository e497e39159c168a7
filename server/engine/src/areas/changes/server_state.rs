//! Restarts, crashes, promotions and failovers.

use model::EventKind;

use super::memory::{Look, replace};
use super::rows::ServerRow;

impl Look<'_> {
    /// Compares what the server is.
    pub fn server(&mut self) {
        let now = self.server;
        let before = replace(&mut self.memory.server, self.now_ms, now.clone());
        let Some((since_ms, before)) = before else { return };
        let between = (Some(since_ms), self.now_ms);
        if before.started_ms != now.started_ms {
            if !self.is_after(now.started_ms, since_ms) {
                let line = "Another server of this cluster answers at this address".to_owned();
                self.tell(EventKind::Promotion, between, vec![line]);
                return;
            }
            let line = restarted(&before, now);
            self.tell(EventKind::Restart, (None, self.ours(now.started_ms)), vec![line]);
        } else if let (Some(was), Some(is)) = (before.checkpointer_ms, now.checkpointer_ms)
            && was != is
            && self.is_after(is, since_ms)
        {
            let line = "PostgreSQL restarted itself after one of its processes died".to_owned();
            self.tell(EventKind::Restart, (None, self.ours(is)), vec![line]);
        }
        if let Some(line) = role(&before, now) {
            self.tell(EventKind::Promotion, between, vec![line]);
        }
    }
}

fn restarted(before: &ServerRow, now: &ServerRow) -> String {
    if before.version == now.version {
        return "PostgreSQL was started again".to_owned();
    }
    format!("PostgreSQL {} was replaced by {}", before.version, now.version)
}

/// What became of its role in replication.
fn role(before: &ServerRow, now: &ServerRow) -> Option<String> {
    let on = now.timeline.map_or(String::new(), |timeline| format!(", timeline {timeline}"));
    match (before.in_recovery, now.in_recovery) {
        (true, false) => Some(format!("Promoted: the standby is now a primary{on}")),
        (false, true) => Some("Demoted: the primary is now a standby".to_owned()),
        (true, true) => None,
        (false, false) => {
            let (was, is) = (before.timeline?, now.timeline?);
            (is > was).then(|| format!("Failover: timeline {was} → {is}"))
        }
    }
}
