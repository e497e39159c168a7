//! Groups recorded seconds into incidents: spans in which some session waited throughout.

use model::locks::{Incident, RootSpan};

use super::chunk::Tick;
use super::{GAP_MS, appearing};

/// A gap of up to so long, ms, with the same root before and after it, is within one incident.
const SAME_ROOT_GAP_MS: i64 = 60_000;

/// Incidents so far, the last one possibly open.
#[derive(Default)]
pub struct Incidents {
    done: Vec<Incident>,
    open: Option<Incident>,
    last_ms: i64,
}

impl Incidents {
    /// Adds the next tick, with its root and, where one begins, the first waiter's sentence.
    pub fn add(&mut self, tick: &Tick, who: Option<&str>, first: Option<String>) {
        if self.open.is_some() && tick.at_ms - self.last_ms > GAP_MS && !self.lasted(tick, who) {
            // Nobody looked in between: it was over by then at the latest.
            self.end(self.last_ms);
        }
        if tick.waiting == 0 {
            self.end(tick.at_ms);
        } else {
            let open = self.open.get_or_insert_with(|| begun(tick, first));
            if tick.waiting > open.peak_waiting {
                (open.peak_waiting, open.peak_ms) = (tick.waiting, tick.at_ms);
            }
            open.longest_ms = open.longest_ms.max(tick.longest_ms);
            if let Some(who) = who {
                appearing(&mut open.roots, who, tick);
            }
        }
        self.last_ms = tick.until_ms;
    }

    /// Whether the open incident went on while nobody looked: somebody who waits now waited already
    /// before, or the same root is in the way after a gap that is not long.
    fn lasted(&self, tick: &Tick, who: Option<&str>) -> bool {
        let waits_since_ms = tick.at_ms - i64::from(tick.longest_ms);
        let same_root = || {
            let last = self.open.as_ref().and_then(|open| {
                open.roots.iter().max_by_key(|root| root.last_ms).map(|root| root.who.as_str())
            });
            who.is_some() && last == who && tick.at_ms - self.last_ms <= SAME_ROOT_GAP_MS
        };
        tick.waiting > 0 && (waits_since_ms <= self.last_ms || same_root())
    }

    fn end(&mut self, ended_ms: i64) {
        if let Some(open) = self.open.take() {
            self.done.push(Incident { ended_ms: Some(ended_ms), ..open });
        }
    }

    /// All of them, oldest first.
    pub fn done(mut self) -> Vec<Incident> {
        self.done.extend(self.open);
        self.done
    }
}

fn begun(tick: &Tick, first_waiter: Option<String>) -> Incident {
    Incident {
        started_ms: tick.at_ms - i64::from(tick.longest_ms),
        ended_ms: None,
        first_tick_ms: tick.at_ms,
        first_waiter,
        peak_ms: tick.at_ms,
        peak_waiting: 0,
        longest_ms: 0,
        roots: Vec::<RootSpan>::new(),
    }
}
