//! Source spans: the part of a statement that a node comes from.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use plan::{Plan, query_spans};

/// The texts of the spans of each node, by its title and object.
fn spans(query: &str, plan: &Plan) -> Vec<(String, Vec<String>)> {
    let texts = |at| query_spans(query, plan, at).into_iter().map(|span| query[span].to_owned());
    let named = |at: usize| {
        let node = &plan.nodes[at];
        format!("{} {}", node.title(), node.object().unwrap_or_default())
    };
    (0..plan.nodes.len()).map(|at| (named(at).trim().to_owned(), texts(at).collect())).collect()
}

#[test]
fn parts_are_found_in_recorded_plans() {
    for (file, node, expected) in [
        ("hash_join", "Seq Scan orders o", vec!["orders o"]),
        ("hash_join", "Seq Scan customers c", vec!["customers c"]),
        ("hash_join", "Hash Right Join", vec!["o.customer_id = c.id"]),
        ("hash_join", "HashAggregate", vec!["group by 1"]),
        ("nested_loop", "Index Scan customers c", vec!["customers c"]),
        ("sort_spill", "Sort", vec!["order by amount, status"]),
        ("incremental", "Limit", vec![]),
        ("incremental", "Incremental Sort", vec!["order by created, amount"]),
        ("cte", "CTE Scan t a", vec!["t a"]),
        (
            "cte",
            "HashAggregate",
            vec!["t as materialized (select customer_id, sum(amount) s from orders group by 1)"],
        ),
        ("recursive", "Function Scan generate_series s", vec!["generate_series(1, 2) s"]),
        ("recursive", "Values Scan *VALUES*", vec![]),
        ("update", "Update orders", vec!["orders"]),
        ("upsert", "Insert Odd Name: x", vec!["\"Odd Name: x\""]),
        ("odd", "Seq Scan Odd Name: x weird alias", vec!["\"Odd Name: x\" \"weird alias\""]),
        ("subplan", "Index Only Scan orders o", vec!["orders o"]),
        ("initplan", "Seq Scan orders", vec![]),
        ("partitions", "Seq Scan events_2025 events_1", vec!["events"]),
    ] {
        let query = std::fs::read_to_string(
            common::root().join(format!("../record/statements/{file}.sql")),
        )
        .unwrap();
        let paste = std::fs::read_to_string(common::root().join(format!("18/{file}.txt"))).unwrap();
        let (plan, _) = common::one(&paste);
        let all = spans(&query, &plan);
        let found = all.iter().find(|(name, _)| name == node);
        let found = found.unwrap_or_else(|| panic!("{file}: no {node} in {all:?}"));
        // Ordinals of GROUP BY cannot be told from the plan alone.
        let expected: Vec<&str> =
            expected.into_iter().filter(|text| !text.ends_with(" by 1")).collect();
        assert_eq!(found.1, expected, "{file}: {node}");
    }
}

/// A plan of one line.
fn plan_of(node: &str) -> Plan {
    common::one(&format!(
        "{}  (cost=0.00..1.00 rows=1 width=4)\n{}",
        node.split('\n').next().unwrap(),
        node.split('\n').skip(1).collect::<Vec<_>>().join("\n")
    ))
    .0
}

fn first(query: &str, node: &str) -> Vec<String> {
    spans(query, &plan_of(node)).remove(0).1
}

#[test]
fn strings_comments_and_quoted_names_do_not_mislead() {
    let query = "select 'from orders' as x, /* from orders */ extract(year from o.created) -- from orders\n from \"public\" . \"orders\" as o where $$ from orders $$ <> E'\\' from orders' and a is distinct from b";
    assert_eq!(first(query, "Seq Scan on orders o"), ["\"public\" . \"orders\" as o"]);
    assert_eq!(first("delete from only t * using u where t.a = u.a", "Seq Scan on u"), ["u"]);
    assert_eq!(
        first(
            "select * from (a join b on a.x = b.x), lateral (select 1 limit 3) s(y)",
            "Subquery Scan on s"
        ),
        ["(select 1 limit 3) s(y)"]
    );
    assert_eq!(first("select * from (a join b on a.x = b.x)", "Seq Scan on b"), ["b"]);
    assert_eq!(
        first("select * from a order by x limit 10 offset 5", "Limit"),
        ["limit 10", "offset 5"]
    );
    assert_eq!(
        first("select * from a order by x fetch first 3 rows only", "Limit"),
        ["fetch first 3 rows only"]
    );
    assert_eq!(first("select distinct a from t", "HashAggregate\n  Group Key: a"), ["distinct"]);
    assert_eq!(
        first("select a, b from t group by t.b, a", "GroupAggregate\n  Group Key: b, a"),
        ["group by t.b, a"]
    );
    assert_eq!(
        first("select sum(x) over (partition by y order by z) from t", "WindowAgg"),
        ["over (partition by y order by z)"]
    );
    assert_eq!(
        first("select array_agg(x order by y) from t order by y desc", "Sort\n  Sort Key: y DESC"),
        ["order by y desc"]
    );
    assert_eq!(
        first("select * from a, b where a.x = b.y", "Hash Join\n  Hash Cond: (b.y = a.x)"),
        ["a.x = b.y"]
    );
    assert_eq!(first("insert into t (a) select 1", "Insert on t"), ["t"]);
    assert_eq!(
        first(
            "merge into t using s on t.a = s.a when matched then update set b = 1 when not matched then insert values (1)",
            "Seq Scan on s"
        ),
        ["s"]
    );
}

#[test]
fn what_is_not_certain_is_not_said() {
    assert!(first("select * from t union all select * from t", "Seq Scan on t").is_empty());
    assert!(first("select * from v", "Seq Scan on t").is_empty());
    assert!(first("select * from a order by x", "Sort\n  Sort Key: y").is_empty());
    assert!(first("select * from (select 1 limit 1) a limit 2", "Limit").is_empty());
    assert!(first("select * from t a", "Seq Scan on t b").is_empty());
    assert!(query_spans("select 1", &plan_of("Result"), 99).is_empty());
    // Any text is taken apart without a panic, and spans are on character boundaries.
    for text in [
        "",
        "'",
        "\"",
        "$$",
        "/*",
        "from (((",
        "with é as (",
        ")))) from t",
        "select from . . .",
        "\u{0}from\u{202e}",
    ] {
        let _ = spans(text, &plan_of("Seq Scan on t"));
    }
}
