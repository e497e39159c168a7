//! Parser for FORMAT TEXT: classifies lines and builds the tree from their indentation.

mod digits;
mod figures;
mod greenplum;
mod header;
mod line;
pub(crate) mod property;
mod reader;
mod rebuild;
mod summary;
mod tree;
mod wrap;

use crate::node::{Leftover, Notice, Plan};
use crate::paste::{Line, Place};
use reader::Reader;
use wrap::Logical;

pub(crate) use figures::start as figures_start;
pub(crate) use header::is_kind;
pub(crate) use line::{is_item, is_known_property, is_lone_root, is_root, is_second};

/// One plan, as far as it was read.
pub(crate) struct Reading {
    pub plan: Plan,
    /// The index of the first line that is not part of it.
    pub end: usize,
    /// The lines within it that were not understood.
    pub leftovers: Vec<Leftover>,
    /// What has to be said about it.
    pub notices: Vec<Notice>,
}

/// Reads one plan whose root is the line at `from`.
pub(crate) fn read(lines: &[Line<'_>], from: usize) -> Reading {
    let mut reader = Reader::at(lines.get(from).map_or(1, |line| line.number));
    let mut current: Option<Logical> = None;
    let mut widest = 0;
    let mut at = from;
    while let Some(line) = lines.get(at) {
        if line.place == Place::Frame && at > from {
            break;
        }
        if line.is_blank() {
            let next = lines.iter().skip(at).find(|line| !line.is_blank());
            let goes_on = next
                .is_some_and(|next| next.place != Place::Frame && line::continues_plan(&next.text));
            if !goes_on {
                break;
            }
            at = at.saturating_add(1);
            continue;
        }
        let width = line.text.chars().count();
        match current.as_mut() {
            Some(open) if joins(open, line, widest, reader.has_cost()) => {
                // A line break within a literal is part of it, unless the line was cut at a width.
                if open.in_quotes() && !open.wraps && open.width < widest {
                    open.push("\n");
                }
                open.push(&line.text);
                open.wraps = line.wraps;
                open.cut = line.cut;
                open.width = width;
                open.lines.1 = line.number;
            }
            _ => {
                if let Some(done) = current.take() {
                    take(&mut reader, done, false);
                }
                let next = lines.get(at.saturating_add(1));
                if at > from && is_other_plan(&reader, line, next) {
                    break;
                }
                let mut open = Logical {
                    lines: (line.number, line.number),
                    column: line.column,
                    indent: line.indent(),
                    width,
                    wraps: line.wraps,
                    cut: line.cut,
                    ..Logical::default()
                };
                open.push(&line.text);
                current = Some(open);
            }
        }
        widest = widest.max(width);
        at = at.saturating_add(1);
    }
    if let Some(done) = current.take() {
        take(&mut reader, done, true);
    }
    let (plan, leftovers, notices) = reader.finish();
    Reading { plan, end: at, leftovers, notices }
}

/// Hands a whole line to the reader; `is_last` says that nothing follows.
fn take(reader: &mut Reader, line: Logical, is_last: bool) {
    if is_last && (line.is_open() || line.cut) && line.text.contains("(cost=") {
        reader.cut(&line);
    }
    reader.take(line);
}

/// Whether a line within a plan is the root of another.
fn is_other_plan(reader: &Reader, line: &Line<'_>, next: Option<&Line<'_>>) -> bool {
    // Without costs a root is told by what follows it.
    let followed = !reader.has_cost() && next.is_some_and(|next| line::is_second(&next.text));
    if line.indent() > reader.margin() || !line::is_root(&line.text, line.place, followed) {
        return false;
    }
    // Indentation may be lost, and arrows with it.
    if line::is_arrow(line.text.trim_start()) && !reader.has_arrow {
        return reader.is_summed;
    }
    !(reader.is_wanting() && reader.is_flat() && line.place != Place::First)
}

/// Whether a physical line goes on with what the one before began.
fn joins(open: &Logical, line: &Line<'_>, widest: usize, has_cost: bool) -> bool {
    if open.wraps || open.cut {
        return open.wraps;
    }
    let text = line.text.trim_start();
    if line::is_arrow(text) {
        return false;
    }
    if open.is_open() {
        return open.in_quotes() || !line::is_known_property(text);
    }
    let node = line::is_arrow(open.text.trim_start());
    if text.starts_with("(actual ") || text.starts_with("(never ") || text.starts_with("(cost=") {
        return node || !open.text.contains(": ");
    }
    if node
        && has_cost
        && figures::start(&open.text).is_none()
        && !line::is_heading(&open.text)
        && !line::is_known_property(text)
    {
        return true;
    }
    // Cut at a width between brackets: only where the line before is as wide as any.
    open.width >= widest.saturating_sub(1) && open.width > 40 && !line::is_item(text, line.place)
}
