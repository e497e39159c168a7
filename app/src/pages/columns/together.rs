//! Columns that go together, by a sample that a person asks for, and the statistics that tell the planner.

use leptos::prelude::*;
use model::columns::{Pair, Together, create_statistics};
use model::tables::detail::TableName;
use model::{Known, ServerId, Unit};

use crate::links;
use crate::ui::code::CodeBlock;
use crate::ui::format;
use crate::ui::reading::{empty, known};

/// The question, and the answer where it was asked.
pub fn together(server: &ServerId, name: &TableName, asked: Option<&Known<Together>>) -> AnyView {
    let answer = asked.map(|answer| known(answer, |together| found(name, together)));
    let button = if asked.is_some() { "Compare again" } else { "Compare columns" };
    view! {
        <section class="panel" aria-labelledby="together-title">
            <h2 id="together-title">"Columns that go together"</h2>
            <p>
                "Of conditions on two columns the planner multiplies the shares, as if the columns had nothing to do with each other. \
                 Where they do, it expects too few rows. A sample of at most 2,000 blocks shows such columns; hashes of the values are \
                 compared on the server, and no value leaves it."
            </p>
            <form method="get" action=links::area(server, "columns")>
                <input type="hidden" name="database" value=name.database.clone()/>
                <input type="hidden" name="schema" value=name.schema.clone()/>
                <input type="hidden" name="name" value=name.name.clone()/>
                <input type="hidden" name="compare" value="1"/>
                <button type="submit">{button}</button>
            </form>
            {answer}
        </section>
    }
    .into_any()
}

fn found(name: &TableName, together: &Together) -> AnyView {
    let read = format!(
        "{} of about {} read in {}. Compared: {}.",
        format::plural(together.rows, "row", "rows"),
        format::plural(together.blocks, "block", "blocks"),
        format::number(together.took_ms, Unit::Ms),
        together.columns.join(", "),
    );
    let pairs = match together.pairs.is_empty() {
        true => empty("No two of them go together so far that plans would change."),
        false => {
            let rows = together.rows as f64;
            together.pairs.iter().map(|one| pair(name, one, rows)).collect_view().into_any()
        }
    };
    view! {
        {pairs}
        <p class="muted">{format::unbroken(&read)} " " {together.left_out.clone()}</p>
    }
    .into_any()
}

fn pair(name: &TableName, pair: &Pair, rows: f64) -> AnyView {
    let times = format::number(pair.factor(rows).round(), Unit::Count);
    let decides = |from: &str, to: &str, degree: f64| {
        let share = format::number(100.0 * degree, Unit::Percent);
        (degree >= 0.5).then(|| format!("{from} decides {to} in {share} of the rows. "))
    };
    let says = format!(
        "{}{}The planner expects about {times} times too few rows of a condition on both, in the mean.",
        decides(&pair.first, &pair.second, pair.first_decides).unwrap_or_default(),
        decides(&pair.second, &pair.first, pair.second_decides).unwrap_or_default(),
    );
    let remedy = match &pair.covered_by {
        Some(statistics) => {
            let says =
                format!("The statistics {statistics} tell it already, once ANALYZE has run.");
            view! { <p class="muted">{says}</p> }.into_any()
        }
        None => {
            let (create, undo) = create_statistics(&name.schema, &name.name, pair);
            view! {
                <CodeBlock text=create/>
                <p class="muted">
                    "Locks out no reader or writer; ANALYZE reads a sample. Its role has to own the table. To undo: " <code>{undo}</code>
                </p>
            }
            .into_any()
        }
    };
    view! {
        <h3><bdi>{pair.first.clone()}</bdi> " and " <bdi>{pair.second.clone()}</bdi></h3>
        <p>{format::unbroken(&says)}</p>
        {remedy}
    }
    .into_any()
}
