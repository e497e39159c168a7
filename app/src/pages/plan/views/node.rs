//! Details of one node: derived and printed figures, as facts and as text to copy.

use leptos::prelude::*;
use model::Unit;
use plan::derive::{COUNTERS, DerivedNode};
use plan::{Node, Value};

use crate::pages::plan::analysis::Analysis;
use crate::pages::plan::describe;
use crate::pages::plan::describe::{FOLD_AFTER, short, shown};
use crate::ui::format;

/// Facts of a node as (name, value): derived ones first, as text and exact.
pub fn derived(analysis: &Analysis, at: usize) -> Vec<(String, String)> {
    let Some((node, own)) = analysis.node(at) else { return vec![] };
    let mut facts = Vec::new();
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            facts.push((name.to_owned(), value));
        }
    };
    add("Self time", own.self_ms.map(|ms| timed(ms, own)));
    add("Total time", own.total_ms.map(|ms| format::number(ms, Unit::Ms)));
    add(
        "Total time of all processes",
        own.work_ms.filter(|_| own.parallel).map(|ms| format::number(ms, Unit::Ms)),
    );
    add("Rows", own.rows.map(|rows| rows_of(rows, own)));
    add("Planned rows", node.cost.map(|cost| planned(cost.rows, node)));
    add(
        "Estimate",
        describe::estimate(own).map(|message| {
            if own.cut_short { format!("{message} (stopped early)") } else { message }
        }),
    );
    add("Rows removed", own.removed_rows.map(format::grouped));
    add("Loops", node.actual.map(|actual| format::grouped(actual.loops)));
    add("Processes", own.parallel.then(|| format::grouped(own.processes)));
    add("Own cost", own.self_cost.map(|cost| format::grouped((cost * 100.0).round() / 100.0)));
    add(
        "Cost",
        node.cost.map(|cost| format!("{} to first row, {} in total", cost.startup, cost.total)),
    );
    add("Row width", node.cost.map(|cost| format!("{} bytes", cost.width)));
    add("Never executed", own.never_executed.then(|| "its rows were never requested".to_owned()));
    if let Some(counters) = own.counters {
        for (counter, keys) in COUNTERS {
            let value = counters.get(counter);
            if value > 0.0 {
                let key = keys.first().copied().unwrap_or_default();
                add(&format!("Own {key}"), Some(blocks(key, value)));
            }
        }
    }
    for (payer, ms) in own.payers.iter().filter(|_| own.payers.len() > 1 || node.subplan.is_some())
    {
        if let Some((above, _)) = analysis.node(*payer) {
            add(
                "Time attributed to",
                Some(format!("{} ({})", describe::name(above), format::number(*ms, Unit::Ms))),
            );
        }
    }
    facts
}

fn timed(ms: f64, own: &DerivedNode) -> String {
    let mut message = format::number(ms, Unit::Ms);
    if let Some(share) = own.share {
        message.push_str(&format!(", {} of the execution", describe::percent(share)));
    }
    if let Some(range) =
        own.self_range.filter(|range| range.slack() > ms * 0.01 && range.slack() > 0.001)
    {
        let ends = (format::number(range.low, Unit::Ms), format::number(range.high, Unit::Ms));
        message.push_str(&format!(" (between {} and {})", ends.0, ends.1));
    }
    message
}

fn rows_of(rows: f64, own: &DerivedNode) -> String {
    let range = own.rows_range.filter(|range| range.slack() >= 1.0);
    let range = range.map(|r| {
        format!(
            " (between {} and {})",
            format::grouped(r.low.round()),
            format::grouped(r.high.round())
        )
    });
    format!("{}{}", format::grouped(rows), range.unwrap_or_default())
}

fn planned(rows: f64, node: &Node) -> String {
    let loops = node.actual.is_some_and(|actual| actual.loops > 1.0);
    format!("{}{}", format::grouped(rows), if loops { " in each loop" } else { "" })
}

/// Blocks are 8 kB (PostgreSQL's default); times and bytes are in the key.
fn blocks(key: &str, value: f64) -> String {
    if key.ends_with("Blocks") {
        format!("{} ({})", format::grouped(value), format::number(value * 8192.0, Unit::Bytes))
    } else if key.ends_with("Time") {
        format::number(value, Unit::Ms)
    } else if key.ends_with("Bytes") {
        format::number(value, Unit::Bytes)
    } else {
        format::grouped(value)
    }
}

