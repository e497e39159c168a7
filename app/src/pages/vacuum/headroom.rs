//! How many transaction and multixact IDs each database has left, and when each limit is reached at the measured
//! speed.

use leptos::prelude::*;
use model::Unit;
use model::vacuum::{Burn, Headroom, Mark, Vacuum, headroom as of_database};

use crate::ui::bar::Bar;
use crate::ui::format;
use crate::ui::reading::{known, unread};
use crate::ui::table::{head, table};

const COLUMNS: [(&str, bool); 7] = [
    ("Database", false),
    ("Counter", false),
    ("Age", true),
    ("Used", true),
    ("Next limit", false),
    ("Left to it", true),
    ("Reached in", true),
];
/// Databases shown: the oldest stop the server.
const SHOWN: usize = 20;

/// The panel.
pub fn headroom(vacuum: &Vacuum, major: u16) -> AnyView {
    let all = vacuum.databases.iter().take(SHOWN).flat_map(|database| {
        let found = of_database(database, vacuum, major);
        found.into_iter().map(|one| (database.datname.clone(), one))
    });
    let rows = all.map(|(datname, one)| row(datname, &one)).collect_view();
    view! {
        {known(&vacuum.burn, |burn| view! { <p>{speed(burn)}</p> }.into_any())}
        {table("IDs left by database", head(&COLUMNS), rows)}
        {unread(&vacuum.ages_unread)}
        {limits(vacuum, major)}
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

fn row(datname: String, one: &Headroom) -> AnyView {
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
            <td class="num">{next.map_or_else(|| "reached".to_owned(), forecast)}</td>
        </tr>
    }
    .into_any()
}

fn forecast(mark: &Mark) -> String {
    mark.due_ms.map_or_else(|| "unknown".to_owned(), format::age)
}

/// The limits that are the same for all databases.
fn limits(vacuum: &Vacuum, major: u16) -> Option<AnyView> {
    let first = vacuum.databases.first()?;
    let found = of_database(first, vacuum, major);
    let one = found.first()?;
    let at =
        |mark: &Mark| format!("{} at {}", mark.name, format::number(mark.at as f64, Unit::Xids));
    let all: Vec<String> = one.marks.iter().map(at).collect();
    let members = if major < 19 {
        " How much of their space the members of multixacts need is not told by this major: beyond half of it, tables are frozen earlier than by age."
    } else {
        ""
    };
    Some(
        view! { <p class="note">{format!("Of transaction IDs: {}.{members}", all.join(", "))}</p> }
            .into_any(),
    )
}
