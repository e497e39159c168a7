//! Time attribution: self times add up, on every fixture and on plans whose sums are known.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{fixtures, one};
use plan::{Derived, derive};

fn own(derived: &Derived, at: usize) -> f64 {
    (derived.nodes[at].self_ms.unwrap() * 1000.0).round() / 1000.0
}

#[test]
fn self_times_add_up_on_every_fixture() {
    let mut timed = 0;
    for (name, plan) in fixtures() {
        let derived = derive(&plan);
        let Some(whole) = derived.nodes_ms else { continue };
        let sum: f64 = derived.nodes.iter().filter_map(|node| node.self_ms).sum();
        // Printed times are rounded to a microsecond per loop: that much may be missing, no more.
        let rounding: f64 = plan
            .nodes
            .iter()
            .filter_map(|node| node.actual)
            .map(|actual| 0.001 * actual.loops)
            .sum();
        assert!((sum - whole).abs() <= derived.unaccounted_ms + 1e-6, "{name}: {sum} of {whole}");
        assert!(
            derived.unaccounted_ms <= rounding,
            "{name}: {} unaccounted",
            derived.unaccounted_ms
        );
        if let Some(execution) = plan.execution_ms() {
            assert!(sum <= execution + rounding, "{name}: {sum} of {execution}");
        }
        for (node, out) in plan.nodes.iter().zip(&derived.nodes) {
            let (own, range) = (out.self_ms.unwrap(), out.self_range.unwrap());
            assert!(
                range.low <= own + 1e-9 && own <= range.high + 1e-9,
                "{name}: {} {own} not in {range:?}",
                node.title()
            );
        }
        timed += 1;
    }
    assert!(timed > 350, "only {timed} fixtures have times");
}

#[test]
fn own_blocks_add_up_to_the_root_on_every_fixture() {
    for (name, plan) in fixtures() {
        let derived = derive(&plan);
        let Some(root) = plan.nodes[0].number("Shared Hit Blocks") else { continue };
        let sum: f64 = derived
            .nodes
            .iter()
            .filter_map(|node| node.counters)
            .map(|own| own.get(derive::Counter::SharedHit))
            .sum();
        assert!((sum - root).abs() < 0.5, "{name}: {sum} of {root}");
    }
}

