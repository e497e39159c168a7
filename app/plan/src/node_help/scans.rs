//! Help on scans of relations, indexes, functions and CTEs.

use super::NodeHelp;

pub(super) const SCANS: &[NodeHelp] = &[
    NodeHelp {
        kind: "Seq Scan",
        does: "Reads the whole table from its first block to its last and tests every row.",
        good: "The table is small, or a large part of its rows is wanted.",
        hurts: "The filter discards most rows: an index on its columns would read only the rows that are kept.",
        docs: "https://www.postgresql.org/docs/current/indexes-intro.html",
    },
    NodeHelp {
        kind: "Sample Scan",
        does: "Reads a random part of the table: TABLESAMPLE.",
        good: "SYSTEM reads whole blocks and only few of them.",
        hurts: "BERNOULLI reads every block, however small the sample is.",
        docs: "https://www.postgresql.org/docs/current/sql-select.html#SQL-FROM",
    },
    NodeHelp {
        kind: "Index Scan",
        does: "Finds rows through an index, in its order, and fetches each from the table.",
        good: "Few rows are wanted, or rows in this order.",
        hurts: "Many rows are fetched from all over the table, or a filter removes most of what the index found.",
        docs: "https://www.postgresql.org/docs/current/indexes-multicolumn.html",
    },
    NodeHelp {
        kind: "Index Only Scan",
        does: "Answers from the index alone; only rows on pages that are not marked all-visible are looked up in the table (Heap Fetches).",
        good: "The index has all columns that are needed, and the table has been vacuumed recently.",
        hurts: "Many heap fetches: VACUUM has not marked the pages yet.",
        docs: "https://www.postgresql.org/docs/current/indexes-index-only-scans.html",
    },
    NodeHelp {
        kind: "Bitmap Index Scan",
        does: "Collects the positions of all matching rows from an index, as a bitmap in table order.",
        good: "There are too many rows for a plain index scan and too few to read the whole table.",
        hurts: "The bitmap does not fit into work_mem and keeps only block numbers (lossy).",
        docs: "https://www.postgresql.org/docs/current/indexes-bitmap-scans.html",
    },
    NodeHelp {
        kind: "Bitmap Heap Scan",
        does: "Fetches the blocks of the bitmap in the table's order, each once, and takes the rows from them.",
        good: "The rows are stored close together, or several indexes are combined.",
        hurts: "Lossy blocks: every row on them is tested again (Rows Removed by Index Recheck).",
        docs: "https://www.postgresql.org/docs/current/indexes-bitmap-scans.html",
    },
    NodeHelp {
        kind: "Tid Scan",
        does: "Fetches rows by their position in the table (ctid).",
        good: "The fastest way to a row whose position is known.",
        hurts: "A row's position changes with each update.",
        docs: "https://www.postgresql.org/docs/current/ddl-system-columns.html",
    },
    NodeHelp {
        kind: "Tid Range Scan",
        does: "Reads the blocks between two positions in the table (ctid).",
        good: "A large table is processed piece by piece.",
        hurts: "Rows move when they are updated, so that a piece may miss or repeat some.",
        docs: "https://www.postgresql.org/docs/current/ddl-system-columns.html",
    },
    NodeHelp {
        kind: "Function Scan",
        does: "Runs a set-returning function, and collects all its rows before it returns the first one.",
        good: "The function returns few rows.",
        hurts: "The planner knows nothing about the rows (it assumes 1,000 unless the function says ROWS), and many rows spill to disk.",
        docs: "https://www.postgresql.org/docs/current/xfunc-optimization.html",
    },
    NodeHelp {
        kind: "CTE Scan",
        does: "Reads the result of a WITH query, which runs once and is stored.",
        good: "The result is used several times and is expensive to compute.",
        hurts: "Outer conditions are not pushed down into it, so that it computes rows that are then discarded. NOT MATERIALIZED lifts this.",
        docs: "https://www.postgresql.org/docs/current/queries-with.html#QUERIES-WITH-CTE-MATERIALIZATION",
    },
];
