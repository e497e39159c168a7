//! What is due for autovacuum in the order in which it is taken, what is nearest to it, and the oldest tables.

use leptos::prelude::*;
use model::Unit;
use model::autovacuum::{Place, Pressure, Trigger};

use super::Tables;
use crate::links;
use crate::ui::format;
use crate::ui::reading::{empty, why};
use crate::ui::table::{head, table};

const COLUMNS: [(&str, bool); 6] = [
    ("Database", false),
    ("Table", false),
    ("Because of", false),
    ("Now", true),
    ("Threshold", true),
    ("Pressure", true),
];
/// Behind them where tables are ordered by score.
const SCORES: [(&str, bool); 2] = [("Score", true), ("By the server", true)];
/// The first major that orders tables by need.
const SCORES_SINCE: u16 = 19;

/// The head, with scores where the major has them.
fn columns(major: u16) -> AnyView {
    let scores = SCORES.iter().filter(|_| major >= SCORES_SINCE);
    head(&COLUMNS.iter().chain(scores).copied().collect::<Vec<_>>())
}

/// What is due.
pub fn due(tables: &Tables, major: u16) -> AnyView {
    let order = if major >= SCORES_SINCE {
        "Within a database workers take the table with the highest score first. “Score” is computed from what was read of the tables, “by the server” is pg_stat_autovacuum_scores moments later: they differ where a table moved in between, and of a TOAST table without settings of its own, for which that view takes the server’s and a worker those of its table."
    } else {
        "Within a database a worker takes tables in the order of pg_class and TOAST tables last, not by need, and leaves out what another worker is at. “Next” is the first of its database."
    };
    let mut seen: Vec<&str> = Vec::new();
    let rows = tables.due.iter().map(|place| {
        let next = !seen.contains(&place.datname.as_str());
        if next {
            seen.push(&place.datname);
        }
        row(place, place.due().next(), next, major)
    });
    let rows = rows.collect_view();
    let more = tables.due_count.saturating_sub(tables.due.len());
    view! {
        {if tables.due.is_empty() {
            empty("No table is due.")
        } else {
            view! {
                {table("Tables due for autovacuum", columns(major), rows)}
                {(more > 0).then(|| view! { <p class="note">{format!("{} more are due.", format::grouped(more as f64))}</p> })}
                <p class="note">{order}</p>
            }.into_any()
        }}
        {unread(tables)}
    }
    .into_any()
}

/// What is nearest to being due.
pub fn waiting(tables: &Tables, major: u16) -> AnyView {
    let calm = calm(tables.waiting.len(), tables.more_waiting, tables.near_from);
    if tables.waiting.is_empty() {
        return empty(&calm);
    }
    let rows = tables.waiting.iter().map(|place| row(place, place.pressures.first(), false, major));
    view! {
        {table("Tables nearest to being due", columns(major), rows.collect_view())}
        <p class="note">{calm}</p>
    }
    .into_any()
}

/// What is said of those that are not due and not listed.
fn calm(listed: usize, more: usize, near_from: f64) -> String {
    let more = more as i64;
    let share = format::number(100.0 * near_from, Unit::Percent);
    match (more, listed == 0) {
        (0, true) => "No other table is known.".to_owned(),
        (0, false) => "All that are not due are listed.".to_owned(),
        (_, true) => format!(
            "No table is near: {} below {share} of every threshold.",
            format::plural(more, "table is", "tables are")
        ),
        (_, false) => format!(
            "{} further from being due.",
            format::plural(more, "other table is", "other tables are")
        ),
    }
}

/// The tables with the oldest transaction ID.
pub fn oldest(tables: &Tables, major: u16) -> AnyView {
    if tables.oldest.is_empty() {
        return empty("No table is known.");
    }
    let rows = tables.oldest.iter().map(|place| {
        let age = place.pressures.iter().find(|one| one.trigger == Trigger::Wraparound);
        row(place, age, false, major)
    });
    table("Tables with the oldest transaction ID", columns(major), rows.collect_view())
}

fn unread(tables: &Tables) -> AnyView {
    let one = |(datname, reason): &(String, model::Reason)| {
        view! { <p class="note">{format!("Database {datname}:")}</p> {why(reason)} }
    };
    tables.unread.iter().map(one).collect_view().into_any()
}

fn row(place: &Place, one: Option<&Pressure>, next: bool, major: u16) -> AnyView {
    let to = links::query(&[
        ("database", &place.datname),
        ("schema", &place.nspname),
        ("table", &place.relname),
    ]);
    let name = format!("{}.{}", place.nspname, place.relname);
    let unit = one
        .map_or(Unit::Count, |one| if one.trigger.is_forced() { Unit::Xids } else { Unit::Count });
    let number = |value: fn(&Pressure) -> f64| {
        one.map_or_else(|| "unknown".to_owned(), |one| format::number(value(one), unit))
    };
    let ratio = one.map_or_else(|| "unknown".to_owned(), |one| format::times(one.ratio()));
    view! {
        <tr>
            <th scope="row">{place.datname.clone()}</th>
            <td class="text">
                {if place.is_toast { "TOAST of " } else { "" }}
                <a href=format!("{to}#simulator-title")>{name}</a>
                {next.then_some(" (next)")}
            </td>
            <td class="text">{one.map_or("unknown", |one| one.trigger.as_str())}</td>
            <td class="num">{number(|one| one.value)}</td>
            <td class="num">{number(|one| one.threshold)}</td>
            <td class="num">{ratio}</td>
            {(major >= SCORES_SINCE).then(|| scores(place))}
        </tr>
    }
    .into_any()
}

fn scores(place: &Place) -> AnyView {
    let score = |score: f64| format::number(score, Unit::Count);
    view! {
        <td class="num">{score(place.score)}</td>
        <td class="num">{place.server_score.map_or_else(|| "unknown".to_owned(), score)}</td>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_that_are_not_listed_are_counted() {
        let of = |listed, more| calm(listed, more, 0.25).replace('\u{a0}', " ");
        assert_eq!(of(0, 0), "No other table is known.");
        assert_eq!(of(0, 7), "No table is near: 7 tables are below 25 % of every threshold.");
        assert_eq!(of(1, 1), "1 other table is further from being due.");
        assert_eq!(of(1, 0), "All that are not due are listed.");
    }
}
