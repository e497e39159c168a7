//! The terms of PostgreSQL that pages explain, for the glossary and for explanations on the spot.

/// Name, explanation, page of the manual. The pages exist in the manuals of all majors that pgdeck
/// watches.
pub const TERMS: [(&str, &str, &str); 45] = [
    (
        "Active sessions",
        "Client sessions that are running a statement right now, including those that wait for a lock or for I/O.",
        "monitoring-stats.html",
    ),
    (
        "Bloat",
        "Space that dead row versions have left in a table or index. VACUUM makes it reusable but returns only empty pages at the end of the file to the operating system.",
        "routine-vacuuming.html",
    ),
    (
        "Buffer cache hits",
        "Share of requested blocks that were found in shared buffers. The rest came from the operating system, possibly from its own cache.",
        "monitoring-stats.html",
    ),
    (
        "Catalog xmin age",
        "Age, in transactions, of the oldest system catalog change that this slot still needs. VACUUM cannot remove catalog rows that died since then.",
        "view-pg-replication-slots.html",
    ),
    (
        "Connection",
        "Direct, or through a pooler such as PgBouncer, which hands one server session to several clients in turn. Session settings may then reach another client.",
        "runtime-config-client.html",
    ),
    (
        "Deadlocks",
        "Cycles of transactions that wait for each other's locks. PostgreSQL detects a cycle after deadlock_timeout and aborts one of the transactions.",
        "explicit-locking.html",
    ),
    (
        "Failsafe",
        "Age from which a VACUUM hurries: it stops pausing and leaves indexes alone, so that transaction IDs do not run out (vacuum_failsafe_age).",
        "routine-vacuuming.html",
    ),
    (
        "Fillfactor",
        "How full, in percent, pages are made when rows are inserted or the table is rewritten. What is left free takes new versions of rows on the same page, which HOT updates need.",
        "storage-hot.html",
    ),
    (
        "Flush lag",
        "Time until the standby had written recent WAL to disk. With synchronous_commit = on, this is what a commit waits for.",
        "monitoring-stats.html",
    ),
    (
        "Full-page images",
        "The first change of a page after a checkpoint writes the whole page to WAL, so that crash recovery can repair one that was written in part. Checkpoints close together make more of them.",
        "wal-configuration.html",
    ),
    (
        "hot_standby_feedback",
        "If on, the standby tells the primary which row versions its queries still need. Fewer queries are cancelled on the standby, and the primary keeps more dead rows.",
        "hot-standby.html",
    ),
    (
        "HOT updates",
        "Updates whose new row version stays on its page and changes no indexed column (heap-only tuples). They need no new index entries, and the page is cleaned without VACUUM.",
        "storage-hot.html",
    ),
    (
        "Idle in transaction",
        "The client has a transaction open but is not running a statement. The session keeps its locks and may keep VACUUM from removing dead rows.",
        "monitoring-stats.html",
    ),
    (
        "Lock modes",
        "How strongly a table is locked, from ACCESS SHARE (reading) to ACCESS EXCLUSIVE (conflicts with every mode). Two modes that conflict cannot be held at the same time.",
        "explicit-locking.html",
    ),
    (
        "max_locks_per_transaction",
        "Sets the size of the shared lock table: this many objects per connection and prepared transaction, shared by all of them. One transaction may use more than its share.",
        "runtime-config-locks.html",
    ),
    (
        "max_standby_streaming_delay",
        "How long replay on a standby may wait for conflicting queries before it cancels them. It counts from when the WAL arrived, so a standby that is behind cancels sooner.",
        "hot-standby.html",
    ),
    (
        "Multixact",
        "A number that stands for several transactions which lock the same row, its members. Like transaction IDs, these numbers are reused, and old ones have to be frozen.",
        "routine-vacuuming.html",
    ),
    (
        "Multixact age",
        "Age, in multixact IDs, of the oldest one not yet frozen; a multixact ID stands for several transactions that lock the same row. At about 2 billion the server stops writing.",
        "routine-vacuuming.html",
    ),
    (
        "On the fast path",
        "Weak table locks that a backend keeps in its own memory instead of the shared lock table, which is cheaper. Up to PostgreSQL 17 there are 16 slots per backend.",
        "view-pg-locks.html",
    ),
    (
        "Parallel leader",
        "The session whose statement this parallel worker helps to run. Ending the leader ends its workers.",
        "parallel-query.html",
    ),
    (
        "Predicate locks (SIReadLock)",
        "What serializable transactions have read, recorded to detect conflicts. They never block anyone.",
        "transaction-iso.html",
    ),
    (
        "Prepared",
        "The first phase of a two-phase commit is done. The transaction belongs to no session any more and keeps its locks until COMMIT PREPARED or ROLLBACK PREPARED.",
        "sql-prepare-transaction.html",
    ),
    (
        "Query ID",
        "Identifies statements that differ only in their constants. pg_stat_statements groups by it.",
        "pgstatstatements.html",
    ),
    (
        "Reclaimable bytes",
        "What a table and its indexes would be smaller by if they were written anew, estimated as a band from the catalog. Room inside them is used again by new rows; only a rewrite gives it back to the disk.",
        "routine-vacuuming.html",
    ),
    (
        "Recovery conflicts",
        "Queries on a standby that were cancelled because replay had to remove or lock what they were using.",
        "hot-standby.html",
    ),
    (
        "Replay lag",
        "Time until recent changes of the primary were visible on the standby. On a quiet primary, look at the bytes instead.",
        "monitoring-stats.html",
    ),
    (
        "Replay waits for",
        "Sessions on this standby that are blocking replay right now.",
        "hot-standby.html",
    ),
    (
        "Rows read",
        "Rows that sequential scans and index scans have read, per second. This is usually more than clients receive.",
        "monitoring-stats.html",
    ),
    (
        "Serialization failures",
        "Transactions rolled back with SQLSTATE 40001 because the repeatable read or serializable isolation level could not be kept otherwise. The application has to retry them.",
        "transaction-iso.html",
    ),
    (
        "Session state",
        "What a backend is doing: active runs a statement, idle waits for the next one, idle in transaction waits with a transaction open.",
        "monitoring-stats.html",
    ),
    (
        "Slot",
        "A replication slot keeps WAL, and where needed old row versions, until its consumer has received them. Without max_slot_wal_keep_size there is no limit.",
        "warm-standby.html",
    ),
    (
        "Snapshot age (xmin)",
        "Age, in transactions, of the oldest transaction this session's snapshot still sees as running. VACUUM cannot remove rows that died since then.",
        "routine-vacuuming.html",
    ),
    (
        "Sync",
        "Whether commits on the primary wait for this standby: sync and quorum do, potential would if another fails, async never does.",
        "runtime-config-replication.html",
    ),
    (
        "synchronous_standby_names",
        "Names the standbys that commits wait for, and how many of them have to confirm.",
        "runtime-config-replication.html",
    ),
    (
        "System identifier",
        "A number that initdb gave to the cluster; a primary and its standbys share it. Servers with different numbers cannot replicate from each other physically.",
        "functions-info.html",
    ),
    (
        "Timeline",
        "A number that increases with each promotion. Servers on different timelines have different histories from that promotion on.",
        "continuous-archiving.html",
    ),
    (
        "Transaction ID age",
        "Age, in transactions, of this session's own transaction. A transaction gets an ID when it first writes or locks a row.",
        "monitoring-stats.html",
    ),
    (
        "Waits for",
        "What a backend is waiting for, as class and event: Lock is another session, LWLock is shared memory, IO is storage, Client is the application.",
        "monitoring-stats.html",
    ),
    (
        "WAL",
        "The write-ahead log. Every change is written to it first; crash recovery, standbys and backups replay it.",
        "wal-intro.html",
    ),
    (
        "WAL retained",
        "WAL that the server cannot remove because this slot's consumer may still need it.",
        "view-pg-replication-slots.html",
    ),
    (
        "WAL status",
        "Whether a slot still has the WAL it needs: reserved and extended do, unreserved may lose it at the next checkpoint, lost has lost it.",
        "view-pg-replication-slots.html",
    ),
    (
        "Write lag",
        "Time until the standby had received recent WAL and handed it to its operating system.",
        "monitoring-stats.html",
    ),
    (
        "XID age",
        "Age, in transactions, of the oldest row not yet frozen. At about 2 billion the server stops writing.",
        "routine-vacuuming.html",
    ),
    (
        "Xmin age",
        "Age, in transactions, of the oldest row version that this slot or standby still needs. VACUUM cannot remove rows that died since then.",
        "view-pg-replication-slots.html",
    ),
    (
        "Xmin horizon",
        "The oldest transaction that something may still have to see: a session, a prepared transaction, a slot or a standby. VACUUM removes no row version that died after it.",
        "routine-vacuuming.html",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::term::{EXPLAINED, id};

    #[test]
    fn what_is_underlined_is_explained_in_one_place_and_two_sentences() {
        assert_eq!(TERMS.map(|(name, ..)| id(name)), EXPLAINED);
        for (name, message, chapter) in TERMS {
            let sentences = message.matches(". ").count() + 1;
            assert!(message.ends_with('.') && sentences <= 2 && message.len() < 200, "{name}");
            assert!(chapter.ends_with(".html"), "{name}");
        }
    }
}
