//! Strips psql's table borders, in all border and line styles, and its wrap marks.

use super::{Line, Place, unindented};

/// The shape of the frame that is open.
#[derive(Clone, Copy)]
struct Shape {
    /// Characters of the rule under the heading.
    width: usize,
    /// 0: no margin; 1: a margin of one; 2: bars on both sides.
    border: u8,
}

/// Strips all frames; a frame reaches from a rule to a footer, a blank line or another rule.
pub(super) fn strip(lines: &mut Vec<Line<'_>>) {
    lines.retain(|line| !is_record(&line.text));
    let mut open: Option<Shape> = None;
    // Where the value of a row of the expanded display begins, in bytes.
    let mut value: Option<usize> = None;
    for at in 0..lines.len() {
        let (before, rest) = lines.split_at_mut(at);
        let Some((line, after)) = rest.split_first_mut() else { break };
        if line.place == Place::Frame {
            open = None;
            continue;
        }
        let bar = expanded(line);
        if bar.is_some() {
            value = bar;
            continue;
        }
        if let Some(bar) = value {
            if goes_on(line, bar) {
                continue;
            }
            value = None;
        }
        if let Some(width) = rule(&line.text) {
            let next = after.iter().find(|line| !line.is_blank());
            // A rule behind a rule: a terminal wrapped it, so its width says nothing.
            let wrapped = open.is_none_or(|shape| shape.width > 0)
                && (next.is_some_and(|next| rule(&next.text).is_some())
                    || before.last().is_some_and(|last| rule(&last.text).is_some()));
            line.place = Place::Frame;
            heading(before, if wrapped { 3 } else { 1 });
            open = next.filter(|next| !is_footer(&next.text)).map(|next| Shape {
                width: if wrapped { 0 } else { width },
                border: border_of(&next.text),
            });
            if let Some(next) = after.first_mut().filter(|next| next.place == Place::Open) {
                next.place = Place::First;
            }
            continue;
        }
        if is_footer(&line.text) {
            line.place = Place::Frame;
            open = None;
        } else if line.is_blank() {
            open = None;
        } else {
            let first = line.place == Place::First;
            bare(line, open);
            if open.is_some() && !first {
                line.place = Place::Framed;
            }
        }
    }
}

