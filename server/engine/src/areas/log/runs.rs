//! Runs of statements from records of the log. Texts are parsed and forgotten: none is kept.

use std::collections::BTreeMap;

use history::{Entity, Point};
use model::latency::bucket;
use model::log::{Log, Run};

use super::message::ran;
use super::record::Record;
use crate::parsing::on_large_stack;
use crate::sampled::{LINES_LOGGED, LOG_READ, LOG_SKIPPED, LOGGED_FROM, RUNS_LOGGED};

/// Texts of one tick that are parsed.
const PARSED: usize = 500;
/// The longest of them, bytes.
const LONGEST: usize = 64 * 1024;
/// How many different rows one tick adds.
const ROWS_PER_TICK: usize = 500;

/// The runs that these records tell of.
pub fn runs(records: &[Record]) -> Vec<Run> {
    let (mut runs, mut open) = (Vec::new(), Vec::new());
    for record in records.iter().filter(|record| record.may_be_duration()) {
        let Some((ms, text)) = ran(&record.message) else { continue };
        match record.query_id {
            // Of several statements in one string there is one duration.
            Some(query_id) if !may_be_several(text) => {
                runs.push(Run { query_id: Some(query_id), fingerprint: None, ms });
            }
            query_id if open.len() < PARSED && text.len() <= LONGEST => {
                open.push((query_id, text, ms));
            }
            _ => {}
        }
    }
    if !open.is_empty() {
        let parsed = on_large_stack(|| open.iter().filter_map(parsed).collect::<Vec<_>>());
        runs.extend(parsed.into_iter().flatten());
    }
    runs
}

fn may_be_several(text: &str) -> bool {
    text.trim_end_matches(|c: char| c == ';' || c.is_whitespace()).contains(';')
}

/// The run, if the text is of a single statement.
fn parsed((query_id, text, ms): &(Option<i64>, &str, f64)) -> Option<Run> {
    let several = pg_query::parse(text, 0).is_ok_and(|parsed| parsed.protobuf.stmts.len() > 1);
    let fingerprint = match query_id {
        _ if several => return None,
        Some(_) => None,
        None => Some(pg_query::fingerprint(text, 0, 0).ok()?.hex),
    };
    Some(Run { query_id: *query_id, fingerprint, ms: *ms })
}

/// What one reading adds; None while the log cannot be read.
pub fn points(log: &Log) -> Option<Vec<Point>> {
    log.file.as_ref().ok()?;
    let server = Entity::server();
    let mut points = vec![Point::new(&server, LOG_READ, log.read as f64)];
    if log.skipped > 0 {
        points.push(Point::new(&server, LOG_SKIPPED, log.skipped as f64));
    }
    let Some((logged, from_ms)) = log.logged.as_ref().ok().and_then(|l| Some((l, l.from_ms()?)))
    else {
        return Some(points);
    };
    points.push(Point::new(&server, LOGGED_FROM, from_ms));
    let mut rows: BTreeMap<(String, &str, Option<usize>), f64> = BTreeMap::new();
    for run in &log.runs {
        let (label, value) = match (run.query_id, &run.fingerprint) {
            (Some(id), _) => ("query_id", id.to_string()),
            (None, Some(print)) => ("fingerprint", print.clone()),
            (None, None) => continue,
        };
        let whole = (value.clone(), label, Some(bucket(run.ms)));
        if rows.len() >= ROWS_PER_TICK && !rows.contains_key(&whole) {
            continue;
        }
        *rows.entry(whole).or_default() += logged.weight(run.ms);
        *rows.entry((value, label, None)).or_default() += 1.0;
    }
    points.extend(rows.into_iter().map(|((value, label, bucket), count)| match bucket {
        Some(bucket) => {
            let bucket = bucket.to_string();
            let labels = [("bucket", bucket.as_str()), (label, value.as_str())];
            Point::new(&Entity::of(labels), RUNS_LOGGED, count)
        }
        None => Point::new(&Entity::of([(label, value.as_str())]), LINES_LOGGED, count),
    }));
    Some(points)
}

#[cfg(test)]
mod tests {
    use model::log::{File, Format, Logged};

    use super::*;

    fn record(message: &str, query_id: Option<i64>) -> Record {
        Record {
            severity: "LOG".into(),
            message: message.into(),
            has_context: false,
            autovacuum: None,
            database: None,
            query_id,
        }
    }

    #[test]
    fn several_statements_of_one_string_have_no_duration_each() {
        let found = runs(&[
            record("duration: 1.0 ms  statement: select 1;", Some(5)),
            record("duration: 2.0 ms  statement: select 1; select 2", Some(5)),
            record("duration: 3.0 ms  statement: select ';'", Some(5)),
            record("duration: 4.0 ms  statement: frobnicate", None),
        ]);
        let found: Vec<_> = found.iter().map(|run| (run.query_id, run.ms)).collect();
        assert_eq!(found, [(Some(5), 1.0), (Some(5), 3.0)]);
    }

    #[test]
    fn without_an_identifier_the_fingerprint_tells_which() {
        let found = runs(&[
            record("duration: 1.0 ms  statement: select * from t where id = 1", None),
            record("duration: 2.0 ms  execute s1: SELECT * FROM t WHERE id = $1", None),
        ]);
        assert_eq!(found.len(), 2);
        assert!(found[0].fingerprint.is_some() && found[0].fingerprint == found[1].fingerprint);
    }

    #[test]
    fn what_a_function_raises_is_no_duration() {
        let forged = Record {
            has_context: true,
            ..record("duration: 9.0 ms  statement: select 1", Some(5))
        };
        let error = Record { severity: "ERROR".into(), has_context: false, ..forged.clone() };
        assert_eq!(runs(&[forged, error]), []);
    }

    #[test]
    fn a_run_of_a_sample_counts_for_the_others() {
        let logged = Logged {
            all_from_ms: Some(1_000.0),
            sample_from_ms: Some(0.0),
            sample_rate: 0.25,
            transaction_rate: 0.0,
        };
        let run = |ms| Run { query_id: Some(7), fingerprint: None, ms };
        let log = Log {
            autovacuum: Err(model::Reason::NotYet),
            file: Ok(File { name: "a".into(), format: Format::Csv, size: 9 }),
            logged: Ok(logged),
            read: 9,
            skipped: 0,
            strange: 0,
            runs: vec![run(3.0), run(3.5), run(2_500.0)],
            plans: Vec::new(),
        };
        let points = points(&log).unwrap();
        let of = |metric: history::Metric| {
            points.iter().filter(|p| p.metric == metric).map(|p| p.value).collect::<Vec<_>>()
        };
        assert_eq!((of(RUNS_LOGGED), of(LINES_LOGGED)), (vec![8.0, 1.0], vec![3.0]));
        assert_eq!(of(LOGGED_FROM), [0.0]);
        let blind = Log { file: Err(model::Reason::NotYet), ..log };
        assert_eq!(super::points(&blind), None);
    }
}
