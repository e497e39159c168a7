//! Which constants of a statement may be secrets, by its tree. The tree is walked without recursion.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{is_secret, is_secretive};

/// Statements all of whose constants may be secrets: options of roles, user mappings, servers and
/// subscriptions, settings such as `primary_conninfo`.
const SECRET_STATEMENTS: &str = "
    CreateRoleStmt AlterRoleStmt AlterRoleSetStmt AlterDatabaseSetStmt CreateUserMappingStmt
    AlterUserMappingStmt CreateForeignServerStmt AlterForeignServerStmt CreateFdwStmt AlterFdwStmt
    CreateForeignTableStmt ImportForeignSchemaStmt CreateSubscriptionStmt AlterSubscriptionStmt
    AlterSystemStmt SecLabelStmt";

/// What of a statement is hidden.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Secrets {
    /// All constants.
    pub all: bool,
    /// Its constants are texts of programs: DO, CREATE FUNCTION.
    pub bodies: bool,
    /// And these are PL/pgSQL or SQL.
    pub is_sql: bool,
    /// The bytes where other constants begin that are hidden.
    pub places: BTreeSet<usize>,
    /// The bytes where values of settings begin: those may be names and numbers as well.
    pub values: BTreeSet<usize>,
}

/// What of a statement is hidden.
pub fn secrets(statement: &Value) -> Secrets {
    let mut secrets = Secrets { is_sql: true, ..Secrets::default() };
    let mut open = vec![statement];
    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(fields) => {
                for (kind, body) in fields {
                    secrets.note(kind, body);
                }
                open.extend(fields.values());
            }
            _ => {}
        }
    }
    secrets
}

impl Secrets {
    fn note(&mut self, kind: &str, body: &Value) {
        match kind {
            "DoStmt" | "CreateFunctionStmt" => self.bodies = true,
            "CopyStmt" => self.all |= body.get("is_program").and_then(Value::as_bool) == Some(true),
            "VariableSetStmt" => {
                let name = word(body, "name").unwrap_or_default();
                if name.contains('.') || is_secretive(name) {
                    self.all = true;
                    self.values.extend(places(body));
                }
            }
            // Of ALTER SYSTEM, ALTER ROLE and ALTER DATABASE.
            "setstmt" => self.values.extend(places(body)),
            "DefElem" if word(body, "defname") == Some("language") => {
                let language = texts(body).into_iter().next().unwrap_or_default();
                self.is_sql &=
                    ["plpgsql", "sql"].iter().any(|sql| language.eq_ignore_ascii_case(sql));
            }
            "FuncCall" | "funccall" if names(body.get("funcname")) => self.hide(body),
            "AExpr" if is_compared(body) || is_concatenated(body) => self.hide(body),
            "ResTarget" if word(body, "name").is_some_and(is_secretive) => self.hide(body),
            // The values stand in the order of the columns; all are hidden if one is of a secret.
            "InsertStmt" if names_column(body.get("cols")) => self.hide(body),
            _ => {
                self.all |= SECRET_STATEMENTS.split_ascii_whitespace().any(|secret| secret == kind)
            }
        }
    }

    /// Hides all constants below.
    fn hide(&mut self, body: &Value) {
        self.places.extend(places(body));
    }
}

/// The bytes where the constants below begin.
fn places(value: &Value) -> Vec<usize> {
    let mut places = Vec::new();
    each(value, |kind, body| {
        let place = body.get("location").and_then(Value::as_i64).filter(|_| kind == "AConst");
        places.extend(place.and_then(|place| usize::try_from(place).ok()));
    });
    places
}

/// A column that keeps secrets is compared with something.
fn is_compared(expression: &Value) -> bool {
    ["lexpr", "rexpr"].iter().any(|side| {
        let fields = expression.get(*side).and_then(|side| side.pointer("/node/ColumnRef/fields"));
        names(fields)
    })
}

/// What is put together from parts looks like a secret.
fn is_concatenated(expression: &Value) -> bool {
    texts(expression.get("name").unwrap_or(&Value::Null)) == ["||"]
        && is_secret(&constants(expression))
}

fn names_column(columns: Option<&Value>) -> bool {
    let columns = columns.and_then(Value::as_array).into_iter().flatten();
    columns.filter_map(|column| word(column.pointer("/node/ResTarget")?, "name")).any(is_secretive)
}

/// Whether the last of the names has a word of secrets.
fn names(value: Option<&Value>) -> bool {
    value.and_then(|value| texts(value).pop()).is_some_and(|name| is_secretive(&name))
}

fn word<'a>(body: &'a Value, key: &str) -> Option<&'a str> {
    body.get(key).and_then(Value::as_str)
}

/// The names in a list, in their order.
fn texts(value: &Value) -> Vec<String> {
    let mut texts = Vec::new();
    each(value, |_, body| texts.extend(word(body, "sval").map(str::to_owned)));
    texts
}

/// The constants of an expression, one behind the other.
fn constants(value: &Value) -> String {
    let mut found = Vec::new();
    each(value, |kind, body| {
        if kind == "AConst" {
            let place = body.get("location").and_then(Value::as_i64);
            found.push((place, texts(body).concat()));
        }
    });
    found.sort();
    found.into_iter().map(|(_, text)| text).collect()
}

/// Calls `of` with every named part below, in the order of the text where it is a list.
fn each<'a>(value: &'a Value, mut of: impl FnMut(&'a str, &'a Value)) {
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items.iter().rev()),
            Value::Object(fields) => {
                for (kind, body) in fields {
                    of(kind, body);
                    open.push(body);
                }
            }
            _ => {}
        }
    }
}
