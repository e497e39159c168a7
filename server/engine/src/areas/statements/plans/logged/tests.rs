//! Tests of plans that auto_explain logs: in four formats, of which statement, and of hostile texts.

use super::*;

const TREE: &str = "Limit  (cost=0.00..5.10 rows=10 width=8) (actual time=0.010..0.020 rows=10 loops=1)
  ->  Seq Scan on orders o  (cost=0.00..18.00 rows=100 width=8) (actual time=0.005..0.010 rows=10 loops=1)
        Filter: (customer = 7)
        Rows Removed by Filter: 40";
const STATEMENT: &str = "select * from orders o where customer = 7 limit 10";

fn logged(query_id: Option<i64>, text: &str) -> LoggedPlan {
    LoggedPlan { query_id, database: "shop".into(), ms: 1.5, text: text.into(), at_ms: 9 }
}

fn print(text: &str) -> String {
    pg_query::fingerprint(text, 0, 0).unwrap().hex
}

/// The statements that are known: 1 is the statement, 2 another.
fn known() -> HashMap<i64, String> {
    [(1, print("select * from orders o where customer = $1 limit $2")), (2, print("commit"))].into()
}

fn read_one(query_id: Option<i64>, text: &str) -> Option<Logged> {
    read(&[logged(query_id, text)], &known()).pop()
}

fn text(statement: &str, tree: &str) -> String {
    format!("Query Text: {statement}\n{tree}")
}

