//! What was once read or judged wrongly: minimal plans written after public threads, each for a kind
//! of fault.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "../common/mod.rs"]
mod common;

mod advice;
mod causes;
mod dialects;
mod figures;
mod indentation;
mod lines;
mod reading;
mod stakes;
mod versions;

use plan::rules::{Judged, Limits, judge};

fn judged(case: &str) -> Vec<Judged> {
    let path = common::root().join("cases").join(format!("{case}.txt"));
    let parsed = plan::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(parsed.not_understood, [], "{case}");
    judge(&parsed.plans[0], &plan::derive(&parsed.plans[0]), &Limits::new()).0
}

/// The statements that are offered, the first one first.
fn offered(case: &str) -> Vec<String> {
    judged(case).into_iter().filter_map(|one| one.finding.remedy.sql).collect()
}

/// The rules that fire.
fn rules(case: &str) -> Vec<String> {
    judged(case).into_iter().map(|one| one.finding.rule).collect()
}
