//! Policy of actions: which are refused for which target and why, the lock each takes and its effect.
//! Pure: rows in, sentences out.

use model::action::{Action, Refusal, cannot_cancel};

use super::rows::{SessionRow, TableRow};
use crate::error::quoted;

/// Why that session is left alone. `row` is what the server has under the pid now.
pub fn session(
    action: Action,
    (pid, backend_start_ms): (i32, i64),
    row: Option<&SessionRow>,
    role: &str,
    twice: bool,
) -> Option<Refusal> {
    let Some(row) = row else {
        return Some(for_good(format!("pid {pid} has ended.")));
    };
    match row.backend_start_ms {
        None => return Some(unseen(pid, role)),
        Some(start) if start != backend_start_ms => {
            return Some(for_good(format!(
                "The session you chose has ended; its pid {pid} now belongs to another one."
            )));
        }
        Some(_) => {}
    }
    if row.may_signal == Some(false) {
        return Some(not_ours_to_signal(row, role));
    }
    // Background processes may report no state and yet run something.
    let reports = row.state.is_some() || row.backend_type.as_deref() == Some("client backend");
    if action == Action::Cancel && reports {
        let cannot = cannot_cancel(pid, row.state.as_deref(), row.wait_event.as_deref());
        if let Some(message) = cannot {
            return Some(for_good(message));
        }
    }
    let refusal = process(pid, row).or_else(|| work(pid, row));
    refusal.filter(|refusal| !(refusal.lifted_by_asking_twice && twice))
}

/// What it is doing and whether ending that is to be thought over.
fn work(pid: i32, row: &SessionRow) -> Option<Refusal> {
    if row.waits_for_sync_standby() {
        return Some(think_over(format!(
            "pid {pid} has already committed on this server and waits for a synchronous standby. Ending it undoes nothing, and its client might repeat what is done."
        )));
    }
    if row.to_prevent_wraparound == Some(true) {
        return Some(think_over(format!(
            "pid {pid} is an autovacuum to prevent wraparound: it starts again, from the beginning of the table."
        )));
    }
    row.vacuums.then(|| {
        think_over(format!(
            "pid {pid} runs VACUUM: the table it is at must be begun again, and a VACUUM that freezes protects from wraparound."
        ))
    })
}

/// What kind of process it is and whether ending it is to be thought over.
fn process(pid: i32, row: &SessionRow) -> Option<Refusal> {
    let kind = row.backend_type.as_deref().unwrap_or("backend of a hidden type");
    match kind {
        "walsender" => Some(think_over(format!(
            "pid {pid} is a walsender: a standby, a subscriber or a backup loses its connection."
        ))),
        _ if row.own => Some(think_over(format!("pid {pid} is one of pgdeck's own sessions."))),
        _ if row.superuser => Some(think_over(format!(
            "pid {pid} is a session of the superuser {}.",
            row.usename.as_deref().unwrap_or_default()
        ))),
        "client backend" | "autovacuum worker" => None,
        "parallel worker" => Some(think_over(format!(
            "pid {pid} is a parallel worker: ending it fails the statement of its leader."
        ))),
        "logical replication worker"
        | "logical replication apply worker"
        | "logical replication parallel worker"
        | "logical replication tablesync worker"
        | "background worker" => Some(think_over(format!(
            "pid {pid} is a {kind}: the server started it and may start it again."
        ))),
        other => Some(for_good(format!(
            "pid {pid} is the server's own {other}, which must not be ended by a signal."
        ))),
    }
}

/// Why that table is left alone.
pub fn table(named: &str, row: Option<&TableRow>, me: (&str, &str)) -> Option<Refusal> {
    let (role, database) = me;
    let Some(row) = row else {
        return Some(for_good(format!(
            "There is no table {named} in the database {database}; write its name with its schema."
        )));
    };
    // r: table, m: materialised view, t: TOAST table, p: partitioned table.
    if !["r", "m", "t", "p"].contains(&row.relkind.as_str()) {
        return Some(for_good(format!("{} is not a table.", row.name)));
    }
    (!row.may_maintain).then(|| Refusal {
        message: format!(
            "pgdeck's role {role} lacks the privilege to maintain {}, which belongs to {}: PostgreSQL would skip it with a warning.",
            row.name, row.owner
        ),
        remedy: Some(format!("grant {} to {};", quoted(&row.owner), quoted(role))),
        lifted_by_asking_twice: false,
    })
}

fn unseen(pid: i32, role: &str) -> Refusal {
    Refusal {
        message: format!(
            "pgdeck's role {role} cannot see when pid {pid} started, so it cannot be told apart from another session with the same pid."
        ),
        remedy: Some(format!("grant pg_read_all_stats to {};", quoted(role))),
        lifted_by_asking_twice: false,
    }
}

fn not_ours_to_signal(row: &SessionRow, role: &str) -> Refusal {
    let whose = row.usename.as_deref().unwrap_or_default();
    if row.superuser {
        return for_good(format!(
            "Only a superuser may signal a session of the superuser {whose}, and pgdeck's role {role} is not one."
        ));
    }
    Refusal {
        message: format!(
            "pgdeck's role {role} is not allowed to signal sessions of the role {whose}."
        ),
        remedy: Some(format!("grant pg_signal_backend to {};", quoted(role))),
        lifted_by_asking_twice: false,
    }
}

fn for_good(message: String) -> Refusal {
    Refusal { message, remedy: None, lifted_by_asking_twice: false }
}

fn think_over(message: String) -> Refusal {
    Refusal { message, remedy: None, lifted_by_asking_twice: true }
}

/// The lock an action takes, one sentence.
pub fn lock(action: Action) -> &'static str {
    match action {
        Action::Cancel | Action::Terminate => {
            "Takes no lock on any object; it is a signal to one process."
        }
        Action::Vacuum => {
            "SHARE UPDATE EXCLUSIVE on the table: reads and writes go on, DDL, other VACUUMs and ANALYZEs wait. It gives up when it does not get the lock within 2 s. At the end it may briefly take ACCESS EXCLUSIVE to truncate empty pages, and skips that if another session waits."
        }
        Action::Analyze => {
            "SHARE UPDATE EXCLUSIVE on the table: reads and writes go on, DDL, VACUUM and other ANALYZEs wait. It gives up when it does not get the lock within 2 s."
        }
    }
}

/// What an action does to these sessions, or to a table.
pub fn effect(action: Action, sessions: &[SessionRow]) -> &'static str {
    match action {
        Action::Terminate if sessions.iter().any(SessionRow::waits_for_sync_standby) => {
            "The session ends with \"terminating connection due to administrator command\" (57P01). The transaction of one that waits for a synchronous standby is not rolled back: it is already committed on this server, and its client might repeat it. Any other open transaction is rolled back and all its locks are released; the client loses its connection."
        }
        action => usual_effect(action),
    }
}

fn usual_effect(action: Action) -> &'static str {
    match action {
        Action::Cancel => {
            "The statement that the session runs when the signal arrives fails with \"canceling statement due to user request\" (57014). The transaction block it is in is aborted and its locks are released; the session stays connected."
        }
        Action::Terminate => {
            "The session ends with \"terminating connection due to administrator command\" (57P01). Its open transaction is rolled back and all its locks are released; the client loses its connection."
        }
        Action::Vacuum => {
            "Removes dead tuples and marks their space as free for the table's own new rows; returns no space to the file system except empty pages at the end. It is stopped after an hour."
        }
        Action::Analyze => {
            "Reads a sample of the table and replaces the planner's statistics: plans of later statements may change. It is stopped after an hour."
        }
    }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
