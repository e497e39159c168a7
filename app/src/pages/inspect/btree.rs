//! A page of a B-tree: its place in the tree, and its entries without their keys.

use leptos::prelude::*;
use model::ServerId;
use model::inspect::btree::{BtreePage, Entry, Kind, Meta, PAGE_FLAGS};
use model::inspect::{Asked, Inspected};

use super::heap::header_facts;
use super::{notes, strip};
use crate::ui::format;
use crate::ui::table_links::to_page;

/// The panels of a page.
pub fn panels(server: &ServerId, inspected: &Inspected, page: &BtreePage) -> AnyView {
    let header = &inspected.header;
    let entries = format::plural(page.entries.len() as i64, "entry", "entries");
    let words = format!("The page, drawn: {} with {entries}.", page.kind_words());
    let parts = strip::of_btree(header, Some(page));
    view! {
        <section class="panel" aria-labelledby="page-title">
            <h2 id="page-title">"The page"</h2>
            {strip::drawing(header, &parts, words)}
            {header_facts(header, &flags(page))}
            {notes::details("What the LSN is for", notes::wal(header))}
        </section>
        {place(server, inspected, page)}
        <section class="panel" aria-labelledby="entries-title">
            <h2 id="entries-title">"Entries"</h2>
            <p class="note">"Keys are not read: each entry is shown by its length and by where it leads."</p>
            {table(server, inspected, page)}
            {notes::details("What entries are", notes::entries(page))}
        </section>
    }
    .into_any()
}

fn flags(page: &BtreePage) -> String {
    let set = PAGE_FLAGS.iter().filter(|(bit, _)| page.flags & bit != 0);
    let set: Vec<&str> = set.map(|(_, words)| *words).collect();
    if set.is_empty() { "none".to_owned() } else { set.join("; ") }
}

/// A link to another block of the same index; 0 is none.
fn to_block(server: &ServerId, asked: &Asked, block: u32) -> AnyView {
    if block == 0 {
        return "none".into_any();
    }
    let to = to_page(server, &Asked { block, item: None, ..asked.clone() });
    view! { <a href=to>{format!("block {block}")}</a> }.into_any()
}

/// Where the page stands in the tree.
fn place(server: &ServerId, inspected: &Inspected, page: &BtreePage) -> AnyView {
    let asked = &inspected.asked;
    let level = match page.level {
        0 => "0, the lowest: its entries point to rows".to_owned(),
        level => format!("{level}: its entries lead to level {}", level - 1),
    };
    view! {
        <section class="panel" aria-labelledby="place-title">
            <h2 id="place-title">"Its place in the tree"</h2>
            <dl class="facts">
                <div><dt>"Kind"</dt><dd>{page.kind_words()}</dd></div>
                <div><dt>"Level"</dt><dd>{level}</dd></div>
                <div><dt>"Left neighbour"</dt><dd>{to_block(server, asked, page.left)}</dd></div>
                <div><dt>"Right neighbour"</dt><dd>{to_block(server, asked, page.right)}</dd></div>
                <div><dt>"Entries not marked dead"</dt><dd>{page.live_items.to_string()}</dd></div>
                <div><dt>"Entries marked dead"</dt><dd>{page.dead_items.to_string()}</dd></div>
                <div><dt>"Rows that entries point to"</dt><dd>{format::grouped(page.rows() as f64)}</dd></div>
            </dl>
            {notes::details("How a search goes", notes::tree())}
        </section>
    }
    .into_any()
}

const COLUMNS: [&str; 5] = ["Place", "What it is", "Bytes", "Leads to", "Marked dead"];

fn table(server: &ServerId, inspected: &Inspected, page: &BtreePage) -> AnyView {
    if page.entries.is_empty() {
        return view! { <p class="empty">"It has no entries."</p> }.into_any();
    }
    let heads = COLUMNS.map(|name| view! { <th scope="col">{name}</th> });
    let rows = page.entries.iter().map(|entry| row(server, &inspected.asked, page, entry));
    view! {
        <div class="scroll stacked versions" tabindex="0" role="group" aria-label="Entries">
            <table>
                <thead><tr>{heads.collect_view()}</tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(server: &ServerId, asked: &Asked, page: &BtreePage, entry: &Entry) -> AnyView {
    let kind = page.kind(entry);
    let words = match kind {
        Kind::HighKey => "high key".to_owned(),
        Kind::Downlink => "downlink".to_owned(),
        Kind::Row => "row".to_owned(),
        Kind::Posting => format!("posting list of {} rows", entry.rows),
    };
    let null = entry.has_nulls.then_some(", with a null");
    let leads = match kind {
        Kind::HighKey => "–".into_any(),
        Kind::Downlink => to_block(server, asked, entry.block),
        Kind::Row => entry.row.clone().unwrap_or_else(|| "–".into()).into_any(),
        Kind::Posting => format!("{} …", entry.first_rows).into_any(),
    };
    let dead = match entry.is_dead {
        Some(true) => "yes",
        Some(false) => "no",
        None => "–",
    };
    view! {
        <tr>
            <th scope="row">{entry.place.to_string()}</th>
            <td data-label="What it is">{words} {null}</td>
            <td data-label="Bytes">{entry.length.to_string()}</td>
            <td data-label="Leads to">{leads}</td>
            <td data-label="Marked dead">{dead}</td>
        </tr>
    }
    .into_any()
}

/// The panels of the metapage.
pub fn meta(server: &ServerId, inspected: &Inspected, meta: &Meta) -> AnyView {
    let (header, asked) = (&inspected.header, &inspected.asked);
    let parts = strip::of_btree(header, None);
    let words = "The metapage, drawn: it holds no entries.".to_owned();
    let merged = if meta.all_equal_image {
        "yes: equal keys are equal bytes"
    } else {
        "no: a column's type does not allow it, or the index is of before 13"
    };
    let meta = view! {
        <dl class="facts">
            <div><dt>"Root"</dt><dd>{to_block(server, asked, meta.root)}</dd></div>
            <div><dt>"Levels below the root"</dt><dd>{meta.level.to_string()}</dd></div>
            <div><dt>"Searches begin at (fast root)"</dt><dd>{to_block(server, asked, meta.fast_root)} ", level " {meta.fast_level.to_string()}</dd></div>
            <div><dt>"Version of the format"</dt><dd>{meta.version.to_string()}</dd></div>
            <div><dt>"May merge equal keys"</dt><dd>{merged}</dd></div>
        </dl>
    };
    view! {
        <section class="panel" aria-labelledby="place-title">
            <h2 id="place-title">"The tree"</h2>
            {meta}
            {notes::details("How a search goes", notes::tree())}
        </section>
        <section class="panel" aria-labelledby="page-title">
            <h2 id="page-title">"The page"</h2>
            {strip::drawing(header, &parts, words)}
            {header_facts(header, "none")}
        </section>
    }
    .into_any()
}
