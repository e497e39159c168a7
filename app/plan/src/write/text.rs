//! Serializes a plan as FORMAT TEXT: a line per node, and indented property lines.

use std::fmt::Write as _;

use model::identifier::quote_ident;

use super::{find, line, path, targets};
use crate::node::{Actual, Node, Plan, Prop};

/// The plan as FORMAT TEXT prints it.
pub fn text(plan: &Plan) -> String {
    let mut text = String::new();
    // By level: the column in which the arrow of the node stands.
    let mut columns: Vec<usize> = vec![];
    for node in &plan.nodes {
        columns.truncate(node.depth);
        let inner = columns.last().map_or(2, |above| above.saturating_add(6));
        // The root has no arrow: what stands beneath it starts two columns in.
        let inner = if columns.len() == 1 { 2 } else { inner };
        let mut column = if node.depth == 0 { 0 } else { inner };
        if let Some(label) = node.subplan.as_ref().filter(|_| node.depth > 0) {
            let _ = writeln!(text, "{:column$}{label}", "");
            column = column.saturating_add(2);
        }
        let arrow = if node.depth == 0 { "" } else { "->  " };
        let _ = writeln!(text, "{:column$}{arrow}{}{}", "", title(node), figures(node));
        columns.push(column);
        let details = if node.depth == 0 { 2 } else { column.saturating_add(6) };
        for target in target_lines(node) {
            let _ = writeln!(text, "{:details$}{target}", "");
        }
        for line in line::lines(&node.props, &node.kind) {
            let _ = writeln!(text, "{:details$}{line}", "");
        }
        for worker in &node.workers {
            let own = worker.actual.map(|own| format!("  {}", actual(&own))).unwrap_or_default();
            let _ = writeln!(text, "{:details$}Worker {}:{own}", "", worker.number);
            for line in line::lines(&worker.props, &node.kind) {
                let _ = writeln!(text, "{:details$}  {line}", "");
            }
        }
    }
    whole(plan, &mut text);
    text
}

/// Kind, index and object, quoted as PostgreSQL quotes them.
fn title(node: &Node) -> String {
    let mut title = node.title();
    if let Some(provider) = node.get("Custom Plan Provider") {
        title = format!("{title} ({provider})");
    }
    if node.kind == "Bitmap Index Scan" {
        return node
            .index
            .as_ref()
            .map_or(title.clone(), |index| format!("{title} on {}", quote_ident(index)));
    }
    if let Some(index) = &node.index {
        let _ = write!(title, " using {}", quote_ident(index));
    }
    let named = ["CTE Name", "Function Name", "Table Function Name", "Tuplestore Name"];
    let name =
        node.relation.clone().or_else(|| named.iter().find_map(|key| find(&node.props, key)));
    let schema = node.schema.as_ref().map(|schema| format!("{}.", quote_ident(schema)));
    match (name, &node.alias) {
        (Some(name), alias) => {
            let _ = write!(title, " on {}{}", schema.unwrap_or_default(), quote_ident(&name));
            if let Some(alias) = alias.as_ref().filter(|alias| **alias != name) {
                let _ = write!(title, " {}", quote_ident(alias));
            }
        }
        (None, Some(alias)) => {
            let _ = write!(title, " on {}", quote_ident(alias));
        }
        (None, None) => {}
    }
    title
}

/// `Update on shop.orders_2026 o_1` for each of several tables.
fn target_lines(node: &Node) -> Vec<String> {
    let mut tables: Vec<[String; 3]> = vec![];
    for (name, value) in targets(node) {
        let place = ["Schema", "Relation Name", "Alias"].iter().position(|own| *own == name);
        if place == Some(1) {
            tables.push(Default::default());
        }
        if let Some(part) = place.and_then(|at| tables.last_mut()?.get_mut(at)) {
            *part = value.text().into_owned();
        }
    }
    let line = |[schema, table, alias]: [String; 3]| {
        let schema = if schema.is_empty() { schema } else { format!("{}.", quote_ident(&schema)) };
        let alias = if alias.is_empty() || alias == table {
            String::new()
        } else {
            format!(" {}", quote_ident(&alias))
        };
        format!("{} on {schema}{}{alias}", node.title(), quote_ident(&table))
    };
    tables.into_iter().map(line).collect()
}

fn figures(node: &Node) -> String {
    let mut text = String::new();
    if let Some(cost) = node.cost {
        let _ = write!(
            text,
            "  (cost={:.2}..{:.2} rows={:.0} width={:.0})",
            cost.startup, cost.total, cost.rows, cost.width
        );
    }
    if let Some(own) = node.actual {
        let gap = if node.cost.is_some() { " " } else { "  " };
        let own = if own.loops == 0.0 { "never executed".to_owned() } else { actual(&own) };
        let _ = write!(text, "{gap}({own})");
    }
    text
}

fn actual(own: &Actual) -> String {
    let times = own.startup_ms.zip(own.total_ms);
    let times = times.map(|(startup, total)| format!("time={startup:.3}..{total:.3} "));
    let digits = if own.fractional_rows { 2 } else { 0 };
    format!("actual {}rows={:.digits$} loops={:.0}", times.unwrap_or_default(), own.rows, own.loops)
}

