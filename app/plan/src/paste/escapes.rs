//! Undoes what is escaped by a backslash: LaTeX as psql writes it, Markdown, and the line breaks of a
//! plan that was printed as one string.

use std::borrow::Cow;

use super::Line;
use crate::text::{figures_start, is_item};

/// What psql writes in FORMAT latex, and what it stands for.
const LATEX: [(&str, &str); 14] = [
    ("\\textgreater{}", ">"),
    ("\\textless{}", "<"),
    ("\\textbackslash{}", "\\"),
    ("\\textbar{}", "|"),
    ("\\^{}", "^"),
    ("\\~{}", "~"),
    ("\\_", "_"),
    ("\\#", "#"),
    ("\\$", "$"),
    ("\\%", "%"),
    ("\\&", "&"),
    ("\\{", "{"),
    ("\\}", "}"),
    ("{}", ""),
];

/// Undoes the escapes of all lines.
pub(super) fn undo(lines: &mut Vec<Line<'_>>) {
    latex(lines);
    markdown(lines);
    breaks(lines);
}

fn latex(lines: &mut Vec<Line<'_>>) {
    if !lines.iter().any(|line| line.text.starts_with("\\begin{")) {
        return;
    }
    lines.retain(|line| {
        let text = line.text.trim_start();
        ![
            "\\begin{",
            "\\end{",
            "\\hline",
            "\\textit{",
            "\\noindent",
            "\\endhead",
            "\\toprule",
            "\\midrule",
            "\\bottomrule",
        ]
        .iter()
        .any(|word| text.starts_with(word))
    });
    for line in lines.iter_mut().filter(|line| line.text.contains('\\')) {
        let text = line.text.trim_end();
        let mut rest = text.strip_suffix("\\\\").unwrap_or(text).trim_end();
        let mut plain = String::with_capacity(rest.len());
        while let Some(c) = rest.chars().next() {
            let found = LATEX.iter().find(|(escape, _)| rest.starts_with(escape));
            let length = match found {
                Some((escape, sign)) => {
                    plain.push_str(sign);
                    escape.len()
                }
                None => {
                    plain.push(c);
                    c.len_utf8()
                }
            };
            rest = rest.get(length..).unwrap_or_default();
        }
        line.text = Cow::Owned(plain);
    }
}

/// A backslash before each sign that Markdown would take for its own.
fn markdown(lines: &mut [Line<'_>]) {
    let signs = ["\\->", "-\\>", "\\_", "\\*", "\\(cost", "\\[", "\\|"];
    let arrows = lines.iter().any(|line| line.text.contains("\\->") || line.text.contains("-\\>"));
    let figures = || lines.iter().any(|line| line.text.contains("\\(cost"));
    if !arrows && !figures() {
        return;
    }
    for line in lines.iter_mut().filter(|line| signs.iter().any(|sign| line.text.contains(sign))) {
        let mut plain = String::with_capacity(line.text.len());
        let mut chars = line.text.chars().peekable();
        while let Some(c) = chars.next() {
            if c != '\\' || !chars.peek().is_some_and(char::is_ascii_punctuation) {
                plain.push(c);
            }
        }
        line.text = Cow::Owned(plain);
    }
}

/// Splits a line that holds several, with their breaks written out as `\n`, `\r\n` or `↵`.
fn breaks(lines: &mut Vec<Line<'_>>) {
    let broken = |line: &Line<'_>| {
        let text = &line.text;
        (text.contains("\\n") || text.contains('↵') || text.contains('⏎'))
            && figures_start(text).is_some()
            && pieces(text).iter().skip(1).any(|piece| is_item(piece.trim(), line.place))
            && !text.trim_start().starts_with(['{', '['])
    };
    if !lines.iter().any(broken) {
        return;
    }
    let mut split = Vec::with_capacity(lines.len());
    for line in lines.drain(..) {
        if broken(&line) {
            for piece in pieces(&line.text) {
                let text = Cow::Owned(piece.replace("\\t", "\t").replace("\\\"", "\""));
                split.push(Line { text, ..line.clone() });
            }
        } else {
            split.push(line);
        }
    }
    *lines = split;
}

/// The lines within a line.
fn pieces(text: &str) -> Vec<String> {
    let text = text.replace("\\\\n", "\\n").replace("\\r\\n", "\\n").replace(['↵', '⏎'], "\\n");
    text.split("\\n").map(str::to_owned).collect()
}
