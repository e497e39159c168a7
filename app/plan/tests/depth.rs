//! Scaling: depth 10,000 and 50,000 nodes are parsed, derived and laid out in linear time.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "common/spent.rs"]
mod spent;

use std::fmt::Write;
use std::time::{Duration, Instant};

use spent::spent;

fn text(nodes: usize, deep: bool) -> String {
    let mut plan = String::from(
        "Append  (cost=0.00..9.00 rows=1 width=4) (actual time=0.100..90000.000 rows=1 loops=1)\n",
    );
    for at in 1..nodes {
        let indent = if deep { (at - 1) * 6 + 2 } else { 2 };
        let ms = if deep { (nodes - at) as f64 } else { 1.0 };
        let _ = writeln!(
            plan,
            "{:indent$}->  Seq Scan on t{at}  (cost=0.00..9.00 rows=1 width=4) (actual time=0.100..{ms:.3} rows=1 loops=1)",
            ""
        );
    }
    plan
}

fn json(nodes: usize, deep: bool) -> String {
    let node = "\"Node Type\": \"Append\", \"Total Cost\": 1.0, \"Actual Total Time\": 1.0, \"Actual Rows\": 1, \"Actual Loops\": 1";
    let mut plan = format!("[{{\"Plan\": {{{node}");
    for at in 1..nodes {
        let open = if deep || at == 1 { ", \"Plans\": [{" } else { "}, {" };
        let _ = write!(plan, "{open}{node}");
    }
    let closing = if nodes < 2 {
        0
    } else if deep {
        nodes - 1
    } else {
        1
    };
    plan.push_str(&"}]".repeat(closing));
    plan.push_str("}}]");
    plan
}

fn yaml(nodes: usize) -> String {
    let mut plan = String::from("- Plan: \n    Node Type: \"Append\"\n");
    for at in 1..nodes {
        let indent = at * 4;
        let _ = writeln!(plan, "{:indent$}Plans: \n{:indent$}  - Node Type: \"Append\"", "", "");
    }
    plan
}

fn xml(nodes: usize) -> String {
    let mut plan = String::from(
        "<explain xmlns=\"http://www.postgresql.org/2009/explain\"><Query><Plan><Node-Type>Append</Node-Type>",
    );
    plan.push_str(&"<Plans><Plan><Node-Type>Append</Node-Type>".repeat(nodes - 1));
    plan.push_str(&"</Plan></Plans>".repeat(nodes - 1));
    plan.push_str("</Plan></Query></explain>");
    plan
}

#[test]
fn thousands_of_levels_are_read_in_each_format() {
    // TEXT and YAML indent by four to six columns per level: 10,000 levels would be 300 MB.
    for (name, paste, levels) in [
        ("text", text(2_000, true), 2_000),
        ("yaml", yaml(2_000), 2_000),
        ("json", json(10_000, true), 10_000),
        ("xml", xml(10_000), 10_000),
    ] {
        let parsed = plan::parse(&paste).unwrap();
        assert_eq!(parsed.not_understood, [], "{name}");
        let plan = &parsed.plans[0];
        assert_eq!(plan.nodes.len(), levels, "{name}");
        assert_eq!(plan.nodes[levels - 1].depth, levels - 1, "{name}");
        assert_eq!(plan.broken, None, "{name}");
        assert_eq!(plan::derive(plan).nodes.len(), levels, "{name}");
    }
}

/// The fastest of three runs.
fn time(paste: &str, nodes: usize) -> Duration {
    let start = Instant::now();
    let run = || {
        let before = spent(start);
        let parsed = plan::parse(paste).unwrap();
        let derived = plan::derive(&parsed.plans[0]);
        assert_eq!(derived.nodes.len(), nodes);
        spent(start) - before
    };
    (0..3).map(|_| run()).min().unwrap()
}

#[test]
fn ten_times_the_nodes_take_about_ten_times_the_time() {
    for (name, small, large) in [
        ("wide text", text(5_000, false), text(50_000, false)),
        ("wide json", json(5_000, false), json(50_000, false)),
        ("deep json", json(5_000, true), json(50_000, true)),
        ("deep xml", xml(5_000), xml(50_000)),
    ] {
        let (small, large) = (time(&small, 5_000), time(&large, 50_000));
        let ratio = large.as_secs_f64() / small.as_secs_f64();
        // Quadratic time would give 100.
        assert!(ratio < 30.0, "{name}: {ratio:.1} ({small:?}, {large:?})");
        eprintln!("{name}: {ratio:.1} ({small:?}, {large:?})");
    }
}

#[test]
fn steps_grow_with_the_nodes_and_not_faster() {
    let steps = |nodes| plan::derive(&plan::parse(&json(nodes, true)).unwrap().plans[0]).steps;
    assert!(steps(20_000) <= steps(2_000) * 11);
}
