//! Static table of the plan for browsers without JavaScript, and until hydration: plan order, each
//! node expands in place.

use leptos::prelude::*;

use crate::pages::plan::analysis::{Analysis, Shared};
use crate::pages::plan::describe::{count, estimate, family, ms, name};
use crate::pages::plan::views::node::{derived, facts, printed};
use crate::ui::bar::Bar;
use crate::ui::format;

/// Maximum of nodes rendered on the server; larger plans need JavaScript.
const MOST: usize = 1_000;
/// Maximum depth of indentation.
const DEEPEST: usize = 30;

/// The table.
pub fn static_table(analysis: &Shared<Analysis>) -> AnyView {
    let nodes = analysis.plan.nodes.len();
    let rows = (0..nodes.min(MOST)).map(|at| row(analysis, at)).collect_view();
    let more = (nodes > MOST).then(|| {
        let message = format!(
            "The first {} of {} nodes are listed; with JavaScript all are shown.",
            format::grouped(MOST as f64),
            format::grouped(nodes as f64)
        );
        view! { <p class="note">{message}</p> }
    });
    view! {
        <section aria-labelledby="plan-nodes-title" class="plan-plain">
            <h2 id="plan-nodes-title">"Nodes"</h2>
            <div class="scroll" tabindex="0" role="group" aria-labelledby="plan-nodes-title">
                <table>
                    <thead>
                        <tr>
                            <th scope="col">"Node"</th>
                            <th scope="col" class="num">"Self time"</th>
                            <th scope="col" class="num">"Total time"</th>
                            <th scope="col" class="num">"Rows"</th>
                            <th scope="col">"Estimate off by"</th>
                            <th scope="col" class="num">"Loops"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {more}
        </section>
    }
    .into_any()
}

fn row(analysis: &Analysis, at: usize) -> Option<AnyView> {
    let (node, own) = analysis.node(at)?;
    let loops = node.actual.map(|actual| actual.loops);
    let share = own.share.map(|share| share * 100.0);
    let mark = analysis.mark(at).map(|severity| {
        view! { <span class=format!("mark {}", severity.as_str())>{severity.as_str()}</span> }
    });
    Some(
        view! {
            <tr id=format!("node-{at}")>
                <th scope="row">
                    {indent(node.depth)}
                    <details class="plan-row">
                        <summary>
                            <span class=format!("swatch {}", family(&node.kind)) aria-hidden="true"></span>
                            {name(node)} " " {mark}
                            <span class="hidden-words">{format!(", level {}", node.depth + 1)}</span>
                        </summary>
                        {facts(derived(analysis, at).into_iter().chain(printed(node)).collect())}
                    </details>
                </th>
                <td data-label="Self time" class="num with-bar"><span class="num">{ms(own.self_ms)}</span><Bar percent=Signal::stored(share)/></td>
                <td data-label="Total time" class="num">{ms(own.total_ms)}</td>
                <td data-label="Rows" class="num">{count(own.rows)}</td>
                <td data-label="Estimate off by" class="text">{estimate(own).unwrap_or_else(|| "–".into())}</td>
                <td data-label="Loops" class="num">{count(loops)}</td>
            </tr>
        }
        .into_any(),
    )
}

/// The indentation of a node, by its depth.
pub fn indent(depth: usize) -> AnyView {
    let width = (depth.min(DEEPEST) * 14).to_string();
    view! { <svg class="indent" width=width height="1" aria-hidden="true" focusable="false"></svg> }
        .into_any()
}
