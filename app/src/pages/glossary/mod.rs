//! Glossary of the terms and metrics on the pages, a sentence each, with a link to PostgreSQL's
//! manual.

use leptos::prelude::*;

use crate::shell::navigation::Nav;
use crate::ui::term::id;

/// Name, sentence, page of the manual. The pages exist in the manuals of all majors that pgdeck watches.
const TERMS: [(&str, &str, &str); 38] = [
    (
        "Active sessions",
        "Client sessions that run a statement at this moment, those that wait for a lock or for the disk among them.",
        "monitoring-stats.html",
    ),
    (
        "Bloat",
        "Space in a table or index left by dead tuples; vacuum makes it reusable and returns only empty pages at the end to the file system.",
        "routine-vacuuming.html",
    ),
    (
        "Buffer cache hits",
        "The share of blocks found in PostgreSQL's own shared buffers; the rest were requested from the operating system, which may have had them in its cache.",
        "monitoring-stats.html",
    ),
    (
        "Catalog xmin age",
        "How many transaction IDs were assigned since the oldest change of the catalog that this slot still needs; vacuum keeps newer catalog rows.",
        "view-pg-replication-slots.html",
    ),
    (
        "Deadlocks",
        "Cycles of sessions that wait for each other; PostgreSQL looks for one after deadlock_timeout and aborts a transaction to break it.",
        "explicit-locking.html",
    ),
    (
        "Flush lag",
        "Time until the standby had flushed recent WAL to disk: what a commit waits for with synchronous_commit = on.",
        "monitoring-stats.html",
    ),
    (
        "Holds back xmin by",
        "How many transaction IDs were assigned since the oldest one that this session's snapshot still considers running; vacuum keeps rows that died since.",
        "routine-vacuuming.html",
    ),
    (
        "hot_standby_feedback",
        "A standby tells its primary what its queries may still see: fewer of them are cancelled, and the primary keeps more dead tuples.",
        "hot-standby.html",
    ),
    (
        "Idle in transaction",
        "A session between statements with its transaction open: it keeps its locks, and once it has written or holds a snapshot it holds back vacuum.",
        "monitoring-stats.html",
    ),
    (
        "Lock modes",
        "How strongly something is locked, from ACCESS SHARE (reading) to ACCESS EXCLUSIVE (conflicts with every mode); the mode decides who waits for whom.",
        "explicit-locking.html",
    ),
    (
        "max_locks_per_transaction",
        "What the shared lock table is sized for: this many objects per server process and prepared transaction, shared by all.",
        "runtime-config-locks.html",
    ),
    (
        "max_standby_streaming_delay",
        "How long after WAL was received replay may be delayed by conflicting queries before they are cancelled; a standby that is already behind cancels them at once.",
        "hot-standby.html",
    ),
    (
        "Multixact age",
        "Like the age of transaction ids, for the ids that stand for several transactions holding locks on one row.",
        "routine-vacuuming.html",
    ),
    (
        "On the fast path",
        "Weak table locks that a backend records in its own slots instead of the shared lock table; up to PostgreSQL 17, 16 per backend.",
        "view-pg-locks.html",
    ),
    (
        "Own transaction id, age",
        "How many transaction IDs were assigned since this one; a transaction gets one when it first writes, locks a row or asks for it.",
        "monitoring-stats.html",
    ),
    (
        "Parallel leader",
        "The session whose statement this worker helps with; ending the leader ends its workers.",
        "parallel-query.html",
    ),
    (
        "Predicate locks (SIReadLock)",
        "What serializable transactions have read, recorded to detect conflicts; no session ever waits for them.",
        "transaction-iso.html",
    ),
    (
        "Prepared",
        "The first half of a two-phase commit: such a transaction belongs to no session, and keeps its locks until somebody commits or rolls it back.",
        "sql-prepare-transaction.html",
    ),
    (
        "Query id",
        "An identifier shared by statements that differ only in constants; pg_stat_statements groups by it.",
        "pgstatstatements.html",
    ),
    (
        "Recovery conflicts",
        "Queries on a standby that were cancelled because replay had to remove or lock what they used.",
        "hot-standby.html",
    ),
    (
        "Replay lag",
        "Time until the standby's queries could see recent changes of the primary; on a quiet primary, bytes say more.",
        "monitoring-stats.html",
    ),
    (
        "Replay waits for",
        "The sessions of this standby that hold up replay at this moment.",
        "hot-standby.html",
    ),
    (
        "Rows read",
        "Rows returned by sequential scans, index entries returned, and rows fetched for them, per second: PostgreSQL counts these, not the rows that clients receive.",
        "monitoring-stats.html",
    ),
    (
        "Serialization failures",
        "Transactions that PostgreSQL rolled back because the guarantees of serializable or repeatable read could not be kept otherwise; the application must retry.",
        "transaction-iso.html",
    ),
    (
        "Session state",
        "What a backend is doing: active runs a statement, idle waits for the next one, idle in transaction does so with its transaction open.",
        "monitoring-stats.html",
    ),
    (
        "Slot",
        "Keeps WAL, and with an xmin also old row versions, until its consumer has received them or a limit such as max_slot_wal_keep_size is reached.",
        "warm-standby.html",
    ),
    (
        "Sync",
        "Whether commits on the primary wait for this standby: sync and quorum do, potential would take over, async never does.",
        "runtime-config-replication.html",
    ),
    (
        "synchronous_standby_names",
        "Which standbys commits wait for, and for how many of them.",
        "runtime-config-replication.html",
    ),
    (
        "System identifier",
        "A number given by initdb that a primary and all of its standbys share: servers with the same number had the same data at some time.",
        "functions-info.html",
    ),
    (
        "Through",
        "A pooler such as PgBouncer hands one server session to several clients in turn, so settings of a session may reach another client.",
        "runtime-config-client.html",
    ),
    (
        "Timeline",
        "A number that goes up with each promotion; servers on different timelines have different histories from there on.",
        "continuous-archiving.html",
    ),
    (
        "WAL",
        "The write-ahead log: a change is in it before the table's file is written, and crash recovery, standbys and backups read it.",
        "wal-intro.html",
    ),
    (
        "WAL retained",
        "WAL that the server may not remove because this slot's consumer may still need it.",
        "view-pg-replication-slots.html",
    ),
    (
        "WAL status",
        "Whether a slot still has its WAL: reserved and extended do, unreserved may lose it at the next checkpoint, lost has lost it.",
        "view-pg-replication-slots.html",
    ),
    (
        "Waits for",
        "The class and name of the event a backend waits for: Lock is another session, LWLock shared memory, IO the disk, Client the application.",
        "monitoring-stats.html",
    ),
    (
        "Write lag",
        "Time until the standby had received recent WAL and handed it to its operating system.",
        "monitoring-stats.html",
    ),
    (
        "Xid age",
        "How many transaction IDs were assigned since the oldest that may stand in a row not yet frozen; at about two billion the server stops writing.",
        "routine-vacuuming.html",
    ),
    (
        "Xmin age",
        "How many transaction IDs were assigned since the oldest that a slot, or the standby behind it, still needs; vacuum keeps rows that died since.",
        "view-pg-replication-slots.html",
    ),
];

