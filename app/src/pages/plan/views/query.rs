//! The plan's statement, with the part highlighted that the selected node comes from.

use leptos::prelude::*;

use crate::pages::plan::analysis::{Analysis, Shared};
use crate::pages::plan::describe::shown;
use crate::pages::plan::state::PlanState;
use crate::ui::code::CopyButton;
use crate::ui::reading::empty;

/// Maximum of bytes of a statement that are shown.
const MOST: usize = 200_000;

/// The view.
pub fn query(analysis: &Shared<Analysis>, state: PlanState) -> AnyView {
    let Some(query) = analysis.plan.query.clone() else {
        return empty(
            "The pasted text does not contain the statement. auto_explain logs it with the plan; pasted above the plan, it lets pgdeck highlight the part each node comes from.",
        );
    };
    let analysis = analysis.clone();
    let copied = query.clone();
    let marked = {
        let query = query.clone();
        move || {
            let spans = state
                .node
                .get()
                .map(|at| plan::query_spans(&query, &analysis.plan, at))
                .unwrap_or_default();
            let message = if spans.is_empty() {
                "It is not certain which part the selected node comes from."
            } else {
                "The highlighted part is what the selected node comes from."
            };
            let pieces = pieces(&query, &spans)
                .into_iter()
                .map(|(text, marked)| {
                    let text = shown(text).into_owned();
                    if marked { view! { <mark>{text}</mark> }.into_any() } else { text.into_any() }
                })
                .collect_view();
            view! { <p class="note" role="status">{message}</p> <pre class="sql plan-query" tabindex="0"><code>{pieces}</code></pre> }
        }
    };
    view! {
        {marked}
        <p><CopyButton text=Signal::stored(copied) message="Copy the statement"/></p>
    }
    .into_any()
}

/// Splits the text into pieces, each highlighted or not; spans may overlap and come in any order.
fn pieces<'a>(text: &'a str, spans: &[std::ops::Range<usize>]) -> Vec<(&'a str, bool)> {
    let mut spans = spans.to_vec();
    spans.sort_by_key(|span| span.start);
    let mut end = text.len().min(MOST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let (mut pieces, mut at) = (Vec::new(), 0);
    for span in spans {
        let (from, to) = (span.start.max(at).min(end), span.end.min(end));
        if from >= to {
            continue;
        }
        pieces.push((text.get(at..from).unwrap_or_default(), false));
        pieces.push((text.get(from..to).unwrap_or_default(), true));
        at = to;
    }
    pieces.push((text.get(at..end).unwrap_or_default(), false));
    pieces.retain(|(text, _)| !text.is_empty());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_together_are_the_text() {
        assert_eq!(
            pieces("abcdef", &[3..5, 1..4]),
            [("a", false), ("bcd", true), ("e", true), ("f", false)]
        );
        assert_eq!(pieces("abc", &[]), [("abc", false)]);
    }
}
