//! Property keys of EXPLAIN's JSON, mapped to the fields of a node.

use std::borrow::Cow;

use crate::node::{Actual, Cost, Node, Prop, Value, Worker};

/// Keys that plans are full of; they are not copied. In byte order, for the binary search.
const KNOWN: &[&str] = &[
    "Actual Loops",
    "Actual Rows",
    "Actual Startup Time",
    "Actual Total Time",
    "Alias",
    "Async Capable",
    "CTE Name",
    "Cache Evictions",
    "Cache Hits",
    "Cache Key",
    "Cache Misses",
    "Cache Mode",
    "Cache Overflows",
    "Calls",
    "Command",
    "Conflict Arbiter Indexes",
    "Conflict Filter",
    "Conflict Resolution",
    "Conflicting Tuples",
    "Constraint Name",
    "Custom Plan Provider",
    "Disabled",
    "Disk Usage",
    "Exact Heap Blocks",
    "Execution Time",
    "Filter",
    "Full-sort Groups",
    "Function Call",
    "Function Name",
    "Group Key",
    "Grouping Sets",
    "Hash Batches",
    "Hash Buckets",
    "Hash Cond",
    "HashAgg Batches",
    "Heap Fetches",
    "I/O Read Time",
    "I/O Write Time",
    "Index Cond",
    "Index Name",
    "Index Searches",
    "Inner Unique",
    "JIT",
    "Join Filter",
    "Join Type",
    "Local Dirtied Blocks",
    "Local Hit Blocks",
    "Local I/O Read Time",
    "Local I/O Write Time",
    "Local Read Blocks",
    "Local Written Blocks",
    "Lossy Heap Blocks",
    "Maximum Storage",
    "Merge Cond",
    "Node Type",
    "One-Time Filter",
    "Operation",
    "Order By",
    "Original Hash Batches",
    "Original Hash Buckets",
    "Output",
    "Parallel Aware",
    "Params Evaluated",
    "Parent Relationship",
    "Partial Mode",
    "Peak Memory Usage",
    "Plan Rows",
    "Plan Width",
    "Planned Partitions",
    "Planning",
    "Planning Time",
    "Plans",
    "Pre-sorted Groups",
    "Presorted Key",
    "Query Identifier",
    "Query Text",
    "Recheck Cond",
    "Relation",
    "Relation Name",
    "Remote SQL",
    "Repeatable Seed",
    "Rows Removed by Conflict Filter",
    "Rows Removed by Filter",
    "Rows Removed by Index Recheck",
    "Rows Removed by Join Filter",
    "Run Condition",
    "Sampling Method",
    "Sampling Parameters",
    "Scan Direction",
    "Schema",
    "Settings",
    "Shared Dirtied Blocks",
    "Shared Hit Blocks",
    "Shared I/O Read Time",
    "Shared I/O Write Time",
    "Shared Read Blocks",
    "Shared Written Blocks",
    "Single Copy",
    "Sort Key",
    "Sort Method",
    "Sort Space Type",
    "Sort Space Used",
    "Startup Cost",
    "Storage",
    "Strategy",
    "Subplan Name",
    "Subplans Removed",
    "TID Cond",
    "Table Function Name",
    "Temp I/O Read Time",
    "Temp I/O Write Time",
    "Temp Read Blocks",
    "Temp Written Blocks",
    "Time",
    "Total Cost",
    "Trigger Name",
    "Triggers",
    "Tuples Inserted",
    "Tuplestore Name",
    "WAL Buffers Full",
    "WAL Bytes",
    "WAL FPI",
    "WAL Records",
    "Worker Number",
    "Workers",
    "Workers Launched",
    "Workers Planned",
];

/// A key, borrowed when it is a known one.
pub(crate) fn key(text: &str) -> Cow<'static, str> {
    let known = KNOWN.binary_search(&text).ok().and_then(|at| KNOWN.get(at));
    known.map_or_else(|| Cow::Owned(text.to_owned()), |known| Cow::Borrowed(*known))
}

/// The key behind an XML tag: EXPLAIN turns every character that a tag may not hold into `-`.
pub(crate) fn key_of_tag(tag: &str) -> String {
    let spaced = tag.replace('-', " ");
    let exact = match spaced.as_str() {
        "One Time Filter" => "One-Time Filter",
        "Full sort Groups" => "Full-sort Groups",
        "Pre sorted Groups" => "Pre-sorted Groups",
        _ => return spaced.replace("I O ", "I/O ").replace("I Os ", "I/Os "),
    };
    exact.to_owned()
}

impl Node {
    /// Puts a printed value where it belongs; what has no place of its own is kept as a property.
    pub(crate) fn set(&mut self, name: &str, value: Value, line: usize) {
        self.lines.1 = self.lines.1.max(line);
        let place = match name {
            "Node Type" => return self.kind = value.text().into_owned(),
            "Parent Relationship" => &mut self.relationship,
            "Subplan Name" => &mut self.subplan,
            "Schema" => &mut self.schema,
            "Relation Name" => &mut self.relation,
            "Alias" => &mut self.alias,
            "Index Name" => &mut self.index,
            _ => {
                if !set_cost(&mut self.cost, name, &value)
                    && !set_actual(&mut self.actual, name, &value)
                {
                    self.props.push(Prop { key: key(name), value, line });
                }
                return;
            }
        };
        if place.is_none() {
            *place = Some(value.text().into_owned());
        } else {
            self.props.push(Prop { key: key(name), value, line });
        }
    }
}

impl Worker {
    pub(crate) fn set(&mut self, name: &str, value: Value, line: usize) {
        match (name, value.number()) {
            ("Worker Number", Some(number)) => self.number = number as u32,
            _ if set_actual(&mut self.actual, name, &value) => {}
            _ => self.props.push(Prop { key: key(name), value, line }),
        }
    }
}

fn set_cost(cost: &mut Option<Cost>, name: &str, value: &Value) -> bool {
    let Some(number) = value.number() else { return false };
    let mut next = cost.unwrap_or_default();
    match name {
        "Startup Cost" => next.startup = number,
        "Total Cost" => next.total = number,
        "Plan Rows" => next.rows = number,
        "Plan Width" => next.width = number,
        _ => return false,
    }
    *cost = Some(next);
    true
}

fn set_actual(actual: &mut Option<Actual>, name: &str, value: &Value) -> bool {
    let Some(number) = value.number() else { return false };
    let mut next = actual.unwrap_or_default();
    match name {
        "Actual Startup Time" => next.startup_ms = Some(number),
        "Actual Total Time" => next.total_ms = Some(number),
        "Actual Rows" => {
            next.rows = number;
            next.fractional_rows = matches!(value, Value::One(text) if text.contains('.'));
        }
        "Actual Loops" => next.loops = number,
        _ => return false,
    }
    *actual = Some(next);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_keys_are_in_order() {
        assert!(KNOWN.is_sorted());
        assert!(matches!(key("Sort Key"), Cow::Borrowed(_)));
    }

    #[test]
    fn tags_become_keys() {
        assert_eq!(key_of_tag("Shared-I-O-Read-Time"), "Shared I/O Read Time");
        assert_eq!(key_of_tag("One-Time-Filter"), "One-Time Filter");
    }
}
