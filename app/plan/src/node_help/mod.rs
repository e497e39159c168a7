//! Help per plan node type: what it does, when it is the right choice and when it is slow.

mod joins;
mod scans;

use crate::node::Node;

/// The help on one node type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeHelp {
    /// `Node Type`, as in EXPLAIN's JSON.
    pub kind: &'static str,
    /// What it does.
    pub does: &'static str,
    /// When it is the right choice.
    pub good: &'static str,
    /// When it hurts, and what to look at.
    pub hurts: &'static str,
    /// The chapter of the manual.
    pub docs: &'static str,
}

/// The manual's chapter on reading plans.
const USING_EXPLAIN: &str = "https://www.postgresql.org/docs/current/using-explain.html";
/// The manual's chapter on the executor.
const EXECUTOR: &str = "https://www.postgresql.org/docs/current/executor.html";
/// The manual's chapter on parallel plans.
const PARALLEL: &str = "https://www.postgresql.org/docs/current/parallel-plans.html";
/// The manual's chapter on memory.
const MEMORY: &str =
    "https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-WORK-MEM";

/// The help on a node; `None` for a kind that PostgreSQL 9.6 to 18 do not have.
pub fn help(node: &Node) -> Option<&'static NodeHelp> {
    all().find(|help| help.kind == node.kind)
}

/// The help on all node types.
pub fn all() -> impl Iterator<Item = &'static NodeHelp> {
    scans::SCANS.iter().chain(joins::JOINS).chain(OTHERS)
}

