//! The tables of which a rewrite would give back most, as bars with a band: at least, likely, at most.

use leptos::prelude::*;
use model::tables::listing::Row;
use model::tables::{Listing, Question, Reclaimable};
use model::{ServerId, Unit};

use crate::ui::band::{in_words, span};
use crate::ui::format;
use crate::ui::table;
use crate::ui::table_links::{full_name, to_table, to_tables};
use crate::ui::term::term;

/// The panel.
pub fn panel(server: &ServerId, question: &Question, listing: &Listing) -> AnyView {
    let rows = listing.most_reclaimable.as_slice();
    let body = if rows.is_empty() {
        let none = match listing.reclaimable.unknown {
            0 => "No table would give back a MiB or more.".to_owned(),
            unknown => format!(
                "No table is known to give back a MiB or more; of {} it is not known.",
                format::plural(unknown as i64, "relation", "relations")
            ),
        };
        view! { <p class="empty">{none}</p> }.into_any()
    } else {
        drawn(server, question, listing)
    };
    view! {
        <section class="panel reclaimable" aria-labelledby="reclaimable-title">
            <h2 id="reclaimable-title">{term("Reclaimable bytes")}</h2>
            {body}
        </section>
    }
    .into_any()
}

fn drawn(server: &ServerId, question: &Question, listing: &Listing) -> AnyView {
    let most = listing.most_reclaimable.iter().filter_map(|row| row.sums.reclaimable);
    let scale = most.map(|sum| sum.high).max().unwrap_or_default();
    let rows = listing.most_reclaimable.iter().filter_map(|row| line(server, row, scale));
    let of_all = &listing.reclaimable;
    let unknown = match of_all.unknown {
        0 => String::new(),
        unknown => {
            format!(
                "; of {} it is not known",
                format::plural(unknown as i64, "relation", "relations")
            )
        }
    };
    let sum = format!(
        "Rewriting all that the list has would give back {}{unknown}. Estimated from the catalog, without reading tables; the bar ends at the least, its band at the most, the mark is the likely value.",
        in_words(of_all)
    );
    let sorted = Question { sort: "-reclaimable".into(), page: 0, ..question.clone() };
    let head = table::head(&[
        ("Table", false),
        ("Would come back", true),
        ("Least, likely, most", false),
        ("Of its size, at least", true),
    ]);
    view! {
        <p>{format::unbroken(&sum)} " " <a href=to_tables(server, &sorted)>"The list in this order"</a></p>
        <div class="scroll stacked" tabindex="0" role="group" aria-label="Reclaimable bytes">
            <table>{head}<tbody>{rows.collect_view()}</tbody></table>
        </div>
    }
    .into_any()
}

fn line(server: &ServerId, row: &Row, scale: i64) -> Option<AnyView> {
    let sum = row.sums.reclaimable?;
    let to = to_table(server, &row.datname, &row.nspname, &row.relname);
    let share = 100.0 * sum.low as f64 / (row.sums.total_bytes() as f64).max(1.0);
    Some(
        view! {
            <tr>
                <th scope="row" class="table-name">
                    <a href=to><bdi>{full_name(&row.nspname, &row.relname)}</bdi></a>
                    <p class="muted"><bdi>{row.datname.clone()}</bdi></p>
                </th>
                <td class="num" data-label="Would come back" title=in_words(&sum)>{span(&sum)}</td>
                <td class="band" data-label="Least, likely, most">{bar(&sum, scale)}</td>
                <td class="num" data-label="Of its size, at least">{format::number(share, Unit::Percent)}</td>
            </tr>
        }
        .into_any(),
    )
}

/// A bar to the least, a band to the most, a mark at the likely value. The numbers stand beside it.
fn bar(sum: &Reclaimable, scale: i64) -> AnyView {
    let at = |bytes: i64| 100.0 * bytes as f64 / (scale as f64).max(1.0);
    let (low, high) = (at(sum.low), at(sum.high));
    let likely = sum.likely.map(|likely| {
        let x = format!("{:.2}", at(likely).min(99.5));
        view! { <rect class="likely" x=x y="0" width="0.5" height="10"></rect> }
    });
    view! {
        <svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">
            <rect class="bar-track" x="0" y="2" width="100" height="6"></rect>
            <rect class="least" x="0" y="2" width=format!("{low:.2}") height="6"></rect>
            <rect class="most" x=format!("{low:.2}") y="2" width=format!("{:.2}", (high - low).max(0.0)) height="6"></rect>
            {likely}
        </svg>
    }
    .into_any()
}
