//! Snapshot test of every rule: it fires on its `fires.json` and stays quiet on its `quiet.json`, both
//! recorded from real servers by `examples/fixtures`. The findings lie beside them as `finding.snap`.
#![expect(clippy::expect_used, clippy::panic, reason = "a test says what it expects by panicking")]

use std::path::Path;

use engine::areas;

#[derive(serde::Deserialize)]
struct Fixture {
    recorded_from: String,
    evidence: serde_json::Value,
}

fn verdict(rule: &str, file: &str) -> Vec<model::Finding> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(rule).join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!(
            "{rule} needs {file} ({error}): record it with cargo run -p engine --example fixtures"
        )
    });
    let fixture: Fixture = serde_json::from_str(&text).expect("a fixture");
    assert!(
        fixture.recorded_from.starts_with("PostgreSQL "),
        "{rule}/{file} says from which version"
    );
    areas::judge_json(rule, &fixture.evidence.to_string())
        .expect("a rule of that id")
        .expect("evidence of the present shape; record it anew")
        .unwrap_or_else(|reason| panic!("{rule}/{file} was not checked: {}", reason.message()))
}

#[test]
fn every_rule_fires_and_stays_quiet() {
    for (rule, _) in areas::abouts() {
        let findings = verdict(rule, "fires.json");
        assert!(!findings.is_empty(), "{rule} does not fire on fires.json");
        assert!(findings.iter().all(|finding| finding.rule == rule));
        let folder = format!("../fixtures/{rule}");
        insta::with_settings!({ snapshot_path => folder, prepend_module_to_snapshot => false }, {
            insta::assert_json_snapshot!("finding", findings);
        });
        assert_eq!(verdict(rule, "quiet.json"), vec![], "{rule} fires on quiet.json");
    }
}
