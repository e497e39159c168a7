//! Rows of the sessions table: grouping of parallel workers under their leader, filter, sort, and
//! export as CSV and Markdown. Pure; `table.rs` renders it.

use std::cmp::Ordering;

use model::activity::{Session, wait_class};

use crate::ui::csv;
use crate::ui::filter;
use crate::ui::filter::Term;
use crate::ui::sort;
use crate::ui::sort::Column;

/// The columns: (id in filters, sort links and copies, heading, whether it is numeric).
pub const COLUMNS: [Column; 11] = [
    ("pid", "Pid", true),
    // The most urgent columns come first, for narrow screens.
    ("state", "State", false),
    ("wait", "Waits for", false),
    ("blocked", "Blocked by", false),
    ("transaction", "Transaction", true),
    ("statement", "Statement", true),
    ("application", "Application", false),
    ("query", "Query", false),
    ("database", "Database", false),
    ("role", "Role", false),
    ("client", "Client", false),
];

/// The columns of the filter: those shown, and the backend type.
pub const FILTERS: [&str; 12] = [
    "pid",
    "database",
    "role",
    "application",
    "client",
    "state",
    "wait",
    "blocked",
    "query",
    "type",
    "class",
    "queryid",
];

/// A row: a session with its parallel workers.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The leader, or a session of its own.
    pub session: Session,
    /// Its parallel workers.
    pub workers: Vec<Session>,
}

/// Groups parallel workers under their leader; a worker without a listed leader gets its own row.
pub fn fold(sessions: &[Session]) -> Vec<Row> {
    let leader = |session: &Session| {
        session
            .leader_pid
            .filter(|pid| *pid != session.pid && sessions.iter().any(|s| s.pid == *pid))
    };
    let mut rows: Vec<Row> = sessions
        .iter()
        .filter(|session| leader(session).is_none())
        .map(|session| Row { session: session.clone(), workers: Vec::new() })
        .collect();
    for worker in sessions {
        if let Some(pid) = leader(worker)
            && let Some(row) = rows.iter_mut().find(|row| row.session.pid == pid)
        {
            row.workers.push(worker.clone());
        }
    }
    rows
}

/// The text of a column, as filters and copies see it.
pub fn text(session: &Session, column: &str) -> String {
    let or_empty = |value: &Option<String>| value.clone().unwrap_or_default();
    match column {
        "pid" => session.pid.to_string(),
        "database" => or_empty(&session.datname),
        "role" => or_empty(&session.usename),
        "application" => or_empty(&session.application_name),
        "client" => or_empty(&session.client_addr),
        "state" => or_empty(&session.state),
        "wait" => wait(session),
        "blocked" => blocked(session),
        "class" => {
            if session.is_active() {
                wait_class(session).to_owned()
            } else {
                String::new()
            }
        }
        "transaction" => session.xact_age_ms.map(model::duration).unwrap_or_default(),
        "statement" => session.query_age_ms.map(model::duration).unwrap_or_default(),
        "query" => or_empty(&session.query),
        "type" => or_empty(&session.backend_type),
        "queryid" => session.query_id.map(|id| id.to_string()).unwrap_or_default(),
        _ => String::new(),
    }
}

