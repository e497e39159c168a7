//! The rows of the list. Headings are links, so sorting works without JavaScript.

use leptos::prelude::*;
use model::tables::listing::{PAGE_ROWS, Row, Sums};
use model::tables::{Kind, Listing, Persistence, Question};
use model::{ServerId, Unit};

use crate::live::Live;
use crate::ui::band;
use crate::ui::format;
use crate::ui::listing::{self, Shown};
use crate::ui::query_params::QueryParams;
use crate::ui::sort::Column;
use crate::ui::table::sort_heading;
use crate::ui::table_links::{SORTED, full_name, to_table, to_tables};

const COLUMNS: [Column; 13] = [
    ("size", "Size", true),
    ("toast", "TOAST", true),
    ("indexes", "Indexes", true),
    ("reclaimable", "Reclaimable", true),
    ("growth", "Growth per day", true),
    ("rows", "Rows", true),
    ("dead", "Dead rows", true),
    ("hot", "HOT updates", true),
    ("seq_rows", "Rows read by seq scans", true),
    ("hits", "Cache hits", true),
    ("xid_age", "Age", true),
    ("vacuumed", "Last VACUUM", true),
    ("analyzed", "Last ANALYZE", true),
];

/// The table and its pages.
#[component]
pub fn Rows(
    /// The server.
    server: ServerId,
    /// The question in the address.
    question: Memo<Question>,
    /// The answer.
    listing: RwSignal<Option<Listing>>,
) -> impl IntoView {
    let params = QueryParams::get(SORTED);
    let order = move || match params.value("sort") {
        sort if sort.is_empty() => "-size".to_owned(),
        sort => sort,
    };
    let heads = COLUMNS.map(|column| sort_heading(params, column, order));
    let any = Memo::new(move |_| listing.with(|l| l.as_ref().is_some_and(|l| !l.rows.is_empty())));
    let of_rows = server.clone();
    let rows = move || {
        listing.with(|listing| {
            let rows = listing.as_ref().map(|l| l.rows.as_slice()).unwrap_or_default();
            let largest = rows.iter().map(|row| row.sums.total_bytes()).max().unwrap_or_default();
            rows.iter().map(|row| line(&of_rows, row, largest)).collect_view()
        })
    };
    view! {
        <div class="scroll stacked tables-list" tabindex="0" role="group" aria-label="Tables" hidden=move || !any.get()>
            <table>
                <thead><tr><th scope="col">"Table"</th>{heads.collect_view()}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        {move || listing.with(|l| l.as_ref().map(|listing| pages(&server, &question.read(), listing)))}
    }
}

fn pages(server: &ServerId, question: &Question, of: &Listing) -> AnyView {
    let shown = Shown {
        page: of.page,
        page_rows: PAGE_ROWS,
        rows: of.rows.len(),
        matching: of.matching,
        bytes: of.matching_bytes as f64,
    };
    listing::pages(shown, |page| to_tables(server, &Question { page, ..question.clone() }))
}

fn line(server: &ServerId, row: &Row, largest: i64) -> AnyView {
    let to = to_table(server, &row.datname, &row.nspname, &row.relname);
    let sums = &row.sums;
    let badges = badges(row).into_iter().map(|text| view! { <span class="mark">{text}</span> });
    let (of, unit) = (&sums.counters, Unit::Count);
    let rows = match sums.reltuples {
        Some(rows) if sums.never_counted > 0 => {
            let title = format!("{} never counted: the rows of the others.", format::plural(sums.never_counted as i64, "partition was", "partitions were"));
            number("Rows", Some(format!("≥ {}", format::number(rows, unit))), title)
        }
        Some(rows) => number("Rows", Some(format::number(rows, unit)), format::exact(rows, unit)),
        None => view! { <td class="num" data-label="Rows"><span class="unknown">"never counted"</span></td> }.into_any(),
    };
    let scans = format!("{} sequential scans", format::grouped(of.seq_scan as f64));
    let dead = format!("{} dead rows", format::grouped(of.n_dead_tup as f64));
    view! {
        <tr>
            <th scope="row" class="table-name">
                <a href=to><bdi>{full_name(&row.nspname, &row.relname)}</bdi></a>
                <p class="muted">{badges.collect_view()} " " <bdi>{row.datname.clone()}</bdi></p>
            </th>
            {size(sums, largest)}
            {bytes("TOAST", sums.toast_bytes)}
            {bytes("Indexes", sums.index_bytes)}
            {reclaimable(sums)}
            {number("Growth per day", sums.growth_bytes.map(growth), String::new())}
            {rows}
            {number("Dead rows", share(sums.dead_percent()), dead)}
            {number("HOT updates", share(sums.hot_percent()), String::new())}
            {number("Rows read by seq scans", Some(format::number(of.seq_tup_read as f64, unit)), scans)}
            {number("Cache hits", share(sums.hit_percent()), String::new())}
            {number("Age", sums.xid_age.map(|age| format::number(age as f64, Unit::Xids)), String::new())}
            {moment("Last VACUUM", sums.vacuumed_ms)}
            {moment("Last ANALYZE", sums.analyzed_ms)}
        </tr>
    }
    .into_any()
}

