//! `pgdeck plan`: prints an EXPLAIN plan as a tree with self times and findings, or as JSON; `plan diff`
//! compares two. Connects to no server.

pub mod diff;
pub mod style;
pub mod tree;

use std::io::Read as _;
use std::process::ExitCode;

use plan::rules::{Judged, Limits, judge};
use plan::{Derived, Node, Parsed, Plan};
use serde_json::{Value, json};

use super::error::Failure;
use super::terminal::plain;
use crate::cli;

/// Compares two plans, or prints every plan of the file or standard input.
pub fn plan(args: &cli::Plan) -> Result<ExitCode, Failure> {
    if let Some(cli::PlanCommand::Diff(args)) = &args.command {
        return diff::diff(args);
    }
    let parsed = read_plans(&args.file)?;
    for plan in &parsed.plans {
        let derived = plan::derive(plan);
        let (findings, _) = judge(plan, &derived, &Limits::default());
        if args.json {
            println!("{}", as_json(plan, &derived, &findings));
        } else {
            anstream::print!("{}", tree::tree(plan, &derived, &findings));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Parses a file or standard input; prints to standard error what was not understood.
fn read_plans(file: &str) -> Result<Parsed, Failure> {
    let text = read(file)?;
    let parsed = plan::parse(&text).map_err(|error| Failure::data(format!("{file}: {error}")))?;
    for broken in parsed.plans.iter().filter_map(|plan| plan.broken.as_ref()) {
        eprintln!("pgdeck: {file}: {broken}");
    }
    for notice in &parsed.notices {
        eprintln!("pgdeck: {file}: line {}: {}", notice.line, plain(&notice.text));
    }
    for left in &parsed.not_understood {
        eprintln!(
            "pgdeck: line {}, column {}: not understood: {}",
            left.line,
            left.column,
            plain(&left.text)
        );
    }
    Ok(parsed)
}

fn read(file: &str) -> Result<String, Failure> {
    let bytes = if file == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(file)
    };
    let bytes =
        bytes.map_err(|error| Failure::usage(format!("{file} cannot be read: {error}.")))?;
    Ok(plan::decode(&bytes).into_owned())
}

/// The JSON format, stable for scripts: nodes, times and findings.
fn as_json(plan: &Plan, derived: &Derived, findings: &[Judged]) -> Value {
    let node = |(place, (node, of)): (usize, (&Node, &plan::derive::DerivedNode))| {
        json!({
            "id": place,
            "parent": node.parent,
            "type": node.kind,
            "relation": node.relation,
            "index": node.index,
            "self_ms": of.self_ms,
            "total_ms": of.total_ms,
            "rows": of.rows,
            "plan_rows": node.cost.as_ref().map(|cost| cost.rows),
            "loops": node.actual.as_ref().map(|actual| actual.loops),
        })
    };
    let finding = |judged: &Judged| {
        let Judged { node, saves_ms, finding, .. } = judged;
        json!({
            "rule": finding.rule,
            "severity": finding.severity,
            "node": node,
            "saves_ms": saves_ms,
            "says": finding.message,
            "evidence": finding.evidence,
            "remedy": finding.remedy,
        })
    };
    json!({
        "format": plan.format.as_str(),
        "nodes": plan.nodes.iter().zip(&derived.nodes).enumerate().map(node).collect::<Vec<_>>(),
        "execution_ms": plan.execution_ms(),
        "planning_ms": plan.planning_ms(),
        "findings": findings.iter().map(finding).collect::<Vec<_>>(),
    })
}
