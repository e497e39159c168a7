//! A page of a heap: the drawing, its header, its row versions as a table.

use leptos::prelude::*;
use model::inspect::heap::{Fate, HeapPage, Item, PAGE_FLAGS, Pointer, Tuple};
use model::inspect::{Asked, Header, Inspected, infomask};
use model::{ServerId, Unit};

use super::{chains, map, notes, strip, toast, words};
use crate::ui::format;
use crate::ui::table_links::to_page;

/// The panels.
pub fn panels(server: &ServerId, inspected: &Inspected, page: &HeapPage) -> AnyView {
    let (header, block) = (&inspected.header, inspected.asked.block);
    let parts = strip::of_heap(header, page, block);
    view! {
        <section class="panel" aria-labelledby="page-title">
            <h2 id="page-title">"The page"</h2>
            {strip::drawing(header, &parts, summary(header, page, block))}
            {header_facts(header, &page_flags(header))}
            {notes::details("How a table is stored", notes::storage(inspected, page))}
            {notes::details("What the LSN is for", notes::wal(header))}
        </section>
        <section class="panel" aria-labelledby="versions-title">
            <h2 id="versions-title">"Row versions"</h2>
            <p class="note">
                "Committed, aborted and frozen are judged by the hint bits on the page alone: where none is set, nothing is claimed. No value of a row is read."
            </p>
            {table(server, inspected, page)}
            {notes::details("Who sees which version", notes::mvcc(page, block))}
            {notes::details("Frozen rows and wraparound", notes::wraparound(page))}
        </section>
        {chains::panel(page, block)}
        {map::panel(server, inspected, page)}
        {toast::panel(server, inspected, page)}
    }
    .into_any()
}

/// The page in a sentence, for whom the drawing says nothing.
fn summary(header: &Header, page: &HeapPage, block: u32) -> String {
    let fates = [Fate::Live, Fate::WriterNotHinted, Fate::EndNotHinted, Fate::Ended, Fate::Aborted];
    let told = fates.into_iter().filter_map(|fate| {
        let count = page.fares(block, fate);
        (count > 0).then(|| format!("{count} {}", words::fate(fate)))
    });
    let told: Vec<String> = told.collect();
    let free = format::number(f64::from(header.free_bytes()), Unit::Bytes);
    let pointers = format::plural(page.items.len() as i64, "line pointer", "line pointers");
    let versions = if told.is_empty() { "none".to_owned() } else { told.join(", ") };
    format!("The page, drawn: {pointers}; row versions: {versions}; {free} free.")
}

/// The flags of the page in words.
fn page_flags(header: &Header) -> String {
    let set = PAGE_FLAGS.iter().filter(|(bit, _)| header.flags & bit != 0);
    let set: Vec<&str> = set.map(|(_, words)| *words).collect();
    if set.is_empty() { "none".to_owned() } else { set.join("; ") }
}

/// What a page's header holds.
pub fn header_facts(header: &Header, flags: &str) -> AnyView {
    let bytes = |bytes: u32| format::unbroken(&format!("{} B", format::grouped(f64::from(bytes))));
    let checksum = match header.checksum {
        0 => "not written yet, or checksums are off".to_owned(),
        sum => sum.to_string(),
    };
    let prune = match header.prune_xid {
        0 => "nothing to prune is known".to_owned(),
        xid => format!("from transaction {xid} on something may be pruned"),
    };
    let facts = [
        ("LSN of the last change", header.lsn.clone()),
        ("Checksum", checksum),
        ("Flags", flags.to_owned()),
        ("Free space begins (lower)", bytes(header.lower)),
        ("Free space ends (upper)", bytes(header.upper)),
        ("Own space of the access method (special)", bytes(header.special)),
        ("Prune hint (prune_xid)", prune),
    ];
    let facts = facts.map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> });
    view! { <dl class="facts">{facts.collect_view()}</dl> }.into_any()
}

