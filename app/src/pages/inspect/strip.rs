//! The drawing of a page: its bytes from the header to its end, in lines of an eighth of it, each part in proportion.
//! What it shows stands beside it in words and in a table.

use leptos::prelude::*;
use model::Unit;
use model::inspect::Header;
use model::inspect::btree::BtreePage;
use model::inspect::heap::{HeapPage, Pointer};

use super::words;
use crate::ui::format;

/// Lines that a page is drawn in.
const LINES: u32 = 8;
/// Height of a line and of what of it is filled, in the drawing's units; its width is its bytes.
const LINE: u32 = 100;
const FILLED: u32 = 84;
/// Header of a page and a line pointer, bytes (manual: *Database Page Layout*).
const HEADER_BYTES: u32 = 24;
const POINTER_BYTES: u32 = 4;

/// A run of bytes of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    from: u32,
    to: u32,
    class: &'static str,
    words: String,
}

impl Part {
    fn new(from: u32, to: u32, class: &'static str, words: String) -> Self {
        Self { from, to, class, words }
    }
}

/// Header, line pointers, free space and what the access method keeps.
fn frame(header: &Header, items: u32) -> Vec<Part> {
    let pointers = HEADER_BYTES + items * POINTER_BYTES;
    let free = format::number(f64::from(header.free_bytes()), Unit::Bytes);
    let mut parts = vec![Part::new(0, HEADER_BYTES, "page-header", "page header".into())];
    if header.upper > header.lower.max(pointers) {
        let from = header.lower.max(pointers);
        parts.push(Part::new(from, header.upper, "page-free", format!("free space, {free}")));
    }
    if header.special < header.page_bytes {
        let words = "what the access method keeps for itself".into();
        parts.push(Part::new(header.special, header.page_bytes, "page-special", words));
    }
    parts
}

/// The parts of a page of a heap.
pub fn of_heap(header: &Header, page: &HeapPage, block: u32) -> Vec<Part> {
    let mut parts = frame(header, page.items.len() as u32);
    for item in &page.items {
        let from = HEADER_BYTES + u32::from(item.lp.saturating_sub(1)) * POINTER_BYTES;
        let words = format!("line pointer {}: {}", item.lp, words::pointer(item.pointer));
        let class = words::pointer_class(item.pointer);
        parts.push(Part::new(from, from + POINTER_BYTES, class, words));
        let Some(fate) = item.fate(block).filter(|_| item.pointer == Pointer::Normal) else {
            continue;
        };
        let words = format!("row version {}: {}, {} B", item.lp, words::fate(fate), item.length);
        let to = item.offset.saturating_add(item.length);
        parts.push(Part::new(item.offset, to, words::fate_class(fate), format::unbroken(&words)));
    }
    parts
}

/// The parts of a page of a B-tree: where each entry lies pageinspect does not tell.
pub fn of_btree(header: &Header, page: Option<&BtreePage>) -> Vec<Part> {
    let items = page.map_or(0, |page| page.entries.len() as u32);
    let mut parts = frame(header, items);
    if let Some(page) = page {
        let end = HEADER_BYTES + items * POINTER_BYTES;
        let pointers = format::plural(i64::from(items), "line pointer", "line pointers");
        parts.push(Part::new(HEADER_BYTES, end, "lp-normal", pointers));
        let entries = format::plural(page.entries.len() as i64, "entry", "entries");
        parts.push(Part::new(header.upper, header.special, "row-live", entries));
    } else {
        let words = "root, levels and settings of the tree".into();
        parts.push(Part::new(HEADER_BYTES, header.lower, "row-live", words));
    }
    parts
}

/// The pieces of a run in lines of that many bytes: where in which line, and how long.
fn pieces(from: u32, to: u32, line_bytes: u32) -> Vec<(u32, u32, u32)> {
    let line_bytes = line_bytes.max(1);
    let (mut found, mut at) = (Vec::new(), from);
    while at < to {
        let line = at / line_bytes;
        let end = to.min((line + 1) * line_bytes);
        found.push((line, at % line_bytes, end - at));
        at = end;
    }
    found
}

