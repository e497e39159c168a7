//! `pgdeck plan` on plans recorded from real servers, and on what is no plan.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::common::{outcome, pgdeck, run};

fn recorded() -> Vec<std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../app/plan/fixtures/18");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn every_recorded_plan_is_a_tree_and_json() {
    let files = recorded();
    assert!(files.len() > 40, "{} files", files.len());
    for file in files.iter().step_by(7) {
        let file = file.to_str().unwrap();
        let (code, tree, says) = run(&["plan", file]);
        assert_eq!((code, says.as_str()), (0, ""), "{file}");
        assert!(tree.lines().next().unwrap().trim_start().starts_with("1 "), "{tree}");
        let (code, json, _) = run(&["plan", file, "--json"]);
        assert_eq!(code, 0);
        let plan: Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
        for key in ["format", "nodes", "execution_ms", "planning_ms", "findings"] {
            assert!(plan.get(key).is_some(), "{file}: {key}");
        }
        assert_eq!(plan["nodes"][0]["parent"], Value::Null);
    }
}

#[test]
fn what_is_no_plan_is_said_in_one_sentence() {
    let mut child = pgdeck(&["plan", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"no plan at all").unwrap();
    let (code, out, says) = outcome(child.wait_with_output().unwrap());
    assert_eq!((code, out.as_str()), (65, ""), "{says}");
    assert_eq!(says.lines().count(), 1, "{says}");
    let (code, _, says) = run(&["plan", "/nowhere.plan"]);
    assert_eq!(code, 64, "{says}");
}
