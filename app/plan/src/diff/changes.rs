//! Changes between two plans as sentences, sorted by measured effect.

use std::collections::HashSet;

use super::describe::{effect_above, instead, ms, name};
use super::{Both, Change, Delta, Side, Topic, joins, scans, settings, spills};
use crate::node::Node;

/// A node is reported when it takes this many times as long, or as little.
const MIN_TIMES: f64 = 1.5;
/// And when that is this share of the longer execution.
const MIN_SHARE: f64 = 0.05;
/// And this many milliseconds: less is noise.
const MIN_MS: f64 = 0.5;
/// An estimate is reported when it is off by this factor more or less than before.
const MIN_ESTIMATE: f64 = 10.0;

/// Another way of reading is the cause of what happened above it if it explains this share of that.
const MIN_CAUSE: f64 = 0.5;
/// Nodes above a scan that are looked at.
const MAX_ABOVE: usize = 64;

/// All changes in their order.
pub(super) fn changes(both: &Both<'_>) -> Vec<Change> {
    let mut changes = scans::changes(both);
    changes.extend(joins::changes(both));
    changes.extend(spills::changes(both));
    changes.extend(shape(both));
    changes.extend(estimates(both));
    changes.extend(times(both, &changes));
    changes.extend(overhead(both));
    changes.extend(settings::changes(both));
    changes.sort_by(|a, b| {
        let effect = |change: &Change| change.effect_ms.map_or(0.0, f64::abs);
        effect(b).total_cmp(&effect(a)).then(a.topic.cmp(&b.topic)).then(a.message.cmp(&b.message))
    });
    causes_first(both, changes)
}

/// Another way of reading a relation stands before what that did to the nodes above it, whose times
/// hold its own.
fn causes_first(both: &Both<'_>, mut changes: Vec<Change>) -> Vec<Change> {
    for at in 1..changes.len() {
        let Some(scan) = changes.get(at).filter(|change| change.topic == Topic::Scan) else {
            continue;
        };
        let Some(effect) = scan.effect_ms.filter(|effect| *effect != 0.0) else { continue };
        // An index that is now used and slower, or no longer and faster, was chosen by the join above.
        let (side, place) =
            if effect > 0.0 { (both.before, scan.before) } else { (both.after, scan.after) };
        let indexed =
            place.and_then(|at| side.node(at)).is_some_and(|node| node.kind != "Seq Scan");
        if !indexed {
            continue;
        }
        let led_to = |change: &Change| {
            let most = change.effect_ms.is_some_and(|all| effect / all >= MIN_CAUSE);
            let above = |side: Side<'_>, of: Option<usize>, scan: Option<usize>| {
                let parent = |at: &usize| side.node(*at).and_then(|node| node.parent);
                let mut up = std::iter::successors(scan, parent).skip(1).take(MAX_ABOVE);
                of.is_some_and(|of| up.any(|at| at == of))
            };
            most && change.topic != Topic::Scan
                && (above(both.before, change.before, scan.before)
                    || above(both.after, change.after, scan.after))
        };
        let first = changes.get(..at).and_then(|before| before.iter().position(led_to));
        if let Some(moved) = first.and_then(|first| changes.get_mut(first..=at)) {
            moved.rotate_right(1);
        }
    }
    changes
}

/// Sorts, caches and Gathers that only one of the plans has; workers.
fn shape(both: &Both<'_>) -> Vec<Change> {
    let notable = |node: &Node| {
        ["Sort", "Incremental Sort", "Materialize", "Memoize", "Gather", "Gather Merge"]
            .contains(&node.kind.as_str())
    };
    let mut changes = vec![];
    for (side, matches, gone) in
        [(both.before, &both.matches.of_before, true), (both.after, &both.matches.of_after, false)]
    {
        for (at, node) in side.plan.nodes.iter().enumerate() {
            if matches.get(at) != Some(&None) || !notable(node) {
                continue;
            }
            let own = side.own(at).and_then(|own| own.self_ms);
            let verb = if gone { "was removed" } else { "was added" };
            let took = own.filter(|own| *own >= 0.001).map(|own| format!(" ({} itself)", ms(own)));
            let took = took.unwrap_or_default();
            let gather = node.kind.starts_with("Gather");
            let own_effect = own.map(|own| if gone { -own } else { own });
            changes.push(Change {
                topic: if gather { Topic::Workers } else { Topic::Shape },
                before: gone.then_some(at),
                after: (!gone).then_some(at),
                effect_ms: if gather {
                    effect_above(both, side, matches, at, gone)
                } else {
                    own_effect
                },
                message: match (gather, gone) {
                    (true, true) => {
                        format!("The part below {} no longer runs in parallel.", name(side, at))
                    }
                    (true, false) => {
                        format!("The part below {} now runs in parallel.", name(side, at))
                    }
                    _ => format!("A {} {verb}{took}.", name(side, at)),
                },
            });
        }
    }
    changes.extend(both.matches.pairs().filter_map(|(before, after)| workers(both, before, after)));
    changes
}

