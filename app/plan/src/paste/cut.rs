//! Marks what a pager or a narrow terminal has cut off at the right.

use std::borrow::Cow;

use super::balance::Balance;
use super::{Line, Place};
use crate::node::Notice;
use crate::text::{figures_start, is_item, is_known_property};

/// What marks a cell that is cut.
const MARK: char = '…';

/// Takes off the `>` that `less -S` draws at the right edge. Before frames are taken off.
pub(super) fn pager(lines: &mut [Line<'_>]) {
    let width = |line: &Line<'_>| line.text.trim_end().chars().count();
    let marked = |line: &Line<'_>| {
        let text = line.text.trim_end();
        if text.trim_start().starts_with('<') {
            return false;
        }
        text.ends_with('>') && text.len() > 20 && !text.ends_with("->")
            || text.ends_with("->") && rule(text)
    };
    let edge = lines.iter().filter(|line| marked(line)).map(width).max().unwrap_or(0);
    if edge == 0 {
        return;
    }
    // In a frame all lines end there.
    let filled = lines.iter().filter(|line| !line.is_blank()).count();
    let all = lines.iter().filter(|line| marked(line)).count();
    let framed = all > 2 && all.saturating_mul(10) >= filled.saturating_mul(7);
    let at_edge = |line: &Line<'_>| marked(line) && (framed || width(line) == edge);
    // Nothing stands further right than the edge, and an operator at the end of a line is none.
    let plan = |line: &Line<'_>| line.text.contains("(cost=") || line.text.contains("(actual ");
    let count = lines.iter().filter(|line| at_edge(line)).count();
    let beyond = !framed && lines.iter().any(|line| width(line) > edge);
    if beyond || count < 2 && !lines.iter().any(|line| at_edge(line) && plan(line)) {
        return;
    }
    for line in lines.iter_mut().filter(|line| at_edge(line)) {
        let text = line.text.trim_end();
        let Some(inner) = text.strip_suffix('>') else { continue };
        let right = if rule(text) {
            "-"
        } else if text.starts_with(['|', '│', '║']) {
            "|"
        } else {
            ""
        };
        let cut = !rule(text)
            && !inner.ends_with(' ')
            && inner.trim_matches(['|', '│', '║', ' ']) != "QUERY PLAN";
        let own = format!("{inner}{right}");
        line.text = Cow::Owned(own);
        line.cut = cut;
    }
}

/// Whether a line is the border of a table.
fn rule(text: &str) -> bool {
    text.chars().all(|c| "-+|>─┼│═".contains(c)) && text.len() > 3
}

/// Marks lines that are cut: a figure of which the end is missing is taken off, any other text gets an
/// ellipsis. After frames are taken off and wrapped lines are marked.
pub(super) fn mark(lines: &mut [Line<'_>], notices: &mut Vec<Notice>) {
    find(lines);
    let mut first: Option<usize> = None;
    let mut count = 0_usize;
    for line in lines.iter_mut().filter(|line| line.cut && line.place != Place::Frame) {
        first.get_or_insert(line.number);
        count = count.saturating_add(1);
        let text = line.text.trim_end().trim_end_matches([MARK, '.']);
        let figures = text.rfind('(').filter(|at| {
            let open = text.get(*at..).unwrap_or_default();
            ["(cost=", "(actual ", "(never "]
                .iter()
                .any(|word| open.starts_with(word) || word.starts_with(open))
                && !open.contains(')')
        });
        let own = match figures.and_then(|at| text.get(..at)) {
            Some(whole) => whole.trim_end().to_owned(),
            None if text.ends_with(')') && figures_start(text).is_some() => text.to_owned(),
            None => format!("{text}{MARK}"),
        };
        line.text = Cow::Owned(own);
    }
    if let Some(line) = first {
        let lines =
            if count == 1 { "One line is".to_owned() } else { format!("{count} lines are") };
        let text = format!("{lines} cut at the right: what stood there is missing.");
        notices.push(Notice { line, text, doubtful: true });
    }
}

/// Finds lines that are cut without a mark: their brackets stay open although the next line begins with
/// something else. Where one is cut at the width of the widest, so are all of that width.
fn find(lines: &mut [Line<'_>]) {
    let mut inside = false;
    let mut edge = 0;
    let mut widest = 0;
    // What is open at the end of the line before, if this one goes on with it.
    let mut before = Balance::default();
    let count = lines.len();
    for at in 0..count {
        let Some((line, after)) = lines.split_at_mut(at).1.split_first_mut() else { break };
        let ends = line.is_blank() || line.place == Place::Frame;
        inside = !ends && (inside || figures_start(&line.text).is_some());
        if !inside {
            before = Balance::default();
            continue;
        }
        let width = line.text.trim_end().len();
        widest = widest.max(width);
        if !before.is_open() && !is_open(&line.text) {
            continue;
        }
        let mut balance = std::mem::take(&mut before);
        balance.push(&line.text);
        if line.cut || !balance.is_open() {
            continue;
        }
        if line.wraps {
            before = balance;
            continue;
        }
        let next = after.first().filter(|next| next.place != Place::Frame && !next.is_blank());
        let ends = match next {
            None => figures_are_open(&line.text),
            Some(next) => {
                let text = next.text.trim_start();
                text.starts_with("-> ")
                    || is_known_property(text)
                    || is_item(text, next.place) && figures_are_open(&line.text)
            }
        };
        if ends || line.text.trim_end().ends_with([MARK]) {
            line.cut = true;
            edge = edge.max(width);
        } else {
            before = balance;
        }
    }
    if edge > 40 && edge == widest {
        for line in
            lines.iter_mut().filter(|line| line.text.trim_end().len() == edge && !line.wraps)
        {
            line.cut = true;
        }
    }
}

/// Whether brackets or quotes of a line stay open.
fn is_open(text: &str) -> bool {
    let count = |byte: u8| text.bytes().filter(|other| *other == byte).count();
    count(b'(') > count(b')') || count(b'\'') % 2 == 1 || count(b'"') % 2 == 1
}

/// Whether the figures of a node have no end.
fn figures_are_open(text: &str) -> bool {
    let last = text.rfind('(').and_then(|at| text.get(at..));
    last.is_some_and(|open| {
        !open.contains(')')
            && ["(cost=", "(actual ", "(never "]
                .iter()
                .any(|word| open.starts_with(word) || word.starts_with(open) && open.len() > 1)
    })
}
