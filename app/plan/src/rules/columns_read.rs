//! Which columns of a table a plan needs: what an index would have to hold so that the table is not read.

use model::identifier::quote_ident;

use super::conditions::SYSTEM;
use crate::catalog::Relation;
use crate::expression::read;
use crate::node::{Node, Plan};

/// Conditions of a scan.
const CONDITIONS: [&str; 3] = ["Index Cond", "Recheck Cond", "Filter"];
/// What other nodes take from a scan; what a Sort orders by stands in its Output as well.
const TAKEN: [&str; 8] = [
    "Output",
    "Group Key",
    "Filter",
    "Join Filter",
    "Hash Cond",
    "Merge Cond",
    "Index Cond",
    "Recheck Cond",
];

/// The columns of its table that a scan's plan needs, quoted; `None` where that is not known, and where the row
/// itself is needed. Needs a plan made with VERBOSE and the columns of the table.
pub fn columns_read(plan: &Plan, at: usize, relation: &Relation) -> Option<Vec<String>> {
    let node = plan.nodes.get(at)?;
    let types = relation.types.as_ref()?;
    let is_column = |name: &str| types.iter().any(|own| own.name == name);
    let mut found = vec![];
    let mut take = |text: &str| -> Option<()> {
        let expression = read(&format!("row({text})"))?;
        for (before, name) in expression.columns(expression.root()) {
            if !is_own(node, before) {
                continue;
            }
            if name == "*" || SYSTEM.contains(&name) {
                return None;
            }
            let quoted = quote_ident(name);
            if is_column(name) && !found.contains(&quoted) {
                found.push(quoted);
            }
        }
        Some(())
    };
    CONDITIONS.iter().filter_map(|key| node.get(key)).try_for_each(|text| take(&text))?;
    let output = node.get("Output")?;
    // A scan prints all columns where handing them on costs nothing (`use_physical_tlist` in PostgreSQL's
    // `createplan.c`): then what the others take tells.
    let is_whole = node.parent.is_some() && output.split(", ").count() >= types.len();
    if is_whole {
        // Other nodes of the same table, a bitmap's, print nothing more.
        let name = |node: &Node| (node.schema.clone(), node.relation.clone(), node.alias.clone());
        let is_same = |other: &Node| other.relation.is_some() && name(other) == name(node);
        for other in plan.nodes.iter().filter(|other| !is_same(other)) {
            TAKEN.iter().filter_map(|key| other.get(key)).try_for_each(|text| take(&text))?;
        }
    } else {
        take(&output)?;
    }
    found.sort_unstable();
    Some(found)
}

/// Whether a column may be one of the scan's table: of one without a prefix that is not known.
fn is_own(node: &Node, before: Option<&str>) -> bool {
    before.is_none_or(|before| Some(before) == node.alias.as_deref().or(node.relation.as_deref()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::ColumnType;

    fn needs(plan: &str, at: usize) -> Option<Vec<String>> {
        let parsed = crate::parse(plan).ok()?;
        let column = |name: &str| ColumnType { name: name.into(), ..ColumnType::default() };
        let types = Some(["id", "a", "b"].map(column).to_vec());
        columns_read(parsed.plans.first()?, at, &Relation { types, ..Relation::default() })
    }

    #[test]
    fn what_is_handed_on_for_nothing_is_not_needed() {
        let scan = "Index Scan using i on public.t  (cost=0.29..8.30 rows=1 width=8)\n  Output: a, b\n  Index Cond: (t.id = $1)";
        assert_eq!(needs(scan, 0).unwrap_or_default(), ["a", "b", "id"]);
        let aggregate = "Aggregate  (cost=1.00..2.00 rows=1 width=8)\n  Output: sum(b)\n  ->  Index Scan using i on public.t  (cost=0.29..8.30 rows=1 width=8)\n        Output: id, a, b\n        Index Cond: (t.id = $1)";
        assert_eq!(needs(aggregate, 1).unwrap_or_default(), ["b", "id"]);
        let row = "Index Scan using i on public.t  (cost=0.29..8.30 rows=1 width=8)\n  Output: a, ctid\n  Index Cond: (t.id = $1)";
        assert_eq!(needs(row, 0), None);
        assert_eq!(needs("Index Scan using i on t  (cost=0.29..8.30 rows=1 width=8)", 0), None);
    }
}
