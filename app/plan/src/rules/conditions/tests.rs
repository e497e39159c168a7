//! What conditions ask, as EXPLAIN prints them.

use super::*;

fn asked(text: &str) -> Conditions {
    let node = Node { relation: Some("orders".into()), alias: Some("o".into()), ..Node::default() };
    conditions(&node, None, [text])
}

fn of_column(name: &str, asks: Asks) -> Test {
    Test { key: Key::Column(name.into()), asks }
}

#[test]
fn own_columns_are_those_without_another_relation_before_them() {
    let found = asked("((article_id > 100) AND (authors.id = author_id))");
    let expected = vec![of_column("article_id", Asks::Range), of_column("author_id", Asks::Equal)];
    assert_eq!(found, Conditions { tests: expected, complete: true });
    assert_eq!(asked("(o.a = o.b)"), Conditions::default());
    assert_eq!(asked("(auth.uid() = o.user_id)").tests, [of_column("user_id", Asks::Equal)]);
}

#[test]
fn what_no_index_serves_makes_it_incomplete() {
    for text in [
        "(a <> 1)",
        "(a = '(1,2),(3,4)'::box)",
        "(a = random())",
        "(a = (SubPlan 1))",
        "((a = 1) OR (b = 2))",
        "(a !~~ '%x'::text)",
        "(a = ",
        "(t.* = 1)",
    ] {
        assert_eq!(asked(text), Conditions::default(), "{text}");
    }
    assert!(asked("(a = (InitPlan 1).col1)").complete);
}

#[test]
fn constants_of_the_design_are_sql_without_the_alias() {
    let found = asked("((o.deleted_at IS NULL) AND (NOT o.hidden) AND o.paid)");
    let always: Vec<_> = found.tests.iter().map(|test| &test.asks).collect();
    let sql = |sql: &str| Asks::Always(sql.into());
    assert_eq!(always, [&sql("(deleted_at is null)"), &sql("(not hidden)"), &sql("paid")]);
}

#[test]
fn expressions_and_patterns_keep_their_text() {
    let found = asked("((lower((name)::text) = 'x'::text) AND ((mail)::text ~~* '%it''s%'::text))");
    let key = Key::Expression { sql: "lower((name)::text)".into(), immutable: true };
    let pattern = Some("%it's%".into());
    let mail = of_column("mail", Asks::Like { pattern, any_case: true, is_regex: false });
    assert_eq!(found.tests, [Test { key, asks: Asks::Equal }, mail]);
}

#[test]
fn one_of_several_values_of_one_column_is_a_list() {
    assert_eq!(asked("((a = 1) OR (a = 2))").tests, [of_column("a", Asks::AnyOf)]);
    assert_eq!(asked("((a = 1) OR (a > 2))"), Conditions::default());
}

#[test]
fn a_cast_that_may_be_real_is_not_known() {
    assert_eq!(asked("((id)::text = '17'::text)"), Conditions::default());
    let searched = asked("((id)::text ~~ '%17%'::text)").tests;
    let key = Key::Expression { sql: "(id)::text".into(), immutable: false };
    assert!(searched.iter().all(|test| test.key == key) && searched.len() == 1);
    assert_eq!(asked("((state)::text = 'open'::text)").tests, [of_column("state", Asks::Equal)]);
}

#[test]
fn types_of_the_catalog_decide() {
    let column = |name: &str, data_type: &str, sortable| ColumnType {
        name: name.into(),
        data_type: data_type.into(),
        sortable,
        ..ColumnType::default()
    };
    let types = vec![
        column("id", "integer", true),
        column("mail", "character varying", true),
        column("area", "box", false),
        column("at", "timestamp with time zone", true),
    ];
    let relation = Relation { types: Some(types), ..Relation::default() };
    let asked = |text: &str| conditions(&Node::default(), Some(&relation), [text]).tests;
    let key = Key::Expression { sql: "(id)::text".into(), immutable: true };
    assert_eq!(asked("((id)::text = '17'::text)"), [Test { key, asks: Asks::Equal }]);
    assert_eq!(asked("((mail)::text = '17'::text)"), [of_column("mail", Asks::Equal)]);
    assert_eq!(asked("(area = $1)"), []);
    assert_eq!(asked("(nobody = 1)"), []);
    assert_eq!(asked("(ctid = '(0,1)'::tid)"), []);
    let key = Key::Expression { sql: "(at)::text".into(), immutable: false };
    assert_eq!(asked("((at)::text = '17'::text)"), [Test { key, asks: Asks::Equal }]);
}
