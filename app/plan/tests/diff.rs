//! Plan comparison: recorded changes are reported, a plan equals itself, and comparing is
//! symmetric.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use plan::diff::{Comparison, Topic, compare};
use plan::{Derived, Plan};

fn recorded(name: &str) -> [(Plan, Derived); 2] {
    ["before", "after"].map(|side| {
        let path = common::root().join(format!("diff/{name}/{side}.txt"));
        common::one(&std::fs::read_to_string(path).unwrap())
    })
}

fn diff(a: &(Plan, Derived), b: &(Plan, Derived)) -> Comparison {
    compare((&a.0, &a.1), (&b.0, &b.1))
}

/// The sentences of a recorded change.
fn message(name: &str) -> Vec<String> {
    let [before, after] = recorded(name);
    diff(&before, &after).changes.into_iter().map(|change| change.message).collect()
}

#[track_caller]
fn first_holds(name: &str, parts: &[&str]) {
    let message = message(name);
    assert!(parts.iter().all(|part| message[0].contains(part)), "{name}: {message:#?}");
}

#[track_caller]
fn any_holds(name: &str, parts: &[&str]) {
    let message = message(name);
    let fits = |one: &String| parts.iter().all(|part| one.contains(part));
    assert!(message.iter().any(fits), "{name}: {message:#?}");
}

#[test]
fn recorded_changes_are_named() {
    first_holds(
        "index_dropped",
        &[
            "The index orders_customer_id_status_idx on orders is no longer used: Seq Scan instead of Bitmap Heap Scan, ",
            " ms instead of ",
            " µs",
        ],
    );
    any_holds(
        "index_changed",
        &[
            "orders is read through the index orders_customer_id_status_idx instead of orders_customer_id_idx",
        ],
    );
    first_holds(
        "join_method",
        &["orders and customers are joined by Nested Loop instead of Hash Join"],
    );
    any_holds("join_method", &["A Memoize by o.customer_id was added"]);
    any_holds("join_method", &["enable_hashjoin is set to off"]);
    any_holds(
        "join_order",
        &["The join order changed: first items and orders instead of customers and orders."],
    );
    any_holds("join_order", &["are joined by Hash Join instead of Nested Loop"]);
    any_holds("work_mem", &["The Sort by o.note now goes to disk"]);
    any_holds("work_mem", &["The Hash now goes to disk (", "batches)"]);
    any_holds("work_mem", &["work_mem is 256kB instead of 64MB."]);
    any_holds("parallel_off", &["no longer runs in parallel"]);
    any_holds("memoize_off", &["A Memoize by i.amount was removed"]);
    any_holds("not_pruned", &["3 partitions (such as parts_0) are read instead of 1."]);
    any_holds("partitions_added", &["5 partitions (such as parts_0) are read instead of 3"]);
    any_holds("statistics_stale", &["The rows of Seq Scan on events e are estimated worse"]);
    any_holds("statistics_stale", &["are joined by Nested Loop instead of Hash Join"]);
}

#[test]
fn scans_find_their_counterparts_whatever_happened() {
    for entry in std::fs::read_dir(common::root().join("diff")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        let [before, after] = recorded(&name);
        let compared = diff(&before, &after);
        for pair in &compared.pairs {
            let (a, b) = (&before.0.nodes[pair.before], &after.0.nodes[pair.after]);
            assert_eq!(a.relation, b.relation, "{name}: {} and {}", a.title(), b.title());
        }
        for (plan, alone) in [(&before.0, &compared.only_before), (&after.0, &compared.only_after)]
        {
            for at in alone.iter().filter(|at| plan.nodes[**at].relation.is_some()) {
                let partition = plan.nodes[*at].relation.as_ref().unwrap().starts_with("parts_");
                assert!(partition, "{name}: {} is alone", plan.nodes[*at].title());
            }
        }
    }
    let [before, after] = recorded("join_order");
    let compared = diff(&before, &after);
    assert_eq!((compared.only_before.len(), compared.only_after.len()), (1, 2), "{compared:#?}");
}

#[test]
fn a_plan_against_itself_is_no_change() {
    for (name, plan) in common::fixtures() {
        let side = (plan.clone(), plan::derive(&plan));
        let compared = diff(&side, &side);
        assert!(compared.changes.is_empty(), "{name}: {:#?}", compared.changes);
        assert!(compared.only_before.is_empty() && compared.only_after.is_empty(), "{name}");
        assert!(compared.pairs.iter().all(|pair| pair.before == pair.after), "{name}");
        assert_eq!(compared.pairs.len(), plan.nodes.len());
    }
}