/// The drawing with its legend.
pub fn drawing(header: &Header, parts: &[Part], words: String) -> AnyView {
    let line_bytes = (header.page_bytes / LINES).max(1);
    let rects = parts.iter().flat_map(|part| {
        let to = part.to.min(header.page_bytes);
        pieces(part.from, to, line_bytes).into_iter().map(|(line, x, width)| {
            let (class, words) = (format!("part {}", part.class), part.words.clone());
            view! { <rect class=class x=x y=line * LINE width=width height=FILLED><title>{words}</title></rect> }
        })
    });
    let sheet = (0..LINES).map(|line| {
        view! { <rect class="page-ground" x="0" y=line * LINE width=line_bytes height=FILLED></rect> }
    });
    let view_box = format!("0 0 {line_bytes} {}", LINES * LINE - (LINE - FILLED));
    let told = format::grouped(f64::from(line_bytes));
    view! {
        <svg class="page-strip" viewBox=view_box preserveAspectRatio="none" role="img" aria-label=words>
            {sheet.collect_view()}
            {rects.collect_view()}
        </svg>
        {legend(parts)}
        <p class="note">
            {format::unbroken(&format!("Each line is {told} B of the page, from left to right and from top to bottom. Line pointers grow from the header down, rows from the end up."))}
        </p>
    }
    .into_any()
}

/// Classes in the order of the legend, and what they stand for.
const LEGEND: [(&str, &str); 13] = [
    ("page-header", "header"),
    ("lp-normal", "line pointer"),
    ("lp-redirect", "redirect"),
    ("lp-dead", "dead line pointer"),
    ("lp-unused", "unused line pointer"),
    ("page-free", "free space"),
    ("row-live", "in use"),
    ("row-written", "written, outcome not hinted"),
    ("row-ending", "deleted or updated, outcome not hinted"),
    ("row-ended", "deleted or updated"),
    ("row-aborted", "aborted"),
    ("page-special", "kept by the access method"),
    ("page-ground", "nothing points there"),
];

/// The colours that are in the drawing.
fn legend(parts: &[Part]) -> AnyView {
    let is_there =
        |class: &str| class == "page-ground" || parts.iter().any(|part| part.class == class);
    let keys = LEGEND.iter().filter(|(class, _)| is_there(class)).map(|(class, words)| {
        let swatch = format!("swatch {class}");
        view! { <li><span class=swatch aria-hidden="true"></span> {*words}</li> }
    });
    view! { <ul class="legend">{keys.collect_view()}</ul> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_cut_where_a_line_ends() {
        assert_eq!(pieces(1_000, 2_100, 1_024), [(0, 1_000, 24), (1, 0, 1_024), (2, 0, 52)]);
        assert_eq!(pieces(24, 24, 1_024), []);
        assert_eq!(pieces(0, 3, 0), [(0, 0, 1), (1, 0, 1), (2, 0, 1)]);
    }

    #[test]
    fn every_part_has_its_place_in_the_legend() {
        let fates = [
            model::inspect::heap::Fate::Live,
            model::inspect::heap::Fate::WriterNotHinted,
            model::inspect::heap::Fate::EndNotHinted,
            model::inspect::heap::Fate::Ended,
            model::inspect::heap::Fate::Aborted,
        ];
        let pointers = [Pointer::Unused, Pointer::Normal, Pointer::Redirect, Pointer::Dead];
        let fates = fates.map(words::fate_class);
        let pointers = pointers.map(words::pointer_class);
        for class in fates.iter().chain(&pointers).chain(&["page-header", "page-free"]) {
            assert!(LEGEND.iter().any(|(known, _)| known == class), "{class}");
        }
    }
}
