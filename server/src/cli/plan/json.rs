//! `pgdeck plan --json`: everything that the page knows of a plan, one line for each plan.

use app::{PlanAnalysis, plan_verdict};
use plan::derive::{COUNTERS, Counters};
use plan::rules::{Judged, RULES};
use plan::{Node, Parsed, Prop, Trigger, Worker};
use serde_json::{Map, Value, json};

use crate::cli::terminal::is_hidden;

/// The line; stable for scripts: keys are added, never renamed.
pub fn json(parsed: &Parsed, analysis: &PlanAnalysis) -> String {
    escaped(&value(parsed, analysis).to_string())
}

fn value(parsed: &Parsed, analysis: &PlanAnalysis) -> Value {
    let (plan, derived) = (&analysis.plan, &analysis.derived);
    json!({
        "format": plan.format.as_str(),
        "line": plan.line,
        "query": plan.query,
        "headline": plan_verdict(analysis).0,
        "broken": plan.broken,
        "not_understood": parsed.not_understood,
        "notices": parsed.notices,
        "nodes": (0..plan.nodes.len()).map(|at| node(analysis, at)).collect::<Vec<_>>(),
        "execution_ms": plan.execution_ms(),
        "planning_ms": plan.planning_ms(),
        "nodes_ms": derived.nodes_ms,
        "outside_ms": derived.outside_ms,
        "triggers_ms": derived.triggers_ms,
        "jit_ms": derived.jit_ms,
        "serialization_ms": derived.serialization_ms,
        "unaccounted_ms": derived.unaccounted_ms,
        "triggers": plan.triggers.iter().map(trigger).collect::<Vec<_>>(),
        "properties": properties(&plan.props),
        "findings": analysis.findings.iter().map(|one| finding(analysis, one)).collect::<Vec<_>>(),
        "not_checked": analysis.not_checked.iter().map(|(rule, missing)| json!({
            "rule": rule,
            "option": missing.option,
            "reason": missing.message(),
        })).collect::<Vec<_>>(),
    })
}

fn node(analysis: &PlanAnalysis, at: usize) -> Value {
    let Some((node, of)) = analysis.node(at) else { return Value::Null };
    let mut all = figures(node);
    for (key, value) in [
        ("id", json!(at)),
        ("parent", json!(node.parent)),
        ("type", json!(node.kind)),
        ("title", json!(node.title())),
        ("relationship", json!(node.relationship)),
        ("subplan", json!(node.subplan)),
        ("schema", json!(node.schema)),
        ("relation", json!(node.relation)),
        ("alias", json!(node.alias)),
        ("index", json!(node.index)),
        ("lines", json!(node.lines)),
        ("self_ms", json!(of.self_ms)),
        ("self_range", json!(of.self_range)),
        ("total_ms", json!(of.total_ms)),
        ("work_ms", json!(of.work_ms)),
        ("share", json!(of.share)),
        ("rows", json!(of.rows)),
        ("rows_range", json!(of.rows_range)),
        ("removed_rows", json!(of.removed_rows)),
        ("estimate", json!(of.estimate)),
        ("self_cost", json!(of.self_cost)),
        ("processes", json!(of.processes)),
        ("parallel", json!(of.parallel)),
        ("never_executed", json!(of.never_executed)),
        ("cut_short", json!(of.cut_short)),
        ("own", json!(of.counters.as_ref().map(counters))),
        ("paid_by", json!(of.payers)),
        ("workers", json!(node.workers.iter().map(worker).collect::<Vec<_>>())),
        ("properties", properties(&node.props)),
    ] {
        all.insert(key.to_owned(), value);
    }
    Value::Object(all)
}

/// What is printed of a node in the first line.
fn figures(node: &Node) -> Map<String, Value> {
    let (cost, actual) = (node.cost.as_ref(), node.actual.as_ref());
    [
        ("plan_rows", cost.map(|cost| cost.rows)),
        ("startup_cost", cost.map(|cost| cost.startup)),
        ("total_cost", cost.map(|cost| cost.total)),
        ("width", cost.map(|cost| cost.width)),
        ("loops", actual.map(|actual| actual.loops)),
        ("rows_per_loop", actual.map(|actual| actual.rows)),
        ("startup_ms_per_loop", actual.and_then(|actual| actual.startup_ms)),
        ("total_ms_per_loop", actual.and_then(|actual| actual.total_ms)),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), json!(value)))
    .collect()
}

fn worker(worker: &Worker) -> Value {
    json!({
        "number": worker.number,
        "actual": worker.actual,
        "properties": properties(&worker.props),
    })
}

fn trigger(trigger: &Trigger) -> Value {
    properties(&trigger.props)
}

/// What the node itself did: blocks, WAL, and milliseconds of I/O.
fn counters(counters: &Counters) -> Value {
    let all = COUNTERS.iter().filter_map(|(counter, keys)| {
        let key = keys.first()?.to_lowercase().replace(['/', ' '], "_");
        Some((key, json!(counters.get(*counter))))
    });
    Value::Object(all.collect())
}

/// Everything else that is printed, under EXPLAIN's own keys.
fn properties(props: &[Prop]) -> Value {
    Value::Object(props.iter().map(|prop| (prop.key.to_string(), json!(prop.value))).collect())
}

fn finding(analysis: &PlanAnalysis, judged: &Judged) -> Value {
    let Judged { node, saves_ms, whole, within, finding, .. } = judged;
    let about = RULES.iter().find(|rule| rule.id == finding.rule).map(|rule| rule.about);
    let of_ms = analysis.whole_ms(*whole);
    let share = saves_ms.zip(of_ms).filter(|(_, of)| *of > 0.0).map(|(ms, of)| ms / of);
    json!({
        "rule": finding.rule,
        "title": about.map(|about| about.title),
        "effect": about.map(|about| about.effect),
        "docs": about.map(|about| about.docs),
        "severity": finding.severity,
        "node": node,
        "object": finding.object,
        "saves_ms": saves_ms,
        "of": whole,
        "of_ms": of_ms,
        "share": share,
        "within": within,
        "says": finding.message,
        "evidence": finding.evidence,
        "remedy": finding.remedy,
    })
}

/// JSON that is safe to print on a terminal: what would move its cursor is written as an escape.
pub fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if is_hidden(c) {
            text.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            text.push(c);
        }
    }
    text
}
