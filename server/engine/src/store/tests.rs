//! A rule that panics.

use super::*;
use crate::areas::vacuum::VacuumArea;
use crate::rule::{InForce, Rule};
use model::Known;

/// An area whose only rule panics.
struct Panicking;

fn panics(_: &i32, _: &InForce<'_>) -> Known<Vec<Finding>> {
    std::panic::panic_any("broken")
}

impl Area for Panicking {
    type Value = i32;
    type State = ();
    type History = ();
    const NAME: AreaName = VacuumArea::NAME;
    const EVERY_MS: u32 = 1_000;
    const RULES: &'static [Rule<i32>] =
        &[Rule { id: "vacuum/panics", about: VacuumArea::RULES[0].about, judge: panics }];
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
    slot.add_findings(&mut findings, &mut not_checked);
    let reasons: Vec<Reason> = not_checked.into_iter().map(|one| one.reason).collect();
    assert!(matches!(reasons[..], [Reason::Broken { .. }]), "{reasons:?}");
    assert!(slot.latest().failure.is_some());
}
