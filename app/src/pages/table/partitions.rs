//! The partitions of a table, each with what is below it.

use leptos::prelude::*;
use model::tables::Kind;
use model::tables::detail::Detail;
use model::tables::listing::Row;
use model::{ServerId, Unit};

use crate::ui::bar::Bar;
use crate::ui::format;
use crate::ui::table;
use crate::ui::table_links::{full_name, to_table};

const COLUMNS: [(&str, bool); 6] = [
    ("Partition", false),
    ("Size", true),
    ("Share", false),
    ("Rows", true),
    ("Dead rows", true),
    ("Last VACUUM", true),
];

/// The panel; nothing where the table is not partitioned.
pub fn partitions(server: &ServerId, detail: &Detail) -> Option<AnyView> {
    if detail.table.kind != Kind::Partitioned {
        return None;
    }
    let whole = detail.row.sums.total_bytes().max(1) as f64;
    let rows = detail.partitions.iter().map(|row| line(server, row, whole)).collect_view();
    let more = (detail.more_partitions > 0).then(|| {
        let more = format::plural(
            detail.more_partitions as i64,
            "smaller partition is",
            "smaller partitions are",
        );
        view! { <p class="muted">{more} " not listed."</p> }
    });
    let none = detail
        .partitions
        .is_empty()
        .then(|| view! { <p class="empty">"It has no partitions."</p> });
    Some(
        view! {
            <section class="panel" aria-labelledby="partitions-title">
                <h2 id="partitions-title">"Partitions"</h2>
                {table::table("Partitions", table::head(&COLUMNS), rows)}
                {none}
                {more}
            </section>
        }
        .into_any(),
    )
}

fn line(server: &ServerId, row: &Row, whole: f64) -> AnyView {
    let to = to_table(server, &row.datname, &row.nspname, &row.relname);
    let bytes = row.sums.total_bytes() as f64;
    let rows = match row.sums.reltuples {
        Some(rows) => format::number(rows, Unit::Count),
        None => "never counted".to_owned(),
    };
    let dead = row.sums.dead_percent().map(|percent| format::number(percent, Unit::Percent));
    let below = (row.partitions > 0)
        .then(|| format!(", {}", format::plural(row.partitions as i64, "partition", "partitions")));
    view! {
        <tr>
            <th scope="row"><a href=to><bdi>{full_name(&row.nspname, &row.relname)}</bdi></a> {below}</th>
            <td class="num">{format::number(bytes, Unit::Bytes)}</td>
            <td><Bar percent=Signal::stored(Some(100.0 * bytes / whole))/></td>
            <td class="num">{rows}</td>
            <td class="num">{dead.unwrap_or_else(|| "–".to_owned())}</td>
            <td class="num">{row.sums.vacuumed_ms.map_or_else(|| "never seen".to_owned(), format::moment)}</td>
        </tr>
    }
    .into_any()
}
