//! The shape of a plan: what it does with which relations and indexes, without costs, rows and constants. Two
//! plans of a statement with different shapes are two plans; with the same shape they are one.

use std::collections::BTreeSet;

use crate::node::{Node, Plan};

/// The most nodes that a shape names in words.
const MOST_NAMED: usize = 8;

/// 64 bits of FNV-1a: the same in every release, which the standard library's hash does not promise.
#[derive(Clone, Copy)]
struct Digest(u64);

impl Digest {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// A text and its end, so that `ab`, `c` is not `a`, `bc`.
    fn text(&mut self, text: &str) {
        self.add(text.as_bytes());
        self.add(&[0xff]);
    }
}

/// What a node's children have given so far.
#[derive(Clone, Default)]
struct Children {
    /// In order, last first.
    exact: Vec<u64>,
    /// The same without digits in names.
    loose: Vec<u64>,
}

/// The shape in 16 hexadecimal digits. Partitions that are read alike count as one, whatever the numbers in
/// their names: a new partition is no new plan.
pub fn shape(plan: &Plan) -> String {
    let mut children = vec![Children::default(); plan.nodes.len()];
    let mut root = Digest::new();
    for (at, node) in plan.nodes.iter().enumerate().rev() {
        let own = children.get_mut(at).map(std::mem::take).unwrap_or_default();
        let (exact, loose) = (digest(node, &own, false), digest(node, &own, true));
        match node.parent.and_then(|parent| children.get_mut(parent)) {
            Some(parent) => {
                parent.exact.push(exact);
                parent.loose.push(loose);
            }
            None => root.add(&exact.to_be_bytes()),
        }
    }
    format!("{:016x}", root.0)
}

/// A node with all below it.
fn digest(node: &Node, children: &Children, is_loose: bool) -> u64 {
    let mut digest = Digest::new();
    let mut name = |name: &str| {
        let digitless = || name.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
        digest.text(&if is_loose { digitless() } else { name.to_owned() });
    };
    name(&node.title());
    name(node.relationship.as_deref().unwrap_or_default());
    // Schemas are printed with VERBOSE only. A relation of the same name in another is another statement.
    name("");
    name(node.relation.as_deref().unwrap_or_default());
    name(node.index.as_deref().unwrap_or_default());
    for key in ["Function Name", "CTE Name", "Subplans Removed"] {
        // How many partitions are left out is a number, that some are is the plan's.
        let value = node.get(key).unwrap_or_default();
        name(if key == "Subplans Removed" && !value.is_empty() { "some" } else { &value });
    }
    if is_append(node) {
        let kinds: BTreeSet<u64> = children.loose.iter().copied().collect();
        kinds.iter().for_each(|kind| digest.add(&kind.to_be_bytes()));
    } else {
        let below = if is_loose { &children.loose } else { &children.exact };
        below.iter().for_each(|one| digest.add(&one.to_be_bytes()));
    }
    digest.0
}

fn is_append(node: &Node) -> bool {
    matches!(node.kind.as_str(), "Append" | "Merge Append")
}

/// The plan in one line, from what is read to what is made of it:
/// `Seq Scan on orders, Index Scan using items_pkey on items → Nested Loop → Limit`.
pub fn line(plan: &Plan) -> String {
    let mut has_children = vec![false; plan.nodes.len()];
    for parent in plan.nodes.iter().filter_map(|node| node.parent) {
        if let Some(has) = has_children.get_mut(parent) {
            *has = true;
        }
    }
    let is_leaf = |at: &usize| has_children.get(*at) == Some(&false);
    let places = 0..plan.nodes.len();
    let (leaves, inner): (Vec<usize>, Vec<usize>) = places.partition(is_leaf);
    let name = |at: &usize| plan.nodes.get(*at).map(Node::name).unwrap_or_default();
    let mut leaves: Vec<String> = leaves.iter().map(name).collect();
    // Partitions and repeated subplans are read alike.
    leaves.dedup_by_key(|name| name.chars().filter(|c| !c.is_ascii_digit()).collect::<String>());
    let mut inner: Vec<String> = inner.iter().rev().map(name).collect();
    inner.dedup();
    shorten(&mut leaves);
    shorten(&mut inner);
    let leaves = leaves.join(", ");
    [leaves]
        .into_iter()
        .filter(|leaves| !leaves.is_empty())
        .chain(inner)
        .collect::<Vec<_>>()
        .join(" → ")
}

