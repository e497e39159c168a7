//! The conditions of a statement, in the syntax tree of PostgreSQL's own parser.

use model::pruning::KeyUse;
use serde_json::Value;

use crate::explain::ast;

/// Comparisons that bounds of partitions can be compared with (manual, "Partition Pruning"; `match_clause_to_partition_key`
/// in partprune.c). Whether one leaves partitions out depends on the strategy: named here is all that may.
const COMPARISONS: [&str; 9] =
    ["=", "<", ">", "<=", ">=", "<>", "BETWEEN", "NOT BETWEEN", "BETWEEN SYMMETRIC"];
/// Fields in which conditions stand.
const CONDITIONS: [&str; 3] = ["where_clause", "quals", "join_condition"];

/// What the statement's conditions say of a key with these columns; None where it does not read the table, or is not
/// understood.
pub fn key_use(text: &str, table: (&str, &str), columns: &[String]) -> Option<KeyUse> {
    let tree = ast::json(text).ok()?;
    let mut seen = Seen::default();
    walk(&tree, &mut |kind, body| seen.note(kind, body, table, columns));
    if !seen.reads || seen.is_shadowed {
        return None;
    }
    Some(match (seen.compared, seen.wrapped, seen.is_limited) {
        (true, ..) => KeyUse::Compared,
        (_, _, true) => KeyUse::Limited,
        (_, true, _) => KeyUse::Wrapped,
        _ => KeyUse::Absent,
    })
}

/// What stands in a statement.
#[derive(Default)]
struct Seen {
    /// Whether it reads, updates or deletes rows of the table.
    reads: bool,
    /// Whether a common table expression has the table's name.
    is_shadowed: bool,
    /// Whether a column of the key is compared.
    compared: bool,
    /// Whether it stands inside of another expression.
    wrapped: bool,
    /// Whether a query of it has LIMIT.
    is_limited: bool,
}

impl Seen {
    fn note(&mut self, kind: &str, body: &Value, table: (&str, &str), columns: &[String]) {
        let is_table = |range: &Value| is_named(range, table);
        match kind {
            "RangeVar" => self.reads |= is_table(body),
            "UpdateStmt" | "DeleteStmt" | "MergeStmt" => {
                self.reads |= body.get("relation").is_some_and(is_table);
            }
            "CommonTableExpr" => self.is_shadowed |= text(body, "ctename") == Some(table.1),
            "SelectStmt" => {
                self.is_limited |= body.get("limit_count").is_some_and(|count| !count.is_null());
            }
            "JoinExpr" => {
                let names = body.get("using_clause").and_then(Value::as_array);
                let names = names.into_iter().flatten().filter_map(string);
                self.compared |= names.into_iter().any(|name| is_of(name, columns));
                self.compared |= body.get("is_natural").and_then(Value::as_bool) == Some(true);
            }
            _ => {}
        }
        for condition in CONDITIONS.iter().filter_map(|field| body.get(field)) {
            self.condition(condition, false, columns);
        }
    }

    /// Looks for the key in a condition; `wrapped` is whether something stands around it that is no comparison.
    fn condition(&mut self, value: &Value, wrapped: bool, columns: &[String]) {
        let mut open = vec![(value, wrapped)];
        while let Some((value, wrapped)) = open.pop() {
            let inside = match value.get("node").and_then(node) {
                Some(("ColumnRef", body)) => {
                    if names_key(body, columns) {
                        self.compared |= !wrapped;
                        self.wrapped |= wrapped;
                    }
                    continue;
                }
                Some((kind, body)) => wrapped || wraps(kind, body),
                None => wrapped,
            };
            match value {
                Value::Array(items) => open.extend(items.iter().map(|item| (item, inside))),
                Value::Object(fields) => {
                    open.extend(fields.values().map(|field| (field, inside)));
                }
                _ => {}
            }
        }
    }
}

