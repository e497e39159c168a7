//! Property lines of FORMAT TEXT, several of which combine keys of JSON.

use super::{TARGETS, find, path};
use crate::node::{Prop, Value};
use crate::text::property;

/// Keys that the line of the node itself says.
const IN_TITLE: [&str; 14] = [
    "Async Capable",
    "CTE Name",
    "Command",
    "Custom Plan Provider",
    "Function Name",
    "Join Type",
    "Operation",
    "Parallel Aware",
    "Partial Mode",
    "Scan Direction",
    "Strategy",
    "Table Function Name",
    "Tuplestore Name",
    "Parent Relationship",
];

/// The lines of some properties, in their order; a line of several keys stands where the first is.
pub(super) fn lines(props: &[Prop], kind: &str) -> Vec<String> {
    let mut lines: Vec<String> = vec![];
    let mut done: Vec<&str> = vec![];
    let own =
        |prop: &&Prop| !IN_TITLE.contains(&prop.key.as_ref()) && !prop.key.starts_with(TARGETS);
    for prop in props.iter().filter(own) {
        let Some((group, line)) = several(&prop.key, props, kind) else {
            lines.extend(single(prop));
            continue;
        };
        if !done.contains(&group) {
            done.push(group);
            lines.extend(line.filter(|line| !line.is_empty()).map(|line| format!("{group}{line}")));
        }
    }
    lines
}

/// A line of one key; none for a flag that is off or rows that were not removed.
fn single(prop: &Prop) -> Vec<String> {
    let key = &prop.key;
    if let (Value::List(items), true) = (&prop.value, key.contains("Grouping Sets")) {
        let name = path(key).last().copied().unwrap_or_default().trim_end_matches('s').to_owned();
        return items.iter().map(|item| format!("{name}: {item}")).collect();
    }
    let text = prop.value.text();
    let off = text == "false" || (text == "0" && key.starts_with("Rows Removed by"));
    if off { vec![] } else { vec![format!("{key}: {text}")] }
}

/// For a key that shares its line: what the line starts with, and the rest of it.
fn several(key: &str, props: &[Prop], kind: &str) -> Option<(&'static str, Option<String>)> {
    let get = |key: &str| find(props, key);
    let size = |label: &str, key: &str| get(key).map(|kb| format!("{label}{kb}kB"));
    let original = |key: &str| {
        let now = get(key)?;
        let was = get(&format!("Original {key}")).map(|was| format!(" (originally {was})"));
        Some(format!("{now}{}", was.unwrap_or_default()))
    };
    Some(match key {
        _ if key.ends_with(" Blocks") && pool(key).is_some() => ("Buffers: ", Some(buffers(props))),
        _ if key.ends_with("I/O Read Time") || key.ends_with("I/O Write Time") => {
            ("I/O Timings: ", Some(timings(props)))
        }
        "WAL Records" | "WAL FPI" | "WAL Bytes" | "WAL FPI Bytes" | "WAL Buffers Full" => {
            let keys = [
                ("records", "WAL Records"),
                ("fpi", "WAL FPI"),
                ("bytes", "WAL Bytes"),
                ("fpi bytes", "WAL FPI Bytes"),
                ("buffers full", "WAL Buffers Full"),
            ];
            ("WAL: ", Some(pairs(props, &keys, " ")))
        }
        _ if holds(&property::ESTIMATES, key) => {
            let line = pairs(props, &property::ESTIMATES, " ");
            ("Estimates: ", Some(if line.is_empty() { line } else { line + "%" }))
        }
        _ if holds(&property::PREFETCH, key) => {
            ("Prefetch: ", Some(pairs(props, &property::PREFETCH, " ")))
        }
        _ if holds(&property::IO, key) => ("I/O: ", Some(pairs(props, &property::IO, " "))),
        "Exact Heap Blocks" | "Lossy Heap Blocks" => {
            let keys = [("exact", "Exact Heap Blocks"), ("lossy", "Lossy Heap Blocks")];
            ("Heap Blocks: ", Some(pairs(props, &keys, " ")))
        }
        "Memory Used" | "Memory Allocated" => {
            let used = get("Memory Used").map(|kb| format!("used={kb}kB"));
            let allocated = get("Memory Allocated").map(|kb| format!("allocated={kb}kB"));
            ("Memory: ", Some(join([used, allocated])))
        }
        "Sort Method" | "Sort Space Used" | "Sort Space Type" => {
            let space = get("Sort Space Type").zip(get("Sort Space Used"));
            let space = space.map(|(place, kb)| format!("{place}: {kb}kB"));
            ("Sort Method: ", Some(join([get("Sort Method"), space])))
        }
        "Hash Buckets" | "Original Hash Buckets" | "Hash Batches" | "Original Hash Batches" => {
            let batches = original("Hash Batches").map(|batches| format!("Batches: {batches}"));
            let memory = size("Memory Usage: ", "Peak Memory Usage");
            ("Buckets: ", Some(join([original("Hash Buckets"), batches, memory])))
        }
        "Peak Memory Usage" if kind == "Hash" => ("Buckets: ", None),
        "Planned Partitions" | "HashAgg Batches" | "Disk Usage" | "Peak Memory Usage"
            if kind == "Aggregate" =>
        {
            let planned = get("Planned Partitions").filter(|planned| planned != "0");
            let planned = planned.map(|planned| format!("Planned Partitions: {planned}"));
            let batches = get("HashAgg Batches").map(|batches| format!("Batches: {batches}"));
            let memory = size("Memory Usage: ", "Peak Memory Usage");
            let disk = size("Disk Usage: ", "Disk Usage").filter(|disk| disk != "Disk Usage: 0kB");
            ("", Some(join([planned, batches, memory, disk])))
        }
        "Cache Hits" | "Cache Misses" | "Cache Evictions" | "Cache Overflows" => cache(props),
        "Peak Memory Usage" if kind == "Memoize" => cache(props),
        "Storage" | "Maximum Storage" => (
            "Storage: ",
            Some(join([get("Storage"), size("Maximum Storage: ", "Maximum Storage")])),
        ),
        "Sampling Method" | "Sampling Parameters" | "Repeatable Seed" => {
            let seed = get("Repeatable Seed").map(|seed| format!(" REPEATABLE ({seed})"));
            let method = get("Sampling Method").unwrap_or_default();
            let own = get("Sampling Parameters").unwrap_or_default();
            ("Sampling: ", Some(format!("{method} ({own}){}", seed.unwrap_or_default())))
        }
        _ if key.starts_with("Full-sort Groups/") => {
            groups("Full-sort Groups", "Full-sort Groups: ", props)
        }
        _ if key.starts_with("Pre-sorted Groups/") => {
            groups("Pre-sorted Groups", "Pre-sorted Groups: ", props)
        }
        _ => return None,
    })
}

