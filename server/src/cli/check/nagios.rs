//! A report as monitoring plugins print it (*Monitoring Plugins Development Guidelines*, "Plugin Output"): a line with
//! the state and counts, then the findings. The exit codes are those of plugins already.

use engine::Report;
use model::Severity;

use super::{NOT_CHECKED, blind, summary};
use crate::cli::terminal::plain;

/// The whole report, whose exit code is `code`.
pub fn nagios(report: &Report, code: u8) -> String {
    let state = match code {
        0 => "OK",
        1 => "WARNING",
        2 => "CRITICAL",
        _ => "UNKNOWN",
    };
    let count = |severity| report.findings.iter().filter(|one| one.severity == severity).count();
    let first = report.findings.first().map(|finding| finding.message.clone());
    let first = first.or_else(|| {
        let missed = report.not_checked.first().filter(|_| code == NOT_CHECKED)?;
        Some(missed.reason.message())
    });
    let first = first.map(|message| format!(" {message}")).unwrap_or_default();
    let about = format!("PGDECK {state} - {}: {}{first}", report.server, summary(report));
    let mut text = without_bars(&plain(&about));
    text.push_str(&format!(
        " | critical={};;1 warning={};1 info={} unchecked={}\n",
        count(Severity::Critical),
        count(Severity::Warning),
        count(Severity::Info),
        blind(report).count()
    ));
    for finding in &report.findings {
        text.push_str(&without_bars(&format!("{}\n", super::line(finding))));
    }
    for missed in blind(report) {
        let reason = plain(&missed.reason.message());
        let line = format!("not checked: {}: {reason}\n", super::rule_name(missed));
        text.push_str(&without_bars(&line));
    }
    text
}

/// A vertical bar would begin the counts.
fn without_bars(text: &str) -> String {
    text.replace('|', "¦")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::check::tests::{report, without};
    use model::Reason;

    #[test]
    fn the_first_line_has_state_counts_and_the_worst_finding() {
        let mut report = report(&[Severity::Critical, Severity::Warning]);
        report.findings[0].message = "a | b\nc".into();
        let text = nagios(&report, 2);
        let first = "PGDECK CRITICAL - s: 2 findings. a ¦ b c | critical=1;;1 warning=1;1 info=0 unchecked=0\n";
        assert!(text.starts_with(first), "{text}");
        assert_eq!(text.lines().count(), 3, "{text}");
        assert_eq!(text.matches('|').count(), 1);
    }

    #[test]
    fn what_could_not_be_judged_is_unknown() {
        let blind = without(Reason::missing_grant("sessions", "grant x;"), &[]);
        let text = nagios(&blind, NOT_CHECKED);
        assert!(text.starts_with("PGDECK UNKNOWN - s: no findings, but 1 rule"), "{text}");
        assert!(text.contains(" unchecked=1\nnot checked: a/blind: "), "{text}");
        assert!(nagios(&report(&[]), 0).starts_with("PGDECK OK - s: no findings. | critical=0"));
    }
}
