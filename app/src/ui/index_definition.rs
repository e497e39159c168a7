//! The definition of an index, and the constraint that it implements.

use leptos::prelude::*;
use model::indexes::listing::Row;

use super::code::CodeBlock;

/// Both; where the definition was not read it says so.
pub fn index_definition(row: &Row) -> AnyView {
    let definition = match &row.indexdef {
        Some(text) => view! { <CodeBlock text=format!("{text};")/> }.into_any(),
        None => view! {
            <p class="muted">"Its definition was not read: pgdeck asks for those of problems and of the largest, and of none whose table is locked exclusively."</p>
        }
        .into_any(),
    };
    let constraint = row.constraintdef.as_ref().map(|text| {
        view! { <p>"It implements the constraint " <code>{text.clone()}</code> ": drop that, not the index."</p> }
    });
    view! { {definition} {constraint} }.into_any()
}