#[test]
fn both_sides_mirror_each_other() {
    let mut plans: Vec<(String, (Plan, Derived))> = common::fixtures()
        .into_iter()
        .filter(|(name, _)| {
            name.ends_with(".txt")
                && (name.contains("/18/") || name.contains("/14/") || name.contains("/diff/"))
        })
        .filter(|(name, _)| !name.contains("frame") && !name.contains("wrapped"))
        .map(|(name, plan)| {
            let derived = plan::derive(&plan);
            (name, (plan, derived))
        })
        .collect();
    plans.sort_by(|a, b| a.0.cmp(&b.0));
    let mut compared = 0;
    for (at, (name, a)) in plans.iter().enumerate() {
        // Each with its neighbours, related or not.
        for (other, b) in
            plans.iter().skip(at + 1).take(4).chain(plans.iter().skip(at + 22).take(1))
        {
            let (there, back) = (diff(a, b), diff(b, a));
            let mut mirrored: Vec<_> =
                back.pairs.iter().map(|pair| (pair.after, pair.before)).collect();
            mirrored.sort_unstable();
            let pairs: Vec<_> = there.pairs.iter().map(|pair| (pair.before, pair.after)).collect();
            assert_eq!(pairs, mirrored, "{name} and {other}");
            assert_eq!(
                (&there.only_before, &there.only_after),
                (&back.only_after, &back.only_before)
            );
            let effects = |compared: &Comparison, sign: f64| {
                let mut all: Vec<_> = compared
                    .changes
                    .iter()
                    .map(|change| {
                        (
                            change.topic,
                            change.effect_ms.map(|ms| (ms * sign * 1000.0).round() as i64),
                        )
                    })
                    .collect();
                all.sort();
                all
            };
            assert_eq!(
                effects(&there, 1.0),
                effects(&back, -1.0),
                "{name} and {other}\n{:#?}\n{:#?}",
                there.changes,
                back.changes
            );
            compared += 1;
        }
    }
    assert!(compared > 200, "only {compared} pairs of plans");
}

#[test]
fn the_greatest_measured_effect_comes_first() {
    for name in ["join_order", "work_mem", "join_method", "statistics_stale"] {
        let [before, after] = recorded(name);
        let compared = diff(&before, &after);
        let effects: Vec<f64> =
            compared.changes.iter().map(|change| change.effect_ms.map_or(0.0, f64::abs)).collect();
        assert!(effects.is_sorted_by(|a, b| a >= b), "{name}: {effects:?}");
        assert!(compared.changes.iter().all(|change| change.message.ends_with('.')));
        assert!(compared.totals.total_ms.more().unwrap().abs() > 0.0);
        let last = compared.changes.last().unwrap();
        assert!(last.effect_ms.is_none() || last.topic != Topic::Settings);
    }
}

#[test]
fn another_access_path_comes_before_what_it_led_to() {
    let plan = |join: &str, scan: &str, ms: f64, all: f64| {
        common::one(&format!(
            "{join}  (cost=1.00..9.00 rows=9 width=4) (actual time=0.100..{all:.3} rows=9 loops=1)\n  ->  Seq Scan on a  (cost=0.00..2.00 rows=9 width=4) (actual time=0.010..1.000 rows=9 loops=1)\n  ->  {scan}  (cost=0.00..2.00 rows=1 width=4) (actual time=0.010..{ms:.3} rows=9 loops=1)\n"
        ))
    };
    let indexed = plan("Nested Loop", "Index Scan using b_i on b", 2.0, 4.0);
    let scanned = plan("Merge Join", "Seq Scan on b", 800.0, 1_000.0);
    for (before, after) in [(&indexed, &scanned), (&scanned, &indexed)] {
        let changes = diff(before, after).changes;
        let topics: Vec<_> = changes.iter().map(|change| change.topic).collect();
        assert_eq!(topics[..2], [Topic::Scan, Topic::Join], "{changes:#?}");
    }
    // A small part of what happened is not its cause.
    let hashed = plan("Hash Join", "Seq Scan on b", 10.0, 1_000.0);
    assert_eq!(diff(&indexed, &hashed).changes[0].topic, Topic::Join);
}

#[test]
fn steps_grow_with_the_nodes_and_not_faster() {
    let plan = |parts: usize, kind: &str| {
        let mut paste = String::from(
            "Append  (cost=0.00..9.00 rows=1 width=4) (actual time=0.100..9000.000 rows=1 loops=1)\n",
        );
        for at in 0..parts {
            paste.push_str(&format!("  ->  {kind} on p{at} p  (cost=0.00..9.00 rows=1 width=4) (actual time=0.100..1.000 rows=1 loops=1)\n"));
        }
        common::one(&paste)
    };
    let steps = |parts| diff(&plan(parts, "Seq Scan"), &plan(parts + 1, "Sample Scan")).steps;
    assert!(steps(20_000) <= steps(2_000) * 11);
}
