//! What some versions of PostgreSQL print: target tables, names of subplans, plans without costs.

use plan::Plan;

use crate::common;
use crate::reading::{one, own, read, tree};

#[test]
fn target_tables_are_the_nodes_own() {
    let text = std::fs::read_to_string(common::root().join("cases/partition-update.txt")).unwrap();
    let (plan, _, notices) = one(&text);
    assert_eq!(notices, [] as [String; 0]);
    let targets = |plan: &Plan, key: &str| -> Vec<String> {
        let key = format!("Target Tables/{key}");
        let own = plan.nodes[0].props.iter().filter(|prop| prop.key == key.as_str());
        own.map(|prop| prop.value.text().into_owned()).collect()
    };
    assert_eq!(targets(&plan, "Relation Name"), ["visits_2025", "visits_2026"]);
    assert_eq!(targets(&plan, "Alias"), ["visits_1", "visits_2"]);
    let json = std::fs::read_to_string(common::root().join("cases/partition-update.json")).unwrap();
    let (json, ..) = one(&json);
    assert_eq!(targets(&json, "Relation Name"), targets(&plan, "Relation Name"));
    assert_eq!(tree(&json), tree(&plan));
    let written = plan::write::text(&json);
    assert!(written.contains("\n  Update on visits_2026 visits_2\n"), "{written}");
    let written = plan::write::json(&plan);
    assert_eq!(written.matches("\"Relation Name\": \"visits_2026\"").count(), 2, "{written}");
    for (verb, paste) in [
        (
            "Delete",
            "Delete on pets p  (cost=0.00..80.00 rows=0 width=0) (actual time=9.100..9.102 rows=0 loops=1)\n  Delete on cats p_1\n  Delete on \"Big Dogs\" p_2\n  ->  Append  (cost=0.00..80.00 rows=20 width=10) (actual time=0.020..2.500 rows=20 loops=1)\n        ->  Seq Scan on cats p_1  (cost=0.00..40.00 rows=10 width=10) (actual time=0.020..1.000 rows=10 loops=1)\n        ->  Seq Scan on \"Big Dogs\" p_2  (cost=0.00..40.00 rows=10 width=10) (actual time=0.020..1.000 rows=10 loops=1)\n",
        ),
        (
            "Merge",
            "Merge on pets p  (cost=0.00..80.00 rows=0 width=0) (actual time=9.100..9.102 rows=0 loops=1)\n  Merge on cats p_1\n  Merge on \"Big Dogs\" p_2\n  Tuples: inserted=1 updated=2\n  ->  Append  (cost=0.00..80.00 rows=20 width=10) (actual time=0.020..2.500 rows=20 loops=1)\n        ->  Seq Scan on cats p_1  (cost=0.00..40.00 rows=10 width=10) (actual time=0.020..1.000 rows=10 loops=1)\n        ->  Seq Scan on \"Big Dogs\" p_2  (cost=0.00..40.00 rows=10 width=10) (actual time=0.020..1.000 rows=10 loops=1)\n",
        ),
    ] {
        let (plan, derived, _) = one(paste);
        assert_eq!(plan.nodes[0].title(), verb);
        assert_eq!(targets(&plan, "Relation Name"), ["cats", "Big Dogs"]);
        assert_eq!(own(&derived), [6.602, 0.5, 1.0, 1.0]);
    }
}

#[test]
fn initplans_of_19_are_charged_to_those_who_ask() {
    let text =
        std::fs::read_to_string(common::root().join("cases/pg19-subplan-names.txt")).unwrap();
    let (plan, derived, notices) = one(&text);
    assert_eq!(notices, [] as [String; 0]);
    assert_eq!(own(&derived), [0.1, 1.4, 4.0, 8.0, 22.0, 0.5, 15.0]);
    assert_eq!(plan.nodes[1].subplan.as_deref(), Some("InitPlan minmax_1"));
}

#[test]
fn what_servers_print_for_several_tables_is_understood() {
    let case =
        |name: &str| std::fs::read_to_string(common::root().join("cases").join(name)).unwrap();
    for (name, nodes, targets) in [
        ("partition-update.txt", 4, 2),
        ("inherited-update.txt", 6, 3),
        ("partition-merge-19.txt", 9, 2),
    ] {
        let (plan, derived, _) = one(&case(name));
        assert_eq!(plan.nodes.len(), nodes, "{name}");
        let found =
            plan.nodes[0].props.iter().filter(|prop| prop.key == "Target Tables/Alias").count();
        assert_eq!(found, targets, "{name}");
        assert_eq!(derived.unaccounted_ms, 0.0, "{name}");
    }
    let (plan, derived, _) = one(&case("initplans-19.txt"));
    let names: Vec<_> = plan.nodes.iter().filter_map(|node| node.subplan.as_deref()).collect();
    assert_eq!(names, ["InitPlan expr_1", "InitPlan exists_1", "SubPlan any_1", "SubPlan expr_2"]);
    // The scan that compares with the one, and the gate that checks the other, have paid for them.
    let payer = |at: usize| plan.nodes[derived.nodes[at].payers[0].0].name();
    assert_eq!(payer(1), "Seq Scan on visits_2025 v_1");
    assert_eq!(payer(3), "Result");
    let (plan, ..) = one(&case("plan-advice-19.txt"));
    let advice = plan.get("Generated Plan Advice").unwrap().into_owned();
    assert!(advice.starts_with("JOIN_ORDER(w ww)\n") && advice.ends_with("NO_GATHER(w ww)"));
}

#[test]
fn two_plans_without_costs_are_two() {
    const RULE: &str = "\
 Insert on copies
   InitPlan exists_1
     ->  Seq Scan on parts
           Filter: (id = 4)
   ->  Result
         One-Time Filter: ((InitPlan exists_1).col1 IS NOT TRUE)
";
    let update = RULE.replace("Insert on", "Update on");
    for between in [" \n", "\n", ""] {
        let parsed = read(&format!("{RULE}{between}{update}"));
        let nodes: Vec<_> = parsed.plans.iter().map(|plan| plan.nodes.len()).collect();
        assert_eq!(nodes, [3, 3], "{between:?}");
        assert_eq!(parsed.plans[1].nodes[0].title(), "Update");
    }
    let framed = format!(
        "                    QUERY PLAN\n---------------------------------------------------------------\n{RULE}\n{update}(11 rows)\n\n"
    );
    let parsed = read(&framed);
    let nodes: Vec<_> = parsed.plans.iter().map(|plan| plan.nodes.len()).collect();
    assert_eq!(nodes, [3, 3]);
    let parsed = read(&format!("{RULE}\n Result\n"));
    assert_eq!(parsed.plans.len(), 2);
    // As PostgreSQL 18 prints it.
    let rule = common::root().join("cases/rule-two-plans.txt");
    let parsed = read(&std::fs::read_to_string(rule).unwrap());
    let nodes: Vec<_> = parsed.plans.iter().map(|plan| plan.nodes.len()).collect();
    assert_eq!(nodes, [2, 4]);
}
