//! Findings on plans with the catalog data recorded along with them.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use plan::Catalog;
use plan::rules::{Judged, Limits, judge, judge_with};

fn recorded(name: &str) -> (Vec<Judged>, Vec<Judged>) {
    let read = |ext: &str| {
        std::fs::read_to_string(common::root().join(format!("catalog/{name}.{ext}"))).unwrap()
    };
    let catalog: Catalog = serde_json::from_str(&read("catalog")).unwrap();
    let (plan, derived) = common::one(&read("txt"));
    let alone = judge(&plan, &derived, &Limits::new()).0;
    (alone, judge_with(&plan, &derived, &Limits::new(), Some(&catalog)).0)
}

/// The finding of a rule, alone and with the catalog.
#[track_caller]
fn of(name: &str, rule: &str) -> (Judged, Judged) {
    let (alone, joined) = recorded(name);
    let find = |all: &[Judged]| all.iter().find(|one| one.finding.rule == rule).cloned();
    (find(&alone).unwrap(), find(&joined).unwrap())
}

#[test]
fn an_index_is_proposed_where_there_is_none() {
    let (alone, joined) = of("no_index", "plan/filtered_seq_scan");
    let sql = joined.finding.remedy.sql.as_deref();
    assert_eq!(sql, Some("create index concurrently on public.orders (status);"));
    assert_eq!(alone.finding.remedy.sql.as_deref(), sql);
    let size = joined.finding.evidence.iter().find(|one| one.name == "table size").unwrap();
    assert!(size.value > 10_000_000.0);
}

#[test]
fn an_index_that_fits_is_named_with_the_reason_it_was_not_used() {
    let (alone, joined) = of("invalid_index", "plan/filtered_seq_scan");
    assert!(alone.finding.remedy.sql.unwrap().starts_with("create index"));
    assert!(
        joined.finding.message.contains("The existing index orders_status fits, but it is invalid"),
        "{}",
        joined.finding.message
    );
    assert_eq!(
        joined.finding.remedy.sql.as_deref(),
        Some("reindex index concurrently orders_status;")
    );
    let (_, joined) = of("partial_index", "plan/filtered_seq_scan");
    assert!(
        joined.finding.message.contains("orders_status_done fits, but it is partial, on (id > 5)"),
        "{}",
        joined.finding.message
    );
    assert_eq!(joined.finding.remedy.sql, None);
    let (_, joined) = of("random_rows", "plan/filtered_seq_scan");
    assert!(
        joined.finding.message.contains("its rows are scattered over the table (correlation "),
        "{}",
        joined.finding.message
    );
}

#[test]
fn random_page_cost_is_judged_only_where_an_index_exists() {
    let rule = |all: &[Judged]| all.iter().any(|one| one.finding.rule == "plan/random_page_cost");
    // Neither plan prints SETTINGS: what is in force is known from the catalog alone.
    let (alone, joined) = recorded("random_rows");
    assert!(!rule(&alone) && rule(&joined));
    let (alone, joined) = recorded("no_index");
    assert!(!rule(&alone) && !rule(&joined));
}

#[test]
fn old_statistics_are_told_from_columns_that_depend_on_each_other() {
    let (alone, joined) = of("correlated", "plan/row_misestimate");
    assert_eq!(alone.finding.remedy.sql.as_deref(), Some("analyze public.pairs;"));
    assert!(
        joined.finding.message.contains("fresh: a, b depend on each other"),
        "{}",
        joined.finding.message
    );
    assert_eq!(
        joined.finding.remedy.sql.as_deref(),
        Some("create statistics pairs_a_b on a, b from public.pairs; analyze public.pairs;")
    );
    // The planner took 10,455 rows: below the factor of 10, it would not be a finding.
    let (plan, derived) =
        common::one(&std::fs::read_to_string(common::root().join("catalog/stale.txt")).unwrap());
    let limits =
        Limits::from([(("plan/row_misestimate".to_owned(), "min_factor".to_owned()), 5.0)]);
    let catalog: Catalog = serde_json::from_str(
        &std::fs::read_to_string(common::root().join("catalog/stale.catalog")).unwrap(),
    )
    .unwrap();
    let (found, _) = judge_with(&plan, &derived, &limits, Some(&catalog));
    let stale = found.iter().find(|one| one.finding.rule == "plan/row_misestimate").unwrap();
    assert!(
        stale
            .finding
            .message
            .contains("95,000 rows of public.pairs have changed since its last ANALYZE"),
        "{}",
        stale.finding.message
    );
}

#[test]
fn spills_name_the_work_mem_of_the_server() {
    let (_, joined) = of("spill", "plan/sort_spill");
    assert!(
        joined.finding.message.ends_with("work_mem on the server is 4MB."),
        "{}",
        joined.finding.message
    );
}

#[test]
fn a_catalog_that_knows_nothing_changes_nothing() {
    for (name, plan) in common::fixtures().into_iter().step_by(3) {
        let derived = plan::derive(&plan);
        let (alone, _) = judge(&plan, &derived, &Limits::new());
        let (joined, _) = judge_with(&plan, &derived, &Limits::new(), Some(&Catalog::default()));
        assert_eq!(alone, joined, "{name}");
    }
}
