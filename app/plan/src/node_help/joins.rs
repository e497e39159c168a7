//! Help on joins and on the nodes that combine bitmaps.

use super::{EXECUTOR, NodeHelp, USING_EXPLAIN};

pub(super) const JOINS: &[NodeHelp] = &[
    NodeHelp {
        kind: "Nested Loop",
        does: "Runs the second input once for each row of the first, usually as an index scan with a value of that row.",
        good: "The first input is small and the second finds its rows through an index.",
        hurts: "The first input has many rows, most often because it was underestimated; or the second scans a whole table.",
        docs: "https://www.postgresql.org/docs/current/planner-optimizer.html",
    },
    NodeHelp {
        kind: "Hash Join",
        does: "Builds a hash table from its second input, then looks up each row of the first one in it.",
        good: "Both inputs are read in full and the smaller one fits into memory.",
        hurts: "The hash table needs several batches, or only a few rows are needed: then a nested loop with an index reads less.",
        docs: "https://www.postgresql.org/docs/current/planner-optimizer.html",
    },
    NodeHelp {
        kind: "Merge Join",
        does: "Walks through two sorted inputs side by side.",
        good: "Both orders come from indexes, or both inputs are too large for a hash table.",
        hurts: "The inputs must be sorted first; with many equal values it has to go back and read again.",
        docs: "https://www.postgresql.org/docs/current/planner-optimizer.html",
    },
    NodeHelp {
        kind: "BitmapAnd",
        does: "Keeps the row positions that all bitmaps below it have in common, so that one scan can use several indexes.",
        good: "Conditions on different columns that are selective only together.",
        hurts: "It runs often: then one index on all the columns is better.",
        docs: "https://www.postgresql.org/docs/current/indexes-bitmap-scans.html",
    },
    NodeHelp {
        kind: "BitmapOr",
        does: "Combines the row positions of all bitmaps below it, as for OR.",
        good: "Each part of the OR has an index.",
        hurts: "One part matches most of the table.",
        docs: "https://www.postgresql.org/docs/current/indexes-bitmap-scans.html",
    },
    NodeHelp {
        kind: "Custom Scan",
        does: "A node of an extension, named in brackets.",
        good: "See the extension's manual.",
        hurts: "PostgreSQL knows only what the extension prints about it.",
        docs: "https://www.postgresql.org/docs/current/custom-scan.html",
    },
    NodeHelp {
        kind: "Foreign Scan",
        does: "Reads from another server or a file through a foreign data wrapper. Remote SQL is what the other server runs.",
        good: "Conditions, joins and aggregates are part of the Remote SQL, so that few rows are transferred.",
        hurts: "Conditions are tested locally, after all rows were fetched. Estimates are guesses unless use_remote_estimate is on.",
        docs: "https://www.postgresql.org/docs/current/postgres-fdw.html",
    },
    NodeHelp {
        kind: "Subquery Scan",
        does: "Passes on the rows of a subquery, and applies a condition or computes values that could not be pushed down into it.",
        good: "It costs next to nothing itself.",
        hurts: "Its filter removes most rows: the condition could not be pushed down, often because of LIMIT, DISTINCT, a window function or a volatile function.",
        docs: EXECUTOR,
    },
    NodeHelp {
        kind: "Values Scan",
        does: "Reads the rows of a VALUES list.",
        good: "Short lists.",
        hurts: "Lists of thousands of rows, which are parsed and planned each time; a temporary table also has statistics.",
        docs: "https://www.postgresql.org/docs/current/queries-values.html",
    },
    NodeHelp {
        kind: "Named Tuplestore Scan",
        does: "Reads a transition table of a trigger (REFERENCING NEW TABLE AS …).",
        good: "A statement-level trigger that processes all changed rows at once.",
        hurts: "It has no index and no statistics, so that a join with it may compare every pair of rows.",
        docs: "https://www.postgresql.org/docs/current/sql-createtrigger.html",
    },
    NodeHelp {
        kind: "WorkTable Scan",
        does: "Reads the rows that the previous iteration of a recursive query returned.",
        good: "Iterations are small.",
        hurts: "The planner does not know how many rows an iteration returns, and plans all of them alike.",
        docs: "https://www.postgresql.org/docs/current/queries-with.html#QUERIES-WITH-RECURSIVE",
    },
    NodeHelp {
        kind: "Table Function Scan",
        does: "Returns the rows of XMLTABLE or JSON_TABLE.",
        good: "One document at a time.",
        hurts: "Large documents are parsed again for each row that needs them.",
        docs: USING_EXPLAIN,
    },
];
