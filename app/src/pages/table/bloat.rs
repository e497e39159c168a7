//! What a rewrite of the table and of its indexes would give back, as a band with its doubts.

use leptos::prelude::*;
use model::tables::detail::Detail;
use model::tables::{Band, IndexSize, TableBloat};
use model::{Known, Unit};

use crate::ui::{bloat, format};

/// Share of a heap from which a rewrite is worth its cost.
const REWRITE_FROM_PERCENT: f64 = 20.0;

/// The panel.
pub fn bloat(detail: &Detail) -> AnyView {
    let inner = match detail.table.bloat.as_deref() {
        Some(Ok(estimate)) => parts(detail, estimate),
        Some(Err(reason)) => view! { <p class="note">{reason.message()}</p> }.into_any(),
        None => view! { <p class="note">"Not estimated yet: the largest tables come first, some hundred in each reading."</p> }.into_any(),
    };
    view! {
        <section class="panel" aria-labelledby="bloat-title">
            <h2 id="bloat-title">"What a rewrite would give back"</h2>
            {inner}
        </section>
    }
    .into_any()
}

fn parts(detail: &Detail, estimate: &TableBloat) -> AnyView {
    let all = estimate.reclaimable();
    let more = if all.unknown == 0 { "" } else { "; what is not known is not in it" };
    let sum = format!(
        "Between {} and {} in all{more}. Estimated from the catalog, without reading the table.",
        bytes(all.low),
        bytes(all.high)
    );
    let nspname = detail.table.nspname.as_ref();
    let index = |index: &IndexSize| {
        let known = estimate.index(index.oid)?;
        Some((
            format!("Index {}", index.relname),
            known,
            bloat::index_remedy(nspname, &index.relname, known),
        ))
    };
    let heap = ("Heap".to_owned(), &estimate.heap, heap_remedy(&estimate.heap));
    let toast = estimate.toast.as_ref().map(|known| ("TOAST".to_owned(), known, None));
    let indexes = detail.table.indexes.iter().filter_map(index);
    let rows = std::iter::once(heap).chain(toast).chain(indexes);
    let rows = rows
        .map(|(name, known, remedy)| bloat::row(&name, known, remedy))
        .collect_view()
        .into_any();
    view! {
        <p>{format::unbroken(&sum)}</p>
        {bloat::table(rows)}
    }
    .into_any()
}

fn heap_remedy(known: &Known<Band>) -> Option<AnyView> {
    known.as_ref().ok().filter(|band| band.low_percent() >= REWRITE_FROM_PERCENT)?;
    Some(view! {
        <p class="note">"Online: pg_repack, or REPACK (CONCURRENTLY) from PostgreSQL 19 on; both write the table once more beside itself and hold ACCESS EXCLUSIVE only to exchange the two. VACUUM FULL holds it for as long as it runs: neither reads nor writes get through."</p>
    }.into_any())
}

fn bytes(bytes: i64) -> String {
    format::number(bytes as f64, Unit::Bytes)
}
