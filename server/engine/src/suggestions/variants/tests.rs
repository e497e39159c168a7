//! Which form of an index a table and its statements ask for.

use plan::catalog::{Column, ColumnType};

use super::super::example::{self, AFTER};
use super::*;

/// A table of 128 MiB with 1,280,000 rows, in the order of `a`.
fn relation() -> Relation {
    let column = |name: &str| Column {
        name: name.into(),
        correlation: Some(0.99),
        avg_width: Some(8.0),
        ..Column::default()
    };
    let column_type = |name: &str| ColumnType { name: name.into(), ..ColumnType::default() };
    Relation {
        name: "t".into(),
        size_bytes: Some(128.0 * RANGE_BYTES),
        reltuples: Some(1_280_000.0),
        all_visible: Some(1.0),
        columns: ["a", "b", "c"].map(column).to_vec(),
        types: Some(["a", "b", "c", "d"].map(column_type).to_vec()),
        ..Relation::default()
    }
}

fn writes(n_tup_upd: f64) -> TableWrites {
    TableWrites {
        schema: "public".into(),
        name: "t".into(),
        n_tup_ins: 1_280_000.0,
        n_tup_upd,
        n_tup_hot_upd: 0.0,
        n_tup_del: 0.0,
        counted_seconds: None,
        droppable: vec![],
        definitions: vec![],
    }
}

#[test]
fn brin_is_for_large_tables_that_grow_in_order() {
    let (_, proof) = example::proof(None);
    let wanted = &proof.wanted[0].wanted;
    let found = |relation: &Relation, updated| brin(wanted, relation, Some(&writes(updated)));
    let (index, words) = found(&relation(), 0.0).unwrap();
    assert_eq!(index.to_string(), "create index concurrently on t using brin (a);");
    assert!(words.contains("correlation 0.99") && words.contains("about 10"), "{words}");
    assert!(found(&relation(), 200_000.0).is_none(), "rows are updated");
    assert!(brin(wanted, &relation(), None).is_none(), "what is written is not known");
    let small = Relation { size_bytes: Some(4.0 * RANGE_BYTES), ..relation() };
    assert!(found(&small, 0.0).is_none());
    let mut mixed = relation();
    mixed.columns[0].correlation = Some(-0.5);
    assert!(found(&mixed, 0.0).is_none());
    mixed.columns[0].correlation = Some(-0.95);
    assert!(found(&mixed, 0.0).is_some(), "the other way round is an order too");
}

/// The proof of a statement that runs so often, whose plan with the index is this.
fn frequent(calls: f64, plan: &str) -> (Vec<Subject>, Proof) {
    let (mut subjects, proof) = example::proof(Some(plan));
    subjects[0].statement.calls = Some(calls);
    (subjects, proof)
}

#[test]
fn few_narrow_columns_of_frequent_statements_are_included() {
    let verbose = AFTER.replace(" on t ", " on public.t ").replace("rows=3 ", "rows=50 ");
    let verbose = verbose.replace('\n', "\n  Output: b, c\n");
    let include = |calls, relation: &Relation, updated: &[(&str, &str)]| {
        let (mut subjects, proof) = frequent(calls, &verbose);
        subjects[0].updated =
            updated.iter().map(|(table, name)| (table.to_string(), name.to_string())).collect();
        let found = covering(&subjects, &proof, &proof.wanted[0], &[0], relation);
        found.map(|index| index.include)
    };
    let both = Some(vec!["b".to_owned(), "c".to_owned()]);
    assert_eq!(include(1_000.0, &relation(), &[]), both);
    assert_eq!(include(5.0, &relation(), &[]), None, "it runs seldom");
    let few = verbose.replace("rows=50 ", "rows=5 ");
    let (subjects, proof) = frequent(1_000.0, &few);
    assert_eq!(covering(&subjects, &proof, &proof.wanted[0], &[0], &relation()), None);
    assert_eq!(include(1_000.0, &relation(), &[("t", "c")]), None, "c is updated");
    let dirty = Relation { all_visible: Some(0.2), ..relation() };
    assert_eq!(include(1_000.0, &dirty, &[]), None, "VACUUM is behind");
    let mut wide = relation();
    wide.columns[2].avg_width = Some(200.0);
    assert_eq!(include(1_000.0, &wide, &[]), None, "c is wide");
}

#[test]
fn brin_needs_as_many_rows_as_a_range_holds() {
    let many = AFTER.replace("rows=3 ", "rows=20000 ");
    for (plan, expected) in [(AFTER, false), (many.as_str(), true)] {
        let (subjects, proof) = frequent(1.0, plan);
        let found = reads_many(&subjects, &proof, &proof.wanted[0], &[0], &relation());
        assert_eq!(found, expected, "{plan}");
    }
}

#[test]
fn brin_is_taken_where_the_plan_that_runs_reads_it() {
    let (subjects, proof) = frequent(1.0, AFTER);
    let after = |text: &str| After { generic: Look::read(text).ok(), custom: None };
    let tried = &proof.wanted[0];
    assert!(takes_brin(&subjects, tried, 0, &after(AFTER)));
    let dear = AFTER.replace("8.00", "190.00");
    assert!(!takes_brin(&subjects, tried, 0, &after(&dear)), "nearly as dear as without");
    assert!(!takes_brin(&subjects, tried, 0, &after(example::BEFORE)), "it is not read");
}
