//! Source text of the plan with the selected node's lines highlighted; virtual scrolling.

use std::ops::Range;

use leptos::prelude::*;

use super::virtual_rows::VirtualRows;
use crate::pages::plan::analysis::{Analysis, ParsedPlans, Shared};
use crate::pages::plan::describe::shown;
use crate::pages::plan::state::PlanState;

/// Height of a line, pixels; the same in `plan.css`.
const LINE: f64 = 20.0;
/// Longer lines are wrapped, bytes: JSON may come on one line of megabytes.
const LONGEST: usize = 240;

/// The rows of a text: line number, from 1, and byte range.
fn rows(text: &str) -> Vec<(usize, Range<usize>)> {
    let mut rows = Vec::new();
    let mut from = 0;
    for (at, line) in text.split('\n').enumerate() {
        // A text from Windows ends its lines with a carriage return, which is no part of them.
        let shown = line.strip_suffix('\r').unwrap_or(line);
        let mut start = 0;
        loop {
            let mut end = (start + LONGEST).min(shown.len());
            while !shown.is_char_boundary(end) {
                end += 1;
            }
            rows.push((at + 1, from + start..from + end));
            start = end;
            if start >= shown.len() {
                break;
            }
        }
        from += line.len() + 1;
    }
    rows
}

/// The view.
pub fn source(
    paste: &Shared<ParsedPlans>,
    analysis: &Shared<Analysis>,
    state: PlanState,
) -> AnyView {
    let all = Shared::new(rows(&paste.text));
    let count = all.len();
    let list = VirtualRows::new(Signal::stored(count), LINE);
    let lines = {
        let analysis = analysis.clone();
        Memo::new(move |_| {
            let node = state.node.get().and_then(|at| analysis.plan.nodes.get(at));
            node.map(|node| node.lines).unwrap_or_default()
        })
    };
    let first = all.clone();
    Effect::new(move |_| {
        state.reveal_count.track();
        let (from, _) = lines.get();
        list.scroll_to(first.partition_point(|(line, _)| *line < from));
    });
    let paste = paste.clone();
    let drawn = move || {
        let (from, to) = list.range();
        let rows = all.get(from..to).unwrap_or_default().iter();
        rows.map(|(line, bytes)| {
            let text = paste.text.get(bytes.clone()).unwrap_or_default();
            let (line, text) = (*line, shown(text).into_owned());
            let here = move || {
                let (from, to) = lines.get();
                from <= line && line <= to
            };
            let head = bytes.start == 0
                || paste.text.as_bytes().get(bytes.start.wrapping_sub(1)) == Some(&b'\n');
            view! {
                <div class="plan-line-row" class:here=here>
                    <span class="line-number num">{head.then_some(line)}</span>
                    <code>{text}</code>
                </div>
            }
        })
        .collect_view()
    };
    view! {
        <div
            class="plan-lines"
            tabindex="0"
            role="group"
            aria-label="The pasted text; the lines of the selected node are highlighted"
            node_ref=list.element
            on:scroll=move |_| list.update_visible()
        >
            {move || list.spacer(0, list.range().0)}
            {drawn}
            {move || list.spacer(list.range().1, count)}
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_cut_into_rows_without_losing_a_byte() {
        let text = format!("short\n{}\nend", "ä".repeat(1_000));
        let rows = rows(&text);
        assert_eq!(rows.first(), Some(&(1, 0..5)));
        assert_eq!(rows.last(), Some(&(3, text.len() - 3..text.len())));
        let long: String = rows
            .iter()
            .filter(|(line, _)| *line == 2)
            .map(|(_, bytes)| &text[bytes.clone()])
            .collect();
        assert_eq!(long, "ä".repeat(1_000));
        assert_eq!(super::rows("").len(), 1);
        // Carriage returns of Windows are no part of a line.
        assert_eq!(super::rows("a\r\nb"), [(1, 0..1), (2, 3..4)]);
    }
}