/// A Gather that got more or fewer workers.
fn workers(both: &Both<'_>, before: usize, after: usize) -> Option<Change> {
    let of = |key: &'static str| both.delta(before, after, move |node, _| node.number(key));
    let launched = of("Workers Launched");
    let (was, is) = launched.before.zip(launched.after).or_else(|| {
        let planned = of("Workers Planned");
        planned.before.zip(planned.after)
    })?;
    let planned = both.after.node(after)?.number("Workers Planned").unwrap_or(is);
    (was != is).then(|| Change {
        topic: Topic::Workers,
        before: Some(before),
        after: Some(after),
        effect_ms: both.delta(before, after, |_, own| own.total_ms).more(),
        message: format!(
            "{} had {is:.0} workers instead of {was:.0} ({planned:.0} planned){}.",
            name(both.after, after),
            instead(both, before, after)
        ),
    })
}

/// Estimates that got better or worse, at the lowest node where they did.
fn estimates(both: &Both<'_>) -> Vec<Change> {
    let factors = |before, after| both.delta(before, after, |_, own| Some(own.estimate?.factor));
    let ratio = |before, after| {
        let Delta { before: Some(was), after: Some(is) } = factors(before, after) else {
            return None;
        };
        Some(is / was).filter(|ratio| *ratio >= MIN_ESTIMATE || *ratio <= 1.0 / MIN_ESTIMATE)
    };
    let found: Vec<(usize, usize, f64)> = both
        .matches
        .pairs()
        .filter_map(|(before, after)| Some((before, after, ratio(before, after)?)))
        .collect();
    // A node above one with the same change, in either plan, only passes it on.
    let above = |side: Side<'_>, at: usize| side.node(at).and_then(|node| node.parent);
    let parents_before: HashSet<usize> =
        found.iter().filter_map(|(before, _, _)| above(both.before, *before)).collect();
    let parents_after: HashSet<usize> =
        found.iter().filter_map(|(_, after, _)| above(both.after, *after)).collect();
    let mut changes = vec![];
    for (before, after, ratio) in found {
        if parents_before.contains(&before) || parents_after.contains(&after) {
            continue;
        }
        let Delta { before: Some(was), after: Some(is) } = factors(before, after) else { continue };
        let word = if ratio > 1.0 { "worse" } else { "better" };
        changes.push(Change {
            topic: Topic::Estimate,
            before: Some(before),
            after: Some(after),
            effect_ms: None,
            message: format!(
                "The rows of {} are estimated {word}: {is:.0} times off instead of {was:.0} times.",
                name(both.after, after)
            ),
        });
    }
    changes
}

/// The same node, notably slower or faster, where nothing else was said of it.
fn times(both: &Both<'_>, said: &[Change]) -> Vec<Change> {
    let whole = both.whole(|side| side.plan.execution_ms().or(side.derived.nodes_ms));
    let Delta { before: Some(was), after: Some(is) } = whole else { return vec![] };
    let least = (was.max(is) * MIN_SHARE).max(MIN_MS);
    let spoken: HashSet<usize> = said
        .iter()
        .filter(|change| change.effect_ms.is_some())
        .filter_map(|change| change.before)
        .collect();
    let mut changes = vec![];
    for (before, after) in both.matches.pairs().filter(|(before, _)| !spoken.contains(before)) {
        let own = both.delta(before, after, |_, own| own.self_ms);
        let (Some(was), Some(is), Some(more)) = (own.before, own.after, own.more()) else {
            continue;
        };
        let times = is.max(was) / is.min(was).max(0.001);
        if more.abs() < least || times < MIN_TIMES {
            continue;
        }
        let partial = both.before.node(before).zip(both.after.node(after));
        if partial.is_some_and(|(was, is)| was.get("Partial Mode") != is.get("Partial Mode")) {
            continue;
        }
        let rows = counts(both.delta(before, after, |_, own| own.rows), "rows");
        let read = both.delta(before, after, |_, own| Some(super::blocks(own)?.1));
        let read = counts(read, "blocks read");
        changes.push(Change {
            topic: Topic::Time,
            before: Some(before),
            after: Some(after),
            effect_ms: Some(more),
            message: format!(
                "{} took {} itself instead of {}{rows}{read}.",
                name(both.after, after),
                ms(is),
                ms(was)
            ),
        });
    }
    changes
}

/// `; 200 rows instead of 100`, where both numbers print differently.
fn counts(delta: Delta, what: &str) -> String {
    let (Some(was), Some(is)) = (delta.before, delta.after) else { return String::new() };
    let (was, is) = (format!("{was:.0}"), format!("{is:.0}"));
    if was == is { String::new() } else { format!("; {is} {what} instead of {was}") }
}

/// JIT and planning.
fn overhead(both: &Both<'_>) -> Vec<Change> {
    let jit = both.whole(|side| Some(side.derived.jit_ms.unwrap_or(0.0)));
    let planning = both.whole(|side| side.plan.planning_ms());
    let change = |delta: Delta, what: &str| {
        let (was, is, more) = (delta.before?, delta.after?, delta.more()?);
        let times = is.max(was) / is.min(was).max(0.001);
        (more.abs() >= 5.0 && times >= 2.0).then(|| Change {
            topic: Topic::Overhead,
            before: None,
            after: None,
            effect_ms: Some(more),
            message: format!("{what} took {} instead of {}.", ms(is), ms(was)),
        })
    };
    change(jit, "JIT compilation").into_iter().chain(change(planning, "Planning")).collect()
}
