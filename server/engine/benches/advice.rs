//! The advice lab: the judge's advice on real plans, carried out. Prints what `docs/advice.md` keeps: a line for each
//! major, what went wrong anywhere, and the table of the newest major.
//!
//! `cargo bench -p engine --bench advice [-- MAJOR | NAME]…`; without a word all scenarios on all majors.

#[path = "../tests/support/cost.rs"]
mod cost;
#[path = "../tests/support/lab.rs"]
mod lab;

use lab::{Trial, Verdict};
use playground::lab::{Scenario, scenarios};

/// Runs of a statement of which the fastest counts.
const RUNS: usize = 3;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let words: Vec<String> =
        std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let numbers: Vec<u16> = words.iter().filter_map(|word| word.parse().ok()).collect();
    let names: Vec<&String> = words.iter().filter(|word| word.parse::<u16>().is_err()).collect();
    let mut majors = playground::install::majors();
    majors.retain(|major| numbers.is_empty() || numbers.contains(major));
    let mut all = scenarios()?;
    all.retain(|one| names.is_empty() || names.iter().any(|name| one.name.contains(*name)));
    println!(
        "| PostgreSQL | scenarios | right cause first | of a bare paste | statements offered | sound | harmful | rewritten as advised | sound | healthy plans | left alone |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    let (mut faults, mut newest) = (vec![], vec![]);
    for major in majors {
        newest = on(major, &all, &mut faults).await?;
    }
    println!("\nWhat went wrong:\n");
    if faults.is_empty() {
        println!("nothing.");
    }
    for fault in faults {
        println!("- {fault}");
    }
    println!(
        "\n| scenario | first finding | carried out | promised | time | blocks | blocks of others | blocks of writes |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for verdict in &newest {
        rows(verdict);
    }
    for verdict in newest.iter().filter(|_| !names.is_empty()) {
        println!("\n{}:\n{}", verdict.scenario.name, verdict.plan);
    }
    Ok(())
}

/// Runs all on one major and prints its line.
async fn on(
    major: u16,
    all: &[Scenario],
    faults: &mut Vec<String>,
) -> anyhow::Result<Vec<Verdict>> {
    let lab = lab::start(major, RUNS, false).await?;
    let mut verdicts = vec![];
    for scenario in all.iter().filter(|one| one.since <= major) {
        match lab.run(scenario).await {
            Ok(verdict) => verdicts.push(verdict),
            Err(error) => faults.push(format!("{major}, {}: {error:#}", scenario.name)),
        }
    }
    lab.stop().await;
    let (healthy, faulty): (Vec<_>, Vec<_>) =
        verdicts.iter().partition(|one| one.scenario.causes.is_empty());
    let right = |of: &[&Verdict], at: usize| of.iter().filter(|one| one.is_right()[at]).count();
    let percent = |at: usize| {
        let right = right(&faulty, at);
        format!("{right} ({:.0} %)", 100.0 * right as f64 / faulty.len().max(1) as f64)
    };
    let trials: Vec<&Trial> = verdicts.iter().flat_map(|one| &one.trials).collect();
    let rewritten: Vec<&Trial> = verdicts.iter().filter_map(|one| one.rewritten.as_ref()).collect();
    let sound = |of: &[&Trial]| of.iter().filter(|one| one.is_sound()).count();
    let harmful = trials.iter().chain(&rewritten).filter(|one| one.is_harmful()).count();
    println!(
        "| {major} | {} | {} | {} | {} | {} | {harmful} | {} | {} | {} | {} |",
        faulty.len(),
        percent(1),
        percent(0),
        trials.len(),
        sound(&trials),
        rewritten.len(),
        sound(&rewritten),
        healthy.len(),
        right(&healthy, 1),
    );
    for verdict in &verdicts {
        faults.extend(
            wrong(verdict)
                .into_iter()
                .map(|what| format!("{major}, {}: {what}", verdict.scenario.name)),
        );
    }
    Ok(verdicts)
}

/// What is wrong with a verdict.
fn wrong(verdict: &Verdict) -> Vec<String> {
    let mut found = vec![];
    let scenario = &verdict.scenario;
    let right = verdict.is_right() == [true; 2];
    if !right && scenario.causes.is_empty() {
        found.push(format!("healthy, yet {}", verdict.loud.join(", ")));
    } else if !right {
        let [bare, catalog] =
            verdict.first.each_ref().map(|one| one.as_deref().unwrap_or("nothing"));
        found.push(format!(
            "{} expected, first came {bare}, with the catalog {catalog}",
            scenario.causes.join(" or ")
        ));
    }
    if !verdict.is_offered() {
        let sql: Vec<&str> = verdict.trials.iter().map(|trial| trial.sql.as_str()).collect();
        let expected = scenario.offers.as_deref().unwrap_or_default();
        found.push(format!("{expected} expected, offered: {}", sql.join(" ")));
    }
    for trial in verdict.trials.iter().chain(&verdict.rewritten) {
        if let Err(error) = &trial.after {
            found.push(format!("{}: {error}", trial.sql));
        } else if !trial.is_sound() {
            let (fell, promised) = (100.0 * trial.fell(), 100.0 * trial.promised);
            found.push(format!("{}: {promised:.0} % promised, {fell:.0} % saved", trial.sql));
        }
        if trial.is_harmful() {
            found.push(format!(
                "{}: {} reads {:.0} % more",
                trial.sql,
                trial.worst.0,
                100.0 * trial.worst.1
            ));
        }
    }
    found
}

/// The rows of a scenario, one for each statement.
fn rows(verdict: &Verdict) {
    let name = &verdict.scenario.name;
    let first = verdict.first[1].as_deref().unwrap_or("–");
    let mut any = false;
    for trial in verdict.trials.iter().chain(&verdict.rewritten) {
        any = true;
        let (ms, blocks) = match &trial.after {
            Ok(after) => (format!("{:.1}", after.ms), format!("{:.0}", after.blocks)),
            Err(_) => ("failed".into(), "failed".into()),
        };
        let others = match trial.worst.1 {
            share if share > 0.0 => format!("+{:.0} %", 100.0 * share),
            _ => "–".to_owned(),
        };
        let writes = match trial.writes {
            (before, after) if before > 0.0 => format!("{before:.0} → {after:.0}"),
            _ => "–".to_owned(),
        };
        println!(
            "| {name} | {first} | `{}` | {:.0} % | {:.1} → {ms} ms | {:.0} → {blocks} | {others} | {writes} |",
            trial.sql.replace('|', "\\|").replace('\n', " "),
            100.0 * trial.promised,
            trial.before.ms,
            trial.before.blocks,
        );
    }
    if !any {
        let Verdict { before, .. } = verdict;
        println!(
            "| {name} | {first} | – | – | {:.1} ms | {:.0} | – | – |",
            before.ms, before.blocks
        );
    }
}
