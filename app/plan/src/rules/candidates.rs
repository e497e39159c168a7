//! Indexes that a plan which was only planned asks for: by what it reads and estimates, since nothing
//! was measured. Whether the planner takes one is proved elsewhere.

use super::Case;
use super::conditions::{Asks, Conditions, Test, conditions};
use super::index_proposal::{
    asked, equal_columns, index_columns, index_serving, key_sql, predicate, sort_columns,
};
use super::index_size;
use super::leading_wildcard::pattern_key;
use super::proposal::{IndexKey, IndexProposal, Table};
use crate::catalog::{Catalog, Relation};
use crate::derive::Derived;
use crate::node::{Node, Plan};

/// Nodes that read a table.
const SCANS: [&str; 4] = ["Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan"];

/// An index that a plan asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The index.
    pub index: IndexProposal,
    /// How many of its first keys are compared by `=`: their order among each other is free.
    pub equal: usize,
    /// The estimated share of the table's rows that are read by it, 0 to 1; `None` where the size of the
    /// table is not known.
    pub share: Option<f64>,
}

/// The indexes that a plan asks for and its tables do not have, each once.
pub fn candidates(plan: &Plan, derived: &Derived, catalog: &Catalog) -> Vec<Candidate> {
    let mut case = Case::new(plan, derived);
    case.catalog = Some(catalog);
    let mut found: Vec<Candidate> = vec![];
    let all = case.nodes().flat_map(|(at, node, _)| match node.kind.as_str() {
        "Hash Join" | "Merge Join" | "Nested Loop" => of_join(&case, at, node),
        "Sort" | "Incremental Sort" => of_sort(&case, at, node).into_iter().collect(),
        kind if SCANS.contains(&kind) => of_scan(&case, at, node).into_iter().collect(),
        _ => vec![],
    });
    for (node, candidate) in all {
        let Some(relation) = catalog.relation_of(node) else { continue };
        let there = relation.indexes.iter().filter(|index| index.indisvalid);
        let exists = there.into_iter().any(|index| candidate.index.is_served_by(index));
        let Some(candidate) = on_root(relation, candidate).filter(|_| !exists) else { continue };
        if !found.iter().any(|known| known.index == candidate.index) {
            found.push(candidate);
        }
    }
    found
}

impl IndexProposal {
    /// How large it will be, bytes, by the statistics of its columns; `None` of a method whose size depends
    /// on what is in the values, and where there are no statistics.
    pub fn size_bytes(&self, relation: &Relation) -> Option<f64> {
        index_size::bytes(relation, self)
    }

    /// How large one entry of it is on average, bytes; `None` as above.
    pub fn entry_bytes(&self, relation: &Relation) -> Option<f64> {
        index_size::entry_bytes(relation, self)
    }
}

/// Of a part of a partitioned table the index belongs to the whole; of a child that inherits nothing is
/// said.
fn on_root(relation: &Relation, candidate: Candidate) -> Option<Candidate> {
    let Some(root) = &relation.root else { return Some(candidate) };
    let table = Table { schema: Some(root.schema.clone()), name: root.name.clone() };
    let index = IndexProposal { table, partitioned: true, ..candidate.index };
    root.partitioned.then_some(Candidate { index, ..candidate })
}

/// The share of a table's rows that a scan hands on.
fn share(case: &Case<'_>, node: &Node) -> Option<f64> {
    let rows = case.catalog?.relation_of(node)?.reltuples.filter(|rows| *rows > 0.0)?;
    Some((node.cost?.rows / rows).min(1.0))
}

/// What a scan filters: the columns of all its conditions.
fn of_scan<'a>(case: &Case<'a>, at: usize, node: &'a Node) -> Option<(&'a Node, Candidate)> {
    let combined = || case.children(at).any(|(_, below)| below.kind == "BitmapAnd");
    (node.get("Filter").is_some() || combined()).then_some(())?;
    let asked = asked(case, node, &["Index Cond", "Recheck Cond", "Filter"]);
    let index = index_serving(case, node, &asked).or_else(|| trigrams(case, node, &asked))?;
    let equal = equal_keys(&asked, &index);
    Some((node, Candidate { index, equal, share: share(case, node) }))
}

