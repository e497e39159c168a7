//! The rows of the list. Headings are links, so sorting works without JavaScript.

use leptos::prelude::*;
use model::indexes::listing::{LastScan, PAGE_ROWS, Row};
use model::indexes::{Listing, ProblemKind, Question};
use model::{Finding, ServerId, Unit};

use super::details::details;
use crate::ui::band;
use crate::ui::format;
use crate::ui::index_links::{SORTED, to_index, to_indexes};
use crate::ui::keyed::keyed;
use crate::ui::listing::{self, Shown};
use crate::ui::query_params::QueryParams;
use crate::ui::sort::Column;
use crate::ui::table::sort_heading;

/// The column of names.
const NAMES: Column = ("table", "Index", false);
/// The columns of numbers that order.
const NUMBERS: [Column; 5] = [
    ("size", "Size", true),
    ("reclaimable", "Reclaimable", true),
    ("scans", "Scans", true),
    ("last", "Last scan", true),
    ("cost", "Entries written", true),
];

/// The table and its pages.
#[component]
pub fn Rows(
    /// The server.
    server: ServerId,
    /// The question in the address.
    question: Memo<Question>,
    /// The answer.
    listing: RwSignal<Listing>,
) -> impl IntoView {
    let params = QueryParams::get(SORTED);
    let order = move || match params.value("sort") {
        sort if sort.is_empty() => "-size".to_owned(),
        sort => sort,
    };
    let any = Memo::new(move |_| listing.with(|listing| !listing.rows.is_empty()));
    let of = server.clone();
    let row = move |wanted: String| {
        let server = of.clone();
        let row = Memo::new(move |_| {
            listing.with(|listing| listing.rows.iter().find(|row| key(row) == wanted).cloned())
        });
        view! { <tr>{move || row.get().map(|row| cells(&server, &row))}</tr> }.into_any()
    };
    let keys = move || listing.with(|listing| listing.rows.iter().map(key).collect());
    let heads = NUMBERS.map(|column| sort_heading(params, column, order));
    view! {
        <div class="scroll stacked indexes" tabindex="0" role="group" aria-label="Indexes" hidden=move || !any.get()>
            <table>
                <thead><tr>
                    {sort_heading(params, NAMES, order)}
                    <th scope="col">"Columns"</th>
                    {heads.into_iter().collect_view()}
                    <th scope="col">"Problem"</th>
                </tr></thead>
                <tbody>{keyed(keys, row)}</tbody>
            </table>
        </div>
        {move || listing.with(|listing| pages(&server, &question.read(), listing))}
    }
}

fn key(row: &Row) -> String {
    format!("{}\0{}\0{}", row.datname, row.nspname, row.relname)
}

fn cells(server: &ServerId, row: &Row) -> AnyView {
    let badges = row.duties.iter().map(|duty| {
        let class = if *duty == model::indexes::Duty::Invalid { "mark warning" } else { "mark" };
        view! { <span class=class>{duty.as_str()}</span> }
    });
    let table = format!("{}.{}, database {}", row.nspname, row.table, row.datname);
    view! {
        <th scope="row" class="index-name">
            <a href=to_index(server, &row.datname, &row.nspname, &row.relname)><code>{row.relname.clone()}</code></a>
            <p class="muted">{table}</p>
            <p class="index-marks">{badges.collect_view()}</p>
            {details(server, row)}
        </th>
        <td class="text" data-label="Columns">{columns(row)}</td>
        {size(row)}
        {reclaimable(row)}
        {scans(row)}
        {last_scan(row)}
        {cost(row)}
        <td class="text" data-label="Problem">{problems(row)}</td>
    }
    .into_any()
}

/// The access method and what it is on; without the definition how many columns.
fn columns(row: &Row) -> AnyView {
    let on = match &row.spelled {
        Some(spelled) => view! { <code>{spelled.clone()}</code> }.into_any(),
        None => format::plural(row.columns as i64, "column", "columns").into_any(),
    };
    view! { {row.amname.clone()} " " {on} }.into_any()
}

fn size(row: &Row) -> AnyView {
    let share = row.table_percent.map(|percent| {
        let share = format!("{} of its table", format::number(percent, Unit::Percent));
        view! { <span class="muted under">{share}</span> }
    });
    view! {
        <td class="num" data-label="Size" title=format::exact(row.bytes, Unit::Bytes)>
            {format::number(row.bytes, Unit::Bytes)} {share}
        </td>
    }
    .into_any()
}

