//! The suggestions as a whole: what they save together, what writes pay for all of them, and what was left out.

use leptos::prelude::*;
use model::Unit;
use model::index_cost::RowCost;
use model::suggestions::{NotSuggested, Suggestions};

use super::costs::{range, reason_cell};
use crate::ui::code::CodeBlock;
use crate::ui::format;
use crate::ui::table;

/// How many there are and what they save.
pub fn headline(found: &Suggestions) -> String {
    let count = found.suggestions.len();
    if count == 0 {
        return "No index is suggested: no plan asks for one that would make a statement at least a tenth cheaper.".into();
    }
    let count = format::plural(count as i64, "index", "indexes");
    match found.saved_percent {
        Some(saved) => {
            let saved = format::number(saved, Unit::Percent);
            format!("{count}: together {saved} less cost, each statement weighted by its time.")
        }
        None => format!("{count}."),
    }
}

/// Which index can be left out is known only where the time sufficed.
pub fn smallest(found: &Suggestions) -> AnyView {
    let words = match (found.hypopg.is_ok() && !found.suggestions.is_empty(), found.is_smallest) {
        (false, _) => return ().into_any(),
        (true, true) => {
            "They are tried together: none of them is left without which the others win nearly the same. Those that win most come first."
        }
        (true, false) => {
            "The time was up before it was known whether some of them are needless beside the others."
        }
    };
    view! { <p class="note">{words}</p> }.into_any()
}

/// What an inserted row pays for all of them, table by table.
pub fn row_costs(found: &Suggestions) -> AnyView {
    let costs = found.row_costs();
    if costs.is_empty() {
        return ().into_any();
    }
    let head = table::head(&[("Table", false), ("New indexes", true), ("WAL of each row", true)]);
    let row = |cost: &RowCost| {
        let wal = match cost.wal_bytes {
            Some(wal) => {
                let words = range(wal, |bytes| format::number(bytes, Unit::Bytes));
                view! { <td class="num">{format::unbroken(&words)}</td> }.into_any()
            }
            None => reason_cell("Not known: it depends on what the values of one of them hold."),
        };
        view! {
            <tr>
                <th scope="row"><code>{cost.table.clone()}</code></th>
                <td class="num">{format::number(cost.indexes as f64, Unit::Count)}</td>
                {wal}
            </tr>
        }
    };
    let rows = costs.iter().map(row).collect_view();
    view! {
        <details>
            <summary>"What writes pay for all of them"</summary>
            <div class="suggestions-costs">{table::table("WAL that a row writes for the new indexes", head, rows)}</div>
            <p class="note">"WAL that one more row writes for the new indexes: an inserted one, or an updated one that is not HOT. Pages that are written whole after a checkpoint come on top, and page splits: about a third where new keys come in no order."</p>
        </details>
    }
    .into_any()
}

/// What statements ask for and is not suggested.
pub fn not_suggested(found: &Suggestions) -> AnyView {
    let all = &found.not_suggested;
    if all.is_empty() {
        return ().into_any();
    }
    let one = |one: &NotSuggested| {
        view! { <li><CodeBlock text=one.sql.clone()/> <p>{format::unbroken(&one.why)}</p></li> }
    };
    let summary =
        format!("{} tried and left out", format::plural(all.len() as i64, "index", "indexes"));
    view! {
        <details>
            <summary>{summary}</summary>
            <ul class="suggestions-changes">{all.iter().map(one).collect_view()}</ul>
        </details>
    }
    .into_any()
}
