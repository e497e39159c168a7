//! The ranking: a row per statement, sorted by a heading. Headings are links, so sorting works without
//! JavaScript.

use leptos::prelude::*;
use model::statements::{Bound, Measure, Ranked, StatementText, Statements};
use model::{Latest, Unit};

use super::share;
use crate::ui::format;
use crate::ui::keyed::keyed;
use crate::ui::query_params::QueryParams;
use crate::ui::sort;
use crate::ui::sort::Column;
use crate::ui::sql::{highlighted, one_line};
use crate::ui::table::{sort_heading, unknown};

/// Characters of a statement in its row.
const TEXT_CHARS: usize = 160;

/// A numeric column: its heading, its unit, and the value of an entry given the whole execution time.
type Number = (Column, Unit, fn(&Ranked, f64) -> Option<f64>);

const COLUMNS: &[Number] = &[
    (("total", "Total time", true), Unit::Ms, |e, _| Some(e.sums.get(Measure::ExecTime))),
    (("share", "Share", true), Unit::Percent, |e, all| share(e.sums.get(Measure::ExecTime), all)),
    (("calls", "Calls", true), Unit::Count, |e, _| Some(e.sums.get(Measure::Calls))),
    (("mean", "Mean", true), Unit::Ms, |e, _| e.sums.mean_ms()),
    (("stddev", "Std dev", true), Unit::Ms, |e, _| e.sums.stddev_ms()),
    (("rows", "Rows per call", true), Unit::Count, |e, _| per_call(e, e.sums.get(Measure::Rows))),
    (("read", "Blocks read", true), Unit::Count, |e, _| Some(e.sums.get(Measure::SharedRead))),
    (("temp", "Temp blocks", true), Unit::Count, |e, _| {
        Some(e.sums.get(Measure::TempRead) + e.sums.get(Measure::TempWritten))
    }),
    (("wal", "WAL", true), Unit::Bytes, |e, _| Some(e.sums.get(Measure::WalBytes))),
    (("plan", "Planning", true), Unit::Ms, |e, _| Some(e.sums.get(Measure::PlanTime))),
];

fn per_call(entry: &Ranked, value: f64) -> Option<f64> {
    let calls = entry.sums.get(Measure::Calls);
    (calls > 0.0).then(|| value / calls)
}

/// The entries in the order of the `sort` parameter; the costliest first when it names no column. What is
/// unknown comes last either way.
fn ordered(entries: Vec<Ranked>, sort: &str, whole: f64) -> Vec<Ranked> {
    let (name, descending) = sort::column(sort);
    let Some((_, _, value)) = COLUMNS.iter().find(|((id, ..), ..)| *id == name) else {
        return entries;
    };
    sort::sorted(entries, |a, b| sort::numbers(value(a, whole), value(b, whole), descending))
}

fn key(entry: &Ranked) -> String {
    let key = &entry.key;
    format!("{}.{}.{}.{}", key.userid, key.dbid, key.toplevel, key.queryid)
}

/// The table, over the newest reading.
#[component]
pub fn Ranking(
    /// The reading.
    latest: RwSignal<Latest<Statements>>,
    /// Texts, as far as the person may see them.
    texts: RwSignal<Vec<StatementText>>,
) -> impl IntoView {
    let params = QueryParams::get(&["sort"]);
    let entries = Memo::new(move |_| {
        latest.with(|latest| {
            let window = latest.value().and_then(|s| s.window().ok());
            let whole = window.map_or(0.0, |window| window.total.get(Measure::ExecTime));
            let top = window.map(|window| window.top.clone()).unwrap_or_default();
            (ordered(top, &params.value("sort"), whole), whole)
        })
    });
    let any = Memo::new(move |_| entries.with(|(entries, _)| !entries.is_empty()));
    let order = move || match params.value("sort") {
        sort if sort.is_empty() => "-total".to_owned(),
        sort => sort,
    };
    let heads = COLUMNS.iter().map(|(column, ..)| sort_heading(params, *column, order));
    let heads = heads.collect_view();
    let row = move |id: String| {
        let entry = Memo::new(move |_| {
            entries.with(|(all, whole)| {
                all.iter().find(|entry| key(entry) == id).map(|entry| (entry.clone(), *whole))
            })
        });
        row_view(entry, latest, texts)
    };
    let keys = move || entries.with(|(entries, _)| entries.iter().map(key).collect());
    view! {
        <div class="scroll statements" tabindex="0" role="group" aria-label="Statements" hidden=move || !any.get()>
            <table>
                <thead><tr><th scope="col">"Statement"</th>{heads}</tr></thead>
                <tbody>{keyed(keys, row)}</tbody>
            </table>
        </div>
    }
}

