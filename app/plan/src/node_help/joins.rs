//! Help on joins and on the nodes that combine bitmaps.

use super::{EXECUTOR, NodeHelp, USING_EXPLAIN};

pub(super) const JOINS: &[NodeHelp] = &[
    NodeHelp {
        kind: "Nested Loop",
        does: "For each row of the first input it runs the second one, usually as an index scan with that row's value.",
        good: "The first input is small and the second finds its rows by an index.",
        hurts: "The first input has many rows, most often because it was underestimated; or the second is a scan of a whole table.",
        docs: "https://www.postgresql.org/docs/current/planner-optimizer.html",
    },
    NodeHelp {
        kind: "Hash Join",
        does: "Builds a hash table of its second input, then looks each row of the first one up in it.",
        good: "Both inputs are read in full and the smaller one fits into memory.",
        hurts: "The hash table needs several batches, or few rows would have been enough: an index and a nested loop read less.",
        docs: "https://www.postgresql.org/docs/current/planner-optimizer.html",
    },
    NodeHelp {
        kind: "Merge Join",
        does: "Walks through two inputs in the same order side by side.",
        good: "Both orders come from indexes, or both inputs are too large for a hash table.",
        hurts: "The inputs must be sorted first; with many equal values it goes back and reads again.",
        docs: "https://www.postgresql.org/docs/current/planner-optimizer.html",
    },
    NodeHelp {
        kind: "BitmapAnd",
        does: "Keeps the row positions that all bitmaps below it have in common, so that several indexes serve one scan.",
        good: "Conditions on different columns that are selective together only.",
        hurts: "It runs often: one index over all the columns finds the rows at once.",
        docs: "https://www.postgresql.org/docs/current/indexes-bitmap-scans.html",
    },
    NodeHelp {
        kind: "BitmapOr",
        does: "Combines the row positions of all bitmaps below it, for OR.",
        good: "Each part of the OR has an index.",
        hurts: "One of the parts finds most of the table.",
        docs: "https://www.postgresql.org/docs/current/indexes-bitmap-scans.html",
    },
    NodeHelp {
        kind: "Custom Scan",
        does: "A node of an extension, named in brackets.",
        good: "The extension's manual says when.",
        hurts: "PostgreSQL knows only what the extension prints about it.",
        docs: "https://www.postgresql.org/docs/current/custom-scan.html",
    },
    NodeHelp {
        kind: "Foreign Scan",
        does: "Reads from another server or a file through a foreign data wrapper; Remote SQL is what the other server runs.",
        good: "Conditions, joins and sums are in the Remote SQL, so that few rows travel.",
        hurts: "Conditions are tested here: all rows are fetched first. Estimates are guesses unless use_remote_estimate is on.",
        docs: "https://www.postgresql.org/docs/current/postgres-fdw.html",
    },
    NodeHelp {
        kind: "Subquery Scan",
        does: "Passes the rows of a subquery on, and tests a condition or computes values that could not be moved into it.",
        good: "It costs next to nothing itself.",
        hurts: "Its filter drops most rows: the condition could not be pushed down, often because of LIMIT, DISTINCT, a window or a volatile function.",
        docs: EXECUTOR,
    },
    NodeHelp {
        kind: "Values Scan",
        does: "Reads the rows of a VALUES list.",
        good: "Short lists.",
        hurts: "Lists of thousands of rows are parsed and planned each time; a temporary table has statistics as well.",
        docs: "https://www.postgresql.org/docs/current/queries-values.html",
    },
    NodeHelp {
        kind: "Named Tuplestore Scan",
        does: "Reads a transition table of a trigger (REFERENCING NEW TABLE AS …).",
        good: "A statement trigger that looks at all changed rows at once.",
        hurts: "It has no index and no statistics: a join with it may need every pair.",
        docs: "https://www.postgresql.org/docs/current/sql-createtrigger.html",
    },
    NodeHelp {
        kind: "WorkTable Scan",
        does: "Reads the rows that the last round of a recursive query gave.",
        good: "Rounds are small.",
        hurts: "The planner does not know how many rows a round has, and plans each round in the same way.",
        docs: "https://www.postgresql.org/docs/current/queries-with.html#QUERIES-WITH-RECURSIVE",
    },
    NodeHelp {
        kind: "Table Function Scan",
        does: "Computes the rows of XMLTABLE or JSON_TABLE.",
        good: "One document at a time.",
        hurts: "Large documents are parsed again for each row that needs them.",
        docs: USING_EXPLAIN,
    },
];
