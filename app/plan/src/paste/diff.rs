//! Reads a diff of a plan as two plans: the one before it and the one after it.

use super::{Line, node};
use crate::node::Notice;

/// Takes both plans out of a diff.
pub(super) fn unwrap(lines: &mut Vec<Line<'_>>, notices: &mut Vec<Notice>) {
    let sign = |line: &&Line<'_>, sign: char| {
        line.text
            .strip_prefix(sign)
            .is_some_and(|rest| !rest.starts_with(sign) && node::start(rest).is_some())
            && !line.text.starts_with("->")
    };
    let Some(first) = lines.iter().find(|line| sign(line, '+') || sign(line, '-')) else { return };
    let number = first.number;
    let added = lines.iter().filter(|line| sign(line, '+')).count();
    let removed = lines.iter().filter(|line| sign(line, '-')).count();
    let kept =
        lines.iter().any(|line| line.text.starts_with(' ') && node::start(&line.text).is_some());
    // Lines that all carry the same sign are lines with a prefix.
    if usize::from(added > 0) + usize::from(removed > 0) + usize::from(kept) < 2
        || added == 0 && removed < 2
    {
        return;
    }
    let fits = |line: &&Line<'_>| {
        line.is_blank() || line.text.starts_with(['+', '-', ' ', '@', '\\']) || head(&line.text)
    };
    if !lines.iter().all(|line| fits(&line)) {
        return;
    }
    let hunks = lines.iter().filter(|line| line.text.starts_with("@@")).count();
    let mut both = vec![];
    for side in ['-', '+'] {
        for line in lines.iter() {
            let text = &line.text;
            if text.starts_with([' ', side]) && !head(text) {
                let mut line = line.clone();
                line.keep(1, line.text.len());
                both.push(line);
            }
        }
        both.push(Line { number, column: 1, ..Line::default() });
    }
    *lines = both;
    notices.push(Notice {
        line: number,
        text: if hunks > 1 {
            "This is a diff: the plan before it and the plan after it are read. What stands between its parts is missing.".into()
        } else {
            "This is a diff: the plan before it and the plan after it are read.".into()
        },
        doubtful: hunks > 1,
    });
}

/// Whether a line is about the files of a diff.
fn head(text: &str) -> bool {
    ["+++ ", "--- ", "diff ", "index ", "@@", "\\ No newline"]
        .iter()
        .any(|word| text.starts_with(word))
}
