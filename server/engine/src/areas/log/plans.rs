//! Plans that auto_explain writes, from records of the log: picked, not parsed.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use model::explain::LoggedPlan;

use super::record::Record;

/// Plans of one tick (`docs/limits.md#plans-seen`).
const PER_TICK: usize = 20;
/// The longest of them, bytes.
const LONGEST: usize = 256 << 10;
/// As much of a text without identifier tells whose it is, bytes.
const TELLS: usize = 400;
/// How the statements of pgdeck itself begin.
const OWN: &str = "/* pgdeck ";

/// The plans of these records: of many of a statement the first and the last, of many statements the newest.
pub fn plans(records: &[Record]) -> Vec<LoggedPlan> {
    // Of each statement the places of its first and its last plan.
    let mut places: HashMap<u64, (usize, usize)> = HashMap::new();
    let mut found: Vec<Option<LoggedPlan>> = Vec::new();
    for record in records.iter().filter(|record| record.may_be_plan()) {
        let Some((ms, text)) = planned(&record.message) else { continue };
        let Some(database) = &record.database else { continue };
        if text.len() > LONGEST || head(text).contains(OWN) {
            continue;
        }
        let plan = LoggedPlan {
            query_id: record.query_id,
            database: database.clone(),
            ms,
            text: text.to_owned(),
            at_ms: 0,
        };
        let here = found.len();
        let (first, last) = places.entry(whose(&plan)).or_insert((here, here));
        if let Some(between) = found.get_mut(*last).filter(|_| last > first) {
            *between = None;
        }
        *last = here;
        found.push(Some(plan));
    }
    let mut plans: Vec<LoggedPlan> = found.into_iter().flatten().collect();
    let too_many = plans.len().saturating_sub(PER_TICK);
    plans.drain(..too_many);
    plans
}

/// The duration, ms, and what auto_explain prints. Its messages are not translated.
fn planned(message: &str) -> Option<(f64, &str)> {
    let (ms, rest) = message.strip_prefix("duration: ")?.split_once(" ms  plan:")?;
    let ms = ms.parse::<f64>().ok().filter(|ms| ms.is_finite() && *ms >= 0.0)?;
    Some((ms, rest.strip_prefix('\n').unwrap_or(rest)))
}

/// The beginning, where the statement stands.
fn head(text: &str) -> &str {
    let end = (0..=TELLS.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    text.get(..end.unwrap_or_default()).unwrap_or_default()
}

/// What tells statements apart: the identifier, or how the text begins, whatever its numbers.
fn whose(plan: &LoggedPlan) -> u64 {
    let mut hasher = DefaultHasher::new();
    plan.database.hash(&mut hasher);
    match plan.query_id {
        Some(id) => id.hash(&mut hasher),
        None => head(&plan.text)
            .bytes()
            .filter(|b| !b.is_ascii_digit())
            .for_each(|b| b.hash(&mut hasher)),
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(message: &str, query_id: Option<i64>) -> Record {
        Record {
            severity: "LOG".into(),
            message: message.into(),
            has_context: false,
            autovacuum: None,
            database: Some("shop".into()),
            query_id,
        }
    }

    fn told(records: &[Record]) -> Vec<(Option<i64>, f64)> {
        plans(records).iter().map(|plan| (plan.query_id, plan.ms)).collect()
    }

    #[test]
    fn only_plans_are_picked_and_none_of_our_own() {
        let plan = "duration: 1.5 ms  plan:\nQuery Text: select 1\nResult  (cost=0.00..0.01 rows=1 width=4)";
        let of = |message: &str| record(message, Some(5));
        let found = plans(&[of(plan)]);
        assert_eq!(found.first().map(|one| (one.ms, one.database.as_str())), Some((1.5, "shop")));
        assert!(found[0].text.starts_with("Query Text: select 1\n"), "{}", found[0].text);
        let nowhere = Record { database: None, ..of(plan) };
        let within = Record { has_context: true, ..of(plan) };
        let error = Record { severity: "ERROR".into(), ..of(plan) };
        let others = [
            nowhere,
            within,
            error,
            of("duration: 1.5 ms  statement: select 'plan:'"),
            of("duration: x ms  plan:\nQuery Text: select 1"),
            of("duration: 1 ms  plan:\nQuery Text: /* pgdeck entries */ select 1"),
            of(&format!("duration: 1 ms  plan:\n{}", "x".repeat(LONGEST + 1))),
        ];
        assert_eq!(told(&others), []);
        assert_eq!(told(&[Record { severity: "NOTICE".into(), ..of(plan) }]), [(Some(5), 1.5)]);
    }

    #[test]
    fn a_statement_that_runs_often_hides_no_other() {
        let of = |ms: usize, id| {
            record(&format!("duration: {ms} ms  plan:\nQuery Text: select {ms}"), id)
        };
        let mut records: Vec<Record> = (0..500).map(|ms| of(ms, Some(1))).collect();
        records.push(of(7, Some(2)));
        assert_eq!(told(&records), [(Some(1), 0.0), (Some(1), 499.0), (Some(2), 7.0)]);
        // Without an identifier the text tells, without its numbers.
        let nameless: Vec<Record> = (0..50).map(|ms| of(ms, None)).collect();
        assert_eq!(told(&nameless), [(None, 0.0), (None, 49.0)]);
        let many: Vec<Record> = (0..50).map(|id| of(1, Some(id))).collect();
        let ids: Vec<_> = told(&many).iter().map(|(id, _)| *id).collect();
        assert_eq!(ids, (30..50).map(Some).collect::<Vec<_>>());
    }
}
