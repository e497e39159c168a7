//! Plans of systems built on PostgreSQL, and what is no plan of it.

use crate::reading::{one, own, tree};

#[test]
fn a_motion_of_greenplum_is_a_node() {
    let (plan, derived, notices) = one("\
 Gather Motion 6:1  (slice2; segments: 6)  (cost=0.00..431.20 rows=7 width=12) (actual time=812.400..812.950 rows=9 loops=1)
   Merge Key: region
   ->  Sort  (cost=0.00..431.10 rows=2 width=12) (actual time=811.900..811.910 rows=3 loops=1)
         Sort Key: region
         Extra Text: (seg2)   Hash chain length 1.0 avg, 1 max, using 3 of 32 buckets.
         ->  Redistribute Motion 6:6  (slice1; segments: 6)  (cost=0.00..431.00 rows=2 width=12) (actual time=300.100..811.700 rows=3 loops=1)
               Hash Key: region
               ->  Seq Scan on sales  (cost=0.00..430.00 rows=90000 width=12) (actual time=0.200..250.000 rows=91234 loops=1)
 Planning time: 5.500 ms
   (slice0)    Executor memory: 120K bytes.
 * (slice1)    Executor memory: 300K bytes avg x 6 workers, 310K bytes max (seg2).
 Memory used:  128000kB
 Optimizer: Pivotal Optimizer (GPORCA)
 Execution time: 820.100 ms
");
    assert_eq!(own(&derived), [1.04, 0.21, 561.7, 250.0]);
    assert_eq!(plan.nodes[0].title(), "Gather Motion");
    assert_eq!(plan.nodes[0].number("Segments"), Some(6.0));
    assert_eq!(plan.nodes[2].number("Receivers"), Some(6.0));
    assert_eq!(plan.execution_ms(), Some(820.1));
    assert!(notices[0].starts_with("This is a plan of Greenplum"), "{notices:?}");
}

#[test]
fn rows_out_are_the_figures_of_old_greenplum() {
    let (plan, derived, _) = one("\
Gather Motion 2:1  (slice1; segments: 2)  (cost=0.00..35.00 rows=99 width=8)
  Rows out:  99 rows at destination with 1.500 ms to first row, 44 ms to end, start offset by 0.3 ms.
  ->  Seq Scan on a  (cost=0.00..35.00 rows=50 width=8)
        Filter: x > 5
        Rows out:  Avg 49.5 rows x 2 workers.  Max 51 rows (seg1) with 0.100 ms to first row, 30 ms to end, start offset by 1.1 ms.
Slice statistics:
  (slice0)    Executor memory: 200K bytes.
  (slice1)    Executor memory: 150K bytes avg x 2 workers, 150K bytes max (seg0).
Statement statistics:
  Memory used: 128000K bytes
Total runtime: 46.200 ms
");
    assert_eq!(own(&derived), [14.0, 30.0]);
    assert_eq!(plan.nodes[1].actual.unwrap().rows, 51.0);
    assert_eq!(plan.execution_ms(), Some(46.2));
}

const CITUS: &str = "\
 Aggregate  (cost=250.00..250.02 rows=1 width=8) (actual time=90.500..90.501 rows=1 loops=1)
   ->  Custom Scan (Citus Adaptive)  (cost=0.00..0.00 rows=100000 width=8) (actual time=90.000..90.100 rows=8 loops=1)
         Task Count: 8
         Tuple data received from nodes: 64 bytes
         Tasks Shown: One of 8
         ->  Task
               Tuple data received from node: 8 bytes
               Node: host=10.1.0.4 port=5432 dbname=shop
               ->  Aggregate  (cost=80.00..80.01 rows=1 width=8) (actual time=70.000..70.100 rows=1 loops=1)
                     ->  Seq Scan on visits_102010 visits  (cost=0.00..70.00 rows=4000 width=0) (actual time=0.010..55.000 rows=4100 loops=1)
                   Planning Time: 0.150 ms
                   Execution Time: 70.300 ms
 Planning Time: 1.250 ms
 Execution Time: 91.000 ms
";

#[test]
fn a_task_of_citus_keeps_its_figures_to_itself() {
    let (plan, derived, notices) = one(CITUS);
    assert_eq!((plan.planning_ms(), plan.execution_ms()), (Some(1.25), Some(91.0)));
    assert_eq!(plan.nodes[2].kind, "Task");
    assert_eq!(plan.nodes[2].number("Execution Time"), Some(70.3));
    assert_eq!(plan.nodes[2].get("Node").as_deref(), Some("host=10.1.0.4 port=5432 dbname=shop"));
    assert_eq!(own(&derived), [0.401, 20.0, 0.0, 15.1, 55.0]);
    assert!(notices[0].starts_with("This is a plan of Citus"), "{notices:?}");
    // Two tasks side by side take as long as the slower one.
    let (head, task) = CITUS.split_once("         ->  Task\n").unwrap();
    let (task, tail) = task.split_once(" Planning Time: 1.250").unwrap();
    let twice = format!(
        "{head}         ->  Task\n{task}         ->  Task\n{task} Planning Time: 1.250{tail}"
    );
    let (_, derived, _) = one(&twice);
    assert_eq!(own(&derived), [0.401, 20.0, 0.0, 7.55, 27.5, 0.0, 7.55, 27.5]);
}

#[test]
fn rows_that_citus_does_not_estimate_are_no_misestimate() {
    let paste = CITUS
        .replace("rows=100000 width=8", "rows=0 width=0")
        .replace("250.00..250.02 rows=1", "0.00..0.00 rows=0");
    let (_, derived, _) = one(&paste);
    assert_eq!(derived.nodes[0].estimate, None);
    assert_eq!(derived.nodes[1].estimate, None);
    assert!(derived.nodes[4].estimate.is_some());
}

#[test]
fn tasks_of_citus_in_json_are_the_same_nodes() {
    let (text, ..) = one(CITUS);
    let (json, derived, _) = one(
        r#"[{"Plan": {"Node Type": "Aggregate", "Strategy": "Plain", "Startup Cost": 250.00, "Total Cost": 250.02, "Plan Rows": 1, "Plan Width": 8, "Actual Startup Time": 90.500, "Actual Total Time": 90.501, "Actual Rows": 1, "Actual Loops": 1,
  "Plans": [{"Node Type": "Custom Scan", "Parent Relationship": "Outer", "Custom Plan Provider": "Citus Adaptive", "Startup Cost": 0.00, "Total Cost": 0.00, "Plan Rows": 100000, "Plan Width": 8, "Actual Startup Time": 90.000, "Actual Total Time": 90.100, "Actual Rows": 8, "Actual Loops": 1,
    "Distributed Query": {"Job": {"Task Count": 8, "Tuple data received from nodes": "64 bytes", "Tasks Shown": "One of 8", "Tasks": [
      {"Tuple data received from node": "8 bytes", "Node": "host=10.1.0.4 port=5432 dbname=shop", "Remote Plan": [[{"Plan": {"Node Type": "Aggregate", "Strategy": "Plain", "Startup Cost": 80.00, "Total Cost": 80.01, "Plan Rows": 1, "Plan Width": 8, "Actual Startup Time": 70.000, "Actual Total Time": 70.100, "Actual Rows": 1, "Actual Loops": 1,
        "Plans": [{"Node Type": "Seq Scan", "Parent Relationship": "Outer", "Relation Name": "visits_102010", "Alias": "visits", "Startup Cost": 0.00, "Total Cost": 70.00, "Plan Rows": 4000, "Plan Width": 0, "Actual Startup Time": 0.010, "Actual Total Time": 55.000, "Actual Rows": 4100, "Actual Loops": 1}]},
        "Planning Time": 0.150, "Triggers": [], "Execution Time": 70.300}]]}]}}}]},
  "Planning Time": 1.250, "Triggers": [], "Execution Time": 91.000}]"#,
    );
    assert_eq!(tree(&json), tree(&text));
    assert_eq!((json.planning_ms(), json.execution_ms()), (Some(1.25), Some(91.0)));
    assert_eq!(json.nodes[2].number("Execution Time"), Some(70.3));
    assert_eq!(own(&derived), [0.401, 20.0, 0.0, 15.1, 55.0]);
}

