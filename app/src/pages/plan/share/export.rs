//! Export of a plan: a report in Markdown, the whole tree as SVG. Pure.

use std::fmt::Write as _;

use model::Unit;
use plan::layout::{Piece, Scale, Size, Window, tree};

use crate::pages::plan::analysis::{Analysis, HEATS};
use crate::pages::plan::describe::{count, estimate, ms, name, short, verdict};
use crate::pages::plan::views::tree::shapes::{line_path, node_of, texts};
use crate::ui::format;

/// Maximum of nodes in the report's table.
const MOST_ROWS: usize = 500;
/// Colours of the file, which has no stylesheet: those of the light theme, cold to hot.
const COLOURS: [&str; HEATS] = ["#f3f5f8", "#fdf0cf", "#fbdc9a", "#f9bd76", "#f4966a", "#ea7357"];
/// Margin around the drawing.
const MARGIN: f64 = 20.0;

/// Verdict, findings with their SQL, and the table of nodes.
pub fn markdown(analysis: &Analysis) -> String {
    let mut text = format!("# Plan\n\n{}\n", flat(&verdict(analysis).0));
    if !analysis.findings.is_empty() {
        text.push_str("\n## Findings\n");
    }
    for found in &analysis.findings {
        let saves = found.saves_ms.filter(|ms| *ms > 0.0);
        let saves = saves.map(|ms| format!(" (up to {})", format::number(ms, Unit::Ms)));
        let finding = &found.finding;
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "\n### {}: {}{}\n\n{}\n",
            finding.severity.as_str(),
            flat(&finding.message),
            saves.unwrap_or_default(),
            flat(&finding.remedy.message)
        );
        if let Some(sql) = &finding.remedy.sql {
            let fence = "`".repeat(longest_run(sql, '`').max(2) + 1);
            let _ = write!(text, "\n{fence}sql\n{sql}\n{fence}\n");
        }
        if let Some(false_alarm) = finding.remedy.false_alarm() {
            let _ = write!(text, "\n{}\n", flat(&false_alarm));
        }
    }
    text.push_str("\n## Nodes\n\n| node | self time | total time | rows | estimate | loops |\n|---|--:|--:|--:|---|--:|\n");
    for (at, node) in analysis.plan.nodes.iter().enumerate().take(MOST_ROWS) {
        let Some((_, own)) = analysis.node(at) else { continue };
        let loops = node.actual.map(|actual| actual.loops);
        let _ = writeln!(
            text,
            "| {}{} | {} | {} | {} | {} | {} |",
            "&nbsp;&nbsp;".repeat(node.depth.min(20)),
            flat(&name(node)),
            ms(own.self_ms),
            ms(own.total_ms),
            count(own.rows),
            estimate(own).unwrap_or_default(),
            count(loops)
        );
    }
    if analysis.plan.nodes.len() > MOST_ROWS {
        let _ = writeln!(text, "\nThe first {MOST_ROWS} of {} nodes.", analysis.plan.nodes.len());
    }
    format::plain(&text)
}

