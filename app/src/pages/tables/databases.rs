//! The databases: how old what is shown of each is, and why of one nothing is known.

use leptos::prelude::*;
use model::tables::Question;
use model::tables::listing::DatabaseState;
use model::{Reason, ServerId, Unit};

use crate::live::Live;
use crate::ui::format;
use crate::ui::reading::why;
use crate::ui::table;
use crate::ui::table_links::to_tables;

const COLUMNS: [(&str, bool); 6] = [
    ("Database", false),
    ("Tables", true),
    ("Size", true),
    ("Read", true),
    ("In", true),
    ("Counters since", false),
];

/// The panel, and what the sizes are of.
pub fn panel(server: &ServerId, question: &Question, databases: &[DatabaseState]) -> AnyView {
    let rows = databases.iter().map(|one| row(server, question, one)).collect_view();
    view! {
        <section class="panel" aria-labelledby="databases-title">
            <h2 id="databases-title">"Databases"</h2>
            {table::table("Databases", table::head(&COLUMNS), rows)}
            <p class="muted">
                "Databases are read in turn, on a session of its own each. Sizes marked ≈ are by the pages that the last VACUUM or ANALYZE counted (relpages); the largest tables, and some others in turn, are measured in each reading. Rows are the estimate of the last VACUUM or ANALYZE (reltuples)."
            </p>
        </section>
    }
    .into_any()
}

fn row(server: &ServerId, question: &Question, one: &DatabaseState) -> AnyView {
    let narrowed = Question { database: one.datname.clone(), page: 0, ..question.clone() };
    let name = view! { <th scope="row"><a href=to_tables(server, &narrowed)>{one.datname.clone()}</a></th> };
    match &one.tables {
        Ok((tables, bytes)) => {
            let (at_ms, live) = (one.at_ms, Live::get());
            let age = move || format::ago(live.now_ms.get() - at_ms, 1_000);
            let since = one.stats_reset_ms.map_or_else(|| "their begin".to_owned(), format::moment);
            view! {
                <tr>
                    {name}
                    <td class="num">{format::grouped(*tables as f64)}</td>
                    <td class="num" title=format::exact(*bytes as f64, Unit::Bytes)>{format::number(*bytes as f64, Unit::Bytes)}</td>
                    <td class="num">{age}</td>
                    <td class="num">{format::number(one.took_ms, Unit::Ms)}</td>
                    <td>{since}</td>
                </tr>
            }
            .into_any()
        }
        Err(Reason::NotYet) => {
            view! { <tr>{name}<td colspan="5" class="muted">"Waits for its turn."</td></tr> }
                .into_any()
        }
        Err(reason) => view! { <tr>{name}<td colspan="5">{why(reason)}</td></tr> }.into_any(),
    }
}