/// Only the first and the last of many.
fn shorten(names: &mut Vec<String>) {
    if names.len() > MOST_NAMED {
        let rest = names.split_off(names.len() - 1);
        names.truncate(MOST_NAMED - 2);
        names.push("…".to_owned());
        names.extend(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(text: &str) -> Plan {
        crate::parse(text).unwrap().plans.remove(0)
    }

    const LOOP: &str = "Limit  (cost=0.56..120.10 rows=10 width=8)
  ->  Nested Loop  (cost=0.56..120.10 rows=100 width=8)
        ->  Seq Scan on orders o  (cost=0.00..18.00 rows=100 width=8)
              Filter: (customer_id = 7)
        ->  Index Scan using items_pkey on items i  (cost=0.28..1.01 rows=1 width=8)
              Index Cond: (order_id = o.id)
";

    #[test]
    fn costs_rows_and_constants_are_no_shape() {
        let other =
            LOOP.replace("120.10", "9.99").replace("rows=100", "rows=3").replace("= 7", "= 8");
        assert_eq!(shape(&plan(LOOP)), shape(&plan(&other)));
        assert_eq!(shape(&plan(LOOP)).len(), 16);
    }

    #[test]
    fn what_verbose_adds_is_no_shape() {
        let verbose = LOOP.replace("Seq Scan on orders", "Seq Scan on shop.orders").replace(
            "(customer_id = 7)",
            "(customer_id = 7)\n              Output: o.id, o.customer_id",
        );
        assert_eq!(
            plan(&verbose).nodes.get(2).and_then(|node| node.schema.as_deref()),
            Some("shop")
        );
        assert_eq!(shape(&plan(LOOP)), shape(&plan(&verbose)));
    }

    #[test]
    fn another_index_join_order_or_relation_is_another_shape() {
        let mut shapes = BTreeSet::new();
        for (from, to) in [
            ("", ""),
            ("items_pkey", "items_order_idx"),
            ("Seq Scan on orders", "Seq Scan on orders_old"),
            ("Nested Loop", "Nested Loop Left Join"),
            ("Index Scan", "Index Only Scan"),
            ("Limit", "Unique"),
        ] {
            shapes.insert(shape(&plan(&if from.is_empty() {
                LOOP.to_owned()
            } else {
                LOOP.replace(from, to)
            })));
        }
        assert_eq!(shapes.len(), 6);
    }

    #[test]
    fn a_new_partition_is_no_new_plan() {
        let of = |days: std::ops::Range<u32>, index: &str| {
            let parts = days.map(|day| {
                format!("  ->  Index Scan using log_2026_{day:02}_{index} on log_2026_{day:02}  (cost=0.00..8.00 rows=1 width=8)\n")
            });
            format!("Append  (cost=0.00..80.00 rows=9 width=8)\n{}", parts.collect::<String>())
        };
        let few = plan(&of(1..4, "idx"));
        assert_eq!(shape(&few), shape(&plan(&of(1..9, "idx"))));
        assert_ne!(shape(&few), shape(&plan(&of(1..4, "key"))));
        assert_eq!(line(&few), "Index Scan using log_2026_01_idx on log_2026_01 → Append");
    }

    #[test]
    fn a_line_reads_from_the_leaves_to_the_root() {
        assert_eq!(
            line(&plan(LOOP)),
            "Seq Scan on orders o, Index Scan using items_pkey on items i → Nested Loop → Limit"
        );
    }
}