const OTHERS: &[NodeHelp] = &[
    NodeHelp {
        kind: "Sort",
        does: "Reads all rows from below and sorts them by the key before it returns the first one.",
        good: "There are few rows, or they fit into work_mem; under a Limit only the first ones are kept (top-N).",
        hurts: "The rows do not fit into work_mem and spill to temporary files (external merge); an index in this order would avoid the sort.",
        docs: MEMORY,
    },
    NodeHelp {
        kind: "Incremental Sort",
        does: "Its input is already ordered by the first columns of the key; it sorts each group of equal rows by the remaining columns.",
        good: "Groups are small, or a Limit above needs only the first rows.",
        hurts: "One group has most of the rows: then it is a full sort with extra work.",
        docs: "https://www.postgresql.org/docs/current/runtime-config-query.html#GUC-ENABLE-INCREMENTAL-SORT",
    },
    NodeHelp {
        kind: "Aggregate",
        does: "Computes sums, counts and other aggregates over all rows or per group, from sorted input (GroupAggregate) or with a hash table of groups (HashAggregate).",
        good: "An index delivers sorted input, or the groups fit into memory.",
        hurts: "There are more groups than estimated, so that the hash table spills to disk in batches; or the sort below costs more than the grouping.",
        docs: "https://www.postgresql.org/docs/current/tutorial-agg.html",
    },
    NodeHelp {
        kind: "Group",
        does: "Keeps one row of each group of its sorted input: GROUP BY without aggregates.",
        good: "The order comes from an index.",
        hurts: "The sort below it costs more than hashing would.",
        docs: "https://www.postgresql.org/docs/current/queries-table-expressions.html#QUERIES-GROUP",
    },
    NodeHelp {
        kind: "WindowAgg",
        does: "Computes window functions: a value for each row from the rows of its partition. Rows come sorted by partition and order.",
        good: "Several windows share one sort order; a Run Condition stops it early, as with row_number() <= 10.",
        hurts: "Each different window needs its own sort; frames that reach far back are recomputed again and again.",
        docs: "https://www.postgresql.org/docs/current/tutorial-window.html",
    },
    NodeHelp {
        kind: "Unique",
        does: "Removes rows equal to the previous one; its input is sorted.",
        good: "The order comes from an index.",
        hurts: "DISTINCT hides rows that a join multiplied: fix the join instead (EXISTS).",
        docs: "https://www.postgresql.org/docs/current/queries-select-lists.html#QUERIES-DISTINCT",
    },
    NodeHelp {
        kind: "SetOp",
        does: "Computes INTERSECT or EXCEPT of its inputs, by sorted groups or by a hash table.",
        good: "One of the inputs is small.",
        hurts: "Both inputs are large; EXISTS or NOT EXISTS can use an index instead.",
        docs: "https://www.postgresql.org/docs/current/queries-union.html",
    },
    NodeHelp {
        kind: "Limit",
        does: "Passes on the first rows (after OFFSET) and then stops the nodes below it.",
        good: "The rows arrive in the wanted order, so that little is read.",
        hurts: "OFFSET reads and discards all rows before it. A plan chosen to return the first rows quickly may have to read nearly everything to find them.",
        docs: "https://www.postgresql.org/docs/current/queries-limit.html",
    },
    NodeHelp {
        kind: "LockRows",
        does: "Locks each row it passes on, for SELECT … FOR UPDATE or FOR SHARE.",
        good: "Few rows, locked for a short time.",
        hurts: "It waits for other transactions, and every row lock writes to the row's page.",
        docs: "https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-ROWS",
    },
    NodeHelp {
        kind: "Append",
        does: "Returns the rows of its inputs one after the other: partitions, or the parts of UNION ALL.",
        good: "Partitions that cannot have a matching row are pruned, during planning (not shown) or at the start of execution (Subplans Removed).",
        hurts: "The condition does not name the partition key, so every partition is read.",
        docs: "https://www.postgresql.org/docs/current/ddl-partitioning.html#DDL-PARTITION-PRUNING",
    },
    NodeHelp {
        kind: "Merge Append",
        does: "Merges sorted inputs into one sorted stream.",
        good: "Each input has a suitable index and a Limit needs only the first rows.",
        hurts: "An input must be sorted first, or there are very many of them.",
        docs: "https://www.postgresql.org/docs/current/ddl-partitioning.html",
    },
    NodeHelp {
        kind: "Recursive Union",
        does: "Runs the first input once, then the second one repeatedly on the rows of the previous iteration until there are none: WITH RECURSIVE.",
        good: "Each iteration finds its rows through an index.",
        hurts: "There are many iterations, or each reads a whole table; the planner guesses the number of rows.",
        docs: "https://www.postgresql.org/docs/current/queries-with.html#QUERIES-WITH-RECURSIVE",
    },
    NodeHelp {
        kind: "Gather",
        does: "Starts parallel workers, runs the plan below it in all of them and in its own process, and collects the rows.",
        good: "Much is read and few rows are returned.",
        hurts: "Fewer workers are launched than planned; starting them costs more than they save; many rows are passed between processes.",
        docs: PARALLEL,
    },
    NodeHelp {
        kind: "Gather Merge",
        does: "Like Gather, but preserves the sort order of the workers' rows.",
        good: "The workers sort their shares, and merging a few streams is cheap.",
        hurts: "Fewer workers are launched than planned; the sort in each worker may spill.",
        docs: PARALLEL,
    },
    NodeHelp {
        kind: "Materialize",
        does: "Keeps the rows from below in memory, so that they can be read again.",
        good: "There are few rows and they are expensive to produce.",
        hurts: "They do not fit into work_mem, or the node above reads them very often, as in a join without an index.",
        docs: "https://www.postgresql.org/docs/current/runtime-config-query.html#GUC-ENABLE-MATERIAL",
    },
    NodeHelp {
        kind: "Memoize",
        does: "Caches the results of the node below by the value they were requested for, so that a repeated value needs no new search.",
        good: "Values repeat: many hits.",
        hurts: "Values hardly repeat, or results are evicted before they are asked for again.",
        docs: "https://www.postgresql.org/docs/current/runtime-config-query.html#GUC-ENABLE-MEMOIZE",
    },
    NodeHelp {
        kind: "Hash",
        does: "Builds a hash table from the rows below it, for the Hash Join above.",
        good: "The smaller side of the join, in one batch.",
        hurts: "More than one batch: both sides then go through temporary files.",
        docs: "https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-HASH-MEM-MULTIPLIER",
    },
    NodeHelp {
        kind: "Result",
        does: "Computes values without reading a table, or tests a condition once before running the nodes below it.",
        good: "Always cheap; with a false One-Time Filter nothing below it runs.",
        hurts: "Hardly ever; check the functions it calls.",
        docs: EXECUTOR,
    },
    NodeHelp {
        kind: "ProjectSet",
        does: "Computes functions that return sets in the select list, one output row for each of their rows.",
        good: "The sets are short, as with unnest() of small arrays.",
        hurts: "The sets are large: each of their rows is built and passed on.",
        docs: "https://www.postgresql.org/docs/current/xfunc-sql.html#XFUNC-SQL-FUNCTIONS-RETURNING-SET",
    },
    NodeHelp {
        kind: "ModifyTable",
        does: "Inserts, updates, deletes or merges the rows that come from below, maintains the indexes and fires triggers.",
        good: "Updates that touch no indexed column and find room on the same page (HOT) leave the indexes alone.",
        hurts: "Many indexes, triggers for each row, and foreign keys without an index on the referencing side.",
        docs: "https://www.postgresql.org/docs/current/storage-hot.html",
    },
    NodeHelp {
        kind: "Utility Statement",
        does: "A statement that is not planned, as the rewriter made it.",
        good: "There is nothing to choose.",
        hurts: "Its cost is unknown.",
        docs: USING_EXPLAIN,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_written_once_and_links_to_the_manual() {
        let mut kinds: Vec<_> = all().map(|help| help.kind).collect();
        assert_eq!(kinds.len(), 43, "42 kinds of nodes and the utility statement");
        kinds.sort_unstable();
        kinds.dedup();
        assert_eq!(kinds.len(), 43);
        for help in all() {
            for text in [help.does, help.good, help.hurts] {
                assert!(text.ends_with('.') && text.len() > 10, "{}: {text}", help.kind);
            }
            assert!(help.docs.starts_with("https://www.postgresql.org/docs/current/"));
        }
    }
}
