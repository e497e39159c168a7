//! What a rewrite of a table or of an index would give back: rows of a table with the band, its doubts and the
//! statement that is worth it.

use leptos::prelude::*;
use model::object::qualified;
use model::tables::Band;
use model::{Known, Unit};

use super::format;

/// Share of an index from which rebuilding it is offered: one with random keys is at 30 % again soon
/// (`docs/limits.md#bloat`).
const REINDEX_FROM_PERCENT: f64 = 40.0;

/// The table of such rows.
pub fn table(rows: AnyView) -> AnyView {
    view! {
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

/// One part: its name, its band or why that is not known, and what to do where it is worth it.
pub fn row(name: &str, known: &Known<Band>, remedy: Option<AnyView>) -> AnyView {
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

/// Building an index anew, where that is worth it.
pub fn index_remedy(nspname: &str, relname: &str, known: &Known<Band>) -> Option<AnyView> {
    known.as_ref().ok().filter(|band| band.low_percent() >= REINDEX_FROM_PERCENT)?;
    let name = qualified(nspname, relname);
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
