//! Takes off what stands in front of each line: line numbers, quotes of mails, comments, timestamps,
//! names of hosts and containers, severities. What it is is found from the lines themselves: it is what
//! stands before the arrows of the nodes, with any number for each number.

use std::borrow::Cow;

use super::{Line, Place, node};
use crate::node::Notice;
use crate::text::{figures_start, is_root};

/// Bytes of a prefix at most.
const LONGEST: usize = 240;
/// Different prefixes in a paste at most.
const MOST: usize = 8;

/// Borders of tables.
const BARS: [char; 3] = ['|', '│', '║'];

/// What stands before a node, and how often.
struct Shape {
    /// The text with `0` for each number.
    text: String,
    count: usize,
}

/// Takes the prefixes off all lines.
pub(super) fn strip(lines: &mut Vec<Line<'_>>, notices: &mut Vec<Notice>) {
    let shapes = shapes(lines);
    let mut taken: Option<(usize, String)> = None;
    let mut count = 0_usize;
    let mut cut = vec![];
    let aligned = shapes.iter().map(|shape| column(&shape.text, lines)).collect::<Vec<_>>();
    for (place, line) in lines.iter_mut().enumerate().filter(|_| !shapes.is_empty()) {
        let found = shapes.iter().zip(&aligned).find_map(|(shape, column)| {
            let end = covers(&shape.text, &line.text)?;
            Some(end.max(column.unwrap_or(0)).min(line.text.len()))
        });
        let Some(end) = found else { continue };
        count = count.saturating_add(1);
        let prefix = line.text.get(..end).unwrap_or_default();
        taken.get_or_insert_with(|| (line.number, prefix.trim().to_owned()));
        // A table around lines that have the prefix.
        let barred = prefix.starts_with(BARS) && line.text.trim_end().ends_with(BARS);
        let whole = if barred { line.text.trim_end().trim_end_matches(BARS) } else { &line.text };
        line.keep(end, whole.len().max(end));
        cut.push(place);
        // The end of a block comment.
        if line.text.trim() == "/" {
            line.text = Cow::Borrowed("");
        }
        syslog_tabs(line);
    }
    // One or two spaces behind it are no indentation.
    let indent =
        |line: &Line<'_>| line.text.len().saturating_sub(line.text.trim_start_matches(' ').len());
    let filled = cut.iter().filter_map(|at| lines.get(*at)).filter(|line| !line.is_blank());
    let common = filled.map(indent).min().unwrap_or(0);
    for at in cut.iter().filter(|_| common > 0) {
        if let Some(line) = lines.get_mut(*at) {
            line.keep(common.min(line.text.len()), line.text.len());
        }
    }
    if taken.is_some() {
        lines.retain(|line| !line.text.trim_start().starts_with("CONTEXT:  "));
    }
    if let Some((line, prefix)) = taken {
        notices.push(Notice {
            line,
            text: format!(
                "“{}” and the like are left out at the start of {count} lines.",
                short(&prefix)
            ),
            doubtful: false,
        });
    }
    roots(lines);
}

