//! What a rule that panics costs: its area's reading, with the reason, and nothing else. What a reading
//! that has grown old is worth.

use super::*;
use crate::rule::{InForce, Rule};
use model::{About, Known};

const ABOUT: About = About { title: "", effect: "", remedy: "", docs: "", limits: &[] };

/// An area whose only rule panics at an odd value.
struct Panicking;

fn panics(value: &i32, _: &InForce<'_>) -> Known<Vec<Finding>> {
    if value % 2 == 0 { Ok(vec![]) } else { std::panic::panic_any("broken") }
}

impl Area for Panicking {
    type Value = i32;
    type State = ();
    type History = ();
    const NAME: AreaName = AreaName::ALL[0];
    const EVERY_MS: u32 = 1_000;
    const RULES: &'static [Rule<i32>] = &[Rule { id: "test/panics", about: &ABOUT, judge: panics }];
    const QUERIES: &'static [crate::sql::Query] = &[];

    async fn collect(
        _: &mut Observer,
        _: &Facts,
        _: &mut (),
        _: i64,
    ) -> Result<i32, crate::error::Error> {
        Ok(1)
    }
}

#[test]
fn a_rule_that_panics_loses_its_area_and_nothing_else() {
    let slot = Slot::<Panicking>::new(0);
    slot.put_or_fail(1, Duration::ZERO, 7, &Limits::default());
    let (mut findings, mut not_checked) = (Vec::new(), Vec::new());
    slot.add_findings(None, &mut findings, &mut not_checked);
    let reasons: Vec<Reason> = not_checked.into_iter().map(|one| one.reason).collect();
    assert!(matches!(reasons[..], [Reason::Broken { .. }]), "{reasons:?}");
    assert!(slot.latest().failure.is_some());
}

#[test]
fn a_reading_that_has_grown_old_proves_nothing() {
    let slot = Slot::<Panicking>::new(0);
    slot.put_or_fail(1_000, Duration::ZERO, 8, &Limits::default());
    let reasons = |now_ms: Option<i64>| -> Vec<Reason> {
        let (mut findings, mut not_checked) = (Vec::new(), Vec::new());
        slot.add_findings(now_ms, &mut findings, &mut not_checked);
        not_checked.into_iter().map(|one| one.reason).collect()
    };
    assert_eq!(reasons(Some(2_000)), []);
    // A recording is of its own time.
    assert_eq!(reasons(None), []);
    let old = reasons(Some(13_000));
    assert_eq!(old, [Reason::Overdue { age_ms: 12_000 }]);
    assert!(old.iter().all(Reason::is_blind));
}
