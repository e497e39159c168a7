//! Lock history of the last hour: waiters over time, root blockers, and incidents with start, peak
//! and end. Every moment is a link.

use leptos::prelude::*;
use model::ServerId;
use model::locks::{Incident, LockHistory, RootSpan, WaitTick};

use super::query::LocksQuery;
use crate::ui::format;
use crate::ui::reading::empty;

/// The size of the viewBox.
const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 56.0;
/// Ticks further apart have a gap between them, ms: as in the engine's history.
const GAP_MS: i64 = 3_500;
/// Maximum of incidents and roots listed, newest first.
const LISTED: usize = 12;

/// From the first to the last recorded second, ms since the epoch; None when nothing is recorded.
pub fn span(history: &LockHistory) -> Option<(i64, i64)> {
    Some((history.ticks.first()?.at_ms, history.ticks.last()?.until_ms))
}

/// The recorded seconds before and after a moment.
pub fn neighbours(history: &LockHistory, at_ms: i64) -> (Option<i64>, Option<i64>) {
    let next = history.ticks.partition_point(|tick| tick.at_ms <= at_ms);
    let here = next.saturating_sub(1);
    let at = |place: Option<usize>| place.and_then(|p| history.ticks.get(p)).map(|tick| tick.at_ms);
    (at(here.checked_sub(1)), at(Some(next)))
}

/// The chart of waiters, and the lists of incidents and roots.
pub fn history_view(history: &LockHistory, query: &LocksQuery, server: &ServerId) -> AnyView {
    let Some((from, to)) = span(history) else {
        return empty("No lock waits recorded. Every second with a lock wait is kept for an hour.");
    };
    view! {
        {strip(history, query.at, from, to)}
        <p class="lock-ends num muted">
            <span>{format::time_of_day(from)} " UTC"</span>
            <span>{format::time_of_day(to)} " UTC"</span>
        </p>
        {incidents(&history.incidents, query, server)}
        {roots(&history.roots)}
    }
    .into_any()
}

/// Waiters over time as an area; gaps are hatched.
fn strip(history: &LockHistory, at: Option<i64>, from: i64, to: i64) -> AnyView {
    let length = (to - from).max(1) as f64;
    let x = |ms: i64| (ms - from) as f64 / length * WIDTH;
    let most = history.ticks.iter().map(|tick| tick.waiting).max().unwrap_or(0);
    let mut area = String::new();
    for (left, right, waiting) in runs(&history.ticks, x) {
        let height = f64::from(waiting) / f64::from(most.max(1)) * (HEIGHT - 4.0);
        area.push_str(&format!("M{left:.1} {HEIGHT}v-{height:.1}H{right:.1}V{HEIGHT}z"));
    }
    let mut gaps = String::new();
    for pair in history.ticks.windows(2) {
        if let [a, b] = pair
            && b.at_ms - a.until_ms > GAP_MS
        {
            gaps.push_str(&format!(
                "M{:.1} 0H{:.1}V{HEIGHT}H{:.1}z",
                x(a.until_ms),
                x(b.at_ms),
                x(a.until_ms)
            ));
        }
    }
    let here = at.filter(|at| (from..=to).contains(at)).map(|at| {
        view! { <path class="lock-now" d=format!("M{:.1} 0V{HEIGHT}", x(at))></path> }
    });
    let message = format!(
        "Sessions waiting for a lock from {} to {} UTC, at most {most} at a time",
        format::time_of_day(from),
        format::time_of_day(to)
    );
    view! {
        <svg class="lock-strip" viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none" role="img" aria-label=message.clone()>
            <path class="lock-gap" d=gaps></path>
            <path class="lock-area" d=area></path>
            {here}
        </svg>
        <p class="note">{message} ". Grey: no readings."</p>
    }
    .into_any()
}

/// Seconds with waiters as columns at least one unit wide, extended to the next one unless there is
/// a gap: (left, right, maximum of waiters).
fn runs(ticks: &[WaitTick], x: impl Fn(i64) -> f64) -> Vec<(f64, f64, u32)> {
    let mut runs: Vec<(f64, f64, u32)> = Vec::new();
    for (tick, place) in ticks.iter().zip(1_usize..).filter(|(tick, _)| tick.waiting > 0) {
        let next = ticks.get(place).map(|next| next.at_ms);
        let next = next.filter(|next| next - tick.at_ms <= GAP_MS);
        let left = x(tick.at_ms).floor().min(WIDTH - 1.0);
        let right = x(next.unwrap_or(tick.at_ms)).ceil().clamp(left + 1.0, WIDTH);
        match runs.last_mut() {
            Some((before, end, waiting)) if *before >= left => {
                *waiting = tick.waiting.max(*waiting);
                *end = end.max(right);
            }
            Some((_, end, _)) => {
                *end = end.min(left);
                runs.push((left, right, tick.waiting));
            }
            None => runs.push((left, right, tick.waiting)),
        }
    }
    runs
}

