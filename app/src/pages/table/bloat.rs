//! What a rewrite of the table and of its indexes would give back, as a band with its doubts.

use leptos::prelude::*;
use model::object::qualified;
use model::tables::detail::Detail;
use model::tables::{Band, IndexSize, TableBloat};
use model::{Known, Unit};

use crate::ui::format;

/// Share of an index from which rebuilding it is offered: one with random keys is at 30 % again soon
/// (`docs/limits.md#bloat`).
const REINDEX_FROM_PERCENT: f64 = 40.0;
/// Share of a heap from which a rewrite is worth its cost.
const REWRITE_FROM_PERCENT: f64 = 20.0;

/// The panel.
pub fn bloat(detail: &Detail) -> AnyView {
    let inner = match &detail.table.bloat {
        Some(Ok(bloat)) => parts(detail, bloat),
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

fn parts(detail: &Detail, bloat: &TableBloat) -> AnyView {
    let all = bloat.reclaimable();
    let more = if all.unknown == 0 { "" } else { "; what is not known is not in it" };
    let sum = format!(
        "Between {} and {} in all{more}. Estimated from the catalog, without reading the table.",
        bytes(all.low),
        bytes(all.high)
    );
    let index = |index: &IndexSize| {
        let known = bloat.index(index.oid)?;
        Some((format!("Index {}", index.relname), known, index_remedy(detail, index, known)))
    };
    let heap = ("Heap".to_owned(), &bloat.heap, heap_remedy(&bloat.heap));
    let toast = bloat.toast.as_ref().map(|known| ("TOAST".to_owned(), known, None));
    let indexes = detail.table.indexes.iter().filter_map(index);
    let rows = std::iter::once(heap).chain(toast).chain(indexes);
    let rows = rows.map(|(name, known, remedy)| row(&name, known, remedy)).collect_view();
    view! {
        <p>{format::unbroken(&sum)}</p>
        <div class="scroll stacked" tabindex="0" role="group" aria-label="What a rewrite would give back">
            <table>
                <thead><tr>
                    <th scope="col">"Part"</th>
                    <th scope="col" class="num">"Size"</th>
                    <th scope="col">"Would come back"</th>
                    <th scope="col">"Why it may be off"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(name: &str, known: &Known<Band>, remedy: Option<AnyView>) -> AnyView {
    let name = name.to_owned();
    let band = match known {
        Ok(band) => band,
        Err(reason) => {
            let why = reason.message();
            return view! {
                <tr><th scope="row"><bdi>{name}</bdi></th><td class="num" data-label="Size">"–"</td>
                <td data-label="Would come back" class="unknown">"unknown"</td><td data-label="Why it may be off">{why}</td></tr>
            }
            .into_any();
        }
    };
    let doubts = band.doubts.iter().map(|doubt| {
        let remedy = doubt.remedy.as_ref().map(|remedy| format!(" {remedy}"));
        view! { <li>{doubt.message.clone()} {remedy}</li> }
    });
    let size = bytes(band.of_bytes);
    view! {
        <tr>
            <th scope="row"><bdi>{name}</bdi></th>
            <td class="num" data-label="Size">{size}</td>
            <td data-label="Would come back"><p>{format::unbroken(&said(band))}</p>{remedy}</td>
            <td data-label="Why it may be off"><ul class="plain">{doubts.collect_view()}</ul></td>
        </tr>
    }
    .into_any()
}

/// The estimate in words.
fn said(band: &Band) -> String {
    let mut said = match band.point {
        _ if band.would_grow > 0 && band.high == 0 => {
            format!("Nothing: a rewrite would add {}.", bytes(band.would_grow))
        }
        _ if band.high == 0 => "Nothing.".to_owned(),
        Some(0) => format!("Nothing, or at most {}", bytes(band.high)),
        Some(point) => {
            format!("{} ({} to {})", bytes(point), bytes(band.low), bytes(band.high))
        }
        None => format!("Between {} and {}", bytes(band.low), bytes(band.high)),
    };
    if band.dead > 0 && band.high > 0 {
        said.push_str(&format!(
            ", of it {} in dead rows that VACUUM has not removed",
            bytes(band.dead)
        ));
    }
    said
}

fn heap_remedy(known: &Known<Band>) -> Option<AnyView> {
    known.as_ref().ok().filter(|band| band.low_percent() >= REWRITE_FROM_PERCENT)?;
    Some(view! {
        <p class="note">"Online: pg_repack, or REPACK (CONCURRENTLY) from PostgreSQL 19 on; both write the table once more beside itself and hold ACCESS EXCLUSIVE only to exchange the two. VACUUM FULL holds it for as long as it runs: neither reads nor writes get through."</p>
    }.into_any())
}

fn index_remedy(detail: &Detail, index: &IndexSize, known: &Known<Band>) -> Option<AnyView> {
    known.as_ref().ok().filter(|band| band.low_percent() >= REINDEX_FROM_PERCENT)?;
    let name = qualified(&detail.table.nspname, &index.relname);
    let sql = format!("reindex index concurrently {name};");
    Some(view! {
        <p><code>{sql}</code></p>
        <p class="note">"Builds the index anew beside the old one; blocks neither reads nor writes, but waits for all transactions that are older."</p>
    }.into_any())
}

fn bytes(bytes: i64) -> String {
    format::number(bytes as f64, Unit::Bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_without_a_point_is_a_range() {
        let band = Band { of_bytes: 1 << 30, low: 0, high: 1 << 20, ..Band::default() };
        assert_eq!(said(&band).replace('\u{a0}', " "), "Between 0 B and 1 MiB");
        let point = Band { point: Some(1 << 19), dead: 1 << 10, ..band.clone() };
        let words = said(&point).replace('\u{a0}', " ");
        assert!(words.starts_with("512 KiB (0 B to 1 MiB), of it 1 KiB"), "{words}");
        let grows = Band { high: 0, would_grow: 1 << 20, ..band };
        assert_eq!(said(&grows).replace('\u{a0}', " "), "Nothing: a rewrite would add 1 MiB.");
    }
}
