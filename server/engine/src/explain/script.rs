//! Builds the SQL of one EXPLAIN around a checked statement: begin, PREPARE, EXPLAIN, rollback. Pure.
//!
//! The prefix is ours up to its closing parenthesis, so that no text can add an option to it:
//! `EXPLAIN ` and `ANALYZE DELETE …` make one statement, `EXPLAIN (FORMAT JSON) ` and the same do not
//! (`docs/limits.md#read-only-transactions`).

use model::explain::{Options, Position, Refusal, Request, RunId};

use super::guard::{self, Guarded, STATEMENT_BYTES};
use crate::connection::on_demand::Statement;
use crate::error::quoted_literal;

/// `lock_timeout` of a run, ms: rather no plan than a queue (`docs/limits.md#explain-time-limit`).
pub const LOCK_TIMEOUT_MS: u64 = 250;
/// `idle_in_transaction_session_timeout` of a run, ms (`docs/limits.md#connections`).
const IDLE_TIMEOUT_MS: u64 = 5_000;
/// Digits of the run's name that name its prepared statement.
const NAME_DIGITS: usize = 16;
/// The first major with GENERIC_PLAN.
const GENERIC_PLAN: u16 = 16;
/// The first major with SERIALIZE and MEMORY.
const SERIALIZE: u16 = 17;

/// How a run without a prepared statement ends.
pub const ROLLBACK: &str = "rollback";
/// Where a run with one returns to when EXPLAIN fails: DEALLOCATE needs a whole transaction.
pub const SAVEPOINT: &str = "savepoint pgdeck";

/// The statements of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Begin and the limits.
    pub begin: String,
    /// PREPARE, when values or a generic plan ask for it.
    pub prepare: Option<Statement>,
    /// EXPLAIN.
    pub explain: Statement,
    /// How it ends; a rollback alone does not take a prepared statement away.
    pub end: String,
    /// Options left out, one sentence each.
    pub left_out: Vec<String>,
}

impl Script {
    /// Every statement, in order, as shown to the user.
    pub fn sql(&self) -> Vec<String> {
        let commands = |text: &str| text.split(';').map(str::to_owned).collect::<Vec<_>>();
        let mut all = commands(&self.begin);
        if let Some(prepare) = &self.prepare {
            all.extend([prepare.sql().to_owned(), SAVEPOINT.to_owned()]);
        }
        all.push(self.explain.sql().to_owned());
        all.extend(commands(&self.end));
        all
    }
}

/// The comment that marks a run's statements, so that a cancel meets them and nothing else.
pub fn marker(run: &RunId) -> String {
    format!("/* pgdeck {} */", run.as_str())
}

/// Whether the values given fit the statement's parameters; none are needed to plan generically.
pub fn check_values(guarded: &Guarded, request: &Request) -> Result<(), Refusal> {
    let (needs, given) = (guarded.parameters(), request.parameters.len());
    let nameless = request.options.generic && !request.mode.executes() && given == 0;
    if !nameless && needs != given {
        return Err(Refusal::Parameters { needs, given });
    }
    let values = || request.parameters.iter().flatten();
    let bytes = values().map(String::len).sum();
    if bytes > STATEMENT_BYTES {
        return Err(Refusal::TooLong { bytes, limit: STATEMENT_BYTES });
    }
    match values().find_map(|value| Some((value, value.find('\0')?))) {
        Some((value, nul)) => Err(Refusal::Nul { at: Position::of(value, nul) }),
        None => Ok(()),
    }
}