fn incidents(all: &[Incident], query: &LocksQuery, server: &ServerId) -> AnyView {
    if all.is_empty() {
        return empty("No lock waits recorded.");
    }
    let moment = |ms: i64| {
        let to = query.at(Some(ms)).to(server);
        view! { <a class="num" href=to data-noscroll="">{format::time_of_day(ms)}</a> }
    };
    let rows = all.iter().rev().take(LISTED).map(|one| {
        let roots: Vec<&str> = one.roots.iter().map(|root| root.who.as_str()).collect();
        let lasted = one
            .ended_ms
            .map(|end| format!(" ({})", format::age((end - one.started_ms).max(0) as f64)));
        view! {
            <tr>
                <th scope="row">{moment(one.first_tick_ms)}</th>
                <td class="text">{one.first_waiter.clone().unwrap_or_else(|| "unknown".into())}</td>
                <td class="num">{format::grouped(f64::from(one.peak_waiting))} " at " {moment(one.peak_ms)}</td>
                <td class="num">{format::age(f64::from(one.longest_ms))}</td>
                <td class="num">{match one.ended_ms {
                    Some(end) => view! { {moment(end)} {lasted} }.into_any(),
                    None => "ongoing".into_any(),
                }}</td>
                <td class="text">{roots.join(", then ")}</td>
            </tr>
        }
    });
    let heads = ["Began", "First waiter", "Peak", "Longest wait", "Ended", "Blockers, in order"];
    let heads = heads.map(|words| view! { <th scope="col">{words}</th> });
    view! {
        <h3>"Incidents"</h3>
        <div class="scroll" tabindex="0" role="group" aria-label="Incidents">
            <table>
                <thead><tr>{heads.collect_view()}</tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// The last incident in a sentence.
pub fn last_incident(history: &LockHistory) -> String {
    let Some(last) = history.incidents.last() else {
        return "No lock wait has been recorded in the last hour.".to_owned();
    };
    let roots: Vec<&str> = last.roots.iter().map(|root| root.who.as_str()).collect();
    let blocked = match roots.as_slice() {
        [] => String::new(),
        roots => format!(" Blocked by {}.", roots.join(", then ")),
    };
    format!(
        "The last lock wait began at {} UTC: up to {} waited, the longest for {}.{blocked}",
        format::time_of_day(last.first_tick_ms),
        format::plural(i64::from(last.peak_waiting), "session", "sessions"),
        format::age(f64::from(last.longest_ms)),
    )
}

fn roots(all: &[RootSpan]) -> Option<AnyView> {
    let mut longest: Vec<&RootSpan> = all.iter().collect();
    longest.sort_by_key(|root| std::cmp::Reverse(root.seconds));
    let rows = longest.iter().take(LISTED).map(|root| {
        view! {
            <li>
                {root.who.clone()}
                <span class="muted num">
                    {format!(
                        ": for {} between {} and {} UTC, up to {} sessions at a time",
                        format::age(f64::from(root.seconds) * 1_000.0),
                        format::time_of_day(root.first_ms),
                        format::time_of_day(root.last_ms),
                        root.most_held_up
                    )}
                </span>
            </li>
        }
    });
    (!all.is_empty()).then(|| {
        view! { <h3>"Who was blocking"</h3> <ul class="lock-list">{rows.collect_view()}</ul> }
            .into_any()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tick(at_ms: i64, waiting: u32) -> WaitTick {
        WaitTick { at_ms, until_ms: at_ms, waiting, ..WaitTick::default() }
    }

    #[test]
    fn the_last_incident_fills_the_place_of_a_root_blocker() {
        let mut history = LockHistory::default();
        assert_eq!(last_incident(&history), "No lock wait has been recorded in the last hour.");
        history.incidents = vec![Incident {
            started_ms: 3_600_000,
            ended_ms: Some(3_631_000),
            first_tick_ms: 3_600_000,
            first_waiter: None,
            peak_ms: 3_610_000,
            peak_waiting: 1,
            longest_ms: 31_000,
            roots: Vec::new(),
        }];
        assert_eq!(
            last_incident(&history),
            "The last lock wait began at 01:00:00 UTC: up to 1 session waited, the longest for 31\u{a0}s."
        );
    }

    #[test]
    fn the_seconds_beside_a_moment() {
        let ticks = vec![tick(1_000, 1), tick(2_000, 1), tick(9_000, 0)];
        let history = LockHistory { ticks, ..LockHistory::default() };
        assert_eq!(neighbours(&history, 2_500), (Some(1_000), Some(9_000)));
        assert_eq!(neighbours(&history, 9_000), (Some(2_000), None));
        assert_eq!(neighbours(&history, 0), (None, Some(1_000)));
        assert_eq!(span(&history), Some((1_000, 9_000)));
    }

    #[test]
    fn an_hour_of_ticks_is_at_most_a_column_a_unit() {
        let ticks: Vec<WaitTick> =
            (0..3_600).map(|s| tick(s * 1_000, 1 + (s % 7) as u32)).collect();
        let runs = runs(&ticks, |ms| ms as f64 / 3_600_000.0 * WIDTH);
        assert!(runs.len() <= WIDTH as usize, "{}", runs.len());
        assert!(runs.iter().all(|(left, right, _)| left < right && *right <= WIDTH));
    }
}
