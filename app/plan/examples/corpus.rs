//! Parses the files or folders named as arguments and lists plans, findings and lines that were not
//! understood: `cargo run -p plan --example corpus -- FOLDER`.
#![expect(clippy::expect_used, reason = "an example ends with the error it meets")]

use std::path::PathBuf;

use plan::Plan;

fn main() {
    let (mut good, mut bad) = (0, 0);
    for file in files() {
        let name = file.display().to_string();
        let bytes = std::fs::read(&file).expect("the file can be read");
        if understood(&name, &plan::decode(&bytes)) {
            good += 1;
        } else {
            bad += 1;
        }
    }
    println!("{good} understood, {bad} not");
}

/// The files named as arguments, and those in the folders named.
fn files() -> Vec<PathBuf> {
    let mut files: Vec<_> = vec![];
    for path in std::env::args().skip(1).map(PathBuf::from) {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).expect("the folder can be read");
            files.extend(entries.filter_map(Result::ok).map(|entry| entry.path()));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Parses one paste; whether all of it was understood. `PLAN_TREE` in the environment prints nodes
/// and findings as well.
fn understood(name: &str, paste: &str) -> bool {
    let parsed = match plan::parse(paste) {
        Ok(parsed) => parsed,
        Err(error) => {
            println!("{name}: {error}");
            return false;
        }
    };
    let nodes: Vec<_> = parsed.plans.iter().map(|plan| plan.nodes.len()).collect();
    let broken = parsed.plans.iter().filter_map(|plan| plan.broken.as_ref());
    let broken: Vec<_> = broken.map(ToString::to_string).collect();
    let whole = parsed.not_understood.is_empty() && broken.is_empty();
    if !whole {
        println!("{name}: {nodes:?} {broken:?}");
        for leftover in &parsed.not_understood {
            println!("  {}:{} {}", leftover.line, leftover.column, leftover.text);
        }
    }
    for notice in &parsed.notices {
        println!("{name}: line {}: {} {}", notice.line, notice.text, notice.doubtful);
    }
    if std::env::var_os("PLAN_TREE").is_some() {
        for plan in &parsed.plans {
            tree(name, plan);
        }
    }
    whole
}

/// Prints findings, self times and nodes of a plan.
fn tree(name: &str, plan: &Plan) {
    let derived = plan::derive(plan);
    let (found, _) = plan::rules::judge(plan, &derived, &plan::rules::Limits::new());
    for one in &found {
        println!(
            "  {} {:?} saves {:?} ms: {}",
            one.finding.rule, one.finding.severity, one.saves_ms, one.finding.message
        );
    }
    let sum: f64 = derived.nodes.iter().filter_map(|node| node.self_ms).sum();
    println!(
        "self times {sum:.3} of {:?}, execution {:?}, unaccounted {:.3}",
        derived.nodes_ms,
        plan.execution_ms(),
        derived.unaccounted_ms
    );
    println!("{name} {:?} {:?}", plan.format, plan.query);
    for (node, own) in plan.nodes.iter().zip(&derived.nodes) {
        println!(
            "{:>12.3} [{:.3}–{:.3}] {}{} on {:?} {:?} cost {:?} actual {:?}",
            own.self_ms.unwrap_or(f64::NAN),
            own.self_range.map_or(f64::NAN, |range| range.low),
            own.self_range.map_or(f64::NAN, |range| range.high),
            "  ".repeat(node.depth.min(60)),
            node.title(),
            node.object(),
            node.subplan,
            node.cost.map(|cost| cost.total),
            node.actual.map(|actual| (actual.total_ms, actual.rows, actual.loops)),
        );
    }
}
