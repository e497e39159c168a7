//! Advice: what is offered, and what is left alone.

use model::Severity;

use crate::{judged, offered, rules};

#[test]
fn an_index_is_offered_on_the_columns_that_find_the_rows() {
    for (case, index) in [
        ("nl-outer-column", "author_article (author_id, article_id)"),
        ("rls-function-of-no-column", "notes (user_id)"),
        ("like-behind-and", "people using gin (display_name gin_trgm_ops)"),
        ("limit-any-then-order", "orders (tenant_id, created_at desc)"),
        ("partial-index-on-a-value", "users (tenant_id, email)"),
        ("soft-delete-index", "t (tenant_id) where (deleted_at is null)"),
        ("random-page-cost-unprinted", "orders (customer_id)"),
    ] {
        let expected = format!("create index concurrently on {index};");
        assert_eq!(offered(case).first(), Some(&expected), "{case}: {:?}", offered(case));
    }
}

#[test]
fn nothing_is_offered_where_it_is_not_known_to_help() {
    for case in [
        "not-like",
        "limit-walks-order",
        "limit-sort-of-few",
        "work-mem-sort-28gb",
        "brin-is-always-lossy",
        "disabled-by-not-in",
        "index-on-a-catalog",
        "partitions-60-findings",
        "cte-recursive",
        "misestimate-empty-hash",
        "misestimate-function",
        "builtin-called-own",
        "trigger-percent-without-total",
    ] {
        assert_eq!(offered(case), [] as [String; 0], "{case}");
    }
}

#[test]
fn one_index_is_offered_for_the_same_time() {
    assert_eq!(offered("limit-any-then-order").len(), 1);
    let words = |case: &str| judged(case).remove(0).finding.remedy.message;
    assert!(words("index-on-a-catalog").contains("a table of PostgreSQL's own"));
    assert!(words("builtin-called-own").contains("A GIN index on name_vector"));
}

#[test]
fn statements_are_for_tables_that_the_plan_names() {
    let paste = "\
Custom Scan (Citus Adaptive)  (cost=0.00..0.00 rows=0 width=0) (actual time=900.000..901.000 rows=9 loops=1)
  Task Count: 32
  Tasks Shown: One of 32
  ->  Task
        Node: host=w1 port=5432 dbname=app
        ->  Seq Scan on events_102041 events  (cost=0.00..9.00 rows=9 width=8) (actual time=0.100..800.000 rows=9 loops=1)
              Filter: (kind = 3)
              Rows Removed by Filter: 900000
Execution Time: 902.000 ms
";
    let plan = &plan::parse(paste).unwrap().plans[0];
    let (found, _) = plan::rules::judge(plan, &plan::derive(plan), &plan::rules::Limits::new());
    assert_eq!(found[0].finding.rule, "plan/filtered_seq_scan");
    assert!(found.iter().all(|one| one.finding.remedy.sql.is_none()), "{found:?}");
}

#[test]
fn what_is_no_fault_is_no_finding() {
    for (case, rule) in [
        ("not-like", "plan/leading_wildcard"),
        ("brin-is-always-lossy", "plan/lossy_bitmap"),
        ("disabled-by-not-in", "plan/disabled_node"),
        ("cte-recursive", "plan/cte_fence"),
        ("cte-recursive", "plan/nested_loop_over_many_rows"),
        ("misestimate-empty-hash", "plan/row_misestimate"),
        ("builtin-called-own", "plan/row_by_row_function"),
        ("random-page-cost-unprinted", "plan/random_page_cost"),
    ] {
        assert!(!rules(case).iter().any(|own| own == rule), "{case}: {rule}");
    }
}

#[test]
fn a_function_that_takes_nothing_from_the_row_is_computed_once() {
    let found = judged("rls-function-of-no-column");
    let one = found.iter().find(|one| one.finding.rule == "plan/row_by_row_function").unwrap();
    assert!(
        one.finding.remedy.message.contains("(select uid())"),
        "{}",
        one.finding.remedy.message
    );
}

#[test]
fn a_rule_speaks_once_for_all_partitions() {
    let found = judged("partitions-60-findings");
    let scans: Vec<_> =
        found.iter().filter(|one| one.finding.rule == "plan/filtered_seq_scan").collect();
    assert_eq!(scans.len(), 1);
    assert!(scans[0].finding.message.ends_with("The same holds for 59 more below the Append."));
    assert!(scans[0].saves_ms.unwrap() > 5_000.0);
}

#[test]
fn what_is_at_stake_is_what_the_part_takes() {
    for (case, rule) in [
        ("limit-sort-of-few", "plan/unsorted_limit"),
        ("hash-spill-is-not-the-time", "plan/hash_spill"),
    ] {
        let found = judged(case);
        let one = found.iter().find(|one| one.finding.rule == rule).unwrap();
        assert_eq!(one.finding.severity, Severity::Info, "{case}: {:?}", one.saves_ms);
    }
    for one in judged("trigger-percent-without-total") {
        assert!(one.finding.message.contains("99 % of the execution"), "{}", one.finding.message);
    }
}

#[test]
fn an_index_walked_for_its_order_is_named_so() {
    let message = &judged("limit-walks-order")[0].finding.message;
    assert!(
        message.contains(
            "read its index from one end for the order: 11,056,013 rows did not pass the filter"
        ),
        "{message}"
    );
    assert!(
        message.contains("hoped that the first of 918 expected rows would come early"),
        "{message}"
    );
}
