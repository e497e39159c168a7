//! What the parameters of a statement stand for: a value of a column, a bound of a range, a number of rows.

use serde_json::Value;

use crate::explain::common_values::Compared;
use crate::explain::common_values::{Found, parameter, side};

/// The place in the histogram of a lower bound, 0 to 1: recent rows are asked for more than old ones.
const LOWER: f64 = 0.9;
/// The place of an upper bound: of a range whose other end is `LOWER`, half of the rest.
const UPPER: f64 = 0.95;
/// Rows of a page, for LIMIT.
const PAGE_ROWS: &str = "10";

/// What stands in for a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum StandIn {
    /// The most common value of a column.
    Common(Compared),
    /// The value at this place of the column's histogram, 0 to 1.
    Bound(Compared, f64),
    /// This text.
    Text(&'static str),
    /// NULL: a value that is written, which changes no plan.
    Null,
}

/// What stands in for each parameter, `$1` first.
///
/// Errors: why nothing does, in a sentence.
pub fn stand_ins(tree: &Value) -> Result<Vec<StandIn>, String> {
    let found = Found::of(tree);
    let mut rows: Vec<(u64, &'static str)> = vec![];
    let mut written: Vec<u64> = vec![];
    let mut open = vec![tree];
    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(fields) => {
                let of = |key: &str| parameter(side(value.get(key)));
                rows.extend(of("limit_count").map(|number| (number, PAGE_ROWS)));
                rows.extend(of("limit_offset").map(|number| (number, "0")));
                let set = value.pointer("/UpdateStmt/target_list").and_then(Value::as_array);
                let set = set
                    .into_iter()
                    .flatten()
                    .filter_map(|target| parameter(side(target.pointer("/node/ResTarget/val"))));
                written.extend(set);
                open.extend(fields.values());
            }
            _ => {}
        }
    }
    let of = |number: u64| {
        if let Some((_, text)) = rows.iter().find(|(at, _)| *at == number) {
            return Ok(StandIn::Text(text));
        }
        if let Some((operator, column)) = found.compared(number) {
            return Ok(match operator {
                "=" => StandIn::Common(column),
                ">" | ">=" => StandIn::Bound(column, LOWER),
                _ => StandIn::Bound(column, UPPER),
            });
        }
        if written.contains(&number) {
            return Ok(StandIn::Null);
        }
        Err(format!("${number} is compared with no column, so there is no common value for it."))
    };
    (1..=found.parameters).map(of).collect()
}

/// The columns that a statement updates, as names.
pub fn updated(tree: &Value) -> Vec<(String, String)> {
    let Some(update) = tree.pointer("/stmt/node/UpdateStmt") else { return vec![] };
    let table = update.pointer("/relation/relname").and_then(Value::as_str).unwrap_or_default();
    let targets = update.get("target_list").and_then(Value::as_array);
    let names = targets.into_iter().flatten();
    let names = names.filter_map(|target| target.pointer("/node/ResTarget/name")?.as_str());
    names.map(|name| (table.to_owned(), name.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::ast;

    fn words(text: &str) -> Result<Vec<String>, String> {
        let tree = ast::json(text).map_err(|refusal| refusal.message())?;
        let word = |one: StandIn| match one {
            StandIn::Common(column) => format!("{} common", column.column),
            StandIn::Bound(column, at) => format!("{} at {at}", column.column),
            StandIn::Text(text) => text.to_owned(),
            StandIn::Null => "null".to_owned(),
        };
        Ok(stand_ins(&tree)?.into_iter().map(word).collect())
    }

    #[test]
    fn each_parameter_has_something_that_stands_in() {
        for (text, expected) in [
            (
                "select * from o where c = $1 and at >= $2 and at < $3 order by at limit $4 offset $5",
                &["c common", "at at 0.9", "at at 0.95", "10", "0"][..],
            ),
            ("select * from o where at between $1 and $2", &["at at 0.9", "at at 0.95"]),
            ("update o set state = $1 where id = $2", &["null", "id common"]),
            ("select * from o where $1 < at", &["at at 0.9"]),
        ] {
            let expected: Vec<String> = expected.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(words(text), Ok(expected), "{text}");
        }
        assert!(words("select * from o where f(c) = $1").is_err_and(|why| why.starts_with("$1")));
    }

    #[test]
    fn columns_that_are_updated_are_named() {
        let tree = ast::json("update shop.o set a = 1, \"B\" = $1 where c = 2").ok();
        let names = tree.map(|tree| updated(&tree)).unwrap_or_default();
        assert_eq!(names, [("o".into(), "a".into()), ("o".into(), "B".into())]);
    }
}
