//! The most common values of the columns that a statement compares its parameters with: what stands in for
//! values that nobody knows.

use serde_json::Value;

use super::ast;

/// A column that a parameter is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// The schema of its table, where one is written.
    pub schema: Option<String>,
    /// Its table.
    pub table: String,
    /// Its name.
    pub column: String,
}

/// The column of each parameter, `$1` first.
///
/// Errors: why there is none, in a sentence.
pub fn compared(text: &str) -> Result<Vec<Compared>, String> {
    let tree = ast::json(text).map_err(|refusal| refusal.message())?;
    let found = Found::of(&tree);
    let of = |number: u64| {
        let compared = found.compared(number).filter(|(operator, _)| *operator == "=");
        compared.map(|(_, column)| column).ok_or_else(|| {
            format!(
                "${number} is not compared by = with a column, so there is no common value for it."
            )
        })
    };
    (1..=found.parameters).map(of).collect()
}

/// The tables of a statement and what its parameters are compared with.
#[derive(Default)]
pub(crate) struct Found {
    /// Schema, table and what it is called.
    tables: Vec<(Option<String>, String, String)>,
    /// A parameter, the operator as seen from the column, and the names of the column.
    conditions: Vec<(u64, &'static str, Vec<String>)>,
    /// The highest parameter.
    pub parameters: u64,
}

/// Comparisons, and as they read from the other side.
const OPERATORS: [(&str, &str); 5] =
    [("=", "="), ("<", ">"), ("<=", ">="), (">", "<"), (">=", "<=")];

impl Found {
    /// What is in a syntax tree.
    pub fn of(tree: &Value) -> Self {
        let mut found = Self::default();
        let mut open = vec![tree];
        while let Some(value) = open.pop() {
            match value {
                Value::Array(items) => open.extend(items),
                Value::Object(fields) => {
                    found.note(value);
                    open.extend(fields.values());
                }
                _ => {}
            }
        }
        found
    }

    /// With which column a parameter is compared, and how: an equality where there is one.
    pub fn compared(&self, number: u64) -> Option<(&'static str, Compared)> {
        let of = |equal: bool| {
            let mut all = self.conditions.iter();
            all.find(|(at, operator, _)| *at == number && (*operator == "=") == equal)
        };
        let (_, operator, names) = of(true).or_else(|| of(false))?;
        Some((operator, self.column(names)?))
    }

    fn note(&mut self, value: &Value) {
        if let Some(name) = text(value.get("relname")) {
            let called = text(value.pointer("/alias/aliasname")).unwrap_or_else(|| name.clone());
            self.tables.push((text(value.get("schemaname")), name, called));
        }
        if let Some(number) = parameter(Some(value)) {
            self.parameters = self.parameters.max(number);
        }
        let Some(expression) = value.get("AExpr") else { return };
        let name = text(expression.pointer("/name/0/node/String/sval")).unwrap_or_default();
        let (left, right) = (side(expression.get("lexpr")), side(expression.get("rexpr")));
        if name == "BETWEEN" {
            let ends = right.and_then(|list| list.pointer("/List/items")?.as_array());
            let ends = ends.into_iter().flatten().map(|end| parameter(side(Some(end))));
            let names = column(left).unwrap_or_default();
            let bounds =
                ends.zip([">=", "<="]).filter_map(|(end, operator)| Some((end?, operator)));
            self.conditions.extend(bounds.map(|(end, operator)| (end, operator, names.clone())));
        }
        let Some((operator, turned)) = OPERATORS.iter().find(|(own, _)| *own == name) else {
            return;
        };
        for (one, other, operator) in [(left, right, *operator), (right, left, *turned)] {
            let Some(names) = column(one) else { continue };
            // `column in ($1, $2)` is an equality with a list.
            let items = other.and_then(|other| other.pointer("/List/items")?.as_array());
            let items = items.into_iter().flatten().map(|item| side(Some(item)));
            let all = std::iter::once(other).chain(items).filter_map(parameter);
            self.conditions.extend(all.map(|number| (number, operator, names.clone())));
        }
    }

    /// The column of these names; None where it may be of several tables.
    fn column(&self, names: &[String]) -> Option<Compared> {
        let (column, before) = names.split_last()?;
        let mut tables = self.tables.iter().filter(|(schema, name, called)| match before {
            [] => true,
            [table] => table == called,
            [in_schema, table] => table == name && schema.as_ref() == Some(in_schema),
            _ => false,
        });
        let (schema, table, _) = tables.next()?;
        let column = column.clone();
        tables.next().is_none().then(|| Compared {
            schema: schema.clone(),
            table: table.clone(),
            column,
        })
    }
}

/// The node of one side, without a cast around it.
pub(crate) fn side(side: Option<&Value>) -> Option<&Value> {
    let mut node = side?.get("node")?;
    while let Some(inner) = node.pointer("/TypeCast/arg/node") {
        node = inner;
    }
    Some(node)
}

/// The number of a parameter.
pub(crate) fn parameter(node: Option<&Value>) -> Option<u64> {
    node?.pointer("/ParamRef/number")?.as_u64()
}

fn column(node: Option<&Value>) -> Option<Vec<String>> {
    let fields = node?.pointer("/ColumnRef/fields")?.as_array()?;
    fields.iter().map(|field| text(field.pointer("/node/String/sval"))).collect()
}

/// A text that is not empty.
fn text(value: Option<&Value>) -> Option<String> {
    value?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(text: &str) -> Result<Vec<String>, String> {
        let name = |one: Compared| {
            let schema = one.schema.map(|schema| schema + ".").unwrap_or_default();
            format!("{schema}{}.{}", one.table, one.column)
        };
        compared(text).map(|all| all.into_iter().map(name).collect())
    }

    #[test]
    fn each_parameter_has_the_column_that_it_is_compared_with() {
        for (text, expected) in [
            ("select 1", &[][..]),
            (
                "select * from orders where customer = $1 and $2 = state",
                &["orders.customer", "orders.state"],
            ),
            (
                "select * from shop.orders o join items i on i.order_id = o.id where o.id = $2::bigint and i.sku in ($1, $3)",
                &["items.sku", "shop.orders.id", "items.sku"],
            ),
            ("update \"a b\" set n = n + 1 where id = $1", &["a b.id"]),
            ("delete from t where t.id = $1", &["t.id"]),
        ] {
            let expected: Vec<String> = expected.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(columns(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_has_no_common_value_is_named() {
        for (text, parameter) in [
            ("select * from orders where customer = $1 limit $2", "$2"),
            ("select * from orders where placed > $1", "$1"),
            ("select * from a, b where id = $1", "$1"),
            ("select * from (select 1 as id) x where x.id = $1", "$1"),
            ("insert into t values ($1)", "$1"),
        ] {
            let why = columns(text).unwrap_err();
            assert!(why.starts_with(parameter), "{text}: {why}");
        }
    }
}
