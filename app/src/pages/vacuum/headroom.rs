//! How many transaction and multixact IDs each database has left, and when each limit is reached at the measured
//! speed.

use leptos::prelude::*;
use model::Unit;
use model::vacuum::{Burn, Counter, Headroom, Mark, Vacuum, headroom as of_database};

use crate::live::clock::Clock;
use crate::ui::bar::Bar;
use crate::ui::format;
use crate::ui::reading::{known, unread};
use crate::ui::table::{head, table};
use crate::ui::term::term;

const COLUMNS: [(&str, bool); 7] = [
    ("Database", false),
    ("Counter", false),
    ("Age", true),
    ("Used", true),
    ("Next limit", false),
    ("Left to it", true),
    ("Reached", true),
];
/// Of the limits.
const LIMITS: [(&str, bool); 5] = [
    ("Limit", false),
    ("Counter", false),
    ("At an age of", true),
    ("Left to it", true),
    ("Reached", true),
];
/// Beyond this a date says nothing, ms: a hundred years.
const NO_DATE_FROM_MS: f64 = 100.0 * 365.25 * 86_400_000.0;
/// Databases shown: the oldest stop the server.
const SHOWN: usize = 20;

/// The panel.
///
/// Dates count from `at_ms`, when the ages were read.
pub fn headroom(vacuum: &Vacuum, at_ms: i64, major: u16) -> AnyView {
    let clock = Clock::get();
    let all = vacuum.databases.iter().take(SHOWN).flat_map(|database| {
        let found = of_database(database, vacuum, major);
        found.into_iter().map(|one| (database.datname.clone(), one))
    });
    let rows = all.map(|(datname, one)| row(datname, &one, at_ms, &clock)).collect_view();
    view! {
        {known(&vacuum.burn, |burn| view! { <p>{speed(burn)}</p> }.into_any())}
        {table("IDs left by database", head(&COLUMNS), rows)}
        {unread(&vacuum.ages_unread)}
        {limits(vacuum, at_ms, major, &clock)}
        {members(vacuum, major)}
    }
    .into_any()
}

/// How fast IDs are used, and over which span that was measured.
fn speed(burn: &Burn) -> String {
    let seconds = (burn.span_ms as f64 / 1_000.0).max(1e-3);
    let per_s = |ids: i64| format::number(ids as f64 / seconds, Unit::PerSecond);
    format!(
        "{} transaction IDs and {} multixact IDs are used, measured over the last {}; forecasts suppose that it goes on like this.",
        per_s(burn.xids),
        per_s(burn.multixacts),
        format::age(burn.span_ms as f64)
    )
}

fn row(datname: String, one: &Headroom, at_ms: i64, clock: &Clock) -> AnyView {
    let next = one.next();
    let percent = one.percent();
    let ids = |ids: i64| format::number(ids as f64, Unit::Xids);
    view! {
        <tr>
            <th scope="row">{datname}</th>
            <td class="text">{one.counter.as_str()}</td>
            <td class="num" title=format::exact(one.age as f64, Unit::Xids)>{ids(one.age)}</td>
            <td class="with-bar">
                <span class="num">{format::number(percent, Unit::Percent)}</span>
                <Bar percent=Signal::stored(Some(percent)) warn_above=50.0/>
            </td>
            <td class="text">{next.map_or("beyond the last", |mark| mark.name)}</td>
            <td class="num">{next.map_or_else(|| "none".to_owned(), |mark| ids(mark.left))}</td>
            <td class="num">{next.map_or_else(|| "reached".to_owned(), |mark| forecast(mark, at_ms, clock))}</td>
        </tr>
    }
    .into_any()
}

/// `2027-03-01, in 94 d 3 h`.
fn forecast(mark: &Mark, at_ms: i64, clock: &Clock) -> String {
    match mark.due_ms {
        _ if mark.left < 0 => "reached".to_owned(),
        None => "unknown".to_owned(),
        Some(ms) if ms >= NO_DATE_FROM_MS => "not within 100 years".to_owned(),
        Some(ms) => {
            let day = clock.input(at_ms.saturating_add(ms as i64));
            let day = day.split('T').next().unwrap_or_default();
            format!("{day}, in {}", format::age(ms))
        }
    }
}

/// All limits of the database that is nearest to them, of each counter.
fn limits(vacuum: &Vacuum, at_ms: i64, major: u16, clock: &Clock) -> Option<AnyView> {
    let all: Vec<Headroom> =
        vacuum.databases.iter().flat_map(|one| of_database(one, vacuum, major)).collect();
    let oldest = |counter: Counter| {
        all.iter().filter(move |one| one.counter == counter).max_by_key(|one| one.age)
    };
    let rows: Vec<AnyView> = [Counter::Xids, Counter::Multixacts]
        .into_iter()
        .filter_map(oldest)
        .flat_map(|one| one.marks.iter().map(|mark| limit(one.counter, mark, at_ms, clock)))
        .collect();
    let label = "What happens at which age, and when the oldest database reaches it";
    (!rows.is_empty()).then(|| {
        view! {
            <details class="limits">
                <summary>{label}</summary>
                {table(label, head(&LIMITS), rows)}
            </details>
        }
        .into_any()
    })
}

fn limit(counter: Counter, mark: &Mark, at_ms: i64, clock: &Clock) -> AnyView {
    let ids = |ids: i64| format::number(ids as f64, Unit::Xids);
    view! {
        <tr>
            <th scope="row">{term(mark.name)}</th>
            <td class="text">{counter.as_str()}</td>
            <td class="num" title=format::exact(mark.at as f64, Unit::Xids)>{ids(mark.at)}</td>
            <td class="num">{if mark.left < 0 { "none".to_owned() } else { ids(mark.left) }}</td>
            <td class="num">{forecast(mark, at_ms, clock)}</td>
        </tr>
    }
    .into_any()
}

/// How much the members of multixacts need (multixact.c).
fn members(vacuum: &Vacuum, major: u16) -> AnyView {
    let words = match (vacuum.multixact_members, major) {
        (Some(members), _) => {
            let bytes = vacuum.multixact_members_bytes.map(|bytes| {
                format!(", {} on disk", format::number(bytes as f64, Unit::Bytes))
            });
            format!(
                "Multixacts have {} members{}; from 2 billion on tables are frozen earlier than by age, and from 4 billion on at every VACUUM.",
                format::grouped(members as f64),
                bytes.unwrap_or_default()
            )
        }
        (None, 19..) => "How many members multixacts have is not told.".to_owned(),
        (None, _) => "How much of their space the members of multixacts need is not told by this major: beyond half of it, tables are frozen earlier than by age.".to_owned(),
    };
    view! { <p class="note">{words}</p> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_has_a_date_where_the_speed_is_known() {
        let mark = |left, due_ms| Mark { name: "failsafe", at: 9, left, due_ms };
        let said = |mark: &Mark| Owner::new().with(|| forecast(mark, 0, &Clock::get()));
        assert_eq!(said(&mark(5, Some(86_400_000.0 * 40.0))), "1970-02-10, in 40\u{a0}d");
        assert_eq!(said(&mark(5, None)), "unknown");
        assert_eq!(said(&mark(-1, None)), "reached");
        assert_eq!(said(&mark(5, Some(1e15))), "not within 100 years");
    }
}
