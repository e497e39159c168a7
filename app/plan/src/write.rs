//! Serializes a plan as PostgreSQL prints it in FORMAT TEXT and FORMAT JSON.
//!
//! What does not survive, in either format: lines of the paste, what was not understood, and where
//! a plan was cut. In TEXT also: flags that are off and counters that are zero, which PostgreSQL
//! leaves out; the times of nodes that were never executed; which of several lists of one property
//! (grouping sets) held an item; `Parent Relationship`, which is read off the shape; and keys of
//! extensions within groups.

mod json;
mod line;
mod text;

pub use json::json;
pub use text::text;

use crate::node::{Node, Prop, Value};

/// The parts of a key: `JIT/Timing/Total`; the slash of `I/O` divides nothing.
fn path(key: &str) -> Vec<&str> {
    let mut parts = vec![];
    let mut start = 0;
    for (at, _) in key.match_indices('/') {
        let own = key.get(..at).is_some_and(|before| before.ends_with('I'))
            && key.get(at.saturating_add(1)..).is_some_and(|rest| rest.starts_with('O'));
        if !own {
            parts.extend(key.get(start..at));
            start = at.saturating_add(1);
        }
    }
    parts.extend(key.get(start..));
    parts
}

/// How the keys of the tables that a node changes start.
const TARGETS: &str = "Target Tables/";

/// The tables that a node changes: `Relation Name`, `Schema` and `Alias` of one after the other.
fn targets(node: &Node) -> impl Iterator<Item = (&str, &Value)> {
    node.props.iter().filter_map(|prop| Some((prop.key.strip_prefix(TARGETS)?, &prop.value)))
}

/// The text of a property among others.
fn find(props: &[Prop], key: &str) -> Option<String> {
    props.iter().find(|prop| prop.key == key).map(|prop| prop.value.text().into_owned())
}
