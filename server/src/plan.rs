//! `pgdeck plan`: a pasted plan in the terminal, as a tree with self times and findings, or as JSON.
//! Speaks to no server.

use std::fmt::Write as _;
use std::io::Read as _;
use std::process::ExitCode;

use ::plan::rules::{Judged, Limits, judge};
use ::plan::{Derived, Node, Plan};
use serde_json::{Value, json};

use crate::cli;
use crate::exit::Failure;

/// Width of the bar for the whole time, characters.
const BAR: f64 = 20.0;

/// Reads the file or standard input and prints every plan in it.
pub fn plan(asked: &cli::Plan) -> Result<ExitCode, Failure> {
    let text = read(&asked.file)?;
    let parsed =
        ::plan::parse(&text).map_err(|error| Failure::data(format!("{}: {error}", asked.file)))?;
    for plan in &parsed.plans {
        let derived = ::plan::derive(plan);
        let (findings, _) = judge(plan, &derived, &Limits::default());
        if asked.json {
            println!("{}", as_json(plan, &derived, &findings));
        } else {
            print!("{}", as_tree(plan, &derived, &findings));
        }
        if let Some(broken) = &plan.broken {
            eprintln!("pgdeck: {}: {broken}", asked.file);
        }
    }
    for left in &parsed.not_understood {
        eprintln!(
            "pgdeck: line {}, column {}: not understood: {}",
            left.line,
            left.column,
            plain(&left.text)
        );
    }
    Ok(ExitCode::SUCCESS)
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
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn as_tree(plan: &Plan, derived: &Derived, findings: &[Judged]) -> String {
    let mut text = String::new();
    let whole = derived.nodes_ms.filter(|ms| *ms > 0.0);
    for (place, (node, of)) in plan.nodes.iter().zip(&derived.nodes).enumerate() {
        let bar =
            whole.zip(of.self_ms).map_or(0.0, |(whole, own)| (BAR * own / whole).clamp(0.0, BAR));
        let own = of.self_ms.map_or_else(|| "not measured".to_owned(), |ms| format!("{ms:.3} ms"));
        let _ = writeln!(
            text,
            "{:>4}  {:>14}  {:<20}  {}{}",
            place + 1,
            own,
            "█".repeat(bar.round() as usize),
            "  ".repeat(node.depth.min(60)),
            plain(&node.title())
        );
    }
    if let Some(ms) = plan.execution_ms() {
        let _ = writeln!(text, "Execution {ms:.3} ms");
    }
    for Judged { node, saves_ms, finding } in findings {
        let at = node.map(|place| format!(" (node {})", place + 1)).unwrap_or_default();
        let saves = saves_ms.map(|ms| format!(", up to {ms:.1} ms")).unwrap_or_default();
        let _ =
            writeln!(text, "\n{}{at}{saves}: {}", finding.severity.word(), plain(&finding.says));
        let _ = writeln!(text, "    {}", plain(&finding.remedy.says));
        if let Some(sql) = &finding.remedy.sql {
            let _ = writeln!(text, "    {}", plain(sql));
        }
    }
    text
}

/// The shape that scripts rely on: nodes, times and findings.
fn as_json(plan: &Plan, derived: &Derived, findings: &[Judged]) -> Value {
    let node = |(place, (node, of)): (usize, (&Node, &::plan::derive::DerivedNode))| {
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
        let Judged { node, saves_ms, finding } = judged;
        json!({
            "rule": finding.rule,
            "severity": finding.severity,
            "node": node,
            "saves_ms": saves_ms,
            "says": finding.says,
            "evidence": finding.evidence,
            "remedy": finding.remedy,
        })
    };
    json!({
        "format": plan.format.word(),
        "nodes": plan.nodes.iter().zip(&derived.nodes).enumerate().map(node).collect::<Vec<_>>(),
        "execution_ms": plan.execution_ms(),
        "planning_ms": plan.planning_ms(),
        "findings": findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

/// Text of a plan may hold control characters; a terminal would obey them.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
