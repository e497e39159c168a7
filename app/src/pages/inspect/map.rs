//! Free space of a page by its header and by the map, and its bits in the visibility map.

use leptos::prelude::*;
use model::inspect::Inspected;
use model::inspect::heap::{HeapPage, Visibility};
use model::{ServerId, Unit};

use super::notes;
use crate::links;
use crate::ui::format;
use crate::ui::reading::known;

/// Free space and visibility.
pub fn panel(server: &ServerId, inspected: &Inspected, page: &HeapPage) -> AnyView {
    let asked = &inspected.asked;
    let bytes = |bytes: f64| format::number(bytes, Unit::Bytes);
    let free = f64::from(inspected.header.free_bytes());
    let by_map = known(&page.free_space, |free| bytes(*free as f64).into_any());
    let bits = known(&page.visibility, |bits| visible(*bits).into_any());
    let query = links::query(&[
        ("database", &asked.database),
        ("schema", &asked.schema),
        ("relation", &asked.name),
    ]);
    let to_measure = links::area(server, "measure") + &query;
    view! {
        <section class="panel" aria-labelledby="space-title">
            <h2 id="space-title">"Free space and visibility"</h2>
            <dl class="facts">
                <div><dt>"Free on the page"</dt><dd>{bytes(free)}</dd></div>
                <div><dt>"Free by the free space map"</dt><dd>{by_map}</dd></div>
                <div><dt>"Visibility map"</dt><dd>{bits}</dd></div>
            </dl>
            {notes::details("What VACUUM does here", notes::vacuum(page))}
            {notes::details("Whether this is bloat", notes::bloat(inspected, page))}
            <p class="note"><a href=to_measure>"Measure the bloat of the whole table"</a></p>
        </section>
    }
    .into_any()
}

/// The bits in words.
fn visible(bits: Visibility) -> &'static str {
    match (bits.all_visible, bits.all_frozen) {
        (true, true) => {
            "all-visible and all-frozen: index-only scans need not look here, nor need VACUUM"
        }
        (true, false) => {
            "all-visible, not all-frozen: index-only scans need not look here; an aggressive VACUUM does"
        }
        (false, _) => "not all-visible: index-only scans look here, and the next VACUUM does",
    }
}