/// Takes off what stands before roots alone: `NOTICE:  `, `psql:a.sql:1: INFO:  `, `/* `.
fn roots(lines: &mut [Line<'_>]) {
    for line in lines.iter_mut() {
        let body = line.text.trim_start();
        if body.starts_with("->")
            || !body.contains("(cost=") && !body.contains("(actual ")
            || is_root(&line.text, line.place, false)
        {
            continue;
        }
        if let Some(at) = node::start(&line.text)
            && at > 0
            && !line.text.get(..at).is_some_and(|before| {
                before.trim_end().ends_with(['"', '\''])
                    || before.trim().is_empty()
                    || bars(before.trim())
            })
        {
            line.keep(at, line.text.len());
        }
    }
}

/// The prefixes of a paste, the longest first.
fn shapes(lines: &[Line<'_>]) -> Vec<Shape> {
    let (shapes, text) = shapes_at(lines, anchor);
    if text { shapes } else { shapes_at(lines, key).0 }
}

/// The prefixes before what `anchor` finds, and whether it finds anything.
fn shapes_at(lines: &[Line<'_>], anchor: fn(&str) -> Option<usize>) -> (Vec<Shape>, bool) {
    let mut shapes: Vec<Shape> = vec![];
    let mut bare = 0_usize;
    for line in lines {
        let Some(at) = anchor(&line.text) else { continue };
        let before = line.text.get(..at).unwrap_or_default();
        let Some(before) = prefix(before, line.text.trim_end().ends_with(BARS)) else {
            bare = bare.saturating_add(1);
            continue;
        };
        let text = shape(before);
        let room = shapes.len() < MOST;
        match shapes.iter_mut().find(|shape| shape.text == text) {
            Some(shape) => shape.count = shape.count.saturating_add(1),
            None if room => shapes.push(Shape { text, count: 1 }),
            None => {}
        }
    }
    if shapes.is_empty() {
        return (shapes, bare > 0);
    }
    // Once is enough where other lines begin in the same way.
    let begins = |shape: &Shape| {
        let same = lines.iter().filter(|line| covers(&shape.text, &line.text).is_some());
        same.take(2).count() > 1
    };
    shapes.retain(|shape| (shape.count > 1 || bare == 0) && begins(shape));
    shapes.sort_by_key(|shape| std::cmp::Reverse(shape.text.len()));
    (shapes, true)
}

/// Where the plan's own text begins in a line that tells it for certain: in TEXT, a node.
fn anchor(text: &str) -> Option<usize> {
    if text.contains("->") {
        let body = text.trim_start();
        if body.starts_with("-> ") {
            return Some(text.len().saturating_sub(body.len()));
        }
        if let Some(at) = node::arrow(text) {
            return Some(at);
        }
    }
    let figures = text.contains("(cost=") || text.contains("(actual ");
    (figures && !is_root(text, Place::Open, false)).then(|| node::root(text))?
}

/// The same in a line of JSON, YAML or XML.
fn key(text: &str) -> Option<usize> {
    const KEYS: [&str; 6] = [
        "\"Node Type\":",
        "\"Startup Cost\":",
        "<Node-Type>",
        "<Startup-Cost>",
        "Startup Cost: ",
        "Plan Rows: ",
    ];
    (text.len() < 2_000).then(|| KEYS.iter().find_map(|key| text.find(key)))?
}

/// What stands before a node, if it is a prefix.
fn prefix(before: &str, barred: bool) -> Option<&str> {
    let mut before = before.trim_end();
    before = before.trim_end_matches("#011").trim_end();
    before = before.trim_end_matches(['"', '\'', '`']).trim_end();
    // The frame of a table, perhaps behind a prefix of its own.
    if barred {
        before = before.trim_end_matches(BARS).trim_end();
    }
    let own = before.trim_start();
    let other = own.contains("QUERY PLAN")
        || bars(own) && own.len() < before.len()
        || figures_start(own).is_some()
        || own.len() > LONGEST
        || own.contains(['{', '}'])
        || own.starts_with("InitPlan")
        || own.starts_with("SubPlan")
        || own.starts_with("CTE ");
    (!own.is_empty() && !other).then_some(before)
}

/// Whether a text is nothing but the border of a table.
fn bars(text: &str) -> bool {
    text.chars().all(|c| BARS.contains(&c))
}

/// A prefix with `0` for each number.
fn shape(prefix: &str) -> String {
    let mut shape = String::with_capacity(prefix.len());
    let mut number = false;
    for c in prefix.chars() {
        if !c.is_ascii_digit() {
            shape.push(c);
        } else if !number {
            shape.push('0');
        }
        number = c.is_ascii_digit();
    }
    // Numbers may be aligned to the right.
    if shape.trim_start().starts_with('0') { shape.trim_start().to_owned() } else { shape }
}

/// How many bytes of a line a prefix covers, if the line begins with it.
fn covers(shape: &str, text: &str) -> Option<usize> {
    let mut chars = text.char_indices().peekable();
    if shape.starts_with('0') {
        while chars.next_if(|(_, c)| *c == ' ').is_some() {}
    }
    let mut last = ' ';
    for wanted in shape.chars() {
        let (_, c) = chars.next()?;
        if wanted == '0' {
            c.is_ascii_digit().then_some(())?;
            while chars.next_if(|(_, c)| c.is_ascii_digit()).is_some() {}
        } else if c != wanted {
            return None;
        }
        last = c;
    }
    let next = chars.peek();
    let ends = !last.is_alphanumeric()
        || next.is_none_or(|(_, c)| !c.is_alphanumeric() && !".,_".contains(*c));
    ends.then(|| next.map_or(text.len(), |(at, _)| *at))
}

/// Where the text begins if shorter numbers are filled up with spaces on the right: then the root and
/// the times below the plan begin in one column, and not equally far behind their numbers.
fn column(shape: &str, lines: &[Line<'_>]) -> Option<usize> {
    if !shape.starts_with('0') {
        return None;
    }
    let spans: Vec<(usize, &str)> = lines
        .iter()
        .filter_map(|line| Some((covers(shape, &line.text)?, line.text.as_ref())))
        .collect();
    let widest = spans.iter().map(|(end, _)| *end).max()?;
    let padded = spans.iter().all(|(end, text)| {
        text.get(*end..widest.min(text.len())).is_some_and(|gap| gap.trim().is_empty())
    });
    let gap = |text: &str, end: usize| {
        let rest = text.get(end..).unwrap_or_default();
        rest.len().saturating_sub(rest.trim_start().len())
    };
    let (root_end, root) = spans.iter().find(|(_, text)| figures_start(text).is_some())?;
    let (last_end, last) = spans.iter().rev().find(|(_, text)| text.contains(" Time: "))?;
    let behind = gap(root, *root_end) != gap(last, *last_end);
    let same = root_end.saturating_add(gap(root, *root_end))
        == last_end.saturating_add(gap(last, *last_end));
    (padded && behind && same).then_some(widest)
}

/// The tabs that syslog writes as `#011`.
fn syslog_tabs(line: &mut Line<'_>) {
    let mut rest = line.text.trim_start();
    let mut tabs = 0_usize;
    while let Some(behind) = rest.strip_prefix("#011").or_else(|| rest.strip_prefix("^I")) {
        tabs = tabs.saturating_add(1);
        rest = behind;
    }
    if tabs > 0 {
        let rest = format!("{}{rest}", "\t".repeat(tabs));
        line.text = Cow::Owned(rest);
    }
}

fn short(text: &str) -> String {
    let head: String = text.chars().take(40).collect();
    if head.len() < text.len() { format!("{head}…") } else { head }
}
