//! What the history takes of a tick: a row for each entry and measure that moved, and how much of the truth
//! they are.

use model::statements::{Bound, Measure, Statements, Tick};

/// A value with its labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<'a> {
    /// Labels of the entry; none for the server as a whole.
    pub labels: &'a [(&'static str, String)],
    /// The name of what was measured, the unit at its end.
    pub metric: &'static str,
    /// Whether it was added in this tick; otherwise it is a state.
    pub is_increment: bool,
    /// Its value.
    pub value: f64,
}

/// The name of the share of the server's work that entries explain.
pub const EXPLAINED: &str = "statements_explained_percent";
/// The name of the time in statements by the server's own count.
pub const ACTIVE: &str = "statements_active_time_ms";
/// The name of how many entries were removed because the table was full.
pub const EVICTED: &str = "statements_evicted";
/// The name of what an entry did at least, where it may have done more.
pub const LOWER_BOUND: &str = "lower_bound_calls";

/// Hands over the rows of a tick.
pub fn rows(value: &Statements, tick: &Tick, mut take: impl FnMut(Row<'_>)) {
    for moved in &tick.moved {
        let key = moved.key;
        let labels = [
            ("database", value.database(key.dbid)),
            ("queryid", key.queryid.to_string()),
            ("role", value.role(key.userid)),
            ("toplevel", key.toplevel.to_string()),
        ];
        for (measure, of) in moved.sums.iter() {
            let metric = measure.as_str();
            take(Row { labels: &labels, metric, is_increment: true, value: of });
        }
        if moved.bound == Bound::LowerBound {
            let calls = moved.sums.get(Measure::Calls);
            take(Row { labels: &labels, metric: LOWER_BOUND, is_increment: true, value: calls });
        }
    }
    let mut of_server = |metric, is_increment, value: Option<f64>| {
        if let Some(value) = value {
            take(Row { labels: &[], metric, is_increment, value });
        }
    };
    of_server(ACTIVE, true, tick.integrity.active_ms.clone().ok());
    of_server(EXPLAINED, false, tick.integrity.explained_percent().ok());
    of_server(EVICTED, true, Some(tick.integrity.evicted as f64));
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Reason;
    use model::statements::{Key, Moved, Named, Settings};

    #[test]
    fn what_did_not_move_is_left_out() {
        let value = Statements {
            extension: Ok("1.11".into()),
            settings: Settings::default(),
            entries: Err(Reason::NotYet),
            texts: Vec::new(),
            roles: vec![Named { oid: 10, name: "app".into() }],
            databases: Vec::new(),
        };
        let key = Key { userid: 10, dbid: 5, toplevel: true, queryid: -7 };
        let sums = [(Measure::Calls, 3.0), (Measure::ExecTime, 1.5)].into_iter().collect();
        let bound = Bound::LowerBound;
        let tick =
            Tick { moved: vec![Moved { key, sums, bound, ..Moved::default() }], ..Tick::default() };
        let mut seen = Vec::new();
        rows(&value, &tick, |row| {
            let labels: Vec<_> = row.labels.iter().map(|(_, value)| value.clone()).collect();
            seen.push((labels.join(" "), row.metric, row.value));
        });
        let entry = "5 -7 app true".to_owned();
        assert_eq!(
            seen,
            [
                (entry.clone(), "calls", 3.0),
                (entry.clone(), "total_exec_time_ms", 1.5),
                (entry, LOWER_BOUND, 3.0),
                (String::new(), ACTIVE, 0.0),
                (String::new(), EVICTED, 0.0),
            ]
        );
    }
}
