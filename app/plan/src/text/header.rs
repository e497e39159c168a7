//! Parses the first line of a node in FORMAT TEXT into the keys of EXPLAIN's JSON.

use super::{figures, greenplum};
use crate::node::{Node, Value};

/// Names a node line may start with, behind `Parallel`, `Async`, `Partial` and `Finalize`.
const KINDS: &[&str] = &[
    "Aggregate",
    "Append",
    "Bitmap Heap Scan",
    "Bitmap Index Scan",
    "BitmapAnd",
    "BitmapOr",
    "Broadcast Motion",
    "CTE Scan",
    "Custom Scan",
    "Delete",
    "Foreign Delete",
    "Foreign Insert",
    "Foreign Scan",
    "Foreign Update",
    "Function Scan",
    "Gather",
    "Group",
    "GroupAggregate",
    "Hash",
    "HashAggregate",
    "HashSetOp",
    "Incremental Sort",
    "Index Only Scan",
    "Index Scan",
    "Insert",
    "Limit",
    "LockRows",
    "Materialize",
    "Memoize",
    "Merge",
    "MixedAggregate",
    "Named Tuplestore Scan",
    "Nested Loop",
    "ProjectSet",
    "Recursive Union",
    "Redistribute Motion",
    "Remote Subquery Scan",
    "Result",
    "Sample Scan",
    "Seq Scan",
    "SetOp",
    "Sort",
    "Subquery Scan",
    "Table Function Scan",
    "Tid Range Scan",
    "Tid Scan",
    "Unique",
    "Update",
    "Utility Statement",
    "Values Scan",
    "WindowAgg",
    "WorkTable Scan",
];

/// What may stand before the name: PostgreSQL's words, and where a node of Redshift runs.
const WORDS: [&str; 6] = ["Parallel ", "Async ", "Partial ", "Finalize ", "XN ", "LD "];

/// Whether a line without figures starts with the name of a node.
pub(crate) fn is_kind(text: &str) -> bool {
    let name = bare_name(text).0;
    KINDS.iter().any(|kind| {
        name.strip_prefix(kind).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    }) && !has_key(text)
}

/// Whether a text holds a colon and a space before any bracket and outside of quoted names.
pub(super) fn has_key(text: &str) -> bool {
    let head = text.split_once(" (").map_or(text, |(head, _)| head);
    head.split('"').step_by(2).any(|piece| piece.contains(": "))
}

/// The name without what may stand before it, and those words.
fn bare_name(text: &str) -> (&str, Vec<&'static str>) {
    let mut name = text.trim();
    let mut words = vec![];
    while let Some((word, rest)) =
        WORDS.iter().find_map(|word| name.strip_prefix(word).map(|rest| (*word, rest)))
    {
        words.push(word);
        name = rest;
    }
    (name, words)
}

/// Fills a node from its title and the figures behind it.
pub(crate) fn read(title: &str, numbers: &str, node: &mut Node) {
    node.cost = figures::cost(numbers);
    node.actual = figures::actual(numbers);
    let (mut name, words) = bare_name(title);
    let mut redshift = false;
    for word in words {
        match word {
            "Parallel " => put(node, "Parallel Aware", "true"),
            "Async " => put(node, "Async Capable", "true"),
            "XN " | "LD " => {
                redshift = true;
                put(node, "Redshift Node", if word == "XN " { "compute" } else { "leader" });
            }
            word => put(node, "Partial Mode", word.trim()),
        }
    }
    if let Some(at) = name.find(" DS_").filter(|_| redshift) {
        let (join, distribution) = name.split_at_checked(at).unwrap_or((name, ""));
        put(node, "Data Distribution", distribution.trim());
        name = join;
    }
    if greenplum::motion(name, node) || (redshift && name.trim() == "Merge") {
        if redshift {
            node.kind = "Merge".into();
        }
        return;
    }
    let (name, index, object) = parts(name);
    // Before PostgreSQL 9.0 there was no `on` here.
    let old = name.strip_prefix("Subquery Scan ").filter(|_| object.is_none());
    let (name, object) = if old.is_some() { ("Subquery Scan", old) } else { (name, object) };
    kind(name, node);
    // Greenplum's scan of partitions: `Dynamic Index Scan on orders_day on orders`.
    let dynamic = object.filter(|_| name.starts_with("Dynamic Index "));
    if let Some((index, table)) = dynamic.and_then(|object| object.split_once(" on ")) {
        node.index = Some(index.to_owned());
        return target(table, node);
    }
    node.index = index.map(|text| identifiers(text).0.into_iter().next_back().unwrap_or_default());
    if let Some(object) = object {
        target(object, node);
    }
}

