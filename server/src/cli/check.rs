//! `pgdeck check`: runs all rules once, with an exit code by severity.

mod junit;
mod markdown;
mod nagios;

use std::process::ExitCode;

use engine::Report;
use engine::dsn::Environment;
use model::{Cause, Finding, Harm, NotChecked, Reason, Remedy, Severity};

use super::Check;
use super::error::{Failure, NOT_CHECKED};
use super::terminal::plain;
use crate::config;

/// The SQLSTATE too_many_connections.
const TOO_MANY_CONNECTIONS: &str = "53300";
/// The rule that watches connections.
const CONNECTION_RULE: &str = "activity/connection_use";

/// Runs all rules once: 0 fine, 1 warning, 2 critical, 3 could not judge.
pub async fn check(check: &Check, env: &Environment) -> Result<ExitCode, Failure> {
    let limits = config::limits(check.config.as_deref())?;
    if let Some(unknown) = check.accept_unchecked.iter().find(|rule| !is_rule(rule)) {
        return Err(Failure::usage(format!(
            "there is no rule {unknown:?}; the page /rules and the output of pgdeck check name them."
        )));
    }
    let server = config::one_server(&check.dsn, env)?;
    let name = server.id.to_string();
    let report = match engine::check(server, limits).await {
        Ok(report) => report,
        Err(reason) => unreachable_report(name, reason),
    };
    let code = exit_code(&report, &check.accept_unchecked);
    let formats = &check.formats;
    if formats.json {
        println!("{}", serde_json::to_string(&report).map_err(Failure::failed)?);
    } else if formats.markdown {
        print!("{}", markdown::markdown(&report));
    } else if formats.junit {
        let rules = engine::areas::abouts().map(|(rule, _)| rule);
        print!("{}", junit::junit(&report, &check.accept_unchecked, rules));
    } else if formats.nagios {
        print!("{}", nagios::nagios(&report, code));
    } else if let [NotChecked { rule, reason }] = report.not_checked.as_slice()
        && rule == EVERY_RULE
        && report.findings.is_empty()
    {
        return Ok(not_checked(reason).report());
    } else {
        print!("{}", as_text(&report));
    }
    Ok(ExitCode::from(code))
}

/// What stands for all rules where the server could not be looked at.
const EVERY_RULE: &str = "*";

fn is_rule(name: &str) -> bool {
    engine::rules::entries(&engine::Limits::default()).iter().any(|entry| entry.id == name)
}

/// The report on a server that lets nobody in: its shape stays, so that a script need not read standard
/// error. A server without a free connection has given evidence enough.
fn unreachable_report(server: String, reason: Reason) -> Report {
    let is_exhausted = matches!(
        &reason,
        Reason::Unreachable { cause: Cause::Refused { sqlstate }, .. } if sqlstate == TOO_MANY_CONNECTIONS
    );
    let finding = is_exhausted.then(|| Finding {
        rule: CONNECTION_RULE.into(),
        severity: Severity::Critical,
        object: server.as_str().into(),
        message: format!("No new connection is accepted. {}", reason.message()),
        evidence: Vec::new(),
        remedy: Remedy {
            message: "End sessions that are not needed, or raise the limit that the message names."
                .into(),
            ..Remedy::default()
        },
        harm: Harm::Risk { due_s: Some(0.0) },
        root: None,
        same_root: Vec::new(),
    });
    let not_checked = vec![NotChecked { rule: EVERY_RULE.into(), reason }];
    Report { server, major: None, findings: finding.into_iter().collect(), not_checked }
}

/// Why a server could not be looked at, with what to do.
pub fn not_checked(reason: &Reason) -> Failure {
    let remedy = reason.remedy().map(|remedy| format!(" {remedy}")).unwrap_or_default();
    Failure::not_checked(format!("{}{remedy}", reason.message()))
}

/// The exit code. What no rule could look at is not fine: a script must see it.
fn exit_code(report: &Report, accepted: &[String]) -> u8 {
    match report.findings.iter().map(|finding| finding.severity).max() {
        Some(Severity::Critical) => 2,
        Some(Severity::Warning) => 1,
        Some(Severity::Info) | None => {
            let is_missed = |missed: &&NotChecked| !accepted.contains(&missed.rule);
            let is_blind = blind(report).any(|missed| is_missed(&missed));
            if is_blind || report.major.is_none() { NOT_CHECKED } else { 0 }
        }
    }
}

/// The rules that may have missed something.
fn blind(report: &Report) -> impl Iterator<Item = &NotChecked> {
    report.not_checked.iter().filter(|missed| missed.reason.is_blind())
}

fn as_text(report: &Report) -> String {
    let mut text = String::new();
    for finding in &report.findings {
        text.push_str(&format!("{}\n", line(finding)));
        text.push_str(&format!("    {}\n", plain(&finding.remedy.message)));
        if let Some(sql) = &finding.remedy.sql {
            text.push_str(&format!("    {}\n", plain(sql)));
        }
        for other in &finding.same_root {
            let message = plain(&other.message);
            text.push_str(&format!("    from the same cause: {message} ({})\n", other.rule));
        }
    }
    for missed in &report.not_checked {
        text.push_str(&format!(
            "{}: {}: {}\n",
            heading(missed),
            rule_name(missed),
            plain(&missed.reason.message())
        ));
        if let Some(remedy) = missed.reason.remedy().filter(|_| missed.reason.is_blind()) {
            text.push_str(&format!("    {}\n", plain(&remedy)));
        }
    }
    text.push_str(&format!("{}: {}\n", plain(&report.server), summary(report)));
    text
}

