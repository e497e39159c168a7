//! Twenty-four generated healthy days give no accusation, and what is planted in them is found within two
//! windows. `cargo bench -p engine --bench regressions` counts what plain tests say of the same days.

use model::statements::Regression;
use model::statements::regression::Change;

use super::days::{BEFORE, DAY, JUDGED, Judge, PROOF, STATEMENTS, healthy, often, slow, wide};

#[test]
fn healthy_days_give_no_accusation_and_planted_changes_are_found() {
    let days = healthy(BEFORE + JUDGED, PROOF.start);
    let mut judge = Judge::new(&days);
    let mut noisy = 0;
    // Each seventh minute, another one each day; the benchmark judges each.
    let minutes = BEFORE * DAY..(BEFORE + JUDGED) * DAY;
    for minute in minutes.filter(|minute| minute % 7 == minute / DAY % 7) {
        let verdicts = judge.all_at(minute);
        assert_eq!((verdicts.slower_together, verdicts.busier_together), (0, 0), "minute {minute}");
        for found in verdicts.found.into_iter().flatten().flatten() {
            let name = STATEMENTS.get(found.key.queryid as usize).map(|statement| statement.0);
            assert!(!found.change.is_accusation(), "{name:?} in minute {minute}: {found:?}");
            noisy += 1;
        }
    }
    assert!(noisy > 0, "too noisy to say is a state that comes about");
    planted(&mut judge);
}

/// Which of the planted changes is twice the traffic.
const TRAFFIC: usize = 3;

/// Changes that are planted at some hours of each judged day, in the statements that they fit.
fn planted(judge: &mut Judge<'_>) {
    let mut missed: Vec<(usize, usize)> = Vec::new();
    let mut all = 0;
    // At half past ten and half past four each day, when the load is neither high nor low.
    for day in BEFORE..BEFORE + JUDGED {
        for at in [630, 990] {
            let end = day * DAY + at + 1;
            let has = |found: Vec<Regression>, change| found.iter().any(|one| one.change == change);
            let seen = [
                has(judge.at_changed(1, end, slow(4.0)), Change::Slower),
                has(judge.at_changed(5, end, slow(5.0)), Change::Slower),
                has(judge.at_changed(0, end, slow(20.0)), Change::Slower),
                has(judge.at_changed(1, end, often(2.0)), Change::MoreCalls) || day % 7 >= 5, // Twice a weekend is less than a weekday.
                has(judge.at_changed(3, end, wide(500.0)), Change::MoreRows),
            ];
            missed.extend((0..).zip(seen).filter(|(_, seen)| !seen).map(|(which, _)| (which, end)));
            all += seen.len();
        }
    }
    // Days differ by 15 % and minutes by 10 % here, and jobs run in bursts: twice the calls are not always beyond
    // what the busiest minute of four weeks had.
    let (traffic, other): (Vec<(usize, usize)>, Vec<_>) =
        missed.into_iter().partition(|(which, _)| *which == TRAFFIC);
    assert!(20 * other.len() <= all, "not found within two windows, of {all}: {other:?}");
    assert!(24 * traffic.len() <= 2 * all, "traffic, of {all}: {traffic:?}");
}