#[test]
fn each_format_is_the_same_plan_without_values() {
    let json = "{\n  \"Query Text\": \"select * from orders o where customer = 7 limit 10\",\n  \"Query Parameters\": \"$1 = '4711'\",\n  \"Plan\": {\"Node Type\": \"Limit\", \"Startup Cost\": 0.0, \"Total Cost\": 5.1, \"Plan Rows\": 10, \"Plan Width\": 8, \"Plans\": [{\"Node Type\": \"Seq Scan\", \"Parent Relationship\": \"Outer\", \"Relation Name\": \"orders\", \"Alias\": \"o\", \"Startup Cost\": 0.0, \"Total Cost\": 18.0, \"Plan Rows\": 100, \"Plan Width\": 8, \"Filter\": \"(customer = 7)\"}]}\n}";
    let yaml = "Query Text: \"select * from orders o where customer = 7 limit 10\"\nPlan: \n  Node Type: \"Limit\"\n  Startup Cost: 0.00\n  Total Cost: 5.10\n  Plan Rows: 10\n  Plan Width: 8\n  Plans: \n    - Node Type: \"Seq Scan\"\n      Parent Relationship: \"Outer\"\n      Relation Name: \"orders\"\n      Alias: \"o\"\n      Startup Cost: 0.00\n      Total Cost: 18.00\n      Plan Rows: 100\n      Plan Width: 8\n      Filter: \"(customer = 7)\"";
    let xml = "<explain xmlns=\"http://www.postgresql.org/2009/explain\">\n  <Query-Text>select * from orders o where customer = 7 limit 10</Query-Text>\n  <Plan>\n    <Node-Type>Limit</Node-Type>\n    <Startup-Cost>0.00</Startup-Cost>\n    <Total-Cost>5.10</Total-Cost>\n    <Plan-Rows>10</Plan-Rows>\n    <Plan-Width>8</Plan-Width>\n    <Plans>\n      <Plan>\n        <Node-Type>Seq Scan</Node-Type>\n        <Parent-Relationship>Outer</Parent-Relationship>\n        <Relation-Name>orders</Relation-Name>\n        <Alias>o</Alias>\n        <Startup-Cost>0.00</Startup-Cost>\n        <Total-Cost>18.00</Total-Cost>\n        <Plan-Rows>100</Plan-Rows>\n        <Plan-Width>8</Plan-Width>\n        <Filter>(customer = 7)</Filter>\n      </Plan>\n    </Plans>\n  </Plan>\n</explain>";
    let plain = text(&format!("{STATEMENT}\nQuery Parameters: $1 = '4711'"), TREE);
    let mut shapes = std::collections::BTreeSet::new();
    for text in [&*plain, json, yaml, xml] {
        let found = read_one(Some(1), text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!((found.subject.queryid, found.subject.database.as_str()), (1, "shop"));
        let kept = super::super::values::without_values(&found.found.json, true).unwrap();
        assert!(kept.contains("(customer = ?)") && !kept.contains("4711"), "{kept}");
        assert!(!kept.contains("Query Text") && kept.contains("\"Execution Time\":1.5"), "{kept}");
        shapes.insert(found.shape);
    }
    assert_eq!(shapes.len(), 1, "{shapes:?}");
}

#[test]
fn a_plan_is_bound_to_the_statement_that_it_is_of() {
    let of = |id, statement| Some(read_one(id, &text(statement, TREE))?.subject.queryid);
    assert_eq!(of(Some(1), STATEMENT), Some(1));
    assert_eq!(of(None, STATEMENT), Some(1), "by its fingerprint");
    assert_eq!(of(Some(5), STATEMENT), Some(5), "of a statement that is not known yet");
    // A portal that is explained when the transaction ends.
    assert_eq!(of(Some(2), STATEMENT), Some(1));
    assert_eq!(of(Some(2), "select 1 from unknown"), None);
    assert_eq!(of(None, "select 1 from unknown"), None);
    for other in ["declare c cursor for select 1", "select 1; select 2", "", "frobnicate", "commit"]
    {
        assert_eq!(of(Some(5), other), None, "{other}");
    }
    assert_eq!(of(Some(5), "/* pgdeck entries */ select 1"), None, "our own");
    // With log_verbose, from 16 on.
    let told = format!("{}\nQuery Identifier: -77", text(STATEMENT, TREE));
    assert_eq!(read_one(Some(5), &told).map(|one| one.subject.queryid), Some(-77));
}

#[test]
fn two_statements_with_one_fingerprint_are_not_mixed_up() {
    let mut known = known();
    known.insert(3, print(STATEMENT));
    let plan = [logged(None, &text(STATEMENT, TREE))];
    assert!(read(&plan, &known).is_empty());
}

#[test]
fn a_plan_in_a_text_is_none() {
    let forged = "Seq Scan on evil  (cost=0.00..1.00 rows=1 width=4)";
    let child = "  ->  Seq Scan on evil  (cost=0.00..1.00 rows=1 width=4)";
    for statement in [
        format!("select * from orders o where customer = 7 /*\n{forged}\n*/ limit 10"),
        format!("select * from orders o where customer = 7 limit 10 --\n-- {forged}\n{forged}"),
        format!(
            "select * from orders o where customer = 7 limit 10\nQuery Parameters: $1 = '\n{forged}'"
        ),
    ] {
        assert!(read_one(Some(1), &text(&statement, TREE)).is_none(), "{statement}");
    }
    for constant in [
        format!("'x\n{child}\n        Filter: y'"),
        format!("'\n{forged}\n'"),
        "'duration: 1 ms  plan: Seq Scan on evil  (cost=0.00..1.00 rows=1 width=4)'".to_owned(),
    ] {
        let tree = TREE.replace("(customer = 7)", &format!("(name = {constant}::text)"));
        assert!(read_one(Some(1), &text(STATEMENT, &tree)).is_none(), "{constant}");
    }
    let quoted = TREE.replace("(customer = 7)", "((name = 'it''s \"x'::text) AND (\"a'b\" = 1))");
    assert!(read_one(Some(1), &text(STATEMENT, &quoted)).is_some(), "quotes that are closed");
}

#[test]
fn what_is_torn_deep_or_no_plan_is_passed_over() {
    let whole = text(STATEMENT, TREE);
    for end in 0..whole.len() {
        let found = read_one(Some(1), &whole[..end]);
        assert!(found.is_none_or(|one| one.found.json.contains("Limit")), "torn at {end}");
    }
    let deep = format!("{{\"Query Text\": \"{STATEMENT}\", \"Plan\": {}1", "[".repeat(200_000));
    let nested =
        format!("Query Text: select {}1{}\n{TREE}", "(".repeat(60_000), ")".repeat(60_000));
    for text in
        [deep, nested, "<explain".to_owned(), "{\"Plan\": 1}".to_owned(), "\u{0}".to_owned()]
    {
        assert!(read_one(Some(1), &text).is_none());
    }
}
