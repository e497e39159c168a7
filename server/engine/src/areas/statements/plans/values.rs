//! What of a plan must not be kept: the statement's values stand in its conditions. Pure.

use plan::query::lexer::{TokenKind, tokens};
use serde_json::Value;

/// Keys that hold the statement itself, or its values.
const DROPPED: [&str; 2] = ["Query Text", "Query Parameters"];
/// Keys under which names and PostgreSQL's own words stand, in which digits and quotes are no values; all other
/// texts may hold some, also those of extensions.
const NAMES: [&str; 15] = [
    "Alias",
    "CTE Name",
    "Conflict Arbiter Indexes",
    "Constraint Name",
    "Custom Plan Provider",
    "Function Name",
    "Index Name",
    "Node Type",
    "Relation",
    "Relation Name",
    "Schema",
    "Subplan Name",
    "Table Function Name",
    "Trigger Name",
    "Tuplestore Name",
];
/// The planner's settings, whose values are an administrator's.
const SETTINGS: &str = "Settings";
/// What takes the place of a value.
const PLACE: &str = "?";

/// The plan in one line of JSON, without the statement, and without values where it was planned for some; None
/// for a text that is no JSON.
pub fn without_values(json: &str, has_values: bool) -> Option<String> {
    let mut value: Value = serde_json::from_str(json).ok()?;
    let mut waiting = vec![(&mut value, false)];
    while let Some((value, may_hold)) = waiting.pop() {
        match value {
            Value::Array(items) => {
                waiting.extend(items.iter_mut().map(|item| (item, may_hold)));
            }
            Value::Object(map) => {
                map.retain(|key, _| !DROPPED.contains(&key.as_str()));
                let items = map.iter_mut().filter(|(key, _)| *key != SETTINGS);
                waiting.extend(items.map(|(key, item)| (item, !NAMES.contains(&key.as_str()))));
            }
            Value::String(text) if has_values && may_hold => *text = masked(text),
            _ => {}
        }
    }
    serde_json::to_string(&value).ok()
}

/// An expression without its strings and numbers.
fn masked(expression: &str) -> String {
    let of_value = [TokenKind::String, TokenKind::Number];
    tokens(expression)
        .map(|one| if of_value.contains(&one.kind) { PLACE } else { one.text })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_is_kept_and_the_plan_is_still_one() {
        let json = r#"[{"Query Text": "select 4711", "Plan": {"Node Type": "Index Scan", "Relation Name": "a'b4711",
            "Index Name": "i4", "Total Cost": 8.5, "Plan Rows": 3, "Rows Removed by Filter": 4,
            "Index Cond": "((id = 4711) AND (mail = 'S3cret''x'::text))",
            "Sort Key": ["(x + 4711)"], "Citus Query": "select 4711", "Subplan Name": "SubPlan 1",
            "Repeatable Seed": "'4711'::double precision", "Sort Method": "top-N heapsort", "Filter": "(f($1) ~~ E'S3c\\'ret%')"},
            "Settings": {"random_page_cost": "1.1"}}]"#;
        let kept = without_values(json, true).unwrap();
        let without_names = kept.replace("a'b4711", "");
        assert!(!without_names.contains("4711") && !kept.contains("S3c"), "{kept}");
        assert!(kept.contains("\"random_page_cost\":\"1.1\""), "{kept}");
        assert!(kept.contains("SubPlan 1") && kept.contains("top-N heapsort"), "{kept}");
        assert!(kept.contains("((id = ?) AND (mail = ?::text))") && kept.contains("$1"), "{kept}");
        let plan = plan::parse(&kept).unwrap().plans.remove(0);
        assert_eq!(plan.nodes[0].relation.as_deref(), Some("a'b4711"));
        assert_eq!(plan.nodes[0].cost.map(|cost| (cost.total, cost.rows)), Some((8.5, 3.0)));
        // Planned without values: partial indexes and constants of views stay.
        assert!(without_values(json, false).unwrap().contains("(id = 4711)"));
        assert_eq!(without_values("Seq Scan on a", true), None);
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(without_values(&deep, true), None);
    }
}
