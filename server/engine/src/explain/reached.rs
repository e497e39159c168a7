//! What a statement reaches that the user has not consented to, by OID in the server's catalog, before it is
//! executed: volatile and security-definer functions, functions that are never called, foreign tables.
//!
//! Followed are the functions, operators, tables and types that it names and what these consist of: views,
//! rules, row security, defaults, checks, indexes, partitions, triggers, domains, casts, aggregates, operator
//! classes, bodies in standard SQL. Which of several objects of a name is meant the server decides by types
//! we do not know, so all that the search path reaches must be harmless. A function whose body is a text is
//! believed what it is declared as; the role, READ ONLY and the time limit bound that.

use std::time::Duration;

use model::explain::{Danger, Refusal};
use sqlx::Arguments;
use sqlx::postgres::PgArguments;

use super::REACHED_FUNCTIONS;
use super::ast::Called;
use super::denied_functions::pattern;
use super::guard::Guarded;
use crate::connection::on_demand::{OnDemand, Stop};

/// Volatile functions of `pg_catalog` that do nothing but answer. `nextval` is not among them: a
/// rollback does not give its number back.
const HARMLESS: &str =
    "random random_normal clock_timestamp timeofday gen_random_uuid uuidv4 uuidv7 currval lastval";

/// Operators that clauses use without writing them: IN, USING, CASE, BETWEEN, ORDER BY.
const UNWRITTEN: [&str; 6] = ["=", "<>", "<", "<=", ">", ">="];

#[derive(sqlx::FromRow)]
struct Found {
    /// The name that leads there, from 1; 0 is an implicit cast.
    n: i64,
    #[sqlx(try_from = "model::text::Text")]
    schema: String,
    #[sqlx(try_from = "model::text::Text")]
    name: String,
    #[sqlx(try_from = "model::text::Text")]
    danger: String,
    /// Whether the statement names it itself.
    direct: bool,
}

impl Found {
    fn danger(&self) -> Danger {
        match &*self.danger {
            "volatile" => Danger::Volatile,
            "definer" => Danger::SecurityDefiner,
            "foreign" => Danger::Foreign,
            _ => Danger::Blocked,
        }
    }

    /// Whether it may not be called. `consented`: volatile functions may; `changes`: rows may change, and the
    /// preview has said that numbers of sequences are then gone.
    fn is_unwanted(&self, consented: bool, changes: bool) -> bool {
        if self.danger() == Danger::Blocked {
            return true;
        }
        let core = self.schema == "pg_catalog";
        let harmless = HARMLESS.split_ascii_whitespace().any(|name| name == self.name);
        let by_default = changes && !self.direct && self.name == "nextval";
        !consented && !(core && (harmless || by_default))
    }
}

/// A name of the statement: its kind, the name, its schema where one is written, its byte in the text.
type Call<'a> = (&'static str, &'a str, Option<&'a str>, Option<usize>);

/// The first thing that the statement reaches and the user has not consented to.
pub async fn unwanted(
    session: &mut OnDemand,
    major: u16,
    (guarded, consented): (&Guarded, bool),
    within: Duration,
) -> Result<Option<Refusal>, Stop> {
    let mut calls: Vec<Call<'_>> = Vec::new();
    for (kind, all) in guarded.names() {
        calls.extend(all.iter().map(|one| {
            let Called { schema, name, offset } = one;
            (kind, name.as_str(), schema.as_deref(), *offset)
        }));
    }
    calls.extend(UNWRITTEN.iter().map(|name| ("operator", *name, None, None)));
    let changes = guarded.changes_rows();
    let arguments = arguments(&calls, changes);
    let (Some(file), Some(arguments)) = (REACHED_FUNCTIONS.pick(major), arguments) else {
        return Ok(Some(Refusal::Empty));
    };
    let found: Vec<Found> = session.rows(file, arguments, within).await?;
    let first = found.iter().find(|found| found.is_unwanted(consented, changes));
    Ok(first.map(|found| {
        let index = usize::try_from(found.n.saturating_sub(1)).ok();
        let named = index.and_then(|index| calls.get(index));
        let mut name = format!("{}.{}", found.schema, found.name);
        if !found.direct {
            let behind = named.map_or("an implicit cast", |(_, name, ..)| *name);
            name = format!("{name} (behind {behind})");
        }
        let at = guarded.position(named.and_then(|(.., offset)| *offset));
        Refusal::Function { name, danger: found.danger(), at }
    }))
}

fn arguments(calls: &[Call<'_>], changes: bool) -> Option<PgArguments> {
    let schemas: Vec<Option<&str>> = calls.iter().map(|(_, _, schema, _)| *schema).collect();
    let names: Vec<&str> = calls.iter().map(|(_, name, ..)| *name).collect();
    let kinds: Vec<&str> = calls.iter().map(|(kind, ..)| *kind).collect();
    let mut arguments = PgArguments::default();
    arguments.add(schemas).ok()?;
    arguments.add(names).ok()?;
    arguments.add(kinds).ok()?;
    arguments.add(changes).ok()?;
    arguments.add(pattern()).ok()?;
    Some(arguments)
}
