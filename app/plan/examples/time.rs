//! Times parsing and deriving of a plan, for the benchmark against pev2's plan service:
//! `time FILE` prints the median of five, ms.

use std::time::Instant;

fn main() {
    let Some(file) = std::env::args().nth(1) else {
        eprintln!("usage: time FILE");
        std::process::exit(64);
    };
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("{file}: {error}");
            std::process::exit(66);
        }
    };
    let mut all: Vec<f64> = (0..5).filter_map(|_| once(&text)).collect();
    all.sort_by(f64::total_cmp);
    match all.get(all.len() / 2) {
        Some(ms) => println!("{ms:.3}"),
        None => std::process::exit(65),
    }
}

fn once(text: &str) -> Option<f64> {
    let begun = Instant::now();
    let parsed = plan::parse(text).ok()?;
    let derived: Vec<_> = parsed.plans.iter().map(plan::derive).collect();
    let ms = begun.elapsed().as_secs_f64() * 1_000.0;
    derived.iter().any(|one| !one.nodes.is_empty()).then_some(ms)
}
