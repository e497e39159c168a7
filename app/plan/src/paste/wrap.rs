//! Finds lines that a terminal, a mail or an editor has wrapped, and puts back the space that was lost
//! or takes off the indentation that was added at the break.

use std::borrow::Cow;

use super::balance::Balance;
use super::{Line, Place, unindented};
use crate::node::Notice;
use crate::text::{figures_start, is_item, is_kind, is_known_property};

/// Keys that never begin a line: PostgreSQL writes them behind others, after two spaces.
const SECOND: [&str; 9] = [
    "Memory: ",
    "Disk: ",
    "Memory Usage: ",
    "Misses: ",
    "Evictions: ",
    "Overflows: ",
    "Disk Usage: ",
    "Average Memory: ",
    "Peak Memory: ",
];

/// Marks the lines of plans in TEXT that go on in the next line.
pub(super) fn rejoin(lines: &mut [Line<'_>], notices: &mut Vec<Notice>) {
    if !lines.iter().any(|line| is_odd(&line.text)) {
        return;
    }
    let breaks = breaks(lines);
    if breaks.is_empty() {
        return;
    }
    let width = |at: &usize| lines.get(*at).map_or(0, extent);
    let added = |at: &usize| lines.get(at.saturating_add(1)).map_or(0, Line::indent);
    let seams = breaks.iter().filter_map(|at| {
        seam(lines.get(*at)?.text.trim_end(), lines.get(at.saturating_add(1))?.text.trim_start())
    });
    // Cut at a width, a figure may be torn, and all broken lines are as wide as the widest of all;
    // between words, most are not.
    let widest = lines.iter().map(extent).max().unwrap_or(0);
    let torn = seams.clone().any(|spaced| !spaced);
    let between = breaks.iter().any(|at| {
        let (Some(line), Some(next)) = (lines.get(*at), lines.get(at.saturating_add(1))) else {
            return false;
        };
        let (before, behind) = (line.text.trim_end(), next.text.trim_start());
        before.len() == line.text.len()
            && next.indent() == 0
            && seam(before, behind) == Some(true)
            && extent(line).saturating_add(1) < widest
    });
    let hard = torn || breaks.iter().all(|at| width(at).saturating_add(1) >= widest);
    let edge = breaks.iter().map(width).max().unwrap_or(0);
    let margin = breaks.iter().map(added).min().unwrap_or(0);
    // Wrapped twice.
    let mut unsure = breaks
        .first()
        .and_then(|at| lines.get(*at))
        .filter(|_| torn && between)
        .map(|line| line.number);
    for at in breaks {
        let Some((line, after)) = lines.split_at_mut(at).1.split_first_mut() else { break };
        let Some(next) = after.first_mut() else { break };
        line.wraps = true;
        let narrow = extent(line).saturating_add(1) == edge;
        let (before, behind) = (line.text.trim_end(), next.text.trim_start());
        let second = SECOND.iter().any(|key| behind.starts_with(key)) && before.contains(": ");
        let seam = seam(before, behind);
        let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let words = word(before.chars().next_back()) && word(behind.chars().next());
        let lost = hard
            && narrow
            && seam.is_none()
            && line.text.len() == before.len()
            && next.indent() == margin;
        if lost && words {
            unsure.get_or_insert(line.number);
        }
        let (gap, from) = match seam {
            _ if second => ("  ", next.indent()),
            Some(true) => (" ", next.indent()),
            Some(false) => ("", next.indent()),
            None if !hard => (" ", next.indent()),
            None if lost && !words => (" ", margin),
            None => ("", margin),
        };
        let keep = if hard && seam.is_none() && !second { line.text.as_ref() } else { before };
        let own = format!("{keep}{gap}");
        line.text = Cow::Owned(own);
        next.keep(from, next.text.len());
    }
    if let Some(line) = unsure {
        let text = format!(
            "Lines were broken after {edge} characters; whether a space stood at each break cannot be told."
        );
        notices.push(Notice { line, text, doubtful: true });
    }
}

/// Where a line ends in the paste, in characters.
fn extent(line: &Line<'_>) -> usize {
    line.column.saturating_sub(1).saturating_add(line.text.chars().count())
}

/// Whether a line is not one of a plan as PostgreSQL writes it: it begins with no capital and no arrow,
/// or its brackets or quotes are not closed. In most pastes there is none.
fn is_odd(text: &str) -> bool {
    let count = |byte: u8| text.bytes().filter(|other| *other == byte).count();
    let first = unindented(text).bytes().next();
    first.is_some_and(|byte| !byte.is_ascii_uppercase() && byte != b'-')
        || count(b'(') != count(b')')
        || count(b'\'') % 2 == 1
        || count(b'"') % 2 == 1
        || text.trim_start().starts_with("Memory: ")
        || SECOND.iter().skip(2).any(|key| text.trim_start().starts_with(key))
}

/// Whether a space stands at a break, where the figures of a node tell it.
fn seam(before: &str, behind: &str) -> Option<bool> {
    let first = behind.chars().next()?;
    let last = before.chars().next_back()?;
    if ["(cost=", "(actual ", "(never "].iter().any(|word| behind.starts_with(word)) {
        return Some(true);
    }
    if before.ends_with("rows=")
        || before.ends_with("loops=")
        || before.ends_with("width=")
        || before.ends_with("time=")
        || before.ends_with("cost=")
    {
        return Some(false);
    }
    let open = match before
        .strip_prefix("Worker ")
        .or_else(|| before.trim_start().strip_prefix("Worker "))
    {
        Some(worker) => worker.get(worker.find("actual ")?..)?,
        None => before.get(before.rfind('(')?..)?,
    };
    let figures = !open.contains(')')
        && ["(cost=", "(actual", "(never", "actual "]
            .iter()
            .any(|word| open.starts_with(word) || word.starts_with(open));
    if !figures {
        return None;
    }
    let words = ["rows=", "width=", "loops=", "time=", "executed"];
    let word = words.iter().any(|word| behind.starts_with(word));
    Some(
        word && (last.is_ascii_digit() || open == "(actual" || open == "(never")
            && !first.is_ascii_digit(),
    )
}

/// The places of the lines that go on in the next one.
fn breaks(lines: &[Line<'_>]) -> Vec<usize> {
    let mut found = vec![];
    let (mut words, mut quoted) = (vec![], vec![]);
    let mut balance = Balance::default();
    let (mut inside, mut costed, mut joined) = (false, false, false);
    for (at, line) in lines.iter().enumerate() {
        if line.is_blank() || line.place == Place::Frame {
            inside = false;
            continue;
        }
        let figures = figures_start(&line.text).is_some();
        inside |= figures || line.text.trim_start().starts_with("-> ");
        costed |= figures;
        if !inside {
            continue;
        }
        if !joined {
            balance = Balance::default();
        }
        balance.push(&line.text);
        let next = lines.get(at.saturating_add(1));
        let Some(next) = next.filter(|next| !next.is_blank() && next.place != Place::Frame) else {
            continue;
        };
        joined = !line.wraps && !line.cut && goes_on(line, next, balance, costed);
        if joined {
            found.push(at);
        } else if (balance.single || balance.double)
            && !line.wraps
            && !line.cut
            && !is_item(next.text.trim_start(), next.place)
        {
            quoted.push(at);
        } else if !line.wraps && !line.cut && balance.depth == 0 && is_loose(next) {
            words.push(at);
        }
        joined |= line.wraps;
    }
    // Lines without brackets go on in what is no line of a plan, where others were wrapped as well.
    let widest = lines.iter().map(|line| line.text.len()).max().unwrap_or(0);
    let wide = |at: &usize| {
        lines
            .get(*at)
            .is_some_and(|line| line.text.len().saturating_add(1) >= widest && widest > 40)
    };
    words.retain(|at| !found.is_empty() || wide(at));
    // Within quotes, a line break may be the plan's own; one at the width of others is not.
    let length = |at: &usize| lines.get(*at).map_or(0, extent);
    let edge = found.iter().map(length).max().unwrap_or(usize::MAX);
    quoted.retain(|at| length(at).saturating_add(2) >= edge);
    found.append(&mut quoted);
    found.append(&mut words);
    found.sort_unstable();
    found
}

/// Whether a line is the rest of the one before it, as brackets and figures tell.
fn goes_on(line: &Line<'_>, next: &Line<'_>, balance: Balance, costed: bool) -> bool {
    let (text, behind) = (line.text.trim(), next.text.trim_start());
    if SECOND.iter().any(|key| behind.starts_with(key)) {
        // `Memory: used=1kB` is a line of its own.
        let sort = !behind.starts_with("Memory: ") && !behind.starts_with("Disk: ")
            || text.contains("Sort Method");
        return sort && text.contains(": ") && figures_start(text).is_none();
    }
    if behind.starts_with("-> ") || balance.single || balance.double {
        return false;
    }
    let figures = ["(cost=", "(actual ", "(never "].iter().any(|word| behind.starts_with(word));
    if figures {
        return figures_start(text).is_none() || !behind.starts_with("(cost=");
    }
    if balance.depth > 0 {
        return !is_known_property(behind) && !is_kind(behind);
    }
    // The name of a node.
    text.starts_with("->")
        && costed
        && figures_start(text).is_none()
        && !is_known_property(behind)
        && (figures_start(behind).is_some() || is_loose(next))
}

/// Whether a line is none that a plan has.
fn is_loose(line: &Line<'_>) -> bool {
    let text = line.text.trim_start();
    !is_item(text, line.place)
        && !text.starts_with('(')
        && !text.ends_with(';')
        && text.chars().any(char::is_alphanumeric)
        && !text.starts_with(['<', '{', '[', '#'])
        && !text.contains("=# ")
        && !text.contains("=> ")
}
