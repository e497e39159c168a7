//! A report as Markdown: for an issue, a wiki or a mail.

use engine::Report;
use model::quantity::number;
use model::{Finding, NotChecked, Remedy, Severity};

use super::{heading, rule_name, summary};
use crate::cli::terminal::plain;

/// The whole report: the worst findings first, then what could not be checked.
pub fn markdown(report: &Report) -> String {
    let mut text = format!("# {}\n\n{}\n", escaped(&report.server), escaped(&summary(report)));
    for severity in [Severity::Critical, Severity::Warning, Severity::Info] {
        let mut findings =
            report.findings.iter().filter(|finding| finding.severity == severity).peekable();
        if findings.peek().is_some() {
            text.push_str(&format!("\n## {}\n", severity.title()));
        }
        findings.for_each(|finding| text.push_str(&section(finding)));
    }
    if !report.not_checked.is_empty() {
        text.push_str("\n## Not checked\n\n");
        report.not_checked.iter().for_each(|missed| text.push_str(&line(missed)));
    }
    text
}

fn section(finding: &Finding) -> String {
    let Finding { message, rule, object, .. } = finding;
    let about = escaped(&object.to_string());
    let mut text = format!("\n### {}\n\n`{rule}`, {about}\n\n", escaped(message));
    for one in &finding.evidence {
        let value = escaped(&number(one.value, one.unit));
        text.push_str(&format!("- {}: {value}\n", escaped(&one.name)));
    }
    text.push_str(&remedy(&finding.remedy));
    for other in &finding.same_root {
        let message = escaped(&other.message);
        text.push_str(&format!("\nFrom the same cause: {message} (`{}`)\n", other.rule));
    }
    text
}

fn remedy(remedy: &Remedy) -> String {
    let mut text = format!("\n{}\n", escaped(&remedy.message));
    if let Some(sql) = &remedy.sql {
        text.push_str(&format!("\n{}", fenced(sql)));
    }
    let sentences = [
        remedy.lock_sentence(),
        remedy.undo.as_ref().map(|undo| format!("To undo it: {undo}")),
        remedy.refuted_by.as_ref().map(|clause| format!("False alarm if {clause}")),
    ];
    for sentence in sentences.into_iter().flatten() {
        text.push_str(&format!("\n{}\n", escaped(&sentence)));
    }
    text
}

fn line(missed: &NotChecked) -> String {
    let reason = escaped(&missed.reason.message());
    let mut text = format!("- {}: `{}`: {reason}", heading(missed), rule_name(missed));
    if let Some(remedy) = missed.reason.remedy().filter(|_| missed.reason.is_blind()) {
        text.push_str(&format!(" {}", escaped(&remedy)));
    }
    text + "\n"
}

/// Text that is text: names and messages come from the server. A backslash makes any punctuation plain (CommonMark,
/// 2.4 "Backslash escapes"); what could begin a list or a quotation stands behind words of ours.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in plain(text).chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' | '!')
        {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// A block of SQL; its fence is longer than any row of backticks within (CommonMark, 4.5 "Fenced code blocks").
fn fenced(sql: &str) -> String {
    let lines: Vec<String> = sql.lines().map(plain).collect();
    let longest = sql.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}sql\n{}\n{fence}\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::check::tests::{report, without};
    use model::Reason;

    #[test]
    fn the_worst_comes_first_and_nothing_is_left_out() {
        let text = markdown(&report(&[Severity::Info, Severity::Critical]));
        let places = ["# s", "2 findings.", "## Critical", "## Info"].map(|part| text.find(part));
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{text}");
        let blind = without(Reason::missing_grant("sessions", "grant pg_monitor to x;"), &[]);
        let text = markdown(&blind);
        assert!(text.contains("- not checked: `a/blind`: "), "{text}");
        assert!(text.contains("grant pg\\_monitor to x;"), "{text}");
    }

    #[test]
    fn what_a_server_says_is_no_markup() {
        let mut report = report(&[Severity::Warning]);
        let finding = &mut report.findings[0];
        finding.message = "<script> [x](javascript:y) **a** `b` | # &lt;\n# heading".into();
        finding.remedy.sql = Some("select '````\n# x\u{1b}'".into());
        let text = markdown(&report);
        let said = "### \\<script\\> \\[x\\](javascript:y) \\*\\*a\\*\\* \\`b\\` \\| \\# \\&lt; \\# heading\n";
        assert!(text.contains(said), "{text}");
        assert!(text.contains("`````sql\nselect '````\n# x '\n`````\n"), "{text}");
    }
}
