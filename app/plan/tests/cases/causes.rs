//! Causes: each is named, in executed and in plain plans, on every major, and nothing else is blamed.

use plan::rules::{Judged, Limits, judge};

use crate::common;

/// The majors that `fixtures/causes` were recorded on.
const MAJORS: [u16; 6] = [14, 15, 16, 17, 18, 19];

fn of(text: &str) -> (Vec<Judged>, Vec<(&'static str, String)>) {
    let parsed = plan::parse(text).unwrap();
    assert_eq!(parsed.not_understood, []);
    let plan = &parsed.plans[0];
    let (found, missing) = judge(plan, &plan::derive(plan), &Limits::new());
    (found, missing.into_iter().map(|(rule, missing)| (rule, missing.message())).collect())
}

fn rules(found: &[Judged]) -> Vec<&str> {
    found.iter().map(|one| one.finding.rule.strip_prefix("plan/").unwrap()).collect()
}

fn recorded(major: u16, name: &str) -> Vec<Judged> {
    let path = common::root().join(format!("causes/{major}/{name}.txt"));
    of(&std::fs::read_to_string(path).unwrap()).0
}

fn fires(rule: &str) -> String {
    std::fs::read_to_string(common::root().join(format!("rules/{rule}/fires.txt"))).unwrap()
}

/// The message of a rule's finding, with its remedy.
fn said(found: &[Judged], rule: &str) -> String {
    let one = found.iter().find(|one| one.finding.rule == format!("plan/{rule}"));
    let one = one.unwrap_or_else(|| panic!("{rule} is not among {:?}", rules(found)));
    format!("{} {}", one.finding.message, one.finding.remedy.message)
}

#[test]
fn the_cause_comes_first_on_every_major() {
    for major in MAJORS {
        for (name, first) in [
            ("not_in_plain", "unhashed_subplan"),
            ("not_in", "unhashed_subplan"),
            ("in_or_plain", "unhashed_subplan"),
            ("correlated_plain", "repeated_subplan"),
            ("product_plain", "cartesian_product"),
            ("pairs_plain", "compared_pairs"),
            ("pairs_untimed", "compared_pairs"),
            ("window", "spilled_tuplestore"),
            ("prepared", "generic_plan"),
        ] {
            let found = recorded(major, name);
            assert_eq!(rules(&found).first(), Some(&first), "{name} on {major}");
        }
    }
}

#[test]
fn what_is_no_cause_is_not_blamed_on_any_major() {
    for major in MAJORS {
        for (name, rule) in [
            ("not_in_hashed", "unhashed_subplan"),
            ("not_exists_subplan", "unhashed_subplan"),
            ("exists_subplan", "unhashed_subplan"),
            ("exists_subplan", "row_misestimate"),
            ("correlated_plain", "unhashed_subplan"),
            ("initplan", "generic_plan"),
            ("not_in", "repeated_subplan"),
            ("not_in", "spilled_tuplestore"),
        ] {
            assert!(!rules(&recorded(major, name)).contains(&rule), "{name} on {major}");
        }
    }
}

#[test]
fn a_plan_that_was_not_executed_speaks_of_what_would_be() {
    for (name, words) in [
        ("not_in_plain", "would compare each of 10,000 or more rows with up to 15,000"),
        ("not_in_plain", "Write NOT EXISTS"),
        ("in_or_plain", "join them by UNION"),
        ("correlated_plain", "would run 20,000 times, once per row, for 100 % of the cost."),
        ("product_plain", "would join 15,000 rows with 49 each without a condition"),
        ("pairs_plain", "would compare 225,000,000 pairs"),
    ] {
        let found = recorded(17, name);
        let rule = rules(&found)[0];
        assert!(said(&found, rule).contains(words), "{}", said(&found, rule));
        assert_eq!(found[0].saves_ms, None, "{name}");
    }
}

#[test]
fn a_list_too_large_to_be_hashed_says_what_memory_would() {
    let plan = "Seq Scan on texts  (cost=0.00..37034830126.67 rows=1666667 width=8)\n  Filter: (NOT (ANY (id = (SubPlan 1).col1)))\n  SubPlan 1\n    ->  Materialize  (cost=0.00..20220.86 rows=799991 width=8)\n          ->  Seq Scan on details  (cost=0.00..13095.91 rows=799991 width=8)\n";
    let said = said(&of(plan).0, "unhashed_subplan");
    assert!(said.ends_with("that takes work_mem × hash_mem_multiplier above 24.4 MiB."), "{said}");
    // A list that is small is not hashed for another reason.
    let small = plan.replace("799991", "30000");
    let text = self::said(&of(&small).0, "unhashed_subplan");
    assert!(!text.contains("work_mem"), "{text}");
}

#[test]
fn without_timing_loops_and_rows_speak() {
    for major in MAJORS {
        let found = recorded(major, "pairs_untimed");
        let text = said(&found, "compared_pairs");
        assert!(text.contains("TIMING was off: how long that took is not known."), "{text}");
        let found = recorded(major, "correlated_untimed");
        let text = said(&found, "repeated_subplan");
        assert!(text.contains("ran 1,099 times, once per row, and read 16,48"), "{text}");
    }
}

#[test]
fn what_was_not_printed_is_named_with_the_option() {
    let option = |text: &str, rule: &str| {
        let (_, missing) = of(text);
        let found = missing.into_iter().find(|(own, _)| *own == format!("plan/{rule}"));
        found.map(|(_, message)| message).unwrap_or_default()
    };
    let analyzed = "Seq Scan on t  (cost=0.00..9.00 rows=9 width=4) (actual time=0.010..9.000 rows=9 loops=1)\nPlanning Time: 0.1 ms\nExecution Time: 9.1 ms\n";
    assert!(option(analyzed, "many_blocks_per_row").contains("EXPLAIN (BUFFERS) would"));
    assert!(option(analyzed, "io_waits").contains("EXPLAIN (IO) of PostgreSQL 19 or newer"));
    assert!(option(analyzed, "cold_reads").contains("EXPLAIN (BUFFERS) would"));
    let read = analyzed.replace("loops=1)\n", "loops=1)\n  Buffers: shared read=9\n");
    assert!(option(&read, "cold_reads").starts_with("The plan was made with track_io_timing off"));
    let untimed = "Update on t (actual rows=0 loops=1)\n  ->  Seq Scan on t (actual rows=1 loops=1)\nExecution Time: 9.1 ms\n";
    assert!(option(untimed, "lock_wait").contains("EXPLAIN (TIMING) would"));
    assert!(option(untimed, "slow_planning").contains("EXPLAIN (SUMMARY) would"));
    let plain = "Foreign Scan on f  (cost=100.00..753.50 rows=2925 width=4)\n  Filter: (lower(a) = 'x'::text)\n";
    assert!(option(plain, "foreign_fetch").contains("EXPLAIN (ANALYZE) would"));
}

#[test]
fn a_missing_bracket_is_seen_before_the_plan_is_executed() {
    let plain = "Nested Loop  (cost=0.00..481.85 rows=12332 width=446)\n  Join Filter: (((u.first)::text = 'Anna'::text) OR ((u.last)::text = 'Cole'::text) OR (((u.last)::text = 'Dorn'::text) AND (u.user_id = o.user_id)))\n  ->  Seq Scan on orders o  (cost=0.00..66.44 rows=4044 width=24)\n  ->  Materialize  (cost=0.00..11.02 rows=4 width=840)\n        ->  Seq Scan on users u  (cost=0.00..11.00 rows=4 width=840)\n";
    let text = said(&of(plain).0, "cartesian_product");
    assert!(text.contains("would join 4,044 rows with 4 each by"), "{text}");
    assert!(text.contains("AND binds more tightly than OR"), "{text}");
    // One constant on both sides stands for the join condition.
    let held = "Nested Loop  (cost=0.00..99.00 rows=250000 width=8)\n  ->  Seq Scan on a  (cost=0.00..9.00 rows=500 width=4)\n        Filter: (tenant_id = 7)\n  ->  Materialize  (cost=0.00..9.00 rows=500 width=4)\n        ->  Seq Scan on b  (cost=0.00..9.00 rows=500 width=4)\n              Filter: (tenant_id = 7)\n";
    assert!(of(held).0.is_empty());
    assert_eq!(rules(&of(&held.replacen("= 7", "= 8", 1)).0), ["cartesian_product"]);
    // What the inner side takes from the outer one is a condition, also within a function.
    let lateral =
        held.replace("Materialize", "Function Scan on unnest x").replace("tenant_id = 7", "a > 7");
    let lateral: Vec<&str> = lateral.lines().take(4).collect();
    assert!(of(&lateral.join("\n")).0.is_empty());
}

#[test]
fn a_foreign_table_is_asked_once_per_row() {
    let text = said(&of(&fires("foreign_fetch")).0, "foreign_fetch");
    assert!(
        text.contains("ran 29 times, for about 15,000 rows each: the whole remote table each time"),
        "{text}"
    );
    assert!(text.contains("use_remote_estimate"), "{text}");
    let with_where = fires("foreign_fetch").replace("public.keys", "public.keys WHERE ((k = $1))");
    let text = said(&of(&with_where).0, "foreign_fetch");
    assert!(text.contains("one query on the other server for each row"), "{text}");
}

#[test]
fn time_without_work_is_waiting() {
    let text = said(&of(&fires("lock_wait")).0, "lock_wait");
    assert!(text.contains("it waited, most likely for a row"), "{text}");
    assert!(text.contains("log_lock_waits") && text.contains("page Locks"), "{text}");
    // A trigger that took the time is no wait for a row.
    let by_trigger = format!("{}Trigger t: time=660.000 calls=1\n", fires("lock_wait"));
    assert!(!rules(&of(&by_trigger).0).contains(&"lock_wait"));
}

#[test]
fn rows_decompressed_for_nothing_are_counted() {
    // Written after public plans: TimescaleDB with compression is on no registry that tests can use.
    let plan = "Custom Scan (DecompressChunk) on _hyper_1_5_chunk  (cost=0.20..95.00 rows=400000 width=20) (actual time=0.100..180.000 rows=300 loops=1)\n  Filter: (device_id = 7)\n  Rows Removed by Filter: 399700\n  ->  Seq Scan on compress_hyper_2_9_chunk  (cost=0.00..15.00 rows=400 width=100) (actual time=0.010..2.000 rows=400 loops=1)\nExecution Time: 181.0 ms\n";
    let text = said(&of(plan).0, "decompressed_rows");
    assert!(text.contains("decompressed 400,000 rows and kept 300."), "{text}");
    assert!(text.contains("segmentby"), "{text}");
}

#[test]
fn slow_planning_says_what_made_it_slow() {
    let plan = |nodes: &str, blocks: u32| {
        format!("{nodes}Planning:\n  Buffers: shared hit={blocks}\nPlanning Time: 400.000 ms\n")
    };
    let scan = "Seq Scan on t  (cost=0.00..9.00 rows=9 width=4)\n";
    let text = said(&of(&plan(scan, 5)).0, "slow_planning");
    assert!(text.contains("It read 5 blocks meanwhile: it waited."), "{text}");
    let text = said(&of(&plan(scan, 90_000)).0, "slow_planning");
    assert!(text.contains("VACUUM the system catalogs"), "{text}");
    let parts: String = (0..60)
        .map(|part| format!("  ->  Seq Scan on t_{part}  (cost=0.00..9.00 rows=9 width=4)\n"))
        .collect();
    let append = format!("Append  (cost=0.00..540.00 rows=540 width=4)\n{parts}");
    let text = said(&of(&plan(&append, 5000)).0, "slow_planning");
    assert!(text.contains("The plan has 60 scans of tables."), "{text}");
}

#[test]
fn jit_says_what_cost_made_it_compile() {
    let plan = |cost: &str| {
        format!(
            "Aggregate  (cost=1.00..{cost} rows=1 width=8) (actual time=90.000..90.000 rows=1 loops=1)\nPlanning Time: 1.000 ms\nJIT:\n  Functions: 3\n  Options: Inlining true, Optimization true, Expressions true, Deforming true\n  Timing: Generation 10.000 ms, Inlining 0.000 ms, Optimization 20.000 ms, Emission 30.000 ms, Total 60.000 ms\nExecution Time: 100.000 ms\n"
        )
    };
    let text = said(&of(&plan("10000000900.00")).0, "jit_cost");
    assert!(text.contains("a method switched off (enable_…)"), "{text}");
    let text = said(&of(&plan("900000.00")).0, "jit_cost");
    assert!(text.contains("cost of 900,000 made it do so, and optimise or inline"), "{text}");
    // Without TIMING nothing is known of it.
    let untimed = "Result (actual rows=1 loops=1)\nPlanning Time: 1.000 ms\nJIT:\n  Functions: 3\n  Options: Inlining true, Optimization true, Expressions true, Deforming true\nExecution Time: 100.000 ms\n";
    let (_, missing) = of(untimed);
    assert!(missing.iter().any(|(rule, text)| *rule == "plan/jit_cost" && text.contains("TIMING")));
}

#[test]
fn brin_is_told_from_a_bitmap_without_memory() {
    for (case, first) in [
        ("brin-is-always-lossy", "coarse_brin"),
        ("cte-recursive", "discarded_recursion"),
        ("hash-spill-is-not-the-time", "multiplied_rows"),
        ("disabled-by-not-in", "unhashed_subplan"),
        ("misestimate-function", "row_misestimate"),
        ("builtin-called-own", "filtered_seq_scan"),
    ] {
        assert_eq!(rules(&crate::judged(case)).first(), Some(&first), "{case}");
    }
    let found = crate::judged("brin-is-always-lossy");
    assert_eq!(rules(&found), ["coarse_brin"]);
    assert!(said(&found, "coarse_brin").contains("pages_per_range"));
    assert!(!said(&found, "coarse_brin").contains("work_mem"));
}

#[test]
fn a_costly_function_of_postgresql_is_named() {
    for major in MAJORS {
        let text = said(&recorded(major, "own_function"), "row_by_row_function");
        assert!(text.contains("calls to_tsvector() about 20,000 times"), "{text}");
        assert!(text.contains("a generated column"), "{text}");
    }
}
