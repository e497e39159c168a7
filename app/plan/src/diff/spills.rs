//! Sorts and hash tables that spill to disk in one of the two plans only.

use super::describe::{instead, name};
use super::{Both, Change, Side, Topic};
use crate::node::Node;

/// Pairs of which one works in memory and the other through temporary files.
pub(super) fn changes(both: &Both<'_>) -> Vec<Change> {
    both.matches.pairs().filter_map(|(before, after)| change(both, before, after)).collect()
}

fn change(both: &Both<'_>, before: usize, after: usize) -> Option<Change> {
    let (was, is) = (on_disk(both.before.node(before)?)?, on_disk(both.after.node(after)?)?);
    if was.is_some() == is.is_some() {
        return None;
    }
    let message = match is.as_ref().or(was.as_ref())? {
        how if is.is_some() => format!("now goes to disk ({how}) instead of fitting into memory"),
        how => format!("fits into memory instead of going to disk ({how})"),
    };
    // The join above a hash reads the batches back.
    let above = |side: Side<'_>, at: usize| {
        let node = side.node(at)?;
        node.parent.filter(|_| node.kind == "Hash")
    };
    let own = both.delta(before, after, |_, own| own.self_ms).more();
    let joined = above(both.before, before)
        .zip(above(both.after, after))
        .and_then(|(before, after)| both.delta(before, after, |_, own| own.self_ms).more());
    Some(Change {
        topic: Topic::Spill,
        before: Some(before),
        after: Some(after),
        effect_ms: own.map(|own| own + joined.unwrap_or(0.0)),
        message: format!(
            "The {} {message}{}.",
            name(both.after, after),
            instead(both, before, after)
        ),
    })
}

/// For a node that may go to disk: how it did, or that it did not; `None` for all others and
/// without ANALYZE.
fn on_disk(node: &Node) -> Option<Option<String>> {
    if let Some(space) = node.get("Sort Space Type") {
        let kb = node.number("Sort Space Used").unwrap_or(0.0);
        return Some((space == "Disk").then(|| format!("{kb:.0} kB")));
    }
    let batches = node.number("Hash Batches").or_else(|| node.number("HashAgg Batches"))?;
    Some((batches > 1.0).then(|| format!("{batches:.0} batches")))
}