const COLUMNS: [&str; 7] =
    ["Line pointer", "State", "Bytes", "xmin: written by", "xmax", "Next version", "Flags"];

fn table(server: &ServerId, inspected: &Inspected, page: &HeapPage) -> AnyView {
    if page.items.is_empty() {
        return view! { <p class="empty">"No line pointer: the page is empty."</p> }.into_any();
    }
    let heads = COLUMNS.map(|name| view! { <th scope="col">{name}</th> });
    let has_toast = page.toast.is_some();
    let rows = page.items.iter().map(|item| row(server, &inspected.asked, item, has_toast));
    view! {
        <div class="scroll stacked versions" tabindex="0" role="group" aria-label="Row versions">
            <table>
                <thead><tr>{heads.collect_view()}</tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(server: &ServerId, asked: &Asked, item: &Item, has_toast: bool) -> AnyView {
    let (block, lp) = (asked.block, item.lp);
    let class = match item.fate(block).filter(|_| item.pointer == Pointer::Normal) {
        Some(fate) => words::fate_class(fate),
        None => words::pointer_class(item.pointer),
    };
    let swatch = format!("swatch {class}");
    let bytes = match item.pointer {
        Pointer::Normal => format!("{}, from {}", item.length, item.offset),
        _ => "–".to_owned(),
    };
    let header = item.tuple.as_ref().map(|tuple| header_cells(server, asked, lp, tuple));
    let none = item.tuple.is_none().then(|| {
        view! { <td data-label="xmin">"–"</td><td data-label="xmax">"–"</td><td data-label="Next version">"–"</td><td data-label="Flags"></td> }
    });
    let sizes = (has_toast && item.tuple.is_some()).then(|| {
        let to = to_page(server, &Asked { item: Some(lp), ..asked.clone() });
        view! { <a class="under" href=format!("{to}#toast-title") aria-label=format!("Sizes of the values of row version {lp}")>"Sizes of its values"</a> }
    });
    view! {
        <tr id=format!("lp-{lp}")>
            <th scope="row"><span class=swatch aria-hidden="true"></span> {lp.to_string()} {sizes}</th>
            <td data-label="State">{words::state(item, block)}</td>
            <td data-label="Bytes">{bytes}</td>
            {header} {none}
        </tr>
    }
    .into_any()
}

fn header_cells(server: &ServerId, asked: &Asked, lp: u16, tuple: &Tuple) -> AnyView {
    let flags = infomask::names(tuple.infomask, tuple.infomask2);
    let flags = flags.into_iter().map(|name| view! { <code>{name}</code> " " });
    let columns = format::plural(i64::from(tuple.columns()), "column", "columns");
    view! {
        <td data-label="xmin">{words::xmin(tuple)}</td>
        <td data-label="xmax">{words::xmax(tuple, asked.block, lp)}</td>
        <td data-label="Next version">{next(server, asked, lp, tuple)}</td>
        <td class="flags" data-label="Flags">{flags.collect_view()} <span class="muted">{columns}</span></td>
    }
    .into_any()
}

/// Where the next version is.
fn next(server: &ServerId, asked: &Asked, lp: u16, tuple: &Tuple) -> AnyView {
    let (block, next) = (tuple.next_block, tuple.next_lp);
    if tuple.went_to_partition() {
        return "in another partition".into_any();
    }
    match (block == asked.block, next == lp) {
        (true, true) => "–".into_any(),
        (true, false) if tuple.is_hot_updated() => {
            view! { <a href=format!("#lp-{next}") rel="external">{next.to_string()}</a> " by HOT" }
                .into_any()
        }
        (true, false) => {
            view! { <a href=format!("#lp-{next}") rel="external">{next.to_string()}</a> }.into_any()
        }
        (false, _) => {
            let to = to_page(server, &Asked { block, item: None, ..asked.clone() });
            view! { <a href=format!("{to}#lp-{next}")>{format!("({block},{next})")}</a> }.into_any()
        }
    }
}
