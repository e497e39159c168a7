//! Preview of an EXPLAIN: the statements it would send and their side effects. Computed from facts
//! already known; sends nothing to the server.

use model::Reason;
use model::explain::{NotExplained, Preview, Refusal, Request};
use model::server::Facts;

use super::guard::Guarded;
use super::script::{self, LOCK_TIMEOUT_MS};
use crate::server::WatchedServer;

/// Says what a run would do, or why it would be refused.
pub fn preview(
    server: &WatchedServer,
    guarded: &Guarded,
    request: &Request,
    timeout_ms: u64,
) -> Result<Preview, NotExplained> {
    let facts = server.facts().ok_or(Reason::NotYet)?;
    let executes = request.mode.executes();
    if facts.superuser && !server.explains.superuser_may_explain() {
        return Err(Refusal::Superuser { role: facts.role }.into());
    }
    if request.mode.dml() && guarded.writes() && facts.in_recovery {
        return Err(Refusal::Standby.into());
    }
    let script = script::script(guarded, request, facts.major, timeout_ms)?;
    Ok(Preview {
        run: request.run.clone(),
        sql: script.sql(),
        message: message(guarded, request, &facts, timeout_ms),
        left_out: script.left_out,
        address: server.address.clone(),
        database: request.database.clone().unwrap_or(facts.database),
        role: facts.role,
        superuser: facts.superuser,
        executes,
        read_only: !(request.mode.dml() && guarded.writes()),
        statement_timeout_ms: timeout_ms,
        lock_timeout_ms: LOCK_TIMEOUT_MS,
    })
}

fn message(guarded: &Guarded, request: &Request, facts: &Facts, timeout_ms: u64) -> Vec<String> {
    let mut message = Vec::new();
    if !request.mode.executes() {
        message.push("The statement is planned, not executed; planning may call functions that are marked IMMUTABLE or STABLE.".to_owned());
        return message;
    }
    message.push(format!(
        "The statement is really executed, as {}, for at most {}, and is always rolled back.",
        facts.role,
        model::duration(timeout_ms as f64)
    ));
    if guarded.changes_rows() {
        message.push(
            "Rows are really changed, and stay locked for others until the rollback.".to_owned(),
        );
        message.push("Triggers fire; what they do outside this database is not undone.".to_owned());
        message.push("Not undone by the rollback: numbers taken from sequences, dead tuples and index entries until the next vacuum, WAL that standbys receive.".to_owned());
    } else if guarded.writes() {
        message.push("Rows are locked against changes by others until the rollback.".to_owned());
    }
    if request.mode.functions() {
        message.push("Volatile and SECURITY DEFINER functions are called; their effects outside the transaction are not undone.".to_owned());
    }
    if facts.superuser {
        message.push(format!(
            "{} is a superuser: only pgdeck's guard restricts the statement.",
            facts.role
        ));
    }
    message
}
