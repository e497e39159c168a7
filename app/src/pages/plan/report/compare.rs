//! Comparison (diff) of two plans: what changed, the totals, and every pair of nodes. Changes are
//! marked by text; colour only repeats it.

use leptos::prelude::*;
use model::Unit;
use plan::diff::{Comparison, Delta, Pair};

use super::static_table::indent;
use crate::pages::plan::analysis::{Analysis, Compared, Shared};
use crate::pages::plan::describe::{name, shown};
use crate::pages::plan::state::PlanState;
use crate::ui::format;

/// Maximum of rows of the table of pairs.
const MOST: usize = 1_000;
/// Maximum of changes described.
const MOST_CHANGES: usize = 40;
/// A smaller factor counts as unchanged.
const SAME: f64 = 1.1;

/// The comparison. What the page shows below it is of the first plan, and says so.
pub fn compared(all: &Compared, state: PlanState) -> AnyView {
    let Compared { before, after, found } = all;
    let changes = found.changes.iter().take(MOST_CHANGES);
    let changes = changes
        .map(|change| view! { <li>{shown(&change.message).into_owned()}</li> })
        .collect_view();
    let none = found.changes.is_empty().then_some("No significant change.");
    let swap = move |_| state.swap();
    view! {
        <section class="plan-compare panel" aria-labelledby="plan-compare-title">
            <div class="drawer-head">
                <h2 id="plan-compare-title">"Before and after"</h2>
                <span class="plan-actions">
                    <button type="button" class="js-only" on:click=swap>"Swap"</button>
                    <button type="button" class="js-only" on:click=move |_| state.other.set(None)>"Close the comparison"</button>
                </span>
            </div>
            {none}
            <ul class="plan-changes">{changes}</ul>
            {totals(found)}
            {pairs(found, before, after)}
            <p class="note">"Below is the plan before, with its findings."</p>
        </section>
    }
    .into_any()
}

/// The verdict on two plans in one sentence.
pub fn verdict(found: &Comparison) -> String {
    let time = |ms: f64| format::number(ms, Unit::Ms);
    match (found.totals.total_ms, found.totals.cost) {
        (Delta { before: Some(before), after: Some(after) }, _) => {
            format!(
                "After: {} instead of {}, {}.",
                time(after),
                time(before),
                factor(before, after)
            )
        }
        (_, Delta { before: Some(before), after: Some(after) }) => format!(
            "Only one of the plans has times. After: cost {} instead of {}, {}.",
            format::grouped(after.round()),
            format::grouped(before.round()),
            factor(before, after)
        ),
        _ => "The plans have neither times nor costs in common.".into(),
    }
}

/// `3.2 times as much`, `4 times less`, `the same`.
fn factor(before: f64, after: f64) -> String {
    let (low, high) = (before.min(after), before.max(after));
    if high <= low * SAME {
        return "about the same".into();
    }
    if low <= 0.0 {
        return if after > before { "more".into() } else { "less".into() };
    }
    let times = format::times(high / low);
    if after > before { format!("{times} as much") } else { format!("{times} less") }
}

