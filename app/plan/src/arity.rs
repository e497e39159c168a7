//! How many inputs each kind of node has, subplans aside.

/// As many as there are.
pub(crate) const MANY: usize = usize::MAX;

/// The least and the most inputs of a kind; `None` for one that is not known.
pub(crate) fn inputs(kind: &str) -> Option<(usize, usize)> {
    Some(match kind {
        "Nested Loop"
        | "Hash Join"
        | "Merge Join"
        | "Recursive Union"
        | "YB Batched Nested Loop Join" => (2, 2),
        "BitmapAnd" | "BitmapOr" => (2, MANY),
        "Sort"
        | "Incremental Sort"
        | "Hash"
        | "Limit"
        | "Gather"
        | "Gather Merge"
        | "Materialize"
        | "Memoize"
        | "Unique"
        | "WindowAgg"
        | "LockRows"
        | "Subquery Scan"
        | "Bitmap Heap Scan"
        | "Aggregate"
        | "Group"
        | "ProjectSet"
        | "Gather Motion"
        | "Redistribute Motion"
        | "Broadcast Motion" => (1, 1),
        // Two from PostgreSQL 18, one before.
        "SetOp" => (1, 2),
        // One for each target table before PostgreSQL 14.
        "ModifyTable" => (0, MANY),
        // None where all were pruned.
        "Append" | "Merge Append" => (0, MANY),
        "Result" => (0, 1),
        "Seq Scan"
        | "Sample Scan"
        | "Index Scan"
        | "Index Only Scan"
        | "Bitmap Index Scan"
        | "Tid Scan"
        | "Tid Range Scan"
        | "Function Scan"
        | "Table Function Scan"
        | "Values Scan"
        | "CTE Scan"
        | "WorkTable Scan"
        | "Named Tuplestore Scan" => (0, 0),
        _ => return None,
    })
}

/// How many inputs a kind has at least.
pub(crate) fn least(kind: &str) -> usize {
    inputs(kind).map_or(0, |(least, _)| least)
}

/// Whether a kind yields a bitmap, which only a few others can read.
pub(crate) fn is_bitmap(kind: &str) -> bool {
    matches!(kind, "Bitmap Index Scan" | "BitmapAnd" | "BitmapOr")
}

/// Whether an input can stand below a node that has so many already.
pub(crate) fn fits(parent: &str, have: usize, child: &str) -> bool {
    if is_bitmap(child) {
        return matches!(parent, "Bitmap Heap Scan" | "BitmapAnd" | "BitmapOr");
    }
    if matches!(parent, "Bitmap Heap Scan" | "BitmapAnd" | "BitmapOr") {
        return false;
    }
    if parent == "Hash Join" {
        return (child == "Hash") == (have == 1);
    }
    child != "Hash"
}