/// Builds a run for a major.
pub fn script(
    guarded: &Guarded,
    request: &Request,
    major: u16,
    timeout_ms: u64,
) -> Result<Script, Refusal> {
    check_values(guarded, request)?;
    let options = &request.options;
    let by_option = options.generic && !request.mode.executes() && major >= GENERIC_PLAN;
    let prepared = (guarded.parameters() > 0 || options.generic) && !by_option;
    let begin = begin(guarded, request, timeout_ms);
    let (words, left_out) = words(options, request.mode.executes(), major, by_option);
    let marker = marker(&request.run);
    let explain = format!("{marker} explain ({words}) ");
    if !prepared {
        let unbound = guarded.parameters() > 0;
        let explain = around(&explain, guarded, "ExplainStmt")?.with_parameters(unbound);
        return Ok(Script { begin, prepare: None, explain, end: ROLLBACK.into(), left_out });
    }
    let name: String = request.run.as_str().chars().take(NAME_DIGITS).collect();
    let prepare = around(&format!("{marker} prepare pgdeck_{name} as "), guarded, "PrepareStmt")?;
    let values = values(guarded.parameters(), &request.parameters);
    let sql = format!("{explain}execute pgdeck_{name}{values}");
    if !guard::is_call_of_constants(&sql) {
        return Err(changed());
    }
    let end = format!("rollback to {SAVEPOINT};deallocate pgdeck_{name};{ROLLBACK}");
    let explain = Statement::own(sql);
    Ok(Script { begin, prepare: Some(prepare), explain, end, left_out })
}

/// Begin, and the limits that hold until the rollback. The guard reads backslashes as the standard
/// has it, so the server must too.
pub fn begin(guarded: &Guarded, request: &Request, timeout_ms: u64) -> String {
    let writes = request.mode.dml() && guarded.writes();
    let mode = if writes { "read write" } else { "read only" };
    let cache = if request.options.generic { "force_generic_plan" } else { "force_custom_plan" };
    format!(
        "begin isolation level read committed {mode} not deferrable;set local statement_timeout = {timeout_ms};\
         set local lock_timeout = {LOCK_TIMEOUT_MS};\
         set local idle_in_transaction_session_timeout = {IDLE_TIMEOUT_MS};\
         set local standard_conforming_strings = on;set local plan_cache_mode = {cache}"
    )
}

/// The options for a major, and the sentences about those it lacks.
fn words(asked: &Options, analyze: bool, major: u16, generic: bool) -> (String, Vec<String>) {
    let mut words = vec!["format json"];
    let mut left_out = Vec::new();
    let mut add = |asked: bool, word: &'static str, since: u16, needs_analyze: bool| {
        if !asked {
            return;
        }
        let name = word.to_uppercase();
        if major < since {
            left_out.push(format!("{name} requires PostgreSQL {since}; this server runs {major}."));
        } else if needs_analyze && !analyze {
            left_out.push(format!("{name} requires ANALYZE."));
        } else {
            words.push(word);
        }
    };
    add(analyze, "analyze", 0, false);
    add(generic, "generic_plan", 0, false);
    add(asked.verbose, "verbose", 0, false);
    add(asked.settings, "settings", 0, false);
    add(asked.wal, "wal", 0, true);
    add(asked.serialize, "serialize", SERIALIZE, true);
    add(asked.memory, "memory", SERIALIZE, false);
    // Said either way: since 18 ANALYZE shows buffers unless told not to.
    words.push(if asked.buffers { "buffers on" } else { "buffers off" });
    (words.join(", "), left_out)
}

/// Our words in front of the user's. What we built is read once more: still one statement, and of
/// the kind we meant.
fn around(before: &str, guarded: &Guarded, kind: &str) -> Result<Statement, Refusal> {
    let statement = Statement::around(before, guarded.text());
    if !guard::is_still(statement.sql(), kind) {
        return Err(changed());
    }
    Ok(statement)
}

fn changed() -> Refusal {
    let message = "with EXPLAIN in front it is not one statement any more".to_owned();
    Refusal::NotParsed { message, at: None }
}

/// Values for EXECUTE: literals of unknown type, which the server reads as the types it inferred.
/// sqlx binds in binary form only, and for that the types would have to be known here.
fn values(needs: usize, given: &[Option<String>]) -> String {
    if needs == 0 {
        return String::new();
    }
    let value = |number: usize| match given.get(number) {
        Some(Some(value)) => quoted_literal(value),
        _ => "null".to_owned(),
    };
    format!("({})", (0..needs).map(value).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests;
