//! Words and figures shared by all kinds of changes: the name of a node, times before and after.

use model::Unit;
use model::quantity::number;

use super::{Both, Delta, Side};

/// Characters of a sort, group or join key that name a node.
const KEY_CHARS: usize = 40;
/// How many nodes above one are looked at.
const MAX_LOOKED_AT: usize = 64;

/// A node by its name; one that works on no relation by its key.
pub(super) fn name(side: Side<'_>, at: usize) -> String {
    side.node(at).map(|node| node.name_with_key(KEY_CHARS)).unwrap_or_default()
}

/// `812 ms instead of 3.1 ms`; costs where nothing was timed; nothing where both are alike.
pub(super) fn instead(both: &Both<'_>, before: usize, after: usize) -> String {
    let times = both.delta(before, after, |_, own| own.total_ms);
    let costs = both.delta(before, after, |node, _| Some(node.cost?.total));
    match (times, costs) {
        (Delta { before: Some(before), after: Some(after) }, _) => {
            format!(", {} instead of {}", ms(after), ms(before))
        }
        (_, Delta { before: Some(before), after: Some(after) }) => {
            format!(", cost {after:.0} instead of {before:.0}")
        }
        _ => String::new(),
    }
}

/// Milliseconds with a unit that fits.
pub(super) fn ms(ms: f64) -> String {
    number(ms, Unit::Ms)
}

/// By how much the nearest matched node above one without a counterpart is slower.
pub(super) fn effect_above(
    both: &Both<'_>,
    side: Side<'_>,
    matches: &[Option<usize>],
    at: usize,
    gone: bool,
) -> Option<f64> {
    let up = std::iter::successors(side.node(at)?.parent, |at| side.node(*at)?.parent);
    let found = up.take(MAX_LOOKED_AT).find_map(|at| Some((at, (*matches.get(at)?)?)));
    let Some((own, other)) = found else { return both.totals().total_ms.more() };
    let (before, after) = if gone { (own, other) } else { (other, own) };
    both.delta(before, after, |_, own| own.total_ms).more()
}
