//! Rule: one statement takes most of the time that the server spends in statements.

use model::statements::{Bound, Measure, Ranked, Statements, Window};
use model::{About, Finding, Known, Limit, Unit};

use super::super::evidence::{about, number, watched_for};
use crate::rule::InForce;

/// Over which time it is judged, seconds.
const OVER: Limit = Limit {
    name: "over_s",
    default: 300.0,
    unit: Unit::Seconds,
    source: "ours: a report that runs for a minute is no trouble",
};
/// Share of the time of all statements.
const FROM_SHARE: Limit = Limit {
    name: "share_from_percent",
    default: 50.0,
    unit: Unit::Percent,
    source: "ours: to make everything else infinitely fast would then help less than to mend this one",
};
/// Sessions that it keeps busy on average.
const FROM_SESSIONS: Limit = Limit {
    name: "busy_sessions_from",
    default: 0.8,
    unit: Unit::Count,
    source: "ours: one session busy nearly all the time; on an idle server any statement has a large share",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "One statement takes most of the server's time",
    effect: "What makes this statement slower or more frequent slows down everything; the server's capacity is its.",
    remedy: "Look at its plan, and at whether it has to run as often as it does.",
    docs: "https://www.postgresql.org/docs/current/pgstatstatements.html",
    limits: &[OVER, FROM_SHARE, FROM_SESSIONS],
};

/// Judges the costliest top-level statement of the window.
pub fn statement_share(evidence: &Statements, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let window = watched_for(evidence, limits.get(&OVER))?;
    let Some(first) = window.top.iter().find(|entry| entry.key.toplevel) else {
        return Ok(Vec::new());
    };
    let total = total_ms(window);
    let time = first.sums.get(Measure::ExecTime);
    let share = if total > 0.0 { 100.0 * time / total } else { 0.0 };
    let sessions = time / window.covered_ms.max(1) as f64;
    if share < limits.get(&FROM_SHARE) || sessions < limits.get(&FROM_SESSIONS) {
        return Ok(Vec::new());
    }
    Ok(vec![finding(evidence, window, first, (share, sessions), limits)])
}

/// The time of all statements: by the server's own count where that is more than the entries explain, so
/// that the share is not one of what happened to be seen.
fn total_ms(window: &Window) -> f64 {
    let seen = window.total.get(Measure::ExecTime);
    window.integrity.active_ms.as_ref().map_or(seen, |active| active.max(seen))
}

fn finding(
    evidence: &Statements,
    window: &Window,
    first: &Ranked,
    (share, sessions): (f64, f64),
    limits: &InForce<'_>,
) -> Finding {
    let calls = first.sums.get(Measure::Calls);
    let at_least = if first.bound == Bound::LowerBound { "at least " } else { "" };
    let who = evidence.role(first.key.userid);
    let place = evidence.database(first.key.dbid);
    let mut numbers = vec![
        number("share of the time in statements", share, Unit::Percent),
        number("sessions busy with it", sessions, Unit::Count),
        number("calls", calls, Unit::Count),
        number("rows", first.sums.get(Measure::Rows), Unit::Count),
    ];
    numbers.extend(first.sums.mean_ms().map(|mean| number("mean", mean, Unit::Ms)));
    let message = format!(
        "One statement of role {who} in database {place} takes {at_least}{share:.0} % of the time that the server spent in statements over {}: {calls:.0} calls.",
        model::duration(window.covered_ms as f64)
    );
    about(
        &first.key,
        limits,
        message,
        numbers,
        (ABOUT.remedy, "it is the server's purpose to run this statement."),
    )
}
