//! Parses the summary of FORMAT TEXT (planning, JIT, triggers, settings) into the keys of EXPLAIN's
//! JSON.

use super::property;
use crate::keys::key;
use crate::node::{Plan, Prop, Trigger, Value};

/// Keys that are about the whole plan wherever they are printed.
const KEYS: &[&str] = &[
    "Execution Time",
    "Execution time",
    "JIT",
    "Planning",
    "Planning Time",
    "Planning time",
    "Query Identifier",
    "Query Parameters",
    "Serialization",
    "Settings",
    "Total runtime",
];

/// Whether a key is about the whole plan.
pub(super) fn is_key(name: &str) -> bool {
    KEYS.contains(&name) || name.starts_with("JIT for worker ") || is_trigger(name)
}

/// Whether a key stands under a heading, and never in its column.
pub(super) fn holds(section: &str, name: &str) -> bool {
    match section {
        "Planning" | "Serialization" => matches!(name, "Buffers" | "I/O Timings" | "Memory"),
        _ => section.starts_with("JIT") && matches!(name, "Functions" | "Options" | "Timing"),
    }
}

fn is_trigger(name: &str) -> bool {
    name.starts_with("Trigger ")
}

/// Puts a line about the whole plan into it; `section` is the heading it stands under.
pub(super) fn read(section: Option<&str>, name: &str, rest: &str, line: usize, plan: &mut Plan) {
    let mut put = |name: &str, value: String| {
        let full = section.map_or_else(|| name.to_owned(), |section| format!("{section}/{name}"));
        plan.props.push(Prop { key: key(&full), value: Value::One(value), line });
    };
    let ms = || rest.trim_end_matches("ms").trim().replace(',', ".");
    match (section, name) {
        (Some("JIT"), "Options") => {
            for (name, value) in rest.split(", ").filter_map(|option| option.split_once(' ')) {
                put(&format!("Options/{name}"), value.to_owned());
            }
        }
        (Some("JIT"), "Timing") => jit_timing(rest, &mut put),
        (Some(_), _) => property::read(name, rest, "", &mut put),
        (None, "Planning Time" | "Planning time") => put("Planning Time", ms()),
        (None, "Execution Time" | "Execution time" | "Total runtime") => {
            put("Execution Time", ms())
        }
        (None, "Serialization") => {
            property::put_after(rest, "time=", "Serialization/Time", &mut put);
            property::put_after(rest, "output=", "Serialization/Output Volume", &mut put);
            if let Some((_, format)) = rest.split_once("format=") {
                put("Serialization/Format", format.to_owned());
            }
        }
        (None, "Settings") => settings(rest, &mut put),
        (None, name) if is_trigger(name) => plan.triggers.push(trigger(name, rest, line)),
        (None, name) => put(name, rest.to_owned()),
    }
}

/// `Generation 0.340 ms (Deform 0.1 ms), Inlining 0.000 ms, Total 2.414 ms`.
fn jit_timing(rest: &str, put: &mut dyn FnMut(&str, String)) {
    for part in rest.split(", ") {
        let (outer, deform) = part.split_once(" (").unwrap_or((part, ""));
        let value =
            |text: &str| text.trim_end_matches(')').trim_end_matches("ms").trim().to_owned();
        let Some((name, ms)) = outer.split_once(' ') else { continue };
        if let Some((_, deform)) = deform.split_once(' ') {
            put(&format!("Timing/{name}/Deform"), value(deform));
            put(&format!("Timing/{name}/Total"), value(ms));
        } else {
            put(&format!("Timing/{name}"), value(ms));
        }
    }
}

/// `work_mem = '4MB', search_path = 'a, b'`.
fn settings(rest: &str, put: &mut dyn FnMut(&str, String)) {
    let mut rest = rest;
    while let Some((name, behind)) = rest.split_once(" = '") {
        let mut value = String::new();
        let mut chars = behind.char_indices().peekable();
        let mut end = behind.len();
        while let Some((at, c)) = chars.next() {
            if c == '\'' && chars.next_if(|(_, next)| *next == '\'').is_none() {
                end = at;
                break;
            }
            value.push(c);
        }
        put(&format!("Settings/{}", name.trim_start_matches([',', ' '])), value);
        rest = behind.get(end.saturating_add(1)..).unwrap_or_default();
    }
    let rest = rest.trim_matches([',', ' ']);
    if !rest.is_empty() {
        put("Settings", rest.to_owned());
    }
}

/// `Trigger note on orders: time=0.9 calls=20`, `Trigger for constraint c: calls=1`.
fn trigger(name: &str, rest: &str, line: usize) -> Trigger {
    let mut trigger = Trigger::default();
    let mut put = |name: &str, value: String| {
        trigger.props.push(Prop { key: key(name), value: Value::One(value), line });
    };
    let title = name.strip_prefix("Trigger ").unwrap_or(name);
    let (title, relation) = title.rsplit_once(" on ").map_or((title, None), |(t, r)| (t, Some(r)));
    let (title, constraint) = match title.strip_prefix("for constraint ") {
        Some(constraint) => ("", Some(constraint)),
        None => title.split_once(" for constraint ").map_or((title, None), |(t, c)| (t, Some(c))),
    };
    if !title.is_empty() {
        put("Trigger Name", title.to_owned());
    }
    if let Some(constraint) = constraint {
        put("Constraint Name", constraint.to_owned());
    }
    if let Some(relation) = relation {
        put("Relation", relation.to_owned());
    }
    property::put_after(rest, "time=", "Time", &mut put);
    property::put_after(rest, "calls=", "Calls", &mut put);
    trigger
}
