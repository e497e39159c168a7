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
        does: "Reads all rows from below, sorts them by the key, and only then gives the first one.",
        good: "The rows are few, or fit into work_mem; under a Limit it keeps only the first ones (top-N).",
        hurts: "The rows do not fit into work_mem and go through temporary files (external merge); an index in this order would avoid the sort.",
        docs: MEMORY,
    },
    NodeHelp {
        kind: "Incremental Sort",
        does: "Gets rows that are ordered by the first columns of the key already, and sorts each group of equal ones by the rest.",
        good: "Groups are small, or a Limit above needs only the first rows.",
        hurts: "One group holds most of the rows: then it is a full sort with extra work.",
        docs: "https://www.postgresql.org/docs/current/runtime-config-query.html#GUC-ENABLE-INCREMENTAL-SORT",
    },
    NodeHelp {
        kind: "Aggregate",
        does: "Computes sums, counts and the like over all rows or per group: in order of the groups (GroupAggregate), or with a hash table of groups (HashAggregate).",
        good: "Sorted input comes free from an index, or the groups fit into memory.",
        hurts: "More groups than were estimated: a hash table that does not fit goes to disk in batches; a sort beneath may cost more than the grouping.",
        docs: "https://www.postgresql.org/docs/current/tutorial-agg.html",
    },
    NodeHelp {
        kind: "Group",
        does: "Keeps one row of each group of rows that come in order; GROUP BY without aggregates.",
        good: "The order comes from an index.",
        hurts: "The sort beneath it costs more than hashing would.",
        docs: "https://www.postgresql.org/docs/current/queries-table-expressions.html#QUERIES-GROUP",
    },
    NodeHelp {
        kind: "WindowAgg",
        does: "Computes window functions: a value for each row from the rows of its partition. Rows come sorted by partition and order.",
        good: "Several windows share one order; a Run Condition stops it early, as for row_number() <= 10.",
        hurts: "Each different window needs its own sort; frames that reach far back are computed again and again.",
        docs: "https://www.postgresql.org/docs/current/tutorial-window.html",
    },
    NodeHelp {
        kind: "Unique",
        does: "Drops rows equal to the one before; its input is sorted.",
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
        does: "Passes on the first rows (after OFFSET) and then stops what is below it.",
        good: "The rows come in the wanted order, so that little is read.",
        hurts: "OFFSET reads and discards all rows before it; and a plan chosen to give the first row soon may have to read nearly everything to find it.",
        docs: "https://www.postgresql.org/docs/current/queries-limit.html",
    },
    NodeHelp {
        kind: "LockRows",
        does: "Locks each row it passes on, for SELECT … FOR UPDATE or FOR SHARE.",
        good: "Few rows, locked for a short time.",
        hurts: "It waits for other transactions; every lock writes to the row's page.",
        docs: "https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-ROWS",
    },
    NodeHelp {
        kind: "Append",
        does: "Gives the rows of all its inputs one after the other: partitions, or the parts of UNION ALL.",
        good: "Partitions that cannot hold a row are left out, at planning (not shown) or at the start (Subplans Removed).",
        hurts: "The condition does not name the partition key, so every partition is read.",
        docs: "https://www.postgresql.org/docs/current/ddl-partitioning.html#DDL-PARTITION-PRUNING",
    },
    NodeHelp {
        kind: "Merge Append",
        does: "Merges inputs that are each in order into one ordered stream.",
        good: "Each input has a fitting index and a Limit needs only the first rows.",
        hurts: "An input must be sorted first, or there are very many of them.",
        docs: "https://www.postgresql.org/docs/current/ddl-partitioning.html",
    },
    NodeHelp {
        kind: "Recursive Union",
        does: "Runs the first input once and the second again and again with the rows it gave the last time, until there are none: WITH RECURSIVE.",
        good: "Each round finds its rows by an index.",
        hurts: "Many rounds, or rounds that read a whole table; the planner guesses the number of rows.",
        docs: "https://www.postgresql.org/docs/current/queries-with.html#QUERIES-WITH-RECURSIVE",
    },
    NodeHelp {
        kind: "Gather",
        does: "Starts parallel workers, runs the plan beneath it in all of them and in itself, and collects their rows.",
        good: "Much is read and few rows come back.",
        hurts: "Fewer workers are launched than planned; starting them costs more than they save; many rows pass between processes.",
        docs: PARALLEL,
    },
    NodeHelp {
        kind: "Gather Merge",
        does: "Like Gather, but preserves the sort order of the workers' rows.",
        good: "Workers sort their share, and a merge of few streams is cheap.",
        hurts: "Fewer workers are launched than planned; the sort in each worker may spill.",
        docs: PARALLEL,
    },
    NodeHelp {
        kind: "Materialize",
        does: "Keeps the rows from below in memory, so that they can be read again.",
        good: "The rows are few and cost much to produce.",
        hurts: "They do not fit into work_mem, or the node above reads them very often: that is a join without an index.",
        docs: "https://www.postgresql.org/docs/current/runtime-config-query.html#GUC-ENABLE-MATERIAL",
    },
    NodeHelp {
        kind: "Memoize",
        does: "Caches results of the node below by the value they were requested for, so that a repeated value needs no new search.",
        good: "Values repeat: many hits.",
        hurts: "Values hardly repeat, or results are evicted before they are asked for again.",
        docs: "https://www.postgresql.org/docs/current/runtime-config-query.html#GUC-ENABLE-MEMOIZE",
    },
    NodeHelp {
        kind: "Hash",
        does: "Builds a hash table of the rows beneath it for the Hash Join above.",
        good: "The smaller side of the join, in one batch.",
        hurts: "More than one batch: both sides then go through temporary files.",
        docs: "https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-HASH-MEM-MULTIPLIER",
    },
    NodeHelp {
        kind: "Result",
        does: "Computes values without reading a relation, or tests a condition once before what is beneath it.",
        good: "Always cheap; with a false One-Time Filter nothing beneath it runs.",
        hurts: "Hardly ever; look at the functions it calls.",
        docs: EXECUTOR,
    },
    NodeHelp {
        kind: "ProjectSet",
        does: "Computes functions that return sets in the select list, one output row for each of their rows.",
        good: "As with unnest() or generate_series() of short sets.",
        hurts: "Sets are large: every one of their rows is built and passed on.",
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
        hurts: "Nothing is known about its cost.",
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
