//! Finds the plans in a paste, detects the format of each and calls its parser.

mod build;
mod foreign;
mod json;
mod transcript;
mod truncation;
mod xml;
mod yaml;

use crate::node::{Format, Leftover, Notice, ParseError, Parsed, Plan};
use crate::paste::{self, Cursor, Line, Place};
use crate::text;
use transcript::Transcript;

/// Lines looked at to tell a plan in JSON from other JSON.
const LOOK_AHEAD: usize = 6;

/// Bytes of a paste that are read: more than 50,000 nodes in indented JSON have, and what a browser
/// tab can hold several times over.
const MOST_BYTES: usize = 32 * 1024 * 1024;
/// Lines of a paste that are read: each costs a hundred bytes while it is read.
const MOST_LINES: usize = 2_000_000;

/// Reads all plans of a paste. One that is too long is read as far as the limit, and says so.
pub(crate) fn read(paste: &str) -> Result<Parsed, ParseError> {
    if paste.len() <= MOST_BYTES
        && let Some(lines) = paste::document(paste, MOST_LINES)
    {
        return read_all(&lines, vec![]);
    }
    let lines_end = paste.match_indices('\n').nth(MOST_LINES).map(|(at, _)| at);
    let end = lines_end.unwrap_or(paste.len()).min(MOST_BYTES);
    let end = (0..=end).rev().find(|at| paste.is_char_boundary(*at)).unwrap_or_default();
    let head = paste.get(..end).unwrap_or_default();
    if head.len() == paste.len() {
        let (lines, notices) = paste::lines(paste);
        return read_all(&lines, notices);
    }
    let (megabytes, read) = (paste.len() / 1_048_576, head.len().div_ceil(1_048_576));
    let last_line = head.rfind('\n').map_or(0, |at| at.saturating_add(1));
    let limit = ParseError {
        line: head.matches('\n').count().saturating_add(1),
        column: head.get(last_line..).map_or(1, |line| line.chars().count().saturating_add(1)),
        expected: format!(
            "the end: only the first {read} MB of the {megabytes} MB pasted are read"
        ),
    };
    let (lines, notices) = paste::lines(head);
    let mut parsed = read_all(&lines, notices).map_err(|error| ParseError {
        expected: format!("{} within the first {read} MB", error.expected),
        ..error
    })?;
    let notice = format!("Only the first {read} MB of the {megabytes} MB pasted are read.");
    parsed.tell(limit.line, notice, true);
    if let Some(plan) = parsed.plans.last_mut() {
        plan.broken = Some(limit);
    }
    Ok(parsed)
}

