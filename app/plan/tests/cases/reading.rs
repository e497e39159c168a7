//! Reads a plan and what follows from it, for the tests of what is inside the lines.

use plan::{Derived, Parsed, Plan, derive};

/// A hash join with a condition, a top-N sort and a summary.
pub const PLAN: &str = "\
Limit  (cost=310.20..310.23 rows=12 width=40) (actual time=48.120..48.140 rows=12 loops=1)
  Buffers: shared hit=2210 read=41
  ->  Sort  (cost=310.20..318.95 rows=3500 width=40) (actual time=48.110..48.120 rows=12 loops=1)
        Sort Key: p.made_at DESC
        Sort Method: top-N heapsort  Memory: 27kB
        ->  Hash Join  (cost=14.50..230.10 rows=3500 width=40) (actual time=0.900..44.300 rows=31200 loops=1)
              Hash Cond: (p.shop_id = s.id)
              ->  Seq Scan on parcels p  (cost=0.00..190.00 rows=4100 width=24) (actual time=0.020..36.200 rows=41000 loops=1)
                    Filter: (weight > 1200)
                    Rows Removed by Filter: 159000
                    Buffers: shared hit=2190 read=41
              ->  Hash  (cost=12.00..12.00 rows=200 width=24) (actual time=0.700..0.700 rows=200 loops=1)
                    Buckets: 1024  Batches: 1  Memory Usage: 19kB
                    ->  Seq Scan on shops s  (cost=0.00..12.00 rows=200 width=24) (actual time=0.010..0.400 rows=200 loops=1)
                          Filter: (country <> 'CH'::text)
                          Buffers: shared hit=20
Planning:
  Buffers: shared hit=31 read=2
Planning Time: 0.310 ms
Execution Time: 48.300 ms
";

/// A paste of which every line is understood.
pub fn read(paste: &str) -> Parsed {
    let parsed = plan::parse(paste).map_err(|error| format!("{error}\n{paste}")).unwrap();
    assert_eq!(parsed.not_understood, [], "{paste}");
    parsed
}

/// The one plan of a paste, what follows from it, and what is told about it.
pub fn one(paste: &str) -> (Plan, Derived, Vec<String>) {
    let mut parsed = read(paste);
    assert_eq!(parsed.plans.len(), 1, "{paste}");
    let plan = parsed.plans.remove(0);
    assert_eq!(plan.broken, None, "{paste}");
    let derived = derive(&plan);
    (plan, derived, parsed.notices.into_iter().map(|notice| notice.text).collect())
}

/// Self times, rounded as printed.
pub fn own(derived: &Derived) -> Vec<f64> {
    let round = |ms: f64| (ms * 1000.0).round() / 1000.0;
    derived.nodes.iter().map(|node| round(node.self_ms.unwrap())).collect()
}

/// Each node with its parent and depth.
pub fn tree(plan: &Plan) -> Vec<(Option<usize>, String, usize)> {
    plan.nodes.iter().map(|node| (node.parent, node.name(), node.depth)).collect()
}
