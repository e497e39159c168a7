//! `pgdeck plan`: prints an EXPLAIN plan as a tree with self times and findings, or as JSON; `plan diff`
//! compares two. Connects to no server.

pub mod diff;
pub mod findings;
pub mod json;
pub mod style;
pub mod tree;

use std::io::Read as _;
use std::process::ExitCode;
use std::sync::Arc;

use app::{PlanAnalysis, plan_verdict};
use model::Unit;
use model::quantity::{number, plural};
use model::shorten::shortened;
use plan::rules::Limits;
use plan::{Parsed, Plan};

use super::error::{Failure, READ_IN_PART};
use super::terminal::plain;
use crate::cli;

/// Characters of a statement that name a plan among several.
const TITLE_CHARS: usize = 100;

/// Compares two plans, or prints every plan of the file or standard input.
pub fn plan(args: &cli::Plan) -> Result<ExitCode, Failure> {
    if let Some(cli::PlanCommand::Diff(args)) = &args.command {
        return diff::diff(args);
    }
    let mut parsed = read_plans(&args.file)?;
    let code = exit_code(is_whole(&parsed));
    let plans: Vec<Arc<Plan>> = parsed.plans.drain(..).map(Arc::new).collect();
    if !args.json {
        anstream::print!("{}", doubts(&parsed));
    }
    for (at, plan) in plans.iter().enumerate() {
        let analysis = PlanAnalysis::new(Arc::clone(plan), &Limits::default(), None);
        if args.json {
            println!("{}", json::json(&parsed, &analysis));
            continue;
        }
        let mut text = String::new();
        if plans.len() > 1 {
            let gap = if at > 0 { "\n" } else { "" };
            text.push_str(&format!("{gap}{}\n", style::bold(&title(plan, at + 1, plans.len()))));
        }
        text.push_str(&format!("{}\n\n", style::bold(&plain(&plan_verdict(&analysis).0))));
        text.push_str(&tree::tree(&analysis));
        text.push_str(&findings::findings(&analysis));
        anstream::print!("{text}");
    }
    Ok(code)
}

/// Whether nothing is missing from what was read, as far as the reader can tell.
fn is_whole(parsed: &Parsed) -> bool {
    parsed.plans.iter().all(|plan| plan.broken.is_none())
        && parsed.not_understood.is_empty()
        && parsed.notices.iter().all(|notice| !notice.doubtful)
}

fn exit_code(whole: bool) -> ExitCode {
    if whole { ExitCode::SUCCESS } else { ExitCode::from(READ_IN_PART) }
}

/// What has to be known before any figure: one line each.
fn doubts(parsed: &Parsed) -> String {
    let mut text = String::new();
    for notice in &parsed.notices {
        let line = plain(&format!("Line {}: {}", notice.line, notice.text));
        text.push_str(&if notice.doubtful { style::notable(&line) } else { line });
        text.push('\n');
    }
    let lines = parsed.not_understood.len();
    if lines > 0 {
        let lines = plural(lines as i64, "line was", "lines were");
        let told = format!("Read in part: {lines} not understood, and figures may be missing.");
        text.push_str(&format!("{}\n", style::notable(&told)));
    }
    text
}

/// `Plan 2 of 3, line 40, 12.3 ms: select …`
fn title(plan: &Plan, at: usize, of: usize) -> String {
    let took = plan.execution_ms().map(|ms| format!(", {}", number(ms, Unit::Ms)));
    let query = plan.query.as_deref().map(|query| {
        let words: Vec<&str> = query.split_whitespace().collect();
        format!(": {}", shortened(&words.join(" "), TITLE_CHARS))
    });
    let nodes = plural(plan.nodes.len() as i64, "node", "nodes");
    plain(&format!(
        "Plan {at} of {of}, line {}, {nodes}{}{}",
        plan.line,
        took.unwrap_or_default(),
        query.unwrap_or_default()
    ))
}

/// Parses a file or standard input; prints to standard error what was not understood.
fn read_plans(file: &str) -> Result<Parsed, Failure> {
    let bytes = read(file)?;
    let text = plan::decode(&bytes);
    let parsed =
        plan::parse(&text).map_err(|error| Failure::data(plain(&format!("{file}: {error}"))))?;
    for broken in parsed.plans.iter().filter_map(|plan| plan.broken.as_ref()) {
        eprintln!("pgdeck: {}", plain(&format!("{file}: {broken}")));
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

fn read(file: &str) -> Result<Vec<u8>, Failure> {
    let bytes = if file == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(file)
    };
    bytes.map_err(|error| Failure::usage(format!("{file} cannot be read: {error}.")))
}