fn holds(keys: &[(&str, &str)], key: &str) -> bool {
    keys.iter().any(|(_, known)| *known == key)
}

/// Pieces divided by two spaces.
fn join(pieces: impl IntoIterator<Item = Option<String>>) -> String {
    pieces.into_iter().flatten().collect::<Vec<_>>().join("  ")
}

/// `hit=1 read=2`, zeros left out.
fn pairs(props: &[Prop], keys: &[(&str, &str)], divider: &str) -> String {
    let pair = |(name, key): &(&str, &str)| {
        let value = find(props, key).filter(|value| value.parse() != Ok(0.0))?;
        Some(format!("{name}={value}"))
    };
    keys.iter().filter_map(pair).collect::<Vec<_>>().join(divider)
}

fn pool(key: &str) -> Option<&'static str> {
    ["Shared", "Local", "Temp"]
        .into_iter()
        .find(|pool| key.strip_prefix(pool).is_some_and(|rest| rest.starts_with(' ')))
}

/// `shared hit=1 read=2, temp written=3`.
fn buffers(props: &[Prop]) -> String {
    let one = |pool: &str| {
        let keys = ["Hit", "Read", "Dirtied", "Written"]
            .map(|what| (what.to_lowercase(), format!("{pool} {what} Blocks")));
        let keys: Vec<(&str, &str)> =
            keys.iter().map(|(name, key)| (name.as_str(), key.as_str())).collect();
        Some(pairs(props, &keys, " "))
            .filter(|own| !own.is_empty())
            .map(|own| format!("{} {own}", pool.to_lowercase()))
    };
    ["Shared", "Local", "Temp"].into_iter().filter_map(one).collect::<Vec<_>>().join(", ")
}

/// `shared read=1.5 write=0.1, temp read=2`; without a name before PostgreSQL 15.
fn timings(props: &[Prop]) -> String {
    let one = |pool: &str| {
        let (read, write) = (format!("{pool}I/O Read Time"), format!("{pool}I/O Write Time"));
        let own = pairs(props, &[("read", &read), ("write", &write)], " ");
        let name = pool.trim().to_lowercase();
        (!own.is_empty()).then(|| format!("{name} {own}").trim().to_owned())
    };
    ["", "Shared ", "Local ", "Temp "].into_iter().filter_map(one).collect::<Vec<_>>().join(", ")
}

/// `Hits: 1  Misses: 2 …` of Memoize.
fn cache(props: &[Prop]) -> (&'static str, Option<String>) {
    let count =
        |name: &str| find(props, &format!("Cache {name}")).map(|count| format!("{name}: {count}"));
    let memory = find(props, "Peak Memory Usage").map(|kb| format!("Memory Usage: {kb}kB"));
    (
        "",
        Some(join([
            count("Hits"),
            count("Misses"),
            count("Evictions"),
            count("Overflows"),
            memory,
        ])),
    )
}

/// The groups of an incremental sort.
fn groups(key: &str, start: &'static str, props: &[Prop]) -> (&'static str, Option<String>) {
    let get = |name: &str| find(props, &format!("{key}/{name}"));
    let methods = get("Sort Methods Used");
    let many = methods.as_ref().is_some_and(|methods| methods.contains(','));
    let methods = methods.map(|used| format!("Sort Method{}: {used}", if many { "s" } else { "" }));
    let space = |space: &str, which: &str| {
        let kb = get(&format!("Sort Space {space}/{which} Sort Space Used"))?;
        Some(format!("{which} {space}: {kb}kB"))
    };
    let pieces = [
        get("Group Count"),
        methods,
        space("Memory", "Average"),
        space("Memory", "Peak"),
        space("Disk", "Average"),
        space("Disk", "Peak"),
    ];
    (start, Some(join(pieces)))
}