/// What building it anew would give back: estimated of B-trees only.
fn reclaimable(row: &Row) -> AnyView {
    let label = "Reclaimable";
    match &row.reclaimable {
        Some(Ok(sum)) => view! {
            <td class="num" data-label=label title=band::in_words(sum)>{band::span(sum)}</td>
        }
        .into_any(),
        Some(Err(reason)) => {
            view! { <td class="num" data-label=label title=reason.message()><span class="unknown">"unknown"</span></td> }
                .into_any()
        }
        None => unknown(label, "Not estimated yet: the largest tables come first."),
    }
}

fn scans(row: &Row) -> AnyView {
    let Some(scans) = row.scans else {
        return unknown("Scans", "Scans are not counted: track_counts is off.");
    };
    let since = match row.counted_since_ms {
        Some(ms) => format!("since {}", format::moment(ms)),
        None => "since when is not known".to_owned(),
    };
    let elsewhere = (!row.scanned_on.is_empty()).then(|| {
        let names = format!("scanned on {}", row.scanned_on.join(", "));
        view! { <span class="under">{names}</span> }
    });
    view! {
        <td class="num" data-label="Scans" title=format::grouped(scans as f64)>
            {format::number(scans as f64, Unit::Count)}
            <span class="muted under since">{since}</span>
            {elsewhere}
        </td>
    }
    .into_any()
}

fn last_scan(row: &Row) -> AnyView {
    let words = match row.last_scan {
        LastScan::At(ms) => format::moment(ms),
        LastScan::Never => "not since then".to_owned(),
        LastScan::NotTold => {
            return unknown("Last scan", "PostgreSQL tells it since 16, where scans are counted.");
        }
    };
    view! { <td class="num index-moment" data-label="Last scan">{words}</td> }.into_any()
}

fn cost(row: &Row) -> AnyView {
    let is_partial = row.duties.contains(&model::indexes::Duty::Partial);
    match row.entries_per_s {
        Some(per_s) => {
            let most = if is_partial && per_s > 0.0 { "≤ " } else { "" };
            let words = format!("{most}{}", format::number(per_s, Unit::PerSecond));
            view! {
                <td class="num" data-label="Entries written" title=format::exact(per_s, Unit::PerSecond)>{words}</td>
            }
            .into_any()
        }
        None => unknown(
            "Entries written",
            "A rate needs two readings, and counters that only grow between them.",
        ),
    }
}

fn unknown(label: &'static str, why: &'static str) -> AnyView {
    view! { <td class="num" data-label=label title=why><span class="unknown">"unknown"</span></td> }
        .into_any()
}

/// What rules say of it; and what else is wrong by definitions and counters, though no rule speaks of it.
fn problems(row: &Row) -> AnyView {
    let found = row.findings.iter().map(|finding| {
        let (class, title) =
            (format!("mark {}", finding.severity.as_str()), finding.severity.title());
        view! { <span class=class title=title>{name(finding)}</span> " " }
    });
    let told = |kind: ProblemKind| {
        let rule = format!("indexes/{kind}_index");
        row.findings.iter().any(|finding| finding.rule == rule)
    };
    let others = row.problems.iter().filter(|kind| !told(**kind)).map(|kind| {
        let words = match kind {
            ProblemKind::Unused if row.scanned_on.is_empty() => "no scans counted",
            ProblemKind::Unused => "scanned on a standby only",
            kind => kind.as_str(),
        };
        view! { <span class="mark">{words}</span> " " }
    });
    view! { {found.collect_view()} {others.collect_view()} }.into_any()
}

/// `indexes/unused_index` as `unused index`.
fn name(finding: &Finding) -> String {
    let defect = finding.rule.rsplit('/').next().unwrap_or_default();
    defect.replace('_', " ")
}

/// Where all rows are on this page, nothing has to be said.
fn pages(server: &ServerId, question: &Question, of: &Listing) -> Option<AnyView> {
    let shown = Shown {
        page: of.page,
        page_rows: PAGE_ROWS,
        rows: of.rows.len(),
        matching: of.matching,
        bytes: of.matching_bytes,
    };
    let to = |page: usize| to_indexes(server, &Question { page, ..question.clone() });
    (of.matching > of.rows.len()).then(|| listing::pages(shown, to))
}