fn badges(row: &Row) -> Vec<String> {
    let mut badges = Vec::new();
    match row.kind {
        Kind::Partitioned => badges.push(format!(
            "partitioned, {}",
            format::plural(row.partitions as i64, "partition", "partitions")
        )),
        Kind::MaterializedView => badges.push("materialized view".to_owned()),
        Kind::Table => {}
    }
    if row.relispartition {
        badges.push("partition".to_owned());
    }
    if row.persistence == Persistence::Unlogged {
        badges.push("unlogged".to_owned());
    }
    if row.autovacuum_off {
        badges.push("autovacuum off".to_owned());
    }
    badges
}

/// The size, with a bar of heap, TOAST and indexes.
fn size(sums: &Sums, largest: i64) -> AnyView {
    let total = sums.total_bytes();
    let about = if sums.old_sizes > 0 { "≈ " } else { "" };
    let mut x = 0.0;
    let parts = [
        ("series-1", sums.heap_bytes),
        ("series-6", sums.toast_bytes),
        ("series-3", sums.index_bytes),
    ];
    let parts = parts.map(|(class, bytes)| {
        let width = 100.0 * bytes as f64 / largest.max(1) as f64;
        let from = x;
        x += width;
        view! { <rect class=format!("fill {class}") x=format!("{from:.2}") y="0" width=format!("{width:.2}") height="6"></rect> }
    });
    let title = format!(
        "Heap {}, TOAST {}, indexes {}",
        format::number(sums.heap_bytes as f64, Unit::Bytes),
        format::number(sums.toast_bytes as f64, Unit::Bytes),
        format::number(sums.index_bytes as f64, Unit::Bytes)
    );
    view! {
        <td class="num size" data-label="Size" title=title>
            {about} {format::number(total as f64, Unit::Bytes)}
            <svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">
                {parts.collect_view()}
            </svg>
        </td>
    }
    .into_any()
}

fn bytes(label: &'static str, bytes: i64) -> AnyView {
    let text = (bytes > 0).then(|| format::number(bytes as f64, Unit::Bytes));
    number(label, text, format::exact(bytes as f64, Unit::Bytes))
}

/// What a rewrite would give back at least; how much at most stands behind it.
fn reclaimable(sums: &Sums) -> AnyView {
    let label = "Reclaimable";
    match sums.reclaimable {
        Some(sum) if sum.high > 0 || sum.unknown == 0 => {
            let more = if sum.unknown > 0 { "; some of it is not known" } else { "" };
            let title = format!("{}{more}", band::in_words(&sum));
            number(label, Some(band::span(&sum)), title)
        }
        Some(_) => view! { <td class="num" data-label=label title="Nothing of it is known."><span class="unknown">"unknown"</span></td> }.into_any(),
        None => view! { <td class="num" data-label=label title="Not estimated yet."><span class="unknown">"not yet"</span></td> }.into_any(),
    }
}

fn growth(bytes: f64) -> String {
    let sign = if bytes > 0.0 {
        "+"
    } else if bytes < 0.0 {
        "−"
    } else {
        ""
    };
    format!("{sign}{}", format::number(bytes.abs(), Unit::Bytes))
}

fn share(percent: Option<f64>) -> Option<String> {
    percent.map(|percent| format::number(percent, Unit::Percent))
}

fn moment(label: &'static str, ms: Option<i64>) -> AnyView {
    let Some(ms) = ms else {
        return view! { <td class="num muted" data-label=label>"never seen"</td> }.into_any();
    };
    let live = Live::get();
    let age = move || format::ago(live.now_ms.get() - ms, 60_000);
    view! { <td class="num" data-label=label title=format::moment(ms)>{age}</td> }.into_any()
}

/// A cell with its heading, which stands beside the number on phones. None does not apply.
fn number(label: &'static str, text: Option<String>, title: String) -> AnyView {
    let muted = text.is_none();
    view! {
        <td class="num" class:muted=muted data-label=label title=title>{text.unwrap_or_else(|| "–".to_owned())}</td>
    }
    .into_any()
}
