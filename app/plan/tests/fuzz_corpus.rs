//! Replays the fuzz corpus and the regressions that fuzzing found: each input holds what the fuzz
//! targets assert.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "common/packed.rs"]
mod packed;

use packed::Inputs;
use plan::diff::compare;
use plan::expression::read;
use plan::rules::{Limits, judge};

/// The targets with their packed inputs, and those of them that are UTF-8 and so reach the target.
const TARGETS: [(&str, usize, usize); 8] = [
    ("text", 1306, 702),
    ("json", 580, 299),
    ("xml", 174, 90),
    ("yaml", 646, 385),
    ("diff", 201, 113),
    ("paste", 500, 190),
    ("conditions", 240, 240),
    ("expression", 130, 130),
];

/// All packed inputs of a target.
fn corpus(target: &str) -> Inputs {
    packed::unpack(&std::fs::read(packed::path(target)).unwrap()).unwrap()
}

/// The inputs of a target that are text, and the regressions for it. libFuzzer refuses other inputs
/// of a target that takes `&str`.
fn texts(target: &str) -> Vec<(String, String)> {
    let mut inputs = corpus(target);
    let fitting = |input: &[u8]| packed::is_pair(input) == (target == "diff");
    inputs.extend(packed::regressions().unwrap().into_iter().filter(|(_, one)| fitting(one)));
    inputs
        .into_iter()
        .filter_map(|(name, one)| Some((name, String::from_utf8(one).ok()?)))
        .collect()
}

#[test]
fn no_input_of_the_corpus_is_lost() {
    for (target, all, text) in TARGETS {
        let inputs = corpus(target);
        assert!(inputs.len() >= all, "{target}: {} of {all} inputs", inputs.len());
        let texts = inputs.values().filter(|input| std::str::from_utf8(input).is_ok()).count();
        assert!(texts >= text, "{target}: {texts} of {text} inputs are text");
    }
    let regressions = packed::regressions().unwrap();
    assert!(regressions.get("asymmetric-estimates").is_some_and(|input| packed::is_pair(input)));
}

#[test]
fn packing_what_was_unpacked_gives_the_same_file() {
    for (target, ..) in TARGETS {
        let bytes = std::fs::read(packed::path(target)).unwrap();
        assert!(packed::pack(&packed::unpack(&bytes).unwrap()) == bytes, "{target} differs");
        let cut = bytes.len() - 2;
        assert!(packed::unpack(&bytes[..cut]).is_err(), "{target}: a cut file goes unnoticed");
    }
}

#[test]
fn comparing_mirrors_on_the_corpus() {
    let inputs = texts("diff");
    assert!(inputs.len() >= 114, "{} inputs", inputs.len());
    for (name, text) in inputs {
        let Some((before, after)) = text.split_once('\0') else { continue };
        let (Ok(before), Ok(after)) = (plan::parse(before), plan::parse(after)) else { continue };
        let (before, after) = (&before.plans[0], &after.plans[0]);
        let (of_before, of_after) = (plan::derive(before), plan::derive(after));
        let there = compare((before, &of_before), (after, &of_after));
        let back = compare((after, &of_after), (before, &of_before));
        assert_eq!(
            there.changes.len(),
            back.changes.len(),
            "{name}: {:#?} {:#?}",
            there.changes,
            back.changes
        );
        assert_eq!(
            (&there.only_before, &there.only_after),
            (&back.only_after, &back.only_before),
            "{name}"
        );
    }
}

#[test]
fn every_format_is_read_without_a_panic() {
    let plans = |target: &str| !["diff", "conditions", "expression"].contains(&target);
    for (target, _, text) in TARGETS.into_iter().filter(|(target, ..)| plans(target)) {
        let inputs = texts(target);
        assert!(inputs.len() >= text, "{target}: {} inputs", inputs.len());
        for (_, text) in inputs {
            let Ok(parsed) = plan::parse(&text) else { continue };
            for plan in &parsed.plans {
                assert_eq!(plan::derive(plan).nodes.len(), plan.nodes.len());
                // Writing and hiding take whatever was read.
                let hidden = plan::anonymise(plan);
                assert_eq!(hidden.nodes.len(), plan.nodes.len());
                let _ = (plan::write::text(plan), plan::write::json(&hidden));
            }
        }
    }
}

#[test]
fn every_condition_is_read_without_a_panic() {
    for target in ["conditions", "expression"] {
        for (name, text) in texts(target) {
            let Some(expression) = read(&text) else { continue };
            let root = expression.root();
            for id in expression.below(root) {
                assert!(expression.part(expression.bare(id)).is_some(), "{name}");
            }
            if let Some(sql) = expression.sql(root, false) {
                assert!(read(&sql).is_some(), "{name}: {sql}");
            }
        }
    }
}

#[test]
fn a_finding_on_any_condition_has_whole_sentences() {
    let mut found = 0;
    for (name, text) in texts("conditions") {
        let filter = text.split('\n').next().unwrap_or_default();
        let paste = format!(
            "Seq Scan on t  (cost=0.00..700.00 rows=10 width=4) (actual time=0.010..700.000 rows=10 loops=1)\n  Filter: ({filter})\n  Rows Removed by Filter: 1000000\n"
        );
        let parsed = plan::parse(&paste).unwrap();
        let derived = plan::derive(&parsed.plans[0]);
        for one in judge(&parsed.plans[0], &derived, &Limits::new()).0 {
            assert!(one.finding.message.ends_with('.'), "{name}: {}", one.finding.message);
            found += 1;
        }
    }
    assert!(found > 20, "{found} findings");
}
