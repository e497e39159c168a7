//! Fuzz target `diff`: two pastes divided by a NUL, compared in both directions.
#![no_main]

use plan::diff::compare;

libfuzzer_sys::fuzz_target!(|pastes: &str| {
    let Some((before, after)) = pastes.split_once('\0') else { return };
    let (Ok(before), Ok(after)) = (plan::parse(before), plan::parse(after)) else { return };
    let (before, after) = (&before.plans[0], &after.plans[0]);
    let (of_before, of_after) = (plan::derive(before), plan::derive(after));
    let there = compare((before, &of_before), (after, &of_after));
    let back = compare((after, &of_after), (before, &of_before));
    assert_eq!(there.only_before, back.only_after);
    assert_eq!(there.pairs.len(), back.pairs.len());
    assert_eq!(there.pairs.len() + there.only_before.len(), before.nodes.len());
    assert_eq!(there.pairs.len() + there.only_after.len(), after.nodes.len());
    assert_eq!(there.changes.len(), back.changes.len());
});
