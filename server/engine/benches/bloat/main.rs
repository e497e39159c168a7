//! The bloat estimate beside the queries that are copied most often: tables with a history on 14 and 18, estimated
//! from the catalog as three roles, then rewritten. Prints errors in percentage points of a relation's size.
//!
//! `cargo bench -p engine --bench bloat [-- MAJOR | NAME]…`; without a word all shapes on 14 and 18.

mod catalog;
#[path = "../../tests/bloat/judged.rs"]
mod judged;
#[path = "../../tests/support/random.rs"]
#[expect(dead_code, reason = "only even numbers are drawn here")]
mod numbers;
mod peers;
#[path = "../../tests/bloat/random.rs"]
mod random;
mod score;
#[path = "../../tests/bloat/server.rs"]
mod server;
#[path = "../../tests/bloat/shapes.rs"]
mod shapes;

use std::collections::BTreeMap;

use bloat::Shape;
use judged::Judged;
use score::{Score, coverage, quantile_of};
use server::{Captured, READER, Result, WATCHER};

/// Majors of the comparison: the oldest and the newest that are supported.
const MAJORS: [u16; 2] = [14, 18];
const SEEDS: std::ops::Range<u64> = 0..80;

#[tokio::main]
async fn main() -> Result {
    let words: Vec<String> =
        std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let majors: Vec<u16> = words.iter().filter_map(|word| word.parse().ok()).collect();
    let names: Vec<&String> = words.iter().filter(|word| word.parse::<u16>().is_err()).collect();
    println!(
        "| PostgreSQL | set | what | who | relations | no point | median | p90 | p95 | worst | false | missed | band held | half-band median | mean |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    let mut outside = Vec::new();
    for major in MAJORS.into_iter().filter(|major| majors.is_empty() || majors.contains(major)) {
        outside.extend(on(major, &names).await?);
    }
    println!("\nOutside of the band:\n");
    for line in &outside {
        println!("- {line}");
    }
    if outside.is_empty() {
        println!("none.");
    }
    Ok(())
}

/// A shape's name and its steps.
type Steps = (String, Vec<String>);

/// The shapes by set.
fn sets() -> Vec<(&'static str, Vec<Steps>)> {
    let own = |made: &[shapes::Made]| {
        made.iter()
            .map(|(name, steps)| {
                ((*name).to_owned(), steps.iter().map(|step| (*step).to_owned()).collect())
            })
            .collect()
    };
    vec![
        ("kinds", own(shapes::KINDS)),
        ("others", own(shapes::OTHERS)),
        ("random", SEEDS.map(random::shape).collect()),
    ]
}

async fn on(major: u16, names: &[&String]) -> Result<Vec<String>> {
    let server = server::start(major).await?;
    let mut set_of = BTreeMap::new();
    for (set, shapes) in sets() {
        for (name, steps) in shapes {
            if names.is_empty() || names.iter().any(|word| name.contains(word.as_str())) {
                server::build(&server, &name, &steps).await?;
                set_of.insert(name, set);
            }
        }
    }
    server::counted(&server).await?;
    let captured = server::capture(&server).await?;
    let mut by_role = Vec::new();
    for (who, role) in
        [("superuser", None), ("pg_monitor and view", Some(READER)), ("pg_monitor", Some(WATCHER))]
    {
        if role == Some(READER) {
            server::grant_view(&server).await?;
        }
        let (source, estimates) = server::estimates(&server, role, &captured).await?;
        by_role.push((format!("ours, {who} ({})", source.relation()), estimates));
    }
    let shapes = catalog::shapes(&server, &captured).await?;
    let after = server::rewrite(&server, &captured).await?;
    let mut outside = Vec::new();
    for set in ["kinds", "others", "random"] {
        let in_set = |one: &&Judged| {
            one.name.rsplit_once('.').is_some_and(|(schema, _)| set_of.get(schema) == Some(&set))
        };
        for is_index in [false, true] {
            let what = if is_index { "B-trees" } else { "tables" };
            let mut first = None;
            for (who, estimates) in &by_role {
                let all = judged::judge(&captured, estimates, &after);
                let wanted = |one: &&Judged| {
                    in_set(one)
                        && one.index.is_some() == is_index
                        && one.unknown != Some(bloat::Unknown::AccessMethod)
                };
                let some: Vec<&Judged> = all.iter().filter(wanted).collect();
                print(major, set, what, who, &some);
                outside.extend(
                    some.iter()
                        .filter(|one| one.holds() == Some(false))
                        .map(|one| format!("{major}, {who}: {}", one.line())),
                );
                if first.is_none() {
                    print_low(major, set, what, &some);
                    print_peers(major, set, what, &some, &captured, &shapes);
                    first = Some(());
                }
            }
        }
    }
    Ok(outside)
}

fn row(major: u16, set: &str, what: &str, who: &str, score: &Score) -> String {
    let errors: Vec<String> =
        [0.5, 0.9, 0.95, 1.0].map(|quantile| format!("{:.1}", score.error(quantile))).into();
    format!(
        "| {major} | {set} | {what} | {who} | {} | {} | {} | {} | {} |",
        score.relations,
        score.silent,
        errors.join(" | "),
        score.falsely,
        score.missed
    )
}

fn print(major: u16, set: &str, what: &str, who: &str, some: &[&Judged]) {
    let point = |one: &Judged| one.ours.as_ref()?.point.map(|bytes| bytes as f64);
    let score = Score::new(some.iter().copied(), point);
    let (held, all, halves) = coverage(some.iter().copied());
    let share = 100.0 * held as f64 / all.max(1) as f64;
    let mean = halves.iter().sum::<f64>() / halves.len().max(1) as f64;
    println!(
        "{} {held} of {all} = {share:.1} % | {:.1} | {mean:.1} |",
        row(major, set, what, who, &score),
        quantile_of(&halves, 0.5)
    );
}

/// What is accused if the low end of the band decides.
fn print_low(major: u16, set: &str, what: &str, some: &[&Judged]) {
    let low = |one: &Judged| one.ours.as_ref().map(|_| one.low_share() * one.bytes as f64 / 100.0);
    let score = Score::new(some.iter().copied(), low);
    println!("{} | | |", row(major, set, what, "ours, the low end", &score));
}

fn print_peers(
    major: u16,
    set: &str,
    what: &str,
    some: &[&Judged],
    captured: &BTreeMap<u32, Captured>,
    shapes: &BTreeMap<u32, Shape>,
) {
    let answers = |one: &Judged| -> peers::Answers {
        let (Some(table), Some(shape)) = (captured.get(&one.table), shapes.get(&one.table)) else {
            return Vec::new();
        };
        match one.index {
            None => peers::table(shape, &table.table),
            Some(oid) => shape
                .btrees
                .iter()
                .find(|btree| btree.oid == oid)
                .map(|btree| peers::btree(shape, &table.table, btree))
                .unwrap_or_default(),
        }
    };
    for peer in ["ioguix", "pghero", "pgexperts"] {
        let says = |one: &Judged| {
            answers(one).into_iter().find(|(name, _)| *name == peer).and_then(|(_, bytes)| bytes)
        };
        let score = Score::new(some.iter().copied(), says);
        if score.silent < score.relations {
            println!("{} | | |", row(major, set, what, peer, &score));
        }
    }
}
