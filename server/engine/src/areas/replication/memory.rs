//! What earlier ticks saw of slots and subscriptions: since when a slot stands still, and whether a
//! subscription's errors grow.

use std::collections::HashMap;

use model::replication::{Slot, Subscription};

/// For how long a subscription counts as failing after its last error, ms: a failed worker starts
/// again after wal_retrieve_retry_interval, 5 s by default.
const FAILING_FOR_MS: i64 = 30_000;

/// Slots and subscriptions by name.
#[derive(Default)]
pub struct Memory {
    slots: HashMap<String, Standing>,
    errors: HashMap<String, Errors>,
    blocked: HashMap<String, i64>,
}

/// Where a slot stood, and since when.
struct Standing {
    restart: i64,
    end: i64,
    since_ms: i64,
}

/// How many errors a subscription had, and when one was added.
struct Errors {
    count: i64,
    added_ms: Option<i64>,
}

impl Memory {
    /// Says of each slot for how long its oldest position has not moved although WAL was written.
    pub fn with_time_still(
        &mut self,
        mut slots: Vec<Slot>,
        end: Option<i64>,
        now_ms: i64,
    ) -> Vec<Slot> {
        self.slots.retain(|name, _| slots.iter().any(|slot| slot.slot_name == *name));
        for slot in &mut slots {
            let Some((restart, end)) = slot.restart_lsn_bytes.zip(end) else { continue };
            let before = self.slots.get(&slot.slot_name).filter(|at| at.restart == restart);
            slot.still_ms = match before {
                Some(before) if end > before.end => {
                    Some(now_ms.saturating_sub(before.since_ms) as f64)
                }
                _ => self.slots.contains_key(&slot.slot_name).then_some(0.0),
            };
            if before.is_none() {
                let standing = Standing { restart, end, since_ms: now_ms };
                self.slots.insert(slot.slot_name.clone(), standing);
            }
        }
        slots
    }

    /// Says of each subscription whether an error was added lately, and for how long it is blocked.
    pub fn with_failing(
        &mut self,
        mut subscriptions: Vec<Subscription>,
        now_ms: i64,
    ) -> Vec<Subscription> {
        self.errors.retain(|name, _| subscriptions.iter().any(|s| s.subname == *name));
        self.blocked
            .retain(|name, _| subscriptions.iter().any(|s| s.subname == *name && is_blocked(s)));
        for one in &mut subscriptions {
            if is_blocked(one) {
                let since = *self.blocked.entry(one.subname.clone()).or_insert(now_ms);
                one.blocked_ms = Some(now_ms.saturating_sub(since) as f64);
            }
            let Some((apply, sync)) = one.apply_errors.zip(one.sync_errors) else { continue };
            let count = apply.saturating_add(sync);
            let entry = self.errors.entry(one.subname.clone());
            let seen = entry.or_insert(Errors { count, added_ms: None });
            if count > seen.count {
                seen.added_ms = Some(now_ms);
            } else if one.enabled == Some(false) {
                seen.added_ms = None;
            }
            seen.count = count;
            one.failing =
                seen.added_ms.is_some_and(|at| now_ms.saturating_sub(at) < FAILING_FOR_MS);
        }
        subscriptions
    }
}

fn is_blocked(one: &Subscription) -> bool {
    one.wait_event_type.as_deref() == Some("Lock")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_stands_still_only_while_wal_is_written() {
        let mut memory = Memory::default();
        let mut still = |restart: i64, end: i64, now_ms: i64| {
            let slot = Slot { restart_lsn_bytes: Some(restart), ..Slot::default() };
            let slots = memory.with_time_still(vec![slot], Some(end), now_ms);
            slots.first().and_then(|slot| slot.still_ms)
        };
        assert_eq!(still(10, 50, 0), None);
        assert_eq!(still(10, 50, 60_000), Some(0.0));
        assert_eq!(still(10, 90, 62_000), Some(62_000.0));
        assert_eq!(still(40, 90, 64_000), Some(0.0));
    }

    #[test]
    fn errors_of_the_past_are_not_failing() {
        let mut memory = Memory::default();
        let mut failing = |errors: i64, now_ms: i64| {
            let one = Subscription {
                apply_errors: Some(errors),
                sync_errors: Some(0),
                ..Subscription::default()
            };
            memory.with_failing(vec![one], now_ms).first().is_some_and(|one| one.failing)
        };
        assert!(!failing(7, 0));
        assert!(failing(8, 2_000));
        assert!(failing(8, 4_000));
        assert!(!failing(8, 40_000));
    }
}