/// The remaining printed properties: (name, value).
pub fn printed(node: &Node) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    let named = [
        ("Schema", &node.schema),
        ("Relation Name", &node.relation),
        ("Alias", &node.alias),
        ("Index Name", &node.index),
        ("Parent Relationship", &node.relationship),
        ("Subplan Name", &node.subplan),
    ];
    for (name, value) in named {
        if let Some(value) = value {
            facts.push((name.to_owned(), shown(value).into_owned()));
        }
    }
    if let Some(actual) = node.actual {
        let ms =
            |ms: Option<f64>| ms.map_or_else(|| "not timed".to_owned(), |ms| format!("{ms} ms"));
        facts.push((
            "Actual, per loop".into(),
            format!(
                "{} to first row, {} in total, {} rows, {} loops",
                ms(actual.startup_ms),
                ms(actual.total_ms),
                actual.rows,
                actual.loops
            ),
        ));
    }
    for prop in &node.props {
        let value = match &prop.value {
            Value::One(text) => shown(text).into_owned(),
            Value::List(items) => shown(&items.join("\n")).into_owned(),
        };
        facts.push((shown(&prop.key).into_owned(), value));
    }
    for worker in &node.workers {
        let mut message = Vec::new();
        if let Some(actual) = worker.actual {
            let total = actual.total_ms.map(|ms| format!("{ms} ms, ")).unwrap_or_default();
            message.push(format!("{total}{} rows, {} loops", actual.rows, actual.loops));
        }
        message
            .extend(worker.props.iter().map(|prop| format!("{}: {}", prop.key, prop.value.text())));
        facts.push((format!("Worker {}", worker.number), shown(&message.join("; ")).into_owned()));
    }
    facts
}

/// Facts as a list; a long value is collapsed.
pub fn facts(facts: Vec<(String, String)>) -> AnyView {
    let rows = facts
        .into_iter()
        .map(|(name, value)| {
            let value = if value.chars().nth(FOLD_AFTER).is_some() {
                folded(value)
            } else {
                value.into_any()
            };
            view! { <div><dt>{name}</dt><dd>{value}</dd></div> }
        })
        .collect_view();
    view! { <dl class="facts">{rows}</dl> }.into_any()
}

/// A collapsed long value; the rest is rendered only when opened.
fn folded(value: String) -> AnyView {
    let message =
        format!("Show all ({} characters)", format::grouped(value.chars().count() as f64));
    let begin = short(&value, FOLD_AFTER).into_owned();
    let open = RwSignal::new(false);
    view! {
        {move || if open.get() { value.clone() } else { begin.clone() }}
        " "
        <button type="button" class="js-only show-all" hidden=move || open.get() on:click=move |_| open.set(true)>{message}</button>
    }
    .into_any()
}

/// The node as text to copy.
pub fn text(analysis: &Analysis, at: usize) -> String {
    let Some((node, _)) = analysis.node(at) else { return String::new() };
    let mut text = format!("{}\n", describe::name(node));
    for (name, value) in derived(analysis, at).into_iter().chain(printed(node)) {
        text.push_str(&format!("{name}: {value}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::plan::analysis::tests::{FILTERED, analysis};

    #[test]
    fn a_node_says_everything() {
        let analysis = analysis(FILTERED);
        let text = text(&analysis, 0);
        for must in [
            "Seq Scan on orders",
            "Self time: ",
            "Rows removed: 199,600",
            "Own Shared Hit Blocks: 2,4",
            "Output: id, customer_id",
        ] {
            assert!(text.contains(must), "{must} is not in {text}");
        }
    }

    #[test]
    fn long_values_are_folded() {
        let long = "x".repeat(1_000_000);
        // Signals need an `Owner`.
        let html = Owner::new().with(|| facts(vec![("Filter".into(), long)]).to_html());
        assert!(
            html.len() < 2_000 && html.contains("Show all (1,000,000 characters)"),
            "{}",
            html.len()
        );
    }
}