/// Whether what stands in a node can no longer be compared with bounds.
fn wraps(kind: &str, body: &Value) -> bool {
    match kind {
        "FuncCall" | "TypeCast" | "CoalesceExpr" | "CaseExpr" | "MinMaxExpr" | "AIndirection"
        | "CollateClause" => true,
        "AExpr" => {
            let names = body.get("name").and_then(Value::as_array);
            let name = names.and_then(|names| names.last()).and_then(string);
            !name.is_some_and(|name| COMPARISONS.contains(&name))
        }
        _ => false,
    }
}

fn names_key(column: &Value, columns: &[String]) -> bool {
    let fields = column.get("fields").and_then(Value::as_array);
    let last = fields.and_then(|fields| fields.last()).and_then(string);
    last.is_some_and(|name| is_of(name, columns))
}

fn is_of(name: &str, columns: &[String]) -> bool {
    columns.iter().any(|column| column == name)
}

/// Whether a table of a FROM clause is the one; without a schema it is taken to be.
fn is_named(range: &Value, (nspname, relname): (&str, &str)) -> bool {
    let schema = text(range, "schemaname").unwrap_or_default();
    text(range, "relname") == Some(relname) && (schema.is_empty() || schema == nspname)
}

fn text<'a>(body: &'a Value, field: &str) -> Option<&'a str> {
    body.get(field)?.as_str()
}

fn string(value: &Value) -> Option<&str> {
    value.pointer("/node/String/sval")?.as_str()
}

/// Kind and body of a node; ORDER BY has a field that is called `node` too.
fn node(value: &Value) -> Option<(&str, &Value)> {
    let fields = value.as_object()?;
    let (kind, body) = fields.iter().find(|(kind, _)| kind.as_str() != "node")?;
    Some((kind.as_str(), body))
}

/// Visits every node.
fn walk(root: &Value, visit: &mut impl FnMut(&str, &Value)) {
    let mut open = vec![root];
    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(fields) => {
                if let Some((kind, body)) = fields.get("node").and_then(node) {
                    visit(kind, body);
                }
                open.extend(fields.values());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<KeyUse> {
        key_use(text, ("public", "orders"), &["created_at".to_owned()])
    }

    #[test]
    fn a_compared_key_can_leave_partitions_out() {
        for text in [
            "select * from orders where created_at >= $1 and created_at < now() - interval '1 day'",
            "select * from public.orders o where o.created_at between $1 and $2",
            "select * from orders where created_at in ($1, $2)",
            "select * from orders where created_at = any($1) or id = $2",
            "delete from orders where created_at < $1",
            "update orders set note = $1 where created_at = $2 and id = $3",
            "select * from days d join orders o on o.created_at = d.day",
            "select * from days join orders using (created_at)",
            "select * from days natural join orders",
            "merge into orders o using news n on o.created_at = n.at when matched then delete",
        ] {
            assert_eq!(of(text), Some(KeyUse::Compared), "{text}");
        }
    }

    #[test]
    fn without_the_key_all_partitions_are_read() {
        for text in [
            "select * from orders where id = $1",
            "select created_at from orders order by created_at",
            "update orders set created_at = $1 where id = $2",
            "select count(*) from users u join public.orders o on o.user_id = u.id",
            "with recent as (select * from orders where id > $1) select * from recent",
        ] {
            assert_eq!(of(text), Some(KeyUse::Absent), "{text}");
        }
        for text in [
            "select * from orders where date_trunc('day', created_at) = $1",
            "select * from orders where created_at::date = $1",
            "select * from orders where created_at + interval '1 day' > $1",
            "select * from orders where coalesce(created_at, now()) > $1",
        ] {
            assert_eq!(of(text), Some(KeyUse::Wrapped), "{text}");
        }
        assert_eq!(of("select * from orders where id > $1 limit $2"), Some(KeyUse::Limited));
    }

    #[test]
    fn what_does_not_read_the_table_is_not_judged() {
        for text in [
            "insert into orders values ($1)",
            "select * from other.orders",
            "select * from orders_2026_01",
            "with orders as (select 1 as id) select * from orders",
            "vacuum orders",
            "select from where",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
