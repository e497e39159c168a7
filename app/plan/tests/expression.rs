//! The reader of expressions: what each form is, and everything that recorded plans hold.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use plan::expression::{Expression, Part, read};

/// A part in brackets of our own, which leave no doubt about what belongs to what.
fn shape(expression: &Expression, id: usize) -> String {
    let part = expression.part(id).unwrap();
    let of: Vec<String> = part.parts().iter().map(|id| shape(expression, *id)).collect();
    let head = match part {
        Part::Column { relation: Some(relation), name } => return format!("{relation}|{name}"),
        Part::Column { relation: None, name } => return name.clone(),
        Part::Constant(text) | Part::Parameter(text) => return text.clone(),
        Part::SubPlan { name, hashed } => {
            return format!("{name}{}", if *hashed { "#" } else { "" });
        }
        Part::Call { name, .. } => name.clone(),
        Part::Operator { name, .. } => name.clone(),
        Part::AnyAll { operator, all, .. } => {
            format!("{operator}{}", if *all { "all" } else { "any" })
        }
        Part::Test { what, .. } => what.clone(),
        Part::And(_) => "and".into(),
        Part::Or(_) => "or".into(),
        Part::Not(_) => "not".into(),
        Part::Cast { to, .. } => format!("::{to}"),
        Part::List { array, .. } => if *array { "array" } else { "row" }.into(),
        Part::Subscript { .. } => "[]".into(),
        Part::Field { name, .. } => format!(".{name}"),
        Part::Collate { name, .. } => format!("collate {name}"),
        Part::Case(_) => "case".into(),
    };
    format!("{head}{{{}}}", of.join(" "))
}

fn shaped(text: &str) -> String {
    let expression = read(text).unwrap_or_else(|| panic!("not read: {text}"));
    shape(&expression, expression.root())
}

#[test]
fn each_form_is_read() {
    for (text, expected) in [
        (
            "((o.created > '2025-01-01'::date) AND (o.status = 'open'::text))",
            "and{>{o|created ::date{'2025-01-01'}} ={o|status ::text{'open'}}}",
        ),
        ("(NOT deleted)", "not{deleted}"),
        ("((deleted_at IS NULL) AND (x IS NOT TRUE))", "and{NULL{deleted_at} NOT TRUE{x}}"),
        ("((email)::text !~~ '%@example.com'::text)", "!~~{::text{email} ::text{'%@example.com'}}"),
        ("(status = ANY ('{open,held}'::text[]))", "=any{status ::text[]{'{open,held}'}}"),
        ("(id <> ALL (ARRAY[1, $2, (3 + 4)]))", "<>all{id array{1 $2 +{3 4}}}"),
        (
            "(\"weird alias\".\"a b\" = 'it''s (here'::text)",
            "={weird alias|a b ::text{'it''s (here'}}",
        ),
        ("((a + (b * 2)) < (- c))", "<{+{a *{b 2}} -{c}}"),
        ("(a + b * 2 = c OR NOT d AND e)", "or{={+{a *{b 2}} c} and{not{d} e}}"),
        ("(lower((name)::text) = 'x'::text)", "={lower{::text{name}} ::text{'x'}}"),
        (
            "(public.my_check(t.*, now()) > CURRENT_DATE)",
            ">{public.my_check{t|* now{}} current_date{}}",
        ),
        (
            "(EXTRACT(year FROM created) = '2024'::numeric)",
            "={extract{year created} ::numeric{'2024'}}",
        ),
        (
            "((created AT TIME ZONE 'UTC'::text) >= '2024-01-01 00:00:00'::timestamp without time zone)",
            ">={at time zone{created ::text{'UTC'}} ::timestamp without time zone{'2024-01-01 00:00:00'}}",
        ),
        (
            "(at >= '2024-01-01 00:00:00+00'::timestamp(3) with time zone)",
            ">={at ::timestamp(3) with time zone{'2024-01-01 00:00:00+00'}}",
        ),
        (
            "((a IS DISTINCT FROM b) OR (c IS NOT DISTINCT FROM 1))",
            "or{is distinct from{a b} is not distinct from{c 1}}",
        ),
        ("(ROW(a, b) < ROW(1, 'x'::text))", "<{row{a b} row{1 ::text{'x'}}}"),
        ("((SubPlan 1) > 3)", ">{SubPlan 1 3}"),
        ("(NOT (hashed SubPlan 1))", "not{SubPlan 1#}"),
        ("(alternatives: SubPlan 1 or hashed SubPlan 2)", "SubPlan 1"),
        ("(NOT (ANY (b = (hashed SubPlan any_1).col1)))", "not{any{={b .col1{SubPlan any_1#}}}}"),
        (
            "((customers.id)::numeric < (InitPlan expr_2).col1)",
            "<{::numeric{customers|id} .col1{InitPlan expr_2}}",
        ),
        ("EXISTS(SubPlan exists_1)", "exists{SubPlan exists_1}"),
        (
            "(((CASE WHEN (z.a IS NULL) THEN g.b ELSE z.c END)::\"char\" = 'N'::\"char\") OR ok(246))",
            "or{={::\"char\"{case{NULL{z|a} g|b z|c}} ::\"char\"{'N'}} ok{246}}",
        ),
        ("((doc -> 'a'::text) ->> 'b'::text)", "->>{->{doc ::text{'a'}} ::text{'b'}}"),
        ("(tags[1] = (parts)[n + 1:2])", "={[]{tags 1} []{parts +{n 1} 2}}"),
        (
            "((price)::numeric(10,2) >= (a.row_value).amount)",
            ">={::numeric(10,2){price} .amount{a|row_value}}",
        ),
        ("((name COLLATE \"C\") >= 'a'::text)", ">={collate \"C\"{name} ::text{'a'}}"),
        ("(x OPERATOR(public.=) y)", "operator(public.=){x y}"),
        ("(substring(a FROM 1 FOR 3) = \"overlay\"(b, c))", "={substring{a 1 3} \"overlay\"{b c}}"),
        (
            "(make_interval(days => n) < (t)::double precision)",
            "<{make_interval{n} ::double precision{t}}",
        ),
        ("(a = '-1'::integer)", "={a ::integer{'-1'}}"),
        ("(COALESCE(a, NULL::text) = $1)", "={coalesce{a ::text{NULL}} $1}"),
    ] {
        assert_eq!(shaped(text), expected, "{text}");
    }
}