/// The page's icon: path data in a box of 20 × 20.
pub const ICON: &str =
    "M10 5c-2-1.5-4.5-1.5-7-1v11c2.5-.5 5-.5 7 1 2-1.5 4.5-1.5 7-1V4c-2.5-.5-5-.5-7 1zM10 5v11";

/// The page component.
#[component]
pub fn Page() -> impl IntoView {
    let majors = Memo::new(|_| majors());
    let entry = move |(name, message, chapter): (&'static str, &'static str, &'static str)| {
        let manuals = move || {
            let link = |major: String| {
                let to = format!("https://www.postgresql.org/docs/{major}/{chapter}");
                view! { " " <a href=to rel="external noopener noreferrer">{major}</a> }
            };
            majors.get().into_iter().map(link).collect_view()
        };
        view! {
            <div id=id(name)>
                <dt>{name}</dt>
                <dd>{message} <span class="muted">" Manual:" {manuals}</span></dd>
            </div>
        }
    };
    view! {
        <header class="page-head">
            <h1>"Glossary"</h1>
            <p class="verdict">"What the figures mean, with links to the manual of each watched major version."</p>
        </header>
        <dl class="glossary">{TERMS.map(entry).collect_view()}</dl>
    }
}

/// The major versions of the watched servers, newest first; `current` where none is known.
fn majors() -> Vec<String> {
    let mut majors: Vec<u16> = use_context::<Nav>()
        .map(|nav| {
            let facts = |nav: &crate::shell::navigation::Navigation| {
                nav.servers.iter().filter_map(|one| Some(one.facts.as_ref()?.major)).collect()
            };
            nav.latest.with(facts)
        })
        .unwrap_or_default();
    majors.sort_unstable_by(|a, b| b.cmp(a));
    majors.dedup();
    if majors.is_empty() {
        return vec!["current".into()];
    }
    majors.into_iter().map(|major| major.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::term::EXPLAINED;

    #[test]
    fn what_is_linked_is_explained_in_one_place_and_a_sentence() {
        assert_eq!(TERMS.map(|(name, ..)| id(name)), EXPLAINED);
        for (name, message, chapter) in TERMS {
            assert!(
                message.ends_with('.') && !message.contains(". ") && message.len() < 180,
                "{name}"
            );
            assert!(chapter.ends_with(".html"), "{name}");
        }
    }
}
