//! Parses property lines of FORMAT TEXT into the keys of EXPLAIN's JSON.

use super::figures::number;

/// Hands every key and value of a property line to `put`.
pub(crate) fn read(key: &str, rest: &str, kind: &str, put: &mut dyn FnMut(&str, String)) {
    match key {
        "Buffers" => buffers(rest, put),
        "I/O Timings" => timings(rest, put),
        "WAL" => {
            for (name, key) in [
                ("records=", "WAL Records"),
                ("fpi=", "WAL FPI"),
                ("bytes=", "WAL Bytes"),
                ("fpi bytes=", "WAL FPI Bytes"),
                ("full=", "WAL Buffers Full"),
            ] {
                put_after(rest, name, key, put);
            }
        }
        "Estimates" => all(&ESTIMATES, key, rest, put),
        "Prefetch" => all(&PREFETCH, key, rest, put),
        "I/O" => all(&IO, key, rest, put),
        "Heap Blocks" => {
            put_after(rest, "exact=", "Exact Heap Blocks", put);
            put_after(rest, "lossy=", "Lossy Heap Blocks", put);
        }
        "Tuples" => {
            for pair in rest.split_whitespace() {
                if let Some((name, value)) = pair.split_once('=') {
                    put(&format!("Tuples {}", capital(name)), value.to_owned());
                }
            }
        }
        "Memory" => {
            put_after(rest, "used=", "Memory Used", put);
            put_after(rest, "allocated=", "Memory Allocated", put);
        }
        "Sampling" => {
            let (method, parameters) = rest.split_once(" (").unwrap_or((rest, ""));
            put("Sampling Method", method.to_owned());
            let (parameters, seed) =
                parameters.split_once(") REPEATABLE (").unwrap_or((parameters, ""));
            put("Sampling Parameters", parameters.trim_end_matches(')').to_owned());
            if !seed.is_empty() {
                put("Repeatable Seed", seed.trim_end_matches(')').to_owned());
            }
        }
        "Full-sort Groups" | "Pre-sorted Groups" => groups(key, rest, put),
        "Sort Method" | "Buckets" | "Batches" | "Planned Partitions" | "Hits" | "Storage" => {
            let whole = format!("{key}: {rest}");
            for piece in whole.split("  ").map(str::trim).filter(|piece| !piece.is_empty()) {
                let (key, value) = piece.split_once(':').unwrap_or((piece, ""));
                pair(key.trim(), value.trim(), kind, put);
            }
        }
        // `Disabled: true` and all others: as they are.
        _ => put(key, rest.to_owned()),
    }
}

/// What Memoize expects, from PostgreSQL 19.
pub(crate) const ESTIMATES: [(&str, &str); 4] = [
    ("capacity", "Estimated Capacity"),
    ("distinct keys", "Estimated Distinct Lookup Keys"),
    ("lookups", "Estimated Lookups"),
    ("hit percent", "Estimated Hit Percent"),
];
/// The read-ahead of a scan, with the option IO of PostgreSQL 19.
pub(crate) const PREFETCH: [(&str, &str); 3] = [
    ("avg", "Average Prefetch Distance"),
    ("max", "Max Prefetch Distance"),
    ("capacity", "Prefetch Capacity"),
];
/// Its reads.
pub(crate) const IO: [(&str, &str); 4] = [
    ("count", "I/O Count"),
    ("waits", "I/O Waits"),
    ("size", "Average I/O Size"),
    ("in-progress", "Average I/Os In Progress"),
];

/// Puts the values of `name=value` pairs; a line without any of them is of another system and stays
/// as it is.
fn all(pairs: &[(&str, &str)], line: &str, rest: &str, put: &mut dyn FnMut(&str, String)) {
    let mut found = false;
    for (name, key) in pairs {
        put_after(rest, &format!("{name}="), key, &mut |key, value| {
            found = true;
            put(key, value);
        });
    }
    if !found {
        put(line, rest.to_owned());
    }
}

/// One `Key: value` of a line that holds several.
fn pair(key: &str, value: &str, kind: &str, put: &mut dyn FnMut(&str, String)) {
    let (now, original) = value.split_once(" (originally ").unwrap_or((value, ""));
    let original = original.trim_end_matches(')');
    let size = || now.trim_end_matches("kB").trim().to_owned();
    match key {
        "Buckets" => both("Hash Buckets", now, original, put),
        "Batches" if kind == "Aggregate" => put("HashAgg Batches", now.to_owned()),
        "Batches" => both("Hash Batches", now, original, put),
        "Memory Usage" => put("Peak Memory Usage", size()),
        "Memory" | "Disk" => {
            put("Sort Space Used", size());
            put("Sort Space Type", key.to_owned());
        }
        "Disk Usage" | "Maximum Storage" => put(key, size()),
        "Hits" | "Misses" | "Evictions" | "Overflows" => {
            put(&format!("Cache {key}"), now.to_owned())
        }
        _ => put(key, value.to_owned()),
    }
}

fn both(key: &str, now: &str, original: &str, put: &mut dyn FnMut(&str, String)) {
    put(key, now.to_owned());
    if !original.is_empty() {
        put(&format!("Original {key}"), original.to_owned());
    }
}

/// `shared hit=1 read=2, temp written=3`.
fn buffers(rest: &str, put: &mut dyn FnMut(&str, String)) {
    let mut pool = "Shared";
    for word in rest.split([' ', ',']).filter(|word| !word.is_empty()) {
        match (word, word.split_once('=')) {
            ("shared", _) => pool = "Shared",
            ("local", _) => pool = "Local",
            ("temp", _) => pool = "Temp",
            (_, Some((what, blocks))) => {
                put(&format!("{pool} {} Blocks", capital(what)), blocks.to_owned());
            }
            _ => put("Buffers", word.to_owned()),
        }
    }
}

/// `shared read=1.5 write=0.1, temp read=2`; one pool without a name before PostgreSQL 15.
fn timings(rest: &str, put: &mut dyn FnMut(&str, String)) {
    let mut pool = "";
    for word in rest.split([' ', ',']).filter(|word| !word.is_empty()) {
        match (word, word.split_once('=')) {
            ("shared", _) => pool = "Shared ",
            ("local", _) => pool = "Local ",
            ("temp", _) => pool = "Temp ",
            ("shared/local", _) => pool = "",
            (_, Some((what, ms))) => {
                put(&format!("{pool}I/O {} Time", capital(what)), ms.to_owned())
            }
            _ => put("I/O Timings", word.to_owned()),
        }
    }
}

/// The groups of an incremental sort.
fn groups(key: &str, rest: &str, put: &mut dyn FnMut(&str, String)) {
    let whole = format!("Group Count: {rest}");
    for piece in whole.split("  ").map(str::trim) {
        let (name, value) = piece.split_once(':').unwrap_or((piece, ""));
        let value = value.trim();
        let size = value.trim_end_matches("kB").to_owned();
        match name.split_once(' ') {
            Some(("Sort", "Method" | "Methods")) => {
                put(&format!("{key}/Sort Methods Used"), value.to_owned());
            }
            Some((which @ ("Average" | "Peak"), space)) => {
                put(&format!("{key}/Sort Space {space}/{which} Sort Space Used"), size);
            }
            _ => put(&format!("{key}/{name}"), value.to_owned()),
        }
    }
}

/// Puts the number behind `word` as printed.
pub(crate) fn put_after(text: &str, word: &str, key: &str, put: &mut dyn FnMut(&str, String)) {
    let Some((_, rest)) = text.split_once(word) else { return };
    if number(rest).is_some() {
        let digits = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        put(key, digits);
    }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
