//! What fuzzing found, and the corpus it left: each input holds what the fuzz targets assert.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use plan::diff::compare;

fn corpus(target: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut found: Vec<(String, String)> = vec![];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        // The fuzz targets take text; other inputs are refused before them.
        if let Ok(text) = std::fs::read_to_string(&path) {
            found.push((name, text));
        }
    }
    assert!(found.len() > 20, "the corpus of {target} is gone");
    found
}

#[test]
fn comparing_mirrors_on_what_was_found() {
    for (name, text) in corpus("diff") {
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
    for target in ["text", "json", "yaml", "xml"] {
        for (_, text) in corpus(target) {
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