/// What is printed about the whole, in PostgreSQL's order.
fn whole(plan: &Plan, text: &mut String) {
    let settings: Vec<String> = plan
        .settings()
        .map(|(name, value)| format!("{name} = '{}'", value.replace('\'', "''")))
        .collect();
    if !settings.is_empty() {
        let _ = writeln!(text, "Settings: {}", settings.join(", "));
    }
    let plain = |prop: &&Prop| path(&prop.key).len() == 1 && !prop.key.ends_with(" Time");
    for prop in plan.props.iter().filter(plain) {
        // Plan advice is a line per item, below its heading.
        let value = prop.value.text();
        let value = if value.contains('\n') { format!("\n{value}") } else { format!(" {value}") };
        let _ = writeln!(text, "{}:{}", prop.key, value.replace('\n', "\n  "));
    }
    section(plan, "Planning", text);
    for key in ["Planning Time", "Execution Time"] {
        if key == "Execution Time" {
            triggers(plan, text);
            jit(plan, text);
            serialization(plan, text);
        }
        if let Some(ms) = find(&plan.props, key) {
            let _ = writeln!(text, "{key}: {ms} ms");
        }
    }
}

fn section(plan: &Plan, name: &str, text: &mut String) {
    let inner: Vec<Prop> = plan
        .props
        .iter()
        .filter_map(|prop| {
            let key = prop.key.strip_prefix(name)?.strip_prefix('/')?.to_owned().into();
            Some(Prop { key, ..prop.clone() })
        })
        .collect();
    let lines = line::lines(&inner, "");
    if !lines.is_empty() {
        let _ = writeln!(text, "{name}:");
    }
    for line in lines {
        let _ = writeln!(text, "  {line}");
    }
}

fn triggers(plan: &Plan, text: &mut String) {
    for trigger in &plan.triggers {
        let get = |key| find(&trigger.props, key);
        let name = match (get("Trigger Name"), get("Constraint Name")) {
            (Some(name), Some(constraint)) => format!("{name} for constraint {constraint}"),
            (None, Some(constraint)) => format!("for constraint {constraint}"),
            (name, None) => name.unwrap_or_default(),
        };
        let relation =
            get("Relation").map(|relation| format!(" on {relation}")).unwrap_or_default();
        let time = get("Time").map(|ms| format!("time={ms} ")).unwrap_or_default();
        let calls = get("Calls").unwrap_or_default();
        let _ = writeln!(text, "Trigger {name}{relation}: {time}calls={calls}");
    }
}

fn jit(plan: &Plan, text: &mut String) {
    let get = |key: &str| find(&plan.props, &format!("JIT/{key}"));
    let Some(functions) = get("Functions") else { return };
    let _ = writeln!(text, "JIT:\n  Functions: {functions}");
    let options: Vec<String> = ["Inlining", "Optimization", "Expressions", "Deforming"]
        .iter()
        .filter_map(|name| Some(format!("{name} {}", get(&format!("Options/{name}"))?)))
        .collect();
    if !options.is_empty() {
        let _ = writeln!(text, "  Options: {}", options.join(", "));
    }
    let deform = get("Timing/Generation/Deform").map(|ms| format!(" (Deform {ms} ms)"));
    let generation = get("Timing/Generation").or_else(|| get("Timing/Generation/Total"));
    let mut times: Vec<String> = generation
        .map(|ms| format!("Generation {ms} ms{}", deform.unwrap_or_default()))
        .into_iter()
        .collect();
    times.extend(
        ["Inlining", "Optimization", "Emission", "Total"]
            .iter()
            .filter_map(|name| Some(format!("{name} {} ms", get(&format!("Timing/{name}"))?))),
    );
    if !times.is_empty() {
        let _ = writeln!(text, "  Timing: {}", times.join(", "));
    }
}

fn serialization(plan: &Plan, text: &mut String) {
    let get = |key: &str| find(&plan.props, &format!("Serialization/{key}"));
    let Some(volume) = get("Output Volume") else { return };
    let time = get("Time").map(|ms| format!("time={ms} ms  ")).unwrap_or_default();
    let format = get("Format").unwrap_or_default();
    let _ = writeln!(text, "Serialization: {time}output={volume}kB  format={format}");
    let own = |prop: &&Prop| prop.key.starts_with("Serialization/") && path(&prop.key).len() == 2;
    let counters: Vec<Prop> = plan
        .props
        .iter()
        .filter(own)
        .filter(|prop| {
            !["Serialization/Time", "Serialization/Output Volume", "Serialization/Format"]
                .contains(&prop.key.as_ref())
        })
        .filter_map(|prop| {
            let key = prop.key.strip_prefix("Serialization/")?.to_owned().into();
            Some(Prop { key, ..prop.clone() })
        })
        .collect();
    for line in line::lines(&counters, "") {
        let _ = writeln!(text, "  {line}");
    }
}
