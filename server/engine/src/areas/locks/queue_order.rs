//! Reconstructs the order of a lock's wait queue. `pg_locks` has no column for it, so it is worked
//! out from when each wait began, by the rule by which PostgreSQL lets a waiter in (`ProcSleep` in
//! proc.c):
//!
//! a waiter goes to the end, but one whose group already holds a mode on the same object that
//! conflicts with the request of somebody in the queue goes directly before the first such.
//!
//! Where this can be wrong: a waiter that was let in before somebody who has meanwhile left the
//! queue, a queue that the deadlock detector has moved (rare, and only after `deadlock_timeout`),
//! and two waits that began within the same microsecond.

use std::collections::BTreeMap;

use model::locks::{ModeSet, Wait};

/// The waiters in the order of the queue. `held` has, by node, what it holds on the same object.
pub fn queued(mut waiters: Vec<Wait>, held: &BTreeMap<u32, ModeSet>) -> Vec<Wait> {
    // In its first instant a wait has no time yet: it is the newest.
    waiters.sort_by_key(|wait| (wait.waitstart_us.is_none(), wait.waitstart_us, wait.pid));
    let mut queue: Vec<Wait> = Vec::with_capacity(waiters.len());
    for wait in waiters {
        let own = held.get(&wait.node).copied().filter(|modes| !modes.is_empty());
        let before = own.and_then(|own| {
            queue.iter().position(|q| q.node != wait.node && q.mode.conflict_set().meets(own))
        });
        match before {
            Some(place) => queue.insert(place, wait),
            None => queue.push(wait),
        }
    }
    queue
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::locks::LockMode::{self, AccessExclusive, AccessShare, RowExclusive, Share};

    fn wait(node: u32, mode: LockMode, since: Option<i64>) -> Wait {
        Wait { node, pid: node as i32, mode, waitstart_us: since }
    }

    fn nodes(queue: &[Wait]) -> Vec<u32> {
        queue.iter().map(|wait| wait.node).collect()
    }

    #[test]
    fn first_come_first_served() {
        let waiters = vec![
            wait(1, Share, None),
            wait(2, AccessExclusive, Some(20)),
            wait(3, AccessShare, Some(10)),
        ];
        assert_eq!(nodes(&queued(waiters, &BTreeMap::new())), [3, 2, 1]);
    }

    #[test]
    fn who_holds_already_goes_before_those_it_blocks() {
        let held = BTreeMap::from([(3, [AccessShare].into_iter().collect())]);
        let waiters = vec![
            wait(1, RowExclusive, Some(10)),
            wait(2, AccessExclusive, Some(20)),
            wait(3, RowExclusive, Some(30)),
        ];
        assert_eq!(nodes(&queued(waiters, &held)), [1, 3, 2]);
    }
}
