//! Finds the first volatile or security-definer function a statement would call without the user's
//! consent, by OID in the server's catalog, before it is executed.
//!
//! Which of several functions of a name is meant the server decides by types we do not know, so all
//! that the search path reaches must be harmless. What stands behind views, triggers, casts and domains
//! is not seen here: the role, READ ONLY and the time limit bound that.

use std::time::Duration;

use model::explain::{Danger, Refusal};
use sqlx::Arguments;
use sqlx::postgres::PgArguments;

use super::VOLATILE_FUNCTIONS;
use super::ast::Called;
use super::guard::Guarded;
use crate::connection::on_demand::{OnDemand, Stop};

/// Volatile functions of `pg_catalog` that do nothing but answer. `nextval` is not among them: a
/// rollback does not give its number back.
const HARMLESS: &str =
    "random random_normal clock_timestamp timeofday gen_random_uuid uuidv4 uuidv7 currval lastval";

#[derive(sqlx::FromRow)]
struct Candidate {
    n: i64,
    #[sqlx(try_from = "model::text::Text")]
    schema: String,
    #[sqlx(try_from = "model::text::Text")]
    name: String,
    volatile: bool,
    definer: bool,
}

/// What the statement may call that the user has not consented to.
pub async fn unwanted(
    session: &mut OnDemand,
    major: u16,
    guarded: &Guarded,
    within: Duration,
) -> Result<Option<Refusal>, Stop> {
    let (functions, operators, columns) = guarded.calls();
    let mut calls: Vec<(&'static str, &Called)> = Vec::new();
    calls.extend(functions.iter().map(|call| ("function", call)));
    calls.extend(operators.iter().map(|call| ("operator", call)));
    calls.extend(columns.iter().map(|call| ("column", call)));
    let Some(file) = VOLATILE_FUNCTIONS.pick(major).filter(|_| !calls.is_empty()) else {
        return Ok(None);
    };
    let Some(arguments) = arguments(&calls) else { return Ok(Some(Refusal::Empty)) };
    let found: Vec<Candidate> = session.rows(file, arguments, within).await?;
    let dangerous = found.iter().find_map(|candidate| Some((danger(candidate)?, candidate)));
    Ok(dangerous.map(|(danger, candidate)| {
        let index = usize::try_from(candidate.n - 1).unwrap_or(usize::MAX);
        let at = calls.get(index).and_then(|(_, call)| guarded.position(call.offset));
        let name = format!("{}.{}", candidate.schema, candidate.name);
        Refusal::Function { name, danger, at }
    }))
}

fn danger(candidate: &Candidate) -> Option<Danger> {
    let core = candidate.schema == "pg_catalog";
    if core && HARMLESS.split_ascii_whitespace().any(|name| name == candidate.name) {
        return None;
    }
    if candidate.volatile {
        return Some(Danger::Volatile);
    }
    candidate.definer.then_some(Danger::SecurityDefiner)
}

fn arguments(calls: &[(&'static str, &Called)]) -> Option<PgArguments> {
    let schemas: Vec<Option<String>> = calls.iter().map(|(_, call)| call.schema.clone()).collect();
    let names: Vec<String> = calls.iter().map(|(_, call)| call.name.clone()).collect();
    let kinds: Vec<&str> = calls.iter().map(|(kind, _)| *kind).collect();
    let mut arguments = PgArguments::default();
    arguments.add(schemas).ok()?;
    arguments.add(names).ok()?;
    arguments.add(kinds).ok()?;
    Some(arguments)
}
