//! Search for nodes by kind, relation and condition.

use leptos::prelude::*;

use crate::pages::plan::analysis::{Analysis, Shared};
use crate::pages::plan::describe::name;
use crate::pages::plan::state::PlanState;
use crate::ui::format;

/// The nodes whose name or printed properties contain every word of `wanted`, in plan order.
pub fn matches(analysis: &Analysis, wanted: &str) -> Vec<usize> {
    let words: Vec<String> = wanted.split_whitespace().map(str::to_lowercase).collect();
    if words.is_empty() {
        return vec![];
    }
    let holds = |at: usize| {
        let Some((node, _)) = analysis.node(at) else { return false };
        let mut text = name(node).to_lowercase();
        for named in [&node.schema, &node.alias, &node.subplan].into_iter().flatten() {
            text.push(' ');
            text.push_str(&named.to_lowercase());
        }
        for prop in &node.props {
            text.push(' ');
            text.push_str(&prop.value.text().to_lowercase());
        }
        words.iter().all(|word| text.contains(word.as_str()))
    };
    (0..analysis.plan.nodes.len()).filter(|at| holds(*at)).collect()
}

/// The search box with next and previous.
pub fn search(analysis: &Shared<Analysis>, state: PlanState) -> AnyView {
    let wanted = RwSignal::new(String::new());
    let analysis = analysis.clone();
    let found = Memo::new(move |_| matches(&analysis, &wanted.get()));
    let go = move |forward: bool| {
        let found = found.get_untracked();
        let now = state.node.get_untracked();
        let next = if forward {
            found.iter().copied().find(|at| Some(*at) > now).or(found.first().copied())
        } else {
            found.iter().rev().copied().find(|at| Some(*at) < now).or(found.last().copied())
        };
        if let Some(at) = next {
            state.show(at);
        }
    };
    let message = move || {
        if wanted.with(|wanted| wanted.trim().is_empty()) {
            return String::new();
        }
        let (count, now) = (found.with(Vec::len), state.node.get());
        match found.with(|found| found.iter().position(|at| Some(*at) == now)) {
            Some(place) => format!("{} of {}", place + 1, format::grouped(count as f64)),
            None => format::plural(count as i64, "node", "nodes"),
        }
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        go(true);
    };
    view! {
        <form class="plan-search" role="search" on:submit=submit>
            <input
                id="filter"
                type="search"
                aria-label="Search nodes: kind, relation, index or condition"
                placeholder="Search nodes"
                autocomplete="off"
                prop:value=move || wanted.get()
                on:input:target=move |event| wanted.set(event.target().value())
            />
            <button type="button" aria-label="Previous match" on:click=move |_| go(false)>"↑"</button>
            <button type="submit" aria-label="Next match">"↓"</button>
            <span class="num muted" role="status">{message}</span>
        </form>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::plan::analysis::tests::{JOIN, analysis};

    #[test]
    fn finds_kinds_relations_and_conditions() {
        let analysis = analysis(JOIN);
        assert!(
            matches(&analysis, "SEQ customers").len() == 1,
            "{:?}",
            matches(&analysis, "SEQ customers")
        );
        assert!(!matches(&analysis, "customer_id").is_empty());
        assert!(matches(&analysis, "nowhere").is_empty() && matches(&analysis, "  ").is_empty());
    }
}
