//! What an index is and does, what writes pay for it, and which others do the same work.

use leptos::prelude::*;
use model::indexes::Duty;
use model::indexes::detail::{Detail, Other};
use model::{ServerId, Unit};

use crate::ui::format;
use crate::ui::index_definition::index_definition;
use crate::ui::index_links::to_index;
use crate::ui::table;

/// Definition, constraint and what it is for.
pub fn definition(detail: &Detail) -> AnyView {
    let row = &detail.row;
    let duties = row.duties.iter().map(|duty| {
        let class = if *duty == Duty::Invalid { "mark warning" } else { "mark" };
        view! { <span class=class>{duty.as_str()}</span> " " }
    });
    let none = row.duties.is_empty().then_some("Only to be scanned: it keeps no rule and no key.");
    let keys = |what: &'static str, names: &[String]| {
        (!names.is_empty()).then(|| view! { <p>{what} {names.join(", ")} "."</p> })
    };
    let facts = figures(detail).into_iter().map(|(label, value)| {
        view! { <div><dt>{label}</dt><dd class="num">{value}</dd></div> }
    });
    view! {
        <section class="panel" aria-labelledby="definition-title">
            <h2 id="definition-title">"What it is"</h2>
            {index_definition(row)}
            <p>{duties.collect_view()} {none}</p>
            {keys("Foreign keys that find their rows by it: ", &detail.supports)}
            {keys("Foreign keys that refer to its columns: ", &detail.referenced_by)}
            <dl class="statement-figures">{facts.collect_view()}</dl>
            <p class="muted">"Sizes and entries are those of the last VACUUM, ANALYZE or CREATE INDEX of it."</p>
        </section>
    }
    .into_any()
}

fn figures(detail: &Detail) -> Vec<(&'static str, String)> {
    let row = &detail.row;
    let share = row.table_percent.map(|percent| format::number(percent, Unit::Percent));
    let entries = detail.entries.map(|entries| format::number(entries, Unit::Count));
    let mut figures = vec![
        ("Access method", row.amname.clone()),
        ("Key columns", row.columns.to_string()),
        ("Size", format::number(row.bytes, Unit::Bytes)),
        ("Share of its table, without indexes and TOAST", share.unwrap_or_else(|| "–".into())),
        ("Entries", entries.unwrap_or_else(|| "never counted".into())),
    ];
    if detail.parts > 0 {
        figures.push(("Parts, one per partition", format::grouped(detail.parts as f64)));
    }
    figures.push(("Read", format::moment(detail.at_ms)));
    figures
}

/// What writes pay for it, and HOT updates that indexes prevent.
pub fn writes(detail: &Detail) -> AnyView {
    let rows = paid(detail).into_iter().map(|(label, value)| {
        view! { <div><dt>{label}</dt><dd class="num">{value}</dd></div> }
    });
    view! {
        <section class="panel" aria-labelledby="writes-title">
            <h2 id="writes-title">"What writes pay for it"</h2>
            <dl class="statement-figures">{rows.collect_view()}</dl>
            <p class="muted">"An update is HOT only if it changes no column of any index that is not BRIN, and its page has room. PostgreSQL counts that for the table, not for each index."</p>
        </section>
    }
    .into_any()
}

fn paid(detail: &Detail) -> Vec<(&'static str, String)> {
    let row = &detail.row;
    let is_partial = row.duties.contains(&Duty::Partial);
    let most = |per_s: f64| if is_partial && per_s > 0.0 { "at most " } else { "" };
    let rate = row
        .entries_per_s
        .map(|per_s| format!("{}{}", most(per_s), format::number(per_s, Unit::PerSecond)));
    let of_updates = |count: i64| match detail.n_tup_upd {
        1.. => format::number(100.0 * count as f64 / detail.n_tup_upd as f64, Unit::Percent),
        _ => "–".to_owned(),
    };
    let count = |count: i64| format::number(count as f64, Unit::Count);
    let kept = detail.kept_from_hot.map(|updates| match updates {
        0 => count(0),
        _ => format!("{} ({} of updates)", count(updates), of_updates(updates)),
    });
    vec![
        ("Entries written to it", rate.unwrap_or_else(|| "unknown until two readings".into())),
        ("Indexes that a write of the table maintains", detail.siblings.to_string()),
        ("Rows inserted", count(detail.n_tup_ins)),
        ("Rows updated", count(detail.n_tup_upd)),
        ("HOT updates of them", of_updates(detail.n_tup_hot_upd)),
        (
            "Kept from HOT by some index, with room on the page",
            kept.unwrap_or_else(|| "told since PostgreSQL 16".into()),
        ),
    ]
}

const COLUMNS: [(&str, bool); 4] =
    [("Index", false), ("What it is to this one", false), ("Scans", true), ("Size", true)];

/// Other indexes of the table that do the same work.
pub fn others(server: &ServerId, detail: &Detail) -> AnyView {
    let rows = detail.others.iter().map(|other| line(server, detail, other)).collect_view();
    let inner = match detail.others.is_empty() {
        true => view! { <p class="empty">"No other index of the table does its work, and it does no other’s."</p> }.into_any(),
        false => table::table("Indexes that do the same work", table::head(&COLUMNS), rows),
    };
    view! {
        <section class="panel" aria-labelledby="others-title">
            <h2 id="others-title">"Which others do the same work"</h2>
            {inner}
        </section>
    }
    .into_any()
}

fn line(server: &ServerId, detail: &Detail, other: &Other) -> AnyView {
    let row = &detail.row;
    let to = to_index(server, &row.datname, &row.nspname, &other.relname);
    let scans = other.scans.map(|scans| format::number(scans as f64, Unit::Count));
    view! {
        <tr>
            <th scope="row"><a href=to><bdi>{other.relname.clone()}</bdi></a></th>
            <td class="text">{other.overlap.as_str()}</td>
            <td class="num">{scans.unwrap_or_else(|| "unknown".to_owned())}</td>
            <td class="num">{format::number(other.bytes, Unit::Bytes)}</td>
        </tr>
    }
    .into_any()
}
