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
        let mut lines = tree.lines();
        let headline = lines.next().unwrap();
        assert!(headline.ends_with('.') && headline.contains("node"), "{tree}");
        assert_eq!(lines.next(), Some(""), "{tree}");
        assert!(lines.next().unwrap().trim_start().starts_with("1 "), "{tree}");
        let (code, json, _) = run(&["plan", file, "--json"]);
        assert_eq!(code, 0);
        let plan: Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
        for key in [
            "format",
            "nodes",
            "execution_ms",
            "planning_ms",
            "findings",
            "not_checked",
            "headline",
            "triggers",
            "properties",
            "broken",
            "notices",
            "not_understood",
            "query",
        ] {
            assert!(plan.get(key).is_some(), "{file}: {key}");
        }
        for key in
            ["self_ms", "share", "estimate", "own", "total_cost", "properties", "removed_rows"]
        {
            assert!(plan["nodes"][0].get(key).is_some(), "{file}: {key}");
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

/// Runs `pgdeck plan -` on a paste.
fn of_paste(paste: &str, more: &[&str]) -> (i32, String, String) {
    let arguments: Vec<&str> = ["plan", "-"].iter().chain(more).copied().collect();
    let mut child = pgdeck(&arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(paste.as_bytes()).unwrap();
    outcome(child.wait_with_output().unwrap())
}

const SPILL: &str = "\
Sort  (cost=900.00..910.00 rows=40 width=12) (actual time=1500.000..1800.000 rows=400000 loops=1)
  Sort Key: o.at
  Sort Method: external merge  Disk: 90000kB
  Buffers: shared hit=100 read=20, temp read=11250 written=11260
  ->  Nested Loop  (cost=0.42..800.00 rows=40 width=12) (actual time=0.050..1200.000 rows=400000 loops=1)
        Buffers: shared hit=100 read=20
        ->  Seq Scan on customers c  (cost=0.00..400.00 rows=20 width=4) (actual time=0.010..100.000 rows=100000 loops=1)
              Filter: ((country = 'de'::text) AND (city = 'Kiel'::text))
              Rows Removed by Filter: 90
              Buffers: shared read=20
        ->  Index Scan using o_c on orders o  (cost=0.42..20.00 rows=2 width=12) (actual time=0.002..0.010 rows=4 loops=100000)
              Index Cond: (customer_id = c.id)
              Buffers: shared hit=100
Planning Time: 0.500 ms
Execution Time: 1850.000 ms
";

#[test]
fn the_terminal_tells_what_the_page_tells() {
    let (code, text, message) = of_paste(SPILL, &[]);
    assert_eq!((code, message.as_str()), (0, ""), "{text}");
    for part in [
        "1 of 4 nodes takes 54.1 % of 1.85 s: Index Scan using o_c on orders o",
        "Index Scan using o_c on orders o",
        "4 rows (2 expected) in each of 100,000 loops",
        "100,000 rows (20 expected), 90 removed in all",
        "blocks: 20 read",
        "external merge, disk 87.9 MiB",
        "Index Cond: (customer_id = c.id)",
        "Filter: ((country = 'de'::text) AND (city = 'Kiel'::text))",
        "critical (node 3), up to 1.4 s of 1.85 s: Seq Scan on customers c returned 100,000 rows",
        "Its time is part of the finding above.",
        "    analyze customers;",
        "Takes SHARE UPDATE EXCLUSIVE on the table; reads and writes continue.",
        "Undone when the transaction ends.",
        "False alarm",
        "not checked: ",
        "because the plan was made without VERBOSE: ",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let (_, json, _) = of_paste(SPILL, &["--json"]);
    let plan: Value = serde_json::from_str(&json).unwrap();
    let found = plan["findings"].as_array().unwrap();
    assert_eq!(found[0]["within"], Value::Null);
    assert_eq!((&found[0]["of"], &found[0]["of_ms"]), (&"execution".into(), &1850.0.into()));
    assert_eq!(found[1]["within"], Value::from(0));
    assert!(plan["not_checked"].as_array().unwrap().iter().any(|rule| rule["option"] == "VERBOSE"));
    assert_eq!(plan["nodes"][0]["properties"]["Sort Key"], Value::from("o.at"));
    assert_eq!(plan["nodes"][2]["own"]["shared_read_blocks"], Value::from(20.0));
}

#[test]
fn a_plan_that_was_not_executed_has_costs() {
    let plain = "Sort  (cost=900.00..910.00 rows=40 width=12)\n  Sort Key: at\n  ->  Seq Scan on orders  (cost=0.00..800.00 rows=40 width=12)\n        Filter: (a = 1)\n";
    let (code, text, message) = of_paste(plain, &[]);
    assert_eq!((code, message.as_str()), (0, ""), "{text}");
    for part in [
        "Planned only, not executed",
        "cost 800.00  ██████████████████",
        "40 rows expected, cost 0.00..800.00",
        "because the plan was made without ANALYZE: ",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(!text.contains("not measured"), "{text}");
}

#[test]
fn several_plans_have_titles_and_durations() {
    let two = format!("{SPILL}\n\nSeq Scan on t  (cost=0.00..1.00 rows=1 width=4)\n");
    let (_, text, _) = of_paste(&two, &[]);
    assert!(text.starts_with("Plan 1 of 2, line 1, 4 nodes, 1.85 s\n"), "{text}");
    assert!(text.contains("\nPlan 2 of 2, line "), "{text}");
}

#[test]
fn what_was_read_in_part_has_an_exit_code_of_its_own() {
    let cut: String = SPILL.replace("rows=2 width=12) (actual time=0.002", "rows=2 wid");
    for (paste, what) in [
        (
            format!("{SPILL}and this is no line of a plan\n"),
            "Read in part: 1 line was not understood",
        ),
        (cut, ""),
    ] {
        let (code, text, message) = of_paste(&paste, &[]);
        assert_eq!(code, 4, "{text}{message}");
        assert!(text.starts_with(what) && !message.is_empty(), "{text}{message}");
        assert_eq!(of_paste(&paste, &["--json"]).0, 4);
    }
    assert_eq!(of_paste(SPILL, &[]).0, 0);
    let folder = tempfile::tempdir().unwrap();
    let part = folder.path().join("part.txt");
    std::fs::write(&part, format!("{SPILL}and this is no line of a plan\n")).unwrap();
    let whole = changed("work_mem", "before");
    assert_eq!(run(&["plan", "diff", &whole, part.to_str().unwrap()]).0, 4);
}

#[test]
fn names_in_a_plan_do_not_reach_the_terminal_as_commands() {
    let hostile = "Seq Scan on \"a\u{9b}31m\u{202e}b\" \"x\u{7f}\"  (cost=0.00..1.00 rows=1 width=4) (actual time=0.010..900.000 rows=1 loops=1)\n  Filter: (\"q\u{9b}\" = 'z\u{200b}'::text)\n  Rows Removed by Filter: 900000\nExecution Time: 901.000 ms\n";
    for more in [&[][..], &["--json"]] {
        let (_, out, message) = of_paste(hostile, more);
        let hidden =
            |c: char| c != '\n' && (c.is_control() || matches!(c, '\u{202e}' | '\u{200b}'));
        assert!(!out.chars().any(hidden) && !message.chars().any(hidden), "{out:?} {message:?}");
        assert!(out.contains("Seq Scan"), "{out}");
    }
    let (_, json, _) = of_paste(hostile, &["--json"]);
    let plan: Value = serde_json::from_str(&json).unwrap();
    assert!(plan["nodes"][0]["relation"].as_str().unwrap().contains('\u{9b}'), "{json}");
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