fn totals(found: &Comparison) -> AnyView {
    let totals = &found.totals;
    let lines = [
        ("Execution", totals.total_ms, Unit::Ms),
        ("Planning", found.planning_ms, Unit::Ms),
        ("Blocks, hit and read", totals.blocks, Unit::Count),
        ("Blocks read", totals.read_blocks, Unit::Count),
        ("Rows returned", totals.rows, Unit::Count),
        ("Total cost", totals.cost, Unit::Count),
    ];
    let rows = lines
        .into_iter()
        .filter(|(_, delta, _)| delta.before.is_some() || delta.after.is_some())
        .map(|(name, delta, unit)| view! { <tr><th scope="row">{name}</th> {cells(delta, unit)}</tr> })
        .collect_view();
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label="Totals of both plans">
            <table>
                <thead><tr><th scope="col">"Total"</th><th scope="col" class="num">"Before"</th><th scope="col" class="num">"After"</th><th scope="col">"Change"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn cells(delta: Delta, unit: Unit) -> AnyView {
    let message = |value: Option<f64>| {
        value.map_or_else(|| "–".to_owned(), |value| format::number(value, unit))
    };
    let factor = delta.before.zip(delta.after).map(|(before, after)| factor(before, after));
    view! { <td class="num">{message(delta.before)}</td><td class="num">{message(delta.after)}</td><td class="text">{factor}</td> }.into_any()
}

/// The change of a pair: a sign and a word.
fn became(pair: &Pair, before: &Analysis, after: &Analysis) -> (&'static str, &'static str) {
    let named = |analysis: &Analysis, at: usize| analysis.plan.nodes.get(at).map(name);
    let moved = |delta: Delta| {
        delta
            .before
            .zip(delta.after)
            .is_some_and(|(a, b)| a.max(b) > a.min(b) * SAME + f64::EPSILON)
    };
    if named(before, pair.before) != named(after, pair.after) {
        ("≠ replaced", "changed")
    } else if moved(pair.figures.self_ms) || moved(pair.figures.rows) {
        ("± same node", "figures")
    } else {
        ("= unchanged", "same")
    }
}

/// Every node of both plans in the order of the first; nodes only in the second come last.
fn pairs(found: &Comparison, before: &Shared<Analysis>, after: &Shared<Analysis>) -> AnyView {
    let mut rows: Vec<(usize, AnyView)> = Vec::new();
    for pair in found.pairs.iter().take(MOST) {
        let (sign, class) = became(pair, before, after);
        let depth = before.plan.nodes.get(pair.before).map_or(0, |node| node.depth);
        let first = before.plan.nodes.get(pair.before).map(name).unwrap_or_default();
        let second = after.plan.nodes.get(pair.after).map(name).filter(|other| *other != first);
        let message = second.map_or_else(|| first.clone(), |second| format!("{first} → {second}"));
        rows.push((
            pair.before,
            line(sign, class, depth, message, pair.figures.self_ms, pair.figures.rows),
        ));
    }
    for at in found.only_before.iter().take(MOST) {
        if let Some((node, own)) = before.node(*at) {
            let (ms, rows_) = (
                Delta { before: own.self_ms, after: None },
                Delta { before: own.rows, after: None },
            );
            rows.push((*at, line("− only before", "gone", node.depth, name(node), ms, rows_)));
        }
    }
    rows.sort_by_key(|(at, _)| *at);
    for at in found.only_after.iter().take(MOST) {
        if let Some((node, own)) = after.node(*at) {
            let (ms, rows_) = (
                Delta { before: None, after: own.self_ms },
                Delta { before: None, after: own.rows },
            );
            rows.push((usize::MAX, line("+ only after", "new", node.depth, name(node), ms, rows_)));
        }
    }
    let all = rows.len();
    let rows: Vec<AnyView> = rows.into_iter().take(MOST).map(|(_, row)| row).collect();
    let more = (all > MOST).then(|| view! { <p class="note">{format!("The first {} pairs of nodes are listed.", format::grouped(MOST as f64))}</p> });
    view! {
        <div class="scroll plan-pairs" tabindex="0" role="group" aria-label="Every node of both plans">
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Status"</th><th scope="col">"Node"</th>
                        <th scope="col" class="num">"Self before"</th><th scope="col" class="num">"Self after"</th><th scope="col">"Change"</th>
                        <th scope="col" class="num">"Rows before"</th><th scope="col" class="num">"Rows after"</th><th scope="col">"Change"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        {more}
    }
    .into_any()
}

fn line(
    sign: &'static str,
    class: &'static str,
    depth: usize,
    message: String,
    ms: Delta,
    rows: Delta,
) -> AnyView {
    view! {
        <tr class=format!("pair {class}")>
            <td class="text">{sign}</td>
            <th scope="row">{indent(depth)} {message}</th>
            {cells(ms, Unit::Ms)}
            {cells(rows, Unit::Count)}
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use plan::diff::compare;

    use crate::pages::plan::analysis::tests::{FILTERED, analysis};

    const REPAIRED: &str =
        include_str!("../../../../plan/fixtures/rules/filtered_seq_scan/quiet.txt");

    #[test]
    fn factors_in_words() {
        assert_eq!(factor(10.0, 32.0), "3.2 times as much");
        assert_eq!(factor(32.0, 10.0), "3.2 times less");
        assert_eq!(factor(10.0, 10.5), "about the same");
        assert_eq!(factor(0.0, 1.0), "more");
    }

    #[test]
    fn the_repaired_plan_is_said_to_be_faster() {
        let (before, after) = (analysis(FILTERED), analysis(REPAIRED));
        let found = compare((&before.plan, &before.derived), (&after.plan, &after.derived));
        let message = verdict(&found);
        assert!(
            message.contains("\u{a0}ms instead of ") && message.ends_with(" times less."),
            "{message}"
        );
        assert!(!found.changes.is_empty());
    }
}