#[test]
fn subplans_of_citus_are_nodes() {
    let (plan, ..) = one("\
 Custom Scan (Citus Adaptive)  (cost=0.00..0.00 rows=100000 width=8) (actual time=5.000..5.100 rows=1 loops=1)
   ->  Distributed Subplan 12_1
         Subplan Duration: 2.10 ms
         Intermediate Data Size: 18 bytes
         Result destination: Write locally
         ->  Custom Scan (Citus Adaptive)  (cost=0.00..0.00 rows=100000 width=8) (actual time=2.000..2.050 rows=1 loops=1)
               Task Count: 1
               Tasks Shown: All
               ->  Task
                     Node: host=localhost port=5432 dbname=shop
                     ->  Seq Scan on a_1  (cost=0.00..1.00 rows=1 width=8) (actual time=0.010..0.900 rows=1 loops=1)
   Task Count: 1
   Tasks Shown: All
   ->  Task
         Node: host=localhost port=5432 dbname=shop
         ->  Seq Scan on b_1  (cost=0.00..1.00 rows=1 width=8) (actual time=0.010..1.100 rows=1 loops=1)
 Planning Time: 0.900 ms
 Execution Time: 5.300 ms
");
    let parents: Vec<_> = plan.nodes.iter().map(|node| node.parent).collect();
    assert_eq!(parents, [None, Some(0), Some(1), Some(2), Some(3), Some(0), Some(5)]);
    assert_eq!(plan.nodes[0].number("Task Count"), Some(1.0));
    assert_eq!(plan.nodes[1].get("Subplan Duration").as_deref(), Some("2.10 ms"));
}

#[test]
fn what_citus_does_not_show_is_not_cut() {
    let (plan, ..) = one("\
 Custom Scan (Citus Adaptive)  (cost=0.00..0.00 rows=100000 width=8) (actual time=5.000..5.100 rows=1 loops=1)
   Task Count: 4
   Tasks Shown: None, not supported for re-partition queries
   ->  MapMergeJob
         Map Task Count: 4
         Merge Task Count: 4
   ->  MapMergeJob
         Map Task Count: 4
         Merge Task Count: 4
 Execution Time: 5.300 ms
");
    assert_eq!(plan.nodes.len(), 3);
    assert_eq!(plan.nodes[2].number("Merge Task Count"), Some(4.0));
}

#[test]
fn timescale_and_yugabyte_are_postgresql_with_lines_of_their_own() {
    let (plan, derived, notices) = one("\
 Custom Scan (ChunkAppend) on metrics m  (cost=0.10..44.00 rows=900 width=16) (actual time=0.300..21.000 rows=850 loops=1)
   Chunks excluded during startup: 3
   ->  Custom Scan (DecompressChunk) on _hyper_7_31_chunk m_1  (cost=0.10..44.00 rows=900 width=16) (actual time=0.290..20.000 rows=850 loops=1)
         Vectorized Filter: (temperature > '20'::double precision)
         Rows Removed by Filter: 120
         Batches Removed by Filter: 2
         ->  Seq Scan on compress_hyper_8_32_chunk  (cost=0.00..3.00 rows=9 width=120) (actual time=0.010..1.500 rows=9 loops=1)
 Planning Time: 1.100 ms
 Execution Time: 21.400 ms
");
    assert_eq!(own(&derived), [1.0, 18.5, 1.5]);
    assert_eq!(plan.nodes[1].number("Batches Removed by Filter"), Some(2.0));
    assert_eq!(plan.nodes[1].relation.as_deref(), Some("_hyper_7_31_chunk"));
    assert!(notices[0].contains("TimescaleDB"), "{notices:?}");
    let (plan, _, notices) = one("\
 Index Scan using carts_user on carts  (cost=0.00..5.22 rows=10 width=40) (actual time=2.100..2.300 rows=3 loops=1)
   Index Cond: (user_id = 7)
   Storage Filter: (total > 5)
   Storage Index Read Requests: 1
   Storage Index Read Execution Time: 1.020 ms
 Planning Time: 0.080 ms
 Execution Time: 2.400 ms
 Storage Read Requests: 2
 Storage Read Execution Time: 1.900 ms
 Peak Memory Usage: 24 kB
");
    assert_eq!(plan.nodes[0].get("Storage Filter").as_deref(), Some("(total > 5)"));
    assert_eq!(plan.get("Storage Read Requests").as_deref(), Some("2"));
    assert!(notices[0].contains("YugabyteDB"), "{notices:?}");
}

#[test]
fn redshift_has_words_around_the_names() {
    let (plan, _, notices) = one("\
XN Limit  (cost=1000000007200.00..1000000007200.02 rows=10 width=20)
  ->  XN Merge  (cost=1000000007200.00..1000000007210.00 rows=4000 width=20)
        Merge Key: sum(s.paid)
        ->  XN Network  (cost=1000000007200.00..1000000007210.00 rows=4000 width=20)
              Send to leader
              ->  XN Sort  (cost=1000000007200.00..1000000007210.00 rows=4000 width=20)
                    Sort Key: sum(s.paid)
                    ->  XN HashAggregate  (cost=6900.00..6910.00 rows=4000 width=20)
                          ->  XN Hash Join DS_BCAST_INNER  (cost=90.00..6000.00 rows=170000 width=20)
                                Hash Cond: (\"outer\".event = \"inner\".event)
                                ->  XN Seq Scan on sale s  (cost=0.00..1700.00 rows=170000 width=12)
                                ->  XN Hash  (cost=80.00..80.00 rows=8000 width=16)
                                      ->  XN Seq Scan on event e  (cost=0.00..80.00 rows=8000 width=16)
----- Tables missing statistics: sale -----
");
    let titles: Vec<_> = plan.nodes.iter().map(plan::Node::title).collect();
    assert_eq!(
        titles,
        [
            "Limit",
            "Merge",
            "Network",
            "Sort",
            "HashAggregate",
            "Hash Join",
            "Seq Scan",
            "Hash",
            "Seq Scan"
        ]
    );
    assert_eq!(plan.nodes[5].get("Data Distribution").as_deref(), Some("DS_BCAST_INNER"));
    assert_eq!(plan.nodes[6].relation.as_deref(), Some("sale"));
    assert_eq!(plan.get("Warning").as_deref(), Some("Tables missing statistics: sale"));
    assert!(notices[0].contains("Redshift"), "{notices:?}");
}

#[test]
fn keys_of_extensions_are_properties() {
    let (plan, ..) = one("\
 Custom Scan (GpuPreAgg) on events  (cost=100.00..900.00 rows=30 width=12)
   GPU Projection: kind, pgstrom.nrows()
   GPU Join Quals [1]: (kind = k.id)
   referenced: kind, made_at
   scan1-stats-hint: (made_at >= 5), (made_at <= 9)
   ->  Seq Scan on kinds k  (cost=0.00..1.00 rows=9 width=8)
");
    assert_eq!(plan.nodes[0].get("GPU Join Quals [1]").as_deref(), Some("(kind = k.id)"));
    assert_eq!(plan.nodes[0].get("referenced").as_deref(), Some("kind, made_at"));
    assert_eq!(
        plan.nodes[0].get("scan1-stats-hint").as_deref(),
        Some("(made_at >= 5), (made_at <= 9)")
    );
    let (plan, ..) = one("\
 Seq Scan on t  (cost=0.00..9.00 rows=9 width=4)
   Prefetch: hits=12 misses=1 expired=0 duplicates=0
   File cache: hits=30 misses=4
");
    assert_eq!(
        plan.nodes[0].get("Prefetch").as_deref(),
        Some("hits=12 misses=1 expired=0 duplicates=0")
    );
}

#[test]
fn what_is_no_plan_of_postgresql_is_refused_by_name() {
    for (system, paste) in [
        (
            "MySQL",
            "-> Limit: 5 row(s)  (cost=12.4 rows=5) (actual time=0.4..0.5 rows=5 loops=1)\n    -> Table scan on parts  (cost=12.4 rows=90) (actual time=0.1..0.4 rows=5 loops=1)\n",
        ),
        (
            "MySQL",
            "*************************** 1. row ***************************\nEXPLAIN: -> Filter: (a.x = 1)  (cost=0.55 rows=1)\n    -> Table scan on a  (cost=0.55 rows=3)\n",
        ),
        (
            "MySQL or MariaDB",
            "+----+-------------+-------+------------+------+---------------+------+---------+------+------+----------+-------+\n| id | select_type | table | partitions | type | possible_keys | key  | key_len | ref  | rows | filtered | Extra |\n+----+-------------+-------+------------+------+---------------+------+---------+------+------+----------+-------+\n|  1 | SIMPLE      | t     | NULL       | ALL  | NULL          | NULL | NULL    | NULL |    3 |   100.00 | NULL  |\n",
        ),
        (
            "MySQL or MariaDB",
            "{\n  \"query_block\": {\n    \"select_id\": 1,\n    \"cost_info\": {\"query_cost\": \"0.55\"}\n  }\n}\n",
        ),
        ("MariaDB", "{\n  \"query_block\": {\n    \"select_id\": 1,\n    \"r_loops\": 1\n  }\n}\n"),
        (
            "Oracle",
            "Plan hash value: 1357081020\n\n| Id  | Operation         | Name | Rows  | Bytes | Cost (%CPU)| Time     |\n|   0 | SELECT STATEMENT  |      |     1 |     7 |     2   (0)| 00:00:01 |\n",
        ),
        (
            "SQL Server",
            "  |--Nested Loops(Inner Join)\n       |--Clustered Index Scan(OBJECT:([shop].[dbo].[orders].[pk]))\n",
        ),
        (
            "SQLite",
            "QUERY PLAN\n|--SCAN orders\n`--SEARCH customers USING INTEGER PRIMARY KEY (rowid=?)\n",
        ),
        ("SQLite", "QUERY PLAN\n`--SEARCH t USING INDEX t_a (a=?)\n"),
        ("SQLite", "0|0|0|SCAN TABLE t\n"),
        (
            "DuckDB",
            "┌───────────────────────────┐\n│         PROJECTION        │\n│    ────────────────────   │\n│             a             │\n└─────────────┬─────────────┘\n┌─────────────┴─────────────┐\n│         SEQ_SCAN          │\n└───────────────────────────┘\n",
        ),
        (
            "Spark",
            "== Physical Plan ==\nAdaptiveSparkPlan isFinalPlan=false\n+- HashAggregate(keys=[a#1], functions=[count(1)])\n",
        ),
        (
            "ClickHouse",
            "Expression ((Projection + Before ORDER BY))\n  ReadFromMergeTree (default.hits)\n",
        ),
        (
            "Trino or Presto",
            "Fragment 0 [SINGLE]\n    Output layout: [count]\n    Output[columnNames = [_col0]]\n",
        ),
        ("Snowflake", "GlobalStats:\n    partitionsTotal=12\n    partitionsAssigned=3\n"),
        (
            "MongoDB",
            "{\n  \"queryPlanner\": {\n    \"winningPlan\": {\"stage\": \"COLLSCAN\"}\n  }\n}\n",
        ),
        (
            "CockroachDB",
            "  distribution: full\n  vectorized: true\n\n  • hash join\n  │ equality: (a) = (b)\n  └── • scan\n        estimated row count: 100\n",
        ),
        (
            "TiDB",
            "| TableReader_5 | 1.00 | root | data:TableFullScan_4 |\n| └─TableFullScan_4 | 1.00 | cop[tikv] | table:t |\n",
        ),
    ] {
        let error = plan::parse(paste).expect_err(paste).to_string();
        let expected =
            format!("expected a plan of PostgreSQL; this is one of {system}, which is not read.");
        assert!(error.ends_with(&expected), "{error}\n{paste}");
    }
}

#[test]
fn words_of_other_systems_within_a_plan_refuse_nothing() {
    let (plan, ..) = one("\
 Seq Scan on notes
   Filter: (body ~~ '%SELECT STATEMENT%'::text)
   ->  Result
");
    assert_eq!(plan.nodes.len(), 2);
    let (plan, ..) = one("\
 Seq Scan on f  (cost=0.00..9.00 rows=9 width=4)
 Generated Plan Advice:
   SEQ_SCAN(f)
   NO_GATHER(f)
");
    assert_eq!(plan.get("Generated Plan Advice").as_deref(), Some("SEQ_SCAN(f)\nNO_GATHER(f)"));
}
