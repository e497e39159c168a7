//! Who blocks whom among sessions, from the locks that somebody waits for. Pure; `waits.rs` reads them.
//!
//! The same answer as `pg_blocking_pids`, whose cost grows with the square of the queue: who holds a
//! conflicting mode, or else who asked for one earlier.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use model::activity::{BLOCKERS_KEPT, LockWait, Session};
use model::locks::{LockMode, ModeSet};

/// A lock that somebody waits for, held or asked for.
#[derive(Clone, Debug, Default, sqlx::FromRow)]
#[expect(missing_docs, reason = "columns of contested_locks.14.sql")]
pub struct ContestedLock {
    pub tag: i64,
    pub pid: Option<i32>,
    #[sqlx(try_from = "model::text::Text")]
    pub mode: String,
    pub granted: bool,
    #[sqlx(try_from = "model::text::Text")]
    pub locktype: String,
    pub waited_ms: Option<f64>,
    #[sqlx(try_from = "model::text::MaybeText")]
    pub relation: Option<String>,
}

/// One lock in a queue: the mode is one we know.
struct Seat<'a> {
    lock: &'a ContestedLock,
    /// 0 is a prepared transaction.
    pid: i32,
    /// The leader of its parallel group: its members do not block each other.
    group: i32,
    mode: LockMode,
}

/// How many blockers that wait for nothing are followed through the queues: each is a walk.
const ROOTS_FOLLOWED: usize = 200;

/// Fills in what sessions wait for and how many they hold up. Locks come in the order of the queues.
pub fn join(sessions: &mut [Session], locks: &[ContestedLock]) {
    let leaders: HashMap<i32, i32> = sessions
        .iter()
        .filter(|s| s.backend_type.as_deref() == Some("parallel worker"))
        .filter_map(|s| Some((s.pid, s.leader_pid?)))
        .collect();
    let mut queues: BTreeMap<i64, Vec<Seat<'_>>> = BTreeMap::new();
    for lock in locks {
        let Some(mode) = LockMode::from_catalog(&lock.mode) else { continue };
        let pid = lock.pid.unwrap_or(0);
        let group = leaders.get(&pid).copied().unwrap_or(pid);
        queues.entry(lock.tag).or_default().push(Seat { lock, pid, group, mode });
    }
    let mut waits: HashMap<i32, LockWait> = HashMap::new();
    for queue in queues.values() {
        let (waiting, held): (Vec<&Seat<'_>>, Vec<&Seat<'_>>) =
            queue.iter().partition(|seat| !seat.lock.granted);
        let modes: ModeSet = held.iter().map(|seat| seat.mode).collect();
        for (place, seat) in waiting.iter().enumerate() {
            let ahead = waiting.get(..place).unwrap_or_default();
            let wait = wait(seat, (&held, modes), ahead);
            waits.entry(seat.pid).or_insert(wait);
        }
    }
    note(sessions, &waits);
}

fn wait(seat: &Seat<'_>, (held, modes): (&[&Seat<'_>], ModeSet), ahead: &[&Seat<'_>]) -> LockWait {
    let in_its_way =
        |other: &&&Seat<'_>| other.group != seat.group && other.mode.conflicts(seat.mode);
    let mut blocked_by: Vec<i32> = Vec::new();
    if seat.mode.conflict_set().meets(modes) {
        let holders = held.iter().filter(in_its_way).map(|other| other.pid);
        blocked_by.extend(holders.take(BLOCKERS_KEPT));
    }
    if blocked_by.is_empty() {
        blocked_by.extend(ahead.iter().rev().find(in_its_way).map(|other| other.pid));
    }
    blocked_by.dedup();
    LockWait {
        waited_ms: seat.lock.waited_ms.map(|ms| ms.max(0.0)),
        wants: seat.mode.words().to_owned(),
        on: object(seat.lock),
        blocked_by,
    }
}

/// What is locked, in words.
fn object(lock: &ContestedLock) -> String {
    let relation = lock.relation.as_deref();
    match (lock.locktype.as_str(), relation) {
        ("relation", Some(relation)) => relation.to_owned(),
        ("tuple" | "transactionid", Some(relation)) => format!("a row of {relation}"),
        ("extend", Some(relation)) => format!("the end of {relation}"),
        ("page", Some(relation)) => format!("a page of {relation}"),
        ("relation", None) => "a relation of another database".to_owned(),
        ("tuple", None) => "a row in another database".to_owned(),
        ("transactionid" | "virtualxid", None) => "the end of a transaction".to_owned(),
        ("advisory", _) => "an advisory lock".to_owned(),
        ("object", _) => "a database object".to_owned(),
        (other, _) => other.to_owned(),
    }
}