/// A finding on one line.
fn line(finding: &Finding) -> String {
    let Finding { severity, message, rule, object, .. } = finding;
    plain(&format!("{}: {message} ({rule}, {object})", severity.as_str()))
}

/// The rule that was not checked, in words where it stands for all.
fn rule_name(missed: &NotChecked) -> &str {
    if missed.rule == EVERY_RULE { "every rule" } else { &missed.rule }
}

/// What stands before a rule that was not checked.
fn heading(missed: &NotChecked) -> &'static str {
    match &missed.reason {
        Reason::NeedsTwoReadings | Reason::NeedsReadings { .. } => "needs a longer look",
        reason if reason.is_blind() => "not checked",
        _ => "nothing to check",
    }
}

/// The last line: never "no findings" alone where something may have been missed.
fn summary(report: &Report) -> String {
    let missed = blind(report).count();
    let longer =
        report.not_checked.iter().filter(|missed| heading(missed) == "needs a longer look").count();
    let found = match report.findings.len() {
        0 => "no findings".to_owned(),
        1 => "1 finding".to_owned(),
        count => format!("{count} findings"),
    };
    match (missed, longer) {
        _ if report.major.is_none() => format!("{found}; no rule could be run."),
        (0, 0) => format!("{found}."),
        (0, longer) => format!("{found}; {longer} more in pgdeck serve, which looks for longer."),
        (missed, _) => format!(
            "{found}, but {} could not be checked: what they look for may be there.",
            if missed == 1 { "1 rule".to_owned() } else { format!("{missed} rules") }
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub fn report(severities: &[Severity]) -> Report {
        let findings = severities.iter().map(|severity| Finding {
            rule: "a/b".into(),
            severity: *severity,
            object: "pid 1\u{1b}[2J".into(),
            message: "says".into(),
            evidence: vec![],
            remedy: Remedy::default(),
            harm: Harm::Hygiene,
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

    pub fn without(reason: Reason, severities: &[Severity]) -> Report {
        let not_checked = vec![NotChecked { rule: "a/blind".into(), reason }];
        Report { not_checked, ..report(severities) }
    }

    #[test]
    fn the_worst_finding_is_the_exit_code() {
        let code = |report: &Report| exit_code(report, &[]);
        assert_eq!(code(&report(&[])), 0);
        assert_eq!(code(&report(&[Severity::Info])), 0);
        assert_eq!(code(&report(&[Severity::Info, Severity::Warning])), 1);
        assert_eq!(code(&report(&[Severity::Critical, Severity::Warning])), 2);
        assert_eq!(code(&Report { major: None, ..report(&[]) }), 3);
    }

    #[test]
    fn a_blind_rule_is_not_fine_unless_it_is_accepted() {
        let denied = || Reason::missing_grant("sessions", "grant pg_monitor to x;");
        let blind = without(denied(), &[]);
        assert_eq!(exit_code(&blind, &[]), 3);
        assert_eq!(exit_code(&without(denied(), &[Severity::Info]), &[]), 3);
        assert_eq!(exit_code(&without(denied(), &[Severity::Warning]), &[]), 1);
        assert_eq!(exit_code(&blind, &["a/blind".into()]), 0);
        let text = as_text(&blind);
        assert!(text.contains("not checked: a/blind: "), "{text}");
        assert!(text.contains("grant pg_monitor to x;"), "{text}");
        assert!(text.ends_with("1 rule could not be checked: what they look for may be there.\n"));
    }

    #[test]
    fn what_only_a_longer_look_can_judge_is_listed_and_not_blind() {
        for reason in [Reason::NeedsTwoReadings, Reason::NeedsReadings { for_s: 600 }] {
            let report = without(reason, &[]);
            assert_eq!(exit_code(&report, &[]), 0);
            let text = as_text(&report);
            assert!(text.contains("needs a longer look: a/blind: "), "{text}");
            assert!(text.contains("pgdeck serve"), "{text}");
        }
        let report = without(Reason::OtherRole { needs: "standby".into() }, &[]);
        assert_eq!((exit_code(&report, &[]), summary(&report)), (0, "no findings.".into()));
    }

    #[test]
    fn a_server_without_a_free_connection_is_critical() {
        let refused = |sqlstate: &str| {
            let reason = Reason::Unreachable {
                cause: Cause::Refused { sqlstate: sqlstate.into() },
                message: format!("db1 rejected the connection: too many ({sqlstate})."),
                remedy: String::new(),
            };
            unreachable_report("shop".into(), reason)
        };
        let report = refused("53300");
        assert_eq!(exit_code(&report, &[]), 2);
        let text = as_text(&report);
        assert!(text.starts_with("critical: No new connection is accepted. db1"), "{text}");
        assert!(text.ends_with("shop: 1 finding; no rule could be run.\n"), "{text}");
        assert_eq!(exit_code(&refused("28P01"), &[]), 3);
        assert_eq!(exit_code(&refused("28P01"), &["*".into()]), 3);
    }

    #[test]
    fn a_terminal_is_not_given_control_characters() {
        assert!(!as_text(&report(&[Severity::Info])).contains('\u{1b}'));
    }
}
