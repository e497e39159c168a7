//! The paste itself, the lines of the node looked at marked; only the lines in sight in the page.

use std::ops::Range;

use leptos::prelude::*;

use super::virtual_rows::Rows;
use crate::pages::plan::analysis::{Case, Paste, Shared};
use crate::pages::plan::describe::shown;
use crate::pages::plan::state::Desk;

/// Height of a line, pixels; `plan.css` says the same.
const LINE: f64 = 20.0;
/// Longer lines go on in the next row, bytes: JSON may come on one line of megabytes.
const LONGEST: usize = 240;

/// The rows of a text: the line each belongs to, from 1, and its bytes.
fn rows(text: &str) -> Vec<(usize, Range<usize>)> {
    let mut rows = Vec::new();
    let mut from = 0;
    for (at, line) in text.split('\n').enumerate() {
        let mut start = 0;
        loop {
            let mut end = (start + LONGEST).min(line.len());
            while !line.is_char_boundary(end) {
                end += 1;
            }
            rows.push((at + 1, from + start..from + end));
            start = end;
            if start >= line.len() {
                break;
            }
        }
        from += line.len() + 1;
    }
    rows
}

/// The view.
pub fn source(paste: &Shared<Paste>, case: &Shared<Case>, desk: Desk) -> AnyView {
    let all = Shared::new(rows(&paste.text));
    let count = all.len();
    let list = Rows::new(Signal::stored(count), LINE);
    let lines = {
        let case = case.clone();
        Memo::new(move |_| {
            let node = desk.node.get().and_then(|at| case.plan.nodes.get(at));
            node.map(|node| node.lines).unwrap_or_default()
        })
    };
    let first = all.clone();
    Effect::new(move |_| {
        desk.shown.track();
        let (from, _) = lines.get();
        list.show(first.partition_point(|(line, _)| *line < from));
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
            on:scroll=move |_| list.look()
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
    }
}
