//! An index on the table that a partition or a chunk is a part of, instead of on the part.

use super::Judged;
use super::proposal::{Proposal, Table};
use crate::catalog::Relation;

/// Moves a proposed index from a part to the whole. On a hypertable TimescaleDB builds it in its own
/// way, and where tables only inherit, none follows: both are words.
pub(super) fn on_parent(relation: &Relation, judged: &mut Judged) {
    let (Some(root), Proposal::Index(index)) = (&relation.root, &mut judged.proposal) else {
        return;
    };
    let remedy = &mut judged.finding.remedy;
    let table = Table { schema: Some(root.schema.clone()), name: root.name.clone() };
    if root.partitioned {
        remedy.message.push_str(&format!(
            " {} is a part of {table}: the index belongs there, and every part gets it, also later ones.",
            index.table
        ));
        remedy.lock = Some(format!(
            "Takes SHARE on {table} and each part while it is built: reads continue, writes wait. Without that: create it on only {table}, concurrently on each part, and attach those."
        ));
        remedy.undo = Some("drop index and the name of the new index.".into());
        (index.table, index.partitioned) = (table, true);
    } else {
        remedy.message.push_str(&format!(
            " {} is a part of {table} (a chunk, or a child that inherits): create the index on {table} where it is a hypertable, otherwise on every child.",
            index.table
        ));
        judged.proposal = Proposal::Nothing;
    }
}
