//! The TOAST table: which columns may go there, and how large the values of one row are.

use leptos::prelude::*;
use model::inspect::heap::HeapPage;
use model::inspect::{Asked, Inspected, Toast, ValueSize};
use model::{ServerId, Unit};

use super::notes;
use crate::ui::format;
use crate::ui::reading::known;
use crate::ui::table;
use crate::ui::table_links::{full_name, to_page};

/// The TOAST table.
pub fn panel(server: &ServerId, inspected: &Inspected, page: &HeapPage) -> AnyView {
    let body = match &page.toast {
        Some(toast) => told(server, inspected, toast),
        None => view! { <p class="empty">"It has no TOAST table: it is one itself, or no column can become too long for a page."</p> }.into_any(),
    };
    view! {
        <section class="panel" aria-labelledby="toast-title">
            <h2 id="toast-title">"Values out of line (TOAST)"</h2>
            {body}
            {notes::details("When a value goes to TOAST", notes::toast(inspected.header.page_bytes))}
        </section>
    }
    .into_any()
}

const COLUMNS: [(&str, bool); 2] = [("Column", false), ("Storage", false)];
const VALUES: [(&str, bool); 5] = [
    ("Column", false),
    ("Stored size", true),
    ("Compression", false),
    ("Where", false),
    ("Chunks", true),
];

fn told(server: &ServerId, inspected: &Inspected, toast: &Toast) -> AnyView {
    let Asked { database, item, .. } = inspected.asked.clone();
    let (schema, name) = (toast.schema.clone(), toast.name.clone());
    let to = to_page(server, &Asked { database, schema, name, ..Asked::default() });
    let size = format::number(toast.bytes as f64, Unit::Bytes);
    let columns = toast.columns.iter().map(|column| {
        view! { <tr><th scope="row"><bdi>{column.name.clone()}</bdi></th><td>{column.storage.clone()}</td></tr> }
    });
    let title = match item {
        Some(lp) => format!("Values of row version {lp}"),
        None => "Values of a row".to_owned(),
    };
    let page_bytes = inspected.header.page_bytes;
    let values = known(&toast.values, |values| {
        let rows = values.iter().map(|value| row(value, page_bytes)).collect_view();
        table::table("Sizes of values", table::head(&VALUES), rows)
    });
    view! {
        <p>"Its TOAST table " <a href=to><bdi>{full_name(&toast.schema, &toast.name)}</bdi></a> " has " {size} "."</p>
        {table::table("Columns of variable length", table::head(&COLUMNS), columns.collect_view())}
        <h3>{title}</h3>
        {values}
    }
    .into_any()
}

fn row(value: &ValueSize, page_bytes: u32) -> AnyView {
    let size = match value.bytes {
        Some(bytes) => format::number(bytes as f64, Unit::Bytes),
        None => "null".to_owned(),
    };
    let place = match value.is_out_of_line {
        _ if value.bytes.is_none() => "nowhere",
        Some(true) => "in the TOAST table",
        Some(false) => "in the row",
        None => "in the row or in the TOAST table: lengths do not tell",
    };
    let chunks = value.chunks(page_bytes).map(|chunks| format::grouped(chunks as f64));
    view! {
        <tr>
            <th scope="row"><bdi>{value.column.clone()}</bdi></th>
            <td class="num">{size}</td>
            <td>{value.compression.clone().unwrap_or_else(|| "none".into())}</td>
            <td class="text">{place}</td>
            <td class="num">{chunks.unwrap_or_else(|| "–".into())}</td>
        </tr>
    }
    .into_any()
}
