//! Round trip: a plan that is serialized and parsed again is the same tree.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::collections::BTreeSet;

use plan::{Format, Node, Plan, Prop};

/// What PostgreSQL leaves out of TEXT, and so cannot survive it.
fn left_out(prop: &Prop) -> bool {
    let text = prop.value.text();
    let defaults = [
        ("Partial Mode", "Simple"),
        ("Scan Direction", "Forward"),
        ("Scan Direction", "NoMovement"),
        ("Operation", "Select"),
    ];
    ["0", "0.0", "0.00", "0.000", "false", ""].contains(&text.as_ref())
        || defaults.contains(&(prop.key.as_ref(), text.as_ref()))
        || prop.key.contains("Grouping Sets")
        || ["Group Key", "Hash Key"].contains(&prop.key.as_ref())
        // XML does not say whether it is memory or disk.
        || prop.key.contains("/Sort Space/")
        // JSON repeats what the buckets were when they did not change.
        || prop.key.starts_with("Original Hash")
}

fn props(props: &[Prop], in_text: bool) -> BTreeSet<(String, String)> {
    let kept = props.iter().filter(|prop| !in_text || !left_out(prop));
    kept.map(|prop| (prop.key.to_string(), prop.value.text().into_owned())).collect()
}

/// All of a node but its lines; in TEXT without what that leaves out.
fn essence(node: &Node, in_text: bool) -> String {
    let executed = node.actual.filter(|_| !(in_text && node.never_executed()));
    let relationship = node.relationship.as_ref().filter(|_| !in_text);
    let workers: Vec<_> = node
        .workers
        .iter()
        .map(|worker| (worker.number, worker.actual, props(&worker.props, in_text)))
        .collect();
    format!(
        "{:?} {} {:?} {relationship:?} {:?} {:?} {:?} {:?} {:?} {:?} {executed:?} {} {workers:?} {:?}",
        node.parent,
        node.depth,
        node.kind,
        node.subplan,
        node.schema,
        node.relation,
        node.alias,
        node.index,
        node.cost,
        node.never_executed(),
        props(&node.props, in_text)
    )
}

#[track_caller]
fn same(name: &str, plan: &Plan, written: &str, format: Format) {
    let parsed = plan::parse(written).unwrap();
    assert_eq!(parsed.not_understood, [], "{name}\n{written}");
    let again = &parsed.plans[0];
    let in_text = format == Format::Text;
    assert_eq!(
        (again.format, again.nodes.len(), &again.broken),
        (format, plan.nodes.len(), &None),
        "{name}\n{written}"
    );
    for (a, b) in plan.nodes.iter().zip(&again.nodes) {
        assert_eq!(essence(a, in_text), essence(b, in_text), "{name}\n{written}");
    }
    assert_eq!(props(&plan.props, in_text), props(&again.props, in_text), "{name}\n{written}");
    let triggers = |plan: &Plan| {
        plan.triggers.iter().map(|one| props(&one.props, in_text)).collect::<Vec<_>>()
    };
    assert_eq!(triggers(plan), triggers(again), "{name}");
    if !in_text {
        assert_eq!(plan.query, again.query);
    }
}

#[test]
fn every_fixture_survives_json_and_text() {
    for (name, plan) in common::fixtures() {
        same(&name, &plan, &plan::write::json(&plan), Format::Json);
        same(&name, &plan, &plan::write::text(&plan), Format::Text);
    }
}

#[test]
fn what_is_written_is_json_to_others_too() {
    for (name, plan) in common::fixtures().into_iter().step_by(5) {
        let value: serde_json::Value = serde_json::from_str(&plan::write::json(&plan)).unwrap();
        assert_eq!(value[0]["Plan"]["Node Type"], plan.nodes[0].kind.as_str(), "{name}");
    }
}

#[test]
fn derived_figures_survive_too() {
    for (name, plan) in common::fixtures().into_iter().step_by(3) {
        for written in [plan::write::json(&plan), plan::write::text(&plan)] {
            let (_, again) = common::one(&written);
            let derived = plan::derive(&plan);
            for (a, b) in derived.nodes.iter().zip(&again.nodes) {
                assert_eq!(
                    (a.self_ms, a.rows, a.self_cost),
                    (b.self_ms, b.rows, b.self_cost),
                    "{name}"
                );
            }
        }
    }
}
