//! Parts of tables of numbers: the head with its terms, and cells of a column with one unit.

use leptos::prelude::*;
use model::Unit;

use super::format;
use super::format::Scale;
use super::query_params::QueryParams;
use super::sort;
use super::sort::Column;
use super::term::term;

/// A table's head: name and whether the column is numeric.
pub fn head(names: &[(&'static str, bool)]) -> AnyView {
    let cells = names
        .iter()
        .map(|(name, number)| view! { <th scope="col" class:num=*number>{term(name)}</th> });
    view! { <thead><tr>{cells.collect_view()}</tr></thead> }.into_any()
}

/// A heading that sorts by its column: a link that changes the query parameter `sort`. `order` is the order
/// that holds.
pub fn sort_heading(
    params: QueryParams,
    column: Column,
    order: impl Fn() -> String + Copy + Send + Sync + 'static,
) -> AnyView {
    let (id, words, numbers) = column;
    let to = move || params.to(&[("sort", &sort::next(column, &order()))]);
    view! {
        <th scope="col" class:num=numbers aria-sort=move || sort::direction(id, &order())>
            <a href=to data-noscroll="">{words}</a>
        </th>
    }
    .into_any()
}

/// A table that scrolls sideways on its own; `label` names it for screen readers.
pub fn table(label: &'static str, head: AnyView, rows: impl IntoView) -> AnyView {
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label=label>
            <table>{head}<tbody>{rows.into_view()}</tbody></table>
        </div>
    }
    .into_any()
}

/// A cell of a column with one unit; None is `unknown`.
pub fn cell(value: Option<f64>, scale: Scale, unit: Unit) -> AnyView {
    match value {
        Some(value) => view! {
            <td class="num" title=format::exact(value, unit)>{scale.show(value)}</td>
        }
        .into_any(),
        None => unknown(None),
    }
}

/// A cell whose value is not known, with the reason where there is one.
pub fn unknown(reason: Option<String>) -> AnyView {
    view! { <td class="num" title=reason><span class="unknown">"unknown"</span></td> }.into_any()
}
