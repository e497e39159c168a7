//! Prometheus metrics of locks: who waits, prepared transactions, deadlocks.

use model::locks::Locks;

use crate::metrics::{Metrics, Name};

const WAITING: Name = ("pgdeck_lock_waiters", "gauge", "Sessions that wait for a lock.");
const PREPARED: Name =
    ("pgdeck_prepared_transactions", "gauge", "Transactions prepared for two-phase commit.");
const USED: Name = ("pgdeck_lock_table_objects", "gauge", "Entries of the shared lock table.");
const CAPACITY: Name =
    ("pgdeck_lock_table_capacity", "gauge", "Entries that the shared lock table has room for.");
const DEADLOCKS: Name = ("pgdeck_deadlocks_total", "counter", "Deadlocks, all databases.");

/// Adds the metrics of one server.
pub fn metrics(locks: &Locks, server: &str, text: &mut Metrics) {
    let labels = [("server", server)];
    text.add(WAITING, &labels, locks.waiting as f64);
    if let Ok(prepared) = &locks.prepared {
        text.add(PREPARED, &labels, prepared.len() as f64);
    }
    if let Ok(table) = &locks.table {
        text.add(USED, &labels, table.objects as f64);
        text.add(CAPACITY, &labels, table.capacity as f64);
    }
    if let Some(deadlocks) = locks.counters.as_ref().ok().and_then(|c| c.deadlocks) {
        text.add(DEADLOCKS, &labels, deadlocks as f64);
    }
}
