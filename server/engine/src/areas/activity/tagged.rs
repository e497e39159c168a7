//! Tags that clients put into comments of statements, counted in samples of active sessions:
//! `pg_stat_statements` keeps the comment of the first caller only.

use std::collections::BTreeMap;

use history::{Entity, Point};
use model::activity::Activity;

use super::profile::counts;
use crate::sampled::BY_TAG;
use crate::tags::tags;

/// How many different tags of statements one sample adds.
const ROWS_PER_SAMPLE: usize = 100;
/// Keys of which each request has a value of its own: they say nothing of many.
const OF_ONE_REQUEST: [&str; 12] = [
    "traceparent",
    "tracestate",
    "trace_id",
    "traceid",
    "span_id",
    "spanid",
    "request_id",
    "requestid",
    "job_id",
    "correlation_id",
    "session_id",
    "pid",
];
/// Digits in a row that make a value an identity of one thing.
const DIGITS: usize = 6;

/// What one reading adds.
pub fn points(activity: &Activity) -> Vec<Point> {
    let mut rows: BTreeMap<Entity, f64> = BTreeMap::new();
    for session in activity.sessions.iter().filter(|session| counts(session)) {
        let (Some(queryid), Some(query)) = (session.query_id, &session.query) else { continue };
        let queryid = queryid.to_string();
        for (key, value) in tags(query).iter().filter(|(key, value)| is_of_many(key, value)) {
            let entity =
                Entity::of([("query_id", queryid.as_str()), ("tag", key), ("value", value)]);
            if rows.len() < ROWS_PER_SAMPLE || rows.contains_key(&entity) {
                *rows.entry(entity).or_default() += 1.0;
            }
        }
    }
    rows.into_iter().map(|(entity, count)| Point::new(&entity, BY_TAG, count)).collect()
}

/// Whether many requests can have the tag in common.
fn is_of_many(key: &str, value: &str) -> bool {
    let key = key.to_lowercase().replace('-', "_");
    let is_id = OF_ONE_REQUEST.contains(&key.trim_start_matches("x_"));
    let mut run = 0;
    let has_number = value.chars().any(|c| {
        run = if c.is_ascii_hexdigit() && (c.is_ascii_digit() || run > 0) { run + 1 } else { 0 };
        run > DIGITS
    });
    !is_id && !has_number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_of_one_request_is_left_out() {
        for (key, value, kept) in [
            ("controller", "orders", true),
            ("route", "/orders/%id", true),
            ("line", "/app/models/order.rb:12", true),
            ("traceparent", "00-1", false),
            ("X-Request-Id", "a", false),
            ("user", "4fd1a2b3c4d5", false),
            ("order", "20241107", false),
        ] {
            assert_eq!(is_of_many(key, value), kept, "{key}={value}");
        }
    }
}