/// A GIN index on the trigrams of a column that is searched by LIKE or a regular expression, where pg_trgm is
/// installed. Of a pattern that is a parameter any part of the value may be asked for.
fn trigrams(case: &Case<'_>, node: &Node, asked: &Conditions) -> Option<IndexProposal> {
    let class = case.catalog?.trigrams.clone()?;
    let is_unknown = |test: &&Test| matches!(&test.asks, Asks::Like { pattern: None, .. });
    let searched = asked.tests.iter().find(is_unknown).map(|test| &test.key);
    let key = pattern_key(asked).or(searched).filter(|_| asked.complete)?;
    let keys = vec![IndexKey { key: key_sql(key)?, options: class }];
    Some(IndexProposal { method: Some("gin"), ..IndexProposal::new(Table::to_index(node)?, keys) })
}

/// How many of an index's first keys are compared by `=` or with a list.
fn equal_keys(asked: &Conditions, index: &IndexProposal) -> usize {
    let equal = asked.tests.iter().filter(|test| matches!(test.asks, Asks::Equal | Asks::AnyOf));
    let keys: Vec<String> = equal.filter_map(|test| key_sql(&test.key)).collect();
    index.keys.iter().take_while(|key| keys.contains(&key.key)).count()
}

/// What a join compares: for each side that is read whole, the columns of the condition.
fn of_join<'a>(case: &Case<'a>, at: usize, node: &'a Node) -> Vec<(&'a Node, Candidate)> {
    let condition = ["Hash Cond", "Merge Cond", "Join Filter"].iter().find_map(|key| node.get(key));
    let Some(condition) = condition else { return vec![] };
    let sides = case.children(at).filter(|(_, node)| node.subplan.is_none());
    let scans = sides.filter_map(|(at, below)| match below.kind.as_str() {
        "Seq Scan" => Some(below),
        "Hash" | "Sort" | "Materialize" => {
            case.first_child(at).map(|(_, scan)| scan).filter(|scan| scan.kind == "Seq Scan")
        }
        _ => None,
    });
    let candidate = |scan: &'a Node| {
        let relation = case.catalog.and_then(|catalog| catalog.relation_of(scan));
        let asked = conditions(scan, relation, [condition.as_ref()]);
        let columns = index_columns(&asked)?;
        let index = IndexProposal::new(
            Table::to_index(scan)?,
            columns.into_iter().map(IndexKey::plain).collect(),
        );
        let equal = equal_keys(&asked, &index);
        let rows = relation?.reltuples.filter(|rows| *rows > 0.0);
        let share = rows.zip(node.cost).map(|(rows, cost)| (cost.rows / rows).min(1.0));
        Some((scan, Candidate { index, equal, share }))
    };
    scans.filter_map(candidate).collect()
}

