//! `pgdeck check` (run all rules once, exit code by severity) and `pgdeck record` (dump one server's readings).

use std::process::ExitCode;

use engine::Report;
use engine::dsn::Environment;
use model::Severity;

use super::error::{Failure, NOT_CHECKED};
use super::terminal::plain;
use super::{Check, Record};
use crate::config;

/// Runs all rules once: 0 fine, 1 warning, 2 critical, 3 could not check.
pub async fn check(check: &Check, env: &Environment) -> Result<ExitCode, Failure> {
    let limits = config::limits(check.config.as_deref())?;
    let server = config::one_server(&check.dsn, env)?;
    let name = server.id.to_string();
    match engine::check(server, limits).await {
        Ok(report) => {
            if check.json {
                println!("{}", serde_json::to_string(&report).map_err(Failure::failed)?);
            } else {
                print!("{}", as_text(&report));
            }
            Ok(ExitCode::from(exit_code(&report)))
        }
        Err(reason) => {
            let remedy = reason.remedy().map(|remedy| format!(" {remedy}")).unwrap_or_default();
            let failure = Failure::not_checked(format!("{}{remedy}", reason.message()));
            if check.json {
                // The shape stays the same, so that a script need not read standard error.
                let not_checked = vec![serde_json::json!({ "rule": "*", "reason": reason })];
                let report = serde_json::json!({
                    "server": name, "major": null, "findings": [], "not_checked": not_checked
                });
                println!("{report}");
            }
            Ok(failure.report())
        }
    }
}

/// Writes a recording to standard output.
pub async fn record(record: &Record, env: &Environment) -> Result<ExitCode, Failure> {
    let server = config::one_server(&record.dsn, env)?;
    let recording = engine::record(server).await.map_err(|reason| {
        let remedy = reason.remedy().map(|remedy| format!(" {remedy}")).unwrap_or_default();
        Failure::not_checked(format!("{}{remedy}", reason.message()))
    })?;
    println!("{}", serde_json::to_string(&recording).map_err(Failure::failed)?);
    Ok(ExitCode::SUCCESS)
}

/// The exit code. A server on which no rule could run counts as not checked, never as fine.
fn exit_code(report: &Report) -> u8 {
    match report.findings.iter().map(|finding| finding.severity).max() {
        Some(Severity::Critical) => 2,
        Some(Severity::Warning) => 1,
        Some(Severity::Info) => 0,
        None if report.major.is_none() => NOT_CHECKED,
        None => 0,
    }
}

fn as_text(report: &Report) -> String {
    let mut text = String::new();
    for finding in &report.findings {
        let word = finding.severity.as_str();
        text.push_str(&format!(
            "{word}: {} ({}, {})\n",
            plain(&finding.message),
            finding.rule,
            plain(&finding.object.to_string())
        ));
        text.push_str(&format!("    {}\n", plain(&finding.remedy.message)));
        if let Some(sql) = &finding.remedy.sql {
            text.push_str(&format!("    {}\n", plain(sql)));
        }
    }
    for missed in &report.not_checked {
        text.push_str(&format!(
            "not checked: {}: {}\n",
            missed.rule,
            plain(&missed.reason.message())
        ));
    }
    if report.findings.is_empty() {
        text.push_str(&format!("{}: no findings.\n", report.server));
    }
    text
}

#[cfg(test)]
mod tests {
    use model::{Finding, Remedy};

    use super::*;

    fn report(severities: &[Severity]) -> Report {
        let findings = severities.iter().map(|severity| Finding {
            rule: "a/b".into(),
            severity: *severity,
            object: "pid 1\u{1b}[2J".into(),
            message: "says".into(),
            evidence: vec![],
            remedy: Remedy::default(),
            harm: model::Harm::Hygiene,
            root: None,
            same_root: vec![],
        });
        Report {
            server: "s".into(),
            major: Some(17),
            findings: findings.collect(),
            not_checked: vec![],
        }
    }

    #[test]
    fn the_worst_finding_is_the_exit_code() {
        assert_eq!(exit_code(&report(&[])), 0);
        assert_eq!(exit_code(&report(&[Severity::Info])), 0);
        assert_eq!(exit_code(&report(&[Severity::Info, Severity::Warning])), 1);
        assert_eq!(exit_code(&report(&[Severity::Critical, Severity::Warning])), 2);
        assert_eq!(exit_code(&Report { major: None, ..report(&[]) }), 3);
    }

    #[test]
    fn a_terminal_is_not_given_control_characters() {
        assert!(!as_text(&report(&[Severity::Info])).contains('\u{1b}'));
    }
}