/// What a session waits for, as `Lock: transactionid`.
pub fn wait(session: &Session) -> String {
    match (&session.wait_event_type, &session.wait_event) {
        (Some(class), Some(event)) => format!("{class}: {event}"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => String::new(),
    }
}

/// Who is in its way, as `640 on a row of orders`; of one who is in the way, `blocks 5`.
pub fn blocked(session: &Session) -> String {
    match (&session.lock_wait, session.blocks) {
        (Some(wait), _) => {
            let who: Vec<String> = wait.blocked_by.iter().map(|pid| blocker(*pid)).collect();
            let who = if who.is_empty() { "unknown".to_owned() } else { who.join(", ") };
            format!("{who} on {}", wait.on)
        }
        (None, 0) => String::new(),
        (None, blocks) => format!("blocks {blocks}"),
    }
}

/// A blocker by its pid; PostgreSQL counts prepared transactions as pid 0.
pub fn blocker(pid: i32) -> String {
    if pid == 0 { "a prepared transaction".to_owned() } else { pid.to_string() }
}

/// The rows that match: a leader stays when one of its workers matches.
pub fn select(rows: Vec<Row>, terms: &[Term]) -> Vec<Row> {
    let passes =
        |session: &Session| filter::passes(terms, &FILTERS, |column| text(session, column));
    rows.into_iter().filter(|row| passes(&row.session) || row.workers.iter().any(passes)).collect()
}

/// For how long the statement that is shown as running has run; None for one that has ended.
pub fn running_ms(session: &Session) -> Option<f64> {
    session.query_age_ms.filter(|_| session.is_active())
}

/// Sorts by `column`, or descending by `-column`; an unknown column keeps the order. Unknown values
/// go last both ways, and background processes last of all by an age: they run as long as the server.
pub fn sort(rows: Vec<Row>, by: &str) -> Vec<Row> {
    let (column, descending) = sort::column(by);
    if !COLUMNS.iter().any(|(id, ..)| *id == column) {
        return rows;
    }
    sort::sorted(rows, |a, b| {
        let (a, b) = (&a.session, &b.session);
        let turn = |order| sort::turned(order, descending);
        let background = is_background(a).cmp(&is_background(b));
        let numbers = |a, b| sort::numbers(a, b, descending);
        match column {
            "pid" => turn(a.pid.cmp(&b.pid)),
            "transaction" => background.then_with(|| numbers(a.xact_age_ms, b.xact_age_ms)),
            "statement" => background.then_with(|| numbers(running_ms(a), running_ms(b))),
            column => {
                let (a, b) = (text(a, column), text(b, column));
                match (a.is_empty(), b.is_empty()) {
                    (false, true) => Ordering::Less,
                    (true, false) => Ordering::Greater,
                    _ => turn(a.to_lowercase().cmp(&b.to_lowercase())),
                }
            }
        }
    })
}

/// Whether it is known to be no client's session, and no worker of one.
fn is_background(session: &Session) -> bool {
    session.backend_type.as_deref().is_some_and(|kind| kind != "client backend")
        && session.leader_pid.is_none()
}

/// The rows as comma-separated values with a heading. A cell that a spreadsheet would run as a
/// formula gets an apostrophe in front.
pub fn csv(rows: &[Row]) -> String {
    lines(rows, |text| csv::cell(&text), |cells| cells.join(","), None)
}

/// The rows as a Markdown table.
pub fn markdown(rows: &[Row]) -> String {
    let cell = |text: String| {
        text.replace('\\', "\\\\")
            .replace('|', "\\|")
            .replace(['\n', '\r'], " ")
            .replace('<', "&lt;")
    };
    let rule = "|---".repeat(COLUMNS.len()) + "|";
    lines(rows, cell, |cells| format!("| {} |", cells.join(" | ")), Some(rule))
}

/// Exact milliseconds for ages in copies.
fn exact(session: &Session, column: &str) -> String {
    let ms = |age: Option<f64>| age.map(|ms| format!("{ms:.0} ms")).unwrap_or_default();
    match column {
        "transaction" => ms(session.xact_age_ms),
        "statement" => ms(session.query_age_ms),
        column => text(session, column),
    }
}

fn lines(
    rows: &[Row],
    cell: impl Fn(String) -> String,
    join: impl Fn(Vec<String>) -> String,
    rule: Option<String>,
) -> String {
    let mut out = vec![join(COLUMNS.iter().map(|(id, ..)| (*id).to_owned()).collect())];
    out.extend(rule);
    for session in rows.iter().flat_map(|row| std::iter::once(&row.session).chain(&row.workers)) {
        out.push(join(COLUMNS.iter().map(|(id, ..)| cell(exact(session, id))).collect()));
    }
    out.push(String::new());
    out.join("\n")
}

#[cfg(test)]
mod tests {
    use model::activity::LockWait;

    use super::*;

    fn session(pid: i32, leader: Option<i32>, query: &str) -> Session {
        Session { pid, leader_pid: leader, query: Some(query.into()), ..Session::default() }
    }

    fn pids(rows: &[Row]) -> Vec<i32> {
        rows.iter().map(|row| row.session.pid).collect()
    }

    #[test]
    fn workers_are_folded_under_their_leader() {
        let all =
            [session(11, Some(10), "w"), session(10, None, "l"), session(12, Some(99), "lost")];
        let rows = fold(&all);
        assert_eq!(pids(&rows), [10, 12]);
        assert_eq!(rows[0].workers.len(), 1);
    }

    #[test]
    fn a_leader_stays_when_a_worker_passes() {
        let rows = fold(&[
            session(10, None, "l"),
            session(11, Some(10), "special"),
            session(20, None, "x"),
        ]);
        let terms = filter::parse("query:special", &FILTERS);
        assert_eq!(pids(&select(rows, &terms)), [10]);
    }

    #[test]
    fn sorts_both_ways_with_unknown_last() {
        let mut rows = fold(&[session(1, None, ""), session(2, None, "b"), session(3, None, "A")]);
        rows[1].session.xact_age_ms = Some(5.0);
        rows[2].session.xact_age_ms = Some(9.0);
        rows = sort(rows, "-transaction");
        assert_eq!(pids(&rows), [3, 2, 1]);
        rows = sort(rows, "transaction");
        assert_eq!(pids(&rows), [2, 3, 1]);
        rows = sort(rows, "query");
        assert_eq!(pids(&rows), [3, 2, 1]);
        rows = sort(rows, "nonsense");
        assert_eq!(pids(&rows), [3, 2, 1]);
    }

    #[test]
    fn who_is_in_the_way_and_who_waits() {
        let mut waiter = session(2, None, "");
        let blocked_by = vec![640, 0];
        let on = "a row of orders".to_owned();
        waiter.lock_wait = Some(LockWait { on, blocked_by, ..LockWait::default() });
        assert_eq!(blocked(&waiter), "640, a prepared transaction on a row of orders");
        waiter.lock_wait = Some(LockWait { on: "orders".into(), ..LockWait::default() });
        assert_eq!(blocked(&waiter), "unknown on orders");
        let root = Session { blocks: 5, ..session(640, None, "") };
        assert_eq!(blocked(&root), "blocks 5");
        assert_eq!(blocked(&session(3, None, "")), "");
    }

    #[test]
    fn the_slowest_statement_is_a_clients_that_runs() {
        let mut rows = fold(&[
            session(1, None, "walsender"),
            session(2, None, "idle"),
            session(3, None, "runs"),
        ]);
        for (row, (kind, state, ms)) in rows.iter_mut().zip([
            ("walsender", "active", 900_000.0),
            ("client backend", "idle", 800_000.0),
            ("client backend", "active", 7_000.0),
        ]) {
            row.session.backend_type = Some(kind.into());
            row.session.state = Some(state.into());
            row.session.query_age_ms = Some(ms);
        }
        assert_eq!(pids(&sort(rows.clone(), "-statement")), [3, 2, 1]);
        assert_eq!(pids(&sort(rows, "statement")), [3, 2, 1]);
    }

    #[test]
    fn copies_defuse_hostile_text() {
        let mut one = session(1, None, "select \"a\",\n1 | 2");
        one.application_name = Some("=cmd|' /C calc'!A0".into());
        let rows = fold(&[one]);
        let csv = csv(&rows);
        assert!(csv.contains("'=cmd"), "{csv}");
        assert!(csv.contains("\"select \"\"a\"\",\n1 | 2\""), "{csv}");
        let markdown = markdown(&rows);
        assert_eq!(markdown.lines().count(), 3, "{markdown}");
        assert!(markdown.contains("1 \\| 2"), "{markdown}");
    }
}
