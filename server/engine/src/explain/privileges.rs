//! The privileges that a statement needs on its tables, asked for before it is planned: a refusal leaves an error in
//! the log of the watched server, a look at the catalog does not.

use std::time::Duration;

use model::Reason;
use serde_json::Value;
use sqlx::Arguments;
use sqlx::postgres::PgArguments;

use super::{TABLE_PRIVILEGES, ast};
use crate::capability::OLDEST_MAJOR;
use crate::connection::on_demand::{OnDemand, Stop};
use crate::error::quoted;

/// The most tables that are looked up.
const TABLES: usize = 200;

/// A table, and what is done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    schema: Option<String>,
    table: String,
    privilege: &'static str,
}

/// A need that is not met.
#[derive(sqlx::FromRow)]
struct Lacking {
    place: i64,
    #[sqlx(try_from = "model::text::MaybeText")]
    nspname: Option<String>,
    usage: bool,
}

/// What a statement needs on the tables that it names; nothing of a text that is not understood.
pub fn needs(text: &str) -> Vec<Need> {
    let Ok(tree) = ast::json(text) else { return Vec::new() };
    let (mut needs, mut own_names, mut open) = (Vec::new(), Vec::new(), vec![&tree]);
    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(fields) => {
                own_names.extend(word(fields.get("ctename")));
                needs.extend(need(value, "select"));
                for (key, inner) in fields {
                    let written = written(key, inner);
                    let target = inner.get("relation").filter(|_| !written.is_empty());
                    let of_target = |privilege: &&'static str| need(target?, privilege);
                    needs.extend(written.iter().filter_map(of_target));
                    match inner {
                        // The target is written to; whether it is read as well shows in its columns only.
                        Value::Object(parts) if target.is_some() => {
                            open.extend(
                                parts.iter().filter(|(k, _)| *k != "relation").map(|(_, v)| v),
                            );
                        }
                        // Names in there are of tables that stand elsewhere, or what those are called.
                        _ if key == "locked_rels" => {}
                        _ => open.push(inner),
                    }
                }
            }
            _ => {}
        }
    }
    let is_own = |need: &Need| need.schema.is_none() && own_names.contains(&need.table);
    needs.retain(|need| !is_own(need));
    needs.truncate(TABLES);
    needs
}

/// What a statement of this kind does with its target.
fn written(kind: &str, statement: &Value) -> &'static [&'static str] {
    match kind {
        // ON CONFLICT DO UPDATE.
        "InsertStmt" if statement.pointer("/on_conflict_clause/target_list/0").is_some() => {
            &["insert", "update"]
        }
        "InsertStmt" => &["insert"],
        "UpdateStmt" => &["update"],
        "DeleteStmt" => &["delete"],
        _ => &[],
    }
}

fn need(value: &Value, privilege: &'static str) -> Option<Need> {
    let table = word(value.get("relname"))?;
    Some(Need { schema: word(value.get("schemaname")), table, privilege })
}

/// A text that is not empty.
fn word(value: Option<&Value>) -> Option<String> {
    value?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Why our role may not do that; None when nothing is known against it.
pub async fn lacking(
    session: &mut OnDemand,
    needs: &[Need],
    role: &str,
    within: Duration,
) -> Result<Option<Reason>, Stop> {
    let Some(file) = TABLE_PRIVILEGES.pick(OLDEST_MAJOR).filter(|_| !needs.is_empty()) else {
        return Ok(None);
    };
    let mut arguments = PgArguments::default();
    let schemas: Vec<Option<&str>> = needs.iter().map(|need| need.schema.as_deref()).collect();
    let tables: Vec<&str> = needs.iter().map(|need| need.table.as_str()).collect();
    let privileges: Vec<&str> = needs.iter().map(|need| need.privilege).collect();
    let added = arguments.add(schemas).and_then(|()| arguments.add(tables));
    if added.and_then(|()| arguments.add(privileges)).is_err() {
        return Ok(None);
    }
    let rows: Vec<Lacking> = session.rows(file, arguments, within).await?;
    let first = rows.first().and_then(|row| {
        let at = usize::try_from(row.place).ok()?.checked_sub(1)?;
        Some((row, needs.get(at)?))
    });
    Ok(first.map(|(row, need)| reason(row, need, role)))
}

fn reason(row: &Lacking, need: &Need, role: &str) -> Reason {
    let (table, privilege) = (&need.table, need.privilege);
    match (&row.nspname, &need.schema) {
        (Some(schema), _) if !row.usage => {
            let sql = format!("grant usage on schema {} to {};", quoted(schema), quoted(role));
            Reason::missing_grant(format!("the schema {schema}"), sql)
        }
        // Planning asks for the privileges that executing needs; a role that watches should not have these.
        (Some(schema), _) if privilege != "select" => Reason::Nothing {
            message: format!(
                "PostgreSQL plans the statement for nobody without the privilege {privilege} on {schema}.{table}, and pgdeck's role has it not."
            ),
        },
        (Some(schema), _) => {
            let name = format!("{}.{}", quoted(schema), quoted(table));
            let sql = format!("grant {privilege} on {name} to {};", quoted(role));
            Reason::missing_grant(format!("the table {schema}.{table}"), sql)
        }
        (None, Some(schema)) => {
            Reason::Nothing { message: format!("There is no table {schema}.{table}.") }
        }
        (None, None) => Reason::Nothing {
            message: format!(
                "pgdeck's role finds no table {table}: the statement names no schema, and the role's search_path has none with it."
            ),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_table_is_needed_for_what_is_done_with_it() {
        for (text, expected) in [
            ("select 1", &[][..]),
            (
                "select * from a join s.b on true where exists (select from c)",
                &["select a", "select c", "select s.b"],
            ),
            ("with x as (select * from a) select * from x", &["select a"]),
            ("with x as (select * from s.x) select * from x", &["select s.x"]),
            ("insert into a select * from b", &["insert a", "select b"]),
            (
                "insert into a values ($1) on conflict (id) do update set n = 1",
                &["insert a", "update a"],
            ),
            ("insert into a values ($1) on conflict do nothing", &["insert a"]),
            ("update s.a set n = 1 from b where id = $1", &["select b", "update s.a"]),
            ("with gone as (delete from a returning *) select * from gone", &["delete a"]),
            ("select * from a x for update of x", &["select a"]),
            ("no sql", &[]),
        ] {
            let mut found: Vec<String> = needs(text)
                .into_iter()
                .map(|need| {
                    let schema = need.schema.map(|schema| schema + ".").unwrap_or_default();
                    format!("{} {schema}{}", need.privilege, need.table)
                })
                .collect();
            found.sort();
            assert_eq!(found, expected, "{text}");
        }
    }
}