#[test]
fn what_is_cut_or_of_another_language_is_not_read() {
    for text in [
        "",
        "(a = ",
        "(a = 1",
        "a = 1)",
        "(a = 'x",
        "(a b)",
        "()",
        "(a = 1) (b = 2)",
        "a,b",
        "(select 1)",
        "a between 1 and 2",
        "f(a",
        "x::",
        "case when a",
        "(a = ]",
        "not",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn what_is_written_is_read_again() {
    for text in common::conditions() {
        let Some(first) = read(&text) else { continue };
        let Some(sql) = first.sql(first.root(), false) else { continue };
        let again = read(&sql).unwrap_or_else(|| panic!("not read: {sql}"));
        assert_eq!(shape(&again, again.root()), shape(&first, first.root()), "{text}\n{sql}");
    }
}

#[test]
fn every_condition_of_a_recorded_plan_is_read() {
    let all = common::conditions();
    assert!(all.len() > 90, "{}", all.len());
    let unread: Vec<&String> = all.iter().filter(|text| read(text).is_none()).collect();
    assert!(unread.is_empty(), "{unread:#?}");
}

#[test]
fn depth_and_length_are_no_matter() {
    let deep = format!("{}a{}", "(".repeat(100_000), ")".repeat(100_000));
    assert!(read(&deep).is_some());
    let long = format!("({})", vec!["(a = 1)"; 20_000].join(" OR "));
    let expression = read(&long).unwrap();
    assert_eq!(expression.disjuncts().len(), 20_000);
}

#[test]
fn a_literal_that_is_cut_is_not_read() {
    for text in ["(a = 'some", "a = 'it''", r"a = E'x\'", "a = \"b", "a = $q$ b", "'"] {
        assert!(read(text).is_none(), "{text}");
    }
    for text in ["(a = 'some')", "a = 'it'''", r"a = E'x\''", "a = \"b\"", "a = $q$ b$q$", "''"] {
        assert!(read(text).is_some(), "{text}");
    }
}
