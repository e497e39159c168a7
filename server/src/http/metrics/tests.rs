//! Authorisation of scrapers: loopback requests, and the configured bearer token.

use super::*;

#[test]
fn only_requests_of_this_machine_itself_are_local() {
    let local: SocketAddr = "127.0.0.1:5".parse().unwrap();
    let plain = HeaderMap::new();
    assert!(is_local(local, &plain) && !is_local("10.0.0.1:5".parse().unwrap(), &plain));
    let forwarded: HeaderMap =
        [(header::HeaderName::from_static("x-forwarded-for"), "1.2.3.4".parse().unwrap())]
            .into_iter()
            .collect();
    assert!(!is_local(local, &forwarded));
}

#[test]
fn a_token_has_to_be_configured_and_right() {
    let headers: HeaderMap =
        [(header::AUTHORIZATION, "Bearer abc".parse().unwrap())].into_iter().collect();
    assert!(is_token(&headers, Some("abc")));
    assert!(!is_token(&headers, Some("abd")) && !is_token(&headers, None));
    assert!(!is_token(&HeaderMap::new(), Some("abc")));
}

#[test]
fn findings_are_counted_by_rule_and_severity_and_only_blind_rules_are_not_checked() {
    use model::{Reason, Remedy, Severity};
    let finding = |rule: &str, severity| Finding {
        rule: rule.into(),
        severity,
        object: "".into(),
        message: String::new(),
        evidence: vec![],
        remedy: Remedy::default(),
        harm: model::Harm::Hygiene,
        root: None,
        same_root: vec![],
    };
    let folded = vec![finding("a/x", Severity::Warning)];
    let findings = vec![
        Finding { same_root: folded, ..finding("a/x", Severity::Critical) },
        finding("a/x", Severity::Warning),
    ];
    let missed = |rule: &str, reason| NotChecked { rule: rule.into(), reason };
    let not_checked = vec![
        missed("a/blind", Reason::missing_grant("x", "y")),
        missed("a/early", Reason::NeedsTwoReadings),
    ];
    let mut text = Metrics::default();
    judgement(&mut text, "shop", &(findings, not_checked));
    let text = text.finish();
    assert!(text.contains("{server=\"shop\",rule=\"a/x\",severity=\"warning\"} 2\n"), "{text}");
    assert!(text.contains("{server=\"shop\",rule=\"a/x\",severity=\"critical\"} 1\n"), "{text}");
    assert_eq!(text.matches("pgdeck_rules_not_checked{").count(), 1, "{text}");
    assert!(text.contains("pgdeck_rules_not_checked{server=\"shop\",rule=\"a/blind\"} 1\n"));
}