fn row_view(
    entry: Memo<Option<(Ranked, f64)>>,
    latest: RwSignal<Latest<Statements>>,
    texts: RwSignal<Vec<StatementText>>,
) -> AnyView {
    let text = Memo::new(move |_| {
        let queryid = entry.with(|entry| entry.as_ref().map(|(entry, _)| entry.key.queryid))?;
        texts.with(|texts| texts.iter().find(|text| text.queryid == queryid).cloned())
    });
    let whose = Memo::new(move |_| {
        let key = entry.with(|entry| entry.as_ref().map(|(entry, _)| entry.key))?;
        let who = latest
            .with(|latest| latest.value().map(|s| (s.database(key.dbid), s.role(key.userid))));
        let (database, role) = who?;
        let inside = if key.toplevel { "" } else { ", inside a function: in its caller's time" };
        Some(format!("{database}, role {role}, query id {}{inside}", key.queryid))
    });
    let cells = move || {
        entry.with(|entry| {
            entry.as_ref().map(|(entry, whole)| {
                COLUMNS
                    .iter()
                    .map(|(_, unit, value)| cell(value(entry, *whole), *unit, entry.bound))
                    .collect_view()
            })
        })
    };
    view! {
        <tr>
            <th scope="row" class="statement">
                {move || text.get().map_or_else(|| view! { <span class="unknown">"text not known"</span> }.into_any(), statement)}
                <p class="muted">{move || whose.get()}</p>
            </th>
            {cells}
        </tr>
    }
    .into_any()
}

/// The statement in one line; all of it, and its tables, once it is opened.
fn statement(text: StatementText) -> AnyView {
    let tables = (!text.tables.is_empty()).then(|| format!("Tables: {}", text.tables.join(", ")));
    view! {
        <details>
            <summary><code>{one_line(&text.text, TEXT_CHARS)}</code></summary>
            <pre class="sql" tabindex="0"><code>{highlighted(&text.text)}</code></pre>
            {tables.map(|tables| view! { <p class="muted">{tables}</p> })}
        </details>
    }
    .into_any()
}

/// A number; behind a lower bound, which says so, it may have been more.
fn cell(value: Option<f64>, unit: Unit, bound: Bound) -> AnyView {
    let Some(value) = value else {
        return unknown(None);
    };
    let (sign, title) = match bound {
        Bound::Exact => ("", String::new()),
        Bound::LowerBound => ("≥ ", "At least: the entry was removed in between. ".to_owned()),
    };
    let title = title + &format::exact(value, unit);
    view! { <td class="num" title=title>{format!("{sign}{}", format::number(value, unit))}</td> }
        .into_any()
}

#[cfg(test)]
mod tests {
    use model::statements::{Key, Sums};

    use super::*;

    fn entry(queryid: i64, calls: f64, ms: f64) -> Ranked {
        let sums = Sums::from_iter([(Measure::Calls, calls), (Measure::ExecTime, ms)]);
        Ranked { key: Key { queryid, ..Key::default() }, sums, bound: Bound::Exact }
    }

    #[test]
    fn a_heading_sorts_and_what_is_unknown_comes_last() {
        let all = || vec![entry(1, 1.0, 30.0), entry(2, 10.0, 20.0), entry(3, 0.0, 0.0)];
        let ids = |sort: &str| {
            ordered(all(), sort, 50.0).iter().map(|e| e.key.queryid).collect::<Vec<_>>()
        };
        assert_eq!(ids(""), [1, 2, 3], "as the engine ranked them");
        assert_eq!(ids("-calls"), [2, 1, 3]);
        assert_eq!(ids("mean"), [2, 1, 3]);
        assert_eq!(ids("-mean"), [1, 2, 3]);
        assert_eq!(ids("<b>"), [1, 2, 3], "no column");
    }
}
