//! Strips the quotes that pgAdmin and spreadsheets put around each line of a plan, or around those that
//! hold a comma.

use std::borrow::Cow;

use super::{Line, unindented};
use crate::text::{figures_start, is_known_property};

/// Strips the quotes from all lines that carry them.
pub(super) fn strip(lines: &mut [Line<'_>]) {
    all(lines);
    for line in lines.iter_mut() {
        some(line);
    }
}

/// Strips the quotes of a line of a plan that begins with one; no such line does.
fn some(line: &mut Line<'_>) {
    let text = line.text.trim();
    let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'')) else { return };
    let inner = text.get(1..).unwrap_or_default();
    let own = inner.trim_start();
    if !(own.starts_with("-> ") || is_known_property(own) || figures_start(own).is_some()) {
        return;
    }
    let from = line.text.find(quote).map_or(0, |at| at.saturating_add(1));
    let to = line.text.trim_end().len();
    let closed = inner.ends_with(quote) && inner.matches(quote).count() % 2 == 1;
    line.keep(from, if closed { to.saturating_sub(1).max(from) } else { to });
    undouble(line, quote);
}

/// Strips the quotes from all lines, if lines with figures carry them.
fn all(lines: &mut [Line<'_>]) {
    for quote in ['"', '\''] {
        whole(lines, quote);
        let quoted = |line: &Line<'_>| {
            let text = line.text.trim_end();
            // Old pgAdmin loses the first quote when the first line is copied from its middle.
            text.ends_with(quote)
                && (text.contains("(cost=")
                    || text.contains("(actual ")
                    || text.contains("(never "))
        };
        if !lines.iter().any(quoted) {
            continue;
        }
        for line in lines.iter_mut() {
            let text = line.text.trim_end();
            let body = unindented(text).trim_start();
            let from = text.len().saturating_sub(body.len());
            let opened = body.starts_with(quote);
            let closed = body.ends_with(quote) && (body.len() > 1 || !opened);
            if !opened && !closed {
                continue;
            }
            let from = if opened { from.saturating_add(1) } else { 0 };
            let to = if closed { text.len().saturating_sub(1) } else { text.len() };
            line.keep(from, to.max(from));
            if opened && closed {
                undouble(line, quote);
            }
        }
        return;
    }
}

/// A whole document in one pair of quotes, as from a CSV field: `"[ { ""Plan"": …`.
fn whole(lines: &mut [Line<'_>], quote: char) {
    let doubled: String = [quote, quote].iter().collect();
    // A grid copies its heading as well.
    let heading = |line: &Line<'_>| line.text.trim().trim_matches(quote) == "QUERY PLAN";
    let filled = |line: &&Line<'_>| !line.is_blank() && !heading(line);
    let starts = lines.iter().find(filled).is_some_and(|line| {
        let inner = line.text.trim_start().strip_prefix(quote).map(str::trim_start);
        inner.is_some_and(|inner| inner.starts_with(['[', '{', '<']) || inner.starts_with("- Plan"))
    });
    let ends =
        lines.iter().rev().find(filled).is_some_and(|line| line.text.trim_end().ends_with(quote));
    if !starts || !ends {
        return;
    }
    if let Some(first) = lines.iter_mut().find(|line| !line.is_blank() && !heading(line)) {
        let from = first.text.find(quote).map_or(0, |at| at.saturating_add(1));
        first.keep(from, first.text.len());
    }
    if let Some(last) = lines.iter_mut().rev().find(|line| !line.is_blank()) {
        let to = last.text.trim_end().len().saturating_sub(1);
        last.keep(0, to);
    }
    if lines.iter().any(|line| line.text.contains(&doubled)) {
        for line in lines.iter_mut() {
            undouble(line, quote);
        }
    }
}

/// `""` to `"`, if every quote within comes in a pair.
fn undouble(line: &mut Line<'_>, quote: char) {
    let doubled: String = [quote, quote].iter().collect();
    if line.text.contains(&doubled) {
        let single = line.text.replace(&doubled, &quote.to_string());
        let pairs = line.text.matches(quote).count();
        if pairs == single.matches(quote).count().saturating_mul(2) {
            line.text = Cow::Owned(single);
        }
    }
}