/// Marks what stands above a rule as the heading: one line, or all lines of a wrapped one.
fn heading(before: &mut [Line<'_>], mut most: usize) {
    for line in before.iter_mut().rev().skip_while(|line| line.is_blank()) {
        let text = line.text.trim_matches(|c: char| c.is_whitespace() || "|│║".contains(c));
        let other = line.place != Place::Open || text.is_empty();
        if most == 0 || other || text.contains(['(', ';', '=']) || text.contains("->") {
            break;
        }
        most = most.saturating_sub(1);
        line.place = Place::Frame;
    }
}

/// The next line of a value in the expanded display: nothing stands before the bar at `bar`.
fn goes_on(line: &mut Line<'_>, bar: usize) -> bool {
    let text = &line.text;
    let bars = ['|', '│', '║'];
    let (Some(head), Some(rest)) = (text.get(..bar), text.get(bar..)) else { return false };
    if !rest.starts_with(bars) || !head.trim_start_matches(bars).trim().is_empty() {
        return false;
    }
    let from = bar.saturating_add(rest.chars().next().map_or(0, char::len_utf8)).saturating_add(1);
    keep_value(line, from);
    true
}

/// Keeps the value of a row: without the mark of psql that it has another line, and the right border.
fn keep_value(line: &mut Line<'_>, from: usize) {
    let text = line.text.trim_end();
    let text = text.strip_suffix(['|', '│', '║']).unwrap_or(text).trim_end();
    let text = text.strip_suffix(['+', '↵']).unwrap_or(text);
    let to = text.len();
    line.keep(from.min(to), to);
    line.place = Place::Framed;
}

/// psql's expanded display: `QUERY PLAN | text`, and a line per record. Gives the place of its bar.
fn expanded(line: &mut Line<'_>) -> Option<usize> {
    if !unindented(&line.text).trim_start_matches(['|', '│', '║', ' ']).starts_with("QUERY PLAN")
    {
        return None;
    }
    for bar in ["| ", "│ ", "║ "] {
        let head = line.text.find(bar).filter(|at| {
            line.text.get(..*at).is_some_and(|head| {
                head.trim_start_matches(['|', '│', '║', ' ']).trim_end() == "QUERY PLAN"
            })
        });
        if let Some(at) = head {
            keep_value(line, at.saturating_add(bar.len()));
            return Some(at);
        }
    }
    None
}

/// The line above each row of the expanded display.
fn is_record(text: &str) -> bool {
    let border = |c: char| "-─━═+|┌┬┐├┼┤╔╦╗╠╬╣╟╢│║".contains(c);
    text.trim_start_matches(border).starts_with("[ RECORD ") || text.starts_with("* Record ")
}

/// The width of a line that is nothing but border.
fn rule(text: &str) -> Option<usize> {
    let text = text.trim_end();
    let body = unindented(text).trim_start();
    // Plan text shows by its first byte that it is none.
    if body.bytes().next().is_some_and(|byte| byte.is_ascii() && !b"-=+|".contains(&byte)) {
        return None;
    }
    if !body.chars().all(|c| "-─━═+|┌┬┐├┼┤└┴┘╔╦╗╠╬╣╚╩╝╟╢╓╖╙╜╒╕╘╛╞╡│║".contains(c))
    {
        return None;
    }
    let dashes = body.chars().filter(|c| "-─━═".contains(*c)).count();
    (dashes >= 3 && !body.starts_with("--+--")).then(|| text.chars().count())
}

fn border_of(text: &str) -> u8 {
    if text.starts_with(['|', '│', '║']) { 2 } else { u8::from(text.starts_with(' ')) }
}

/// `(8 rows)` in any language.
fn is_footer(text: &str) -> bool {
    let inner = unindented(text).trim().strip_prefix('(').and_then(|text| text.strip_suffix(')'));
    inner.is_some_and(|inner| {
        let digits = inner.chars().take_while(char::is_ascii_digit).count();
        let rest: String = inner.chars().skip(digits).collect();
        (digits > 0
            && rest.chars().all(|c| c.is_alphabetic() || c == ' ' || c == '.')
            && rest.starts_with(' '))
            || inner.chars().rev().take_while(char::is_ascii_digit).count() > 0
                && inner.chars().all(|c| c.is_alphanumeric() || " :".contains(c))
                && inner.contains(' ')
    })
}

/// Takes border, margin and marks off one line.
fn bare(line: &mut Line<'_>, open: Option<Shape>) {
    // The byte offset of each character would cost memory on long lines: work from both ends.
    let text = line.text.trim_end();
    let mut from = 0;
    let mut to = line.text.len();
    let bars = ['|', '│', '║'];
    let barred = text.starts_with(bars) && text.ends_with(bars) && text.len() > 1;
    // DBeaver draws a bar on the right only; so does psql's old-ascii style for more lines.
    let right_bar = !barred && open.is_some() && text.ends_with(bars);
    if barred {
        from = text.chars().next().map_or(0, char::len_utf8);
    }
    if barred || right_bar {
        to = text.len().saturating_sub(text.chars().next_back().map_or(0, char::len_utf8));
    }
    let shape = open.unwrap_or(Shape { width: 0, border: 2 });
    let width = line.text.get(from..to).map_or(0, |inner| inner.chars().count());
    // Border 0 puts its mark behind the last column, the others into the right margin.
    let expected = match (barred, shape.border) {
        (true, _) => width,
        (false, 0) => shape.width.saturating_add(1),
        (false, _) => shape.width,
    };
    let framed = barred || (shape.width > 0 && width == expected && !right_bar);
    let mark = line.text.get(from..to).and_then(|inner| inner.chars().next_back());
    if let Some(mark) = mark.filter(|mark| framed && !line.cut && "+↵.…".contains(*mark)) {
        to = to.saturating_sub(mark.len_utf8());
        line.wraps = mark == '.' || mark == '…';
    } else if framed && !barred && shape.border == 0 && mark == Some(' ') {
        // The old-ascii style marks a wrapped line by nothing but a space behind the last column.
        to = to.saturating_sub(1);
        line.wraps = true;
    } else if (barred || (framed && shape.border == 1)) && mark == Some(' ') {
        to = to.saturating_sub(1);
    }
    let margin = barred || (shape.border == 1 && shape.width > 0 && !right_bar);
    if margin {
        let first = line.text.get(from..to).and_then(|inner| inner.chars().next());
        if let Some(first) = first.filter(|first| " .…".contains(*first)) {
            from = from.saturating_add(first.len_utf8());
        }
    }
    if from > 0 || to < line.text.len() {
        line.keep(from, to.max(from));
    }
}
