//! `pgdeck plan` and `pgdeck plan diff` on recorded plans and on invalid input.

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
        let (code, tree, message) = run(&["plan", file]);
        assert_eq!((code, message.as_str()), (0, ""), "{file}");
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
    let (code, out, message) = outcome(child.wait_with_output().unwrap());
    assert_eq!((code, out.as_str()), (65, ""), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
    let (code, _, message) = run(&["plan", "/nowhere.plan"]);
    assert_eq!(code, 64, "{message}");
}

/// A plan recorded before or after a change.
fn changed(name: &str, side: &str) -> String {
    format!("{}/../app/plan/fixtures/diff/{name}/{side}.txt", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn two_plans_are_compared_in_words_and_as_json() {
    let (before, after) = (changed("index_dropped", "before"), changed("index_dropped", "after"));
    let (code, text, message) = run(&["plan", "diff", &before, &after]);
    assert_eq!((code, message.as_str()), (0, ""));
    let sentence = "The index orders_customer_id_status_idx on orders is no longer used";
    assert!(text.contains(sentence) && text.contains("-  Bitmap Index Scan"), "{text}");
    assert!(!text.contains('\u{1b}'), "colours in a pipe");
    let (code, json, _) = run(&["plan", "diff", &before, &after, "--json"]);
    let compared: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(code, 0);
    assert!(compared["changes"][0]["says"].as_str().unwrap().starts_with(sentence));
    for key in ["pairs", "only_before", "only_after", "totals", "planning_ms"] {
        assert!(compared.get(key).is_some(), "{key}");
    }
    let (code, text, _) = run(&["plan", "diff", &before, &before]);
    assert!(code == 0 && text.contains("No significant change"), "{text}");
}

#[test]
fn what_cannot_be_compared_is_said_in_one_sentence() {
    let plan = changed("work_mem", "before");
    for (arguments, expected) in [
        (vec!["plan", "diff", &plan], 64),
        (vec!["plan", "diff", &plan, "/nowhere.plan"], 64),
        (vec!["plan", "diff", "-", "-"], 64),
        (vec!["plan", "diff", &plan, "--nonsense"], 64),
        (vec!["plan", "diff", &plan, concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")], 65),
    ] {
        let (code, out, message) = run(&arguments);
        assert_eq!(
            (code, out.as_str(), message.lines().count()),
            (expected, "", 1),
            "{arguments:?}: {message}"
        );
    }
}

/// Runs in a terminal of its own, as util-linux's script makes one.
fn in_a_terminal(arguments: &str, no_color: Option<&str>) -> String {
    let mut command = std::process::Command::new("script");
    let line = format!("{} {arguments}", env!("CARGO_BIN_EXE_pgdeck"));
    command.args(["-qec", &line, "/dev/null"]).env("TERM", "xterm").stdin(Stdio::null());
    command.env_remove("NO_COLOR");
    if let Some(value) = no_color {
        command.env("NO_COLOR", value);
    }
    outcome(command.output().unwrap()).1
}

#[test]
fn colours_are_for_terminals_and_for_those_who_want_them() {
    let (before, after) = (changed("work_mem", "before"), changed("work_mem", "after"));
    for arguments in [format!("plan {after}"), format!("plan diff {before} {after}")] {
        assert!(in_a_terminal(&arguments, None).contains("\u{1b}[31m"), "{arguments}");
        assert!(!in_a_terminal(&arguments, Some("1")).contains('\u{1b}'), "{arguments}");
        let words: Vec<&str> = arguments.split(' ').collect();
        assert!(!run(&words).1.contains('\u{1b}'), "{arguments}");
    }
}
