//! Absurd numbers: no rule, no metric and nothing that pages compute from locks panics on whatever a
//! server may answer.
#![expect(clippy::expect_used, clippy::panic, reason = "a test says what it expects by panicking")]

use std::collections::BTreeSet;
use std::path::Path;

use engine::area::Area;
use engine::areas;
use engine::areas::activity::ActivityArea;
use engine::areas::indexes::IndexesArea;
use engine::areas::io::IoArea;
use engine::areas::locks::LocksArea;
use engine::areas::locks::history::History;
use engine::areas::overview::OverviewArea;
use engine::areas::replication::ReplicationArea;
use engine::areas::statements::StatementsArea;
use engine::areas::tables::TablesArea;
use engine::areas::vacuum::VacuumArea;
use engine::metrics::Metrics;
use model::locks::Locks;
use model::server::Headline;
use serde_json::Value;

const EXTREMES: [i64; 6] = [i64::MAX, i64::MIN, i32::MAX as i64, i32::MIN as i64, -1, 0];

/// The names of all fields that are whole numbers.
fn numbers(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if value.is_i64() {
                    names.insert(name.clone());
                }
                numbers(value, names);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| numbers(item, names)),
        _ => {}
    }
}

/// Keeps the beginning of every list: what holds for eight sessions holds for eighty.
fn shorten(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(shorten),
        Value::Array(items) => {
            items.truncate(8);
            items.iter_mut().for_each(shorten);
        }
        _ => {}
    }
}

/// Sets every field of that name that is a number, or every number.
fn set(value: &mut Value, name: Option<&str>, to: i64) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                if value.is_i64() && name.is_none_or(|name| name == field) {
                    *value = to.into();
                }
                set(value, name, to);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| set(item, name, to)),
        _ => {}
    }
}

fn looked_at(rule: &str, evidence: &Value) {
    let text = evidence.to_string();
    // Evidence that no longer decodes is fine: that is a reason, and no panic.
    let _ = areas::judge_json(rule, &text).expect("a rule of that id");
    match rule.split('/').next().unwrap_or_default() {
        "locks" => {
            graph(&text);
            metrics::<LocksArea>(&text);
        }
        "activity" => metrics::<ActivityArea>(&text),
        "overview" => metrics::<OverviewArea>(&text),
        "replication" => metrics::<ReplicationArea>(&text),
        "vacuum" => metrics::<VacuumArea>(&text),
        "statements" => metrics::<StatementsArea>(&text),
        "tables" => metrics::<TablesArea>(&text),
        "indexes" => metrics::<IndexesArea>(&text),
        "io" => metrics::<IoArea>(&text),
        area => panic!("name the area {area} here"),
    }
}

/// What pages compute from locks.
fn graph(text: &str) {
    if let Ok(locks) = serde_json::from_str::<Locks>(text) {
        let _ = locks.counters.as_ref().map(|counters| counters.conflicts());
        if let Ok(graph) = &locks.graph {
            let blocking = graph.blocking();
            for node in 0..graph.nodes.len() as u32 {
                let _ = (blocking.why(node), blocking.ending(&[node]), blocking.held_up_by(node));
            }
        }
        let mut history = History::default();
        LocksArea::record(&mut history, 1_000, &locks);
        let _ = (history.at(1_000), history.summary());
    }
}

/// What an area says in `/metrics` and on the fleet page.
fn metrics<A: Area>(text: &str) {
    if let Ok(value) = serde_json::from_str::<A::Value>(text) {
        A::metrics(&value, "one", &mut Metrics::default());
        A::headline(&value, &mut Headline::default());
        let _ = A::without_query_text(&value);
    }
}

#[test]
fn no_number_is_absurd_enough_for_a_panic() {
    for (rule, _) in areas::abouts() {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(rule).join("fires.json");
        // Which ones are missing is said by fixtures.rs.
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        let fixture: Value = serde_json::from_str(&text).expect("JSON");
        let mut evidence = fixture.get("evidence").expect("evidence").clone();
        shorten(&mut evidence);
        let mut names = BTreeSet::new();
        numbers(&evidence, &mut names);
        let each = names.iter().map(|name| Some(name.as_str())).chain([None]);
        for (name, to) in each.flat_map(|name| EXTREMES.map(|to| (name, to))) {
            let mut absurd = evidence.clone();
            set(&mut absurd, name, to);
            looked_at(rule, &absurd);
        }
    }
}