/// Name, text behind `using`, text behind `on`.
fn parts(name: &str) -> (&str, Option<&str>, Option<&str>) {
    let using = name.find(" using ");
    let on = name.find(" on ");
    match (using, on) {
        (Some(using), on) if on.is_none_or(|on| using < on) => {
            let head = name.get(..using).unwrap_or_default();
            let rest = name.get(using.saturating_add(7)..).unwrap_or_default();
            let length = identifier_length(rest);
            let index = rest.get(..length);
            let object = rest.get(length..).and_then(|rest| rest.strip_prefix(" on "));
            (head, index, object)
        }
        (_, Some(on)) => {
            (name.get(..on).unwrap_or_default(), None, name.get(on.saturating_add(4)..))
        }
        _ => (name, None, None),
    }
}

/// Bytes of the identifier (quoted or not, with its schema) that a text starts with.
fn identifier_length(text: &str) -> usize {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => return at,
            _ => {}
        }
    }
    text.len()
}

/// The parts of a dotted name, without their quotes, and what follows it.
fn identifiers(text: &str) -> (Vec<String>, &str) {
    let (name, rest) = text.split_at_checked(identifier_length(text)).unwrap_or((text, ""));
    let mut parts = vec![String::new()];
    let mut quoted = false;
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        let part = match parts.last_mut() {
            Some(part) => part,
            None => break,
        };
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                part.push('"');
            }
            '"' => quoted = !quoted,
            '.' if !quoted => parts.push(String::new()),
            c => part.push(c),
        }
    }
    (parts, rest.trim())
}

/// What a node reads or writes: `public.orders o`.
pub(super) fn target(text: &str, node: &mut Node) {
    let (mut names, rest) = identifiers(text);
    let object = names.pop().unwrap_or_default();
    let schema = names.pop();
    let alias = if rest.is_empty() { object.clone() } else { identifiers(rest).0.join(".") };
    let key = match node.kind.as_str() {
        "Bitmap Index Scan" => {
            node.index = Some(object);
            return;
        }
        "Subquery Scan" | "Values Scan" => {
            node.alias = Some(object);
            return;
        }
        // Postgres-XL: where it runs, not what it reads.
        "Remote Subquery Scan" => return put(node, "Nodes", text),
        "Function Scan" => "Function Name",
        "Table Function Scan" => "Table Function Name",
        "CTE Scan" | "WorkTable Scan" => "CTE Name",
        "Named Tuplestore Scan" => "Tuplestore Name",
        _ => "Relation Name",
    };
    put(node, key, &object);
    node.schema = schema;
    node.alias = Some(alias);
}

/// `Node Type` and the keys JSON prints next to it.
fn kind(name: &str, node: &mut Node) {
    let name = name.trim();
    for verb in ["Insert", "Update", "Delete", "Merge"] {
        if name == verb {
            node.kind = "ModifyTable".into();
            return put(node, "Operation", verb);
        }
        if name.strip_prefix("Foreign ") == Some(verb) {
            node.kind = "Foreign Scan".into();
            return put(node, "Operation", verb);
        }
    }
    if let Some(strategy) = name.strip_suffix("Aggregate") {
        let strategy = match strategy {
            "Group" => "Sorted",
            "Hash" => "Hashed",
            "Mixed" => "Mixed",
            _ => "Plain",
        };
        node.kind = "Aggregate".into();
        return put(node, "Strategy", strategy);
    }
    for (prefix, strategy) in [("HashSetOp", "Hashed"), ("SetOp", "Sorted")] {
        if let Some(command) = name.strip_prefix(prefix) {
            node.kind = "SetOp".into();
            put(node, "Strategy", strategy);
            return put(node, "Command", command.trim());
        }
    }
    for (prefix, kind) in
        [("Nested Loop", "Nested Loop"), ("Hash", "Hash Join"), ("Merge", "Merge Join")]
    {
        let Some(rest) = name.strip_prefix(prefix) else { continue };
        let join = rest
            .strip_suffix(" Join")
            .or((rest.is_empty() && prefix == "Nested Loop").then_some(""));
        if let Some(join) = join {
            node.kind = kind.into();
            return put(node, "Join Type", if join.is_empty() { "Inner" } else { join.trim() });
        }
    }
    if let Some(rest) = name.strip_prefix("Custom Scan (") {
        node.kind = "Custom Scan".into();
        return put(node, "Custom Plan Provider", rest.trim_end_matches(')'));
    }
    if let Some(name) = name.strip_prefix("Distributed Subplan ") {
        node.kind = "Distributed Subplan".into();
        return put(node, "Subplan", name);
    }
    let forward = name.strip_suffix(" Backward");
    node.kind = forward.unwrap_or(name).to_owned();
    if forward.is_some() {
        put(node, "Scan Direction", "Backward");
    }
}

/// A property that the node's own line says.
fn put(node: &mut Node, key: &str, value: &str) {
    node.set(key, Value::One(value.to_owned()), node.lines.0);
}
