//! Plans as mails, logs, clients and terminals hand them on: read as the recorded plan within.

use plan::{Parsed, Plan};

use crate::common;

fn read(case: &str) -> Parsed {
    let folder = common::root().join("../tests/cases/lines");
    let bytes = std::fs::read(folder.join(format!("{case}.txt")));
    plan::parse(&plan::decode(&bytes.unwrap())).unwrap()
}

/// What a plan says, without its places in the paste.
fn figures(plan: &Plan) -> Vec<String> {
    let props = |props: &[plan::Prop]| -> Vec<_> {
        props.iter().map(|prop| format!("{} {}", prop.key, prop.value.text())).collect()
    };
    let nodes = plan.nodes.iter().map(|node| {
        let of = (&node.kind, &node.relation, &node.alias, &node.index, node.parent);
        format!("{of:?} {:?} {:?} {:?}", node.cost, node.actual, props(&node.props))
    });
    nodes.chain(props(&plan.props)).collect()
}

fn recorded(file: &str) -> Plan {
    let paste = std::fs::read_to_string(common::root().join(file)).unwrap();
    plan::parse(&paste).unwrap().plans.remove(0)
}

#[test]
fn the_plan_within_is_read_as_it_is() {
    for (case, file) in [
        ("numbered", "18/nested_loop.txt"),
        ("quoted-mail", "16/hash_join.txt"),
        ("comments", "18/nested_loop.txt"),
        ("syslog", "18/nested_loop.txt"),
        ("application-log", "16/hash_join.txt"),
        ("notice", "18/nested_loop.txt"),
        ("rows-json", "16/hash_join.txt"),
        ("tuples", "16/hash_join.txt"),
        ("json-in-string", "17/nested_loop.json"),
        ("expanded-json", "17/nested_loop.json"),
        ("html", "18/nested_loop.txt"),
        ("colours", "18/nested_loop.txt"),
        ("quoted-printable", "18/nested_loop.txt"),
        ("some-quoted", "16/hash_join.txt"),
        ("utf16", "16/hash_join.txt"),
    ] {
        let parsed = read(case);
        assert_eq!(parsed.not_understood, [], "{case}");
        assert!(
            parsed.notices.iter().all(|notice| !notice.doubtful),
            "{case}: {:?}",
            parsed.notices
        );
        assert_eq!(parsed.plans.len(), 1, "{case}");
        assert_eq!(figures(&parsed.plans[0]), figures(&recorded(file)), "{case}");
        assert_eq!(parsed.plans[0].broken, None, "{case}");
    }
}

#[test]
fn a_plan_as_a_value_of_another_language_has_its_nodes_and_times() {
    let expected = recorded("17/nested_loop.json");
    for case in ["json-in-row", "repr"] {
        let parsed = read(case);
        assert_eq!(parsed.not_understood, [], "{case}");
        let all = |plan: &Plan| -> Vec<_> {
            plan.nodes.iter().map(|node| (node.kind.clone(), node.parent, node.cost)).collect()
        };
        assert_eq!(all(&parsed.plans[0]), all(&expected), "{case}");
        assert_eq!(parsed.plans[0].execution_ms(), expected.execution_ms(), "{case}");
    }
}

#[test]
fn what_the_log_says_of_the_statement_is_kept() {
    assert_eq!(read("syslog").plans[0].query.as_deref(), Some("select 1"));
}

#[test]
fn cells_that_a_pager_has_cut_are_marked() {
    let parsed = read("pager");
    let expected = recorded("16/hash_join.txt");
    let plan = &parsed.plans[0];
    assert_eq!(plan.nodes.len(), expected.nodes.len());
    assert!(parsed.notices.iter().any(|notice| notice.doubtful), "{:?}", parsed.notices);
    // What is cut is not known; what is shown is right.
    for (node, whole) in plan.nodes.iter().zip(&expected.nodes) {
        assert!(node.actual.is_none() || node.actual == whole.actual, "{}", node.kind);
        assert!(node.cost.is_none() || node.cost == whole.cost, "{}", node.kind);
    }
    assert!(plan.nodes.iter().any(|node| node.actual.is_none()));
}

#[test]
fn a_statement_that_a_rule_makes_two_is_two_plans() {
    let parsed = read("two-rules");
    let nodes: Vec<_> = parsed.plans.iter().map(|plan| plan.nodes.len()).collect();
    assert_eq!(nodes, [3, 3]);
    assert_eq!(parsed.not_understood, []);
}

#[test]
fn a_clean_paste_says_nothing() {
    for file in ["18/nested_loop.txt", "17/hash_join.json", "14/odd.txt", "19/frame_2_unicode.txt"]
    {
        let paste = std::fs::read_to_string(common::root().join(file)).unwrap();
        assert_eq!(plan::parse(&paste).unwrap().notices, [], "{file}");
    }
}

#[test]
fn a_diff_is_two_plans() {
    let before = "Sort  (cost=9.00..9.50 rows=9 width=4)\n  Sort Key: a\n  ->  Seq Scan on t  (cost=0.00..9.00 rows=9 width=4)\n";
    let paste = "@@ -1,3 +1,3 @@\n Sort  (cost=9.00..9.50 rows=9 width=4)\n   Sort Key: a\n-  ->  Seq Scan on t  (cost=0.00..9.00 rows=9 width=4)\n+  ->  Index Scan using i on t  (cost=0.00..2.00 rows=9 width=4)\n";
    let parsed = plan::parse(paste).unwrap();
    assert_eq!(parsed.plans.len(), 2);
    assert_eq!(figures(&parsed.plans[0]), figures(&plan::parse(before).unwrap().plans[0]));
    assert_eq!(parsed.plans[1].nodes[1].kind, "Index Scan");
}