#[test]
fn a_cte_runs_within_its_scan() {
    let (_, derived) = one("\
Nested Loop  (cost=19202.84..76099.33 rows=53175 width=144) (actual time=146.000..3000.000 rows=4379 loops=1)
  ->  Seq Scan on m  (cost=0.00..5280.54 rows=118054 width=32) (actual time=0.010..100.000 rows=4379 loops=1)
  ->  CTE Scan on t  (cost=0.76..1.03 rows=1 width=144) (actual time=0.500..0.600 rows=1 loops=4000)
        CTE t
          ->  Result  (cost=0.00..0.76 rows=1 width=112) (actual time=0.400..0.500 rows=1 loops=4000)
Execution Time: 3001.000 ms
");
    let own: Vec<f64> = (0..4).map(|at| own(&derived, at)).collect();
    assert_eq!(own, [500.0, 100.0, 400.0, 2000.0]);
    assert_eq!(derived.outside_ms, Some(1.0));
}

#[test]
fn a_cte_scanned_twice_is_counted_once_and_says_how_sure_it_is() {
    let (_, derived) = one("\
Hash Join  (cost=1.00..2.00 rows=1 width=4) (actual time=90.000..100.000 rows=1 loops=1)
  CTE t
    ->  Seq Scan on a  (cost=0.00..1.00 rows=1 width=4) (actual time=0.010..60.000 rows=1 loops=1)
  ->  CTE Scan on t x  (cost=0.00..1.00 rows=1 width=4) (actual time=0.010..70.000 rows=1 loops=1)
  ->  Hash  (cost=0.00..1.00 rows=1 width=4) (actual time=11.000..12.000 rows=1 loops=1)
        ->  CTE Scan on t y  (cost=0.00..1.00 rows=1 width=4) (actual time=0.010..10.000 rows=1 loops=1)
");
    assert_eq!(own(&derived, 0), 18.0);
    assert_eq!(own(&derived, 1), 60.0);
    assert_eq!(own(&derived, 2) + own(&derived, 4), 20.0);
    let first = derived.nodes[2].self_range.unwrap();
    assert!(first.low <= 10.001 && first.high >= 19.999, "{first:?}");
}

#[test]
fn initplan_ten_is_charged_to_its_own_user() {
    let (_, derived) = one("\
Result  (cost=1.00..2.00 rows=1 width=4) (actual time=90.000..100.000 rows=1 loops=1)
  InitPlan 1 (returns $1)
    ->  Seq Scan on a  (cost=0.00..1.00 rows=1 width=4) (actual time=0.010..20.000 rows=1 loops=1)
  InitPlan 10 (returns $10)
    ->  Seq Scan on b  (cost=0.00..1.00 rows=1 width=4) (actual time=0.010..30.000 rows=1 loops=1)
  ->  Nested Loop  (cost=0.00..1.00 rows=1 width=4) (actual time=60.000..95.000 rows=1 loops=1)
        ->  Seq Scan on c  (cost=0.00..1.00 rows=1 width=4) (actual time=1.000..50.000 rows=1 loops=1)
              Filter: (x = $10)
        ->  Seq Scan on d  (cost=0.00..1.00 rows=1 width=4) (actual time=1.000..40.000 rows=1 loops=1)
              Filter: (x = $1)
");
    assert_eq!(derived.nodes[2].payers, [(4, 30.0)]);
    assert_eq!(derived.nodes[1].payers, [(5, 20.0)]);
    let own: Vec<f64> = (0..6).map(|at| own(&derived, at)).collect();
    assert_eq!(own, [5.0, 20.0, 30.0, 5.0, 20.0, 20.0]);
}

#[test]
fn a_bitmap_index_scan_of_one_process_is_not_divided() {
    let (_, derived) = one("\
Gather  (cost=1.00..2.00 rows=1 width=4) (actual time=10.000..110.000 rows=1 loops=1)
  Workers Planned: 2
  Workers Launched: 2
  ->  Parallel Bitmap Heap Scan on a  (cost=1.00..2.00 rows=1 width=4) (actual time=30.000..100.000 rows=1 loops=3)
        ->  Bitmap Index Scan on a_idx  (cost=0.00..1.00 rows=1 width=0) (actual time=60.000..60.000 rows=1 loops=1)
");
    // 300 ms of work in 100 ms of time; the index scan's 60 ms are a fifth of the work.
    let own: Vec<f64> = (0..3).map(|at| own(&derived, at)).collect();
    assert_eq!(own, [10.0, 80.0, 20.0]);
    assert_eq!(derived.nodes[2].work_ms, Some(60.0));
    assert_eq!(derived.nodes[2].processes, 1.0);
    assert_eq!(derived.nodes[1].processes, 3.0);
    assert!(derived.nodes[2].self_range.unwrap().high >= 60.0);
}

#[test]
fn the_slowest_process_is_what_a_gather_waits_for() {
    let (_, derived) = one("\
Gather  (cost=1.00..2.00 rows=1 width=4) (actual time=10.000..110.000 rows=1 loops=1)
  Workers Planned: 2
  Workers Launched: 2
  ->  Parallel Seq Scan on a  (cost=1.00..2.00 rows=1 width=4) (actual time=3.000..60.000 rows=2 loops=3)
        Worker 0:  actual time=1.000..100.000 rows=4 loops=1
        Worker 1:  actual time=1.000..50.000 rows=1 loops=1
");
    assert_eq!(own(&derived, 1), 100.0);
    assert_eq!(own(&derived, 0), 10.0);
}

#[test]
fn what_was_never_executed_takes_no_time() {
    let (plan, derived) = one("\
Hash Join  (cost=6.65..104.10 rows=1600 width=1363) (actual time=0.002..0.002 rows=0 loops=1)
  ->  Seq Scan on uu  (cost=0.00..26.00 rows=1600 width=17) (actual time=0.001..0.001 rows=0 loops=1)
  ->  Hash  (cost=6.12..6.12 rows=212 width=1346) (never executed)
        ->  Seq Scan on u  (cost=0.00..6.12 rows=212 width=1346) (never executed)
");
    assert!(plan.nodes[3].never_executed() && derived.nodes[3].never_executed);
    assert_eq!(own(&derived, 3), 0.0);
    assert_eq!(derived.nodes[3].estimate, None);
}