/// What a sort below a Limit orders: the columns compared by `=`, then those of the order.
fn of_sort<'a>(case: &Case<'a>, at: usize, node: &'a Node) -> Option<(&'a Node, Candidate)> {
    let mut above = node.parent.and_then(|parent| case.plan.nodes.get(parent))?;
    if above.kind == "Gather Merge" {
        above = above.parent.and_then(|parent| case.plan.nodes.get(parent))?;
    }
    let (_, scan) = case.first_child(at).filter(|_| above.kind == "Limit")?;
    SCANS.contains(&scan.kind.as_str()).then_some(())?;
    let order = sort_columns(&node.get("Sort Key")?)?;
    let asked = asked(case, scan, &["Index Cond", "Recheck Cond", "Filter"]);
    let by = order.first().map(|key| key.key.clone());
    let equal = equal_columns(&asked, by.as_deref())?;
    let order = order.into_iter().filter(|key| !equal.contains(&key.key));
    let keys = equal.iter().map(IndexKey::plain).chain(order).collect();
    let index = IndexProposal::new(Table::to_index(scan)?, keys);
    let index = IndexProposal { predicate: predicate(&asked), ..index };
    // Only the first rows are read.
    let rows = case.catalog?.relation_of(scan)?.reltuples.filter(|rows| *rows > 0.0);
    let share = rows.zip(above.cost).map(|(rows, cost)| (cost.rows / rows).min(1.0));
    Some((scan, Candidate { index, equal: equal.len(), share }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{ColumnType, Index};

    fn wanted(plan: &str, indexes: Vec<Index>) -> Vec<(String, usize)> {
        let parsed = crate::parse(plan).ok();
        let Some(plan) = parsed.as_ref().and_then(|parsed| parsed.plans.first()) else {
            return vec![];
        };
        let relation = |name: &str| Relation {
            schema: "public".into(),
            name: name.into(),
            reltuples: Some(10_000.0),
            indexes: indexes.clone(),
            ..Relation::default()
        };
        let relations = vec![relation("orders"), relation("items")];
        let catalog = Catalog { relations, ..Catalog::default() };
        let found = candidates(plan, &crate::derive(plan), &catalog);
        found.into_iter().map(|one| (one.index.to_string(), one.equal)).collect()
    }

    const FILTERED: &str = "Seq Scan on orders  (cost=0.00..200.00 rows=3 width=8)\n  Filter: ((placed > $2) AND (customer = $1))";

    #[test]
    fn a_filter_asks_for_its_columns() {
        let expected = "create index concurrently on orders (customer, placed);".to_owned();
        assert_eq!(wanted(FILTERED, vec![]), [(expected, 1)]);
        let there = Index {
            method: "btree".into(),
            keys: vec!["customer".into(), "placed".into()],
            indisvalid: true,
            ..Index::default()
        };
        assert_eq!(wanted(FILTERED, vec![there.clone()]), []);
        assert_eq!(wanted(FILTERED, vec![Index { indisvalid: false, ..there }]).len(), 1);
    }

    #[test]
    fn a_join_and_an_order_ask_for_theirs() {
        let join = "Hash Join  (cost=1.00..300.00 rows=5 width=8)\n  Hash Cond: (items.order_id = orders.id)\n  ->  Seq Scan on items  (cost=0.00..200.00 rows=10000 width=8)\n  ->  Hash  (cost=8.30..8.30 rows=1 width=8)\n        ->  Index Scan using orders_pkey on orders  (cost=0.29..8.30 rows=1 width=8)\n              Index Cond: (id = $1)";
        let expected = "create index concurrently on items (order_id);".to_owned();
        assert_eq!(wanted(join, vec![]), [(expected, 1)]);
        let sort = "Limit  (cost=300.00..300.10 rows=10 width=8)\n  ->  Sort  (cost=300.00..310.00 rows=5000 width=8)\n        Sort Key: placed DESC\n        ->  Seq Scan on orders  (cost=0.00..200.00 rows=5000 width=8)\n              Filter: (state = $1)";
        let found = wanted(sort, vec![]);
        assert!(
            found
                .contains(&("create index concurrently on orders (state, placed desc);".into(), 1)),
            "{found:?}"
        );
    }

    #[test]
    fn a_part_of_a_value_asks_for_trigrams_where_they_are() {
        let scan = "Seq Scan on orders  (cost=0.00..200.00 rows=3 width=8)\n  Filter: (note ~~ $1)";
        let parsed = crate::parse(scan).unwrap();
        let plan = parsed.plans.first().unwrap();
        let types = vec![ColumnType {
            name: "note".into(),
            data_type: "text".into(),
            typtype: "b".into(),
            sortable: true,
            ..ColumnType::default()
        }];
        let mut relation =
            Relation { name: "orders".into(), types: Some(types), ..Relation::default() };
        let found = |relation: &Relation, trigrams: Option<&str>| {
            let trigrams = trigrams.map(str::to_owned);
            let catalog =
                Catalog { relations: vec![relation.clone()], trigrams, ..Catalog::default() };
            let found = candidates(plan, &crate::derive(plan), &catalog);
            found.into_iter().map(|one| one.index.to_string()).collect::<Vec<String>>()
        };
        assert!(found(&relation, None).is_empty());
        let expected = "create index concurrently on orders using gin (note ext.gin_trgm_ops);";
        assert_eq!(found(&relation, Some("ext.gin_trgm_ops")), [expected]);
        relation.indexes = vec![Index {
            method: "gin".into(),
            keys: vec!["note".into()],
            classes: vec!["gin_trgm_ops".into()],
            indisvalid: true,
            ..Index::default()
        }];
        assert!(found(&relation, Some("ext.gin_trgm_ops")).is_empty());
    }
}
