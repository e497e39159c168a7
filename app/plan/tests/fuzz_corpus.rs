//! Replays the fuzz corpus and the regressions that fuzzing found: each input holds what the fuzz
//! targets assert.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "common/packed.rs"]
mod packed;

use packed::Inputs;
use plan::diff::compare;

/// The targets with their packed inputs, and those of them that are UTF-8 and so reach the target.
const TARGETS: [(&str, usize, usize); 5] = [
    ("text", 1306, 702),
    ("json", 580, 299),
    ("xml", 174, 90),
    ("yaml", 646, 385),
    ("diff", 201, 113),
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
    for (target, _, text) in TARGETS.into_iter().filter(|(target, ..)| *target != "diff") {
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
