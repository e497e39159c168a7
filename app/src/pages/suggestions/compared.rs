//! What changes would do: each change with what came of it, and the costs of the statements before and after.

use leptos::prelude::*;
use model::what_if::{Change, Replanned, WhatIf};
use model::{ServerId, Unit};

use super::costs::{cell, statement};
use crate::live::clock::Clock;
use crate::ui::code::CodeBlock;
use crate::ui::format;
use crate::ui::reading::{empty, why};
use crate::ui::table;

/// What came of it.
pub fn tried(server: &ServerId, tried: &WhatIf) -> AnyView {
    let (clock, at_ms) = (Clock::get(), tried.at_ms);
    let changes = tried.changes.iter().map(change).collect_view();
    let head = table::head(&[
        ("Statement", false),
        ("Share of the time", true),
        ("Cost for any value", true),
        ("Cost for common values", true),
    ]);
    let row = |one: &Replanned| {
        view! {
            <tr>
                {statement(server, &tried.database, &one.statement)}
                <td class="num">{format::number(one.share_percent, Unit::Percent)}</td>
                {cell(&one.generic)}
                {cell(&one.custom)}
            </tr>
        }
    };
    let rows = tried.statements.iter().map(row).collect_view();
    let costs = match tried.statements.is_empty() {
        true => empty("There is no statement to plan."),
        false => table::table("Costs before and after", head, rows),
    };
    view! {
        <p>"Nothing was created, dropped or executed."</p>
        <ul class="suggestions-changes">{changes}</ul>
        <div class="suggestions-costs">{costs}</div>
        <p class="note">
            "Database " <code>{tried.database.clone()}</code> ", with hypopg " {tried.hypopg.clone()} ", "
            {move || clock.day_and_time(at_ms)} ", in " {format::number(tried.took_ms, Unit::Ms)} "."
        </p>
    }
    .into_any()
}

fn change(change: &Change) -> AnyView {
    let size = change.size_bytes.map(|bytes| format::number(bytes, Unit::Bytes));
    let outcome = match &change.tried {
        Err(reason) => why(reason),
        Ok(()) => {
            let words = match size {
                Some(size) => {
                    let read_by = match change.read_by {
                        0 => "No statement reads it".to_owned(),
                        1 => "1 statement reads it".to_owned(),
                        count => format!("{count} statements read it"),
                    };
                    format!("{read_by}; about {size}, by hypopg's estimate.")
                }
                None => "Planned without it.".to_owned(),
            };
            view! { <p>{format::unbroken(&words)}</p> }.into_any()
        }
    };
    view! { <li><CodeBlock text=change.sql.clone()/> {outcome}</li> }.into_any()
}
