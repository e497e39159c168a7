//! Prints the findings of a plan as the page shows them, and what was not checked.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use app::PlanAnalysis;
use model::Unit;
use model::quantity::{number, plural};
use plan::rules::{Judged, Whole};

use super::style;
use crate::cli::terminal::plain;

/// The text, each line with its newline.
pub fn findings(analysis: &PlanAnalysis) -> String {
    let mut text = String::new();
    for judged in &analysis.findings {
        one(&mut text, analysis, judged);
    }
    if analysis.findings.is_empty() {
        text.push_str("\nNo rule found a problem.\n");
    }
    not_checked(&mut text, analysis);
    text
}

fn one(text: &mut String, analysis: &PlanAnalysis, judged: &Judged) {
    let Judged { node, finding, .. } = judged;
    let indent = if judged.within.is_some() { "    " } else { "" };
    let at = node.map(|place| format!(" (node {})", place + 1)).unwrap_or_default();
    let word = style::severity(finding.severity, finding.severity.as_str());
    let _ = writeln!(
        text,
        "\n{indent}{word}{at}{}: {}",
        at_stake(analysis, judged),
        plain(&finding.message)
    );
    let mut say = |line: &str| {
        let _ = writeln!(text, "{indent}    {line}");
    };
    let remedy = &finding.remedy;
    if judged.within.is_some() {
        say("Its time is part of the finding above.");
    }
    say(&plain(&remedy.message));
    if let Some(sql) = &remedy.sql {
        say(&style::bold(&plain(sql)));
    }
    let notes = [remedy.lock_sentence(), remedy.undo_sentence(), remedy.false_alarm()];
    for line in notes.into_iter().flatten() {
        say(&style::dim(&plain(&line)));
    }
}

/// `, up to 1.4 s of 1.85 s`: never without the whole.
fn at_stake(analysis: &PlanAnalysis, judged: &Judged) -> String {
    let Some(ms) = judged.saves_ms.filter(|ms| *ms > 0.0) else { return String::new() };
    let of =
        analysis.whole_ms(judged.whole).map(|whole| format!(" of {}", number(whole, Unit::Ms)));
    let planning = if judged.whole == Whole::Planning { " of planning" } else { "" };
    plain(&format!(", up to {}{}{planning}", number(ms, Unit::Ms), of.unwrap_or_default()))
}

/// The rules that could not be run, by what the plan does not print.
fn not_checked(text: &mut String, analysis: &PlanAnalysis) {
    let mut by_how: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (rule, missing) in &analysis.not_checked {
        let name = rule.strip_prefix("plan/").unwrap_or(rule);
        by_how.entry(missing.how()).or_default().push(name);
    }
    for (how, rules) in by_how {
        let count = plural(rules.len() as i64, "rule", "rules");
        let _ = writeln!(
            text,
            "\nnot checked: {count}, because the plan was made {how}: {}",
            rules.join(", ")
        );
    }
}