/// Escapes a line for Markdown.
fn flat(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' => out.push(' '),
            '|' | '<' | '>' | '*' | '_' | '`' | '[' | ']' | '\\' | '#' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

fn longest_run(text: &str, wanted: char) -> usize {
    let mut longest = 0;
    let mut now = 0;
    for c in text.chars() {
        now = if c == wanted { now + 1 } else { 0 };
        longest = longest.max(now);
    }
    longest
}

/// The whole tree as an SVG file: its text and its size in pixels.
pub fn svg(analysis: &Analysis, colour: Scale) -> (String, f64, f64) {
    let layout = tree(&analysis.plan, &analysis.groups, &Window::default(), Size::default());
    let (width, height) = (layout.width + 2.0 * MARGIN, layout.height + 2.0 * MARGIN);
    let mut lines = String::new();
    let mut boxes = String::new();
    for piece in layout.visible(0.0, 0.0, layout.width, layout.height) {
        let Piece::Tile(at) = piece else {
            lines.push_str(&line_path(&layout, piece));
            continue;
        };
        let Some(tile) = layout.tiles.get(at) else { continue };
        let heat = node_of(analysis, tile.what).and_then(|node| analysis.heat(colour, node));
        let fill = heat.and_then(|heat| COLOURS.get(usize::from(heat))).unwrap_or(&"#ffffff");
        let (w, h) = (layout.size.width, layout.size.height);
        let _ = write!(
            boxes,
            r##"<rect x="{}" y="{}" width="{w}" height="{h}" rx="5" fill="{fill}" stroke="#8a96a3"/>"##,
            tile.x, tile.y
        );
        for (line, text) in texts(analysis, tile.what, tile.hidden).iter().enumerate() {
            let weight = if line % 2 == 0 { "600" } else { "400" };
            let y = tile.y + [22.0, 40.0, 60.0, 77.0].get(line).copied().unwrap_or_default();
            let _ = write!(
                boxes,
                r#"<text x="{}" y="{y}" font-weight="{weight}">{}</text>"#,
                tile.x + 14.0,
                escaped(text)
            );
        }
    }
    let message = escaped(&short(&verdict(analysis).0, 400));
    let file = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0}" height="{height:.0}" viewBox="-{MARGIN} -{MARGIN} {width:.0} {height:.0}" font-family="sans-serif" font-size="13" fill="#16202c"><title>{message}</title><rect x="-{MARGIN}" y="-{MARGIN}" width="100%" height="100%" fill="#ffffff"/><path d="{lines}" fill="none" stroke="#8a96a3" stroke-width="1.5"/>{boxes}</svg>"##
    );
    (file, width, height)
}

/// Escapes text for XML; control characters have been replaced before.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::plan::analysis::tests::{JOIN, analysis};

    #[test]
    fn the_report_holds_verdict_and_nodes() {
        let analysis = analysis(JOIN);
        let text = markdown(&analysis);
        assert!(text.starts_with("# Plan\n\n"), "{text}");
        assert_eq!(
            text.lines().filter(|line| line.starts_with("| ")).count(),
            analysis.plan.nodes.len() + 1
        );
    }

    #[test]
    fn the_drawing_has_a_box_per_node_and_no_markup_of_the_plan() {
        let hostile = "Seq Scan on \"</text><script>\" x  (cost=0.00..1.00 rows=1 width=4)";
        let (svg, ..) = svg(&analysis(hostile), Scale::Cost);
        assert!(!svg.contains("<script"), "{svg}");
        assert_eq!(
            super::svg(&analysis(JOIN), Scale::SelfTime).0.matches("rx=\"5\"").count(),
            analysis(JOIN).plan.nodes.len()
        );
        assert_eq!(flat("a|b\n<c>"), "a\\|b \\<c\\>");
    }

    #[test]
    fn hostile_names_are_text_in_both_files() {
        for payload in [
            "</text></svg><x-canary/>",
            "<x-canary>",
            "]]><x-canary>",
            "| [x](javascript:x-canary) |",
            "```x-canary```",
            "![x-canary](x)",
        ] {
            let plan = format!("Seq Scan on \"{payload}\" x  (cost=0.00..1.00 rows=1 width=4)");
            let analysis = analysis(&plan);
            assert!(!svg(&analysis, Scale::Cost).0.contains("<x-canary"), "{payload}");
            let text = markdown(&analysis);
            assert!(text.contains("x-canary"), "{payload}: {text}");
            for (at, _) in text.match_indices(['<', '[', '`']) {
                assert!(text[..at].ends_with('\\'), "{payload}: {text}");
            }
            let cells = |line: &str| line.replace("\\|", "").matches('|').count();
            assert!(
                text.lines().filter(|line| line.starts_with("| ")).all(|line| cells(line) == 7)
            );
        }
    }
}
