//! A report as JUnit XML, which CI servers show: a rule that found nothing is a test that passed.

use std::collections::BTreeSet;

use engine::Report;
use model::{Finding, NotChecked, Severity};

use super::{blind, rule_name};
use crate::cli::terminal::plain;

/// The whole report, of `rules` by their ids. Failures are what the exit code counts: warnings and critical findings;
/// errors are rules that could not look and were not `accepted`.
pub fn junit<'a>(
    report: &Report,
    accepted: &[String],
    rules: impl Iterator<Item = &'a str>,
) -> String {
    let found = report.findings.iter().flat_map(|one| std::iter::once(one).chain(&one.same_root));
    let found: Vec<&Finding> = found.collect();
    let mut judged: BTreeSet<&str> = found.iter().map(|finding| finding.rule.as_str()).collect();
    judged.extend(report.not_checked.iter().map(|missed| missed.rule.as_str()));
    // Where nothing could be looked at no rule has passed.
    let passed: Vec<&str> = match report.major {
        Some(_) => rules.filter(|rule| !judged.contains(rule)).collect(),
        None => Vec::new(),
    };
    let is_error = |missed: &NotChecked| {
        blind(report).any(|one| one.rule == missed.rule) && !accepted.contains(&missed.rule)
    };
    let failures = found.iter().filter(|finding| is_failure(finding)).count();
    let errors = report.not_checked.iter().filter(|missed| is_error(missed)).count();
    let skipped = report.not_checked.len() - errors;
    let tests = found.len() + report.not_checked.len() + passed.len();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"pgdeck check {}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\">\n",
        escaped(&report.server)
    );
    found.iter().for_each(|finding| text.push_str(&case_of(finding)));
    for missed in &report.not_checked {
        let reason = escaped(&missed.reason.message());
        let remedy = escaped(&missed.reason.remedy().unwrap_or_default());
        let inside = match is_error(missed) {
            true => format!("<error message=\"{reason}\">{remedy}</error>"),
            false => format!("<skipped message=\"{reason}\"/>"),
        };
        text.push_str(&case(rule_name(missed), None, &inside));
    }
    passed.iter().for_each(|rule| text.push_str(&case(rule, None, "")));
    text + "</testsuite>\n</testsuites>\n"
}

fn is_failure(finding: &Finding) -> bool {
    finding.severity > Severity::Info
}

fn case_of(finding: &Finding) -> String {
    let (severity, message) = (finding.severity.as_str(), escaped(&finding.message));
    let remedy = [Some(&finding.remedy.message), finding.remedy.sql.as_ref()];
    let remedy: Vec<String> = remedy.into_iter().flatten().map(|part| escaped(part)).collect();
    let remedy = remedy.join("\n");
    let inside = match is_failure(finding) {
        true => format!("<failure type=\"{severity}\" message=\"{message}\">{remedy}</failure>"),
        false => format!("<system-out>{message}\n{remedy}</system-out>"),
    };
    case(&finding.rule, Some(&finding.object.to_string()), &inside)
}

/// The area of a rule is the class of a test.
fn case(rule: &str, object: Option<&str>, inside: &str) -> String {
    let (area, name) = rule.split_once('/').unwrap_or(("pgdeck", rule));
    let object = object.map(|object| format!(": {}", escaped(object))).unwrap_or_default();
    format!("<testcase classname=\"{area}\" name=\"{name}{object}\">{inside}</testcase>\n")
}

/// Text for XML, which has no way to write control characters (XML 1.0, 2.2 "Characters").
fn escaped(text: &str) -> String {
    let text = plain(text).replace(['\u{fffe}', '\u{ffff}'], " ");
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::check::tests::{report, without};
    use model::Reason;

    const RULES: [&str; 3] = ["a/b", "a/blind", "c/d"];

    fn written(report: &Report, accepted: &[String]) -> String {
        junit(report, accepted, RULES.into_iter())
    }

    #[test]
    fn findings_fail_and_the_other_rules_pass() {
        let text = written(&report(&[Severity::Warning, Severity::Info]), &[]);
        assert!(text.contains("tests=\"4\" failures=\"1\" errors=\"0\" skipped=\"0\""), "{text}");
        let failed = "<testcase classname=\"a\" name=\"b: pid 1 [2J\"><failure type=\"warning\" message=\"says\"></failure></testcase>";
        assert!(text.contains(failed), "{text}");
        assert!(text.contains("<testcase classname=\"c\" name=\"d\"></testcase>"), "{text}");
    }

    #[test]
    fn a_rule_that_cannot_look_is_an_error_unless_it_is_accepted() {
        let blind = without(Reason::missing_grant("sessions", "grant x;"), &[]);
        let text = written(&blind, &[]);
        assert!(text.contains("errors=\"1\" skipped=\"0\"") && text.contains("<error "), "{text}");
        let text = written(&blind, &["a/blind".into()]);
        assert!(
            text.contains("errors=\"0\" skipped=\"1\"") && text.contains("<skipped "),
            "{text}"
        );
        let nothing = Report { major: None, ..report(&[]) };
        assert!(written(&nothing, &[]).contains("tests=\"0\""));
    }

    #[test]
    fn what_a_server_says_is_no_markup() {
        let mut report = report(&[Severity::Critical]);
        report.server = "\"/><x a='".into();
        report.findings[0].message = "</failure><script>&\u{1}\u{ffff}".into();
        let text = written(&report, &[]);
        assert!(text.contains("name=\"pgdeck check &quot;/&gt;&lt;x a='\""), "{text}");
        assert!(text.contains("message=\"&lt;/failure&gt;&lt;script&gt;&amp;  \""), "{text}");
    }
}