/// Writes the waits into their sessions, and into those that wait for nothing how many are behind them.
fn note(sessions: &mut [Session], waits: &HashMap<i32, LockWait>) {
    let mut directly: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    for (pid, wait) in waits {
        for blocker in &wait.blocked_by {
            directly.entry(*blocker).or_default().push(*pid);
        }
    }
    let roots = directly.keys().filter(|pid| !waits.contains_key(pid)).take(ROOTS_FOLLOWED);
    let behind: HashMap<i32, BTreeSet<i32>> =
        roots.map(|root| (*root, held_up(*root, &directly))).collect();
    for session in sessions {
        if let Some(behind) = behind.get(&session.pid) {
            let waited = || behind.iter().filter_map(|pid| waits.get(pid)?.waited_ms);
            session.blocks = behind.len() as u32;
            session.blocks_for_ms = waited().reduce(f64::max);
            session.blocked_ms = waited().sum();
        }
        session.lock_wait = waits.get(&session.pid).cloned();
    }
}

/// Everybody behind a session.
fn held_up(root: i32, directly: &BTreeMap<i32, Vec<i32>>) -> BTreeSet<i32> {
    let mut behind = BTreeSet::new();
    let mut due = vec![root];
    while let Some(next) = due.pop() {
        for pid in directly.get(&next).into_iter().flatten() {
            if *pid != root && behind.insert(*pid) {
                due.push(*pid);
            }
        }
    }
    behind
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(tag: i64, pid: i32, mode: &str, granted: bool) -> ContestedLock {
        ContestedLock {
            tag,
            pid: (pid > 0).then_some(pid),
            mode: mode.into(),
            granted,
            locktype: "relation".into(),
            waited_ms: (!granted).then_some(f64::from(pid)),
            relation: (!granted).then(|| "orders".into()),
        }
    }

    fn sessions(pids: &[i32]) -> Vec<Session> {
        pids.iter().map(|pid| Session { pid: *pid, ..Session::default() }).collect()
    }

    #[test]
    fn a_root_holds_up_everybody_behind_the_ddl_that_waits_for_it() {
        let mut all = sessions(&[1, 2, 3, 4]);
        join(
            &mut all,
            &[
                lock(7, 2, "AccessExclusiveLock", false),
                lock(7, 3, "AccessShareLock", false),
                lock(7, 4, "RowExclusiveLock", false),
                lock(7, 1, "AccessShareLock", true),
            ],
        );
        let blocked: Vec<_> =
            all.iter().map(|s| s.lock_wait.as_ref().map(|w| w.blocked_by.clone())).collect();
        assert_eq!(blocked, [None, Some(vec![1]), Some(vec![2]), Some(vec![2])]);
        assert_eq!((all[0].blocks, all[0].blocks_for_ms, all[0].blocked_ms), (3, Some(4.0), 9.0));
        assert_eq!(all[1].blocks, 0, "it waits itself");
        assert_eq!(all[1].lock_wait.as_ref().map(|wait| wait.on.as_str()), Some("orders"));
    }

    #[test]
    fn a_prepared_transaction_blocks_as_zero_and_harmless_modes_block_nobody() {
        let mut all = sessions(&[2, 3]);
        join(
            &mut all,
            &[
                lock(7, 2, "ShareLock", false),
                lock(7, 0, "RowExclusiveLock", true),
                lock(7, 3, "AccessShareLock", true),
            ],
        );
        assert_eq!(all[0].lock_wait.as_ref().map(|w| w.blocked_by.clone()), Some(vec![0]));
        assert_eq!(all[1].blocks, 0);
    }

    #[test]
    fn members_of_a_parallel_group_do_not_block_each_other() {
        let mut all = sessions(&[1, 2, 3]);
        all[1].backend_type = Some("parallel worker".into());
        all[1].leader_pid = Some(1);
        join(&mut all, &[lock(7, 2, "ShareLock", false), lock(7, 1, "RowExclusiveLock", true)]);
        assert_eq!(all[1].lock_wait.as_ref().map(|w| w.blocked_by.len()), Some(0));
    }

    #[test]
    fn a_deadlock_ends() {
        let mut all = sessions(&[1, 2]);
        join(
            &mut all,
            &[
                lock(7, 1, "ExclusiveLock", false),
                lock(8, 2, "ExclusiveLock", false),
                lock(7, 2, "ExclusiveLock", true),
                lock(8, 1, "ExclusiveLock", true),
            ],
        );
        assert!(all.iter().all(|s| s.blocks == 0 && s.lock_wait.is_some()));
    }
}
