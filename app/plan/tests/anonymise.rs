//! Anonymised plans hold nothing of the schema, the query or its literals, and all figures.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::collections::BTreeSet;

use plan::{Plan, Value, anonymise};

/// Everything in a plan that is text, in both formats.
fn printed(plan: &Plan) -> String {
    format!(
        "{}\n{}\n{}",
        plan::write::text(plan),
        plan::write::json(plan),
        plan.query.clone().unwrap_or_default()
    )
}

/// The words of a text, quoted names whole.
fn words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).map(str::to_owned).collect()
}

/// Names and literals of the fixtures' schemas that are no words of PostgreSQL's own.
const SECRETS: &[&str] = &[
    "customers",
    "customer_id",
    "orders",
    "orders_customer",
    "orders_created",
    "orders_customer_id_idx",
    "orders_customer_id_status_idx",
    "amount",
    "created",
    "country",
    "events",
    "events_2024",
    "events_2025",
    "events_2026",
    "Odd",
    "weird",
    "slow_one",
    "audit",
    "parts_0",
    "parts_1",
    "items_order_id_idx",
    "customers_pkey",
    "orders_pkey",
    "items",
    "pairs",
    "zip",
    "city",
    "abcdef",
    "done",
    "open",
    "items_order",
    "orders_status",
    "shop",
];

#[test]
fn no_name_or_literal_of_the_fixtures_remains() {
    let mut checked = 0;
    for (name, plan) in common::fixtures() {
        let left = words(&printed(&anonymise(&plan)));
        for secret in SECRETS {
            assert!(
                !left.contains(*secret),
                "{name}: {secret} is left in\n{}",
                printed(&anonymise(&plan))
            );
        }
        // And all that the plan itself says is a name.
        for node in &plan.nodes {
            for own in [&node.relation, &node.index, &node.alias].into_iter().flatten() {
                // One letter may be the replacement of something else.
                let own_name = own.len() < 3
                    || own.starts_with("*VALUES*")
                    || own.starts_with("*SELECT*")
                    || own == "generate_series";
                assert!(own_name || !left.contains(own), "{name}: {own} is left");
                checked += 1;
            }
        }
    }
    assert!(checked > 3_000, "only {checked} names");
}

#[test]
fn canaries_planted_in_every_text_of_every_fixture_are_gone() {
    for (name, mut plan) in common::fixtures() {
        let plant = |text: &mut String| {
            text.push_str(" AND (canary_column = 'canary literal'::canary_type) AND canary_function(\"Canary Quoted\", 4242424242) /* canary comment */ -- canary");
        };
        for node in &mut plan.nodes {
            for own in [&mut node.schema, &mut node.relation, &mut node.alias, &mut node.index]
                .into_iter()
                .flatten()
            {
                own.push_str("_canary");
            }
            for prop in &mut node.props {
                let expression = [
                    "Filter",
                    "Cond",
                    "Output",
                    "Sort Key",
                    "Group Key",
                    "Function Call",
                    "Cache Key",
                    "One-Time Filter",
                    "Presorted Key",
                ]
                .iter()
                .any(|key| prop.key.contains(key));
                match &mut prop.value {
                    Value::One(text) if expression => plant(text),
                    Value::List(items) if expression => items.iter_mut().for_each(plant),
                    _ => {}
                }
            }
        }
        plan.query = Some("select canary_function(canary_column), 'canary', $$canary$$, 4242424242 from \"Canary\".canary_table as canary_alias -- canary\n /* canary */ where x = E'can\\'ary'".into());
        plan.props.push(plan::Prop {
            key: "Settings/search_path".into(),
            value: Value::One("canary, public".into()),
            line: 0,
        });
        plan.props.push(plan::Prop {
            key: "Settings/canary.user".into(),
            value: Value::One("canary".into()),
            line: 0,
        });
        let left = printed(&anonymise(&plan)).to_lowercase();
        assert!(!left.contains("canary") && !left.contains("4242424242"), "{name}:\n{left}");
    }
}

#[test]
fn figures_stay_and_one_name_is_one_word() {
    for (name, plan) in common::fixtures() {
        let hidden = anonymise(&plan);
        let (a, b) = (plan::derive(&plan), plan::derive(&hidden));
        assert_eq!(a.nodes_ms, b.nodes_ms, "{name}");
        for (a, b) in a.nodes.iter().zip(&b.nodes) {
            assert_eq!(a, b, "{name}");
        }
        let mut pairs: BTreeSet<(&str, &str)> = BTreeSet::new();
        for (a, b) in plan.nodes.iter().zip(&hidden.nodes) {
            assert_eq!(a.kind, b.kind);
            for (a, b) in [(&a.relation, &b.relation), (&a.alias, &b.alias), (&a.index, &b.index)] {
                pairs.extend(a.as_deref().zip(b.as_deref()));
            }
        }
        let (from, to): (BTreeSet<_>, BTreeSet<_>) = pairs.iter().copied().unzip();
        assert_eq!((from.len(), to.len()), (pairs.len(), pairs.len()), "{name}: {pairs:?}");
    }
}

#[test]
fn expressions_keep_their_sense() {
    let (plan, _) = common::one(
        "Seq Scan on public.orders o  (cost=0.00..1.00 rows=1 width=4)\n  Output: o.id, lower((o.note)::text), my_function(o.id), count(*)\n  Filter: ((o.created >= '2025-01-01 00:00:00+00'::timestamp with time zone) AND ((o.status)::character varying(10) = 'open'::text) AND (o.amount > 5.5) AND (o.note IS NOT NULL) AND (o.id = $1) AND (hashed SubPlan 1))\n",
    );
    let hidden = anonymise(&plan);
    let node = &hidden.nodes[0];
    assert_eq!(
        (node.relation.as_deref(), node.alias.as_deref(), node.schema.as_deref()),
        (Some("t1"), Some("a1"), Some("public"))
    );
    assert_eq!(node.get("Output").unwrap(), "a1.c1, lower((a1.c2)::text), f1(a1.c1), count(*)");
    assert_eq!(
        node.get("Filter").unwrap(),
        "((a1.c3 >= 'l1'::timestamp with time zone) AND ((a1.c4)::character varying(1) = 'l2'::text) AND (a1.c5 > 2) AND (a1.c2 IS NOT NULL) AND (a1.c1 = $1) AND (hashed SubPlan 1))"
    );
}
