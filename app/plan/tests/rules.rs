//! Each rule fires on a recorded plan with the defect, and is quiet on the repaired one.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::path::Path;

use plan::rules::{Judged, Limits, RULES, judge};

fn judged(path: &Path, limits: &Limits) -> Vec<Judged> {
    let parsed = plan::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(parsed.not_understood, [], "{}", path.display());
    let plan = &parsed.plans[0];
    judge(plan, &plan::derive(plan), limits).0
}

/// Rules whose evidence needs seconds of planning, or TimescaleDB; `cases/causes.rs` has plans for them.
const BY_HAND: [&str; 2] = ["plan/decompressed_rows", "plan/slow_planning"];

#[test]
fn each_rule_fires_and_stays_quiet_on_the_repaired_twin() {
    let root = common::root().join("rules");
    for rule in RULES.iter().filter(|rule| !BY_HAND.contains(&rule.id)) {
        let folder = root.join(rule.id.strip_prefix("plan/").unwrap());
        let of = |file: &str| -> Vec<Judged> {
            judged(&folder.join(file), &Limits::new())
                .into_iter()
                .filter(|one| one.finding.rule == rule.id)
                .collect()
        };
        let fires = of("fires.txt");
        assert!(!fires.is_empty(), "{} does not fire", rule.id);
        assert_eq!(of("quiet.txt"), [], "{} is not quiet", rule.id);
        for one in fires {
            assert!(
                !one.finding.evidence.is_empty() && one.finding.remedy.refuted_by.is_some(),
                "{}",
                rule.id
            );
            assert!(one.finding.message.ends_with('.'), "{}", one.finding.message);
        }
    }
}

#[test]
fn jit_and_planning_are_weighed_against_the_execution() {
    let plan = "Aggregate  (cost=1.00..2.00 rows=1 width=8) (actual time=90.000..90.000 rows=1 loops=1)\nPlanning Time: 200.000 ms\nJIT:\n  Functions: 3\n  Options: Inlining false, Optimization false, Expressions true, Deforming true\n  Timing: Generation 10.000 ms (Deform 1.000 ms), Inlining 0.000 ms, Optimization 20.000 ms, Emission 30.000 ms, Total 60.000 ms\nExecution Time: 100.000 ms\n";
    let parsed = plan::parse(plan).unwrap();
    assert_eq!(parsed.not_understood, []);
    let (found, _) = judge(&parsed.plans[0], &plan::derive(&parsed.plans[0]), &Limits::new());
    let rules: Vec<_> = found.iter().map(|one| one.finding.rule.as_str()).collect();
    assert_eq!(rules, ["plan/slow_planning", "plan/jit_cost"]);
    assert_eq!(found[1].saves_ms, Some(60.0));
}

#[test]
fn without_analyze_rules_are_not_checked_instead_of_quiet() {
    let parsed =
        plan::parse("Seq Scan on tenk1  (cost=0.00..333.00 rows=10000 width=148)").unwrap();
    let (found, not_checked) =
        judge(&parsed.plans[0], &plan::derive(&parsed.plans[0]), &Limits::new());
    assert!(found.is_empty());
    // Those that have nothing to look at in a single scan, whatever was printed of it.
    let checked = [
        "plan/cartesian_product",
        "plan/coarse_brin",
        "plan/compared_pairs",
        "plan/decompressed_rows",
        "plan/disabled_node",
        "plan/discarded_recursion",
        "plan/foreign_fetch",
        "plan/generic_plan",
        "plan/gin_pending_list",
        "plan/inexact_index",
        "plan/jit_cost",
        "plan/lock_wait",
        "plan/multiplied_rows",
        "plan/repeated_subplan",
        "plan/row_by_row_function",
        "plan/sort_spill",
        "plan/unhashed_subplan",
    ];
    let left: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
    let missing: Vec<&str> = not_checked.iter().map(|(rule, _)| *rule).collect();
    let judged = left.into_iter().filter(|rule| !missing.contains(rule));
    assert_eq!(judged.collect::<Vec<_>>(), checked);
    for (rule, missing) in &not_checked {
        let option = if *rule == "plan/slow_planning" { "SUMMARY" } else { "ANALYZE" };
        assert_eq!(missing.option, option, "{rule}");
    }
}

#[test]
fn a_limit_in_the_configuration_overrides_the_default() {
    let path = common::root().join("rules/filtered_seq_scan/fires.txt");
    let limits =
        Limits::from([(("plan/filtered_seq_scan".to_owned(), "min_removed_rows".to_owned()), 1e9)]);
    assert!(judged(&path, &limits).iter().all(|one| one.finding.rule != "plan/filtered_seq_scan"));
}