fn read_all(lines: &[Line<'_>], notices: Vec<Notice>) -> Result<Parsed, ParseError> {
    let mut parsed = Parsed { notices, ..Parsed::default() };
    let mut transcript = Transcript::default();
    let mut at = 0;
    // The first line behind a plan without costs: what follows may be one more.
    let mut behind = usize::MAX;
    while let Some(line) = lines.get(at) {
        if line.place == Place::Frame || line.is_blank() {
            behind = if behind == at && line.is_blank() { at.saturating_add(1) } else { behind };
            at = at.saturating_add(1);
            continue;
        }
        let Some(format) = format_at(lines, at, at == behind) else {
            if !transcript.takes(line) {
                parsed.not_understood.push(leftover(line));
            }
            at = at.saturating_add(1);
            continue;
        };
        let (mut plans, end) = plans_at(format, lines, at, &mut parsed);
        plans.retain(|plan| !plan.nodes.is_empty());
        let end = end.max(at.saturating_add(1));
        if plans.is_empty() {
            let range = lines.iter().take(end).skip(at).filter(|line| !line.is_blank());
            parsed.not_understood.extend(range.map(leftover));
        }
        let query = transcript.query();
        for plan in &mut plans {
            plan.query = plan.query.take().or_else(|| query.clone());
            truncation::check(plan);
        }
        let root = plans.last().and_then(|plan| plan.nodes.first());
        let costless = root.is_some_and(|root| root.cost.is_none() && root.actual.is_none());
        behind = if costless { end } else { usize::MAX };
        parsed.plans.append(&mut plans);
        at = end;
    }
    // PostgreSQL's costs have a width, which no other system prints.
    let mut nodes = parsed.plans.iter().flat_map(|plan| &plan.nodes);
    let text = parsed.plans.iter().all(|plan| plan.format == Format::Text);
    if text
        && nodes.all(|node| node.cost.is_none())
        && let Some(refusal) = foreign::refusal(lines, !parsed.plans.is_empty())
    {
        return Err(refusal);
    }
    if parsed.plans.is_empty() {
        let first = lines.iter().find(|line| !line.is_blank());
        return Err(ParseError {
            line: first.map_or(1, |line| line.number),
            column: first.map_or(1, |line| line.column.saturating_add(line.indent())),
            expected: "the output of EXPLAIN (text, JSON, YAML or XML), with its first node".into(),
        });
    }
    let systems: Vec<_> =
        parsed.plans.iter().filter_map(|plan| Some((plan.line, plan.system()?))).collect();
    for (line, system) in systems {
        parsed.tell(line, system.says(), false);
    }
    Ok(parsed)
}

fn plans_at(
    format: Format,
    lines: &[Line<'_>],
    at: usize,
    parsed: &mut Parsed,
) -> (Vec<Plan>, usize) {
    match format {
        Format::Text => {
            let read = text::read(lines, at);
            parsed.not_understood.extend(read.leftovers);
            for notice in read.notices {
                parsed.tell(notice.line, notice.text, notice.doubtful);
            }
            (vec![read.plan], read.end)
        }
        Format::Yaml => {
            let (plans, taken) = yaml::read(lines.get(at..).unwrap_or_default());
            (plans, at.saturating_add(taken))
        }
        Format::Json | Format::Xml => {
            let mut cursor = Cursor::new(lines, at);
            let plans = if format == Format::Json {
                json::read(&mut cursor)
            } else {
                xml::read(&mut cursor)
            };
            let rest = cursor.rest().trim();
            if !rest.is_empty() && rest.chars().any(char::is_alphanumeric) {
                let place = cursor.expected("");
                parsed.not_understood.push(Leftover {
                    line: place.line,
                    column: place.column,
                    text: rest.to_owned(),
                });
            }
            (plans, cursor.end())
        }
    }
}

/// The format of the plan that starts at a line, if one does; `behind` says that a plan without costs
/// stands above it.
fn format_at(lines: &[Line<'_>], at: usize, behind: bool) -> Option<Format> {
    let line = lines.get(at)?;
    let text = line.text.trim();
    let near = || lines.iter().skip(at).filter(|line| !line.is_blank()).take(LOOK_AHEAD);
    if text.starts_with(['[', '{']) {
        // A one-line plan can be megabytes long: its start tells.
        let plan = near().any(|line| {
            let end = line.text.char_indices().nth(2000).map_or(line.text.len(), |(at, _)| at);
            let head = line.text.get(..end).unwrap_or_default();
            ["\"Plan\"", "\"Node Type\"", "\"Query Text\""].iter().any(|key| head.contains(key))
        });
        return plan.then_some(Format::Json);
    }
    if text.starts_with("<explain") || text.starts_with("<Plan>") {
        return Some(Format::Xml);
    }
    let plan_key = |text: &str| matches!(text.trim(), "Plan:" | "- Plan:");
    let yaml_query = text.starts_with("Query Text: \"") || text.starts_with("- Query Text: \"");
    if plan_key(text) || (yaml_query && near().any(|line| plan_key(&line.text))) {
        return Some(Format::Yaml);
    }
    let next = lines.get(at.saturating_add(1));
    let lone = behind
        && text::is_lone_root(text)
        && next.is_none_or(|next| next.is_blank() || next.place == Place::Frame);
    let followed = lone || next.is_some_and(|next| text::is_second(&next.text));
    text::is_root(&line.text, line.place, followed).then_some(Format::Text)
}

fn leftover(line: &Line<'_>) -> Leftover {
    Leftover {
        line: line.number,
        column: line.column.saturating_add(line.indent()),
        text: line.text.trim().to_owned(),
    }
}
