//! Benchmark of parsing and deriving, as ratios: ten times the nodes against one, per format. The
//! fastest of several runs counts: what else the machine does only ever adds time.
#![expect(clippy::unwrap_used, reason = "a benchmark says what it expects by panicking")]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// A plan as npm's pev2 is measured on: one Append over partitions.
fn text(nodes: usize) -> String {
    let mut plan = String::from(
        "Append  (cost=0.00..90.00 rows=9 width=8) (actual time=0.100..9000.000 rows=9 loops=1)\n",
    );
    for at in 1..nodes {
        let _ = writeln!(
            plan,
            "  ->  Seq Scan on part_{at}  (cost=0.00..9.00 rows=1 width=8) (actual time=0.010..0.500 rows=1 loops=1)\n        Filter: (id > {at})\n        Rows Removed by Filter: 3\n        Buffers: shared hit={at}"
        );
    }
    plan.push_str("Planning Time: 1.000 ms\nExecution Time: 9000.100 ms\n");
    plan
}

fn time(paste: &str, nodes: usize) -> Duration {
    let run = || {
        let start = Instant::now();
        let parsed = plan::parse(paste).unwrap();
        let derived = plan::derive(&parsed.plans[0]);
        assert_eq!(derived.nodes.len(), nodes);
        start.elapsed()
    };
    (0..5).map(|_| run()).min().unwrap()
}

fn main() {
    let pretty = |nodes| plan::write::json(&plan::parse(&text(nodes)).unwrap().plans[0]);
    let one_line = |nodes| pretty(nodes).lines().map(str::trim_start).collect::<String>();
    let mut times = vec![];
    for (name, of) in [
        ("TEXT", &text as &dyn Fn(usize) -> String),
        ("pretty JSON", &pretty),
        ("one-line JSON", &one_line),
    ] {
        let (small, large) = (time(&of(1_000), 1_000), time(&of(10_000), 10_000));
        let ratio = large.as_secs_f64() / small.as_secs_f64();
        println!("{name}: t(10k)/t(1k) = {ratio:.1} ({small:.1?}, {large:.1?})");
        times.push(large.as_secs_f64());
    }
    if let [_, pretty, one_line] = times.as_slice() {
        println!("one-line JSON against pretty: {:.2}", one_line / pretty);
    }
    // For the comparison with pev2's plan service: files and our time, if a folder is named.
    if let Some(folder) = std::env::var_os("PLAN_BENCH_FOLDER") {
        for nodes in [1_000, 10_000] {
            std::fs::write(
                std::path::Path::new(&folder).join(format!("{nodes}.json")),
                pretty(nodes),
            )
            .unwrap();
            println!("ours {nodes}: {:.3} ms", time(&pretty(nodes), nodes).as_secs_f64() * 1000.0);
        }
    }
}
